"""How members of the grid staff are scored, ranked and compared: a formula over counted rows.  Pure.

Five indicators are counted a month; each earns its points in proportion, up to a full count beyond which
more earns nothing. All is whole numbers (hundredths of a point), so that anybody who has the rows and the
weights finds the same score to the last digit. Members are ranked within the class of their grid only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum, unique
from typing import Final

from tocsin.core.errors import Rejected
from tocsin.core.ids import GridCode, PersonId

POINTS: Final = 100
"""What all indicators together are worth."""
HUNDREDTHS: Final = 100
FULL_MAX: Final = 10_000


@unique
class Indicator(StrEnum):
    """What is counted (登录, 基础信息维护, 信息上报, 巡查, 事件处理)."""

    SIGN_IN = "sign_in"
    """Days on which they signed in."""
    UPKEEP = "upkeep"
    """Base information that they put right: people, grids, places."""
    REPORT = "report"
    """Reports that they made, drills and what was rejected left out."""
    PATROL = "patrol"
    """Places whose code they scanned, each once a day."""
    HANDLING = "handling"
    """Incidents in which they went, arrived, finished or took something on, drills left out."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What an indicator is worth."""

    points: int
    full: int
    """So many rows in a month earn all points."""


Weights = Mapping[Indicator, Weight]
Counts = Mapping[Indicator, int]

DEFAULT_WEIGHTS: Final[Weights] = {
    Indicator.SIGN_IN: Weight(10, 20),
    Indicator.UPKEEP: Weight(15, 10),
    Indicator.REPORT: Weight(25, 10),
    Indicator.PATROL: Weight(25, 20),
    Indicator.HANDLING: Weight(25, 10),
}
"""What holds where nobody has set others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody who is scored, as they were at the end of the month."""

    person: PersonId
    name: str
    grid: GridCode
    grid_name: str
    grid_class: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One member's month."""

    member: Member
    counts: Counts
    parts: Mapping[Indicator, int]
    """Hundredths of a point by indicator."""
    total: int
    place: int = 0
    """Rank within the class; 0 while nobody has ranked it."""
    among: int = 0
    """How many the class has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GridMonth:
    """One month of a grid: how many of its members were scored, and the sum of their totals."""

    members: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a grid comes out of a quarter's contest."""

    grid: GridCode
    grid_name: str
    grid_class: str
    months: Mapping[date, GridMonth]
    total: int
    """Mean of all monthly totals of its members, hundredths of a point, rounded down."""
    place: int = 0


def check_weights(weights: Weights) -> None:
    """Raise `Rejected` (`weights.…`) unless every indicator has a weight and all are worth 100 points together."""
    missing = [one.value for one in Indicator if one not in weights]
    if missing:
        raise Rejected("weights.missing", f"give weights to {', '.join(missing)} too; 0 points leave one out")
    for indicator, weight in weights.items():
        if weight.points < 0 or not 1 <= weight.full <= FULL_MAX:
            raise Rejected(
                "weights.bounds", f"{indicator}: points from 0 on, and a full count of 1 to {FULL_MAX}"
            )
    total = sum(weight.points for weight in weights.values())
    if total != POINTS:
        raise Rejected("weights.sum", f"the points of all indicators must be {POINTS} together, not {total}")


def part(count: int, weight: Weight) -> int:
    """Give what a count earns, in hundredths of a point, rounded down."""
    return weight.points * HUNDREDTHS * min(max(count, 0), weight.full) // weight.full


def scored(member: Member, counts: Counts, weights: Weights) -> Score:
    """Score one member's month."""
    full = {indicator: counts.get(indicator, 0) for indicator in Indicator}
    parts = {indicator: part(count, weights[indicator]) for indicator, count in full.items()}
    return Score(member=member, counts=full, parts=parts, total=sum(parts.values()))


def ranked(scores: Iterable[Score]) -> list[Score]:
    """Rank within each class, best first: equal totals share a rank, and the next one counts them all."""
    classes: dict[str, list[Score]] = {}
    for one in scores:
        classes.setdefault(one.member.grid_class, []).append(one)
    found: list[Score] = []
    for name in sorted(classes):
        mine = sorted(classes[name], key=lambda one: (-one.total, one.member.person))
        places = _places([one.total for one in mine])
        found += (
            Score(
                member=one.member,
                counts=one.counts,
                parts=one.parts,
                total=one.total,
                place=place,
                among=len(mine),
            )
            for one, place in zip(mine, places, strict=True)
        )
    return found


def contest(
    months: Mapping[date, Sequence[tuple[Member, int]]], names: Mapping[GridCode, str]
) -> list[Standing]:
    """Compare grids of a class over a quarter by the mean of their members' published totals.

    Several first places of a class have all won: nobody is put second by the order of a name.
    """
    sums: dict[tuple[str, GridCode], dict[date, GridMonth]] = {}
    for month, scores in months.items():
        for member, total in scores:
            mine = sums.setdefault((member.grid_class, member.grid), {})
            before = mine.get(month, GridMonth(members=0, total=0))
            mine[month] = GridMonth(members=before.members + 1, total=before.total + total)
    classes: dict[str, list[Standing]] = {}
    for (name, grid), of_months in sums.items():
        members = sum(one.members for one in of_months.values())
        mean = sum(one.total for one in of_months.values()) // members
        standing = Standing(
            grid=grid,
            grid_name=names.get(grid, grid),
            grid_class=name,
            months=dict(sorted(of_months.items())),
            total=mean,
        )
        classes.setdefault(name, []).append(standing)
    return [one for name in sorted(classes) for one in _standing(classes[name])]


def _standing(of_class: Sequence[Standing]) -> Iterable[Standing]:
    mine = sorted(of_class, key=lambda one: (-one.total, one.grid))
    for one, place in zip(mine, _places([one.total for one in mine]), strict=True):
        yield Standing(
            grid=one.grid,
            grid_name=one.grid_name,
            grid_class=one.grid_class,
            months=one.months,
            total=one.total,
            place=place,
        )


def _places(totals: Sequence[int]) -> list[int]:
    """Give the ranks of totals that fall: 1, 1, 3."""
    places: list[int] = []
    for number, total in enumerate(totals):
        places.append(places[-1] if number and totals[number - 1] == total else number + 1)
    return places
