from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from tests.support.edge import collector, picture
from tests.unit.edge.test_bursting import Source
from tests.unit.edge.test_detecting import Watching
from tocsin.core import wire
from tocsin.core.clock import ManualClock, from_us, to_us
from tocsin.core.detections import Detection, Evidence, Kind, Phase
from tocsin.core.errors import Transient
from tocsin.core.frames import Frame
from tocsin.core.ids import CollectorId, DetectionId, DeviceId, PictureHash, StreamId
from tocsin.core.readings import Reading
from tocsin.core.wire import Lane
from tocsin.detectors.config import defaults
from tocsin.edge import banks
from tocsin.edge.detecting import Detecting
from tocsin.edge.outbox import Outbox
from tocsin.edge.outbox_file import Draft
from tocsin.edge.sampler import Sampler
from tocsin.edge.vitals import Vitals

YARD = DeviceId("weir/yard")
CAMERA = "cameras: [{type: http, name: yard, url: x}]"


class Alarming(Watching):
    """Says smoke about every picture, with the last three pictures as evidence."""

    def observe(self, anything: object) -> Sequence[Detection]:
        super().observe(anything)
        assert isinstance(anything, Frame)
        return [
            Detection(
                id=DetectionId(f"d{len(self.frames)}"),
                collector=CollectorId("weir"),
                device=YARD,
                stream=StreamId(YARD),
                detector="smoke",
                version="smoke/1",
                kind=Kind.SMOKE,
                phase=Phase.RAISE if len(self.frames) == 3 else Phase.UPDATE,
                observed=anything.observed,
                score=1.0,
                reason="smoke",
                reason_code="smoke",
                evidence=Evidence(
                    first=anything.observed,
                    last=anything.observed,
                    pictures=tuple(frame.sha256 for frame in self.frames[-3:]),
                ),
            )
        ][: 1 if len(self.frames) >= 3 else 0]


class Site:
    def __init__(self, tmp_path: Path) -> None:
        self.clock = ManualClock(datetime(2026, 11, 22, 12, tzinfo=UTC))
        self.outbox = Outbox(
            tmp_path / "o.sqlite",
            collector=CollectorId("weir"),
            clock=self.clock,
            boot="b",
            bytes_max=10**8,
            days_max=7,
        )
        self.vitals = Vitals()
        self.detecting = Detecting({YARD: Alarming()}, None, tmp_path)
        self.sampler = Sampler(
            config=collector(tmp_path, more=CAMERA),
            outbox=self.outbox,
            detecting=self.detecting,
            vitals=self.vitals,
            clock=self.clock,
            chunk_bytes=lambda: 4096,
            sign=lambda sha256: sha256.encode()[:64],
        )

    async def sent(self, lane: Lane) -> list[wire.Envelope]:
        picked = []
        while batch := await self.outbox.pick(1000, media=True):
            picked += batch
        self.outbox._sending.forget()
        return [wire.open_envelope(s.payload) for s in sorted(picked, key=lambda s: s.seq) if s.lane is lane]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    made = Site(tmp_path)
    yield made
    made.detecting.close()
    await made.outbox.close()


def reading(number: int = 0, **more: object) -> Reading:
    return msgspec.structs.replace(
        Reading(StreamId("weir/g/level"), 1_000_000 + number, float(number), "m"), **more
    )


async def test_fifty_readings_make_one_envelope_without_waiting(site: Site) -> None:
    await site.sampler.readings([reading(n) for n in range(49)])
    assert await site.sent(Lane.DATA) == []
    await site.sampler.readings([reading(49)])
    (envelope,) = await site.sent(Lane.DATA)
    items = wire.senml_items(envelope)
    assert [(i.n, i.u, i.v, i.us) for i in items[:2]] == [
        ("g/level", "m", 0.0, 1_000_000),
        ("g/level", "m", 1.0, 1_000_001),
    ]
    assert len(items) == 50


async def test_what_is_sealed_without_a_link_says_so(site: Site) -> None:
    for up in (False, True):
        site.outbox.link_up = up
        await site.sampler.readings([reading()])
        await site.sampler.flush()
    assert [e.historical for e in await site.sent(Lane.DATA)] == [True, False]


