"""One value of one stream at one instant.

Readings are the hot path (tens of thousands a second), so they are msgspec structures with
integer instants; everything rarer uses datetimes.
"""

from __future__ import annotations

from enum import IntFlag

import msgspec

from tocsin.core.ids import StreamId


class Quality(IntFlag):
    """Say what is doubtful about a reading; 0 is good. The bits are stored: never renumber."""

    GOOD = 0
    CLOCK_UNSET = 1
    """The box did not know the time: `at` is the time of receipt."""
    CLOCK_DRIFTING = 2
    TIME_OUT_OF_RANGE = 4
    """Corrected time lay outside [received - 60 days, received + 10 min]: `at` is receipt."""
    HISTORICAL = 8
    """Kept in an outbox while the link was gone."""
    NOT_A_NUMBER = 16
    """The device sent NaN, an infinity or something that is no number; `value` is None."""
    OUT_OF_ORDER = 32
    """Older than its stream's newest: stored, not shown to detectors."""


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One value. Raw time (`observed_us`) is never overwritten."""

    stream: StreamId
    observed_us: int
    """What the device or box said, microseconds since 1970."""
    value: float | None
    """In `unit`; booleans are 0.0 and 1.0; None when the reading is text or no number."""
    unit: str = ""
    """An IANA SenML unit (`Cel`, `m`, `%RH`, `mm`, `1`, …); see `core.units`."""
    text: str | None = None
    at_us: int = 0
    """The instant by which it is ordered, stored and cut: corrected, or received; 0 on the wire."""
    received_us: int = 0
    corrected_us: int = 0
    quality: int = 0
    """Bits of `Quality`."""
