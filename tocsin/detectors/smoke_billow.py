"""Smoke without a background: a large grey mass that billows in one place.

For cameras that move, or that look at smoke from their first picture on. Smoke from near is grey,
soft (little fine structure upon much coarse structure), and nowhere what it was half a second or a
second ago, though the region stays; the pictures are laid upon each other first, so that a camera's
own movement does not count. Trees, water and crowds have fine structure; a person or car fills a
place for a moment only; clouds move as one and slowly; light brightens a whole region at once. `Pictures` keeps a few small ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.core.frames import Image
from tocsin.detectors.look import Gray, pixels
from tocsin.detectors.smoke_veil import Grid, Mask, blocks, spread

MASS_BLOCK: Final = 16
"""Pixels of a block of a mass: large enough to tell coarse structure from fine."""
_SMALL: Final = 4
"""Pictures are kept at a quarter of their height and width: smoke is coarse."""
_STEP: Final = MASS_BLOCK // _SMALL
_FINE_MOST: Final = 4.5
"""Grey levels of fine structure; leaves, water and clothes have 5 to 15."""
_FINE_SHARE: Final = 0.3
"""Fine structure as a share of the coarse: smoke 0.1 to 0.2, water and leaves near 1."""
_COARSE: Final = 5.0
"""Least coarse structure: walls and sky have less."""
_GRAY: Final = 40.0
_DARK, _BRIGHT = 40.0, 245.0
_SEEN: Final = 0.94
"""Share of a block that every picture must show, once they lie upon each other."""
_ALIGNED: Final = 0.25
"""Least share of followed points that agree on the camera's movement; else it is not known."""
_POINTS: Final = 12
"""Fewer points than this cannot tell a movement."""
_STEADILY, _UPWARDS = 0.6, 0.1
"""Least steadiness of a stream, and least share of it that goes up: smoke may drift aside but rises on the
whole; the shadow of a tree sways, an insect on the lens turns, water runs down."""
_TOGETHER: Final = 0.45
"""Most of the blocks that may brighten or darken together, beyond half: under a passing lamp or shadow
nearly all do, in smoke as many brighten as darken."""
_TURNS: Final = 0.2
"""Least share of steps in which a block turns from brightening to darkening or back; a passing lamp
turns once, smoke every second or third time."""

Matrix = NDArray[np.float64]


class Small(msgspec.Struct, array_like=True):
    """One picture kept."""

    at_us: int
    height: int
    width: int
    gray: bytes

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.height, self.width

    def picture(self) -> Gray:
        """The picture itself; read-only."""
        return np.frombuffer(self.gray, np.uint8).reshape(self.height, self.width)


@dataclass(frozen=True, slots=True)
class Billow:
    """One billowing mass."""

    box: tuple[int, int, int, int]
    """Left, top, width and height in blocks."""
    size: int
    change: float
    """Mean change from picture to picture, grey levels."""


