"""A level that has moved and stays where it is.

Compares each hour's mean with what the same hour had on the last seven days; when six hours in
succession lie on the same side, the least of the six deviations is the shift. It raises when that is
greater than the shifts of the last two weeks (the two worst do not count), and a plain part of
the week's swing. After some days the new level is the usual one, and it clears.
Cannot see: anything in the first week, a spike (`anomaly`), a creep slower than a week, or
whether the gauge or the river has moved.
"""

from __future__ import annotations

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
from tocsin.detectors.plausibility import physics
from tocsin.detectors.season import DAY, Season

_RECORDS: Final = 14
"""Days whose greatest shift is remembered."""
_FORGIVEN: Final = 2
"""The greatest of them do not count: one shift must not hide the next for two weeks."""


class ShiftParameters(Parameters):
    """How far and how long."""

    factor: float = Field(
        2.0,
        ge=1.0,
        le=10,
        description="Raise when a shift is greater than this many times the third greatest of two weeks.",
    )
    least: float = Field(
        0.5, gt=0, le=10, description="Raise only for a shift of at least this part of the week's swing."
    )
    slots: int = Field(
        6, ge=2, le=DAY, description="Hours in succession that must lie on the same side of the usual."
    )
    slot_seconds: float = Field(
        3600.0,
        ge=1,
        le=86_400,
        description="Length of one of the 24 slots of a day; shorter only for test rigs that have no days.",
    )
    learn_slots: int = Field(
        168, ge=DAY, le=1000, description="Slots that must have passed first: a week, with its weekend."
    )


class _State(msgspec.Struct, array_like=True):
    slot: int
    closed: int
    season: bytes
    first_slot: int
    total: float
    count: int
    day: int
    worst: float
    swing: float
    records: list[float]
    recent: list[tuple[int, float, float]]
    limit: float
    unit: str
    raised: str | None


class Shift(StreamDetector):
    """Hold one stream's level against its own last week."""

    __slots__ = (
        "_begin_us",
        "_count",
        "_day",
        "_end_us",
        "_first_slot",
        "_least",
        "_limit",
        "_most",
        "_recent",
        "_records",
        "_season",
        "_slot",
        "_slot_us",
        "_swing",
        "_total",
        "_unit",
        "_worst",
        "due_us",
        "parameters",
        "raised",
        "subject",
    )

    def __init__(self, subject: Subject, parameters: ShiftParameters) -> None:
        self.subject = subject
        self.parameters = parameters
        self.due_us = NEVER_US
        self.raised: DetectionId | None = None
        self._slot_us = round(parameters.slot_seconds * SECOND_US)
        self._season = Season(means_only=True)
        self._slot = self._first_slot = -1
        self._begin_us = self._end_us = 0
        self._total, self._count = 0.0, 0
        self._day, self._worst = -1, 0.0
        self._swing = 0.0
        self._records: list[float] = []
        self._recent: list[tuple[int, float, float]] = []
        self._limit = 0.0
        self._learn_unit("")

    @override
    def observe(self, reading: Reading) -> Sequence[Detection]:
        value = reading.value
        if value is None or not self._least <= value <= self._most:
            return EMPTY
        if self._begin_us <= reading.at_us < self._end_us:
            self._total += value
            self._count += 1
            return EMPTY
        said = self._turn(reading)
        self._total, self._count = value, 1
        return said

    def _turn(self, reading: Reading) -> Sequence[Detection]:
        slot = reading.at_us // self._slot_us
        said: Sequence[Detection] = EMPTY
        if self._first_slot < 0:
            self._first_slot = slot
            self._learn_unit(reading.unit)
        if self._count:
            said = self._close(reading.at_us)
        self._slot = slot
        self._begin_us = slot * self._slot_us
        self._end_us = self._begin_us + self._slot_us
        if slot // DAY != self._day:
            if self._day >= 0:
                self._records = [*self._records, self._worst][-_RECORDS:]
            self._day, self._worst = slot // DAY, 0.0
            self._swing = self._season.swing(without_last=self.parameters.slots)
        return said

    def _learn_unit(self, unit: str) -> None:
        self._unit = unit
        self._least, self._most = physics(unit).low, physics(unit).high

    def _close(self, at_us: int) -> Sequence[Detection]:
        """Weigh the hour that is over; `at_us` is the instant that proves it over."""
        mean = self._total / self._count
        usual = self._season.usual(self._slot)
        if usual is not None:
            middle_us = min(at_us, self._begin_us + self._slot_us // 2)
            self._recent = [*self._recent, (middle_us, mean, mean - usual)][-self.parameters.slots :]
        self._season.close(self._slot, mean, mean, mean)
        if usual is None or len(self._recent) < self.parameters.slots:
            return EMPTY
        return self._weigh(at_us)

    def _weigh(self, at_us: int) -> Sequence[Detection]:
        off = [deviation for _, _, deviation in self._recent]
        shift = max(min(off), 0.0) or min(max(off), 0.0)
        if self.raised is not None:
            if max(abs(one) for one in off) >= self._limit / 2:
                return EMPTY
            found = self.subject.detection(self._say(Phase.CLEAR, at_us, shift))
            self.raised = None
            return (found,)
        ordered = sorted(self._records)
        known = (ordered[-1 - _FORGIVEN] if len(ordered) > 2 * _FORGIVEN else ordered[-1]) if ordered else 0.0
        noise = physics(self._unit).noise
        limit = max(self.parameters.least * self._swing, self.parameters.factor * known, noise)
        self._worst = max(self._worst, abs(shift))
        learnt = self._slot - self._first_slot >= self.parameters.learn_slots
        if not learnt or abs(shift) <= limit or not self._season.lively():
            return EMPTY
        self._limit = limit
        found = self.subject.detection(self._say(Phase.RAISE, at_us, shift))
        self.raised = found.id
        return (found,)

    def _say(self, phase: Phase, at_us: int, shift: float) -> Statement:
        points: list[Point] = [(at, mean) for at, mean, _ in self._recent]
        hours = len(points) * self._slot_us / SECOND_US / 3600
        amount = f"{shift:+.3g} {self._unit}".rstrip()
        if phase is Phase.CLEAR:
            reason, code = "the level is the usual one again", "shift.usual"
        else:
            code = "shift.up" if shift > 0 else "shift.down"
            reason = f"{amount} from the usual level for {hours:g} h, limit {self._limit:.3g}"
        return Statement(
            phase=phase,
            observed_us=at_us,
            first_us=min(at_us, points[0][0]),
            reason=reason,
            code=code,
            figures=(("shift", shift), ("hours", hours), ("limit", self._limit)),
            values=points,
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
                self._total,
                self._count,
                self._day,
                self._worst,
                self._swing,
                self._records,
                self._recent,
                self._limit,
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
        self._total, self._count = known.total, known.count
        self._day, self._worst, self._records = known.day, known.worst, list(known.records)
        self._swing = known.swing
        self._recent, self._limit = list(known.recent), known.limit
        self._learn_unit(known.unit)
        self.raised = None if known.raised is None else DetectionId(known.raised)
        if self._slot >= 0:
            self._begin_us = self._slot * self._slot_us
            self._end_us = self._begin_us + self._slot_us
