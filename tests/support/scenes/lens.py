"""What people and faults do to a camera: cover, paint, defocus, turn, cap, freeze, cut and damage."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from typing_extensions import override

from tests.support.scenes.canvas import HEIGHT, WHOLE, WIDTH, Canvas, Part, Stage, Truth, disc
from tests.support.scenes.chance import field, step, unit, wobble
from tocsin.core.detections import Kind


@dataclass(frozen=True, slots=True)
class Covered(Part):
    """Something before the lens, close and out of focus."""

    by: Literal["hand", "spray", "bag", "cloth", "cap"] = "hand"
    from_s: float = 10.0
    to_s: float = 60.0
    takes_s: float = 0.6
    share: float = 1.0
    """How much of the picture a hand hides."""
    seed: int = 1

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        if stage is not Stage.LENS or not self.from_s <= canvas.seconds <= self.to_s:
            return
        there = step((canvas.seconds - self.from_s) / max(0.01, self.takes_s))
        if self.by == "spray":
            self._spray(canvas, there)
            return
        if self.by == "bag":
            small = cv2.resize(canvas.picture, (WIDTH // 4, HEIGHT // 4), interpolation=cv2.INTER_AREA)
            dim = cv2.GaussianBlur(small, (0, 0), 3.5)
            folds = cv2.resize(field(self.seed + 60, slope=1.9), (WIDTH // 4, HEIGHT // 4))
            shine = 1.0 if canvas.infrared else canvas.bright
            film = (dim * 0.45 + (70 + 70 * folds[..., None]) * shine).clip(0, 255).astype(np.uint8)
            canvas.cover(
                cv2.resize(film, (WIDTH, HEIGHT)).astype(np.uint8, copy=False), self._slide(canvas, there)
            )
            return
        tones = {"hand": (78, 96, 138), "cloth": (92, 60, 48), "cap": (6, 6, 6)}
        tone = np.array(tones[self.by], np.float32) * (1 if canvas.infrared else max(0.25, canvas.bright))
        shade = cv2.resize(field(self.seed + 61, slope=2.2), (WIDTH, HEIGHT))
        stuff = (tone * (0.75 + 0.5 * shade[..., None])).clip(0, 255).astype(np.uint8)
        if canvas.infrared:
            # The camera's own lamp shines on it from a hand's breadth.
            stuff = np.repeat((stuff.max(axis=2, keepdims=True) * 1.5).clip(0, 255), 3, 2).astype(np.uint8)
        canvas.cover(stuff, self._slide(canvas, there))

    def _slide(self, canvas: Canvas, there: float) -> np.ndarray:
        across = np.arange(WIDTH, dtype=np.float32)[None, :] / WIDTH
        down = np.arange(HEIGHT, dtype=np.float32)[:, None] / HEIGHT
        shake = 0.01 * wobble(self.seed, canvas.seconds, 3)
        edge = there * (self.share * 1.25 + 0.1) + shake
        weight = np.clip((edge - across - 0.08 * np.sin(down * 5)) / 0.12, 0, 1)
        return weight.astype(np.float32)

    def _spray(self, canvas: Canvas, there: float) -> None:
        small = np.zeros((HEIGHT // 4, WIDTH // 4), np.float32)
        drops = int(46 * there)
        for number in range(drops):
            x, y = unit(self.seed, number, 1) * WIDTH / 4, unit(self.seed, number, 2) * HEIGHT / 4
            cv2.circle(small, (int(x), int(y)), int(12 + 14 * unit(self.seed, number, 3)), 1.0, -1)
        weight = cv2.resize(cv2.GaussianBlur(small, (0, 0), 3), (WIDTH, HEIGHT))
        bright = 1 if canvas.infrared else max(0.2, canvas.bright)
        tone = (int(60 * bright), int(58 * bright), int(62 * bright))
        canvas.cover(tone, np.clip(weight * 1.1, 0, 0.97).astype(np.float32))

    @override
    def truth(self, horizon: float, tall: float) -> Sequence[Truth]:
        return (Truth(Kind.TAMPER, self.from_s, self.to_s, WHOLE),)


@dataclass(frozen=True, slots=True)
class Defocused(Part):
    """Somebody turns the ring of the lens."""

    from_s: float = 10.0
    to_s: float = 60.0
    sigma: float = 6.0
    """Blur in pixels of 640."""
    takes_s: float = 1.0

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        if stage is Stage.LENS and self.from_s <= canvas.seconds <= self.to_s:
            sigma = self.sigma * step((canvas.seconds - self.from_s) / max(0.01, self.takes_s))
            if sigma > 0.2:
                cv2.GaussianBlur(canvas.picture, (0, 0), sigma, dst=canvas.picture)

    @override
    def truth(self, horizon: float, tall: float) -> Sequence[Truth]:
        return (Truth(Kind.TAMPER, self.from_s, self.to_s, WHOLE),)


@dataclass(frozen=True, slots=True)
class Turned(Part):
    """The camera is turned and stays so; shifts are shares of the picture's width."""

    from_s: float = 10.0
    to_s: float = math.inf
    right: float = 0.3
    down: float = 0.0
    degrees: float = 0.0
    takes_s: float = 1.0
    truly: bool = True
    """False: less than anybody would call tampering."""

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        if stage is not Stage.LENS or not self.from_s <= canvas.seconds <= self.to_s:
            return
        there = step((canvas.seconds - self.from_s) / max(0.01, self.takes_s))
        matrix = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), self.degrees * there, 1.0)
        matrix[0, 2] -= self.right * there * WIDTH
        matrix[1, 2] -= self.down * there * WIDTH
        canvas.picture = cv2.warpAffine(
            canvas.picture, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT_101
        ).astype(np.uint8, copy=False)

    @override
    def truth(self, horizon: float, tall: float) -> Sequence[Truth]:
        return (Truth(Kind.TAMPER, self.from_s, self.to_s, WHOLE),) if self.truly else ()


