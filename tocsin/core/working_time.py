"""Working time: when a limit of working hours or days ends, by the Chinese calendar of holidays.  Pure.

Holidays and the weekends that are worked instead come from `chinesecalendar`, which knows the years that
the State Council has announced; later years count Monday to Friday until it is updated. What a town does
otherwise stands in its `Calendar`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum, unique
from typing import Final

import chinese_calendar
import msgspec

from tocsin.core.incident_words import Stage

LOCAL: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""The time of the wall clocks; it has no summer time."""
_DAYS_MAX: Final = 4000
"""No limit reaches further: a calendar without a working day is a fault of its own."""


@unique
class Unit(StrEnum):
    """In what a limit is counted."""

    HOUR = "hour"
    DAY = "day"
    """24 hours."""
    WORKING_HOUR = "working_hour"
    WORKING_DAY = "working_day"
    """Until the end of work of the n-th working day after the one on which it began."""


@unique
class DayKind(StrEnum):
    """What a day is for those whose duty depends on it."""

    WORKING = "working"
    """Monday to Friday, and weekends that are worked instead of them."""
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    """A public holiday, the days given for it included."""

    __hash__ = str.__hash__
    """As the text that it is: days are looked up for every shift."""


class Limit(msgspec.Struct, frozen=True):
    """An amount of time, 1 or more of its unit."""

    amount: int
    unit: Unit


class Calendar(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The hours a town works, and the days on which it differs from the country."""

    hours: tuple[tuple[int, int], ...] = ((510, 720), (840, 1050))
    """Spans of a working day in minutes since midnight, in order: 08:30–12:00 and 14:00–17:30."""
    closed: tuple[date, ...] = ()
    """Not worked here, though the country works."""
    worked: tuple[date, ...] = ()
    """Worked here, though the country does not."""

    def works(self, day: date) -> bool:
        """Say whether a day is a working day here."""
        if day in self.closed:
            return False
        return day in self.worked or is_working_day(day)

    def kind(self, day: date) -> DayKind:
        """Say what a day is here; a day that only this town has off is a holiday."""
        if self.works(day):
            return DayKind.WORKING
        return DayKind.HOLIDAY if is_holiday(day) or is_working_day(day) else DayKind.WEEKEND


class Terms(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """By what a case's stages are timed; frozen in the case when it is filed."""

    limits: dict[Stage, Limit] = {}
    """A stage without an entry has no limit; it is still reminded of."""
    warn_at: float = 0.8
    """At this part of a limit whoever it waits on is urged."""
    calendar: Calendar = Calendar()

    def due(self, stage: Stage, since: datetime) -> datetime | None:
        """Give when a stage that begins at an instant must be over; None without a limit."""
        limit = self.limits.get(stage)
        return None if limit is None else due(since, limit, self.calendar)


def is_working_day(day: date) -> bool:
    """Say whether the country works on a day; Monday to Friday in years not announced yet."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


def is_holiday(day: date) -> bool:
    """Say whether a day is a public holiday, or given for one; False in years not announced yet."""
    try:
        off, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return False
    return bool(off and name is not None)


def announced(year: int) -> bool:
    """Say whether the holidays of a year are known."""
    try:
        chinese_calendar.is_workday(date(year, 10, 1))
    except NotImplementedError:
        return False
    return True


def due(since: datetime, limit: Limit, calendar: Calendar) -> datetime:
    """Give the instant, in UTC, at which a limit ends that begins at `since`.

    Raises `ValueError` when no working day comes within eleven years.
    """
    match limit.unit:
        case Unit.HOUR:
            return since + timedelta(hours=limit.amount)
        case Unit.DAY:
            return since + timedelta(days=limit.amount)
        case Unit.WORKING_DAY:
            return _end_of_day(since, limit.amount, calendar)
        case Unit.WORKING_HOUR:
            return after(since, timedelta(hours=limit.amount), calendar)


def after(since: datetime, work: timedelta, calendar: Calendar) -> datetime:
    """Give the instant, in UTC, at which so much working time has passed since another one."""
    left = work
    for begin, end in _spans(since, calendar):
        if end - begin >= left:
            return (begin + left).astimezone(since.tzinfo)
        left -= end - begin
    raise ValueError("the calendar has too little working time: give it working hours")


def worked(since: datetime, until: datetime, calendar: Calendar) -> timedelta:
    """Give how much working time lies between two instants; nothing when they are the wrong way round."""
    total = timedelta()
    for begin, end in _spans(since, calendar):
        if begin >= until:
            break
        total += min(end, until) - begin
    return total


def _spans(since: datetime, calendar: Calendar) -> Iterator[tuple[datetime, datetime]]:
    """Give the spans of working time from an instant on, the first one cut at it."""
    first = since.astimezone(LOCAL).date()
    for number in range(_DAYS_MAX):
        day = first + timedelta(days=number)
        if not calendar.works(day):
            continue
        midnight = datetime(day.year, day.month, day.day, tzinfo=LOCAL)
        for opens, closes in calendar.hours:
            end = midnight + timedelta(minutes=closes)
            if end > since:
                yield max(since, midnight + timedelta(minutes=opens)), end


def _end_of_day(since: datetime, days: int, calendar: Calendar) -> datetime:
    day, left = since.astimezone(LOCAL).date(), days
    for _ in range(_DAYS_MAX):
        day += timedelta(days=1)
        left -= calendar.works(day)
        if left == 0:
            midnight = datetime(day.year, day.month, day.day, tzinfo=LOCAL)
            return (midnight + timedelta(minutes=calendar.hours[-1][1])).astimezone(since.tzinfo)
    raise ValueError("the calendar has no working days: take some of `closed` away")