async def test_marks_and_texts_of_readings_travel(site: Site) -> None:
    await site.sampler.readings([reading(value=None, quality=16), reading(value=None, text="ok", unit="")])
    await site.sampler.flush()
    (envelope,) = await site.sent(Lane.DATA)
    assert [(i.v, i.q, i.vs, i.u) for i in wire.senml_items(envelope)] == [
        (None, 16, None, "m"),
        (None, None, "ok", None),
    ]


async def test_what_was_read_from_a_picture_goes_the_way_of_every_reading(site: Site, tmp_path: Path) -> None:
    class Measuring(Alarming):
        def readings(self) -> list[Reading]:
            return [
                Reading(StreamId(f"{YARD}/level"), self.frames[-1].observed.second * 1_000_000, 1.25, "m")
            ]

    site.detecting = Detecting({YARD: Measuring()}, None, tmp_path / "measuring")
    site.sampler._detecting = site.detecting
    await site.sampler.picture(YARD, picture(0, width=320, height=180))
    await site.sampler.flush()
    (envelope,) = await site.sent(Lane.DATA)
    assert [(one.n, one.u, one.v) for one in wire.senml_items(envelope)] == [("yard/level", "m", 1.25)]


async def test_an_alarm_carries_a_thumbnail_and_its_evidence_follows_signed_in_pieces(site: Site) -> None:
    for seed in range(3):
        await site.sampler.picture(YARD, picture(seed, width=640, height=360))
        site.clock.advance(timedelta(seconds=1))
    (alarm,) = wire.alarm_items((await site.sent(Lane.ALARM))[0])
    assert alarm.raised
    assert alarm.thumbnail is not None
    assert len(alarm.thumbnail) <= wire.THUMBNAIL_BYTES_MAX
    assert alarm.detection.mono_us is not None
    chunks = [wire.media_items(envelope)[0] for envelope in await site.sent(Lane.MEDIA)]
    evidence = [chunk for chunk in chunks if chunk.detection == "d3"]
    assert {c.sha256 for c in evidence} | {chunks[0].sha256} == set(alarm.detection.evidence.pictures)
    for sha256 in {c.sha256 for c in chunks}:
        pieces = sorted((c for c in chunks if c.sha256 == sha256), key=lambda c: c.offset)
        whole = b"".join(c.data for c in pieces)
        assert hashlib.sha256(whole).hexdigest() == sha256
        assert [c.signature is not None for c in pieces] == [True] + [False] * (len(pieces) - 1)
        assert all(len(c.data) <= 4096 and c.total == len(whole) for c in pieces)


class Suspecting(Watching):
    """Suspects every picture, and finds fire in every burst, with ten pictures named of which eight may go."""

    def __init__(self) -> None:
        super().__init__()
        self.wanted = "a flicker"

    def end_burst(self) -> Sequence[Detection]:
        burst = [frame for frame in self.frames if frame.burst]
        return [
            Detection(
                id=DetectionId("fire-1"),
                collector=CollectorId("weir"),
                device=YARD,
                stream=StreamId(YARD),
                detector="fire",
                version="fire/1",
                kind=Kind.FIRE,
                phase=Phase.RAISE,
                observed=burst[-1].observed,
                score=1.0,
                reason="it flickers",
                reason_code="fire.flicker",
                evidence=Evidence(
                    first=burst[0].observed,
                    last=burst[-1].observed,
                    pictures=tuple(frame.sha256 for frame in burst[::8]),
                ),
            )
        ]


async def test_a_suspicion_takes_a_burst_and_only_what_the_alarm_names_goes_up(site: Site) -> None:
    bank, source = Suspecting(), Source()
    await site.detecting.change({YARD: bank}, banks.stream_bank(defaults()))
    site.sampler.bursts.offer(YARD, source)
    await site.sampler.picture(YARD, picture(0))
    assert source.asked == [3.0]
    for number in range(60):
        await site.sampler.burst(YARD, picture(number + 1), number * 40_000)
        if number == 30:
            await site.sampler.picture(YARD, picture(100))
    assert await site.sent(Lane.ALARM) == []
    await site.sampler.burst_over(YARD)
    (alarm,) = wire.alarm_items((await site.sent(Lane.ALARM))[0])
    assert alarm.thumbnail is not None
    chunks = [wire.media_items(envelope)[0] for envelope in await site.sent(Lane.MEDIA)]
    evidence = {chunk.sha256 for chunk in chunks if chunk.detection == "fire-1"}
    assert evidence == set(alarm.detection.evidence.pictures)
    assert len(evidence) == 8
    assert len({chunk.sha256 for chunk in chunks} - evidence) == 1, "the routine picture"
    assert len([frame for frame in bank.frames if not frame.burst]) == 2, "ordinary pictures go on"


