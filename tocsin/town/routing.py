"""From a place to who answers for it, and why, in sentences a person can check.  Pure.

The choice itself is `core.organisations.route`, which the response core freezes in an incident; this page is
its preview: the same answer, with the reason for every organisation that was asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique

from tocsin.core.grids import TIERS, Tier
from tocsin.core.ids import GridCode, OrganisationCode
from tocsin.core.incident_words import Grade
from tocsin.core.organisations import Authority, Organisation, Route, route
from tocsin.town.organisations import OrganisationEntry, Serving, for_directory


@unique
class Why(StrEnum):
    """Why an organisation was chosen, or not."""

    LEADS = "leads"
    """The nearest that may deal with it by itself."""
    NAMED = "named"
    """Of its tier the one that is told; a nearer one leads."""
    BEYOND = "beyond"
    """It knows the matter, but the grade is beyond its authority."""
    NOT_FIRST = "not_first"
    """Another of its tier comes before: by a more particular authority, by nearness or by its order."""
    NO_AUTHORITY = "no_authority"
    """It has no authority for the matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One organisation of the reporting line, and what became of it."""

    organisation: OrganisationCode
    name: str
    tier: Tier
    grid: GridCode
    authority: Authority | None
    """The most particular one that it has for the matter."""
    why: Why
    before: OrganisationCode | None = None
    """Who came before it; for `not_first` only."""


@dataclass(frozen=True, slots=True)
class Preview:
    """Who would get a matter of a grade at a place."""

    route: Route
    asked: tuple[Asked, ...]
    """All that were looked at, nearest tier first."""
    next: OrganisationCode | None
    """Beyond the authority of the nearest: who is called beside it, at once."""


def preview(matter: str, grade: Grade, serving: Sequence[Serving]) -> Preview:
    """Route a matter and say why."""
    organisations = for_directory(serving)
    chosen = route(matter, grade, organisations)
    entries = {one.entry.code: one.entry for one in serving}
    named = dict(chosen.organisations)
    asked = []
    for one in organisations:
        entry = entries[one.code]
        why = _why(one, matter, grade, chosen, named)
        asked.append(
            Asked(
                organisation=one.code,
                name=entry.name,
                tier=one.tier,
                grid=entry.grid,
                authority=one.authority(matter),
                why=why,
                before=named.get(one.tier) if why is Why.NOT_FIRST else None,
            )
        )
    return Preview(chosen, tuple(asked), _next(chosen))


def reporting_line(grid: GridCode, above: Mapping[GridCode, GridCode | None]) -> list[GridCode]:
    """Follow a grid to where it reports, up to the top; a line that comes back ends where it would.

    `above` gives where each grid reports: its own choice, else its parent.
    """
    line: list[GridCode] = []
    now: GridCode | None = grid
    while now is not None and now not in line:
        line.append(now)
        now = above.get(now)
    return line


def along(line: Sequence[GridCode], entries: Iterable[OrganisationEntry]) -> list[Serving]:
    """Give the active organisations that stand along a reporting line, nearest first."""
    steps = {grid: number for number, grid in enumerate(line)}
    found = [Serving(one, steps[one.grid]) for one in entries if one.active and one.grid in steps]
    return sorted(found, key=lambda one: (one.steps, one.entry.order, one.entry.code))


def directories_of(
    lines: Mapping[GridCode, Sequence[GridCode]], entries: Sequence[OrganisationEntry]
) -> dict[GridCode, tuple[Organisation, ...]]:
    """Give what directories of many grids hold; lines that meet the same organisations share one answer."""
    standing: dict[GridCode, list[OrganisationEntry]] = {}
    for one in entries:
        standing.setdefault(one.grid, []).append(one)
    made: dict[tuple[GridCode, ...], tuple[Organisation, ...]] = {}
    found: dict[GridCode, tuple[Organisation, ...]] = {}
    for grid, line in lines.items():
        key = tuple(one for one in line if one in standing)
        if key not in made:
            made[key] = for_directory(along(key, [entry for one in key for entry in standing[one]]))
        found[grid] = made[key]
    return found


def _why(
    one: Organisation, matter: str, grade: Grade, chosen: Route, named: Mapping[Tier, OrganisationCode]
) -> Why:
    if one.authority(matter) is None:
        return Why.NO_AUTHORITY
    if one.code == chosen.lead:
        return Why.LEADS
    if not one.may(matter, grade):
        return Why.BEYOND
    return Why.NAMED if named.get(one.tier) == one.code else Why.NOT_FIRST


def _next(chosen: Route) -> OrganisationCode | None:
    if not chosen.beyond:
        return None
    nearest = chosen.organisations[0][0]
    above = TIERS[TIERS.index(nearest) + 1 :]
    named = dict(chosen.organisations)
    return chosen.lead or next((named[tier] for tier in above if tier in named), None)
