"""Gauges of what people said, bounded in their labels."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client import REGISTRY

from tests.support.quality import FakeQuality
from tests.unit.alerts.test_quality import day, row
from tests.unit.evaluate.test_timeline import NOON
from tocsin.alerts import quality_keeper
from tocsin.alerts.quality_keeper import SPAN, QualityKeeper
from tocsin.core.clock import ManualClock
from tocsin.core.errors import Transient


def verdicts(detector: str, verdict: str) -> float | None:
    labels = {"detector": detector, "kind": "smoke", "verdict": verdict}
    return REGISTRY.get_sample_value("tocsin_detector_verdicts", labels)


def fleet(name: str, kind: str) -> float | None:
    return REGISTRY.get_sample_value(name, {"device_kind": kind})


async def test_verdicts_of_thirty_days_are_shown_by_detector() -> None:
    queries = FakeQuality()
    queries.detector_rows = [row("smoke", "a", 3, 1, 2), row("smoke", "b", 1, 0)]
    queries.day_rows = [day("a", "camera", 10, 4, 2), day("b", "camera", 5, 0, 0), day("c", "weird", 1, 0, 0)]

    await QualityKeeper(queries, ManualClock(NOON)).count()

    assert (verdicts("smoke", "real"), verdicts("smoke", "false"), verdicts("smoke", "unjudged")) == (4, 1, 2)
    assert (fleet("tocsin_device_days", "camera"), fleet("tocsin_device_false_days", "camera")) == (15, 2)
    assert (fleet("tocsin_device_false_alarms", "camera"), fleet("tocsin_device_days", "other")) == (4, 1)
    assert queries.asked == [("", NOON - SPAN, NOON)]


async def test_what_is_gone_is_shown_no_more() -> None:
    queries = FakeQuality()
    queries.detector_rows = [row("gone", "a", 3, 1)]
    keeper = QualityKeeper(queries, ManualClock(NOON))
    await keeper.count()
    queries.detector_rows = []

    await keeper.count()

    assert verdicts("gone", "real") is None


async def test_names_from_files_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality_keeper, "NAMES_MAX", 2)
    queries = FakeQuality()
    queries.detector_rows = [row(f"rule-{number}", "a", number, 0) for number in range(1, 6)]

    await QualityKeeper(queries, ManualClock(NOON)).count()

    assert (verdicts("rule-5", "real"), verdicts("rule-4", "real"), verdicts("other", "real")) == (5, 4, 6)
    assert verdicts("rule-3", "real") is None


async def test_a_question_that_fails_stops_nobody() -> None:
    class Away(FakeQuality):
        async def detectors(self, *_: object) -> list[object]:  # type: ignore[override]
            stop.set()
            raise Transient("the database is away")

    stop = asyncio.Event()
    await asyncio.wait_for(QualityKeeper(Away(), ManualClock(NOON)).run(stop), 5)
