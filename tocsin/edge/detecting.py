"""The detectors that run on the box: pictures on a thread of their own, readings on the loop.

Their state is saved beside the outbox, at stop, at a change of the rules and every ten minutes, so that
a restart forgets at most that. A detector that fails on an input is counted and told; it harms no other.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol, TypeVar

import structlog

from tocsin.core.clock import from_us
from tocsin.core.detections import Detection
from tocsin.core.errors import Rejected
from tocsin.core.frames import Frame
from tocsin.core.ids import DetectionId, DeviceId, PictureHash
from tocsin.core.readings import Reading
from tocsin.detectors.damage import half_decoded
from tocsin.edge import metrics, pictures
from tocsin.edge.ports import Shot

log = structlog.get_logger()

SAVE_SECONDS: Final = 600.0
STATE_BYTES_MAX: Final = 64 * 1024 * 1024

_NOTHING: Final[tuple[Detection, ...]] = ()
_UNREAD: Final[tuple[Reading, ...]] = ()
T = TypeVar("T")


class PictureBank(Protocol):
    """The detectors of one camera, as `detectors.bank` provides them."""

    bursts_refused: int
    """Bursts that were too short or too slow to judge."""

    def observe(self, frame: Frame) -> Sequence[Detection]:
        """Look at one picture; pictures come in order. A frame of a burst is only gathered."""
        ...

    def readings(self) -> Sequence[Reading]:
        """Give what was measured in the newest picture, as streams of the camera."""
        ...

    def suspicion(self) -> str:
        """Why a burst is wanted now; empty when none is."""
        ...

    def end_burst(self) -> Sequence[Detection]:
        """Judge the frames gathered."""
        ...

    def tick(self, now: datetime) -> Sequence[Detection]:
        """Let time pass without a picture."""
        ...

    def snapshot(self) -> bytes:
        """Give the whole state."""
        ...

    def restore(self, state: bytes) -> Sequence[Detection]:
        """Take a state back; gives clears for conditions of rules that are gone; may raise `Rejected`."""
        ...

    def raised(self) -> Sequence[DetectionId]:
        """Name the detections whose condition still stands."""
        ...


class StreamBank(Protocol):
    """The detectors of readings that run on the box."""

    def observe(self, readings: Sequence[Reading]) -> Sequence[Detection]:
        """Feed readings in order."""
        ...

    def hear(self, said: Sequence[Detection]) -> Sequence[Detection]:
        """Take what cameras said, for rules over several sources."""
        ...

    def tick(self, now: datetime) -> Sequence[Detection]:
        """Let time pass."""
        ...

    def snapshot(self) -> bytes:
        """Give the whole state."""
        ...

    def restore(self, state: bytes) -> Sequence[Detection]:
        """Take a state back; gives clears for conditions of rules that are gone; may raise `Rejected`."""
        ...

    def raised(self) -> Sequence[DetectionId]:
        """Name the detections whose condition still stands."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """One picture after the detectors: what they said and what goes with it."""

    sha256: PictureHash
    detections: tuple[Detection, ...]
    thumbnail: bytes | None
    suspicion: str = ""
    """Why a burst is wanted now; empty when none is."""
    readings: tuple[Reading, ...] = ()
    """What was measured in it, such as the level at a gauge board."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What a burst led to."""

    detections: tuple[Detection, ...]
    refused: bool
    """Whether it was too short or too slow to be judged."""


