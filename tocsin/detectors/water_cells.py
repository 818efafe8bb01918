"""What each cell of a grid over the picture looks like against the ground that was learnt, and a moment ago.

Works on small grey pictures (about 128 x 72) in cells of 4 x 4 pixels. `kept` says how far the
structure of the ground still stands, whatever the light: moving or smooth water leaves none of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from tocsin.core.frames import Image
from tocsin.detectors.look import Gray, pixels

CELL: Final = 4
_PIXELS: Final = 128 * 72
_WINDOW: Final = (9, 9)
"""Correlated around each cell's middle: a window of two cells has enough pixels to mean something."""

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

_TREND: Final = (11, 11)


@dataclass(frozen=True, slots=True)
class Cells:
    """One picture's cells; every array has a row and a column per cell."""

    kept: Floats
    """Correlation with the learnt ground, -1 to 1; 0 where the ground has no structure."""
    steady: Floats
    """Correlation with the picture a moment ago."""
    stir: Floats
    """Mean difference in grey levels to the picture a moment ago."""
    rough: Floats
    """Spread of grey in this picture."""
    ground_rough: Floats
    """Spread of grey of the learnt ground."""


@dataclass(frozen=True, slots=True)
class _Local:
    """A picture with mean and spread around each pixel."""

    values: Floats
    mean: Floats
    rough: Floats


def small(gray: Gray) -> Gray:
    """Shrink to about 9,000 pixels, whole cells only, whatever the shape."""
    height, width = gray.shape
    scale = min(1.0, math.sqrt(_PIXELS / (height * width)))
    rows = max(CELL, round(height * scale) // CELL * CELL)
    columns = max(CELL, round(width * scale) // CELL * CELL)
    return pixels(cv2.resize(gray, (columns, rows), interpolation=cv2.INTER_AREA))


def cell_colours(colour: Image, shape: tuple[int, ...]) -> Floats:
    """Mean brightness and both colour differences of each cell; `shape` is that of the small grey picture."""
    rows, columns = shape[0] // CELL, shape[1] // CELL
    mean = cv2.resize(colour, (columns, rows), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(mean, cv2.COLOR_BGR2YCrCb).astype(np.float32)


def compare(gray: Gray, ground: Gray, before: Gray) -> Cells:
    """Compare a picture with the ground and with the picture a moment ago."""
    now, old, last = _local(gray), _local(ground), _local(before)
    return Cells(
        kept=_correlated(now, old),
        steady=_correlated(now, last),
        stir=_middles(_floats(cv2.blur(cv2.absdiff(gray, before).astype(np.float32), _WINDOW))),
        rough=_middles(now.rough),
        ground_rough=_middles(old.rough),
    )


def _local(gray: Gray) -> _Local:
    # Without the slow changes of brightness across the view: a lamp's cone is no structure of the ground.
    values = _floats(gray - cv2.blur(gray.astype(np.float32), _TREND))
    mean = cv2.blur(values, _WINDOW)
    square = cv2.blur(values * values, _WINDOW)
    return _Local(values, _floats(mean), _floats(np.sqrt(np.maximum(0.0, square - mean * mean))))


def _correlated(a: _Local, b: _Local) -> Floats:
    both = cv2.blur(a.values * b.values, _WINDOW) - a.mean * b.mean
    # A little is added below, so that the noise of two flat places is no structure they share.
    return _middles(_floats(both / (a.rough * b.rough + 0.5)))


def _middles(values: Floats) -> Floats:
    return values[CELL // 2 :: CELL, CELL // 2 :: CELL]


def _floats(values: NDArray[Any]) -> Floats:
    return values.astype(np.float32, copy=False)


def largest(flags: Flags) -> Flags:
    """Keep the largest connected region, with its small holes closed."""
    closed = cv2.morphologyEx(flags.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(closed)
    if count < 2:
        return np.zeros_like(flags)
    best = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    kept: Flags = labels == best
    return kept


def grown(flags: Flags, by: int = 1) -> Flags:
    """Add the neighbours."""
    wide: Flags = cv2.dilate(flags.astype(np.uint8), np.ones((3, 3), np.uint8), iterations=by) > 0
    return wide


def unevenness(since: Floats, water: Flags) -> float:
    """Mean difference in seconds between when a cell went under and when its neighbours in the water did."""
    inside = water.astype(np.float32)
    around = cv2.blur(inside, (3, 3))
    mean = cv2.blur(since * inside, (3, 3)) / np.maximum(around, 1e-3)
    return float(np.abs(since - mean)[water].mean())
