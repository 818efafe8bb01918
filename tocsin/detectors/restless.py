"""Where a camera's picture never rests: branches, flags, water, a screen.

Remembers for each cell of a coarse grid in which part of the last two minutes something stirred. Somebody
who passes stirs a cell for seconds, a tree for hours.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.detectors.look import Gray

ROWS: Final = 12
COLUMNS: Final = 21
_MEMORY_SECONDS: Final = 120.0
_STEP_SECONDS_MOST: Final = 5.0
"""A picture stands for at most so much time, so that one windy picture a minute does not count for a minute."""
_PART: Final = 0.1
"""Part of a cell that must stir."""


class Restless:
    """One camera's restless places."""

    def __init__(self) -> None:
        self._share: NDArray[np.float32] = np.zeros((ROWS, COLUMNS), np.float32)

    def learn(self, stir: Gray, seconds: float) -> None:
        """Take one picture's movements, `seconds` after the one before."""
        height, width = stir.shape[0] // ROWS, stir.shape[1] // COLUMNS
        cells = stir[: ROWS * height, : COLUMNS * width].reshape(ROWS, height, COLUMNS, width)
        part = (cells > 0).mean(axis=(1, 3))
        pace = 1 - math.exp(-min(_STEP_SECONDS_MOST, max(0.0, seconds)) / _MEMORY_SECONDS)
        self._share += np.float32(pace) * ((part >= _PART).astype(np.float32) - self._share)

    def share(self, x: float, y: float, width: float, height: float) -> float:
        """Give in which part of the time a relative box stirs, 0 to 1."""
        top, left = min(ROWS - 1, max(0, int(y * ROWS))), min(COLUMNS - 1, max(0, int(x * COLUMNS)))
        bottom = max(top + 1, math.ceil((y + height) * ROWS))
        right = max(left + 1, math.ceil((x + width) * COLUMNS))
        return float(self._share[top:bottom, left:right].mean())

    def state(self) -> bytes:
        """Give everything it knows."""
        return self._share.tobytes()

    def set_state(self, state: bytes) -> None:
        """Go on from `state`; raises `ValueError` for anything else."""
        self._share = np.frombuffer(state, np.float32).reshape(ROWS, COLUMNS).copy()
