"""Which adapter reads which device, and the hand that starts a fallen one again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

import structlog

from tocsin.core.clock import Clock
from tocsin.core.errors import Rejected, Transient
from tocsin.core.ids import DeviceId
from tocsin.edge import metrics
from tocsin.edge.backoff import Backoff
from tocsin.edge.config import (
    ButtonSensor,
    Camera,
    CollectorConfig,
    CsvSensor,
    FileCamera,
    FolderCamera,
    HttpCamera,
    MqttCamera,
    MqttSensor,
    RtspCamera,
    SenmlSensor,
    Sensor,
)
from tocsin.edge.ports import Adapter, Intake, LocalBus
from tocsin.edge.sensors.button import Button
from tocsin.edge.sensors.csv import CsvReplay
from tocsin.edge.sensors.mqtt import MqttMapping
from tocsin.edge.sensors.senml import SenmlTopic
from tocsin.edge.vitals import Vitals

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Placed:
    """An adapter and the device it speaks for."""

    device: DeviceId
    kind: str
    adapter: Adapter


def all_adapters(config: CollectorConfig, clock: Clock, bus: LocalBus) -> Sequence[Placed]:
    """Make every adapter of a box; nothing is opened yet."""
    placed = [
        Placed(config.device(camera.name), "camera", camera_adapter(camera, config, clock, bus))
        for camera in config.cameras
    ]
    for sensor in config.sensors:
        kind = "button" if isinstance(sensor, ButtonSensor) else "sensor"
        placed.append(Placed(config.device(sensor.name), kind, sensor_adapter(sensor, config, clock, bus)))
    return placed


def sensor_adapter(sensor: Sensor, config: CollectorConfig, clock: Clock, bus: LocalBus) -> Adapter:
    """Make the adapter of one sensor."""
    match sensor:
        case CsvSensor():
            return CsvReplay(sensor, config, clock)
        case MqttSensor():
            return MqttMapping(sensor, config, clock, bus)
        case SenmlSensor():
            return SenmlTopic(sensor, config, clock, bus)
        case ButtonSensor():
            return Button(sensor, config, clock, bus)
        case _:
            assert_never(sensor)


def camera_adapter(camera: Camera, config: CollectorConfig, clock: Clock, bus: LocalBus) -> Adapter:
    """Make the adapter of one camera; its libraries are loaded only where they are needed."""
    device = config.device(camera.name)
    match camera:
        case FileCamera() | RtspCamera():
            from tocsin.edge.cameras.video import VideoCamera  # noqa: PLC0415 see above

            return VideoCamera(camera, device)
        case HttpCamera():
            from tocsin.edge.cameras.http import HttpSnapshots  # noqa: PLC0415 see above

            return HttpSnapshots(camera, device, clock)
        case FolderCamera():
            from tocsin.edge.cameras.folder import PictureFolder  # noqa: PLC0415 see above

            return PictureFolder(camera, device)
        case MqttCamera():
            from tocsin.edge.cameras.mqtt import MqttPictures  # noqa: PLC0415 see above

            return MqttPictures(camera, device, clock, bus)
        case _:
            assert_never(camera)


async def keep_running(
    placed: Placed, intake: Intake, vitals: Vitals, clock: Clock, chance: random.Random
) -> None:
    """Run an adapter, and again after it fell; return when its source has ended."""
    backoff = Backoff(chance)
    vitals.expect(placed.device, placed.kind)
    while True:
        began = clock.monotonic()
        try:
            await placed.adapter.run(intake)
        except (Transient, Rejected) as error:
            reason = error.reason if isinstance(error, Rejected) else str(error)
        else:
            return
        backoff.worked(clock.monotonic() - began)
        delay = backoff.next()
        intake.fault(placed.device, reason)
        await intake.burst_over(placed.device, reason)
        vitals.restarted(placed.device)
        metrics.RESTARTS.labels(placed.device).inc()
        log.warning("adapter.fell", device=placed.device, reason=reason, again_seconds=round(delay, 1))
        await asyncio.sleep(delay)
