"""SenML records of one envelope, resolved to plain tuples: the hottest loop of the centre.

Base fields hold for the records after them (RFC 8428); relative times count from the sealing of the
envelope. A value that is no number becomes None with `Quality.NOT_A_NUMBER`; an instant outside the
years 1 to 9999 is clamped with `Quality.TIME_OUT_OF_RANGE`. Only a name or unit that is not allowed
raises `Rejected`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, TypeAlias

from tocsin.core.errors import Rejected
from tocsin.core.ids import CollectorId, StreamId, stream_id
from tocsin.core.readings import Quality
from tocsin.core.wire import Senml

Record: TypeAlias = tuple[StreamId, int, float | None, str, str | None, int]
"""Stream, observed in microseconds, value, unit, text, quality bits.

A tuple, because the reading proper is made only once, when the flush knows its instant."""

RELATIVE_BELOW: Final = float(2**28)
"""RFC 8428 section 4.5.3: a time below this many seconds is relative to now."""
INSTANT_MIN_US: Final = -62_135_596_800_000_000
INSTANT_MAX_US: Final = 253_402_300_799_999_999
"""The years 1 and 9999, what a datetime and the database can hold."""
UNIT_LENGTH_MAX: Final = 32
NAMES_MAX: Final = 100_000
"""Names remembered per collector before all are forgotten: a box that invents names costs no memory."""
_BITS: Final = sum(Quality)
_NOT_A_NUMBER: Final = int(Quality.NOT_A_NUMBER)
_OUT_OF_RANGE: Final = int(Quality.TIME_OUT_OF_RANGE)


class Names:
    """Remember which SenML name of one collector is which stream."""

    __slots__ = ("_collector", "streams")

    def __init__(self, collector: CollectorId) -> None:
        self._collector = collector
        self.streams: dict[str, StreamId] = {}

    def learn(self, name: str) -> StreamId:
        """Check a name not met before; raises `Rejected` (`stream.name`)."""
        stream = stream_id(self._collector, name)
        if len(self.streams) >= NAMES_MAX:
            self.streams.clear()
        self.streams[name] = stream
        return stream


def resolve(items: Sequence[Senml], sent_us: int, names: Names) -> list[Record]:  # noqa: C901, PLR0912 - one loop, unrolled by hand: tens of thousands of records a second pass here
    """Resolve the records of one envelope in their order.

    Raises `Rejected`: `stream.name`, `reading.unit`.
    """
    records: list[Record] = []
    append = records.append
    known = names.streams
    base_name = base_unit = ""
    base_time = base_value = 0.0
    for item in items:
        if item.bn is not None:
            base_name = item.bn
        if item.bt is not None:
            base_time = item.bt
        if item.bu is not None:
            base_unit = checked_unit(item.bu)
        if item.bv is not None:
            base_value = item.bv
        quality = item.q
        quality = 0 if quality is None else quality & _BITS
        value = item.v
        text = None
        if value is not None:
            if base_value:
                value += base_value
            if value - value != 0.0:  # true for NaN and both infinities, in one comparison
                value = None
                quality |= _NOT_A_NUMBER
        elif item.vb is not None:
            value = 1.0 if item.vb else 0.0
        elif item.vs is not None:
            # PostgreSQL's text cannot hold U+0000.
            text = item.vs.replace("\0", "\ufffd")
        elif not item.n:
            continue  # only base fields
        else:
            quality |= _NOT_A_NUMBER
        name = base_name + item.n if base_name else item.n
        stream = known.get(name)
        if stream is None:
            stream = names.learn(name)
        unit = item.u
        if unit is None:
            unit = base_unit
        elif len(unit) > UNIT_LENGTH_MAX or "\0" in unit:
            unit = checked_unit(unit)
        observed = item.us
        if observed is None:
            observed, doubt = instant(item.t, base_time, sent_us)
            quality |= doubt
        if not INSTANT_MIN_US <= observed <= INSTANT_MAX_US:
            observed = INSTANT_MIN_US if observed < INSTANT_MIN_US else INSTANT_MAX_US
            quality |= _OUT_OF_RANGE
        append((stream, observed, value, unit, text, quality))
    return records


def instant(offset: float | None, base: float, sent_us: int) -> tuple[int, int]:
    """Resolve a time in seconds as RFC 8428 section 4.5.3 says; gives it with its quality bits."""
    seconds = base + (offset or 0.0)
    if not math.isfinite(seconds):
        return sent_us, _OUT_OF_RANGE
    if seconds < RELATIVE_BELOW:
        return sent_us + round(seconds * 1e6), 0
    return round(seconds * 1e6), 0


def checked_unit(unit: str) -> str:
    """Give the unit back; raises `Rejected` (`reading.unit`) when it is none."""
    if len(unit) > UNIT_LENGTH_MAX or "\0" in unit:
        raise Rejected(
            "reading.unit",
            f"unit {unit[:40]!r} is not allowed: use an IANA SenML unit of at most {UNIT_LENGTH_MAX} characters",
        )
    return unit
