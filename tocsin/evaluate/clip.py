"""One clip through the production path: decoded, encoded as a camera would, decoded, watched.

`watch` runs in this process; `python -m tocsin.evaluate.clip` takes an `Order` on standard input and
gives a `Watched` on standard output, so that a library that aborts or leaks takes only its own clip
with it. A picture every `every_s` seconds; with `burst`, a suspicion is given three seconds of the
clip at its own rate.
"""

from __future__ import annotations

import hashlib
import resource
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import cv2
import msgspec
import numpy as np

from tocsin.core.clock import SystemClock
from tocsin.core.detections import Detection, Kind, Phase
from tocsin.core.frames import Box, Frame, Image
from tocsin.core.ids import DeviceId, PictureHash
from tocsin.detectors.burst import SECONDS as BURST_SECONDS
from tocsin.detectors.camera import PictureBank
from tocsin.detectors.catalog import PICTURES
from tocsin.detectors.config import CameraDetectors
from tocsin.edge import pictures
from tocsin.evaluate.clips import Clip, kind_of
from tocsin.evaluate.models import finder_of

_CAMERA: Final = DeviceId("eval/camera")
_BEGIN: Final = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
_QUALITY: Final = 85
_WIDTH_MAX: Final = 1280
_BURST_WIDTH: Final = 640
_BURST_RATE_MAX: Final = 30.0
_STILLS_MAX: Final = 60
_STILL_WIDTH: Final = 480
_HEALTH: Final = frozenset({Kind.TAMPER, Kind.VIDEO_LOSS})
_OF_KIND: Final = {
    Kind.INTRUSION: "intrusion",
    Kind.LOITERING: "loitering",
    Kind.TRIPWIRE: "tripwire",
    Kind.CROWDING: "crowding",
    Kind.ABANDONED: "abandoned",
    Kind.FALL: "fall",
}
_MIDDLE: Final = ((0.5, 0.0), (0.5, 1.0))
"""The line to cross where a clip names none."""


class Order(msgspec.Struct, frozen=True):
    """What the child is to watch."""

    path: str
    clip: dict[str, Any]
    """The entry of the list."""
    every_s: float
    burst: bool
    stills: bool
    """Whether pictures are given back, for a page."""
    card: str | None = None
    """File of the card of a model that finds people."""


class Raised(msgspec.Struct, frozen=True):
    """A condition that was raised."""

    kind: Kind
    at_s: float
    detector: str
    version: str
    reason: str
    score: float
    still: bytes = b""
    """The picture with its boxes, as JPEG."""


class Still(msgspec.Struct, frozen=True):
    """A picture of an event, for a page."""

    at_s: float
    jpeg: bytes


class Watched(msgspec.Struct, frozen=True):
    """What came of it."""

    seconds: float
    pictures: int
    bursts: int
    ms_per_picture: float
    """Mean time in the detectors, without decoding."""
    ms_p99: float
    peak_memory_mb: float
    raised: list[Raised]
    stills: list[Still]
    failed: str | None = None
    """Why it could not be watched to its end."""


def detectors_of(clip: Clip, *, model: str | None) -> CameraDetectors:
    """Choose the detectors: the default ones, water, and those of the site kinds the clip names.

    Health is not judged of a camera that moves; a zone holds for site kinds.
    """
    rules: list[dict[str, Any]] = [rule.model_dump(exclude_none=True) for rule in CameraDetectors().detectors]
    names = {str(rule["detector"]) for rule in rules}
    if "water" in PICTURES and "water" not in names:
        rules.append({"detector": "water"})
    if not clip.fixed:
        rules = [rule for rule in rules if PICTURES[str(rule["detector"])].kind not in _HEALTH]
    for name in clip.kinds:
        kind = kind_of(name)
        if kind in _OF_KIND:
            rules.append(_site_rule(kind, clip))
    return CameraDetectors.model_validate({"detectors": rules, "model": model})


