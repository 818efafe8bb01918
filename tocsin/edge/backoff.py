"""Waiting longer after each failure, with chance in it, so that a village of boxes does not knock at once."""

from __future__ import annotations

import random
from typing import Final

SECONDS_MIN: Final = 1.0
SECONDS_MAX: Final = 60.0
HEALTHY_SECONDS: Final = 60.0
"""After so long without a failure the next one counts as the first."""


class Backoff:
    """Give the next delay: 1 s doubling to 60 s, each between half and the whole of it."""

    def __init__(
        self, chance: random.Random, *, first: float = SECONDS_MIN, most: float = SECONDS_MAX
    ) -> None:
        self._chance = chance
        self._first = first
        self._most = most
        self._failures = 0

    def next(self) -> float:
        """Give the seconds to wait after one more failure."""
        whole = min(self._first * 2.0 ** min(self._failures, 30), self._most)
        self._failures += 1
        return whole * (0.5 + 0.5 * self._chance.random())

    def worked(self, seconds: float) -> None:
        """Tell how long it worked before it failed."""
        if seconds >= HEALTHY_SECONDS:
            self._failures = 0
