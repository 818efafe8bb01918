"""Look-alikes of fire: lamps, tail lights, a sunset, a television. None of them is an event."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from typing_extensions import override

from tests.support.scenes.canvas import HEIGHT, WIDTH, Canvas, Colour, Part, Spot, Stage, disc
from tests.support.scenes.chance import field, unit, wobble
from tests.support.scenes.people import Person, walking


@dataclass(frozen=True, slots=True)
class Lamp(Part):
    """A lamp on a pole: steady, or on and off `blinks` times a second."""

    at: Spot = (0.7, 0.3)
    colour: Colour = (60, 150, 255)
    radius: float = 9.0
    glow: float = 70.0
    blinks: float = 0.0
    from_s: float = 0.0
    to_s: float = math.inf

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        x, y = int(self.at[0] * WIDTH), int(self.at[1] * HEIGHT)
        if stage is Stage.GROUND:
            cv2.line(canvas.picture, (x, y), (x, min(HEIGHT, y + 130)), (70, 72, 74), 3)
        lit = self.from_s <= canvas.seconds <= self.to_s
        if self.blinks and (canvas.seconds * self.blinks) % 1 >= 0.5:
            lit = False
        if stage is not Stage.GLOW or not lit:
            return
        reach = int(self.glow)
        strength = 0.9 - 0.6 * canvas.bright
        canvas.shine(self.colour, disc(reach, 1.0) ** 2 * np.float32(strength), x - reach, y - reach)
        core = int(self.radius)
        canvas.cover(canvas.tone((170, 225, 255)), disc(core, 0.4), x - core, y - core)


def sodium_lamp(at: Spot = (0.7, 0.3)) -> Lamp:
    """An orange street lamp."""
    return Lamp(at=at)


def blinking_lamp(at: Spot = (0.3, 0.5), hertz: float = 1.5) -> Lamp:
    """A warning light of a building site or a vehicle."""
    return Lamp(at=at, colour=(20, 120, 255), radius=6, glow=40, blinks=hertz)


def red_clothes(begin: Spot, end: Spot, from_s: float, to_s: float, seed: int = 1) -> Person:
    """Somebody in a bright red coat."""
    return walking(begin, end, from_s, to_s, clothes=(36, 44, 226), seed=seed)


@dataclass(frozen=True, slots=True)
class TailLights(Part):
    """A car that drives away, braking now and then."""

    from_s: float = 5.0
    to_s: float = 20.0
    begin: Spot = (0.55, 0.85)
    end: Spot = (0.46, 0.45)
    seed: int = 1

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        if stage is not Stage.GLOW or not self.from_s <= canvas.seconds <= self.to_s:
            return
        share = (canvas.seconds - self.from_s) / (self.to_s - self.from_s)
        x = (self.begin[0] + (self.end[0] - self.begin[0]) * share) * WIDTH
        y = (self.begin[1] + (self.end[1] - self.begin[1]) * share) * HEIGHT
        scale = 1.0 - 0.85 * share
        brakes = 1.0 if wobble(self.seed, canvas.seconds, 0.3) > 0.3 else 0.6
        for side in (-1, 1):
            core, reach = max(2, int(9 * scale)), max(4, int(38 * scale))
            middle = int(x + side * 42 * scale)
            glow = disc(reach, 1.0) ** 2 * np.float32(0.8 * brakes)
            canvas.shine((20, 20, 220), glow, middle - reach, int(y) - reach)
            canvas.cover(canvas.tone((70, 60, 255)), disc(core, 0.4), middle - core, int(y) - core)


@dataclass(frozen=True, slots=True)
class Sunset(Part):
    """A red sky with the sun's disc that sinks within `takes_s`."""

    takes_s: float = 600.0
    x: float = 0.65

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        if stage is not Stage.GROUND:
            return
        sky = int(canvas.horizon * HEIGHT)
        part = canvas.picture[:sky]
        bright = cv2.threshold(cv2.cvtColor(part, cv2.COLOR_BGR2GRAY), 170, 1, cv2.THRESH_BINARY)[1]
        rows = np.linspace(0, 1, sky, dtype=np.float32)[:, None]
        high, low = np.array((120, 110, 170), np.float32), np.array((50, 140, 250), np.float32)
        tones = ((1 - rows) * high + rows * low)[:, None, :].repeat(WIDTH, 1).astype(np.uint8)
        clouds = cv2.resize(field(77, slope=1.8)[:40, :160], (WIDTH, sky))
        tones = (tones * (0.75 + 0.35 * clouds[..., None])).clip(0, 255).astype(np.uint8)
        sun = (int(self.x * WIDTH), int((0.3 + 0.7 * min(1.0, canvas.seconds / self.takes_s)) * sky))
        cv2.circle(tones, sun, 16, (150, 235, 255), -1, cv2.LINE_AA)
        halo = cv2.GaussianBlur(tones, (0, 0), 6)
        part[:] = np.where(bright[..., None] > 0, np.maximum(tones, halo), part)


@dataclass(frozen=True, slots=True)
class Television(Part):
    """A screen whose picture changes with every cut and flickers in between."""

    at: Spot = (0.3, 0.4)
    width: float = 0.18
    seed: int = 1

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        if stage is not Stage.GLOW:
            return
        wide = int(self.width * WIDTH)
        high = wide * 9 // 16
        left, top = int(self.at[0] * WIDTH) - wide // 2, int(self.at[1] * HEIGHT) - high // 2
        shot = int(canvas.seconds / 2.7)
        shown = np.empty((high, wide, 3), np.uint8)
        flash = 0.75 + 0.25 * wobble(self.seed, canvas.seconds, 5)
        for channel in range(3):
            tile = field(60 + (shot + channel) % 6, slope=1.8)
            part = tile[(shot * 37) % 150 :][: high // 2 + 1, (int(canvas.seconds * 9) + shot * 11) % 120 :]
            level = (0.3 + 0.7 * unit(self.seed, shot, channel)) * 235 * flash
            shown[..., channel] = cv2.resize(part[:, : wide // 2 + 1], (wide, high)) * level
        if canvas.infrared:
            shown = np.repeat(shown.max(axis=2, keepdims=True), 3, 2)
        cv2.rectangle(
            canvas.picture, (left - 4, top - 4), (left + wide + 3, top + high + 3), (24, 24, 24), -1
        )
        canvas.cover(shown, np.ones((high, wide), np.float32), left, top)
        reach = wide
        tone = tuple(int(c) for c in shown.mean(axis=(0, 1)))
        glow = disc(reach, 1.0) ** 2 * np.float32(0.3 * (1 - canvas.bright))
        canvas.shine(tone, glow, left + wide // 2 - reach, top + high // 2 - reach)  # type: ignore[arg-type]
