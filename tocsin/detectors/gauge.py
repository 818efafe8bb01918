"""The level of water at a gauge, read from the picture.

Inside a narrow zone drawn over the staff (or over a bank), the water line is where the rows above
and the rows below differ most; its height is put between the levels of the zone's lower and upper
edge, and the median of the last five pictures counts. Works by day and under infra-red. Cannot
see: a line between two equal surfaces, ice, a boat before the staff, reflections of the staff as
clear as itself; it is as exact as the zone is drawn, at best two hundredths of its height.
"""

from __future__ import annotations

from typing import Final, Self

import cv2
import msgspec
import numpy as np
from pydantic import Field, model_validator
from typing_extensions import override

from tocsin.core.frames import Polygon
from tocsin.detectors.base import Subject, read_state
from tocsin.detectors.conviction import ConvictionParameters, Verdict
from tocsin.detectors.look import Gray, Look
from tocsin.detectors.picture import Judge, Judged, Opinion

_MEDIAN: Final = 5
_CLEAR: Final = 8.0
"""Grey levels by which both sides of the line must differ at least."""


class GaugeParameters(ConvictionParameters):
    """Where the staff stands and when the water is too high."""

    need: int = Field(3, ge=1, le=32, description="Pictures of the last `of` that must show it.")
    of: int = Field(5, ge=1, le=32, description="How many pictures are remembered.")
    bottom_m: float = Field(0.0, description="Level in metres at the lower edge of the zone.")
    top_m: float = Field(2.0, description="Level in metres at the upper edge of the zone.")
    above: float = Field(1.5, description="Raise when the water stands higher than this, in metres.")

    @model_validator(mode="after")
    def _upright(self) -> Self:
        if not self.bottom_m < self.above < self.top_m:
            raise ValueError("`above` must lie between `bottom_m` and `top_m`")
        return self


class _Memory(msgspec.Struct, array_like=True):
    levels: list[float]


class GaugeJudge(Judge):
    """Find the water line."""

    def __init__(self, parameters: GaugeParameters) -> None:
        self._parameters = parameters
        self._levels: list[float] = []

    @override
    def judge(self, look: Look, zone: Gray | None) -> Opinion | None:
        line = _water_line(look.gray, zone)
        if line is None:
            return None
        wanted = self._parameters
        level = wanted.top_m - line * (wanted.top_m - wanted.bottom_m)
        self._levels = [*self._levels[-(_MEDIAN - 1) :], level]
        usual = float(np.median(self._levels))
        high = usual > wanted.above and len(self._levels) >= 3
        verdict = Verdict(
            reason=f"water at {usual:.2f} m, limit {wanted.above:g} m",
            code="gauge.above",
            figures=(("level", round(usual, 3)), ("limit", wanted.above)),
            back=f"water back at {usual:.2f} m",
            back_code="gauge.back",
        )
        return Opinion(score=0.8 if high else 0.0, verdict=verdict)

    @override
    def memory(self) -> bytes:
        return msgspec.msgpack.encode(_Memory(self._levels))

    @override
    def remember(self, state: bytes) -> None:
        self._levels = list(read_state(state, _Memory).levels)


def gauge(subject: Subject, parameters: GaugeParameters, zone: Polygon | None) -> Judged:
    """Make a gauge reader; without a zone the whole picture is the staff."""
    return Judged(subject, parameters, GaugeJudge(parameters), zone)


def _water_line(gray: Gray, zone: Gray | None) -> float | None:
    """Give the line's place from 0 (upper edge of the zone) to 1 (lower edge)."""
    inside = np.ones(gray.shape, np.float32) if zone is None else (zone > 0).astype(np.float32)
    width = inside.sum(axis=1)
    rows = np.flatnonzero(width > 0)
    if len(rows) < 8:
        return None
    means = ((gray * inside).sum(axis=1)[rows]) / width[rows]
    means = cv2.blur(means.astype(np.float32).reshape(-1, 1), (1, 3)).reshape(-1)
    total = np.cumsum(means)
    count = np.arange(1, len(means) + 1)
    above = total[:-1] / count[:-1]
    below = (total[-1] - total[:-1]) / (len(means) - count[:-1])
    # Between-class variance: a step in the middle counts more than a speck at the edge.
    weight = count[:-1] * (len(means) - count[:-1]) / len(means) ** 2
    between = weight * (above - below) ** 2
    best = int(np.argmax(between))
    if abs(float(above[best] - below[best])) < _CLEAR:
        return None
    return (best + 1) / len(means)
