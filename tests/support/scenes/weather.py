"""Weather, passing light and what a mast, a hand or a coder does to every picture. Nothing here is an event."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from tests.support.scenes.canvas import HEIGHT, WIDTH, Canvas, Part, Stage, disc
from tests.support.scenes.chance import field, step, unit, wobble
from tocsin.core.frames import Image


@cache
def _streaks(heavy: int) -> Image:
    chance = np.random.default_rng(21 + heavy)
    sheet = np.zeros((HEIGHT * 2, WIDTH * 2, 3), np.uint8)
    for _ in range(320 * heavy):
        x, y = int(chance.integers(0, WIDTH * 2)), int(chance.integers(0, HEIGHT * 2))
        long, tone = int(chance.integers(8, 26)), int(chance.integers(18, 64))
        cv2.line(sheet, (x, y), (x + long // 6, y + long), (tone, tone, tone), 1, cv2.LINE_AA)
    return sheet


@dataclass(frozen=True, slots=True)
class Rain(Part):
    """Streaks that are elsewhere in every picture, and a little haze."""

    from_s: float = 0.0
    to_s: float = math.inf
    heavy: int = 2
    """1 drizzle to 4 downpour."""
    seed: int = 1

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        if stage is not Stage.LENS or not self.from_s <= canvas.seconds <= self.to_s:
            return
        instant = round(canvas.seconds * 1000)
        top = int(unit(self.seed, instant, 1) * HEIGHT)
        left = int(unit(self.seed, instant, 2) * WIDTH)
        haze = 0.05 * self.heavy
        grey = 96 * (1 if canvas.infrared else canvas.bright)
        cv2.convertScaleAbs(canvas.picture, canvas.picture, 1 - haze, haze * grey)
        sheet = _streaks(self.heavy)[top : top + HEIGHT, left : left + WIDTH]
        if canvas.bright < 0.5 and not canvas.infrared:
            sheet = cv2.convertScaleAbs(sheet, alpha=canvas.bright)
        canvas.picture[:] = cv2.add(canvas.picture, sheet)


@dataclass(frozen=True, slots=True)
class Snow(Part):
    """Falling flakes; the ground whitens within `settles_s`."""

    from_s: float = 0.0
    to_s: float = math.inf
    flakes: int = 160
    settles_s: float = math.inf
    seed: int = 1

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        t = canvas.seconds
        if not self.from_s <= t <= self.to_s:
            return
        if stage is Stage.GROUND and self.settles_s < math.inf:
            white = 0.85 * step((t - self.from_s) / self.settles_s)
            below = int(canvas.horizon * HEIGHT)
            part = canvas.picture[below:]
            part[:] = cv2.convertScaleAbs(part, alpha=1 - white, beta=225 * white)
        if stage is Stage.LENS:
            tone = 235 if canvas.infrared else int(60 + 170 * canvas.bright)
            for number in range(self.flakes):
                near = 0.4 + 1.6 * unit(self.seed, number, 1)
                y = (unit(self.seed, number, 2) + t * 0.22 * near) % 1.1
                x = (unit(self.seed, number, 3) + t * 0.03 + 0.02 * math.sin(t * near + number)) % 1.0
                centre = (int(x * WIDTH * 8), int(y * HEIGHT * 8))
                cv2.circle(canvas.picture, centre, int(near * 11), (tone, tone, tone), -1, cv2.LINE_AA, 3)


@dataclass(frozen=True, slots=True)
class Fog(Part):
    """Fog that grows over the whole picture, thickest far away, and lifts again."""

    from_s: float = 0.0
    full_s: float = 120.0
    """When it is thickest."""
    to_s: float = math.inf
    """When it begins to lift, as fast as it came."""
    density: float = 0.7

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        grown = (canvas.seconds - self.from_s) / max(1.0, self.full_s - self.from_s)
        lifted = (canvas.seconds - self.to_s) / max(1.0, self.full_s - self.from_s)
        thick = self.density * (step(grown) - step(lifted))
        if stage is not Stage.AIR or thick <= 0.01:
            return
        rows = np.arange(HEIGHT, dtype=np.float32) / HEIGHT
        deep = np.clip(1.15 - 0.5 * np.clip((rows - canvas.horizon) / (1 - canvas.horizon), 0, 1), 0, 1.15)
        banks = 1 + 0.12 * (field(81, slope=2.0)[:90, :160] - 0.5)
        small = cv2.resize(np.ascontiguousarray(banks), (WIDTH, HEIGHT))
        weight = np.clip(thick * deep[:, None] * small, 0, 0.98).astype(np.float32)
        canvas.cover((198, 196, 194), weight)


@dataclass(frozen=True, slots=True)
class Clouds(Part):
    """Shadows of clouds that pass over the ground."""

    depth: float = 0.45
    speed: float = 26.0
    """Pixels a second."""
    seed: int = 1

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        if stage is not Stage.AIR:
            return
        tile = field(self.seed + 90, slope=2.2)
        shift = int(canvas.seconds * self.speed / 4) % 256
        part = np.roll(tile, -shift, axis=1)[:90, :160]
        shade = 1 - self.depth * np.clip((part - 0.45) * 3, 0, 1)
        gain = cv2.resize((shade * 128).astype(np.uint8), (WIDTH, HEIGHT))
        cv2.multiply(canvas.picture, cv2.merge([gain, gain, gain]), canvas.picture, 1 / 128)


@dataclass(frozen=True, slots=True)
class Shadow(Part):
    """A hard shadow of a building or lorry that moves over the picture within `from_s` and `to_s`."""

    from_s: float = 10.0
    to_s: float = 40.0
    depth: float = 0.5
    width: float = 0.5

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        if stage is not Stage.AIR or not self.from_s <= canvas.seconds <= self.to_s:
            return
        share = (canvas.seconds - self.from_s) / (self.to_s - self.from_s)
        right = int((share * (1 + self.width)) * WIDTH)
        left = max(0, right - int(self.width * WIDTH))
        part = canvas.picture[int(canvas.horizon * HEIGHT) :, left : min(WIDTH, right)]
        if part.size:
            part[:] = cv2.convertScaleAbs(part, alpha=1 - self.depth)


@dataclass(frozen=True, slots=True)
class Headlights(Part):
    """A car's lights that sweep over the place, again and again; the car itself is not seen."""

    every_s: float = 12.0
    takes_s: float = 4.0
    first_s: float = 3.0
    strength: float = 0.9
    y: float = 0.5

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        if stage is not Stage.GLOW or canvas.seconds < self.first_s:
            return
        share = ((canvas.seconds - self.first_s) % self.every_s) / self.takes_s
        if share > 1:
            return
        x, y = int((1.2 * share - 0.1) * WIDTH), int(self.y * HEIGHT)
        size = 26 + int(60 * share)
        for side in (-1, 1):
            lamp = disc(size, 1.0) ** 3 * np.float32(1.3 * self.strength)
            canvas.shine((225, 240, 255), lamp, x + side * size // 2 - size, y - size)
        pool = disc(200, 1.0)
        flat = cv2.resize(pool, None, fx=1.0, fy=0.5).astype(np.float32) * np.float32(0.35 * self.strength)
        canvas.shine((150, 170, 180), flat, x - pool.shape[1] // 2, y + 70 - flat.shape[0] // 2)


@dataclass(frozen=True, slots=True)
class Shake(Part):
    """A mast in the wind (a pixel or three), or a camera in the hand (twenty, with turns)."""

    pixels: float = 1.5
    hertz: float = 2.5
    degrees: float = 0.0
    from_s: float = 0.0
    to_s: float = math.inf
    seed: int = 1

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        if stage is not Stage.LENS or not self.from_s <= canvas.seconds <= self.to_s:
            return
        t = canvas.seconds
        turn = self.degrees * wobble(self.seed + 2, t, self.hertz * 0.6)
        matrix = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), turn, 1.0)
        matrix[0, 2] += self.pixels * wobble(self.seed, t, self.hertz)
        matrix[1, 2] += self.pixels * wobble(self.seed + 1, t, self.hertz)
        canvas.picture = cv2.warpAffine(
            canvas.picture, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT_101
        ).astype(np.uint8, copy=False)


