from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from tests.support.edge import FakeBus, picture, reading_with
from tocsin.core.clock import ManualClock
from tocsin.edge import config
from tocsin.edge.cameras.mqtt import MqttPictures
from tocsin.edge.config import MqttCamera


def camera(bus: FakeBus, clock: ManualClock) -> MqttPictures:
    box = config.parse(
        "collector: weir\ncameras: [{type: mqtt, name: yard, topic: cam/yard, interval_seconds: 10}]"
    )
    (made,) = box.cameras
    assert isinstance(made, MqttCamera)
    return MqttPictures(made, box.device("yard"), clock, bus)


async def test_bare_pictures_are_taken_at_most_one_per_interval() -> None:
    bus, clock = FakeBus(), ManualClock(datetime(2026, 11, 22, tzinfo=UTC))
    async with reading_with(camera(bus, clock), bus) as taken:
        bus.say("cam/yard", picture(1))
        await taken.until(lambda: len(taken.pictures) == 1)
        bus.say("cam/yard", picture(2))
        clock.advance(timedelta(seconds=9.5))
        bus.say("cam/yard", picture(3))
        await taken.until(lambda: len(taken.pictures) == 2)
    assert taken.pictures == [("weir/yard", picture(1)), ("weir/yard", picture(3))]


async def test_what_is_no_picture_is_counted() -> None:
    bus, clock = FakeBus(), ManualClock(datetime(2026, 11, 22, tzinfo=UTC))
    async with reading_with(camera(bus, clock), bus) as taken:
        bus.say("cam/yard", b"hello")
        await asyncio.wait_for(taken.damage_seen.wait(), 5)
    assert taken.damages == [("weir/yard", "picture.form")]
