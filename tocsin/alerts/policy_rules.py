"""Rules by case: which of a policy's rules hold for an incident, and what they change.  Pure.

A rule names the cases for which it holds and new values for some fields; of several that hold the
later one wins, field by field.  All that a condition asks stands in the incident itself (the hours
are those at which it was opened), so that live, replay, preview and simulation agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, is_dataclass, replace
from datetime import datetime
from typing import Any, Protocol, TypeAlias, TypeVar

from typing_extensions import override

from tocsin.core.detections import Kind
from tocsin.core.ids import GridCode
from tocsin.core.incidents import Grade, Readiness
from tocsin.core.working_time import LOCAL as LOCAL  # noqa: PLC0414 the hours of a policy are meant by it

Changes: TypeAlias = Mapping[str, Any]
"""New values by field; a mapping stands for some fields of a section, or some keys of a table."""
T = TypeVar("T")


class Case(Protocol):
    """What conditions ask; an `Incident` is one."""

    @property
    def kind(self) -> Kind:
        """Kind of the incident."""
        ...

    @property
    def grade(self) -> Grade:
        """Its grade now: a change of grade asks the rules again."""
        ...

    @property
    def grid(self) -> GridCode:
        """Its place."""
        ...

    @property
    def path(self) -> str:
        """Path of its place; empty in logs from before there were rules."""
        ...

    @property
    def readiness(self) -> Readiness:
        """In what time it was opened."""
        ...

    @property
    def opened(self) -> datetime:
        """When it was opened."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A case that no incident stands behind yet: before opening, and for checks of a policy."""

    kind: Kind
    grade: Grade
    grid: GridCode
    path: str
    readiness: Readiness
    opened: datetime


@dataclass(frozen=True, slots=True)
class Hours:
    """A part of the day in minutes since local midnight; begins with `since`, ends before `until`, may wrap."""

    since: int
    until: int

    def holds(self, at: datetime) -> bool:
        """Say whether an instant lies in it."""
        local = at.astimezone(LOCAL)
        minute = local.hour * 60 + local.minute
        if self.since < self.until:
            return self.since <= minute < self.until
        return minute >= self.since or minute < self.until

    @override
    def __str__(self) -> str:
        since, until = (f"{minutes // 60:02}:{minutes % 60:02}" for minutes in (self.since, self.until))
        return f"{since}-{until}"


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """For which cases a rule holds; what is empty or None is not asked, all that is asked must hold."""

    kinds: frozenset[Kind] = frozenset()
    grades: frozenset[Grade] = frozenset()
    grids: frozenset[GridCode] = frozenset()
    """Each with all that lies below it."""
    hours: Hours | None = None
    readiness: Readiness | None = None

    def holds(self, case: Case) -> bool:
        """Say whether a case is meant."""
        if self.kinds and case.kind not in self.kinds:
            return False
        if self.grades and case.grade not in self.grades:
            return False
        if self.readiness is not None and case.readiness is not self.readiness:
            return False
        if self.grids and self.grids.isdisjoint(case.path.split(".") if case.path else (case.grid,)):
            return False
        return self.hours is None or self.hours.holds(case.opened)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What is different in some cases."""

    name: str
    when: When
    then: Changes = field(default_factory=dict)


def changed(value: T, changes: Changes) -> T:
    """Give a section with some fields replaced, and in turn some fields or keys of these."""
    return replace(  # type: ignore[type-var]  # sections are dataclasses
        value,
        **{name: _new(getattr(value, name), change) for name, change in changes.items()},
    )


def _new(before: object, change: object) -> object:
    if not isinstance(change, Mapping):
        return change
    if is_dataclass(before):
        return changed(before, change)
    return {**before, **change} if isinstance(before, dict) else dict(change)
