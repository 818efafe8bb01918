"""The geometry of a gauge board: where its marks are now, and its strip seen straight from the front.

Marks are found again near their place by the look they had at first, so that a camera which the wind
or its own weight moved a little still reads the same metres. Pure; pictures come in, places go out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from tocsin.core.frames import Image
from tocsin.detectors.look import Gray, pixels

ROWS: Final = 400
"""Rows of the strip, so that a row is a quarter of a hundredth of its height."""
COLUMNS: Final = 24
_WIDTH: Final = 640
"""Marks are looked for in a picture of this width: enough for half a pixel, cheap for a large camera."""
_HALF: Final = 14
_REACH: Final = 26
"""How far a mark may have wandered, in pixels of that picture: four hundredths of its width."""
_ALIKE: Final = 0.6
"""Correlation from which it is the mark; half under water or behind a leaf it stays below."""
_TOGETHER: Final = 4.0
"""Marks of one board wander together; one that is further off was taken for another."""
_CONTRAST: Final = 10.0

Points = NDArray[np.float64]
"""n x 2."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where the marks are now, in pixels of the small picture; `seen` says which."""

    places: Points
    seen: NDArray[np.bool_]


def shrunk_gray(image: Image) -> Gray:
    """Give a grey picture of at most 640 columns."""
    height, width = image.shape[:2]
    scale = min(1.0, _WIDTH / width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return pixels(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY))


def patch(gray: Gray, place: NDArray[np.float64]) -> Gray | None:
    """Cut a mark out; None too near to the border or without contrast."""
    x, y = round(float(place[0])), round(float(place[1]))
    if x < _HALF or y < _HALF or x + _HALF >= gray.shape[1] or y + _HALF >= gray.shape[0]:
        return None
    cut = gray[y - _HALF : y + _HALF + 1, x - _HALF : x + _HALF + 1]
    return cut if float(cut.std()) >= _CONTRAST else None


def find(gray: Gray, patches: list[Gray | None], places: Points) -> Found:
    """Look for each mark around its place."""
    now, seen, alike = places.copy(), np.zeros(len(places), bool), np.zeros(len(places))
    for index, (known, place) in enumerate(zip(patches, places, strict=True)):
        if known is None:
            continue
        now[index], alike[index] = _match(gray, known, place)
        seen[index] = alike[index] >= _ALIKE
    if seen.any():
        seen &= _together(now - places, seen, alike)
    return Found(now, seen)


def _together(moved: Points, seen: NDArray[np.bool_], alike: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Say which marks wandered together: the most, and of as many the clearest, for reflections wander too."""
    apart = np.abs(moved[:, None] - moved[None, :]).max(axis=2)
    groups = (apart <= _TOGETHER) & seen[None, :] & seen[:, None]
    best = int(np.argmax(groups.sum(axis=1) + groups @ alike / (len(alike) + 1.0)))
    together: NDArray[np.bool_] = groups[best]
    return together


def _match(gray: Gray, known: Gray, place: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    reach = _HALF + _REACH
    x, y = round(float(place[0])), round(float(place[1]))
    left, top = max(0, x - reach), max(0, y - reach)
    around = gray[top : y + reach + 1, left : x + reach + 1]
    if around.shape[0] < known.shape[0] or around.shape[1] < known.shape[1]:
        return place, 0.0
    alike = cv2.matchTemplate(around, known, cv2.TM_CCOEFF_NORMED)
    _, best, _, (column, row) = cv2.minMaxLoc(alike)
    fine_x = _summit(alike[row], column)
    fine_y = _summit(alike[:, column], row)
    # Rounding when the patch was cut is undone, so that an unmoved mark has not moved.
    at = np.array([left + fine_x + _HALF + place[0] - x, top + fine_y + _HALF + place[1] - y])
    return at, float(np.nan_to_num(best))


def _summit(values: NDArray[Any], at: int) -> float:
    if not 0 < at < len(values) - 1:
        return float(at)
    before, middle, after = (float(values[at + step]) for step in (-1, 0, 1))
    bend = before - 2 * middle + after
    return at if bend >= 0 else at + 0.5 * (before - after) / bend


def movement(places: Points, found: Found) -> NDArray[np.float64] | None:
    """Give shift, turn and scale (2 x 3) from where marks were to where they are; None with fewer than two."""
    if np.count_nonzero(found.seen) < 2:
        return None
    was, now = places[found.seen], found.places[found.seen]
    was_middle, now_middle = was.mean(axis=0), now.mean(axis=0)
    a, b = was - was_middle, now - now_middle
    size = float((a * a).sum())
    if size < 1.0:
        return None
    along = float((a * b).sum()) / size
    across = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / size
    turn = np.array([[along, -across], [across, along]])
    return np.hstack([turn, (now_middle - turn @ was_middle)[:, None]])


def straightened(image: Image, corners: Points) -> NDArray[np.float32]:
    """Give the strip as grey rows from its top to its bottom; corners are relative, clockwise from top left."""
    height, width = image.shape[:2]
    here = (corners * (width, height)).astype(np.float32)
    there = np.array([[0, 0], [COLUMNS, 0], [COLUMNS, ROWS], [0, ROWS]], np.float32)
    turned = cv2.getPerspectiveTransform(here, there)
    strip = cv2.warpPerspective(image, turned, (COLUMNS, ROWS), flags=cv2.INTER_LINEAR)
    return cv2.cvtColor(strip, cv2.COLOR_BGR2GRAY).astype(np.float32)
