"""The shipped rules on recorded series that nobody here made; skipped where that material is absent."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tocsin.detectors.config import defaults
from tocsin.evaluate import series_report

SERIES = Path(os.environ.get("TOCSIN_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "sensors"
pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(not SERIES.is_dir(), reason=f"no real material at {SERIES}: set TOCSIN_SHARED"),
]
SENSOR_DAYS_A_FALSE_ALARM = 30
"""A village of forty sensors is then called wrongly little more than once a day by its worst gauges."""


def measured(name: str) -> dict[str, Any]:
    report = series_report.run(series_report.find([SERIES / name]), defaults())
    assert report.faults == ()
    return report.document


def test_anomalies_score_above_a_tuned_windowed_gaussian() -> None:
    (one,) = measured("nab")["nab"]
    assert one["score"]["standard"] > 65
    # By a margin: a threshold that fits these files only is worth nothing.
    assert one["score"]["reward_low_FP_rate"] > 55
    assert one["false_alarms"] <= 25


def test_fires_are_called_within_a_minute_of_the_earliest_real_alarm() -> None:
    fires = measured("nist_smoke_alarms")["nist"]
    assert fires["within_60_s"] == len(fires["fires"])
    assert fires["earlier"] > len(fires["fires"]) / 2
    assert all(fire["room_later_s"] <= 60 for fire in fires["fires"])


def test_gauges_that_lie_are_named_and_rarely_call_anybody() -> None:
    for one in measured("water_level")["plain"]:
        assert one["by_code"]["plausible.clock"] >= 10
        assert one["by_code"]["plausible.spike"] >= 3
        assert one["false_alarms"] * SENSOR_DAYS_A_FALSE_ALARM <= one["sensor_days"]


@pytest.mark.parametrize("name", ["rain", "river", "occupancy"])
def test_quiet_series_call_nobody(name: str) -> None:
    (one,) = measured(name)["plain"]
    assert one["false_alarms"] == 0
    assert one["faults_per_sensor_day"] < 0.2
