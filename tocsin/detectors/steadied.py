"""The frames of a burst as a camera on a post would have taken them.

Follows corners of the picture from its middle frame outwards and turns, scales and shifts every
wanted frame onto it. What burns is left out of the corners, so that a fire does not steer the
picture. Where nothing can be followed the frames stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from tocsin.core.frames import Image
from tocsin.detectors.look import Gray, edges_kept, halved, pixels

_STILL: Final = 0.9
"""Share of edges that stands from the middle to both ends when the camera did not move."""
_CORNERS: Final = 80
_CORNERS_LEAST: Final = 10
_AGREED: Final = 0.3
"""Least share of the corners that must move as the picture does; else it is people, not the camera."""

Affine = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Steadied:
    """Wanted frames, laid onto the middle one."""

    colour: NDArray[np.uint8]
    moved: float
    """Furthest shift in pixels; 0 for a camera that stood still."""


def steadied(
    gray: NDArray[np.uint8], colour: NDArray[np.uint8], wanted: Sequence[int], apart: Gray
) -> Steadied:
    """Give the `wanted` frames of a burst; `apart` is not 0 where something burns or changes by itself."""
    middle = len(gray) // 2
    half = [halved(pixels(one)) for one in gray]
    if min(edges_kept(half[middle], half[0]), edges_kept(half[middle], half[-1])) >= _STILL:
        return Steadied(colour[list(wanted)], 0.0)
    motion = _motion(half, pixels(cv2.resize(apart, half[0].shape[::-1], interpolation=cv2.INTER_AREA)))
    size = (gray.shape[2], gray.shape[1])
    laid = [_laid(pixels(colour[index]), motion.get(index), size) for index in wanted]
    shift = max((float(np.abs(affine[:, 2]).max()) for affine in motion.values()), default=0.0)
    return Steadied(np.stack(laid), max(1.0, shift))


def _laid(image: Image, affine: Affine | None, size: tuple[int, int]) -> Image:
    if affine is None:
        return image
    return pixels(cv2.warpAffine(image, affine, size, borderMode=cv2.BORDER_REPLICATE))


def _motion(half: Sequence[Gray], apart: Gray) -> dict[int, Affine]:
    middle = len(half) // 2
    free = (apart == 0).view(np.uint8)
    corners: Any = cv2.goodFeaturesToTrack(half[middle], _CORNERS, 0.01, 5, mask=free)
    found: dict[int, Affine] = {}
    # A picture without a corner gives None, whatever OpenCV's types say.
    if corners is None or len(corners) < _CORNERS_LEAST:
        return found
    start = np.asarray(corners, np.float32).reshape(-1, 1, 2)
    for step in (1, -1):
        points = origin = start
        index = middle
        while 0 <= index + step < len(half):
            points, origin = _followed(half[index], half[index + step], points, origin)
            index += step
            affine = _affine(points, origin)
            if affine is None:
                break
            found[index] = affine
    return found


def _followed(
    before: Gray, after: Gray, points: NDArray[np.float32], origin: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    placed, status, _ = cv2.calcOpticalFlowPyrLK(
        before, after, points, np.zeros_like(points), winSize=(11, 11), maxLevel=2, criteria=(3, 8, 0.03)
    )
    kept = status.reshape(-1) == 1
    return np.asarray(placed, np.float32)[kept], origin[kept]


def _affine(points: NDArray[np.float32], origin: NDArray[np.float32]) -> Affine | None:
    if len(points) < _CORNERS_LEAST:
        return None
    affine: Any
    affine, agreed = cv2.estimateAffinePartial2D(points, origin, ransacReprojThreshold=1.0, maxIters=100)
    if affine is None or float(np.mean(agreed)) < _AGREED:
        return None
    whole: Affine = affine.astype(np.float32)
    # Followed at half the size: only the shift grows with it.
    whole[:, 2] *= 2
    return whole
