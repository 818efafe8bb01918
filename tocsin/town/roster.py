"""Rotations of duty: who of a roster is on duty when.  Pure.

A roster has groups of people and slots of the day; each slot is taken by its groups in turn, day by day,
week by week, or each time that it comes. Slots may be for working days, weekends or holidays alone, by the
Chinese calendar. Changes (a swap, an absence, an extra duty) win over the rotation, a later one over an
earlier one. Days are those of the wall clock (Asia/Shanghai).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum, unique
from itertools import groupby
from typing import Final

import msgspec

from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode, OrganisationCode, PersonId
from tocsin.core.working_time import LOCAL, Calendar, DayKind
from tocsin.town.ports import DutyShift

DAY_MINUTES: Final = 24 * 60
HORIZON: Final = timedelta(days=45)
"""So far ahead shifts are written."""


@unique
class Step(StrEnum):
    """When the next group takes a slot."""

    DAY = "day"
    WEEK = "week"
    """On Monday."""
    TURN = "turn"
    """Each time the slot comes."""


@unique
class ChangeKind(StrEnum):
    """What is otherwise than the rotation says."""

    SWAP = "swap"
    """Two people trade places: in the span each does what the other would have done."""
    ABSENCE = "absence"
    """Somebody is away; another person may stand in."""
    EXTRA = "extra"
    """Somebody is on duty besides."""


class Slot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One duty of a day."""

    begins: int
    """Minutes since midnight."""
    lasts: int
    """Minutes; it may reach into the days after."""
    order: tuple[str, ...]
    """Names of groups, the first of them on the first day; an empty name is nobody."""
    step: Step = Step.DAY
    days: tuple[DayKind, ...] = ()
    """Only on such days; without any on all."""
    weekdays: tuple[int, ...] = ()
    """Only on these, Monday is 1; without any on all."""


class Pattern(msgspec.Struct, frozen=True, kw_only=True):
    """What a roster repeats."""

    groups: dict[str, tuple[PersonId, ...]]
    slots: tuple[Slot, ...]
    first: date
    """The day, or the week, on which the first group of each order serves."""

    def people(self) -> set[PersonId]:
        """Give everybody who is in a group."""
        return {person for group in self.groups.values() for person in group}


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """One rotation for one grid."""

    id: str
    grid: GridCode
    name: str
    pattern: Pattern
    since: datetime
    until: datetime | None = None
    tier: Tier | None = None
    """For which tier its people are to be appointed; None for any."""
    organisation: OrganisationCode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterChange:
    """Something that is otherwise than the rotation says."""

    id: str
    roster: str
    kind: ChangeKind
    person: PersonId
    other: PersonId | None = None
    """With whom they trade places, or who stands in for them."""
    since: datetime
    until: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Rewriting:
    """How the shifts of a roster become those that are wanted."""

    gone: tuple[DutyShift, ...] = ()
    """To be deleted: they would have begun."""
    put: tuple[DutyShift, ...] = ()
    """To be inserted, or to get another end."""


def expand(
    roster: Roster, changes: Sequence[RosterChange], since: datetime, until: datetime, calendar: Calendar
) -> tuple[DutyShift, ...]:
    """Give all shifts of a roster that touch a span, by beginning.

    Shifts of one person do not overlap: those that would are one. Somebody whose slots overlap day after day
    has one shift without end, so what lies outside of the span is true only as far as the span shows it.
    """
    spans = [
        one
        for one in _rotation(roster.pattern, since, until, calendar)
        if one.since < (roster.until or one.until) and one.until > roster.since
    ]
    spans = [_within(one, roster.since, roster.until) for one in spans]
    for change in changes:
        spans = list(_changed(spans, change))
    touching = [one for one in _joined(spans) if one.until > since and one.since < until]
    return tuple(
        DutyShift(person=one.person, grid=roster.grid, since=one.since, until=one.until, roster=roster.id)
        for one in sorted(touching, key=lambda one: (one.since, one.person))
    )


