"""Flames and smoke: hot gas that rises and changes its shape, the same at any rate of pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from tests.support.scenes.canvas import HEIGHT, WIDTH, Canvas, Colour, Part, Spot, Stage, Truth, box_of, disc
from tests.support.scenes.chance import field, flicker, sampled, step, wobble
from tocsin.core.detections import Kind


@cache
def _tones() -> NDArray[np.uint8]:
    heat = np.arange(256) / 255
    stops = [0.0, 0.18, 0.38, 0.6, 0.85, 1.0]
    blue = np.interp(heat, stops, [20, 20, 15, 60, 180, 235])
    green = np.interp(heat, stops, [20, 50, 125, 215, 248, 255])
    red = np.interp(heat, stops, [90, 200, 250, 255, 255, 255])
    return np.stack([blue, green, red], axis=1).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class Flames(Part):
    """A fire that stands at one place, grows and flickers at 1 to 12 Hz."""

    at: Spot = (0.5, 0.62)
    """Middle of its foot."""
    from_s: float = 5.0
    to_s: float = 60.0
    height: float = 0.22
    """Of the flames when it is grown, as a share of the picture's height."""
    width: float = 0.0
    """Share of the picture's width; 0 as wide as high."""
    grow_s: float = 8.0
    seed: int = 1

    def _size(self, seconds: float) -> float:
        if not self.from_s <= seconds <= self.to_s:
            return 0.0
        return 0.3 + 0.7 * step((seconds - self.from_s) / max(0.1, self.grow_s))

    def _across(self) -> float:
        return self.width or self.height * HEIGHT / WIDTH * 0.8

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        size = self._size(canvas.seconds)
        if stage is not Stage.GLOW or size <= 0:
            return
        t = canvas.seconds
        strength = size * (1 + 0.18 * flicker(self.seed, t))
        high = max(6, int(self.height * HEIGHT * size * 1.25))
        wide = max(5, int(self._across() * WIDTH * size * 1.3))
        x, y = int(self.at[0] * WIDTH), int(self.at[1] * HEIGHT)
        reach = int(1.6 * max(high, wide))
        glow = disc(reach, 1.0) ** 2 * np.float32(0.55 * strength * (1.1 - 0.7 * canvas.bright))
        canvas.shine((30, 110, 230), glow, x - reach, y - high // 2 - reach)
        heat = self._heat(t, high, wide)
        alpha = np.clip((heat - 0.10) * 6, 0, 1).astype(np.float32)
        tones = _tones()[(np.clip(heat, 0, 1) * 255).astype(np.uint8)]
        if canvas.infrared:
            tones = np.repeat(tones[..., 2:], 3, axis=2)
        canvas.cover(tones, alpha, x - wide // 2, y - high)

    def _heat(self, t: float, high: int, wide: int) -> NDArray[np.float32]:
        up = np.linspace(1, 0, high, dtype=np.float32)[:, None].repeat(wide, 1)
        side = np.linspace(-1, 1, wide, dtype=np.float32)[None, :].repeat(high, 0)
        lean = 0.3 * wobble(self.seed + 5, t, 0.7) + 0.15 * wobble(self.seed + 6, t, 3)
        side = side - lean * up**1.5
        tongues = max(1.0, self._across() * WIDTH / (self.height * HEIGHT * 0.6))
        # None longer than the flame is high: else it would ebb for seconds.
        clouds = field(self.seed % 7 + 40, slope=1.0, longest=36)
        # Gas rises about one and a half heights of the flame a second, and faster the higher it is.
        rising = (up * 34 - t * 62).astype(np.float32)
        coarse = sampled(clouds, side * 18 * np.float32(tongues), -rising)
        fine = sampled(clouds, side * 40 * np.float32(tongues) + 90, -rising * 2.1)
        turbulent = 0.65 * coarse + 0.35 * fine - 0.5
        puff = 1 + 0.25 * flicker(self.seed + 9, t)
        shape = 1.05 - up / np.float32(puff) - 0.75 * np.abs(side) ** 2.2
        heat = 1.1 * shape + turbulent * (0.7 + 1.3 * up)
        heat *= np.clip((1 - np.abs(side)) * 5, 0, 1) * np.clip(up * 12 + 0.5, 0, 1)
        return cast("NDArray[np.float32]", heat.astype(np.float32))

    @override
    def truth(self, horizon: float, tall: float) -> Sequence[Truth]:
        high, wide = self.height * 1.25, self._across() * 1.3
        x, y = self.at
        return (
            Truth(Kind.FIRE, self.from_s, self.to_s, box_of(x - wide / 2, y - high, x + wide / 2, y + 0.01)),
        )


@dataclass(frozen=True, slots=True)
class SmokeColumn(Part):
    """A veil that rises from one place, spreads, drifts and grows; it hides what is behind."""

    at: Spot = (0.5, 0.62)
    from_s: float = 5.0
    to_s: float = 60.0
    rise: float = 0.10
    """Heights of the picture a second at the head of the column."""
    width: float = 0.05
    """Half the width at its foot, as a share of the picture's width."""
    spread: float = 0.35
    drift: float = 0.25
    density: float = 0.95
    colour: Colour = (150, 148, 146)
    grow_s: float = 15.0
    seed: int = 3
    top: float = 2.0
    """It dissolves at this height over its foot, as a share of the picture's; steam does at once."""
    kind: Kind | None = Kind.SMOKE

    def alpha(self, seconds: float) -> NDArray[np.float32] | None:
        """How much it hides, at a quarter of the size; None when there is nothing."""
        age = seconds - self.from_s
        if age <= 0 or seconds > self.to_s + 4:
            return None
        left = 1 - step((seconds - self.to_s) / 4)
        wide, high = WIDTH // 4, HEIGHT // 4
        x = np.arange(wide, dtype=np.float32)[None, :].repeat(high, 0)
        up = (self.at[1] * high - np.arange(high, dtype=np.float32))[:, None].repeat(wide, 1)
        above = np.maximum(up, 0)
        bend = self.drift * above**1.15 + 3 * wobble(self.seed, seconds, 0.3) * above / 30
        half = self.width * wide + self.spread * above
        column = np.exp(-(((x - self.at[0] * wide - bend) / half) ** 2))
        head = self.rise * high * age
        gone = np.clip((head - above) / (0.25 * head + 2), 0, 1) * np.clip(up + 1.5, 0, 1)
        gone *= np.clip((self.top * high - above) / (0.4 * self.top * high), 0, 1)
        clouds = field(self.seed % 5 + 50, slope=1.5)
        rising = self.rise * high * seconds * 2.8
        # Puffs widen and slow down as they rise: the way up is stretched, never sheared by time.
        scale = 1.6 / (1 + above / 60)
        way = 96 * np.log1p(above / 60)
        aside = x - self.at[0] * wide - bend
        coarse = sampled(clouds, aside * scale, 1.6 * rising - way)
        fine = sampled(clouds, aside * scale * 2.3 + 50, 2.3 * (1.7 * rising - way))
        puffs = np.clip((0.68 * coarse + 0.32 * fine - 0.18) * 2.6, 0, 1)
        thin = self.density * (0.35 + 0.65 * step(age / self.grow_s)) * left / (1 + above / 200)
        return cast("NDArray[np.float32]", (column * gone * puffs * thin).astype(np.float32))

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        if stage is not Stage.AIR:
            return
        small = self.alpha(canvas.seconds)
        if small is None:
            return
        rows = np.flatnonzero(small.max(axis=1) > 0.01)
        columns = np.flatnonzero(small.max(axis=0) > 0.01)
        if not rows.size:
            return
        top, bottom, first, last = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
        size = (int(last - first) * 4, int(bottom - top) * 4)
        weight = cv2.resize(np.ascontiguousarray(small[top:bottom, first:last]), size)
        # Thick parts are lit from above, thin ones are grey: smoke is not one flat colour.
        lit = 0.82 + 0.3 * np.clip(small[top:bottom, first:last], 0, 1)
        tones = (lit[..., None] * np.array(self.colour, np.float32)).clip(0, 255).astype(np.uint8)
        sheet = cv2.resize(tones, size).astype(np.uint8, copy=False)
        canvas.cover(sheet, weight.astype(np.float32, copy=False), int(first) * 4, int(top) * 4)

    @override
    def truth(self, horizon: float, tall: float) -> Sequence[Truth]:
        if self.kind is None:
            return ()
        union: NDArray[np.bool_] | None = None
        for share in (0.25, 0.5, 0.75, 1.0):
            alpha = self.alpha(self.from_s + share * (self.to_s - self.from_s))
            if alpha is not None:
                union = alpha > 0.08 if union is None else union | (alpha > 0.08)
        if union is None or not union.any():
            return ()
        rows, columns = np.flatnonzero(union.any(axis=1)), np.flatnonzero(union.any(axis=0))
        high, wide = union.shape
        box = box_of(columns[0] / wide, rows[0] / high, (columns[-1] + 1) / wide, (rows[-1] + 1) / high)
        return (Truth(self.kind, self.from_s, self.to_s, box),)


def steam(at: Spot, from_s: float, to_s: float, seed: int = 8) -> SmokeColumn:
    """White steam from a vent: dissolves within a quarter of the picture, and is no smoke."""
    return SmokeColumn(
        at=at, from_s=from_s, to_s=to_s, rise=0.25, width=0.015, spread=0.2, drift=0.1, density=0.7,
        colour=(236, 236, 236), grow_s=0.5, seed=seed, top=0.28, kind=None,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candle(Part):
    """A small calm flame that keeps its shape."""

    at: Spot = (0.5, 0.6)
    from_s: float = 0.0
    to_s: float = math.inf
    seed: int = 11

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        x, y = int(self.at[0] * WIDTH), int(self.at[1] * HEIGHT)
        if stage is Stage.GROUND:
            cv2.rectangle(canvas.picture, (x - 4, y), (x + 4, y + 26), (200, 214, 222), -1)
            return
        if stage is not Stage.GLOW or not self.from_s <= canvas.seconds <= self.to_s:
            return
        breath = 0.06 * wobble(self.seed, canvas.seconds, 0.8)
        lean = 1.2 * wobble(self.seed + 1, canvas.seconds, 0.6)
        canvas.shine((25, 90, 160), disc(34, 1.0) ** 2 * np.float32(0.5 * (1 + breath)), x - 34, y - 44)
        high = 9 * (1 + breath)
        for scale, colour in ((1.0, (30, 150, 250)), (0.72, (90, 220, 255)), (0.4, (210, 250, 255))):
            middle = ((x + lean) * 8, (y - 9) * 8)
            cv2.ellipse(
                canvas.picture, (int(middle[0]), int(middle[1])), (int(3.4 * scale * 8), int(high * scale * 8)),
                0, 0, 360, canvas.tone(colour), -1, cv2.LINE_AA, 3,
            )  # fmt: skip