def _site_rule(kind: Kind, clip: Clip) -> dict[str, Any]:
    rule: dict[str, Any] = {"detector": _OF_KIND[kind]}
    if kind is Kind.TRIPWIRE:
        line = clip.zone if clip.zone is not None and len(clip.zone) == 2 else _MIDDLE
        rule["line"] = [list(point) for point in line]
    elif clip.zone is not None and len(clip.zone) > 2:
        rule["zone"] = [list(point) for point in clip.zone]
    return rule


def _decoded(order: Order, clip: Clip) -> Iterator[tuple[float, Image]]:
    """Every picture with its second from the first one."""
    import av  # noqa: PLC0415 loads FFmpeg, in the child only

    av.logging.set_level(av.logging.PANIC)
    with av.open(order.path) as container:
        if not container.streams.video:
            raise ValueError("there is no video in it")
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        given = float(stream.average_rate or 0)
        rate = clip.fps or (given if 0 < given <= 240 else 25.0)
        # Instants of the file serve where they agree with the rate that is known to be true.
        trusted = given <= 240 if clip.fps is None else abs(given / clip.fps - 1) < 0.05
        first: float | None = None
        for number, decoded in enumerate(container.decode(stream)):
            if clip.frames is not None and number >= clip.frames:
                return
            at_s = number / rate
            if trusted and decoded.pts is not None:
                instant = float(decoded.time)
                first = instant if first is None else first
                at_s = instant - first
            yield at_s, _cropped(np.asarray(decoded.to_ndarray(format="bgr24"), np.uint8), clip)


def _cropped(image: Image, clip: Clip) -> Image:
    if clip.crop is None:
        return np.ascontiguousarray(image)
    left, top, width, height = clip.crop
    return np.ascontiguousarray(image[top : top + height, left : left + width])


class _Watch:
    """The state of one run."""

    def __init__(self, order: Order, clip: Clip) -> None:
        self.order = order
        self.clip = clip
        self.clock = SystemClock()
        finder = None if order.card is None else finder_of(Path(order.card))
        model = None if finder is None else finder.version.partition(":")[0]
        config = detectors_of(clip, model=model)
        _warm(PictureBank(config, camera=_CAMERA, finder=finder))
        self.bank = PictureBank(config, camera=_CAMERA, finder=finder)
        self.took: list[float] = []
        self.raised: list[Raised] = []
        self.stills: list[Still] = []
        self.bursts = 0
        self.ticked_s = 0
        self.burst_from: float | None = None
        self.burst_last = 0.0
        self.wanted = sorted(
            at for event in clip.events for at in (event.from_s, (event.from_s + event.to_s) / 2, event.to_s)
        )

    def picture(self, at_s: float, image: Image) -> None:
        """Show one ordinary picture."""
        self._tick(at_s)
        frame = _frame(at_s, image, _WIDTH_MAX, burst=False)
        begin = self.clock.monotonic()
        found = self.bank.observe(frame)
        self.took.append((self.clock.monotonic() - begin) * 1000)
        self._note(found, frame.image)
        self._keep(at_s, frame.image)
        if self.order.burst and self.burst_from is None and self.bank.suspicion():
            self.burst_from = self.burst_last = at_s
            self.bursts += 1

    def between(self, at_s: float, image: Image) -> None:
        """Give a picture to the running burst."""
        if self.burst_from is None:
            return
        if at_s - self.burst_from > BURST_SECONDS:
            self.end_burst(image)
        elif at_s - self.burst_last >= 1 / _BURST_RATE_MAX - 0.002:
            self.burst_last = at_s
            self.bank.observe(_frame(at_s, image, _BURST_WIDTH, burst=True))

    def end_burst(self, image: Image | None) -> None:
        """Let the running burst be judged."""
        if self.burst_from is None:
            return
        self.burst_from = None
        self._note(self.bank.end_burst(), image)

    def _tick(self, at_s: float) -> None:
        while self.ticked_s + 1 <= at_s:
            self.ticked_s += 1
            self._note(self.bank.tick(_BEGIN + timedelta(seconds=self.ticked_s)), None)

    def _note(self, found: list[Detection], image: Image | None) -> None:
        for one in found:
            if one.phase is not Phase.RAISE:
                continue
            at_s = (one.observed - _BEGIN).total_seconds()
            still = b""
            if self.order.stills and image is not None and len(self.raised) < _STILLS_MAX:
                still = _drawn(image, one.evidence.boxes)
            self.raised.append(
                Raised(one.kind, at_s, one.detector, one.version, one.reason, one.score, still)
            )

    def _keep(self, at_s: float, image: Image) -> None:
        if not self.order.stills or not self.wanted or at_s < self.wanted[0]:
            return
        while self.wanted and self.wanted[0] <= at_s:
            self.wanted.pop(0)
        if len(self.stills) < _STILLS_MAX:
            self.stills.append(Still(at_s, _drawn(image, ())))


