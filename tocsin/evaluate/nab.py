"""The score of the Numenta Anomaly Benchmark, from rows, windows and alarms.

A row is an index into the file; windows are pairs of rows, both ends inside. The first alarm in a
window earns up to its weight, more the earlier; an alarm outside costs, less the nearer it lies
behind a window; a window without an alarm costs. Rows of the probationary period (the first 15 %, at
most 750 rows) do not count. Normalised so that saying nothing is 0 and perfection 100.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

PROBATION_PART: Final = 0.15
PROBATION_ROWS_MAX: Final = 750
_STEEP: Final = 5.0
_FAR: Final = 3.0
"""An alarm more than three window lengths behind a window costs in full."""

Window = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Profile:
    """What hits, misses and false alarms weigh."""

    name: str
    hit: float
    miss: float
    false_alarm: float


PROFILES: Final = (
    Profile("standard", 1.0, 1.0, 0.11),
    Profile("reward_low_FP_rate", 1.0, 1.0, 0.22),
    Profile("reward_low_FN_rate", 1.0, 2.0, 0.11),
)
"""The published profiles, for folders that bring none of their own."""


@dataclass(frozen=True, slots=True)
class FileScore:
    """What one file contributes under one profile."""

    raw: float
    nothing: float
    """What a detector that says nothing gets for it."""
    perfect: float
    hits: tuple[float | None, ...]
    """Per window that can be scored: what its first alarm earned, None for a miss."""
    false_alarms: int


def worth(position: float) -> float:
    """Give what an alarm is worth at a place relative to a window: -1 its begin, 0 its end, beyond after it."""
    if position > _FAR:
        return -1.0
    return 2.0 / (1.0 + math.exp(_STEEP * position)) - 1.0


def probation(rows: int) -> int:
    """Give the number of rows at the beginning that do not count."""
    return min(math.floor(PROBATION_PART * rows), PROBATION_ROWS_MAX)


def score_file(rows: int, windows: Sequence[Window], alarms: Iterable[int], profile: Profile) -> FileScore:
    """Score the rows at which a detector spoke."""
    begin = probation(rows)
    ordered = sorted(windows)
    earned: dict[Window, float | None] = {window: None for window in ordered if window[1] >= begin}
    cost, false_alarms = 0.0, 0
    for row in sorted(set(alarms)):
        if row < begin:
            continue
        place = bisect.bisect_right(ordered, (row, rows)) - 1
        if place >= 0 and row <= ordered[place][1]:
            window = ordered[place]
            best = earned[window]
            gain = _gain(row, window) * profile.hit
            earned[window] = gain if best is None else max(best, gain)
            continue
        false_alarms += 1
        cost += profile.false_alarm * (_behind(row, ordered[place]) if place >= 0 else -1.0)
    raw = cost + sum(-profile.miss if one is None else one for one in earned.values())
    return FileScore(
        raw, -profile.miss * len(earned), profile.hit * len(ordered), tuple(earned.values()), false_alarms
    )


def normalised(scores: Sequence[FileScore]) -> float | None:
    """Give the score of all files together; None where there is nothing to find."""
    nothing = sum(one.nothing for one in scores)
    span = sum(one.perfect for one in scores) - nothing
    return 100.0 * (sum(one.raw for one in scores) - nothing) / span if span > 0 else None


def _gain(row: int, window: Window) -> float:
    length = window[1] - window[0] + 1
    return worth(-(window[1] - row + 1) / length) / worth(-1.0)


def _behind(row: int, window: Window) -> float:
    length = window[1] - window[0]
    return worth((row - window[1]) / length) if length else -1.0
