from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.edge import Taken
from tocsin.core.clock import ManualClock, SystemClock, to_us
from tocsin.core.errors import Rejected
from tocsin.core.readings import Quality
from tocsin.edge import config
from tocsin.edge.config import CsvSensor
from tocsin.edge.sensors.csv import CsvReplay

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def replay(tmp_path: Path, text: str, more: str = "pace: fast", clock: object = None) -> CsvReplay:
    (tmp_path / "x.csv").write_text(text)
    box = config.parse(
        "collector: weir\nsensors: [{type: csv, name: r, path: x.csv, time_column: t,"
        " columns: {v: {stream: g/level, unit: m, factor: 0.01, offset: 1}, w: {stream: g/state}}, "
        + more
        + "}]",
        base=tmp_path,
    )
    sensor = box.sensors[0]
    assert isinstance(sensor, CsvSensor)
    return CsvReplay(sensor, box, clock or ManualClock(NOW))  # type: ignore[arg-type]


async def test_columns_become_streams_in_their_units(tmp_path: Path) -> None:
    taken = Taken()
    await replay(tmp_path, "t,v,w\n2026-01-01T00:00:00Z,150,on\n").run(taken)
    level, state = taken.taken
    assert (level.stream, level.unit, level.value) == ("weir/g/level", "m", 2.5)
    assert (state.stream, state.value) == ("weir/g/state", 1.0)
    assert level.observed_us == to_us(NOW)


async def test_original_times_stay_when_asked_for(tmp_path: Path) -> None:
    taken = Taken()
    await replay(
        tmp_path, "t,v,w\n100,1,\n200,2,\n", "pace: fast, restamp: original, time_format: seconds"
    ).run(taken)
    assert [r.observed_us for r in taken.taken] == [100_000_000, 200_000_000]


async def test_empty_cells_are_no_readings_and_nonsense_is_marked(tmp_path: Path) -> None:
    taken = Taken()
    await replay(
        tmp_path, "t,v,w\n2026-01-01,,\n2026-01-01,nan,\n2026-01-01,???,\nnever,5,\n2026-01-01,1\n"
    ).run(taken)
    assert [(r.value, r.quality) for r in taken.taken[:2]] == [(None, Quality.NOT_A_NUMBER), (None, 0)]
    assert taken.taken[1].text == "???"
    assert len(taken.taken) == 3


async def test_distances_in_time_are_kept_at_the_pace_asked_for(tmp_path: Path) -> None:
    taken, clock = Taken(), SystemClock()
    began = clock.monotonic()
    text = "t,v,w\n0,1,\n60,2,\n"
    await replay(tmp_path, text, "pace: 300, time_format: elapsed", clock).run(taken)
    assert 0.19 <= clock.monotonic() - began <= 1.0
    assert 0.19e6 <= taken.taken[1].observed_us - taken.taken[0].observed_us <= 1e6


async def test_a_missing_column_is_told_with_those_that_are_there(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="no column 'w': its columns are 't', 'v'"):
        await replay(tmp_path, "t,v\n").run(Taken())


async def test_a_missing_file_is_told(tmp_path: Path) -> None:
    made = replay(tmp_path, "t,v,w\n")
    (tmp_path / "x.csv").unlink()
    with pytest.raises(Rejected, match="cannot read"):
        await made.run(Taken())


async def test_bytes_that_are_no_text_do_no_harm(tmp_path: Path) -> None:
    made = replay(tmp_path, "")
    (tmp_path / "x.csv").write_bytes(b"t,v,w\n2026-01-01,\xff\xfe,\n2026-01-01,3,\n")
    taken = Taken()
    await made.run(taken)
    assert taken.taken[-1].value == 1.03
