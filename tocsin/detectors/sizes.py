"""How large things are at each place of one camera's picture: a perspective that nobody has to calibrate.

Learns the heights of confirmed things on a grid of 8 x 8 cells. Where enough of them have stood, one
that is far smaller or larger is not plausible; elsewhere every height is.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

CELLS: Final = 8
_ENOUGH: Final = 6
"""Things that must have stood in a cell or beside it before it forbids any height."""
_MOST: Final = 200.0
"""Weight of all that was learnt: later things go on to count, so that a camera may be turned."""
_TOLERANCE: Final = math.log(2.0)
"""A child has 0.6 of a grown person's height, and half a picture's cell nearer makes up the rest."""
_DEVIATIONS: Final = 3.0


class SizeGrid:
    """Heights as logarithms: count, mean and sum of squared deviations per cell."""

    def __init__(self) -> None:
        self._learnt: NDArray[np.float32] = np.zeros((3, CELLS, CELLS), np.float32)

    def learn(self, x: float, y: float, height: float) -> None:
        """Take note of a thing whose feet stood at a place."""
        if not height > 0:
            return
        row, column = _cell(x, y)
        count, mean, squares = (float(one) for one in self._learnt[:, row, column])
        value = math.log(height)
        if count >= _MOST:
            count, squares = count / 2, squares / 2
        after = mean + (value - mean) / (count + 1)
        self._learnt[:, row, column] = (count + 1, after, squares + (value - mean) * (value - after))

    def plausible(self, x: float, y: float, height: float) -> bool:
        """Say whether a thing of this height may stand at a place."""
        if not height > 0:
            return False
        row, column = _cell(x, y)
        near = self._learnt[:, max(0, row - 1) : row + 2, max(0, column - 1) : column + 2].reshape(3, -1)
        count = float(near[0].sum())
        if count < _ENOUGH:
            return True
        mean = float((near[0] * near[1]).sum()) / count
        squares = float(near[2].sum() + (near[0] * (near[1] - mean) ** 2).sum())
        return abs(math.log(height) - mean) <= max(_TOLERANCE, _DEVIATIONS * math.sqrt(squares / count))

    def state(self) -> bytes:
        """Give everything it knows."""
        return self._learnt.tobytes()

    def set_state(self, state: bytes) -> None:
        """Go on from `state`; raises `ValueError` for anything else."""
        self._learnt = np.frombuffer(state, np.float32).reshape(3, CELLS, CELLS).copy()


def _cell(x: float, y: float) -> tuple[int, int]:
    return min(CELLS - 1, max(0, int(y * CELLS))), min(CELLS - 1, max(0, int(x * CELLS)))
