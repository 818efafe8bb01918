"""Bursts of one box: who may take one now, and what has come of the one that runs.

A suspicion, or the centre, asks for three seconds of a camera at its full rate. One burst runs at a
time; its frames go to the detectors one by one, and the pictures are kept (bounded) until the
detectors have said which of them are evidence. A camera that was too slow is left alone for an hour.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

import structlog

from tocsin.core.clock import Clock, to_us
from tocsin.core.detections import Detection
from tocsin.core.errors import Rejected
from tocsin.core.ids import DeviceId, PictureHash
from tocsin.detectors.burst import RATE, SECONDS
from tocsin.edge import metrics
from tocsin.edge.detecting import Detecting
from tocsin.edge.ports import Adapter, Shot

log = structlog.get_logger()

PATIENCE_SECONDS: Final = 30.0
"""From the order to the end: a camera may have ten seconds between two key frames."""
FAILED_PAUSE_SECONDS: Final = 60.0
SLOW_PAUSE_SECONDS: Final = 3600.0
"""A camera's rate is a setting of that camera: asking again soon changes nothing."""
PICTURES_MAX: Final = 120
BYTES_MAX: Final = 12 * 1024 * 1024
"""Of pictures kept while a burst runs: 120 of 640 points' width at 100 KiB."""


@dataclass(slots=True)
class _Running:
    camera: DeviceId
    reason: str
    until: float
    base_us: int = -1
    base_mono_us: int = 0
    last_us: int = 0
    pictures: int = 0
    bytes: int = 0
    shots: OrderedDict[PictureHash, Shot] = field(default_factory=OrderedDict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a burst led to, with the pictures that may be evidence."""

    camera: DeviceId
    detections: tuple[Detection, ...]
    shots: OrderedDict[PictureHash, Shot]


class Bursts:
    """At most one burst at a time."""

    def __init__(self, detecting: Detecting, clock: Clock) -> None:
        self._detecting = detecting
        self._clock = clock
        self._sources: dict[DeviceId, Adapter] = {}
        self._running: _Running | None = None
        self._not_before: dict[DeviceId, float] = {}

    def offer(self, camera: DeviceId, source: Adapter) -> None:
        """Know where a camera's bursts come from."""
        self._sources[camera] = source

    def begin(self, camera: DeviceId, reason: str) -> str:
        """Order a burst; give why none is taken now, empty when it is on its way."""
        now = self._clock.monotonic()
        source = self._sources.get(camera)
        if source is None:
            return "there is no such camera here"
        if fault := source.burst_fault():
            return fault
        if self._running is not None:
            return "another burst is running"
        if now < self._not_before.get(camera, now):
            return "the last one gave nothing: it is asked again later"
        if not source.ask_burst(SECONDS):
            return "the camera is not running"
        self._running = _Running(camera, reason, now + PATIENCE_SECONDS)
        log.info("burst.begun", device=camera, reason=reason)
        return ""

    async def frame(self, camera: DeviceId, jpeg: bytes, since_us: int) -> None:
        """Take one picture of the burst that runs; others are left out."""
        running = self._running
        if running is None or running.camera != camera or running.pictures >= PICTURES_MAX:
            return
        if running.base_us < 0:
            running.base_us = to_us(self._clock.now()) - since_us
            running.base_mono_us = int(self._clock.monotonic() * 1e6) - since_us
        shot = Shot(camera, jpeg, running.base_us + since_us, running.base_mono_us + since_us)
        try:
            sha256 = await self._detecting.gather(shot)
        except Rejected as error:
            metrics.PICTURES_DAMAGED.labels(camera, error.code).inc()
            return
        metrics.BURST_PICTURES.inc()
        running.pictures += 1
        running.last_us = since_us
        if running.bytes + len(jpeg) <= BYTES_MAX:
            running.shots[sha256] = shot
            running.bytes += len(jpeg)

    async def over(self, camera: DeviceId, complaint: str = "") -> Outcome | None:
        """End the burst that runs and let it be judged; None when it was worth nothing."""
        running = self._running
        if running is None or running.camera != camera:
            return None
        self._running = None
        examined = await self._detecting.end_burst(camera)
        seconds = running.last_us / 1e6
        rate = (running.pictures - 1) / seconds if seconds > 0 else 0.0
        # What the detectors said they say only once: it counts even if the camera broke off.
        if running.pictures < 2 or (complaint and not examined.detections):
            self._leave_alone(camera, FAILED_PAUSE_SECONDS, "failed")
            log.warning("burst.failed", device=camera, reason=complaint or "it gave no pictures")
            return None
        if examined.refused:
            slow = rate < RATE
            self._leave_alone(camera, SLOW_PAUSE_SECONDS if slow else FAILED_PAUSE_SECONDS, "refused")
            log.warning(
                "burst.refused", device=camera, pictures_a_second=round(rate, 1), seconds=round(seconds, 1)
            )
            return None
        metrics.BURSTS.labels("alarm" if examined.detections else "nothing").inc()
        log.info(
            "burst.examined",
            device=camera,
            reason=running.reason,
            pictures_a_second=round(rate, 1),
            said=len(examined.detections),
        )
        return Outcome(camera, examined.detections, running.shots)

    def lapsed(self) -> DeviceId | None:
        """Name the camera whose burst should have ended by now."""
        running = self._running
        return running.camera if running is not None and self._clock.monotonic() > running.until else None

    def _leave_alone(self, camera: DeviceId, seconds: float, outcome: str) -> None:
        metrics.BURSTS.labels(outcome).inc()
        self._not_before[camera] = self._clock.monotonic() + seconds