@dataclass(frozen=True, slots=True)
class Dark(Part):
    """No light comes in: a cap, or a sensor or lamp that failed."""

    from_s: float = 10.0
    to_s: float = 60.0
    takes_s: float = 0.1
    left: float = 0.0
    """Share of the light that is left."""

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        if stage is Stage.LENS and self.from_s <= canvas.seconds <= self.to_s:
            gone = step((canvas.seconds - self.from_s) / max(0.01, self.takes_s))
            cv2.convertScaleAbs(canvas.picture, canvas.picture, 1 - gone * (1 - self.left))

    @override
    def truth(self, horizon: float, tall: float) -> Sequence[Truth]:
        return (Truth(Kind.VIDEO_LOSS, self.from_s, self.to_s, WHOLE),)


@dataclass(frozen=True, slots=True)
class Frozen(Part):
    """The camera sends the same picture again and again."""

    from_s: float = 10.0
    to_s: float = 60.0

    @override
    def clock(self, seconds: float) -> float:
        return self.from_s if self.from_s <= seconds <= self.to_s else seconds

    @override
    def truth(self, horizon: float, tall: float) -> Sequence[Truth]:
        return (Truth(Kind.VIDEO_LOSS, self.from_s, self.to_s, WHOLE),)


@dataclass(frozen=True, slots=True)
class Gone(Part):
    """The camera sends nothing."""

    from_s: float = 10.0
    to_s: float = 60.0

    @override
    def clock(self, seconds: float) -> float | None:
        return None if self.from_s <= seconds < self.to_s else seconds

    @override
    def truth(self, horizon: float, tall: float) -> Sequence[Truth]:
        return (Truth(Kind.VIDEO_LOSS, self.from_s, self.to_s, WHOLE),)


@dataclass(frozen=True, slots=True)
class Damaged(Part):
    """Pictures whose lower part was lost on the way: grey from a row on; nothing happened."""

    from_s: float = 10.0
    to_s: float = 60.0
    row: float = 0.45
    every_s: int = 1
    """Only the pictures of every n-th second are hit."""

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        hit = self.from_s <= canvas.seconds <= self.to_s and int(canvas.seconds) % self.every_s == 0
        if stage is Stage.SENSOR and hit:
            canvas.picture[int(self.row * HEIGHT) :] = 128


@dataclass(frozen=True, slots=True)
class Spider(Part):
    """A spider that walks close before the lens, bright under the lamp and dark by day."""

    from_s: float = 10.0
    to_s: float = 40.0
    size: float = 0.16
    """Radius of its body with the legs, as a share of the picture's width."""
    seed: int = 4

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        if stage is not Stage.LENS or not self.from_s <= canvas.seconds <= self.to_s:
            return
        t = canvas.seconds
        x = WIDTH * (0.5 + 0.4 * wobble(self.seed, t, 0.08))
        y = HEIGHT * (0.45 + 0.35 * wobble(self.seed + 1, t, 0.07))
        radius = self.size * WIDTH / 4
        small = np.zeros((HEIGHT // 4, WIDTH // 4), np.float32)
        for leg in range(8):
            angle = math.tau * leg / 8 + 0.25 * math.sin(9 * t + leg)
            knee = (x / 4 + 0.6 * radius * math.cos(angle), y / 4 + 0.6 * radius * math.sin(angle))
            foot = (
                knee[0] + 0.5 * radius * math.cos(angle + 0.5),
                knee[1] + 0.5 * radius * math.sin(angle + 0.5),
            )
            points = [(int(x / 4), int(y / 4)), (int(knee[0]), int(knee[1])), (int(foot[0]), int(foot[1]))]
            cv2.polylines(small, [np.array(points, np.int32)], isClosed=False, color=0.8, thickness=2)
        body = disc(radius * 0.45, 0.4)
        cv2.circle(small, (int(x / 4), int(y / 4)), body.shape[0] // 2, 1.0, -1)
        weight = cv2.resize(cv2.GaussianBlur(small, (0, 0), 2.2), (WIDTH, HEIGHT)).astype(np.float32)
        canvas.cover((215, 215, 215) if canvas.infrared else (34, 38, 44), np.clip(weight, 0, 0.95))
