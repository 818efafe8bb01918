"""A share of counted cases, with how far it may be trusted.

The bounds are Wilson's score interval at 95 %: few cases give wide bounds, none of ten does not
give "never", and no bound leaves 0…1.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec

_Z: Final = 1.959963984540054
"""Quantile of the normal distribution that leaves 2.5 % on each side."""


class Rate(msgspec.Struct, frozen=True):
    """`part` cases of `whole`."""

    part: int
    whole: int

    def __post_init__(self) -> None:
        """Refuse what is no share: a defect of whoever counted."""
        if not 0 <= self.part <= self.whole:
            raise ValueError(f"{self.part} of {self.whole} is no share")

    @property
    def share(self) -> float | None:
        """What was counted, 0…1; None of nothing."""
        return self.part / self.whole if self.whole else None

    @property
    def low(self) -> float:
        """Lower bound; 0 of nothing."""
        return self._bounds()[0]

    @property
    def high(self) -> float:
        """Upper bound; 1 of nothing."""
        return self._bounds()[1]

    def _bounds(self) -> tuple[float, float]:
        if not self.whole:
            return 0.0, 1.0
        share, squared = self.part / self.whole, _Z * _Z / self.whole
        middle = share + squared / 2
        reach = math.sqrt(squared * (share * (1 - share) + squared / 4))
        # Rounding must not say that a bound is a hair off its end.
        low = (middle - reach) / (1 + squared) if self.part else 0.0
        high = (middle + reach) / (1 + squared) if self.part < self.whole else 1.0
        return low, high
