"""Where nobody is on duty, or nobody who is can be reached.  Pure.

A grid is answered for by whoever is on duty for it or for one above it. Its own tier shall be there (a
village's grid has somebody of the village), be reachable over a channel that is set up, and at the very least
somebody of a tier above. Instants are microseconds since 1970 inside, so that a city's month takes seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, unique
from typing import Final

from tocsin.core.clock import from_us, to_us
from tocsin.core.grids import TIERS, Tier
from tocsin.core.ids import GridCode

Spans = tuple[tuple[int, int], ...]
"""Spans of time in order, apart from each other."""
NEVER: Final[Spans] = ()


@unique
class GapCode(StrEnum):
    """What is missing."""

    NOBODY = "nobody"
    """Nobody of any tier is on duty."""
    NO_CHANNEL = "no_channel"
    """Somebody is on duty, and none of them has a channel that is set up."""
    TIER_MISSING = "tier_missing"
    """Somebody of a tier above is on duty and can be reached, nobody of the grid's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A grid that is looked at."""

    code: GridCode
    name: str
    path: str
    tier: Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """When people of one tier are on duty for a grid and what lies below."""

    path: str
    """Of the grid."""
    tier: Tier
    reachable: bool
    """They have an address on a channel that is set up."""
    spans: Spans


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A span in which something is missing."""

    grid: GridCode
    code: GapCode
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class _Line:
    """What is known of a grid and all above it: for each tier who is on duty, and who of them can be reached."""

    there: dict[Tier, Spans] = field(default_factory=dict)
    reached: dict[Tier, Spans] = field(default_factory=dict)


def gaps(
    places: Iterable[Place],
    covers: Iterable[Cover],
    since: datetime,
    until: datetime,
    *,
    own_tier: bool = True,
) -> list[Gap]:
    """Give every gap of a span, by path and beginning.

    Where the town is content with somebody of any tier (`own_tier` false), a missing tier is none.
    """
    window = (to_us(since), to_us(until))
    by_path: dict[str, list[Cover]] = {}
    for cover in covers:
        by_path.setdefault(cover.path, []).append(cover)
    lines: dict[str, _Line] = {}
    found: list[Gap] = []
    for place in sorted(places, key=lambda one: one.path):
        line = _line(place.path, by_path, lines)
        tier = place.tier if own_tier else None
        for code, spans in _missing(line, tier, window):
            found += [
                Gap(grid=place.code, code=code, since=from_us(begin), until=from_us(end))
                for begin, end in spans
            ]
    ranks = {place.code: rank for rank, place in enumerate(sorted(places, key=lambda one: one.path))}
    return sorted(found, key=lambda one: (ranks[one.grid], one.since))


def _line(path: str, by_path: dict[str, list[Cover]], lines: dict[str, _Line]) -> _Line:
    known = lines.get(path)
    if known is not None:
        return known
    above = path.rpartition(".")[0]
    line = _line(above, by_path, lines) if above else _Line()
    own = by_path.get(path)
    if own:
        line = _Line(line.there.copy(), line.reached.copy())
        for cover in own:
            line.there[cover.tier] = union(line.there.get(cover.tier, NEVER), cover.spans)
            if cover.reachable:
                line.reached[cover.tier] = union(line.reached.get(cover.tier, NEVER), cover.spans)
    lines[path] = line
    return line


def _missing(line: _Line, tier: Tier | None, window: tuple[int, int]) -> Iterator[tuple[GapCode, Spans]]:
    """Give what is missing in a window; without a tier anybody will do."""
    whole = (window,)
    missed = whole if tier is None else minus(whole, line.reached.get(tier, NEVER))
    if not missed:
        return
    anybody, reached = NEVER, NEVER
    for one in TIERS:
        anybody = union(anybody, line.there.get(one, NEVER))
        reached = union(reached, line.reached.get(one, NEVER))
    nobody = minus(missed, anybody)
    own = anybody if tier is None else line.there.get(tier, NEVER)
    above = minus(minus(missed, nobody), own)
    silent = minus(missed, reached if tier is None else NEVER)
    yield GapCode.NOBODY, nobody
    yield GapCode.NO_CHANNEL, union(minus(silent, union(nobody, above)), minus(above, reached))
    yield GapCode.TIER_MISSING, minus(above, minus(above, reached))


def union(first: Spans, second: Spans) -> Spans:
    """Give the instants of either; spans that touch become one."""
    if not first:
        return second
    if not second or first == second:
        return first
    joined: list[tuple[int, int]] = []
    for begin, end in sorted((*first, *second)):
        if joined and begin <= joined[-1][1]:
            if end > joined[-1][1]:
                joined[-1] = (joined[-1][0], end)
        else:
            joined.append((begin, end))
    return tuple(joined)


def minus(first: Spans, second: Spans) -> Spans:
    """Give the instants of the first that are not of the second."""
    if not second or not first:
        return first
    left: list[tuple[int, int]] = []
    at = 0
    for begin, end in first:
        while at < len(second) and second[at][1] <= begin:
            at += 1
        rest, look = begin, at
        while look < len(second) and second[look][0] < end:
            if second[look][0] > rest:
                left.append((rest, second[look][0]))
            rest = max(rest, second[look][1])
            look += 1
        if rest < end:
            left.append((rest, end))
    return tuple(left)
