"""The process that plays the field of the demo: cameras, sensors, phones, operator.

It stands outside the wire: cameras answer HTTP snapshot requests, sensors publish on the village's
own MQTT broker, people use the API. `POST /begin` starts the script. The product reads all of it
through the same adapters as the real thing.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import aiomqtt
import cv2
import msgspec
import numpy as np
import structlog
import uvicorn
from fastapi import FastAPI, Request, Response

from tocsin import logs
from tocsin.broker import EmbeddedBrokerConfig, embedded_broker
from tocsin.core.clock import Clock, SystemClock
from tocsin.demo import scenes, script, village
from tocsin.demo.people import People

log = structlog.get_logger()


class FieldPlan(msgspec.Struct, frozen=True):
    """What the demo tells its field process, as a JSON file."""

    http_port: int
    broker_port: int
    api: str
    speed: float
    passwords: dict[str, str]


class Field:
    """Cameras and sensors on one time of the script; before `begin` all is quiet."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._begun: float | None = None
        self._started = clock.monotonic()
        self._resting = False

    def begin(self) -> None:
        """Start the script now; a second call changes nothing."""
        if self._begun is None:
            self._begun = self._clock.monotonic()

    def rest(self) -> None:
        """Let the sensors fall silent, so that what they said can be counted; phones stay on."""
        self._resting = True

    @property
    def seconds(self) -> float:
        """Seconds of the script; negative before it began."""
        return -1.0 if self._begun is None else self._clock.monotonic() - self._begun

    def picture(self, camera: village.CameraPlan) -> bytes:
        """Draw what a camera sees now, as JPEG."""
        happening = script.before_camera(camera.device, self.seconds) if self.seconds >= 0 else scenes.QUIET
        age = self._clock.monotonic() - self._started
        image = scenes.draw(camera.scene, age, happening, night=camera.device in script.NIGHT_CAMERAS)
        done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 88])
        if not done:
            raise RuntimeError("OpenCV could not encode a drawn picture")
        return bytes(data)

    async def sense(self, port: int) -> None:
        """Publish every sensor on the village's broker until cancelled."""
        chance = np.random.default_rng(7)
        async with aiomqtt.Client("127.0.0.1", port, identifier="field-sensors") as client:
            pressed: set[str] = set()
            while not self._resting:
                for sensor in village.sensors():
                    value = (
                        script.at_sensor(sensor.device, sensor.base, self.seconds)
                        if self.seconds >= 0
                        else sensor.base
                    )
                    if sensor.quantity == "button":
                        if value >= 1 and sensor.device not in pressed:
                            pressed.add(sensor.device)
                            await client.publish(
                                f"field/{sensor.device}", json.dumps({"action": "single"}), qos=1
                            )
                        elif value < 1:
                            pressed.discard(sensor.device)
                        continue
                    noisy = max(0.0, value + float(chance.normal(0, sensor.noise)))
                    await client.publish(
                        f"field/{sensor.device}", json.dumps({sensor.quantity: round(noisy, 3)}), qos=1
                    )
                await asyncio.sleep(1.0)


def application(field: Field, people: People) -> FastAPI:
    """Make the HTTP side: `/camera/NAME.jpg`, `/phone/PERSON`, `/begin`, `/rest`."""
    app = FastAPI(openapi_url=None)
    cameras = {camera.device: camera for camera in village.CAMERAS}

    @app.get("/camera/{name}.jpg")
    async def camera(name: str) -> Response:
        if name not in cameras:
            return Response("no such camera", status_code=404)
        return Response(await asyncio.to_thread(field.picture, cameras[name]), media_type="image/jpeg")

    @app.post("/phone/{person}")
    async def phone(person: str, request: Request) -> Response:
        message: dict[str, Any] = await request.json()
        if await people.ring(person, message):
            return Response('{"ok": true}', media_type="application/json")
        return Response('{"ok": false, "error": "no network"}', media_type="application/json")

    @app.post("/begin")
    async def begin() -> dict[str, bool]:
        field.begin()
        return {"ok": True}

    @app.post("/rest")
    async def rest() -> dict[str, bool]:
        field.rest()
        return {"ok": True}

    return app


async def play(plan: FieldPlan) -> None:
    """Play until cancelled."""
    clock = SystemClock()
    cv2.setNumThreads(1)
    field = Field(clock)
    people = People(plan.api, plan.passwords, plan.speed, clock)
    server = uvicorn.Server(
        uvicorn.Config(
            application(field, people),
            host="127.0.0.1",
            port=plan.http_port,
            log_config=None,
            access_log=False,
        )
    )
    async with (
        embedded_broker(EmbeddedBrokerConfig(port=plan.broker_port, anonymous=True)),
        asyncio.TaskGroup() as group,
    ):
        background = [group.create_task(field.sense(plan.broker_port)), group.create_task(people.run())]
        await server.serve()
        for task in background:
            task.cancel()


if __name__ == "__main__":
    logs.configure("warning", role="field")
    asyncio.run(play(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=FieldPlan)))
