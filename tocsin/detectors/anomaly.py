"""A value that this stream has not shown at this time of day, by more than it ever surprises.

Two steps, both robust and learnt without tuning: how far is the value outside what the same hour
showed on the last seven days and a week ago; and is that more than the surprises of the last four
weeks, of which the two worst do not count. It speaks once and stays raised until half a day has
passed without a further surprise. Faults of sensors are `plausible`'s to name.
Cannot see: anything in the first four days, a value usual in itself at an unusual rhythm, a
slow drift (`shift`), switches and streams that mostly rest (rain, gas), or who is to blame.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec
from pydantic import Field
from typing_extensions import override

from tocsin.core.detections import Detection, Phase
from tocsin.core.errors import Rejected
from tocsin.core.ids import DetectionId
from tocsin.core.readings import Reading
from tocsin.detectors.base import (
    EMPTY,
    NEVER_US,
    SECOND_US,
    Parameters,
    Point,
    Statement,
    StreamDetector,
    Subject,
    read_state,
)
from tocsin.detectors.plausibility import physics, possible
from tocsin.detectors.season import DAY, Season

RECORDS: Final = 28
"""Days whose greatest surprise is remembered: a month of weather, two turns of spring and neap tide."""
_FORGIVEN: Final = 2
"""The greatest surprises that do not count: an anomaly must not hide the next one for four weeks."""
_SWING_PART: Final = 0.1
"""A band is never taken for narrower than this part of the week's swing."""
_KEPT: Final = 24


class AnomalyParameters(Parameters):
    """How unusual is unusual enough."""

    factor: float = Field(
        1.3,
        ge=1.0,
        le=10,
        description="Raise when a surprise is greater than this many times the third greatest of the last four weeks; less finds more and disturbs more.",
    )
    least: float = Field(
        1.0,
        gt=0,
        le=100,
        description="Raise at least so many widths of the usual band outside it: at 1, noise of a steady sensor is never enough.",
    )
    slot_seconds: float = Field(
        3600.0,
        ge=1,
        le=86_400,
        description="Length of one of the 24 slots of a day; shorter only for test rigs that have no days.",
    )
    learn_slots: int = Field(96, ge=DAY, le=1000, description="Slots that must have passed first: four days.")
    calm_slots: int = Field(
        12, ge=1, le=1000, description="It clears after so many slots without a further surprise."
    )


class _State(msgspec.Struct, array_like=True):
    slot: int
    closed: int
    season: bytes
    first_slot: int
    low: float
    high: float
    total: float
    count: int
    day: int
    worst: float
    lively: bool
    swing: float
    records: list[float]
    until_slot: int
    points: list[Point]
    unit: str
    raised: str | None


