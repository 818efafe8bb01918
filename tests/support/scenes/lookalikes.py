"""Harmless things with the very colours of flames that also move: what colour alone takes for fire."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from tests.support.scenes.canvas import HEIGHT, WIDTH, Canvas, Colour, Part, Spot, Stage, disc
from tests.support.scenes.chance import field, flicker, sampled, unit, wobble

_WHITE: Colour = (245, 250, 252)


def _lit(colour: Colour, canvas: Canvas, gain: float = 1.0) -> Colour:
    """A painted thing by the light there is: it keeps its hue."""
    share = gain * max(0.15, canvas.bright)
    blue, green, red = (int(min(255, level * share)) for level in colour)
    grey = int(0.114 * blue + 0.587 * green + 0.299 * red)
    return (grey, grey, grey) if canvas.infrared else (blue, green, red)


@dataclass(frozen=True, slots=True)
class Flag(Part):
    """A flag in red, orange and yellow before the wind."""

    at: Spot = (0.5, 0.3)
    """Its upper corner at the pole."""
    width: float = 0.16
    tones: tuple[Colour, ...] = ((30, 70, 235), (25, 120, 255), (60, 220, 255))
    hertz: float = 1.6
    seed: int = 1

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        if stage is not Stage.GLOW:
            return
        wide = int(self.width * WIDTH)
        high = int(wide * 0.62)
        x, y = int(self.at[0] * WIDTH), int(self.at[1] * HEIGHT)
        cv2.line(canvas.picture, (x, y - 8), (x, min(HEIGHT, y + 4 * high)), _lit((150, 150, 150), canvas), 3)
        across = np.linspace(0, 1, wide, dtype=np.float32)[None, :].repeat(high + 20, 0)
        down = np.arange(high + 20, dtype=np.float32)[:, None].repeat(wide, 1) - 10
        phase = math.tau * (1.4 * across - self.hertz * canvas.seconds)
        gust = 5 + 3 * wobble(self.seed, canvas.seconds, 0.4)
        row = down - gust * across * np.sin(phase) - 2 * across * np.sin(2.3 * phase + 1)
        shade = 0.82 + 0.18 * np.cos(phase) * np.minimum(1, 3 * across)
        stripe = np.clip(row / high * len(self.tones), 0, len(self.tones) - 1).astype(int)
        lit = np.array([_lit(tone, canvas) for tone in self.tones], np.float32)[stripe]
        sheet = (lit * shade[..., None]).clip(0, 255).astype(np.uint8)
        canvas.cover(sheet, ((row >= 0) & (row < high)).astype(np.float32), x, y - 10)


@dataclass(frozen=True, slots=True)
class Leaves(Part):
    """An autumn tree in the sun: each leaf trembles for itself."""

    at: Spot = (0.5, 0.35)
    radius: float = 0.12
    count: int = 450
    seed: int = 1

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        if stage is not Stage.GLOW:
            return
        reach = self.radius * WIDTH
        trunk = (int(self.at[0] * WIDTH), int(self.at[1] * HEIGHT))
        cv2.line(canvas.picture, trunk, (trunk[0], HEIGHT), _lit((50, 62, 78), canvas), 8)
        for leaf in range(self.count):
            angle, far = math.tau * unit(self.seed, leaf, 1), reach * math.sqrt(unit(self.seed, leaf, 2))
            rate = 1.5 + 3.5 * unit(self.seed, leaf, 3)
            x = trunk[0] + far * math.cos(angle) + 2.2 * wobble(self.seed + leaf, canvas.seconds, rate)
            y = (
                trunk[1]
                + 0.8 * far * math.sin(angle)
                + 1.5 * wobble(self.seed - leaf - 9, canvas.seconds, rate)
            )
            red = 165 + 80 * unit(self.seed, leaf, 4)
            share = 0.3 + 0.5 * unit(self.seed, leaf, 5)
            glint = 0.85 + 0.15 * wobble(self.seed + 3 * leaf, canvas.seconds, rate)
            tone = _lit((int(0.12 * red), int(share * red), int(red)), canvas, glint)
            turn = 180 * unit(self.seed, leaf, 6) + 30 * wobble(self.seed + 5 * leaf, canvas.seconds, rate)
            size = 2.5 + 3 * unit(self.seed, leaf, 7)
            cv2.ellipse(
                canvas.picture, (int(x * 8), int(y * 8)), (int(size * 8), int(size * 5)), turn, 0, 360, tone, -1,
                cv2.LINE_AA, 3,
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Worker(Part):
    """Somebody in an orange warning vest with bright stripes, who works at one place."""

    at: Spot = (0.5, 0.8)
    """Between the feet."""
    height: float = 0.35
    seed: int = 1

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        if stage is not Stage.GLOW:
            return
        t, tall = canvas.seconds, self.height * HEIGHT
        sway = 0.04 * tall * wobble(self.seed, t, 0.6)
        x, y = self.at[0] * WIDTH + sway, self.at[1] * HEIGHT
        vest, stripe = _lit((30, 112, 255), canvas), _lit(_WHITE, canvas)
        half, top, waist = 0.13 * tall, y - 0.82 * tall, y - 0.45 * tall
        picture = canvas.picture
        for side in (-1, 1):
            foot = (int(x + side * 0.5 * half), int(y))
            cv2.line(picture, (int(x + side * 0.4 * half), int(waist)), foot, _lit((70, 50, 40), canvas), 7)
        body = [(x - half, top), (x + half, top), (x + 0.9 * half, waist), (x - 0.9 * half, waist)]
        cv2.fillPoly(picture, [np.array(body, np.int32)], vest, cv2.LINE_AA)
        for level in (0.3, 0.6):
            row = int(top + level * (waist - top))
            cv2.line(picture, (int(x - half), row), (int(x + half), row), stripe, 2)
        for side in (-1, 1):
            swing = 1.1 * wobble(self.seed + 10 * side, t, 1.2)
            elbow = (x + side * half * (1 + 0.8 * abs(swing)), top + 0.22 * tall)
            hand = (elbow[0] + 0.2 * tall * math.sin(swing), elbow[1] + 0.2 * tall * math.cos(swing))
            shoulder = (int(x + side * half), int(top + 4))
            cv2.line(picture, shoulder, (int(elbow[0]), int(elbow[1])), vest, 8, cv2.LINE_AA)
            cv2.line(
                picture, (int(elbow[0]), int(elbow[1])), (int(hand[0]), int(hand[1])), vest, 7, cv2.LINE_AA
            )
        skin = _lit((130, 165, 215), canvas)
        cv2.circle(picture, (int(x), int(top - 0.08 * tall)), int(0.07 * tall), skin, -1, cv2.LINE_AA)
        cv2.circle(
            picture, (int(x), int(top - 0.11 * tall)), int(0.065 * tall), _lit((40, 190, 250), canvas), -1
        )


@dataclass(frozen=True, slots=True)
class Balloons(Part):
    """A bunch of shining balloons that sways."""

    at: Spot = (0.5, 0.4)
    seed: int = 1

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        if stage is not Stage.GLOW:
            return
        lean = 9 * wobble(self.seed, canvas.seconds, 0.5)
        for number in range(22):
            own = 2.5 * wobble(self.seed + number, canvas.seconds, 0.9)
            x = (
                self.at[0] * WIDTH
                + 46 * (unit(self.seed, number, 1) - 0.5)
                + lean * unit(self.seed, number, 3)
                + own
            )
            y = self.at[1] * HEIGHT + 70 * (unit(self.seed, number, 2) - 0.5)
            tone = ((40, 112, 245), (38, 105, 235), (236, 234, 232), (52, 48, 44))[number % 4]
            for scale, gain in ((1.0, 0.85), (0.8, 1.0), (0.3, 1.12)):
                middle = (int((x - 3 * (1 - scale)) * 8), int((y - 4 * (1 - scale)) * 8))
                cv2.ellipse(
                    canvas.picture, middle, (int(9 * scale * 8), int(10.5 * scale * 8)), 0, 0, 360,
                    _lit(tone, canvas, gain), -1, cv2.LINE_AA, 3,
                )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sign(Part):
    """A sign of amber lamps: text that scrolls, or two pages that take turns."""

    at: Spot = (0.35, 0.3)
    width: float = 0.3
    scrolls: bool = True
    tone: Colour = (10, 130, 255)

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        if stage is not Stage.GLOW:
            return
        wide, high = int(self.width * WIDTH), 34
        x, y = int(self.at[0] * WIDTH), int(self.at[1] * HEIGHT)
        page = int(canvas.seconds / 1.5) % 2
        board = np.full((high, wide, 3), 14, np.uint8)
        text = "ROAD CLOSED  USE EXIT 7   " if self.scrolls or page else "SLOW  40"
        shift = int(60 * canvas.seconds) % 330 if self.scrolls else -8
        for start in (-shift, 330 - shift if self.scrolls else 999):
            cv2.putText(board, text, (start, 25), cv2.FONT_HERSHEY_SIMPLEX, 0.8, canvas.tone(self.tone), 3)
        canvas.picture[y : y + high, x : x + wide] = board[: HEIGHT - y, : WIDTH - x]


@dataclass(frozen=True, slots=True)
class Welding(Part):
    """A blue-white arc for seconds at a time, its light on everything, and orange sparks."""

    at: Spot = (0.5, 0.6)
    seed: int = 1

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        t = canvas.seconds
        if stage is not Stage.GLOW or wobble(self.seed, t, 0.25) < -0.2:
            return
        x, y = int(self.at[0] * WIDTH), int(self.at[1] * HEIGHT)
        strength = max(0.0, 0.75 + 0.45 * flicker(self.seed + 1, t, (6.0, 11.0, 17.0, 23.0)))
        canvas.shine((255, 225, 205), disc(120, 1.0) ** 2 * np.float32(0.5 * strength), x - 120, y - 120)
        canvas.shine((255, 245, 235), disc(14, 0.6) * np.float32(1.2 * strength), x - 14, y - 14)
        for spark in range(14):
            life = (t * 2.2 + unit(self.seed, spark, 1)) % 1
            turn = math.tau * unit(self.seed, spark, int(t * 2.2 + unit(self.seed, spark, 1)))
            far = 44 * life
            at = (int(x + far * math.cos(turn)), int(y + far * math.sin(turn) * 0.6 + 34 * life * life))
            cv2.circle(canvas.picture, at, 1, canvas.tone((60, 160, 255)), -1, cv2.LINE_AA)


@dataclass(frozen=True, slots=True)
class Glitter(Part):
    """The low sun in moving water: points that flash all over a band."""

    at: Spot = (0.5, 0.75)
    width: float = 0.08
    height: float = 0.4
    tone: Colour = (60, 165, 255)
    seed: int = 1

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        if stage is not Stage.GLOW:
            return
        high, wide = int(self.height * HEIGHT), int(self.width * WIDTH)
        waves = self._waves(canvas.seconds, high, wide)
        middle = np.exp(-(np.linspace(-1.6, 1.6, wide, dtype=np.float32)[None, :] ** 2))
        weight = np.clip((waves * middle - 0.62) * 7, 0, 1).astype(np.float32)
        left, top = int(self.at[0] * WIDTH) - wide // 2, int(self.at[1] * HEIGHT) - high // 2
        canvas.cover(canvas.tone(self.tone), np.clip(weight * 1.5, 0, 1), left, top)
        canvas.cover(canvas.tone((210, 250, 255)), np.clip(weight * 2 - 1, 0, 1), left, top)

    def _waves(self, seconds: float, high: int, wide: int) -> NDArray[np.float32]:
        down, across = np.indices((high, wide), dtype=np.float32)
        one = sampled(field(70 + self.seed, slope=1.0), across * 0.8, down * 2.2 + 22 * np.float32(seconds))
        other = sampled(
            field(80 + self.seed, slope=1.0), across * 0.9 + 40, down * 2.6 - 17 * np.float32(seconds)
        )
        return np.asarray(0.5 + 0.7 * (one + other - 1) + 0.25, np.float32)


@dataclass(frozen=True, slots=True)
class Beacons(Part):
    """Two orange warning lamps that take turns."""

    at: Spot = (0.5, 0.4)
    apart: float = 0.05
    hertz: float = 1.0
    radius: float = 7.0
    smooth: bool = False
    """Lamps that turn swell and fade; others switch."""

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        if stage is not Stage.GLOW:
            return
        for side in (0, 1):
            phase = (canvas.seconds * self.hertz + side / 2) % 1
            level = 0.5 + 0.5 * math.cos(math.tau * phase) if self.smooth else float(phase < 0.5)
            x = int((self.at[0] + (side - 0.5) * self.apart) * WIDTH)
            y, core, reach = int(self.at[1] * HEIGHT), int(self.radius), int(4 * self.radius)
            glow = disc(reach, 1.0) ** 2 * np.float32(0.7 * level)
            canvas.shine((10, 110, 240), glow, x - reach, y - reach)
            canvas.cover(
                canvas.tone((130, 215, 255)), disc(core, 0.5) * np.float32(level), x - core, y - core
            )


@cache
def _pane(seed: int) -> NDArray[np.float32]:
    return field(seed + 90, slope=2.0)


@dataclass(frozen=True, slots=True)
class Dapples(Part):
    """The sun through leaves on a wall of red brick: patches that dance."""

    at: Spot = (0.5, 0.5)
    size: float = 0.2
    seed: int = 1

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        if stage is not Stage.GLOW:
            return
        wide, high = int(self.size * WIDTH), int(self.size * WIDTH * 0.7)
        left, top = int(self.at[0] * WIDTH) - wide // 2, int(self.at[1] * HEIGHT) - high // 2
        down, across = np.indices((high, wide), dtype=np.float32)
        sway = 6 * wobble(self.seed, canvas.seconds, 0.7), 4 * wobble(self.seed + 1, canvas.seconds, 1.1)
        shade = sampled(
            _pane(self.seed), across * 0.9 + np.float32(sway[0]), down * 0.9 + np.float32(sway[1])
        )
        light = np.clip(0.45 + (shade - 0.45) * 5, 0.45, 1.35)
        brick = np.array(_lit((88, 112, 205), canvas), np.float32)
        rows = np.where(
            (down.astype(int) % 9 == 0) | ((across + 9 * (down // 9)).astype(int) % 18 == 0), 0.8, 1.0
        )
        sheet = (light * rows)[..., None] * brick
        canvas.cover(sheet.clip(0, 255).astype(np.uint8), np.ones((high, wide), np.float32), left, top)