async def test_a_burst_that_does_not_end_is_ended_with_time_and_what_was_said_of_it_counts(
    site: Site,
) -> None:
    bank, source = Suspecting(), Source()
    await site.detecting.change({YARD: bank}, banks.stream_bank(defaults()))
    site.sampler.bursts.offer(YARD, source)
    await site.sampler.picture(YARD, picture(0))
    for number in range(40):
        await site.sampler.burst(YARD, picture(number + 1), number * 40_000)
    site.clock.advance(timedelta(seconds=31))
    await site.sampler._let_time_pass()
    assert site.sampler.bursts.lapsed() is None
    assert len(await site.sent(Lane.ALARM)) == 1


async def test_a_condition_that_goes_on_does_not_send_every_picture(site: Site) -> None:
    for seed in range(8):
        await site.sampler.picture(YARD, picture(seed))
        site.clock.advance(timedelta(seconds=1))
    chunks = [wire.media_items(envelope)[0] for envelope in await site.sent(Lane.MEDIA)]
    assert len({c.sha256 for c in chunks}) == 3


async def test_a_picture_asked_for_comes_although_none_is_due(site: Site) -> None:
    await site.sampler.picture(YARD, picture(1))
    assert site.sampler.want_snapshot(None)
    assert not site.sampler.want_snapshot(DeviceId("weir/none"))
    await site.sampler.picture(YARD, picture(2))
    shas = {wire.media_items(envelope)[0].sha256 for envelope in await site.sent(Lane.MEDIA)}
    assert shas == {PictureHash(hashlib.sha256(picture(n)).hexdigest()) for n in (1, 2)}


async def test_a_damaged_picture_is_a_fault_of_the_camera_and_nothing_is_sent(site: Site) -> None:
    for jpeg in (b"", picture()[:2000], b"\xff\xd8\xff" + bytes(5000)):
        await site.sampler.picture(YARD, jpeg)
    assert await site.sent(Lane.MEDIA) == []
    assert site.vitals.list()[0].fault is not None


async def test_an_instant_of_long_ago_has_no_monotonic_one(site: Site) -> None:
    alarm = Alarming()
    alarm.frames = [Frame(YARD, from_us(1), None, PictureHash("x"))] * 2  # type: ignore[arg-type]  # never looked at
    (said,) = alarm.observe(Frame(YARD, from_us(to_us(site.clock.now()) - 10**13), None, PictureHash("x")))  # type: ignore[arg-type]
    await site.sampler.alarms([said])
    (item,) = wire.alarm_items((await site.sent(Lane.ALARM))[0])
    assert item.detection.mono_us is None


async def test_a_stop_in_the_middle_loses_neither_a_reading_nor_what_a_detector_said(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    putting, go_on = asyncio.Event(), asyncio.Event()
    put = site.outbox.put

    async def slow(draft: Draft) -> int:
        putting.set()
        await go_on.wait()
        return await put(draft)

    async def two_pictures_more() -> None:
        for seed in range(3):
            await site.sampler.picture(YARD, picture(seed))

    monkeypatch.setattr(site.outbox, "put", slow)
    said = Alarming()
    said.frames = [Frame(YARD, site.clock.now(), None, PictureHash("x"))] * 2  # type: ignore[arg-type]  # never looked at
    monkeypatch.setattr(
        site.detecting,
        "observe",
        lambda _: said.observe(Frame(YARD, site.clock.now(), None, PictureHash("x"))),
    )
    for work in (site.sampler.readings([reading()]), two_pictures_more()):
        putting.clear()
        task = asyncio.create_task(work)
        await asyncio.wait_for(putting.wait(), 5)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    go_on.set()
    await site.sampler.finish()
    picked = await site.outbox.pick(1000, media=True)
    lanes = [stored.lane for stored in picked]
    assert lanes.count(Lane.ALARM) == 1
    assert lanes.count(Lane.DATA) == 1
    assert Lane.MEDIA in lanes, "the picture in hand was looked at to its end"


async def test_a_disk_that_takes_nothing_does_not_stop_the_sensors(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(draft: object) -> int:
        raise Transient("full")

    monkeypatch.setattr(site.outbox, "put", refuse)
    await site.sampler.readings([reading()])
    await site.sampler.flush()
