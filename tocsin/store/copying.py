"""Readings in PostgreSQL's binary COPY form.

Whole rows are packed at once by `struct`, which costs a fifth of psycopg's `write_row`; the order
of fields is that of the query `copy_readings`.  Pure: bytes out, no connection.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from tocsin.core.errors import Rejected
from tocsin.core.ids import StreamId
from tocsin.core.readings import Reading

HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER: Final = b"\xff\xff"
CHUNK_ROWS: Final = 2_000
"""Packed in about a millisecond: for so long the event loop stands still."""

_EPOCH_US: Final = 946_684_800_000_000
"""2000-01-01, where PostgreSQL begins to count, in microseconds since 1970."""
_OLDEST_US: Final = -62_135_596_800_000_000
"""The year 1: earlier instants could be stored, but no datetime can show them."""
_NEWEST_US: Final = 253_402_300_799_999_999
_PLACE_FIRST: Final = -32_768
_PLACE_LAST: Final = 32_767

_NUMBER: Final = struct.Struct("!hiqiqiqiqidiiihihi")
_TIMES: Final = struct.Struct("!hiqiqiqiq")
_KEYS: Final = struct.Struct("!iiihih")
_VALUE: Final = struct.Struct("!id")
_LENGTH: Final = struct.Struct("!i")
_NULL: Final = _LENGTH.pack(-1)
_FIELDS: Final = 9


def pack(
    readings: Sequence[Reading], streams: Mapping[tuple[StreamId, str], int], place: int
) -> Iterator[bytes]:
    """Yield the rows in chunks, between `HEADER` and `TRAILER`; `place` counts on from earlier calls of a flush.

    Raises `Rejected` (`reading.time`) for an instant outside the years 1 to 9999.
    """
    for begin in range(0, len(readings), CHUNK_ROWS):
        chunk = readings[begin : begin + CHUNK_ROWS]
        _check_times(chunk)
        yield b"".join(
            _row(
                reading,
                streams[reading.stream, reading.unit],
                min(place + number + _PLACE_FIRST, _PLACE_LAST),
            )
            for number, reading in enumerate(chunk, begin)
        )


def _row(reading: Reading, stream: int, place: int) -> bytes:
    at = reading.at_us - _EPOCH_US
    observed = reading.observed_us - _EPOCH_US
    received = reading.received_us - _EPOCH_US
    corrected = reading.corrected_us - _EPOCH_US
    value, text = reading.value, reading.text
    if value is not None and text is None:
        return _NUMBER.pack(
            _FIELDS,
            8,
            at,
            8,
            observed,
            8,
            received,
            8,
            corrected,
            8,
            value,
            4,
            stream,
            2,
            reading.quality,
            2,
            place,
            -1,
        )
    words = None if text is None else text.encode()
    return b"".join(
        (
            _TIMES.pack(_FIELDS, 8, at, 8, observed, 8, received, 8, corrected),
            _NULL if value is None else _VALUE.pack(8, value),
            _KEYS.pack(4, stream, 2, reading.quality, 2, place),
            _NULL if words is None else _LENGTH.pack(len(words)) + words,
        )
    )


def _check_times(chunk: Sequence[Reading]) -> None:
    for reading in (
        min(chunk, key=lambda one: one.observed_us),
        max(chunk, key=lambda one: one.observed_us),
        min(chunk, key=lambda one: one.corrected_us),
        max(chunk, key=lambda one: one.corrected_us),
    ):
        for instant in (reading.observed_us, reading.corrected_us):
            if not _OLDEST_US <= instant <= _NEWEST_US:
                raise Rejected(
                    "reading.time",
                    f"a reading of {reading.stream} lies outside the years 1 to 9999: set the clock of the box",
                )
