"""Draw what the six cameras of the demo see: fixed scenes by day and night, and what happens in them.

`draw(scene, seconds, happening, night)` gives a 640x360 picture; the same arguments give the
same picture, noise included. Colours are blue-green-red as everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum, unique
from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from tocsin.core.frames import Image

WIDTH: Final = 640
HEIGHT: Final = 360


@unique
class Event(StrEnum):
    """What may happen before a camera."""

    NOTHING = "nothing"
    SMOKE = "smoke"
    FIRE = "fire"
    PERSON = "person"
    CAR = "car"
    COVERED = "covered"
    RISING = "rising"
    """The river climbs its gauge, 2 cm a second."""


@dataclass(frozen=True, slots=True)
class Happening:
    """An event and how long it has been going on."""

    event: Event
    seconds: float


QUIET: Final = Happening(Event.NOTHING, 0.0)


def draw(scene: str, seconds: float, happening: Happening = QUIET, *, night: bool = False) -> Image:
    """Draw one picture of a scene; `seconds` moves trees, clouds and noise."""
    if happening.event is Event.COVERED and happening.seconds > 0:
        return _noisy(np.full((HEIGHT, WIDTH, 3), (22, 20, 24), np.uint8), seconds, 1.5)
    picture = background(scene).copy()
    match happening.event:
        case Event.SMOKE:
            _smoke(picture, _SPOT[scene], happening.seconds)
        case Event.FIRE:
            _smoke(picture, _SPOT[scene], happening.seconds)
            _fire(picture, _SPOT[scene], max(0.0, happening.seconds - 4), seconds)
        case Event.PERSON:
            _person(picture, _walk(happening.seconds))
        case Event.CAR:
            _car(picture, happening.seconds)
        case _:
            pass
    if scene == "river":
        rise = 0.02 * happening.seconds if happening.event is Event.RISING else 0.0
        _river(picture, 1.2 + min(rise, 2.2), seconds)
    if night:
        picture = _infrared(picture)
    return _noisy(picture, seconds, 2.5 if night else 1.5)


_SPOT: Final[dict[str, tuple[int, int]]] = {
    "square": (430, 250),
    "kitchen": (330, 210),
    "river": (500, 150),
    "road": (160, 200),
    "barn": (390, 240),
    "pond": (120, 170),
}


def _gradient(top: tuple[int, int, int], bottom: tuple[int, int, int], height: int) -> NDArray[np.uint8]:
    steps = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    band = (1 - steps) * np.array(top, np.float32) + steps * np.array(bottom, np.float32)
    return np.broadcast_to(band, (height, WIDTH, 3)).astype(np.uint8)


def _texture(picture: Image, seed: int, strength: float, rows: slice) -> None:
    """Give a surface its grain, so that defocus and cover can be told."""
    chance = np.random.default_rng(seed)
    height = len(range(*rows.indices(HEIGHT)))
    grain = cv2.resize(
        chance.normal(0, strength, (height // 3 + 1, WIDTH // 3 + 1)).astype(np.float32), (WIDTH, height)
    )
    part = picture[rows].astype(np.float32) + grain[:, :, None]
    picture[rows] = np.clip(part, 0, 255).astype(np.uint8)


def _house(picture: Image, place: tuple[int, int, int, int], wall: tuple[int, int, int]) -> None:
    x, y, width, height = place
    cv2.rectangle(picture, (x, y), (x + width, y + height), wall, -1)
    roof = np.array([[x - 12, y], [x + width // 2, y - height // 3], [x + width + 12, y]], np.int32)
    cv2.fillPoly(picture, [roof], (70, 72, 84))
    for column in range(3):
        left = x + 14 + column * (width - 20) // 3
        cv2.rectangle(
            picture, (left, y + height // 3), (left + width // 8, y + height * 2 // 3), (96, 84, 70), -1
        )
        cv2.rectangle(
            picture, (left, y + height // 3), (left + width // 8, y + height * 2 // 3), (40, 40, 44), 1
        )


def _tree(picture: Image, x: int, y: int, size: int) -> None:
    cv2.rectangle(picture, (x - size // 10, y), (x + size // 10, y + size), (48, 62, 78), -1)
    for dx, dy, radius in (
        (-size // 3, 0, size // 2),
        (size // 3, 0, size // 2),
        (0, -size // 3, size * 3 // 5),
    ):
        cv2.circle(picture, (x + dx, y + dy), radius, (58, 96 + dy // 2, 62), -1)


def _land() -> Image:
    picture = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    picture[:140] = _gradient((226, 206, 178), (238, 230, 220), 140)
    picture[140:] = _gradient((112, 132, 122), (92, 112, 104), HEIGHT - 140)
    hill = np.array([[0, 140], [120, 84], [260, 128], [420, 70], [640, 132], [640, 150], [0, 150]], np.int32)
    cv2.fillPoly(picture, [hill], (140, 150, 132))
    return picture


def _square() -> Image:
    picture = _land()
    picture[220:] = _gradient((150, 152, 152), (128, 130, 132), HEIGHT - 220)
    for row in range(230, HEIGHT, 26):
        cv2.line(picture, (0, row), (WIDTH, row), (112, 114, 116), 1)
    _house(picture, (40, 130, 190, 90), (188, 196, 204))
    _house(picture, (380, 140, 150, 80), (176, 186, 198))
    _tree(picture, 300, 160, 60)
    _tree(picture, 590, 170, 70)
    cv2.line(picture, (270, 220), (270, 90), (80, 80, 84), 4)
    cv2.rectangle(picture, (272, 92), (312, 116), (60, 60, 170), -1)
    _texture(picture, 1, 7, slice(140, HEIGHT))
    return picture


def _kitchen() -> Image:
    picture = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    picture[:200] = _gradient((196, 200, 202), (180, 184, 188), 200)
    picture[200:] = _gradient((120, 122, 126), (96, 98, 104), HEIGHT - 200)
    for column in range(0, WIDTH, 40):
        cv2.line(picture, (column, 0), (column, 200), (164, 168, 172), 1)
    for row in range(0, 200, 40):
        cv2.line(picture, (0, row), (WIDTH, row), (164, 168, 172), 1)
    cv2.rectangle(picture, (200, 210), (500, 330), (150, 152, 156), -1)
    cv2.rectangle(picture, (200, 205), (500, 215), (90, 92, 96), -1)
    for x in (260, 330, 410):
        cv2.ellipse(picture, (x, 205), (34, 12), 0, 0, 360, (60, 60, 64), -1)
    cv2.rectangle(picture, (250, 20), (460, 80), (136, 140, 146), -1)
    cv2.rectangle(picture, (30, 70), (150, 320), (170, 176, 180), -1)
    cv2.rectangle(picture, (540, 60), (620, 330), (124, 132, 140), -1)
    _texture(picture, 2, 6, slice(0, HEIGHT))
    return picture


def _road() -> Image:
    picture = _land()
    edge = np.array([[240, 150], [330, 150], [620, HEIGHT], [40, HEIGHT]], np.int32)
    cv2.fillPoly(picture, [edge], (104, 104, 106))
    for step in range(6):
        y = 160 + step * 36
        cv2.line(picture, (286 + step * 8, y), (290 + step * 10, y + 16), (210, 214, 214), 2 + step // 2)
    _house(picture, (440, 120, 120, 70), (182, 190, 200))
    _tree(picture, 110, 150, 60)
    _texture(picture, 3, 7, slice(140, HEIGHT))
    return picture


def _barn() -> Image:
    picture = _land()
    _house(picture, (200, 120, 280, 130), (130, 150, 172))
    cv2.rectangle(picture, (300, 180), (380, 250), (62, 70, 82), -1)
    for x in (80, 130, 540):
        cv2.ellipse(picture, (x, 270), (40, 34), 0, 180, 360, (110, 164, 186), -1)
    _tree(picture, 600, 150, 60)
    _texture(picture, 4, 8, slice(110, HEIGHT))
    return picture


def _pond() -> Image:
    picture = _land()
    cv2.ellipse(picture, (360, 270), (260, 70), 0, 0, 360, (150, 140, 112), -1)
    cv2.ellipse(picture, (360, 270), (260, 70), 0, 0, 360, (92, 104, 112), 3)
    for x in range(120, 620, 34):
        cv2.line(picture, (x, 196), (x, 222), (150, 156, 160), 2)
    cv2.line(picture, (110, 204), (630, 204), (150, 156, 160), 2)
    _tree(picture, 60, 160, 56)
    _texture(picture, 5, 7, slice(140, HEIGHT))
    return picture


def _riverside() -> Image:
    picture = _land()
    picture[200:] = _gradient((120, 128, 130), (104, 112, 116), HEIGHT - 200)
    cv2.rectangle(picture, (290, 60), (350, 345), (236, 238, 240), -1)
    for centimetre in range(0, 400, 10):
        y = int(340 - centimetre * 0.7)
        if y < 62:
            break
        long = centimetre % 50 == 0
        cv2.rectangle(picture, (290, y - 2), (330 if long else 312, y + 1), (40, 40, 180 if long else 40), -1)
        if long:
            cv2.putText(
                picture,
                f"{centimetre / 100:.1f}",
                (352, y + 4),
                cv2.FONT_HERSHEY_SIMPLEX,
                0.42,
                (30, 30, 30),
                1,
            )
    _tree(picture, 560, 150, 60)
    _texture(picture, 6, 6, slice(140, HEIGHT))
    return picture


def _river(picture: Image, level_m: float, seconds: float) -> None:
    top = int(340 - level_m * 70)
    wave = (np.sin(np.arange(WIDTH) / 23 + seconds * 1.7) * 2).astype(np.int32)
    water = np.empty((HEIGHT - top, WIDTH, 3), np.float32)
    water[:] = (128, 116, 92)
    rows = np.arange(HEIGHT - top)[:, None]
    water += (np.sin(rows / 3 + np.arange(WIDTH)[None, :] / 17 + seconds * 2) * 5)[:, :, None]
    part = picture[top:].astype(np.float32)
    under = rows >= np.maximum(wave, 0)[None, :]
    picture[top:] = (
        np.where(under[:, :, None], 0.88 * water + 0.12 * part, part).clip(0, 255).astype(np.uint8)
    )


def _smoke(picture: Image, spot: tuple[int, int], seconds: float) -> None:
    """Draw rising puffs at a quarter of the size: smoke has no fine lines."""
    if seconds <= 0:
        return
    cover = np.zeros((HEIGHT // 4, WIDTH // 4), np.float32)
    x, y = spot
    for puff in range(int(min(30, 6 + seconds * 2))):
        chance = np.random.default_rng(puff * 7919)
        age = (seconds * 0.9 + float(chance.uniform(0, 6)) + puff * 0.37) % 9
        rise, drift = age * 24, math.sin(age * 0.9 + puff) * 10 + age * 7
        radius = 10 + age * 9 * min(1.0, 0.4 + seconds / 25)
        strength = max(0.0, 0.85 - age * 0.075) * min(1.0, seconds / 5)
        layer = np.zeros_like(cover)
        cv2.circle(layer, (int(x + drift) // 4, int(y - rise) // 4), int(radius / 4) + 1, strength, -1)
        cover = np.maximum(cover, cv2.blur(layer, (int(radius / 6) * 2 + 1,) * 2))
    full = cv2.resize(cv2.GaussianBlur(cover, (0, 0), 1.2), (WIDTH, HEIGHT))[:, :, None]
    picture[:] = (picture * (1 - full) + 126 * full).clip(0, 255).astype(np.uint8)


def _fire(picture: Image, spot: tuple[int, int], burning: float, seconds: float) -> None:
    if burning <= 0:
        return
    size = min(1.0, 0.25 + burning / 14)
    x, y = spot
    for tongue in range(9):
        flicker = 0.75 + 0.25 * math.sin(seconds * 11 + tongue * 2.1) * math.sin(seconds * 7.3 + tongue)
        height, half = size * 70 * flicker * (1 - abs(tongue - 4) / 7), size * 12
        left = x + (tongue - 4) * size * 13
        for share, colour in ((1.0, (20, 80, 235)), (0.7, (30, 150, 255)), (0.4, (120, 225, 255))):
            tip = (left + math.sin(seconds * 5 + tongue) * 5, y + 14 - height * share)
            shape = np.array([[left - half * share, y + 14], tip, [left + half * share, y + 14]], np.int32)
            cv2.fillPoly(picture, [shape], colour)
    glow = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.circle(glow, (x, int(y - 10 * size)), int(60 * size) + 10, 0.35, -1)
    soft = cv2.GaussianBlur(glow, (0, 0), 22)
    lit = picture.astype(np.float32) + soft[:, :, None] * np.array((10, 90, 200), np.float32)
    picture[:] = lit.clip(0, 255).astype(np.uint8)


def _walk(seconds: float) -> tuple[int, int, float]:
    """Give foot point and phase of somebody who crosses the picture in 16 s, and again."""
    share = (seconds / 16) % 1
    return int(40 + share * 560), int(330 - 40 * math.sin(share * math.pi)), seconds * 6


def _person(picture: Image, where: tuple[int, int, float]) -> None:
    x, y, phase = where
    swing = int(9 * math.sin(phase))
    cv2.line(picture, (x, y - 38), (x - swing, y), (70, 52, 44), 8)
    cv2.line(picture, (x, y - 38), (x + swing, y), (62, 46, 40), 8)
    cv2.ellipse(picture, (x, y - 58), (13, 26), 0, 0, 360, (132, 92, 52), -1)
    cv2.circle(picture, (x, y - 92), 10, (132, 160, 196), -1)


def _car(picture: Image, seconds: float) -> None:
    share = (seconds / 8) % 1
    scale = 0.3 + share * 1.1
    x, y = int(286 + share * 60), int(170 + share * 130)
    width, height = int(90 * scale), int(44 * scale)
    cv2.rectangle(picture, (x - width // 2, y), (x + width // 2, y + height), (150, 110, 70), -1)
    cv2.rectangle(picture, (x - width // 3, y - height // 2), (x + width // 3, y), (110, 96, 84), -1)
    for side in (-1, 1):
        cv2.circle(picture, (x + side * width // 3, y + height), int(9 * scale), (30, 30, 30), -1)


def _infrared(picture: Image) -> Image:
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
    across, down = np.meshgrid(np.linspace(-1, 1, WIDTH), np.linspace(-1, 1, HEIGHT))
    lamp = 0.85 - 0.45 * (across**2 + down**2) / 2
    dark = (grey * 0.62 * lamp).clip(0, 255).astype(np.uint8)
    return np.repeat(dark[:, :, None], 3, axis=2)


@cache
def background(scene: str) -> Image:
    """Give a scene by day with nothing happening and without noise; shared, not to be changed."""
    return _BACKGROUNDS[scene]()


@cache
def _noise(number: int) -> NDArray[np.float32]:
    return np.random.default_rng(number).normal(0, 1, (HEIGHT, WIDTH, 1)).astype(np.float32)


def _noisy(picture: Image, seconds: float, sigma: float) -> Image:
    """Add one of eleven fields of noise: a picture never equals the one before."""
    noise = _noise(int(seconds * 1000) % 11) * np.float32(sigma)
    return (picture + noise).clip(0, 255).astype(np.uint8)


_BACKGROUNDS: Final[dict[str, Callable[[], Image]]] = {
    "square": _square,
    "kitchen": _kitchen,
    "river": _riverside,
    "road": _road,
    "barn": _barn,
    "pond": _pond,
}
SCENES: Final = tuple(_BACKGROUNDS)
"""Names of all scenes."""
