"""What a stream usually does at this time of day and of the week, from a ring of slots.

A slot (an hour unless said otherwise) keeps its least, greatest and mean value in single precision;
the ring holds a week and a little, so that memory is bounded and a snapshot is 2 KiB. The owner
says when a slot is over; nothing here knows the time of a reading.
"""

from __future__ import annotations

import math
from array import array
from typing import Final

DAY: Final = 24
"""Slots of a day."""
WEEK: Final = 7 * DAY
SIZE: Final = WEEK + 4
"""Slots of the ring: the neighbours of the slot one week ago are still there."""
_NOTHING: Final = math.nan


def median(values: list[float]) -> float:
    """Give the middle value of a list that is not empty."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


class Season:
    """One stream's last week."""

    __slots__ = ("_high", "_low", "_mean", "_rings", "slot")

    def __init__(self, *, means_only: bool = False) -> None:
        """Begin with nothing known; with `means_only` a slot is its mean, and the ring a third as large."""
        self.slot = -1
        """The newest slot that was closed; -1 before the first."""
        self._mean = array("f", [_NOTHING]) * SIZE
        self._low = self._mean if means_only else array("f", [_NOTHING]) * SIZE
        self._high = self._mean if means_only else array("f", [_NOTHING]) * SIZE
        self._rings = (self._mean,) if means_only else (self._low, self._high, self._mean)

    def close(self, slot: int, low: float, high: float, mean: float) -> None:
        """Keep a slot; slots that were left out since the last one are empty."""
        missed = slot - self.slot - 1
        if self.slot >= 0 and missed > 0:
            for empty in range(slot - min(missed, SIZE), slot):
                self._set(empty, _NOTHING, _NOTHING, _NOTHING)
        self._set(slot, low, high, mean)
        self.slot = slot

    def _set(self, slot: int, low: float, high: float, mean: float) -> None:
        place = slot % SIZE
        self._low[place], self._high[place], self._mean[place] = low, high, mean

    def band(self, slot: int) -> tuple[float, float] | None:
        """Give the least and greatest value usual in a slot, or None when nothing is known.

        Usual is the middle one of the last seven days, each an hour wider to both sides because
        habits are not punctual, and whatever the same day of last week showed.
        """
        lows, highs = [], []
        week_low, week_high = math.inf, -math.inf
        for day in range(1, 8):
            low, high = math.inf, -math.inf
            first = slot - DAY * day - 1
            for place in (first % SIZE, (first + 1) % SIZE, (first + 2) % SIZE):
                if self._low[place] < low:  # noqa: PLR1730 42 calls of min() for each slot cost
                    low = self._low[place]
                if self._high[place] > high:  # noqa: PLR1730 as above
                    high = self._high[place]
            if low <= high:
                lows.append(low)
                highs.append(high)
                if day == 7:
                    week_low, week_high = low, high
        if not lows:
            return None
        return min(median(lows), week_low), max(median(highs), week_high)

    def usual(self, slot: int) -> float | None:
        """Give the middle one of the means that this slot had on the last seven days."""
        means = [mean for day in range(1, 8) if not math.isnan(mean := self._mean[(slot - DAY * day) % SIZE])]
        return median(means) if means else None

    def swing(self, *, without_last: int = 0) -> float:
        """Give the distance between the least and the greatest mean of the week."""
        newest = {(self.slot - back) % SIZE for back in range(without_last)}
        means = [
            mean for place, mean in enumerate(self._mean) if not math.isnan(mean) and place not in newest
        ]
        return max(means) - min(means) if means else 0.0

    def lively(self) -> bool:
        """Say whether the stream has habits: it moves in many slots and is no switch."""
        moving, known, before = 0, 0, math.nan
        levels = set[float]()
        for low, high in zip(self._low, self._high, strict=True):
            if low <= high:
                known += 1
                moving += low < high or low != before
                before = high
                levels.add(low)
                levels.add(high)
        return known >= _KNOWN and moving * 3 >= known and len(levels) > _SWITCH_LEVELS

    def dump(self) -> bytes:
        """Give the ring as bytes."""
        return b"".join(ring.tobytes() for ring in self._rings)

    def load(self, slot: int, data: bytes) -> None:
        """Take a ring back; raises `ValueError` for bytes of another length."""
        part = SIZE * self._mean.itemsize
        if len(data) != part * len(self._rings):
            raise ValueError("the ring of a season has another length")
        self.slot = slot
        for number, ring in enumerate(self._rings):
            ring[:] = array("f", data[number * part : (number + 1) * part])


_KNOWN: Final = 20
"""Slots of the week that must hold readings: what speaks once a day has no habits by the hour."""
_SWITCH_LEVELS: Final = 3
"""A stream that stands at no more levels than these is a switch or a selector."""
