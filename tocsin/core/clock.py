"""The only place that reads a clock.

Everything else is given `now`, or a `Clock`. `ManualClock` stands beside the real one so that
tests and time travel use the same port. Instants are aware datetimes in UTC; on the hot path of
readings they are whole microseconds since 1970-01-01T00:00Z (names end in `_us`).
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from typing_extensions import override

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)


class Clock(Protocol):
    """Tell the time of this machine; never used where the database is the authority."""

    def now(self) -> datetime:
        """Give the wall-clock instant in UTC; may jump when the machine is set."""
        ...

    def monotonic(self) -> float:
        """Give seconds that only rise, with an arbitrary zero; for durations and age."""
        ...


class SystemClock(Clock):
    """Read the machine's clocks."""

    @override
    def now(self) -> datetime:
        return datetime.now(UTC)

    @override
    def monotonic(self) -> float:
        return time.monotonic()


class ManualClock(Clock):
    """Stand still until it is moved; both clocks move together unless `jump` is used."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._monotonic = 1000.0

    @override
    def now(self) -> datetime:
        return self._now

    @override
    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, by: timedelta) -> None:
        """Let time pass on both clocks."""
        self._now += by
        self._monotonic += by.total_seconds()

    def jump(self, to: datetime) -> None:
        """Set the wall clock alone, as a bad time server does."""
        self._now = to


def to_us(instant: datetime) -> int:
    """Convert an aware datetime to microseconds since 1970, exactly."""
    return (instant - EPOCH) // MICROSECOND


def from_us(us: int) -> datetime:
    """Convert microseconds since 1970 to a datetime in UTC, exactly.

    Raises `OverflowError` outside the years 1 to 9999.
    """
    return EPOCH + timedelta(microseconds=us)
