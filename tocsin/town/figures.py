"""Figures out of facts: totals, tables by one thing, percentiles from values.  Pure.

A `Tally` is fed the facts of incidents in any order and keeps small columns, never the facts, so that a
year of a city fits. Every table adds up to the total, because each incident lies in exactly one group.
Percentiles are the nearest rank: the value of one of the rows, never a mean of percentiles.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.core.rates import Rate
from tocsin.town.facts import Facts
from tocsin.town.figure_catalogue import DEFINITIONS
from tocsin.town.figure_model import FEW, Case, Definition, Figure, Part, Reason, Unit

GROUPS_MOST: Final = 2000
"""Rows of one table; the ones with the most incidents stay, how many were left out is said."""

_REASONS: Final = tuple(Reason)
_PLACES: Final = {reason: place for place, reason in enumerate(_REASONS)}
_PARTS: Final = {part: place for place, part in enumerate(Part)}
_HIT, _MISS, _OUT = (_PARTS[part] for part in (Part.HIT, Part.MISS, Part.OUT))
_NEVER: Final = math.inf


@dataclass(frozen=True, slots=True)
class Counted:
    """One incident as a report sees it."""

    facts: Facts
    path: str
    """Path of its grid when it was opened."""
    grid_class: str = ""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a table."""

    key: str
    """Empty for incidents that have none."""
    incidents: int
    figures: dict[str, Figure]
    """By name, without those that have nothing to say of the group."""


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """All groups of one dimension."""

    dimension: str
    groups: tuple[Group, ...]
    left_out: int = 0
    """Groups beyond `GROUPS_MOST`."""


Key: TypeAlias = Callable[[Counted], str]


def _organisation(one: Counted) -> str:
    return one.facts.organisation or ""


DIMENSIONS: Final[Mapping[str, Key]] = {
    "class": lambda one: one.grid_class,
    "level": lambda one: one.facts.level or "",
    "kind": lambda one: one.facts.kind,
    "grade": lambda one: one.facts.grade,
    "source": lambda one: one.facts.source,
    "category": lambda one: one.facts.matter[:2],
    "matter": lambda one: one.facts.matter,
    "organisation": _organisation,
    "detector": lambda one: one.facts.detector or "",
    "device": lambda one: one.facts.device or "",
}
"""What tables may be by, besides `grid`: the children of the scope."""


def child_of(path: str, scope: str) -> str:
    """Give the code of the child of a scope that a path lies in; the scope's own code for the scope itself."""
    if path == scope:
        return scope.rpartition(".")[2]
    rest = path if scope == "" else path[len(scope) + 1 :]
    return rest.partition(".")[0]


def keys_of(dimensions: Sequence[str], scope: str) -> dict[str, Key]:
    """Give the function that finds an incident's group, of each dimension."""
    named: dict[str, Key] = {"grid": lambda one: child_of(one.path, scope)}
    return {name: named.get(name) or DIMENSIONS[name] for name in dimensions}


@dataclass(slots=True)
class _Column:
    """The cases of one figure, in the order in which they came."""

    definition: Definition
    owner: array[int] = field(default_factory=lambda: array("i"))
    """Number of the incident."""
    part: array[int] = field(default_factory=lambda: array("b"))
    reason: array[int] = field(default_factory=lambda: array("b"))
    seconds: array[float] = field(default_factory=lambda: array("d"))
    details: Counter[str] = field(default_factory=Counter)

    def add(self, owner: int, case: Case) -> None:
        """Take one case."""
        self.owner.append(owner)
        self.part.append(_PARTS[case.part])
        self.reason.append(_PLACES[case.reason])
        self.seconds.append(_NEVER if case.seconds is None else case.seconds)
        if case.detail and case.part is not Part.OUT:
            self.details[case.detail] += 1


