"""A small fixed place with cheap noise, for tests that play hundreds of pictures."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.support.detecting import yard
from tocsin.core.frames import Image

HEIGHT, WIDTH = 180, 320


@cache
def _base() -> NDArray[np.int16]:
    return cv2.resize(yard(0), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.int16)


@cache
def noise(index: int) -> NDArray[np.int16]:
    """Grain of a sensor; eight fields are enough that no two pictures in a row are the same."""
    return np.random.default_rng(index).normal(0, 2, (HEIGHT, WIDTH, 3)).round().astype(np.int16)


def grainy(image: Image, seed: int) -> Image:
    """Add the grain of picture `seed` to a drawn one."""
    return np.clip(image.astype(np.int16) + noise(seed % 8), 0, 255).astype(np.uint8)


def place(seed: int) -> Image:
    """Wall, windows and gravel of the yard, a quarter of its pixels."""
    return np.clip(_base() + noise(seed % 8), 0, 255).astype(np.uint8)
