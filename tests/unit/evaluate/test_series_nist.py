from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import series_files
from tocsin.core.errors import Rejected
from tocsin.detectors.config import defaults
from tocsin.evaluate import series_nist


def test_our_alarm_is_compared_with_the_earliest_real_one(tmp_path: Path) -> None:
    fire = series_nist.run(series_files.nist(tmp_path), defaults())
    (row,) = series_nist.document([fire])["fires"]
    assert row["real_s"] == 36
    assert 10 < row["alarm_s"] < 36
    assert row["later_s"] == row["alarm_s"] - 36
    assert row["sensor"] == "TCFIRE/temperature"


def test_without_the_thermocouple_in_the_flame_it_is_the_rooms_sensors_that_speak(tmp_path: Path) -> None:
    fire = series_nist.run(series_files.nist(tmp_path), defaults())
    (row,) = series_nist.document([fire])["fires"]
    assert row["room_sensor"] == "TCA_1/temperature"
    assert row["room_later_s"] > row["later_s"]


def test_sensors_are_told_from_the_insides_of_the_alarms() -> None:
    assert series_nist.quantity("TCA_1") == ("temperature", "Cel")
    assert series_nist.quantity("SMB_4") == ("smoke", "")
    assert series_nist.quantity("GASA_5") == ("oxygen", "%")
    assert [series_nist.quantity(name) for name in ("Ion1A", "Pho3C", "TCRef", "Load", "GASA_9")] == [
        None
    ] * 5


def test_a_fire_whose_alarms_nobody_timed_is_refused(tmp_path: Path) -> None:
    path = series_files.nist(tmp_path)
    renamed = path.rename(path.with_name("NIST_Smoke_Alarms_SDC98.csv"))
    with pytest.raises(Rejected, match="no column for NIST_Smoke_Alarms_SDC98"):
        series_nist.run(renamed, defaults())
    (tmp_path / series_nist.ACTIVATIONS).write_text("Act,SDC98-Ion1A\n")
    with pytest.raises(Rejected, match="no row of times"):
        series_nist.run(renamed, defaults())


def test_a_row_without_time_is_refused_with_its_place(tmp_path: Path) -> None:
    path = series_files.nist(tmp_path)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:3], ",1,1,1,1,1,1"]))
    with pytest.raises(Rejected, match="row 4, column TIME"):
        series_nist.run(path, defaults())
