"""The places: what a camera sees by day when nothing happens. Most are those of the demo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from tests.support.scenes.canvas import HEIGHT, WIDTH
from tests.support.scenes.chance import field
from tocsin.core.frames import Image
from tocsin.demo.scenes import background


@dataclass(frozen=True, slots=True)
class Place:
    """A background and its perspective."""

    name: str
    horizon: float
    """Where the ground ends, as a share of the height."""
    tall: float
    """Height of a person at the lower edge."""
    outdoors: bool
    paint: Callable[[], Image]


@cache
def painted(name: str) -> Image:
    """The place by day; shared, not to be changed."""
    return PLACES[name].paint()


def _hall() -> Image:
    """A corridor hall with tiles, doors and a bench, lit from above."""
    picture = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    picture[:] = (196, 204, 206)
    floor = np.array([[200, 120], [440, 120], [WIDTH, HEIGHT], [0, HEIGHT]], np.int32)
    cv2.fillPoly(picture, [floor], (138, 146, 154))
    cv2.rectangle(picture, (200, 30), (440, 120), (172, 180, 186), -1)
    for step in range(9):
        y = 120 + int(240 * (step / 8) ** 1.8)
        cv2.line(picture, (0, y), (WIDTH, y), (118, 124, 132), 1)
        cv2.line(picture, (200 + step * 30, 120), (step * 80, HEIGHT), (118, 124, 132), 1)
    cv2.fillPoly(picture, [np.array([[0, 0], [200, 30], [200, 120], [0, HEIGHT]], np.int32)], (176, 188, 194))
    cv2.fillPoly(
        picture, [np.array([[WIDTH, 0], [440, 30], [440, 120], [WIDTH, HEIGHT]], np.int32)], (184, 192, 196)
    )
    for left, right in ((40, 90), (130, 160)):
        door = [[left, 40 + left // 8], [right, 45 + right // 8], [right, 250 - right], [left, 330 - left]]
        cv2.fillPoly(picture, [np.array(door, np.int32)], (84, 104, 132))
    cv2.rectangle(picture, (290, 55), (350, 120), (120, 138, 150), -1)
    cv2.rectangle(picture, (296, 60), (344, 90), (214, 210, 190), -1)
    for x in (250, 320, 390):
        cv2.rectangle(picture, (x - 14, 8), (x + 14, 16), (244, 248, 250), -1)
    cv2.fillPoly(
        picture, [np.array([[520, 200], [600, 250], [600, 274], [520, 218]], np.int32)], (66, 80, 96)
    )
    cv2.rectangle(picture, (560, 80), (600, 130), (120, 90, 60), -1)
    return _grained(picture, 31, 9, slice(0, HEIGHT))


def _forest() -> Image:
    """A meadow before the edge of a wood, with hills behind."""
    picture = background("barn").copy()
    picture[:170] = background("pond")[:170]
    picture[170:] = (96, 138, 128)
    chance = np.random.default_rng(5)
    for _ in range(90):
        x, y = int(chance.integers(0, WIDTH)), int(150 + chance.normal(0, 12))
        size = int(chance.integers(16, 34))
        tone = int(chance.integers(-14, 14))
        cv2.circle(picture, (x, y), size, (44 + tone, 84 + tone, 54 + tone), -1, cv2.LINE_AA)
        cv2.line(picture, (x, y), (x, y + size + 8), (40, 54, 66), 3)
    tufts = chance.integers(0, WIDTH, 260), chance.integers(205, HEIGHT, 260)
    for x, y in zip(*tufts, strict=True):
        cv2.line(picture, (int(x), int(y)), (int(x) + 3, int(y) - 6), (70, 112, 96), 1)
    cv2.line(picture, (60, 300), (60, 190), (80, 92, 104), 5)
    return _grained(picture, 32, 16, slice(110, HEIGHT))


def _grained(picture: Image, seed: int, strength: float, rows: slice) -> Image:
    """Give surfaces their grain at several sizes."""
    tile = field(seed, slope=0.7)
    wide = np.tile(tile, (2, 3))[:HEIGHT, :WIDTH][rows] - 0.5
    part = picture[rows].astype(np.float32) * (1 + wide[..., None] * (strength / 50))
    picture[rows] = np.clip(part, 0, 255).astype(np.uint8)
    return picture


PLACES = {
    place.name: place
    for place in (
        Place("yard", 0.36, 0.36, outdoors=True, paint=lambda: background("barn")),
        Place("square", 0.38, 0.36, outdoors=True, paint=lambda: background("square")),
        Place("road", 0.38, 0.34, outdoors=True, paint=lambda: background("road")),
        Place("river", 0.38, 0.34, outdoors=True, paint=lambda: background("river")),
        Place("pond", 0.38, 0.34, outdoors=True, paint=lambda: background("pond")),
        Place("hall", 0.12, 0.62, outdoors=False, paint=_hall),
        Place("forest", 0.40, 0.28, outdoors=True, paint=_forest),
    )
}
