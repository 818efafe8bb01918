"""Chance that depends on nothing but a seed and the time.

Every value is a function of (seed, seconds): pictures drawn at any rate, in any order, show the same
world. `wobble` wanders smoothly, `field` is a tile of clouds that fits to itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]


def unit(*key: int) -> float:
    """A number from 0 to 1 that only the key decides."""
    value = 0x9E3779B97F4A7C15
    for part in key:
        value ^= part & 0xFFFFFFFFFFFFFFFF
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
        value ^= value >> 31
    return value / 2**64


def wobble(seed: int, seconds: float, hertz: float) -> float:
    """Wander smoothly between -1 and 1, with turns about `hertz` times a second."""
    at = seconds * hertz * 2
    left = math.floor(at)
    share = (1 - math.cos((at - left) * math.pi)) / 2
    return (1 - share) * (2 * unit(seed, left) - 1) + share * (2 * unit(seed, left + 1) - 1)


def flicker(seed: int, seconds: float, hertz: Sequence[float] = (1.2, 2.5, 4.5, 7.0, 11.0)) -> float:
    """Wander between -1 and 1 with about the same strength at each rate: 1 to 12 Hz, as flames do."""
    return sum(wobble(seed + 97 * i, seconds, rate) for i, rate in enumerate(hertz)) / math.sqrt(len(hertz))


def step(share: float) -> float:
    """Go smoothly from 0 to 1 while `share` does."""
    clipped = min(1.0, max(0.0, share))
    return clipped * clipped * (3 - 2 * clipped)


@cache
def field(seed: int, size: int = 256, slope: float = 1.6, longest: float = math.inf) -> Field:
    """Clouds from 0 to 1, evenly spread, none longer than `longest`; the tile fits to itself on all sides."""
    chance = np.random.default_rng(seed)
    across = np.fft.fftfreq(size)[None, :]
    down = np.fft.fftfreq(size)[:, None]
    power = np.sqrt(across**2 + down**2)
    power[0, 0] = 1.0
    spectrum = np.fft.fft2(chance.normal(size=(size, size))) / power**slope
    spectrum[0, 0] = 0.0
    spectrum[power < 1 / longest] = 0.0
    clouds = np.fft.ifft2(spectrum).real
    order = np.argsort(np.argsort(clouds.ravel())).reshape(size, size)
    even: Field = (order / (size * size - 1)).astype(np.float32)
    return even


def sampled(tile: Field, x: Field, y: Field) -> Field:
    """Look the tile up at places in its own pixels, round and round."""
    size = tile.shape[0]
    found: Field = cv2.remap(
        tile, np.mod(x, size), np.mod(y, size), cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP
    )
    return found


@cache
def _grain() -> NDArray[np.int16]:
    chance = np.random.default_rng(99)
    white = chance.normal(0, 1, (1200, 1600, 3)).astype(np.float32)
    # A sensor's noise is smoothed by its own coder, and is the same in all colours for the most part.
    soft = cv2.GaussianBlur(white, (0, 0), 0.6)
    mixed = 0.4 * soft + 0.6 * soft.mean(axis=2, keepdims=True)
    return np.rint(mixed / mixed.std() * 64).astype(np.int16)


def noisy(picture: NDArray[np.uint8], seed: int, seconds: float, sigma: float) -> NDArray[np.uint8]:
    """Add a sensor's noise; another one every millisecond, the same one for the same instant."""
    if sigma <= 0:
        return picture
    height, width = picture.shape[:2]
    grain = _grain()
    instant = round(seconds * 1000)
    top = int(unit(seed, instant, 1) * (grain.shape[0] - height))
    left = int(unit(seed, instant, 2) * (grain.shape[1] - width))
    part = grain[top : top + height, left : left + width]
    noise = cv2.convertScaleAbs(part, alpha=sigma / 64)
    sign = part > 0
    brighter = cv2.add(picture, np.where(sign, noise, 0).astype(np.uint8))
    return cv2.subtract(brighter, np.where(sign, 0, noise).astype(np.uint8)).astype(np.uint8, copy=False)