class Detecting:
    """All detectors of one box."""

    def __init__(
        self, cameras: Mapping[DeviceId, PictureBank], streams: StreamBank | None, folder: Path
    ) -> None:
        self._cameras = dict(cameras)
        self._streams = streams
        self._folder = folder
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="detectors")

    async def look(self, shot: Shot) -> Seen:
        """Decode and watch one picture, off the event loop; raises `Rejected` for a damaged one."""
        seen = await self._call(self._look, shot)
        return replace(seen, detections=self._and_together(seen.detections))

    def _look(self, shot: Shot) -> Seen:
        with metrics.DETECT_SECONDS.time():
            image = pictures.decode(shot.jpeg)
            if half_decoded(image):
                raise Rejected(
                    "picture.half", "only the upper part of the picture came: the camera or its link broke it"
                )
            frame = Frame(shot.camera, from_us(shot.observed_us), image, pictures.sha256(shot.jpeg))
            said = self._safely(frame.camera, lambda bank: tuple(bank.observe(frame)), _NOTHING)
            suspicion = self._safely(frame.camera, lambda bank: bank.suspicion(), "")
            read = self._safely(frame.camera, lambda bank: tuple(bank.readings()), _UNREAD)
            return Seen(frame.sha256, said, pictures.thumbnail(image) if said else None, suspicion, read)

    async def gather(self, shot: Shot) -> PictureHash:
        """Decode one frame of a burst and give it to its camera's detectors; raises `Rejected` for a damaged one."""
        return await self._call(self._gather, shot)

    def _gather(self, shot: Shot) -> PictureHash:
        image = pictures.decode(shot.jpeg)
        sha256 = pictures.sha256(shot.jpeg)
        frame = Frame(shot.camera, from_us(shot.observed_us), image, sha256, burst=True)
        self._safely(shot.camera, lambda bank: tuple(bank.observe(frame)), _NOTHING)
        return sha256

    async def end_burst(self, camera: DeviceId) -> Examined:
        """Let a camera's detectors judge the burst that was gathered."""
        examined = await self._call(self._end_burst, camera)
        return replace(examined, detections=self._and_together(examined.detections))

    def _end_burst(self, camera: DeviceId) -> Examined:
        def end(bank: PictureBank) -> Examined:
            before = bank.bursts_refused
            return Examined(tuple(bank.end_burst()), bank.bursts_refused > before)

        return self._safely(camera, end, Examined((), refused=True))

    def _safely(self, camera: DeviceId, work: Callable[[PictureBank], T], otherwise: T) -> T:
        bank = self._cameras.get(camera)
        if bank is None:
            return otherwise
        try:
            return work(bank)
        except Exception as error:  # noqa: BLE001 it is told, and must not silence the other devices
            _failed(camera, error)
            return otherwise

    def _and_together(self, said: tuple[Detection, ...]) -> tuple[Detection, ...]:
        """Let rules over several sources hear a camera, on the caller's thread."""
        streams = self._streams
        if not said or streams is None:
            return said
        return (*said, *_streams_safely(lambda: streams.hear(said)))

    def observe(self, readings: Sequence[Reading]) -> Sequence[Detection]:
        """Feed readings, on the caller's thread."""
        streams = self._streams
        return () if streams is None else _streams_safely(lambda: streams.observe(readings))

    async def tick(self, now: datetime) -> list[Detection]:
        """Let time pass for all."""
        streams = self._streams
        said = list(_streams_safely(lambda: streams.tick(now))) if streams is not None else []
        if self._cameras:
            said += self._and_together(await self._call(self._tick_cameras, now))
        return said

    def _tick_cameras(self, now: datetime) -> tuple[Detection, ...]:
        return tuple(
            said
            for camera in self._cameras
            for said in self._safely(camera, lambda bank: tuple(bank.tick(now)), _NOTHING)
        )

    async def raised(self) -> list[DetectionId]:
        """Name everything that still stands on the box."""
        standing = list(self._streams.raised()) if self._streams is not None else []
        if self._cameras:
            standing += await self._call(
                lambda: [i for bank in self._cameras.values() for i in bank.raised()]
            )
        return standing

    async def restore(self) -> list[Detection]:
        """Take back what was saved; what does not fit is learnt anew. Gives the ends of what no rule watches any more."""
        ended: list[Detection] = []
        for name, bank in self._banks():
            try:
                state = await self._call(self._read, name)
                if state is not None:
                    ended += bank.restore(state)
            except (OSError, Rejected) as error:
                log.warning("detectors.learn_anew", bank=name, reason=str(error))
        return ended

    async def change(self, cameras: Mapping[DeviceId, PictureBank], streams: StreamBank) -> list[Detection]:
        """Put other detectors in force, between two inputs; each takes the state of its rules that did not change.

        Gives the ends of conditions whose rule is gone or changed.
        """
        ended = await self._call(self._change_cameras, cameras)
        if self._streams is not None:
            ended += _taken_over("streams", self._streams, streams)
        self._streams = streams
        await self.save()
        return ended

    def _change_cameras(self, cameras: Mapping[DeviceId, PictureBank]) -> list[Detection]:
        ended: list[Detection] = []
        for device, bank in cameras.items():
            if device in self._cameras:
                ended += _taken_over(device, self._cameras[device], bank)
            self._cameras[device] = bank
        return ended

    def _read(self, name: str) -> bytes | None:
        path = self._path(name)
        if not path.exists() or path.stat().st_size > STATE_BYTES_MAX:
            return None
        return path.read_bytes()

    async def save(self) -> None:
        """Save all, each file replaced at once."""
        for name, bank in self._banks():
            try:
                # Readings' detectors live on the loop, so their state is taken there.
                state = bank.snapshot() if bank is self._streams else await self._call(bank.snapshot)
                await self._call(self._write, name, state)
            except Exception as error:  # noqa: BLE001 a bank that cannot say what it knows still watches
                log.warning("detectors.not_saved", bank=name, reason=str(error))

    def _write(self, name: str, state: bytes) -> None:
        path = self._path(name)
        new = path.with_suffix(".new")
        path.parent.mkdir(parents=True, exist_ok=True)
        with new.open("wb") as file:
            file.write(state)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)

    def _banks(self) -> list[tuple[str, PictureBank | StreamBank]]:
        banks: list[tuple[str, PictureBank | StreamBank]] = [
            ("camera-" + device.rsplit("/", 1)[-1], bank) for device, bank in self._cameras.items()
        ]
        if self._streams is not None:
            banks.append(("streams", self._streams))
        return banks

    def _path(self, name: str) -> Path:
        return self._folder / f"detectors-{name}.state"

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False)

    async def _call(self, work: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)


def told_of(device: str) -> Callable[[str, Exception], None]:
    """Give what a bank tells a fault of one of its detectors to; the others go on."""
    return lambda rule, error: _failed(device, error, rule)


def _failed(device: str, error: Exception, rule: str = "") -> None:
    metrics.DETECTOR_ERRORS.inc()
    log.error("detector.failed", device=device, detector=rule, reason=str(error), exc_info=error)


def _streams_safely(work: Callable[[], Sequence[Detection]]) -> Sequence[Detection]:
    try:
        return work()
    except Exception as error:  # noqa: BLE001 it is told; readings must go on to the centre, and cameras be watched
        _failed("streams", error)
        return ()


def _taken_over(name: str, old: PictureBank | StreamBank, new: PictureBank | StreamBank) -> list[Detection]:
    try:
        return [*new.restore(old.snapshot())]
    except Exception as error:  # noqa: BLE001 a state that cannot be written or read is learnt anew: the new rules hold
        log.warning("detectors.learn_anew", bank=name, reason=str(error))
        return []
