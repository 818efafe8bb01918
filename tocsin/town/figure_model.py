"""What a figure is: a rule that judges one incident's facts, words that explain it, and its result.

A rule gives a case for everything that it counts of an incident, and for everything that it leaves out a
case with the reason. A figure is nothing but the sum of its cases: whoever lists them has its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from typing import Final, TypeAlias

import msgspec

from tocsin.core.grids import Tier
from tocsin.town.facts import Facts

FEW: Final = 30
"""Below so many counted cases a share says little: it is shown with its bounds and marked."""


@unique
class Unit(StrEnum):
    """What a figure's value is."""

    SHARE = "share"
    """0…1: numerator by denominator, with Wilson's bounds."""
    SECONDS = "seconds"
    """A time; its value is the median."""
    COUNT = "count"


@unique
class Better(StrEnum):
    """Which way is good."""

    MORE = "more"
    LESS = "less"
    NEITHER = "neither"


@unique
class Part(StrEnum):
    """How one case counts."""

    HIT = "numerator"
    """In numerator and denominator."""
    MISS = "denominator"
    """In the denominator alone."""
    OUT = "excluded"
    """In neither, for a reason."""


@unique
class Reason(StrEnum):
    """Why a case counts as it does."""

    COUNTED = "counted"
    # in the numerator, or in the denominator alone
    REACHED = "reached"
    REACHED_LATER = "reached_later"
    NOT_REACHED = "not_reached"
    GOING = "going"
    NOBODY_WENT = "nobody_went"
    ARRIVED = "arrived"
    LATE = "late"
    MISSED = "missed"
    NEVER_CAME = "never_came"
    CHARGED = "charged"
    CHARGED_ELSEWHERE = "charged_elsewhere"
    CONFIRMED = "confirmed"
    SYSTEM_CONFIRMED = "system_confirmed"
    ANSWERED = "answered"
    THIS_LEVEL = "this_level"
    HIGHER_LEVEL = "higher_level"
    HANDLED = "handled"
    NOT_HANDLED = "not_handled"
    CLOSED = "closed"
    STILL_OPEN = "still_open"
    TAKEN_AS_CASE = "taken_as_case"
    TURNED_DOWN = "turned_down"
    ON_TIME = "on_time"
    DONE_LATE = "done_late"
    OVERDUE = "overdue"
    WITHIN_LIMIT = "within_limit"
    HAPPENED = "happened"
    DID_NOT_HAPPEN = "did_not_happen"
    SATISFIED = "satisfied"
    UNSATISFIED = "unsatisfied"
    CALLED_BACK = "called_back"
    NOT_CALLED_BACK = "not_called_back"
    FALSE_ALARM = "false_alarm"
    REAL = "real"
    # left out
    RUNNING = "running"
    STOOD_DOWN = "stood_down"
    ENDED_BEFORE = "ended_before"
    NO_CAUSE = "no_cause"
    NO_LEVEL = "no_level"
    NO_LIMIT = "no_limit"
    NO_ACTION = "no_action"
    GIVEN_BACK = "given_back"
    DUPLICATE = "duplicate"
    UNDECIDED = "undecided"
    UNJUDGED = "unjudged"
    NOT_ASKED = "not_asked"
    NO_ANSWER = "no_answer"
    RETROSPECTIVE = "retrospective"


class Case(msgspec.Struct, frozen=True):
    """One thing that a figure counts or leaves out."""

    part: Part
    reason: Reason
    seconds: float | None = None
    """For a time: how long; None for one that never ended, which counts as longer than any other."""
    detail: str = ""
    """What else tells such cases apart: the cause of a miss, the mark that was given."""


Rule: TypeAlias = Callable[[Facts, datetime], Iterable[Case]]
"""Facts and now → cases; nothing when the incident has nothing to do with the figure."""


@dataclass(frozen=True, slots=True)
class Words:
    """A figure explained in one language."""

    title: str
    numerator: str
    """For a time: what is measured."""
    denominator: str
    excluded: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A figure's name, rule and explanation."""

    name: str
    group: str
    """`response`, `misses`, `work`, `people`, `detectors`: tables of a report."""
    unit: Unit
    better: Better
    rule: Rule
    zh: Words
    en: Words
    tier: Tier | None = None
    """The tier that it speaks of; None for all."""


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A figure's result."""

    name: str
    unit: Unit
    numerator: int
    """Of a time: the cases that ended."""
    denominator: int
    value: float | None = None
    """The share, the median or the count; None of nothing, and for a median of which most never ended."""
    low: float | None = None
    high: float | None = None
    p50: float | None = None
    p90: float | None = None
    p50_never: bool = False
    """More than half never ended."""
    p90_never: bool = False
    """More than a tenth never ended."""
    few: bool = False
    """Fewer than `FEW` cases."""
    excluded: dict[str, int] = {}
    """Reason → cases left out."""
    counted: dict[str, int] = {}
    """Reason → cases in the denominator."""
    details: dict[str, int] = {}
    """Detail → cases in the denominator that carry it."""
