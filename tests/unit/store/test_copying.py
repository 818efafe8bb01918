from datetime import UTC, datetime

import msgspec
import pytest

from tests.support.field import reading
from tocsin.core.errors import Rejected
from tocsin.store.copying import CHUNK_ROWS, pack

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
STREAMS = {("weir/gauge-1/level", "m"): 42}


def test_a_row_is_what_postgresql_documents() -> None:
    [row] = pack([reading(datetime(2000, 1, 1, tzinfo=UTC), 1.0, quality=3)], STREAMS, 0)
    instant = b"\0\0\0\x08"
    assert row == (
        b"\0\x09"
        + instant + bytes(8)
        + instant + (-7).to_bytes(8, "big", signed=True)
        + instant + bytes(8)
        + instant + bytes(8)
        + instant + b"\x3f\xf0" + bytes(6)
        + b"\0\0\0\x04" + (42).to_bytes(4, "big")
        + b"\0\0\0\x02\0\x03"
        + b"\0\0\0\x02\x80\x00"
        + b"\xff\xff\xff\xff"
    )  # fmt: skip


def test_many_rows_come_in_chunks_and_the_place_stops_at_its_end() -> None:
    parts = list(pack([reading(NOON)] * (CHUNK_ROWS + 1), STREAMS, 65_534 - CHUNK_ROWS))
    assert len(parts) == 2
    assert parts[0][-6:-4] == (32_765).to_bytes(2, "big")
    assert parts[1][-6:-4] == (32_766).to_bytes(2, "big")
    [beyond] = pack([reading(NOON)], STREAMS, 1_000_000)
    assert beyond[-6:-4] == (32_767).to_bytes(2, "big")


@pytest.mark.parametrize("field", ["observed_us", "corrected_us"])
@pytest.mark.parametrize("instant", [2**62, -(2**62)])
def test_an_instant_beyond_the_calendar_is_refused(field: str, instant: int) -> None:
    bad = msgspec.structs.replace(reading(NOON), **{field: instant})
    with pytest.raises(Rejected, match="set the clock"):
        list(pack([reading(NOON), bad, reading(NOON)], STREAMS, 0))
