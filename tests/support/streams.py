"""Drawn sensor series with known truth: a day's rhythm, noise, and whatever goes wrong."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Sequence

from tests.support.detecting import reading
from tocsin.core.detections import Detection
from tocsin.core.readings import Reading
from tocsin.detectors.base import StreamDetector

Bend = Callable[[float, float], float]
"""What happens: seconds since the begin and the undisturbed value in, the value out."""
DAY = 86_400
HOUR = 3600


def rhythm(
    days: float,
    *,
    step: float = 600,
    base: float = 20.0,
    swing: float = 4.0,
    noise: float = 0.2,
    decimals: int | None = None,
    weekend: float = 0.0,
    seed: int = 1,
    unit: str = "Cel",
    bend: Bend | None = None,
) -> list[Reading]:
    """Give readings that follow the sun; `bend(seconds, value)` makes the event."""
    chance, made = random.Random(seed), []
    for number in range(int(days * DAY / step)):
        at = number * step
        value = base + swing * math.sin(2 * math.pi * at / DAY) + chance.gauss(0, noise)
        if int(at // DAY) % 7 >= 5:
            value += weekend
        if bend is not None:
            value = bend(at, value)
        if decimals is not None:
            value = round(value, decimals)
        made.append(reading(at, value, unit=unit))
    return made


def fed(detector: StreamDetector, readings: Iterable[Reading]) -> list[Detection]:
    return [said for one in readings for said in detector.observe(one)]


def codes(found: Sequence[Detection]) -> list[str]:
    return [one.reason_code for one in found]
