from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.support import series_files
from tocsin.core.errors import Rejected
from tocsin.detectors.config import defaults
from tocsin.evaluate import series_plain
from tocsin.evaluate.table import header_of


def test_a_quiet_office_with_numbered_rows_gives_no_alarm(tmp_path: Path) -> None:
    document = series_plain.run(series_files.office(tmp_path), defaults())
    assert (document["sensors"], document["readings"]) == (2, 576)
    assert document["sensor_days"] == pytest.approx(4.0, abs=0.05)
    assert document["by_rule"] == {}


def test_gauges_of_one_file_are_told_apart_and_their_faults_named(tmp_path: Path) -> None:
    path = series_files.gauge(tmp_path)
    assert series_plain.is_gauge(header_of(path))
    document = series_plain.run(path, defaults())
    assert document["sensors"] == 2
    assert document["false_alarms"] == 0
    assert document["by_code"] == {"plausible.spike": 1, "plausible.clock": 1}


def test_the_short_form_without_receipts_is_read_in_its_order(tmp_path: Path) -> None:
    path = tmp_path / "short.csv"
    rows = [f"{1_767_225_600 + 360 * row},{200 + row % 3},3.4,0.25" for row in range(50)]
    rows[20:22] = ["946684810,201,3.4,0.25", "946685170,202,3.4,0.25"]
    path.write_text("\n".join(rows))
    assert series_plain.is_gauge(header_of(path))
    document = series_plain.run(path, defaults())
    assert document["by_code"] == {"plausible.clock": 1}


def test_an_alarm_while_the_truth_says_so_is_not_false(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    rows = [",Temperature[C],Fire Alarm"]
    rows += [
        f"{second},{80 if 100 <= second < 200 else 20},{int(90 <= second < 210)}" for second in range(1000)
    ]
    rows += [f"{second},{80 if 2000 <= second < 2100 else 20},0" for second in range(1000, 3000)]
    path.write_text("\n".join(rows))
    document = series_plain.run(path, defaults())
    assert document["events"] == 1
    assert document["alarms"] > document["false_alarms"] > 0


def test_old_series_are_moved_by_whole_weeks_and_a_row_of_units_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "old.csv"
    days = [series_files.BEGIN.replace(year=1948) + timedelta(days=day) for day in range(400)]
    path.write_text("\n".join(["Date,Stream flow", "TS,m3/s", *(f"{day:%Y-%m-%d},12" for day in days)]))
    document = series_plain.run(path, defaults())
    assert document["out_of_order"] == 0
    assert document["readings"] == 400
    assert document["by_rule"] == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "date,Temperature\n2026-01-01 00:00:00,20\n2026-01-01 00:01:00,warm\n",
            "row 3, column 2: 'warm' is no number",
        ),
        ("date,Temperature\n2026-01-01 00:00:00,20\nlater,21\n", "row 3, column 1: 'later' is no instant"),
        ("date,Occupancy\n2026-01-01 00:00:00,20\n", "no quantity is known"),
        ("date,Temperature\n2026-01-01 00:00:00,20\n", "covers no time"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(Rejected, match=said):
        series_plain.run(path, defaults())
