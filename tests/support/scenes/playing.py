"""Feed a camera's detectors with a scene as the box does: snapshots, ticks, and bursts on suspicion."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from tests.support.detecting import CAMERA, START
from tests.support.scenes.canvas import Truth
from tests.support.scenes.scene import Scene
from tocsin.core.detections import Detection, Kind, Phase
from tocsin.core.frames import Box, Frame, Image
from tocsin.core.ids import PictureHash
from tocsin.detectors.burst import SECONDS
from tocsin.detectors.camera import PictureBank


@dataclass(frozen=True, slots=True)
class Said:
    """A detection and the second of the scene at which it was made."""

    at_s: float
    detection: Detection


class Oracle:
    """A model that sees what is there: give it to the bank as its finder and to `play`."""

    version = "oracle@00000000"

    def __init__(self, scene: Scene, *, labels: Sequence[str] = ("person", "vehicle")) -> None:
        self.scene = scene
        self.seconds = 0.0
        self.asked = 0
        self.classes = frozenset(labels)

    def find(self, image: Image) -> tuple[Box, ...]:
        """Give the truth at the instant that is being played, in the part of the picture that is shown."""
        self.asked += 1
        seen = (_within(box, image) for box in self.scene.things(self.seconds) if box.label in self.classes)
        return tuple(box for box in seen if box is not None)


def _within(box: Box, part: Image) -> Box | None:
    """Bring a box of the whole picture into a part that was cut out of it; None when it lies outside."""
    whole = part
    while isinstance(whole.base, np.ndarray) and whole.base.ndim == 3:
        whole = whole.base
    begin = part.__array_interface__["data"][0] - whole.__array_interface__["data"][0]
    top, left = begin // whole.strides[0], begin % whole.strides[0] // whole.strides[1]
    rows, columns = whole.shape[:2]
    x0, x1 = ((edge * columns - left) / part.shape[1] for edge in (box.x, box.x + box.width))
    y0, y1 = ((edge * rows - top) / part.shape[0] for edge in (box.y, box.y + box.height))
    x0, x1, y0, y1 = (min(1.0, max(0.0, edge)) for edge in (x0, x1, y0, y1))
    return Box(x0, y0, x1 - x0, y1 - y0, box.label, box.score) if x1 > x0 and y1 > y0 else None


def frame_of(scene: Scene, seconds: float, *, burst: bool = False) -> Frame:
    """One picture as a frame; equal pixels have equal hashes, as equal JPEGs do."""
    image = scene.picture(seconds)
    digest = PictureHash(hashlib.sha256(image.tobytes()).hexdigest())
    return Frame(CAMERA, START + timedelta(seconds=seconds), image, digest, burst)


def play(
    bank: PictureBank,
    scene: Scene,
    *,
    begin: float = 0.0,
    seconds: float = 60.0,
    every: float = 1.0,
    burst: bool = False,
    rate: float = 25.0,
    oracle: Oracle | None = None,
) -> list[Said]:
    """Show the scene to the bank, a picture every `every` seconds; with `burst`, suspicions get theirs.

    The pictures of a burst come between the snapshots; those that fall into it are not lost.
    """
    said: list[Said] = []
    busy = begin - 1.0
    for number in range(round(seconds / every)):
        at = round(begin + number * every, 6)
        if oracle is not None:
            oracle.seconds = at
        if at > busy and scene.sends(at):
            said += [Said(at, one) for one in bank.observe(frame_of(scene, at))]
            if burst and bank.suspicion():
                for index in range(round(SECONDS * rate)):
                    then = round(at + (index + 1) / rate, 6)
                    if scene.sends(then):
                        bank.observe(frame_of(scene, then, burst=True))
                busy = at + SECONDS
                said += [Said(busy, one) for one in bank.end_burst()]
        said += [Said(at, one) for one in bank.tick(START + timedelta(seconds=at))]
    return said


def raised(said: Sequence[Said]) -> list[tuple[float, Kind]]:
    """When what was raised."""
    return [(one.at_s, one.detection.kind) for one in said if one.detection.phase is Phase.RAISE]


def false_alarms(said: Sequence[Said], truth: Sequence[Truth], *, grace_s: float = 5.0) -> list[Said]:
    """Raises that no event explains; fire and smoke stand for each other."""
    hot = {Kind.FIRE, Kind.SMOKE}

    def explained(one: Said) -> bool:
        kind = one.detection.kind
        return any(
            event.from_s <= one.at_s <= event.to_s + grace_s
            and (event.kind is kind or {event.kind, kind} <= hot)
            for event in truth
        )

    return [one for one in said if one.detection.phase is Phase.RAISE and not explained(one)]


def delay_of(said: Sequence[Said], event: Truth) -> float | None:
    """Seconds from an event's begin to the first raise of its kind within it; None for a miss."""
    times = [at for at, kind in raised(said) if kind is event.kind and event.from_s <= at <= event.to_s + 5]
    return min(times) - event.from_s if times else None
