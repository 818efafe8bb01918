"""Organisations as a town keeps them: who collects, who handles, for which place, with what authority.  Pure.

The response core sees the smaller `core.organisations.Organisation`; `for_directory` makes it, in the order
of the reporting line.  `check` names everything that is wrong, so that nothing half right is stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from tocsin.core.grids import TIERS, Tier
from tocsin.core.ids import GridCode, OrganisationCode
from tocsin.core.organisations import Authority, Organisation

CODE: Final = re.compile(r"[^./\s]{1,64}")
CATEGORY: Final = re.compile(r"[0-9]{0,8}")
NAME_CHARACTERS_MAX: Final = 100
ORDER_MAX: Final = 1000
AUTHORITIES_MAX: Final = 200
PLATFORMS_MAX: Final = 20


@unique
class OrganisationKind(StrEnum):
    """What kind of organisation it is."""

    VILLAGE = "village"
    """Of a village or community (村居)."""
    TOWNSHIP = "township"
    """Of a township or street (镇街)."""
    DEPARTMENT = "department"
    """A department (部门)."""
    TEAM = "team"
    """A team that goes out (执法队, 消防站)."""
    CENTRE = "centre"
    """A centre that takes in and hands on (综治中心)."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in what somebody wrote."""

    where: str
    """The value: `organisations[3].parent`."""
    sentence: str
    """What is wrong, and what to write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationEntry:
    """One organisation as it is kept."""

    code: OrganisationCode
    name: str
    name_en: str = ""
    kind: OrganisationKind
    tier: Tier
    grid: GridCode
    """It answers for this grid and what lies below."""
    parent: OrganisationCode | None = None
    collects: bool = False
    """It reports what it finds (采集)."""
    handles: bool = False
    """Cases may be given to it (处置); only then it has an authority."""
    platforms: tuple[str, ...] = ()
    """The platforms on which it works; several are common."""
    order: int = 1
    """Among those of its grid and tier, 1 is asked first."""
    active: bool = True
    authorities: tuple[Authority, ...] = ()


@dataclass(frozen=True, slots=True)
class Serving:
    """An organisation that answers for a place, and how far up the reporting line it stands."""

    entry: OrganisationEntry
    steps: int
    """0 for one of the place itself."""


def for_directory(serving: Iterable[Serving]) -> tuple[Organisation, ...]:
    """Give those that may be asked, nearest first: within a tier, the nearer grid before the order.

    Only active ones that handle are given: what nobody may deal with is routed to nobody.
    """
    able = [one for one in serving if one.entry.active and one.entry.handles]
    made: list[Organisation] = []
    for tier in TIERS:
        staff = sorted((one for one in able if one.entry.tier is tier), key=_nearest)
        made += [
            Organisation(
                code=one.entry.code, tier=tier, order=rank, authorities=_widest_last(one.entry.authorities)
            )
            for rank, one in enumerate(staff, start=1)
        ]
    return tuple(made)


def check(
    entries: Sequence[OrganisationEntry],
    *,
    known: Mapping[OrganisationCode, OrganisationCode | None],
    categories: Iterable[str],
    platforms: Iterable[str],
) -> list[Fault]:
    """Find everything wrong in organisations that are to be stored together.

    `known` gives the parent of each organisation that is stored already; the new word on one wins. Whether its
    grid exists, the store knows.
    """
    above = {**known, **{one.code: one.parent for one in entries}}
    classes, works = set(categories), set(platforms)
    faults: list[Fault] = []
    seen: set[str] = set()
    for place, one in enumerate(entries):
        where = f"organisations[{place}]"
        if one.code in seen:
            faults.append(Fault(f"{where}.code", f"organisation {one.code} stands twice: keep one of them"))
        seen.add(one.code)
        faults += [Fault(f"{where}.{field}", said) for field, said in _faults(one, classes, works)]
        faults += [Fault(f"{where}.parent", said) for said in _parents(one.code, above)]
    return faults


def _faults(one: OrganisationEntry, categories: set[str], platforms: set[str]) -> Iterator[tuple[str, str]]:
    if CODE.fullmatch(one.code) is None:
        yield "code", f"code {one.code[:80]!r}: write 1 to 64 characters without full stop, slash or space"
    if not one.name.strip() or len(one.name) > NAME_CHARACTERS_MAX or not one.name.isprintable():
        yield "name", f"a name has 1 to {NAME_CHARACTERS_MAX} printable characters"
    if not 1 <= one.order <= ORDER_MAX:
        yield "order", f"the order {one.order} is not between 1 and {ORDER_MAX}"
    if not one.collects and not one.handles:
        yield "handles", "it neither collects nor handles: say which, or leave it out"
    if one.authorities and not one.handles:
        yield "authority", "only an organisation that handles has an authority: write `handles: true`"
    for platform in sorted(set(one.platforms) - platforms):
        yield "platforms", f"platform {platform[:40]!r} is not known: use one of {_some(platforms)}"
    if len(one.platforms) > PLATFORMS_MAX or len(set(one.platforms)) < len(one.platforms):
        yield "platforms", f"at most {PLATFORMS_MAX} platforms, each once"
    yield from _authorities(one, categories)


def _authorities(one: OrganisationEntry, categories: set[str]) -> Iterator[tuple[str, str]]:
    if len(one.authorities) > AUTHORITIES_MAX:
        yield "authority", f"at most {AUTHORITIES_MAX} authorities: give whole categories"
    seen: set[str] = set()
    for place, held in enumerate(one.authorities):
        where, code = f"authority[{place}].category", held.category
        if CATEGORY.fullmatch(code) is None:
            yield where, f"category {code[:40]!r}: write 0 to 8 digits, the beginning of a matter's code"
        elif len(code) >= 2 and code[:2] not in categories:
            yield where, f"category {code[:2]} is not in the catalogue: use one of {_some(categories)}"
        if code in seen:
            yield where, f"category {code or '(everything)'} stands twice: keep one of them"
        seen.add(code)


def _parents(
    code: OrganisationCode, above: Mapping[OrganisationCode, OrganisationCode | None]
) -> Iterator[str]:
    """Follow the parents to the top; a way that comes back or leads nowhere is a fault."""
    met, now = {code}, above.get(code)
    while now is not None:
        if now in met:
            yield f"{code} is above itself: let one of {_some(met)} have no parent"
            return
        if now not in above:
            yield f"parent {now[:64]!r} is not known: add it first, or leave the parent out"
            return
        met.add(now)
        now = above[now]


def _nearest(one: Serving) -> tuple[int, int, str]:
    return one.steps, one.entry.order, one.entry.code


def _widest_last(authorities: Iterable[Authority]) -> tuple[Authority, ...]:
    return tuple(sorted(authorities, key=lambda one: (-len(one.category), one.category)))


def _some(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)[:20]) or "none that is known"
