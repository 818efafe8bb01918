"""How the place of a region differs from what was there in an earlier picture.

A `Patch` is a region made small enough to be kept in a snapshot. `compared` looks for it around
its place, so that neither a camera that moves nor a thing that does counts as change. Pure.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import cv2
import msgspec
import numpy as np

from tocsin.core.frames import Image
from tocsin.detectors.fire_colour import Region, painted
from tocsin.detectors.fire_flicker import neighbourly
from tocsin.detectors.look import Gray, Look, pixels

_PATCH: Final = 32
"""A region is remembered at most this wide and high."""
_LEAST: Final = 4
"""Fewer pixels than this cannot be compared."""

Rectangle = tuple[int, int, int, int]
"""Left, top, width and height in pixels."""


class Patch(msgspec.Struct, array_like=True):
    """A region of the last picture, small enough to be kept."""

    left: int
    top: int
    width: int
    height: int
    rows: int
    columns: int
    levels: bytes
    """Blue, green and red."""
    body: bytes
    """One bit a pixel."""
    palette: tuple[float, float, float, float]

    @property
    def whole(self) -> bool:
        """Whether its bytes are as many as it says."""
        pixels_of = self.rows * self.columns
        return (
            min(self.rows, self.columns, self.width, self.height) > 0
            and len(self.levels) == 3 * pixels_of
            and len(self.body) == (pixels_of + 7) // 8
        )


class Since(NamedTuple):
    """How a place differs from what was there."""

    change: float
    """Root mean square of the change of red and green, at the place where it is least."""
    kept: float
    """Share of the rim that is still a rim there."""
    tongues: float
    """How far neighbours changed alike."""


def box_of(region: Region | Patch) -> Rectangle:
    """Give its place."""
    return region.left, region.top, region.width, region.height


def overlap(one: Rectangle, other: Rectangle, reach: int) -> bool:
    """Say whether two places overlap, or lie less than `reach` apart; below 0 they must overlap by as much."""
    return (
        one[0] - reach < other[0] + other[2]
        and other[0] - reach < one[0] + one[2]
        and one[1] - reach < other[1] + other[3]
        and other[1] - reach < one[1] + one[3]
    )


def patch_of(region: Region, look: Look) -> Patch:
    """Make what a snapshot can keep of a region."""
    window = np.s_[region.top : region.top + region.height, region.left : region.left + region.width]
    levels: Gray = look.colour[window]
    body: Gray = region.body.view(np.uint8)
    scale = min(1.0, _PATCH / max(region.width, region.height))
    if scale < 1:
        size = (max(1, round(region.width * scale)), max(1, round(region.height * scale)))
        levels = pixels(cv2.resize(np.ascontiguousarray(levels), size, interpolation=cv2.INTER_AREA))
        body = pixels(cv2.resize(body, size, interpolation=cv2.INTER_NEAREST))
    return Patch(
        *box_of(region),
        body.shape[0],
        body.shape[1],
        levels.tobytes(),
        np.packbits(body > 0).tobytes(),
        (region.palette.low, region.palette.high, region.palette.rising, region.palette.brightest),
    )


def compared(patch: Patch, look: Look, reach: int) -> Since:
    """Look for the patch within `reach` of its place, and say how far what is there differs from it."""
    levels = np.frombuffer(patch.levels, np.uint8).reshape(patch.rows, patch.columns, 3)
    packed = np.frombuffer(patch.body, np.uint8)
    body = np.unpackbits(packed, count=patch.rows * patch.columns).reshape(patch.rows, patch.columns)
    count = int(np.count_nonzero(body))
    if count < _LEAST:
        return Since(0.0, 1.0, 0.0)
    there = _around(patch, look, reach)
    squares = np.zeros((), np.float32)
    for channel in (1, 2):
        part, wanted = there[..., channel], levels[..., channel]
        squares = squares + cv2.matchTemplate(
            np.ascontiguousarray(part), np.ascontiguousarray(wanted), cv2.TM_SQDIFF, mask=body
        )
    top, left = (int(at) for at in np.unravel_index(np.argmin(squares), squares.shape))
    piece = np.ascontiguousarray(there[top : top + patch.rows, left : left + patch.columns])
    rim = painted(levels)[0] & (body * np.uint8(255))
    rims = int(np.count_nonzero(rim))
    kept = np.count_nonzero(rim & painted(piece)[0]) / rims if rims >= _LEAST else 0.0
    difference = (piece[..., 1:].astype(np.float32) - levels[..., 1:]).mean(axis=2)
    change = float(np.sqrt(max(0.0, float(squares.min())) / (2 * count)))
    return Since(change, kept, neighbourly(difference[None], body > 0))


def _around(patch: Patch, look: Look, reach: int) -> Image:
    height, width = look.gray.shape
    left, top = max(0, patch.left - reach), max(0, patch.top - reach)
    right = min(width, patch.left + patch.width + reach)
    bottom = min(height, patch.top + patch.height + reach)
    there = np.ascontiguousarray(look.colour[top:bottom, left:right])
    if (patch.rows, patch.columns) == (patch.height, patch.width):
        return there
    size = (
        max(patch.columns, round((right - left) * patch.columns / patch.width)),
        max(patch.rows, round((bottom - top) * patch.rows / patch.height)),
    )
    return pixels(cv2.resize(there, size, interpolation=cv2.INTER_AREA))