def _warm(bank: PictureBank) -> None:
    """Let libraries make what they make once, so that the first picture costs what every other does."""
    chance = np.random.default_rng(0)
    still = chance.integers(0, 255, (360, 640, 3), np.uint8)
    for second in range(6):
        moved = still if second % 2 else np.roll(still, 8, axis=1)
        bank.observe(_frame(float(second), moved, _WIDTH_MAX, burst=False))


def _frame(at_s: float, image: Image, width_max: int, *, burst: bool) -> Frame:
    jpeg = pictures.encode(pictures.shrink(image, width_max), _QUALITY)
    return Frame(
        _CAMERA,
        _BEGIN + timedelta(microseconds=round(at_s * 1e6)),
        pictures.decode(jpeg),
        PictureHash(hashlib.sha256(jpeg).hexdigest()),
        burst=burst,
    )


def _drawn(image: Image, boxes: tuple[Box, ...]) -> bytes:
    small = pictures.shrink(image, _STILL_WIDTH).copy()
    height, width = small.shape[:2]
    for box in boxes:
        corner = (round(box.x * width), round(box.y * height))
        opposite = (round((box.x + box.width) * width), round((box.y + box.height) * height))
        cv2.rectangle(small, corner, opposite, (0, 0, 255), 2)
    return pictures.encode(small, 70)


def watch(order: Order) -> Watched:
    """Watch one clip to its end; what a codec raises is told in `failed`."""
    cv2.setNumThreads(1)
    clip = Clip.model_validate(order.clip)
    run = _Watch(order, clip)
    failed: str | None = None
    last_s, due_s, image = 0.0, 0.0, None
    try:
        for at_s, shown in _decoded(order, clip):
            last_s, image = at_s, shown
            run.between(at_s, shown)
            if at_s >= due_s - 1e-3:
                # From the instant it was due, so that a slow picture does not make all others late.
                due_s = max(due_s + order.every_s, at_s)
                run.picture(at_s, shown)
        run.end_burst(image)
    except Exception as error:  # noqa: BLE001 whatever a codec or a detector raises is a result of this clip
        failed = f"{type(error).__name__}: {error}"[:300].replace(order.path, "the file")
    return Watched(
        seconds=round(last_s, 3),
        pictures=len(run.took),
        bursts=run.bursts,
        ms_per_picture=round(float(np.mean(run.took)), 3) if run.took else 0.0,
        ms_p99=round(float(np.percentile(run.took, 99)), 3) if run.took else 0.0,
        peak_memory_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        raised=run.raised,
        stills=run.stills,
        failed=failed,
    )


def main() -> None:
    """Read an order, write what was seen."""
    order = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Order)
    sys.stdout.buffer.write(msgspec.msgpack.encode(watch(order)))


if __name__ == "__main__":
    main()
