from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import aiomqtt
import cv2
import httpx
import numpy as np

from tests.support.edge import free_port
from tocsin.broker import EmbeddedBrokerConfig, embedded_broker
from tocsin.core.clock import ManualClock
from tocsin.demo import village
from tocsin.demo.field import Field, application

CAMERAS = {camera.device: camera for camera in village.CAMERAS}


class Phones:
    def __init__(self, *, network: bool) -> None:
        self.network = network
        self.rang: list[tuple[str, dict[str, Any]]] = []

    async def ring(self, person: str, message: dict[str, Any]) -> bool:
        self.rang.append((person, message))
        return self.network


def clock() -> ManualClock:
    return ManualClock(datetime(2026, 5, 1, 8, tzinfo=UTC))


def test_the_script_runs_from_its_beginning_and_begins_once() -> None:
    time = clock()
    field = Field(time)
    time.advance(timedelta(seconds=30))
    assert field.seconds < 0
    field.begin()
    time.advance(timedelta(seconds=7))
    field.begin()
    assert field.seconds == 7


def test_a_camera_shows_what_happens_and_nothing_before_the_beginning() -> None:
    time = clock()
    field, camera = Field(time), CAMERAS["cam-square"]
    time.advance(timedelta(seconds=15))
    quiet = cv2.imdecode(np.frombuffer(field.picture(camera), np.uint8), cv2.IMREAD_COLOR)
    field.begin()
    time.advance(timedelta(seconds=15))
    burning = cv2.imdecode(np.frombuffer(field.picture(camera), np.uint8), cv2.IMREAD_COLOR)
    assert quiet is not None
    assert burning is not None
    assert (np.abs(quiet.astype(int) - burning).max(axis=2) > 40).mean() > 0.002


async def test_cameras_and_phones_answer_as_the_real_ones_do() -> None:
    people = Phones(network=True)
    field = Field(clock())
    transport = httpx.ASGITransport(app=application(field, cast("Any", people)))
    async with httpx.AsyncClient(transport=transport, base_url="http://field") as client:
        picture = await client.get("/camera/cam-road.jpg")
        assert (picture.headers["content-type"], picture.content[:2]) == ("image/jpeg", b"\xff\xd8")
        assert (await client.get("/camera/cam-none.jpg")).status_code == 404
        call = {"incident": "i", "template": "call"}
        assert (await client.post("/phone/zhang-wei", json=call)).json() == {"ok": True}
        people.network = False
        # Like real providers: no network is said in the body, with status 200.
        bounced = await client.post("/phone/zhang-wei", json=call)
        assert (bounced.status_code, bounced.json()["ok"]) == (200, False)
        assert people.rang == [("zhang-wei", call)] * 2
        assert field.seconds < 0
        await client.post("/begin")
        assert field.seconds == 0


async def test_every_sensor_speaks_and_a_pressed_button_speaks_once() -> None:
    time, port = clock(), free_port()
    field = Field(time)
    field.begin()
    time.advance(timedelta(seconds=2.5))  # button-liuxi is pressed from 2.0 to 3.5
    heard: dict[str, list[dict[str, Any]]] = {}
    async with (
        embedded_broker(EmbeddedBrokerConfig(port=port, anonymous=True)),
        aiomqtt.Client("127.0.0.1", port, identifier="ear") as ear,
    ):
        await ear.subscribe("field/#", qos=1)
        sensing = asyncio.create_task(field.sense(port))
        async with asyncio.timeout(20):
            async for message in ear.messages:
                device = message.topic.value.partition("/")[2]
                heard.setdefault(device, []).append(json.loads(cast("bytes", message.payload)))
                if all(
                    len(heard.get(s.device, [])) >= 2 for s in village.sensors() if s.quantity != "button"
                ):
                    break
        field.rest()
        await asyncio.wait_for(sensing, 5)
    assert heard.pop("button-liuxi") == [{"action": "single"}]
    assert set(heard) == {s.device for s in village.sensors() if s.quantity != "button"}
    assert heard["gauge-zhuwu"][0]["level"] > 2
