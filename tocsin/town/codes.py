"""Codes of grids: which rule a code follows, what it says, and how missing ones are numbered.  Pure.

By the rule of 15 digits a code is 6 of the county (GB/T 2260), 3 of the town, 3 of the village and 3 of
a sequence, numbered from north to south and in each row from west to east; its beginnings name the levels above. CJ/T 349
has 20: 6 of the object, 6 + 3 + 3 of the place, 2 of a sequence. Any other code is given and says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum, unique
from math import ceil, sqrt
from typing import Final

from tocsin.core.errors import Rejected
from tocsin.core.grids import Tier

FORM: Final = re.compile(r"[^./\s]{1,64}")
PROVINCES: Final = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12]")
"""First two digits of GB/T 2260."""
DIVISIONS: Final[Mapping[int, Tier]] = {
    2: Tier.CITY,
    4: Tier.CITY,
    6: Tier.CITY,
    9: Tier.TOWNSHIP,
    12: Tier.VILLAGE,
}
"""Digits of an official division, and the tier that it usually answers for."""
GRID_DIGITS: Final = 15
COMMUNITY_DIGITS: Final = 20
REGION_DIGITS: Final = 12
SEQUENCE_MAX: Final = 999


@unique
class CodeRule(StrEnum):
    """What a code follows."""

    DIVISION = "division"
    """A beginning of the statistical code: 6, 9 or 12 digits (2 and 4 for provinces and cities)."""
    GRID = "grid"
    """15 digits."""
    COMMUNITY = "community"
    """20 digits of CJ/T 349."""
    GIVEN = "given"


def rule_of(code: str) -> CodeRule:
    """Say which rule a code follows; digits that begin with no province follow none."""
    if not (code.isascii() and code.isdigit()):
        return CodeRule.GIVEN
    if len(code) == COMMUNITY_DIGITS and PROVINCES.fullmatch(code[6:8]):
        return CodeRule.COMMUNITY
    if not PROVINCES.fullmatch(code[:2]):
        return CodeRule.GIVEN
    if len(code) == GRID_DIGITS:
        return CodeRule.GRID
    return CodeRule.DIVISION if len(code) in DIVISIONS else CodeRule.GIVEN


def region_of(code: str) -> str:
    """Give the statistical code of 12 digits that a code holds, filled up with 0; empty where it holds none."""
    match rule_of(code):
        case CodeRule.COMMUNITY:
            return code[6:18]
        case CodeRule.GRID:
            return code[:REGION_DIGITS]
        case CodeRule.DIVISION:
            return code.ljust(REGION_DIGITS, "0")
        case CodeRule.GIVEN:
            return ""


def tier_of(code: str) -> Tier | None:
    """Give the tier that a code's length stands for; None where it stands for none."""
    match rule_of(code):
        case CodeRule.GIVEN:
            return None
        case CodeRule.GRID | CodeRule.COMMUNITY:
            return Tier.VILLAGE
        case CodeRule.DIVISION:
            return DIVISIONS[len(code)]


def misfit(code: str, parent: str) -> str | None:
    """Say what is wrong with a code below a parent's: by rule a child's begins with its parent's; None where all is well."""
    above = rule_of(parent)
    below = rule_of(code)
    if CodeRule.GIVEN in {above, below}:
        return None
    beginning = parent[6:18] if above is CodeRule.COMMUNITY else parent
    own = code[6:18] if below is CodeRule.COMMUNITY else code
    if own.startswith(beginning) and code != parent:
        return None
    return (
        f"the code {code} does not begin with its parent's {beginning}: write another code, or another parent"
    )


def numbered(parent: str, places: Sequence[tuple[float, float] | None], taken: Collection[str]) -> list[str]:
    """Number the grids of a village that have no code: north to south, in each row from west to east.

    `places` are latitude and longitude; those without come last, in the order given. Codes of
    `taken` are left alone, also those of grids that were given up. Raises `Rejected` (`grid.code`) for
    a parent whose code has not 12 digits, and beyond 999.
    """
    if rule_of(parent) is not CodeRule.DIVISION or len(parent) != REGION_DIGITS:
        raise Rejected(
            "grid.code",
            f"a code can only be made below one of {REGION_DIGITS} digits, {parent} has not: write a code",
        )
    used = {
        int(code[REGION_DIGITS:])
        for code in taken
        if rule_of(code) is CodeRule.GRID and code.startswith(parent)
    }
    free = (number for number in range(1, SEQUENCE_MAX + 1) if number not in used)
    codes = [""] * len(places)
    for at in _rows(places):
        number = next(free, None)
        if number is None:
            raise Rejected("grid.code", f"{parent} has {SEQUENCE_MAX} grids already: divide the village")
        codes[at] = f"{parent}{number:03d}"
    return codes


def _rows(places: Sequence[tuple[float, float] | None]) -> list[int]:
    """Order places as one reads: as many rows as a square of them would have."""
    known = [place for place in places if place is not None]
    north = max((latitude for latitude, _ in known), default=0.0)
    south = min((latitude for latitude, _ in known), default=0.0)
    height = (north - south) / max(1, ceil(sqrt(len(known)))) or 1.0

    def key(at: int) -> tuple[bool, int, float, int]:
        place = places[at]
        if place is None:
            return True, 0, 0.0, at
        return False, int((north - place[0]) / height - 1e-9), place[1], at

    return sorted(range(len(places)), key=key)