def handheld(seed: int = 1) -> Shake:
    """A camera in somebody's hand."""
    return Shake(pixels=26, hertz=0.5, degrees=3, seed=seed)


@cache
def _grid() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    x, y = np.meshgrid(np.arange(WIDTH, dtype=np.float32), np.arange(HEIGHT, dtype=np.float32))
    return x, y


@dataclass(frozen=True, slots=True)
class Wind(Part):
    """Trees and grass sway in a band of the picture."""

    strength: float = 2.0
    """Pixels."""
    top: float = 0.3
    bottom: float = 0.6
    seed: int = 1

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        if stage is not Stage.AIR:
            return
        first, last = int(self.top * HEIGHT), int(self.bottom * HEIGHT)
        gust = self.strength * (0.6 + 0.4 * wobble(self.seed, canvas.seconds, 0.15))
        x, y = _grid()
        phase = 2.4 * canvas.seconds
        sway = gust * np.sin(x[first:last] / 23 + phase) * np.sin(y[first:last] / 17 + 0.7 * phase)
        canvas.picture[first:last] = cv2.remap(
            canvas.picture,
            x[first:last] + sway,
            y[first:last],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT,
        )


@dataclass(frozen=True, slots=True)
class Exposure(Part):
    """The camera's gain or the light of the sky changes along `gains`: (seconds, factor)."""

    gains: tuple[tuple[float, float], ...] = ((0.0, 1.0), (10.0, 1.0), (12.0, 0.5))

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        if stage is Stage.LENS:
            gain = float(np.interp(canvas.seconds, [at for at, _ in self.gains], [g for _, g in self.gains]))
            cv2.convertScaleAbs(canvas.picture, canvas.picture, gain)


@dataclass(frozen=True, slots=True)
class Jpeg(Part):
    """What a coder leaves of it."""

    quality: int = 40

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        if stage is Stage.SENSOR:
            data = cv2.imencode(".jpg", canvas.picture, [cv2.IMWRITE_JPEG_QUALITY, self.quality])[1]
            canvas.picture = cv2.imdecode(data, cv2.IMREAD_COLOR).astype(np.uint8, copy=False)