class Tally:
    """Counts incidents, one after the other."""

    def __init__(
        self,
        now: datetime,
        keys: Mapping[str, Key] | None = None,
        definitions: Iterable[Definition] = DEFINITIONS,
    ) -> None:
        """Begin with nothing; `now` decides what is running and overdue."""
        self.incidents = 0
        self.left_out: Counter[str] = Counter()
        """Drills (`drill`) and tests (`test`) that were met: they count in nothing; `actual` beside drills."""
        self._now = now
        self._columns = [_Column(one) for one in definitions]
        self._keys = keys or {}
        self._codes: dict[str, dict[str, int]] = {name: {} for name in self._keys}
        self._groups: dict[str, array[int]] = {name: array("i") for name in self._keys}

    def add(self, one: Counted, *, drill: bool = False) -> bool:
        """Count an incident, and say whether it counts; `drill` counts drills and nothing else."""
        facts = one.facts
        if facts.drill is not drill or facts.test:
            self.left_out["test" if facts.test else "drill" if facts.drill else "actual"] += 1
            return False
        for name, key in self._keys.items():
            codes = self._codes[name]
            self._groups[name].append(codes.setdefault(key(one), len(codes)))
        owner, now = self.incidents, self._now
        for column in self._columns:
            for case in column.definition.rule(facts, now):
                column.add(owner, case)
        self.incidents += 1
        return True

    def totals(self) -> tuple[Figure, ...]:
        """Give every figure over all incidents."""
        everyone = np.zeros(self.incidents, dtype=np.int32)
        return tuple(
            _figures(column, everyone, 1).get(0) or _nothing(column.definition) for column in self._columns
        )

    def table(self, dimension: str) -> Table:
        """Give every figure of each group of a dimension, by key; a group without incidents does not stand in it."""
        codes = self._codes[dimension]
        groups = np.array(self._groups[dimension], dtype=np.int32)
        sizes = np.bincount(groups, minlength=len(codes))
        kept = sorted(codes, key=lambda key: (-int(sizes[codes[key]]), key))[:GROUPS_MOST]
        rows: dict[int, dict[str, Figure]] = {codes[key]: {} for key in kept}
        for column in self._columns:
            for place, figure in _figures(column, groups, len(codes)).items():
                if place in rows:
                    rows[place][figure.name] = figure
        made = [
            Group(key=key, incidents=int(sizes[codes[key]]), figures=rows[codes[key]]) for key in sorted(kept)
        ]
        return Table(dimension=dimension, groups=tuple(made), left_out=len(codes) - len(kept))


def _figures(column: _Column, groups: NDArray[np.int32], number: int) -> dict[int, Figure]:
    """Give the figure of each group that has a case."""
    if not column.owner:
        return {}
    group = groups[np.array(column.owner, dtype=np.int32)]
    part = np.array(column.part, dtype=np.int8)
    reason = np.array(column.reason, dtype=np.int64)
    hits = np.bincount(group[part == _HIT], minlength=number)
    misses = np.bincount(group[part == _MISS], minlength=number)
    counted = _by_reason(group, reason, part != _OUT)
    excluded = _by_reason(group, reason, part == _OUT)
    times = _times(column, group, part) if column.definition.unit is Unit.SECONDS else {}
    return {
        place: _figure(
            column.definition,
            int(hits[place]),
            int(hits[place] + misses[place]),
            counted.get(place, {}),
            excluded.get(place, {}),
            dict(sorted(column.details.items())) if number == 1 else {},
            times.get(place),
        )
        for place in np.unique(group).tolist()
    }


def _by_reason(
    group: NDArray[np.int32], reason: NDArray[np.int64], chosen: NDArray[np.bool_]
) -> dict[int, dict[str, int]]:
    pairs, counts = np.unique(
        group[chosen].astype(np.int64) * len(_REASONS) + reason[chosen], return_counts=True
    )
    found: dict[int, dict[str, int]] = {}
    for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
        place, code = divmod(pair, len(_REASONS))
        found.setdefault(place, {})[_REASONS[code]] = count
    return found


def _times(
    column: _Column, group: NDArray[np.int32], part: NDArray[np.int8]
) -> dict[int, NDArray[np.float64]]:
    """Give the sorted times of each group."""
    chosen = part != _OUT
    if not chosen.any():
        return {}
    inside, seconds = group[chosen], np.array(column.seconds, dtype=np.float64)[chosen]
    order = np.lexsort((seconds, inside))
    inside, seconds = inside[order], seconds[order]
    places, begins = np.unique(inside, return_index=True)
    return dict(zip(places.tolist(), np.split(seconds, begins[1:]), strict=True))


def _figure(  # noqa: PLR0917 the parts of one result
    definition: Definition,
    hits: int,
    whole: int,
    counted: dict[str, int],
    excluded: dict[str, int],
    details: dict[str, int],
    times: NDArray[np.float64] | None,
) -> Figure:
    low = high = value = p50 = p90 = None
    match definition.unit:
        case Unit.COUNT:
            value = float(hits)
        case Unit.SHARE:
            rate = Rate(hits, whole)
            value = rate.share
            low, high = (rate.low, rate.high) if whole else (None, None)
        case Unit.SECONDS if times is not None:
            p50, p90 = quantile(times, 0.5), quantile(times, 0.9)
            value = p50
        case Unit.SECONDS:
            pass
    is_time = definition.unit is Unit.SECONDS and whole > 0
    return Figure(
        name=definition.name,
        unit=definition.unit,
        numerator=hits,
        denominator=whole,
        value=value,
        low=low,
        high=high,
        p50=p50,
        p90=p90,
        p50_never=is_time and p50 is None,
        p90_never=is_time and p90 is None,
        few=definition.unit is not Unit.COUNT and whole < FEW,
        excluded=excluded,
        counted=counted,
        details=details,
    )


def quantile(times: Sequence[float] | NDArray[np.float64], share: float) -> float | None:
    """Give the nearest rank of sorted times: one of them; None when it never ended, or of nothing."""
    if len(times) == 0:
        return None
    found = float(times[max(math.ceil(share * len(times)) - 1, 0)])
    return None if math.isinf(found) else found


def _nothing(definition: Definition) -> Figure:
    return _figure(definition, 0, 0, {}, {}, {}, None)
