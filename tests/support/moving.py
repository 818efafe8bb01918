"""Looks and tracks made by hand, and a finder that says what it is told."""

from __future__ import annotations

import numpy as np

from tests.support.detecting import START_US
from tocsin.core.frames import Box, Image
from tocsin.core.ids import PictureHash
from tocsin.detectors.base import SECOND_US
from tocsin.detectors.look import Look, Track

SHAPE = (180, 320)


def look(
    seconds: float,
    *,
    tracks: tuple[Track, ...] = (),
    things: tuple[Box, ...] | None = None,
    infrared: bool = False,
    learning: bool = False,
    gray: Image | None = None,
    background: Image | None = None,
) -> Look:
    """A picture at an instant; it differs from `background` where that says so."""
    flat = np.full(SHAPE, 120, np.uint8)
    now = flat if gray is None else gray
    ground = flat if background is None else background
    changed = (np.abs(now.astype(int) - ground) > 22).astype(np.uint8) * np.uint8(255)
    colour = np.repeat(now[..., None], 3, axis=2)
    return Look(
        at_us=START_US + round(seconds * SECOND_US),
        sha256=PictureHash("a" * 64),
        colour=colour,
        gray=now,
        background=ground,
        changed=changed,
        changed_share=float((changed > 0).mean()),
        infrared=infrared,
        switched=False,
        learning=learning,
        steady=1.0,
        image=colour,
        things=things,
        tracks=tracks,
    )


def track(
    points: list[tuple[float, float, float]],
    *,
    label: str = "person",
    number: int = 1,
    sure: bool = True,
    score: float = 0.8,
    height: float = 0.3,
) -> Track:
    """A thing whose feet stood at these instants (seconds) and places."""
    trail = tuple((START_US + round(at * SECOND_US), x, y) for at, x, y in points)
    last, x, y = trail[-1]
    return Track(
        id=number,
        label=label,
        box=Box(x - 0.05, y - height, 0.1, height, label, score),
        first_us=trail[0][0],
        last_us=last,
        seen=len(trail),
        trail=trail[-32:],
        sure=sure,
    )


class Told:
    """A finder that sees what it was told, in the part of the picture that it is shown."""

    version = "told:00000000"
    classes = frozenset({"person", "car"})

    def __init__(self, *boxes: Box) -> None:
        self.boxes = boxes
        self.shown: list[tuple[int, int]] = []

    def find(self, image: Image) -> tuple[Box, ...]:
        self.shown.append((image.shape[1], image.shape[0]))
        return self.boxes
