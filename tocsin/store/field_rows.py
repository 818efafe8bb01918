"""Rows of the field's tables as values of ours, where the flush and the lists need the same."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tocsin.core.clock import from_us, to_us
from tocsin.core.ids import StreamId
from tocsin.core.readings import Reading


def reading_of(row: tuple[Any, ...]) -> Reading:
    """Make a reading of (received, name, unit, at, observed, corrected, value, text, quality)."""
    received, name, unit, at, observed, corrected, value, text, quality = row
    return Reading(
        stream=StreamId(name),
        observed_us=to_us(observed),
        value=value,
        unit=unit,
        text=text,
        at_us=to_us(at),
        received_us=to_us(received),
        corrected_us=to_us(corrected),
        quality=quality,
    )


def instant_of(us: int | None) -> datetime | None:
    """Give a datetime; None for what no calendar shows, such as the clock of a broken box."""
    try:
        return None if us is None else from_us(us)
    except OverflowError:
        return None