class Anomaly(StreamDetector):
    """Hold one stream against its own habits."""

    __slots__ = (
        "_band",
        "_begin_us",
        "_count",
        "_day",
        "_end_us",
        "_first_slot",
        "_high",
        "_limit",
        "_lively",
        "_low",
        "_lower",
        "_points",
        "_records",
        "_season",
        "_slot",
        "_slot_us",
        "_swing",
        "_total",
        "_unit",
        "_until_slot",
        "_upper",
        "_width",
        "_worst",
        "due_us",
        "parameters",
        "raised",
        "subject",
    )

    def __init__(self, subject: Subject, parameters: AnomalyParameters) -> None:
        self.subject = subject
        self.parameters = parameters
        self.due_us = NEVER_US
        self.raised: DetectionId | None = None
        self._slot_us = round(parameters.slot_seconds * SECOND_US)
        self._season = Season()
        self._slot = -1
        self._first_slot = -1
        self._begin_us = self._end_us = 0
        self._low, self._high, self._total, self._count = math.inf, -math.inf, 0.0, 0
        self._band: tuple[float, float] | None = None
        self._width = self._limit = math.inf
        self._lower, self._upper = -math.inf, math.inf
        self._day, self._worst = -1, 0.0
        self._lively, self._swing = False, 0.0
        self._records: list[float] = []
        self._until_slot = -1
        self._points: list[Point] = []
        self._unit = ""

    @override
    def observe(self, reading: Reading) -> Sequence[Detection]:
        value = reading.value
        if value is None:
            return EMPTY
        at_us = reading.at_us
        said: Sequence[Detection] = EMPTY
        if not self._begin_us <= at_us < self._end_us:
            said = self._turn(reading)
        if self._lower <= value <= self._upper:
            if value > self._high:  # noqa: PLR1730 a call of max() for every reading is what costs here
                self._high = value
            if value < self._low:  # noqa: PLR1730 as above
                self._low = value
            self._total += value
            self._count += 1
            return said
        if not possible(value, reading.unit):
            return said
        return (*said, *self._surprise(at_us, value))

    def _turn(self, reading: Reading) -> Sequence[Detection]:
        """Close the slot that is over and work out what is usual in the next one."""
        slot = reading.at_us // self._slot_us
        if self._first_slot < 0:
            self._first_slot = slot
            self._unit = reading.unit
        if self._count:
            self._close()
        self._slot = slot
        self._open()
        if self.raised is None or slot < self._until_slot:
            return EMPTY
        found = self.subject.detection(self._say(Phase.CLEAR, reading.at_us, 0.0))
        self.raised, self._points = None, []
        return (found,)

    def _close(self) -> None:
        if self._band is not None:
            low, high = self._band
            surprise = max(self._high - high, low - self._low, 0.0) / self._width
            self._worst = max(self._worst, surprise)
        self._season.close(self._slot, self._low, self._high, self._total / self._count)
        self._low, self._high, self._total, self._count = math.inf, -math.inf, 0.0, 0

    def _open(self) -> None:
        slot = self._slot
        self._begin_us = slot * self._slot_us
        self._end_us = self._begin_us + self._slot_us
        if slot // DAY != self._day:
            if self._day >= 0:
                self._records = [*self._records, self._worst][-RECORDS:]
            self._day, self._worst = slot // DAY, 0.0
            # Habits change over days: once a day is enough, and an hour costs little.
            self._lively, self._swing = self._season.lively(), self._season.swing()
        self._prepare()

    def _prepare(self) -> None:
        """Derive band, width and limits of the current slot from what is kept."""
        slot = self._slot
        # What moves too little to matter to anybody is no surprise, however steady the stream is.
        possible_noise = physics(self._unit).noise
        self._band = self._season.band(slot)
        self._lower, self._upper = -_BEYOND, _BEYOND
        if self._band is None:
            return
        low, high = self._band
        self._width = max(high - low, _SWING_PART * self._swing, possible_noise, 1e-9)
        ordered = sorted(self._records)
        known = (ordered[-1 - _FORGIVEN] if len(ordered) > 2 * _FORGIVEN else ordered[-1]) if ordered else 0.0
        self._limit = max(self.parameters.least, self.parameters.factor * known)
        if slot - self._first_slot >= self.parameters.learn_slots and self._lively:
            room = self._limit * self._width
            self._lower, self._upper = low - room, high + room

    def _surprise(self, at_us: int, value: float) -> Sequence[Detection]:
        self._low, self._high = min(self._low, value), max(self._high, value)
        self._total += value
        self._count += 1
        self._until_slot = self._slot + self.parameters.calm_slots
        if len(self._points) < _KEPT:
            self._points.append((at_us, value))
        if self.raised is not None or self._band is None:
            return EMPTY
        found = self.subject.detection(self._say(Phase.RAISE, at_us, value))
        self.raised = found.id
        return (found,)

    def _say(self, phase: Phase, at_us: int, value: float) -> Statement:
        if phase is Phase.CLEAR:
            return Statement(
                phase=phase,
                observed_us=at_us,
                first_us=min(self._points[0][0], at_us),
                reason="as usual again",
                code="anomaly.usual",
                values=self._points,
                unit=self._unit,
            )
        low, high = self._band or (value, value)
        over = value > high
        times = (value - high if over else low - value) / self._width
        return Statement(
            phase=phase,
            observed_us=at_us,
            first_us=at_us,
            reason=(
                f"{value:g} {self._unit}".rstrip()
                + f" is unusual at this time of day: {low:g} to {high:g} is usual, the deviation {times:.1f} "
                + f"times its width, limit {self._limit:.1f}"
            ),
            code="anomaly.high" if over else "anomaly.low",
            figures=(
                ("value", value),
                ("low", low),
                ("high", high),
                ("times", times),
                ("limit", self._limit),
            ),
            score=min(1.0, 0.5 + 0.1 * times / self._limit),
            values=self._points,
            limit=self._upper if over else self._lower,
            unit=self._unit,
        )

    @override
    def snapshot(self) -> bytes:
        return msgspec.msgpack.encode(
            _State(
                self._slot,
                self._season.slot,
                self._season.dump(),
                self._first_slot,
                self._low,
                self._high,
                self._total,
                self._count,
                self._day,
                self._worst,
                self._lively,
                self._swing,
                self._records,
                self._until_slot,
                self._points,
                self._unit,
                self.raised,
            )
        )

    @override
    def restore(self, state: bytes) -> None:
        known = read_state(state, _State)
        try:
            self._season.load(known.closed, known.season)
        except ValueError as error:
            raise Rejected("detectors.state", f"the saved state is damaged: {error}") from error
        self._slot, self._first_slot = known.slot, known.first_slot
        self._low, self._high, self._total, self._count = known.low, known.high, known.total, known.count
        self._day, self._worst, self._records = known.day, known.worst, list(known.records)
        self._lively, self._swing = known.lively, known.swing
        self._until_slot, self._points = known.until_slot, list(known.points)
        self._unit = known.unit
        self.raised = None if known.raised is None else DetectionId(known.raised)
        if self._slot >= 0:
            self._begin_us = self._slot * self._slot_us
            self._end_us = self._begin_us + self._slot_us
            self._prepare()


_BEYOND: Final = 1e300
