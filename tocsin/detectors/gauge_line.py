"""The water line in a strip of a gauge board: the uppermost strong change of brightness, right across.

Bright board over dark water and dark board over bright reflection both count. Everything below the
line is a reflection of what is above, with changes of its own, so the uppermost strong one is the line.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

_NEAR: Final = 0.025
"""Share of the strip averaged on both sides; longer than the ticks of a staff are high."""
_CLEAR: Final = 6.0
"""Grey levels by which both sides must differ at least."""
_STRONG: Final = 0.6
"""Against the strongest change: the line itself is seldom weaker than its reflections."""
_ACROSS: Final = 0.7
"""Share of the columns that must change the same way; a stain or a twig does not cross the strip."""


def water_line(strip: NDArray[np.float32]) -> float | None:
    """Give the line's place from 0 (upper end) to 1 (lower end); None where no line is clear enough."""
    rows = strip.shape[0]
    window = max(2, round(rows * _NEAR))
    total = np.vstack([np.zeros((1, strip.shape[1]), np.float32), np.cumsum(strip, axis=0, dtype=np.float32)])
    middles = np.arange(window, rows - window + 1)
    above = (total[middles] - total[middles - window]) / window
    below = (total[middles + window] - total[middles]) / window
    change = np.median(above - below, axis=1)
    same = ((above - below) * np.sign(change)[:, None] > 0.4 * np.abs(change)[:, None]).mean(axis=1)
    weight = np.where(same >= _ACROSS, np.abs(change), 0.0)
    most = float(weight.max(initial=0.0))
    if most < _CLEAR:
        return None
    first = int(np.argmax(weight >= max(_CLEAR, _STRONG * most)))
    best = first + int(np.argmax(weight[first : first + 2 * window]))
    steepest = _steepest(strip, int(middles[best]), window)
    return float(steepest / rows)


def _steepest(strip: NDArray[np.float32], near: int, window: int) -> float:
    """Refine to the row at which the brightness is half way between both sides."""
    begin, end = max(0, near - window), min(strip.shape[0], near + window)
    profile = np.median(cv2.blur(strip[begin:end], (1, 3)), axis=1)
    steps = np.abs(np.diff(profile))
    if float(steps.sum()) <= 0:
        return float(near)
    strong = np.where(steps >= 0.5 * steps.max(), steps, 0.0)
    return begin + 1 + float((np.arange(len(strong)) * strong).sum() / strong.sum())
