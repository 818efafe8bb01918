"""What a response policy says: plain values, every rule of response as data.

An incident pins one immutable version. `alerts.policy` reads and names versions; `alerts.incident`
is the only place that acts on them.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any

from tocsin.core.detections import Kind
from tocsin.core.grids import Tier
from tocsin.core.incidents import Basis, Grade, Mode
from tocsin.core.responders import Channel

GRADES: tuple[Grade, ...] = (Grade.I, Grade.II, Grade.III, Grade.IV)
"""Worst first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Soft:
    """Timers that only call further; they never give a verdict."""

    seen: timedelta
    """Not seen after this: the person's next channel."""
    accepted: timedelta
    """Not accepted after this: the tier's next person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """What happens while nobody confirms."""

    supervisor: timedelta
    system: timedelta
    again: timedelta
    system_confirms: frozenset[Grade]


@dataclass(frozen=True, slots=True, kw_only=True)
class Automatic:
    """What is confirmed without a person."""

    alone: frozenset[Kind]
    certified: frozenset[Kind]
    agreeing: frozenset[Kind]
    sources: int
    """Distinct devices that must agree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Kinds that are signs of one happening when near in time and place."""

    kinds: frozenset[Kind]
    within: timedelta
    distance_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """How long each notice is worth sending; a call expires with its clock."""

    recall: timedelta
    look: timedelta
    unanswered: timedelta
    missed: timedelta
    siren: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """Age from which a detection never pages by itself."""

    bound: timedelta
    call: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsePolicy:
    """One version of all rules of response."""

    name: str
    windows: dict[Tier, timedelta]
    modes: dict[Grade, Mode]
    stand_by_at: float
    soft: Soft
    call_together: dict[Tier, int]
    channels: dict[Tier, tuple[Channel, ...]]
    unanswered: Unanswered
    automatic: Automatic
    grades: dict[Kind, tuple[tuple[Grade, float], ...]]
    """Severity from which a grade holds, worst grade first."""
    opens: frozenset[Kind]
    stops: dict[Tier, frozenset[Basis]]
    radius_m: float
    accuracy_m: float
    late: Late
    claim_before: timedelta
    rearm: timedelta
    punctual: timedelta
    """A deadline that is handled later than this after its instant was delayed by us."""
    families: tuple[Family, ...]
    correlation: Family
    """For kinds in no family; its `kinds` are empty."""
    notices: Expiry
    siren: frozenset[Grade]

    def grade(self, kind: Kind, severity: float) -> Grade:
        """Propose a grade; a person confirms it."""
        steps = self.grades.get(kind) or self.grades.get(Kind.OTHER) or ()
        for grade, least in steps:
            if severity >= least:
                return grade
        return Grade.IV

    def family(self, kind: Kind) -> Family:
        """Give the kinds that correlate with one, always including itself."""
        for family in self.families:
            if kind in family.kinds:
                return family
        return replace(self.correlation, kinds=frozenset({kind}))

    def late_bound(self, kind: Kind) -> timedelta:
        """Give the age from which a detection of a kind is late."""
        return self.late.call if kind is Kind.CALL else self.late.bound


def worse(one: Grade, other: Grade) -> bool:
    """Say whether `one` is a worse grade than `other`."""
    return GRADES.index(one) < GRADES.index(other)


def scaled(policy: ResponsePolicy, factor: float) -> ResponsePolicy:
    """Divide the durations of a policy by a factor, and nothing else; for demonstrations.

    `late` and `punctual` stay: they measure the link and the machine, which do not get faster. Raises `ValueError` unless the factor is above 0.
    """
    if not factor > 0:
        raise ValueError(f"a policy cannot run at {factor} times its speed: use a factor above 0")
    result: ResponsePolicy = _scale(policy, factor)
    return replace(result, late=policy.late, punctual=policy.punctual)


def _scale(value: Any, factor: float) -> Any:
    match value:
        case timedelta():
            return value / factor
        case dict():
            return {key: _scale(inner, factor) for key, inner in value.items()}
        case tuple():
            return tuple(_scale(inner, factor) for inner in value)
        case Soft() | Unanswered() | Automatic() | Family() | Expiry() | Late() | ResponsePolicy():
            return replace(value, **{f.name: _scale(getattr(value, f.name), factor) for f in fields(value)})
        case _:
            return value
