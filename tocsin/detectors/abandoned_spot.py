"""One spot at which something new stands: how it looked, whether it still does, what it is.

Pure comparisons of small grey crops. A thing that was put down has an outline that the background
had not; where something was taken away the outline is the background's; a shadow or a patch of
light keeps the texture of the ground, only darker or brighter.
"""

from __future__ import annotations

from typing import Final, TypeVar

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.core.frames import Box
from tocsin.detectors.look import Gray, gradient

P = TypeVar("P", bound=np.generic)
Bounds = tuple[int, int, int, int]
"""Left, top, width, height in pixels."""

_ALIKE: Final = 0.9
"""Correlation of a crop with itself a while later; things reach 0.97, people who stand 0.8."""
_STRUCTURE: Final = 4.0
"""Grey levels of spread below which a crop has nothing to correlate."""
_SHIFT: Final = 14.0
"""Mean difference in grey levels that a crop without structure may have and be the same."""
_MARGIN: Final = 2
"""Pixels around a thing that belong to its crop, so that its outline is in it."""


class Touch(msgspec.Struct, array_like=True):
    """Something large that stood or moved somewhere a moment ago."""

    at_us: int
    bounds: Bounds
    area: int


class Spot(msgspec.Struct, array_like=True):
    """One place where something stands that was not there before."""

    bounds: Bounds
    area: int
    first_us: int
    last_us: int
    """When it was last seen unchanged."""
    anchor: bytes
    """Its crop when it first stood alone, with a margin."""
    renewed_us: int
    still_s: float = 0.0
    """Seconds in which it was seen unchanged, without those in which it was hidden."""
    seen: int = 1
    misses: int = 0
    confirmed: bool = False
    edges: float = 0.0
    left_by: Bounds | None = None
    itself: bool = False
    """Whether it came by itself: a car that parked, somebody who waits."""


def crop_of(gray: NDArray[P], bounds: Bounds) -> NDArray[P]:
    """Cut a place out, with its margin; shares its memory with the whole."""
    left, top, width, height = bounds
    rows, columns = gray.shape
    return gray[
        max(0, top - _MARGIN) : min(rows, top + height + _MARGIN),
        max(0, left - _MARGIN) : min(columns, left + width + _MARGIN),
    ]


def same_look(spot: Spot, gray: Gray) -> bool:
    """Say whether the place looks as it did when the thing first stood alone."""
    now = crop_of(gray, spot.bounds)
    then = np.frombuffer(spot.anchor, np.uint8)
    if then.size != now.size:
        return False
    then = then.reshape(now.shape)
    return correlation(then, now) >= _ALIKE


def correlation(then: Gray, now: Gray) -> float:
    """Normalised correlation of two crops of one size; of flat ones whether their grey is the same."""
    a, b = then.astype(np.float32), now.astype(np.float32)
    shift = abs(float(a.mean()) - float(b.mean()))
    spread = float(a.std()) * float(b.std())
    if spread < _STRUCTURE**2:
        return 1.0 if shift < _SHIFT and float(np.abs(a - b).mean()) < _SHIFT else 0.0
    if shift > 3 * _SHIFT:
        return 0.0
    return float(((a - a.mean()) * (b - b.mean())).mean()) / spread


def outline_gain(gray: Gray, background: Gray, inside: Gray, bounds: Bounds) -> tuple[float, float]:
    """Edge energy along the outline of a thing, in the picture and in the background.

    `inside` is 255 where the thing is; both energies are mean grey levels per pixel.
    """
    shape = crop_of(inside, bounds)
    kernel = np.ones((3, 3), np.uint8)
    ring = cv2.subtract(cv2.dilate(shape, kernel), cv2.erode(shape, kernel, borderValue=0)) > 0
    if not ring.any():
        return 0.0, 0.0
    energies = []
    for image in (gray, background):
        across, down = gradient(crop_of(image, bounds))
        energies.append(float(cv2.magnitude(across, down)[ring].mean()) / 8)
    return energies[0], energies[1]


def is_light(gray: Gray, background: Gray, inside: Gray, bounds: Bounds) -> bool:
    """Say whether a region is only a shadow or a patch of light on what was there.

    Then its grey is everywhere the same multiple of the background's, not far from one.
    """
    shape = crop_of(inside, bounds) > 0
    shape = cv2.erode(shape.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if np.count_nonzero(shape) < 12:
        return False
    now = crop_of(gray, bounds)[shape].astype(np.float32) + 4
    then = crop_of(background, bounds)[shape].astype(np.float32) + 4
    ratio = now / then
    middle = float(np.median(ratio))
    evenness = float(np.abs(ratio - middle).mean()) / middle
    return 0.4 < middle < 2.5 and evenness < 0.1


def inner_share(first: Bounds, second: Bounds) -> float:
    """Share of `first`'s rectangle that lies inside `second`'s."""
    left, top, width, height = first
    other_left, other_top, other_width, other_height = second
    across = min(left + width, other_left + other_width) - max(left, other_left)
    down = min(top + height, other_top + other_height) - max(top, other_top)
    return max(0, across) * max(0, down) / max(1, width * height)


def came_itself(touch: Touch, bounds: Bounds, area: int) -> bool:
    """Say whether what was there a moment ago, or near and as large, is what stands there now."""
    if inner_share(bounds, touch.bounds) > 0.3:
        return True
    left, top, width, height = bounds
    other_left, other_top, other_width, other_height = touch.bounds
    if not (0.6 * area <= touch.area <= 1.7 * area and 0.65 * height <= other_height <= 1.5 * height):
        return False
    across = abs(left + width / 2 - other_left - other_width / 2)
    down = abs(top + height / 2 - other_top - other_height / 2)
    return across <= 4 * width and down <= 4 * height


def in_pixels(box: Box, rows: int, columns: int) -> Bounds:
    """Turn a relative box into pixels."""
    return (
        round(box.x * columns),
        round(box.y * rows),
        max(1, round(box.width * columns)),
        max(1, round(box.height * rows)),
    )
