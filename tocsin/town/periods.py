"""Days, weeks, months, quarters and years as a town counts them: by the wall clock in Asia/Shanghai.  Pure.

A period is named as people write it: `2026-10-05`, `2026-W41`, `2026-10`, `2026-Q4`, `2026`. Weeks are
those of ISO 8601: they begin on Monday, and a year has 52 or 53 of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum, unique
from typing import Final

from tocsin.core.errors import Rejected
from tocsin.core.working_time import LOCAL

YEAR_FIRST: Final = 2000
YEAR_LAST: Final = 2199


@unique
class PeriodKind(StrEnum):
    """How long a period is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Period:
    """A span of whole local days."""

    kind: PeriodKind
    first: date
    after: date
    """The first day that belongs to it no more."""

    @property
    def since(self) -> datetime:
        """The instant at which it begins, UTC."""
        return _midnight(self.first)

    @property
    def until(self) -> datetime:
        """The instant at which it is over, UTC; it belongs to the next one."""
        return _midnight(self.after)

    @property
    def name(self) -> str:
        """How people write it."""
        match self.kind:
            case PeriodKind.DAY:
                return self.first.isoformat()
            case PeriodKind.WEEK:
                year, week, _ = self.first.isocalendar()
                return f"{year:04}-W{week:02}"
            case PeriodKind.MONTH:
                return f"{self.first:%Y-%m}"
            case PeriodKind.QUARTER:
                return f"{self.first.year:04}-Q{(self.first.month + 2) // 3}"
            case PeriodKind.YEAR:
                return f"{self.first.year:04}"

    def running(self, now: datetime) -> bool:
        """Say whether it is not over yet."""
        return now < self.until

    @property
    def previous(self) -> Period:
        """The one before."""
        return containing(self.kind, self.first - timedelta(days=1))

    @property
    def year_before(self) -> Period | None:
        """The same one a year earlier; None for 29 February and for a 53rd week of a year without."""
        first = self.first
        if self.kind is PeriodKind.WEEK:
            year, week, _ = first.isocalendar()
            try:
                return containing(self.kind, date.fromisocalendar(year - 1, week, 1))
            except ValueError:
                return None
        try:
            return containing(self.kind, first.replace(year=first.year - 1))
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Span:
    """From when until when incidents are counted."""

    since: datetime
    until: datetime


def span(period: Period) -> Span:
    """Give the whole of a period."""
    return Span(period.since, period.until)


def like(period: Period, other: Period, now: datetime) -> tuple[Span, bool]:
    """Give the part of another period that compares with what has passed of one; say whether it was cut.

    Half of a month is compared with the same half of another one, never with the whole of it.
    """
    until = other.until
    if period.running(now):
        until = min(until, other.since + max(now - period.since, timedelta()))
    return Span(other.since, until), until < other.until


def containing(kind: PeriodKind, day: date) -> Period:
    """Give the period of a kind that a local day lies in."""
    match kind:
        case PeriodKind.DAY:
            return Period(kind, day, day + timedelta(days=1))
        case PeriodKind.WEEK:
            monday = day - timedelta(days=day.weekday())
            return Period(kind, monday, monday + timedelta(days=7))
        case PeriodKind.MONTH:
            return _months(kind, day.replace(day=1), 1)
        case PeriodKind.QUARTER:
            return _months(kind, day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1), 3)
        case PeriodKind.YEAR:
            return _months(kind, day.replace(month=1, day=1), 12)


def current(kind: PeriodKind, now: datetime) -> Period:
    """Give the period of a kind that runs at an instant."""
    return containing(kind, now.astimezone(LOCAL).date())


def parse(kind: PeriodKind, text: str) -> Period:
    """Read a period's name; raises `Rejected` (`period.name`) with the form to write instead.

    A day's name is taken for every kind: the period that it lies in.
    """
    try:
        found = _read(kind, text)
    except (ValueError, OverflowError):
        found = None
    if found is None or not YEAR_FIRST <= found.first.year <= YEAR_LAST:
        raise Rejected(
            "period.name",
            f"{text[:40]!r} is no {kind}: write {_FORMS[kind]}, a year between {YEAR_FIRST} and {YEAR_LAST}",
        )
    return found


_FORMS: Final = {
    PeriodKind.DAY: "2026-10-05",
    PeriodKind.WEEK: "2026-W41 or a day of it, 2026-10-05",
    PeriodKind.MONTH: "2026-10 or a day of it, 2026-10-05",
    PeriodKind.QUARTER: "2026-Q4 or a day of it, 2026-10-05",
    PeriodKind.YEAR: "2026 or a day of it, 2026-10-05",
}
_NAMES: Final = {
    PeriodKind.WEEK: re.compile(r"([0-9]{4})-W([0-9]{2})", re.ASCII),
    PeriodKind.MONTH: re.compile(r"([0-9]{4})-([0-9]{2})", re.ASCII),
    PeriodKind.QUARTER: re.compile(r"([0-9]{4})-Q([1-4])", re.ASCII),
    PeriodKind.YEAR: re.compile(r"([0-9]{4})", re.ASCII),
}
_DAY: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)


def _read(kind: PeriodKind, text: str) -> Period | None:
    """Give the period, or None for another form; raises `ValueError` or `OverflowError` for a day that does not exist."""
    if (day := _DAY.fullmatch(text)) is not None:
        return containing(kind, date(int(day[1]), int(day[2]), int(day[3])))
    match = _NAMES[kind].fullmatch(text) if kind in _NAMES else None
    if match is None:
        return None
    numbers = [int(one) for one in match.groups()]
    match kind:
        case PeriodKind.WEEK:
            return containing(kind, date.fromisocalendar(numbers[0], numbers[1], 1))
        case PeriodKind.QUARTER:
            return containing(kind, date(numbers[0], 3 * numbers[1], 1))
        case _:
            return containing(kind, date(*numbers, *(1,) * (3 - len(numbers))))


def _months(kind: PeriodKind, first: date, number: int) -> Period:
    years, month = divmod(first.month - 1 + number, 12)
    return Period(kind, first, date(first.year + years, month + 1, 1))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=LOCAL).astimezone(UTC)
