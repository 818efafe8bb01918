"""A value that no longer changes although it should.

Learns how long the stream's value usually stays the same, which is long for a coarse sensor and
nothing for a fine one, and raises when a run lasts several times the longest, in time and in
readings, so that a gap proves nothing. Never judged: switches and selectors (few levels), a zero of
what may rest (rain, gas, light), a full scale of what may be full (fog, battery).
Cannot see: a sensor that was stuck from the beginning, one that dithers around one value, anything
in the first day.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from pydantic import Field
from typing_extensions import override

from tocsin.core.detections import Detection, Phase
from tocsin.core.ids import DetectionId
from tocsin.core.readings import Reading
from tocsin.detectors.base import (
    EMPTY,
    NEVER_US,
    SECOND_US,
    Parameters,
    Statement,
    StreamDetector,
    Subject,
    read_state,
)
from tocsin.detectors.plausibility import ANYTHING, physics

_LEVELS_MAX: Final = 16


class StuckParameters(Parameters):
    """How long the same value may last."""

    factor: float = Field(
        4.0, ge=1.5, le=100, description="Raise when a run is this many times the longest usual one."
    )
    least_seconds: float = Field(
        6 * 3600.0,
        gt=0,
        le=31 * 86_400,
        description="A run shorter than this is never called stuck; a still night passes.",
    )
    least_readings: int = Field(
        10, ge=3, le=10_000, description="Nor one of fewer readings, however long they are apart."
    )
    learn: int = Field(30, ge=5, le=10_000, description="Runs that must have ended before it is judged.")
    learn_seconds: float = Field(
        86_400.0, ge=0, le=31 * 86_400, description="Time for which the stream must have been known."
    )
    levels: int = Field(
        4, ge=2, le=_LEVELS_MAX, description="Streams of fewer different values are switches, not sensors."
    )


class _State(msgspec.Struct, array_like=True):
    value: float | None
    since_us: int
    last_us: int
    count: int
    runs: int
    longest_us: int
    longest_count: int
    step: float
    first_us: int
    due_at_us: int
    levels: list[float]
    unit: str
    raised: str | None


class Stuck(StreamDetector):
    """Time the runs of one stream's value."""

    __slots__ = (
        "_count",
        "_due_at_us",
        "_first_us",
        "_last_us",
        "_levels",
        "_limit_us",
        "_longest_count",
        "_longest_us",
        "_runs",
        "_since_us",
        "_step",
        "_unit",
        "_value",
        "due_us",
        "parameters",
        "raised",
        "subject",
    )

    def __init__(self, subject: Subject, parameters: StuckParameters) -> None:
        self.subject = subject
        self.parameters = parameters
        self.due_us = NEVER_US
        self.raised: DetectionId | None = None
        self._value: float | None = None
        self._since_us = self._last_us = self._first_us = -1
        self._count = self._runs = 0
        self._longest_us = self._longest_count = 0
        self._step = ANYTHING
        self._levels: list[float] = []
        self._unit = ""
        self._limit_us = round(parameters.least_seconds * SECOND_US)
        self._due_at_us = NEVER_US

    @override
    def observe(self, reading: Reading) -> Sequence[Detection]:
        value = reading.value
        if value == self._value:
            if value is None:
                return EMPTY
            at_us = self._last_us = reading.at_us
            self._count += 1
            if at_us < self._due_at_us:
                return EMPTY
            return self._judge(at_us, value)
        if value is None or not -ANYTHING < value < ANYTHING:
            return EMPTY
        at_us = reading.at_us
        said: Sequence[Detection] = EMPTY
        if self._value is not None:
            said = self._end_run(at_us, value)
        else:
            self._first_us, self._unit = at_us, reading.unit
        self._value = value
        self._since_us = self._last_us = at_us
        self._count = 1
        self._due_at_us = at_us + self._limit_us
        return said

    def _end_run(self, at_us: int, value: float) -> Sequence[Detection]:
        before = self._value or 0.0
        step = abs(value - before)
        self._step = min(self._step, step)
        if len(self._levels) < self.parameters.levels and before not in self._levels:
            self._levels.append(before)
        self._runs += 1
        if self._count > 1 or self._longest_us:
            self._learn(self._last_us - self._since_us)
        if self.raised is None:
            return EMPTY
        return self._clear(at_us, value)

    def _learn(self, lasted_us: int) -> None:
        if self.raised is not None:
            # What was called stuck teaches only a little, else a dying sensor makes us deaf.
            lasted_us = min(lasted_us, 2 * self._longest_us)
        elif self._count > self._longest_count:
            self._longest_count = self._count
        if lasted_us > self._longest_us:
            self._longest_us = lasted_us
            least_us = round(self.parameters.least_seconds * SECOND_US)
            self._limit_us = max(least_us, int(lasted_us * self.parameters.factor))

    def _judge(self, at_us: int, value: float) -> Sequence[Detection]:
        if self.raised is not None:
            return EMPTY
        own = self.parameters
        known = physics(self._unit)
        if (
            self._runs < own.learn
            or at_us - self._first_us < own.learn_seconds * SECOND_US
            or self._count < max(own.least_readings, own.factor * self._longest_count)
            or len(self._levels) < own.levels
            or (known.rests and value == 0)
            or value >= known.full
        ):
            return EMPTY
        hours = (at_us - self._since_us) / SECOND_US / 3600
        usual = self._longest_us / SECOND_US / 3600
        amount = f"{value:g} {self._unit}".rstrip()
        found = self.subject.detection(
            Statement(
                phase=Phase.RAISE,
                observed_us=at_us,
                first_us=self._since_us,
                reason=(
                    f"{amount} for {hours:.1f} h without a change, the longest usual run is {usual:.1f} h; "
                    f"the sensor's step is {self._step:g}"
                ),
                code="stuck.flat",
                figures=(
                    ("value", value),
                    ("hours", hours),
                    ("usual_hours", usual),
                    ("step", self._step),
                    ("readings", float(self._count)),
                ),
                values=((self._since_us, value), (at_us, value)),
                unit=self._unit,
            )
        )
        self.raised = found.id
        return (found,)

    def _clear(self, at_us: int, value: float) -> Sequence[Detection]:
        self.raised = None
        return (
            self.subject.detection(
                Statement(
                    phase=Phase.CLEAR,
                    observed_us=at_us,
                    first_us=min(self._since_us, at_us),
                    reason=f"it changes again: {value:g} {self._unit}".rstrip(),
                    code="stuck.moves",
                    figures=(("value", value),),
                    unit=self._unit,
                )
            ),
        )

    @override
    def snapshot(self) -> bytes:
        return msgspec.msgpack.encode(
            _State(
                self._value,
                self._since_us,
                self._last_us,
                self._count,
                self._runs,
                self._longest_us,
                self._longest_count,
                self._step,
                self._first_us,
                self._due_at_us,
                self._levels,
                self._unit,
                self.raised,
            )
        )

    @override
    def restore(self, state: bytes) -> None:
        known = read_state(state, _State)
        self._value, self._since_us, self._last_us = known.value, known.since_us, known.last_us
        self._count, self._runs, self._step = known.count, known.runs, known.step
        self._longest_us, self._longest_count = known.longest_us, known.longest_count
        self._first_us, self._due_at_us = known.first_us, known.due_at_us
        self._levels, self._unit = list(known.levels), known.unit
        least_us = round(self.parameters.least_seconds * SECOND_US)
        self._limit_us = max(least_us, int(self._longest_us * self.parameters.factor))
        self.raised = None if known.raised is None else DetectionId(known.raised)
