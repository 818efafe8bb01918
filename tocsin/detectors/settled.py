"""Places that differ from the background and are empty all the same.

Somebody who stood long enough has faded into the background and leaves a ghost there when he goes; a lamp
that was lit stays lit. What was once found to be no thing is not looked at again until it changes.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from tocsin.detectors.look import Gray, pixels

SIZE: Final = (107, 60)
"""Width and height in which places are remembered."""
_SAME: Final = 14
"""Grey levels by which such a place may tremble."""


class Settled:
    """One camera's settled places."""

    def __init__(self) -> None:
        self._known: Gray = np.zeros((SIZE[1], SIZE[0]), np.uint8)
        self._level: Gray = np.zeros_like(self._known)

    def forgive(self, changed: Gray, now: Gray) -> Gray:
        """Take settled places from what has changed; `now` is the picture in `SIZE`. Forgets what has faded."""
        if not self._known.any():
            return changed
        same = pixels(cv2.threshold(cv2.absdiff(now, self._level), _SAME, 255, cv2.THRESH_BINARY_INV)[1])
        part = cv2.resize(changed, SIZE, interpolation=cv2.INTER_AREA)
        self._known[(same > 0) & (part == 0)] = 0
        settled = cv2.bitwise_and(self._known, same)
        shape = (changed.shape[1], changed.shape[0])
        free = cv2.bitwise_not(cv2.resize(settled, shape, interpolation=cv2.INTER_NEAREST))
        return pixels(cv2.bitwise_and(changed, free))

    def learn(self, region: NDArray[np.bool_], now: Gray) -> None:
        """Take note of a region that was found to be empty."""
        part = cv2.resize(region.view(np.uint8) * np.uint8(255), SIZE, interpolation=cv2.INTER_AREA) > 0
        self._known[part] = 255
        self._level[part] = now[part]

    def forget(self) -> None:
        """Begin anew: the background did."""
        self._known[:] = 0

    def state(self) -> bytes:
        """Give everything it knows."""
        return np.packbits(self._known > 0).tobytes() + self._level[self._known > 0].tobytes()

    def set_state(self, state: bytes) -> None:
        """Go on from `state`; raises `ValueError` for anything else."""
        size = self._known.size
        bits = (size + 7) // 8
        known = (
            np.unpackbits(np.frombuffer(state[:bits], np.uint8), count=size).reshape(self._known.shape) > 0
        )
        levels = np.frombuffer(state[bits:], np.uint8)
        if levels.size != np.count_nonzero(known):
            raise ValueError("the settled places are damaged")
        self._known = known.view(np.uint8) * np.uint8(255)
        self._level = np.zeros_like(self._known)
        self._level[known] = levels
