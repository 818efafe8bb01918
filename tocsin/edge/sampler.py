"""From what adapters read to sealed envelopes: batches, alarms with their evidence, routine pictures.

Takes readings and pictures from every adapter, lets the box's detectors look, and puts the outcome
into the outbox in the classes of `sending`. Returns to the adapter when the disk has it, so a slow
disk slows the sensors and loses nothing.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import structlog
from typing_extensions import override

from tocsin.core import wire
from tocsin.core.clock import Clock, to_us
from tocsin.core.detections import Detection, Phase
from tocsin.core.errors import Rejected, Transient
from tocsin.core.ids import DetectionId, DeviceId, PictureHash, device_of
from tocsin.core.readings import Reading
from tocsin.core.wire import AlarmItem, Lane, MediaChunk, Senml
from tocsin.edge import metrics, pictures
from tocsin.edge.bursting import Bursts
from tocsin.edge.config import CollectorConfig
from tocsin.edge.detecting import Detecting
from tocsin.edge.outbox import Outbox
from tocsin.edge.outbox_file import Draft
from tocsin.edge.ports import Intake, Shot
from tocsin.edge.sending import Urgency
from tocsin.edge.vitals import Vitals

log = structlog.get_logger()

RECENT_PICTURES: Final = 12
"""Kept per camera, so that evidence can show what led to a detection."""
RECENT_BYTES_MAX: Final = 4 * 1024 * 1024
SENT_REMEMBERED: Final = 64
UPDATE_EVIDENCE_SECONDS: Final = 10.0
"""Shortest time between pictures of a condition that merely goes on."""


@dataclass(slots=True)
class _Album:
    """The last pictures of one camera."""

    shots: OrderedDict[PictureHash, Shot] = field(default_factory=OrderedDict)
    sent: OrderedDict[PictureHash, None] = field(default_factory=OrderedDict)
    evidence_at: float = float("-inf")
    routine_at: float = float("-inf")
    wanted: bool = False
    """Somebody asked for the next picture."""

    def keep(self, sha256: PictureHash, shot: Shot) -> None:
        self.shots[sha256] = shot
        while len(self.shots) > 1 and (
            len(self.shots) > RECENT_PICTURES
            or sum(len(s.jpeg) for s in self.shots.values()) > RECENT_BYTES_MAX
        ):
            self.shots.popitem(last=False)

    def first_time(self, sha256: PictureHash) -> bool:
        if sha256 in self.sent:
            return False
        self.sent[sha256] = None
        while len(self.sent) > SENT_REMEMBERED:
            self.sent.popitem(last=False)
        return True


class Sampler(Intake):
    """The intake of one box."""

    def __init__(
        self,
        *,
        config: CollectorConfig,
        outbox: Outbox,
        detecting: Detecting,
        vitals: Vitals,
        clock: Clock,
        chunk_bytes: Callable[[], int],
        sign: Callable[[PictureHash], bytes | None],
    ) -> None:
        self._config = config
        self._outbox = outbox
        self._detecting = detecting
        self._vitals = vitals
        self._clock = clock
        self._chunk_bytes = chunk_bytes
        self._sign = sign
        self.bursts = Bursts(detecting, clock)
        """Where cameras offer bursts, and suspicions and the centre ask for them."""
        self._batch: list[Reading] = []
        self._filling = asyncio.Event()
        self._albums: dict[DeviceId, _Album] = {}
        self._unfinished: set[asyncio.Task[None]] = set()

    @override
    async def readings(self, readings: Sequence[Reading]) -> None:
        if not readings:
            return
        metrics.READINGS.inc(len(readings))
        for one in readings:
            self._vitals.spoke(device_of(one.stream), one.observed_us)
        # Before anything is awaited: a stop must not come between a reading and its batch.
        self._batch.extend(readings)
        self._filling.set()
        await self._unbroken(self.alarms(self._detecting.observe(readings)))
        if len(self._batch) >= self._config.batch_items_max:
            await self.flush()

    @override
    async def picture(self, camera: DeviceId, jpeg: bytes) -> None:
        await self._unbroken(self._picture(camera, jpeg))

    async def _picture(self, camera: DeviceId, jpeg: bytes) -> None:
        shot = Shot(camera, jpeg, to_us(self._clock.now()), int(self._clock.monotonic() * 1e6))
        try:
            seen = await self._detecting.look(shot)
        except Rejected as error:
            self.damaged(camera, error.code)
            self._vitals.fault(camera, error.reason)
            return
        metrics.PICTURES.labels(camera).inc()
        self._vitals.pictured(camera, shot.observed_us, seen.sha256)
        album = self._albums.setdefault(camera, _Album())
        album.keep(seen.sha256, shot)
        await self.alarms(seen.detections, thumbnail=seen.thumbnail)
        for detection in seen.detections:
            await self._evidence(album, album.shots, seen.sha256, detection)
        await self._routine(album, seen.sha256)
        await self.readings(seen.readings)
        if seen.suspicion:
            self.bursts.begin(camera, seen.suspicion)

    @override
    async def burst(self, camera: DeviceId, jpeg: bytes, since_us: int) -> None:
        await self._unbroken(self.bursts.frame(camera, jpeg, since_us))

    @override
    async def burst_over(self, camera: DeviceId, complaint: str = "") -> None:
        await self._unbroken(self._burst_over(camera, complaint))

    async def _burst_over(self, camera: DeviceId, complaint: str) -> None:
        outcome = await self.bursts.over(camera, complaint)
        if outcome is None or not outcome.detections:
            return
        named = [
            outcome.shots[sha256]
            for detection in outcome.detections
            for sha256 in detection.evidence.pictures
            if sha256 in outcome.shots
        ]
        thumbnail = await asyncio.to_thread(_thumbnail, named[len(named) // 2].jpeg) if named else None
        await self.alarms(outcome.detections, thumbnail=thumbnail)
        album = self._albums.setdefault(camera, _Album())
        for detection in outcome.detections:
            await self._evidence(album, outcome.shots, None, detection)

    @override
    def fault(self, device: DeviceId, sentence: str) -> None:
        self._vitals.fault(device, sentence)

    @override
    def damaged(self, camera: DeviceId, reason: str) -> None:
        metrics.PICTURES_DAMAGED.labels(camera, reason).inc()

    def want_snapshot(self, camera: DeviceId | None) -> bool:
        """Send the next picture of one camera, or of all; say whether there is such a camera."""
        names = [self._config.device(c.name) for c in self._config.cameras]
        chosen = [name for name in names if camera is None or name == camera]
        for name in chosen:
            self._albums.setdefault(name, _Album()).wanted = True
        return bool(chosen)

    async def alarms(self, detections: Sequence[Detection], *, thumbnail: bytes | None = None) -> None:
        """Put detections into the first lane, one envelope each time something was said."""
        if not detections:
            return
        items = []
        for index, detection in enumerate(detections):
            metrics.DETECTIONS.labels(detection.kind.value, detection.phase.value).inc()
            log.info(
                "detection",
                device=detection.device,
                kind=detection.kind,
                phase=detection.phase,
                reason=detection.reason,
            )
            items.append(
                AlarmItem(
                    detection=self._with_mono(detection),
                    thumbnail=thumbnail if detection.phase is not Phase.CLEAR else None,
                    raised=_still_stands(detection, detections[index + 1 :]),
                )
            )
        await self._put(Lane.ALARM, Urgency.ALARM, wire.pack_items(items), len(items))

    def _with_mono(self, detection: Detection) -> Detection:
        """Add the monotonic instant of the observation, for a centre that cannot trust our date."""
        ago_us = to_us(self._clock.now()) - to_us(detection.observed)
        mono_us = int(self._clock.monotonic() * 1e6) - ago_us
        return msgspec.structs.replace(detection, mono_us=mono_us if mono_us >= 0 else None)

    async def _evidence(
        self,
        album: _Album,
        shots: Mapping[PictureHash, Shot],
        newest: PictureHash | None,
        detection: Detection,
    ) -> None:
        now = self._clock.monotonic()
        if detection.phase is Phase.CLEAR or (
            detection.phase is Phase.UPDATE and now - album.evidence_at < UPDATE_EVIDENCE_SECONDS
        ):
            return
        album.evidence_at = now
        for sha256 in detection.evidence.pictures or ((newest,) if newest is not None else ()):
            shot = shots.get(sha256)
            if shot is not None and album.first_time(sha256):
                await self._send_picture(shot, sha256, Urgency.EVIDENCE, detection.id)

    async def _routine(self, album: _Album, sha256: PictureHash) -> None:
        now = self._clock.monotonic()
        minutes = self._config.snapshot_minutes
        due = minutes > 0 and now - album.routine_at >= minutes * 60
        if not (due or album.wanted):
            return
        urgency = Urgency.EVIDENCE if album.wanted else Urgency.ROUTINE
        album.wanted, album.routine_at = False, now
        if album.first_time(sha256):
            await self._send_picture(album.shots[sha256], sha256, urgency, None)

    async def _send_picture(
        self, shot: Shot, sha256: PictureHash, urgency: Urgency, detection: DetectionId | None
    ) -> None:
        step = self._chunk_bytes()
        signature = self._sign(sha256)
        for offset in range(0, len(shot.jpeg), step):
            chunk = MediaChunk(
                sha256=sha256,
                camera=shot.camera,
                observed_us=shot.observed_us,
                total=len(shot.jpeg),
                offset=offset,
                data=shot.jpeg[offset : offset + step],
                detection=detection,
                signature=signature if offset == 0 else None,
            )
            await self._put(Lane.MEDIA, urgency, wire.pack_items([chunk]), 1)

    async def flush(self) -> None:
        """Seal the readings gathered so far."""
        batch, self._batch = self._batch, []
        if not batch:
            return
        prefix = len(self._config.collector) + 1
        items = [
            Senml(
                n=one.stream[prefix:],
                u=one.unit or None,
                v=one.value,
                vs=one.text,
                us=one.observed_us,
                q=one.quality or None,
            )
            for one in batch
        ]
        await self._put(Lane.DATA, Urgency.LIVE, wire.pack_items(items), len(items))

    async def run(self) -> None:
        """Flush by time and let the detectors' time pass, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._flush_by_time())
            group.create_task(self._tick())

    async def _flush_by_time(self) -> None:
        while True:
            await self._filling.wait()
            await asyncio.sleep(self._config.batch_seconds)
            self._filling.clear()
            await self.flush()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            await self._unbroken(self._let_time_pass())

    async def _let_time_pass(self) -> None:
        await self.alarms(await self._detecting.tick(self._clock.now()))
        if (camera := self.bursts.lapsed()) is not None:
            await self._burst_over(camera, "it did not end in time")

    async def _unbroken(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it to its end even when the caller is cancelled: what a detector said it says only once."""
        task = asyncio.create_task(work)
        self._unfinished.add(task)
        task.add_done_callback(self._unfinished.discard)
        await asyncio.shield(task)

    async def finish(self) -> None:
        """After the adapters have ended: wait for what they had begun, and seal what is gathered."""
        while self._unfinished:
            await asyncio.wait(self._unfinished)
        await self.flush()

    async def _put(self, lane: Lane, urgency: Urgency, items: msgspec.Raw, count: int) -> None:
        live = self._outbox.link_up
        draft = Draft(
            lane=lane,
            urgency=Urgency.BACKLOG if urgency is Urgency.LIVE and not live else urgency,
            items=items,
            count=count,
            clock=self._outbox.clock_state(),
            historical=not live,
        )
        try:
            await self._outbox.put(draft)
        except Transient:
            return  # counted and logged by the outbox; the adapters go on


def _thumbnail(jpeg: bytes) -> bytes | None:
    return pictures.thumbnail(pictures.decode(jpeg))


def _still_stands(detection: Detection, later: Sequence[Detection]) -> bool:
    cleared = any(
        d.phase is Phase.CLEAR and (d.stream, d.detector) == (detection.stream, detection.detector)
        for d in later
    )
    return detection.phase is not Phase.CLEAR and not cleared