def small(gray: Gray) -> Gray:
    """Make a picture small."""
    size = (gray.shape[1] // _SMALL, gray.shape[0] // _SMALL)
    return pixels(cv2.resize(gray, size, interpolation=cv2.INTER_AREA))


def soft_mass(gray: Gray, colour: Image) -> Mask:
    """Say of each block whether it looks like smoke: grey, soft, and not plain."""
    gray_blocks = (spread(colour, MASS_BLOCK) < _GRAY).view(np.uint8)
    if not gray_blocks.any():
        return gray_blocks > 0
    values = gray.astype(np.float32)
    fine = blocks(cv2.absdiff(values, cv2.GaussianBlur(values, (0, 0), 1.2)), MASS_BLOCK)
    broad = cv2.GaussianBlur(values, (0, 0), 2)
    level = blocks(broad, MASS_BLOCK)
    coarse = np.sqrt(np.maximum(0.0, blocks(broad * broad, MASS_BLOCK) - level * level))
    found: Mask = (
        (gray_blocks > 0)
        & (fine < _FINE_MOST)
        & (fine < _FINE_SHARE * coarse)
        & (coarse > _COARSE)
        & (level > _DARK)
        & (level < _BRIGHT)
    )
    return found


def billow(pictures: list[Gray], mass: Mask, change_least: float, change_most: float) -> Billow | None:
    """Find the largest part of `mass` that changed in every step between `pictures`, oldest first.

    `mass` belongs to the newest. None when there is none or the camera's movement cannot be told.
    """
    laid = _aligned(pictures)
    if laid is None:
        return None
    upon, seen = laid
    rows, columns = mass.shape
    cut = np.s_[: rows * (_STEP), : columns * (_STEP)]
    smooth = [cv2.blur(one, (3, 3)) for one in upon]
    steps = [blocks(cv2.absdiff(b, a)[cut], _STEP) for a, b in pairwise(smooth)]
    least: Grid = np.minimum.reduce(steps)
    shown = blocks(seen[cut], _STEP) > 255 * _SEEN
    active = mass & (least > change_least) & shown
    count, labels, stats, _ = cv2.connectedComponentsWithStats(active.view(np.uint8), connectivity=4)
    if count < 2:
        return None
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    left, top, width, height, size = (int(number) for number in stats[largest])
    group = labels == largest
    signed = np.stack(
        [blocks(cv2.subtract(b, a, dtype=cv2.CV_32F)[cut], _STEP)[group] for a, b in pairwise(smooth)]
    )
    change = float(np.abs(signed).mean())
    if change > change_most or _is_light(np.sign(signed)):
        return None
    steadily, upwards = _drift(upon, group)
    if steadily < _STEADILY or upwards < _UPWARDS:
        return None
    return Billow((left, top, width, height), size, change)


def _is_light(signs: Grid) -> bool:
    together = float(np.abs(signs.mean(axis=1)).mean())
    turns = float(np.mean(signs[1:] != signs[:-1])) if len(signs) > 1 else 1.0
    return together > _TOGETHER or turns < _TURNS


def _aligned(pictures: list[Gray]) -> tuple[list[Gray], Gray] | None:
    newest = pictures[-1]
    size = (newest.shape[1], newest.shape[0])
    whole = np.full_like(newest, 255)
    upon, seen, way, agreed = [newest], whole, np.eye(3), 0.0
    for older, newer in zip(pictures[-2::-1], pictures[:0:-1], strict=True):
        matrix, share = _movement(older, newer)
        agreed += share
        way = way @ matrix
        upon.append(pixels(cv2.warpAffine(older, way[:2], size, borderMode=cv2.BORDER_REPLICATE)))
        seen = pixels(cv2.min(seen, cv2.warpAffine(whole, way[:2], size)))
    if agreed < _ALIGNED * (len(pictures) - 1):
        return None
    return upon[::-1], seen


def _movement(older: Gray, newer: Gray) -> tuple[Matrix, float]:
    """Movement of the picture as a whole, and the share of points that agree on it."""
    unknown = np.eye(3), 0.0
    corners: NDArray[np.float32] | None = cv2.goodFeaturesToTrack(older, 120, 0.01, 3)  # type: ignore[assignment]
    if corners is None or len(corners) < _POINTS:
        return unknown
    moved, found, _ = cv2.calcOpticalFlowPyrLK(older, newer, corners, None, winSize=(9, 9), maxLevel=2)  # type: ignore[call-overload]
    good = found.ravel() > 0
    if np.count_nonzero(good) < _POINTS:
        return unknown
    # OpenCV draws its samples from a generator that starts anew on each call: same input, same answer.
    matrix, agree = cv2.estimateAffinePartial2D(corners[good], moved[good], ransacReprojThreshold=0.6)
    if matrix is None:
        return unknown
    return np.vstack([matrix, [0.0, 0.0, 1.0]]), float(agree.mean())


def _drift(pictures: list[Gray], group: Mask) -> tuple[float, float]:
    """How steadily the group streams (0 to 1), and the share of that which is upwards (-1 to 1)."""
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
    inside = np.zeros(pictures[0].shape, np.bool_)
    wide = np.kron(group, np.ones((_STEP, _STEP), np.uint8)) > 0
    inside[: wide.shape[0], : wide.shape[1]] = wide
    moves = np.array(
        [flow.calc(a, b, None)[inside].mean(axis=0) for a, b in pairwise(pictures)]  # type: ignore[call-overload]
    )
    mean = moves.mean(axis=0)
    length = float(np.hypot(*mean))
    each = float(np.hypot(moves[:, 0], moves[:, 1]).mean())
    return length / max(each, 1e-6), -float(mean[1]) / max(length, 1e-6)
