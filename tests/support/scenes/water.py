"""Water: a river at its gauge board, and a flood that creeps over the ground."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from tests.support.scenes.canvas import HEIGHT, WIDTH, Canvas, Colour, Part, Stage, Truth, box_of
from tests.support.scenes.chance import field, step
from tocsin.core.detections import Kind
from tocsin.core.frames import Box, Image

BOARD = Box(x=290 / 640, y=60 / 360, width=60 / 640, height=285 / 360)
"""The gauge board of the place `river`: 0 m at its lower edge less 5 pixels, 70 pixels a metre."""
ZERO_ROW = 340
PIXELS_PER_METRE = 70


@cache
def _surface(colour: Colour) -> Image:
    """Ripples, long and flat, twice the picture's size, so that a window may slide over it."""
    tile = field(71, slope=1.1)
    flat = cv2.resize(tile, (WIDTH * 2, 256), interpolation=cv2.INTER_CUBIC)
    both = np.tile(flat, (4, 1))[: HEIGHT * 2] - 0.5
    lit = np.array(colour, np.float32) * (1 + 0.5 * both[..., None])
    return np.clip(lit, 0, 255).astype(np.uint8)


def _flow(canvas: Canvas, top: int, colour: Colour, speed: float, mirror: float) -> None:
    top = max(1, top)
    if top >= HEIGHT:
        return
    rows = HEIGHT - top
    left = int(canvas.seconds * speed) % WIDTH
    sheet = _surface(colour)[top : top + rows, left : left + WIDTH]
    over = _surface(colour)[HEIGHT : HEIGHT + rows, (WIDTH - left * 2) % WIDTH :][:, :WIDTH]
    water = cv2.addWeighted(sheet, 0.5, over, 0.5, 0)
    above = canvas.picture[max(0, top - rows) : top][::-1]
    if above.shape[0] and mirror > 0:
        shown = cv2.blur(np.ascontiguousarray(above), (3, 7))
        water[: above.shape[0]] = cv2.addWeighted(water[: above.shape[0]], 1 - mirror, shown, mirror, 0)
    edge = top + 1.5 * np.sin(np.arange(WIDTH) / 19 + canvas.seconds * 1.9)
    edge += 1.2 * np.sin(np.arange(WIDTH) / 7 - canvas.seconds * 3.1)
    reach = np.arange(top, HEIGHT, dtype=np.float32)[:, None] - edge[None, :].astype(np.float32)
    weight: NDArray[np.float32] = np.clip(reach + 0.5, 0, 1).astype(np.float32) * np.float32(0.93)
    canvas.cover(water.astype(np.uint8, copy=False), weight, 0, top)


@dataclass(frozen=True, slots=True)
class River(Part):
    """The river of the place `river`, whose level follows `levels`."""

    levels: tuple[tuple[float, float], ...] = ((0.0, 1.2),)
    """Seconds and metres; straight in between."""
    flood_above: float = math.inf
    """Over this it counts as a flood."""
    speed: float = 30.0
    colour: Colour = (128, 126, 112)

    def level(self, seconds: float) -> float:
        """Metres on the board."""
        return float(np.interp(seconds, [at for at, _ in self.levels], [m for _, m in self.levels]))

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        if stage is Stage.GROUND:
            top = ZERO_ROW - self.level(canvas.seconds) * PIXELS_PER_METRE
            _flow(canvas, round(top), self.colour, self.speed, 0.25)

    @override
    def truth(self, horizon: float, tall: float) -> Sequence[Truth]:
        steps = np.arange(self.levels[0][0], self.levels[-1][0] + 0.5, 0.5)
        over = [float(at) for at in steps if self.level(float(at)) > self.flood_above]
        if not over:
            return ()
        top = (ZERO_ROW - max(self.level(at) for at in over) * PIXELS_PER_METRE) / HEIGHT
        last = math.inf if over[-1] >= self.levels[-1][0] - 0.5 else over[-1]
        return (Truth(Kind.FLOOD, over[0], last, box_of(0, top, 1, 1)),)


@dataclass(frozen=True, slots=True)
class FloodWater(Part):
    """Water that comes in from the lower edge and rises over the ground."""

    from_s: float = 5.0
    full_s: float = 60.0
    """When it stands at its highest."""
    to_s: float = 300.0
    """When it begins to sink, as fast as it came."""
    top: float = 0.62
    """Its edge at the highest, as a share of the height."""
    colour: Colour = (96, 120, 134)
    speed: float = 14.0

    def edge(self, seconds: float) -> float:
        """Where its edge is, as a share of the height; over 1 there is no water."""
        risen = step((seconds - self.from_s) / (self.full_s - self.from_s))
        sunk = step((seconds - self.to_s) / (self.full_s - self.from_s))
        return 1.01 - (1.01 - self.top) * (risen - sunk)

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        if stage is Stage.GROUND and canvas.seconds >= self.from_s:
            _flow(canvas, round(self.edge(canvas.seconds) * HEIGHT), self.colour, self.speed, 0.35)

    @override
    def truth(self, horizon: float, tall: float) -> Sequence[Truth]:
        return (Truth(Kind.FLOOD, self.from_s, self.to_s, box_of(0, self.top, 1, 1)),)
