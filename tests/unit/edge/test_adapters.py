from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.edge import FakeBus, Taken, collector
from tocsin.core.clock import ManualClock
from tocsin.core.errors import Rejected, Transient
from tocsin.core.ids import DeviceId
from tocsin.edge import adapters
from tocsin.edge.adapters import Placed, all_adapters, keep_running
from tocsin.edge.ports import Intake
from tocsin.edge.vitals import Vitals

CLOCK = ManualClock(datetime(2026, 11, 22, tzinfo=UTC))


class Falls:
    """Falls as often as it is told, then ends."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)

    async def run(self, intake: Intake) -> None:
        if self.errors:
            raise self.errors.pop(0)


async def test_a_fallen_adapter_is_started_again_ever_later_and_its_fault_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(adapters.asyncio, "sleep", sleep)
    taken, vitals = Taken(), Vitals()
    device = DeviceId("weir/yard")
    falls = Falls(Transient("gone"), Rejected("camera.sign_in", "wrong password"), Transient("gone"))
    await keep_running(Placed(device, "camera", falls), taken, vitals, CLOCK, random.Random(1))
    assert [sentence for _, sentence in taken.faults] == ["gone", "wrong password", "gone"]
    assert [complaint for _, complaint in taken.overs] == ["gone", "wrong password", "gone"], (
        "a burst is over"
    )
    assert vitals.list()[0].restarts == 3
    assert [0.5 <= slept[0] <= 1, 1 <= slept[1] <= 2, 2 <= slept[2] <= 4] == [True] * 3


async def test_a_fault_of_our_own_is_not_hidden() -> None:
    placed = Placed(DeviceId("weir/x"), "sensor", Falls(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(keep_running(placed, Taken(), Vitals(), CLOCK, random.Random(1)), 5)


def test_every_kind_of_camera_and_sensor_has_its_adapter(tmp_path: Path) -> None:
    more = """
cameras:
  - {type: file, name: c1, path: x}
  - {type: rtsp, name: c2, url: "rtsp://x"}
  - {type: http, name: c3, url: "http://x"}
  - {type: folder, name: c4, path: x}
  - {type: mqtt, name: c5, topic: x}
sensors:
  - {type: csv, name: s1, path: x, time_column: t, columns: {v: {stream: a/b}}}
  - {type: mqtt, name: s2, topic: x, values: {v: {stream: a/c}}}
  - {type: senml, name: s3, topic: x}
  - {type: button, name: s4, topic: x}
"""
    placed = all_adapters(collector(tmp_path, more=more), CLOCK, FakeBus())
    assert len({type(one.adapter) for one in placed}) == 8
    assert [one.kind for one in placed] == ["camera"] * 5 + ["sensor"] * 3 + ["button"]
