"""What the parts of a scene draw on, and what they promise.

A picture is made in stages: what stands in the place, what hangs in the air, the light, what shines
by itself, what happens to the lens, and the sensor. A part draws in the stages it belongs to and
says what is true about it. Boxes are relative.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, unique

import cv2
import numpy as np
from numpy.typing import NDArray

from tocsin.core.detections import Kind
from tocsin.core.frames import Box, Image

WIDTH = 640
HEIGHT = 360
WHOLE = Box(x=0.0, y=0.0, width=1.0, height=1.0)

Colour = tuple[int, int, int]
Spot = tuple[float, float]


@unique
class Stage(IntEnum):
    """In this order a picture is made."""

    GROUND = 0
    AIR = 1
    GLOW = 2
    """After the light: what shines by itself."""
    LENS = 3
    SENSOR = 4


@dataclass(frozen=True, slots=True)
class Truth:
    """One thing that happens."""

    kind: Kind
    from_s: float
    to_s: float
    box: Box
    """Where it is to be seen from begin to end."""


@dataclass(slots=True)
class Canvas:
    """A picture in the making."""

    picture: Image
    seconds: float
    seed: int
    infrared: bool
    bright: float
    """1 by day, about 0.1 at night: things that shine outshine the rest by as much."""
    horizon: float
    tall: float
    """Height of a grown person at the lower edge, as a share of the picture's."""

    def height_at(self, y: float) -> float:
        """Pixels of a grown person whose feet are at `y`."""
        return person_height(y, self.horizon, self.tall) * HEIGHT

    def cover(self, colour: Image | Colour, weight: NDArray[np.float32], left: int = 0, top: int = 0) -> None:
        """Lay a colour or a picture over a part; `weight` 1 hides what was there."""
        height, width = weight.shape
        x0, y0, x1, y1 = max(0, left), max(0, top), min(WIDTH, left + width), min(HEIGHT, top + height)
        if x0 >= x1 or y0 >= y1:
            return
        weight = np.ascontiguousarray(weight[y0 - top : y1 - top, x0 - left : x1 - left])
        part = np.ascontiguousarray(self.picture[y0:y1, x0:x1])
        if isinstance(colour, tuple):
            other = np.empty_like(part)
            other[:] = colour
        else:
            other = np.ascontiguousarray(colour[y0 - top : y1 - top, x0 - left : x1 - left])
        self.picture[y0:y1, x0:x1] = cv2.blendLinear(part, other, 1 - weight, weight)

    def shine(self, colour: Colour, weight: NDArray[np.float32], left: int = 0, top: int = 0) -> None:
        """Add light to a part; under infra-red it has no colour."""
        height, width = weight.shape
        x0, y0, x1, y1 = max(0, left), max(0, top), min(WIDTH, left + width), min(HEIGHT, top + height)
        if x0 >= x1 or y0 >= y1:
            return
        weight = weight[y0 - top : y1 - top, x0 - left : x1 - left]
        tone = (max(colour),) * 3 if self.infrared else colour
        light = (weight[..., None] * np.array(tone, np.float32)).clip(0, 255).astype(np.uint8)
        self.picture[y0:y1, x0:x1] = cv2.add(self.picture[y0:y1, x0:x1], light)

    def tone(self, colour: Colour) -> Colour:
        """A shining thing's colour as this camera sees it."""
        grey = max(colour)
        return (grey, grey, grey) if self.infrared else colour


class Part:
    """Something in a scene; draws nothing and is nothing unless it says so."""

    def draw(self, canvas: Canvas, stage: Stage) -> None:
        """Draw what belongs to `stage`."""

    def clock(self, seconds: float) -> float | None:
        """Give the instant that the camera shows; None when it sends nothing."""
        return seconds

    def truth(self, horizon: float, tall: float) -> Sequence[Truth]:
        """What happens, in a place with this horizon and size of people."""
        del horizon, tall
        return ()

    def things(self, seconds: float, horizon: float, tall: float) -> Sequence[Box]:
        """What a perfect model would see at an instant: persons, vehicles and objects with labels."""
        del seconds, horizon, tall
        return ()


def person_height(y: float, horizon: float, tall: float) -> float:
    """Share of the picture's height that a person takes whose feet are at `y`."""
    return max(0.02, tall * (y - horizon) / (1 - horizon))


def box_of(left: float, top: float, right: float, bottom: float, *, label: str = "") -> Box:
    """A relative box, cut at the picture's edges; one with a label is what a model would see."""
    x0, y0 = min(1.0, max(0.0, left)), min(1.0, max(0.0, top))
    x1, y1 = min(1.0, max(0.0, right)), min(1.0, max(0.0, bottom))
    return Box(
        x=x0,
        y=y0,
        width=max(0.0, x1 - x0),
        height=max(0.0, y1 - y0),
        label=label,
        score=0.9 if label else 0.0,
    )


def around(boxes: Sequence[Box]) -> Box:
    """The smallest box that holds all."""
    return box_of(
        min(b.x for b in boxes),
        min(b.y for b in boxes),
        max(b.x + b.width for b in boxes),
        max(b.y + b.height for b in boxes),
    )


def disc(radius: float, soft: float = 0.5) -> NDArray[np.float32]:
    """A round weight: 1 in the middle, falling off over `soft` of the radius."""
    size = max(2, int(radius))
    grid = np.arange(-size, size + 1, dtype=np.float32) / size
    away = np.sqrt(grid[None, :] ** 2 + grid[:, None] ** 2)
    weight: NDArray[np.float32] = np.clip((1 - away) / max(0.01, soft), 0, 1).astype(np.float32)
    return weight