def rewrite(existing: Sequence[DutyShift], wanted: Iterable[DutyShift], now: datetime) -> Rewriting:
    """Say how the shifts of a roster that end after an instant become those that are wanted from it on.

    What lies before the instant stays: a running shift that is no longer wanted ends now, one that is
    wanted begins now. The same again changes nothing.
    """
    future = {(one.person, one.grid, one.since): one for one in existing if one.since > now}
    running = {
        (one.person, one.grid): one
        for one in existing
        if one.since <= now and (one.until is None or one.until > now)
    }
    put: list[DutyShift] = []
    for one in wanted:
        if one.since > now:
            before = future.pop((one.person, one.grid, one.since), None)
            new = one
        else:
            before = running.pop((one.person, one.grid), None)
            new = replace(one, since=now if before is None else before.since)
        if before is None or before.until != new.until:
            put.append(new)
    ended = [replace(one, until=now) for one in running.values() if one.since < now]
    gone = [one for one in (*future.values(), *running.values()) if one.since >= now]
    return Rewriting(tuple(gone), (*ended, *put))


@dataclass(frozen=True, slots=True)
class _Span:
    person: PersonId
    since: datetime
    until: datetime


def _rotation(pattern: Pattern, since: datetime, until: datetime, calendar: Calendar) -> Iterator[_Span]:
    for slot in pattern.slots:
        before = timedelta(days=(slot.begins + slot.lasts) // DAY_MINUTES)
        day, last = (since - before).astimezone(LOCAL).date(), until.astimezone(LOCAL).date()
        turn = _turns(slot, pattern.first, day, calendar)
        while day <= last:
            if _comes(slot, day, calendar):
                group = slot.order[turn if slot.step is Step.TURN else _place(slot, pattern.first, day)]
                begin = datetime(day.year, day.month, day.day, tzinfo=LOCAL) + timedelta(minutes=slot.begins)
                for person in pattern.groups.get(group, ()):
                    yield _Span(person, _utc(begin), _utc(begin + timedelta(minutes=slot.lasts)))
                turn = (turn + 1) % len(slot.order)
            day += timedelta(days=1)


def _comes(slot: Slot, day: date, calendar: Calendar) -> bool:
    if slot.weekdays and day.isoweekday() not in slot.weekdays:
        return False
    return not slot.days or calendar.kind(day) in slot.days


def _place(slot: Slot, first: date, day: date) -> int:
    """Give which of its order has a day's slot."""
    if slot.step is Step.WEEK:
        weeks = (_monday(day) - _monday(first)) // timedelta(weeks=1)
        return weeks % len(slot.order)
    return (day - first).days % len(slot.order)


def _turns(slot: Slot, first: date, day: date, calendar: Calendar) -> int:
    """Give which of its order is next on a day when each turn counts."""
    if slot.step is not Step.TURN:
        return 0
    begin, end, sign = (first, day, 1) if first <= day else (day, first, -1)
    days = (begin + timedelta(days=number) for number in range((end - begin).days))
    return sign * sum(_comes(slot, one, calendar) for one in days) % len(slot.order)


def _changed(spans: Iterable[_Span], change: RosterChange) -> Iterator[_Span]:
    """Give the spans as they are after a change."""
    traded: dict[PersonId, PersonId | None] = {}
    if change.kind is not ChangeKind.EXTRA:
        traded[change.person] = change.other
    if change.kind is ChangeKind.SWAP and change.other is not None:
        traded[change.other] = change.person
    for one in spans:
        if one.person not in traded or one.until <= change.since or one.since >= change.until:
            yield one
            continue
        if one.since < change.since:
            yield replace(one, until=change.since)
        if one.until > change.until:
            yield replace(one, since=change.until)
        to = traded[one.person]
        if to is not None:
            yield _within(replace(one, person=to), change.since, change.until)
    if change.kind is ChangeKind.EXTRA:
        yield _Span(change.person, _utc(change.since), _utc(change.until))


def _joined(spans: Iterable[_Span]) -> Iterator[_Span]:
    """Make one span of those of a person that overlap; those that only touch stay two."""
    ordered = sorted(spans, key=lambda one: (one.person, one.since, one.until))
    for _, theirs in groupby(ordered, key=lambda one: one.person):
        open_: _Span | None = None
        for one in theirs:
            if open_ is not None and one.since < open_.until:
                open_ = replace(open_, until=max(open_.until, one.until))
                continue
            if open_ is not None:
                yield open_
            open_ = one
        if open_ is not None:
            yield open_


def _within(span: _Span, since: datetime, until: datetime | None) -> _Span:
    return replace(
        span, since=max(span.since, since), until=span.until if until is None else min(span.until, until)
    )


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)
