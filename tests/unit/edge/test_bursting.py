from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typing_extensions import override

from tests.support.edge import picture
from tests.unit.edge.test_detecting import Watching
from tocsin.core.clock import ManualClock, to_us
from tocsin.core.detections import Detection
from tocsin.core.frames import Frame
from tocsin.core.ids import DeviceId
from tocsin.edge import bursting
from tocsin.edge.bursting import Bursts
from tocsin.edge.detecting import Detecting
from tocsin.edge.ports import Adapter, Intake

YARD, GATE = DeviceId("weir/yard"), DeviceId("weir/gate")


class Source(Adapter):
    def __init__(self) -> None:
        self.asked: list[float] = []
        self.running = True

    @override
    async def run(self, intake: Intake) -> None:
        raise NotImplementedError

    @override
    def burst_fault(self) -> str:
        return ""

    @override
    def ask_burst(self, seconds: float) -> bool:
        self.asked.append(seconds)
        return self.running


class Still(Adapter):
    @override
    async def run(self, intake: Intake) -> None:
        raise NotImplementedError


class Judging(Watching):
    """Refuses a burst slower than twenty pictures a second, as the detectors do."""

    def __init__(self) -> None:
        super().__init__()
        self.ended = 0

    def end_burst(self) -> Sequence[Detection]:
        self.ended += 1
        burst = [frame for frame in self.frames if frame.burst]
        seconds = (burst[-1].observed - burst[0].observed).total_seconds() if burst else 0
        if not seconds or (len(burst) - 1) / seconds < 19:
            self.bursts_refused += 1
        self.frames.clear()
        return []


class Site:
    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock(datetime(2026, 11, 22, 12, tzinfo=UTC))
        self.bank = Judging()
        self.source = Source()
        self.detecting = Detecting({YARD: self.bank, GATE: Judging()}, None, folder)
        self.bursts = Bursts(self.detecting, self.clock)
        self.bursts.offer(YARD, self.source)
        self.bursts.offer(GATE, Source())

    async def frames(self, count: int, rate: float = 25.0) -> None:
        for number in range(count):
            jpeg = picture(number, width=64, height=48)
            await self.bursts.frame(YARD, jpeg, round(number / rate * 1e6))


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    made = Site(tmp_path)
    yield made
    made.detecting.close()


async def test_the_frames_of_a_burst_reach_the_detectors_at_their_own_instants(site: Site) -> None:
    assert site.bursts.begin(YARD, "a flicker") == ""
    assert site.source.asked == [3.0]
    await site.frames(3)
    began = to_us(site.clock.now())
    assert [(frame.burst, to_us(frame.observed) - began) for frame in site.bank.frames] == [
        (True, 0),
        (True, 40_000),
        (True, 80_000),
    ]
    outcome = await site.bursts.over(YARD)
    assert outcome is not None
    assert [shot.observed_us - began for shot in outcome.shots.values()] == [0, 40_000, 80_000]


async def test_one_burst_at_a_time(site: Site) -> None:
    assert site.bursts.begin(YARD, "x") == ""
    assert "another burst" in site.bursts.begin(GATE, "x")
    await site.bursts.frame(GATE, picture(), 0)
    assert await site.bursts.over(GATE) is None
    await site.frames(30)
    assert await site.bursts.over(YARD) is not None
    assert site.bursts.begin(GATE, "x") == ""


async def test_a_camera_that_is_too_slow_is_left_alone_for_an_hour(site: Site) -> None:
    site.bursts.begin(YARD, "x")
    await site.frames(20, rate=8.0)
    assert await site.bursts.over(YARD) is None
    assert site.bank.bursts_refused == 1
    site.clock.advance(timedelta(minutes=59))
    assert "later" in site.bursts.begin(YARD, "x")
    site.clock.advance(timedelta(minutes=2))
    assert site.bursts.begin(YARD, "x") == ""


async def test_a_burst_that_failed_is_asked_for_again_after_a_minute(site: Site) -> None:
    site.bursts.begin(YARD, "x")
    assert await site.bursts.over(YARD, "the camera is gone") is None
    assert site.bank.ended == 1, "what was gathered is let go"
    assert "later" in site.bursts.begin(YARD, "x")
    site.clock.advance(timedelta(seconds=61))
    assert site.bursts.begin(YARD, "x") == ""


async def test_a_burst_that_never_ends_is_ended(site: Site) -> None:
    site.bursts.begin(YARD, "x")
    assert site.bursts.lapsed() is None
    site.clock.advance(timedelta(seconds=31))
    assert site.bursts.lapsed() == YARD
    await site.bursts.over(YARD, "late")
    assert site.bursts.lapsed() is None


async def test_memory_is_bounded_however_many_frames_come(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bursting, "BYTES_MAX", 3 * len(picture(0, width=64, height=48)))
    site.bursts.begin(YARD, "x")
    await site.frames(200, rate=60)
    assert len(site.bank.frames) == bursting.PICTURES_MAX
    outcome = await site.bursts.over(YARD)
    assert outcome is not None
    assert 1 <= len(outcome.shots) <= 4


async def test_a_damaged_frame_is_left_out(site: Site) -> None:
    site.bursts.begin(YARD, "x")
    await site.bursts.frame(YARD, picture()[:100], 0)
    await site.frames(2)
    assert all(isinstance(frame, Frame) for frame in site.bank.frames)
    assert len(site.bank.frames) == 2


def test_who_can_give_none_says_so(site: Site) -> None:
    site.bursts.offer(GATE, Still())
    assert "its own pace" in site.bursts.begin(GATE, "x")
    assert "no such camera" in site.bursts.begin(DeviceId("weir/none"), "x")
    site.source.running = False
    assert "not running" in site.bursts.begin(YARD, "x")
    site.source.running = True
    assert site.bursts.begin(YARD, "x") == "", "nothing was begun before"
