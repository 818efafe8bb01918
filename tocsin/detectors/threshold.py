"""A value over, under or outside its limits for long enough.

Runs in event time: the duration is measured between readings. A value holds until the next reading,
so a contact that says "on" once is raised by ticks, in the listener's time, which begins when the
reading is heard: a backlog is never held against the clock on the wall. Clears when the value has
come back by the hysteresis for long enough.
A value that no working sensor gives is not judged at all.
Cannot see: a value that stops being reported while it is over the limit (`silence` does), a slow
trend that stays inside, that one reading is a spike of a broken sensor unless `step_max` is given.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Self

import msgspec
from pydantic import Field, model_validator
from typing_extensions import override

from tocsin.core.detections import Detection, Phase
from tocsin.core.ids import DetectionId
from tocsin.core.readings import Reading
from tocsin.detectors.base import (
    EMPTY,
    NEVER_US,
    POINTS_MAX,
    SECOND_US,
    Parameters,
    Point,
    Statement,
    StreamDetector,
    Subject,
    read_state,
)
from tocsin.detectors.plausibility import ANYTHING, StepGate, possible, power_on


class ThresholdParameters(Parameters):
    """Limits in the stream's unit; give `above`, `below`, or both for a band."""

    above: float | None = Field(None, description="Raise when the value is greater than this.")
    below: float | None = Field(None, description="Raise when the value is less than this.")
    hysteresis: float = Field(
        0.0, ge=0, description="Clear only when the value is back inside the limit by this much."
    )
    for_seconds: float = Field(
        0.0,
        ge=0,
        le=86_400,
        description="How long, in event time, the value must stay beyond the limit; 0 raises at once.",
    )
    clear_for_seconds: float = Field(
        0.0, ge=0, le=86_400, description="How long the value must stay back inside before it clears."
    )
    severe_above: float | None = Field(
        None, description="Above this the severity rises to 0.9 and an update is sent."
    )
    severe_below: float | None = Field(
        None, description="Below this the severity rises to 0.9 and an update is sent."
    )

    step_max: float | None = Field(
        None,
        gt=0,
        description="A reading beyond the limit that jumped there by more than this waits until the next one agrees with it; for water, where metres between two readings are a fault of the sensor.",
    )

    @model_validator(mode="after")
    def _limits_make_sense(self) -> Self:
        if self.above is None and self.below is None:
            raise ValueError("give `above`, `below` or both")
        slack = self.hysteresis
        if self.above is not None and self.below is not None and self.below + slack >= self.above - slack:
            raise ValueError("`below` plus hysteresis must be less than `above` minus hysteresis")
        if self.severe_above is not None and (self.above is None or self.severe_above <= self.above):
            raise ValueError("`severe_above` needs an `above` that is less")
        if self.severe_below is not None and (self.below is None or self.severe_below >= self.below):
            raise ValueError("`severe_below` needs a `below` that is greater")
        return self


class _State(msgspec.Struct, array_like=True, omit_defaults=True):
    since_us: int = -1
    back_us: int = -1
    raised: str | None = None
    severe: bool = False
    points: list[Point] = []
    due_us: int = NEVER_US
    armed: bool = False
    unit: str = ""
    last: float | None = None
    near: float = 0.0
    count: int = 0
    mark: bool = False


class Threshold(StreamDetector):
    """Hold one stream against its limits."""

    __slots__ = (
        "_armed",
        "_back_us",
        "_gate",
        "_high",
        "_low",
        "_mark",
        "_points",
        "_quiet",
        "_severe",
        "_since_us",
        "_unit",
        "due_us",
        "parameters",
        "raised",
        "subject",
    )

    def __init__(self, subject: Subject, parameters: ThresholdParameters) -> None:
        self.subject = subject
        self.parameters = parameters
        self.due_us = NEVER_US
        self.raised: DetectionId | None = None
        self._high = math.inf if parameters.above is None else parameters.above
        self._low = -math.inf if parameters.below is None else parameters.below
        self._gate = StepGate(parameters.step_max or ANYTHING, 1 if parameters.step_max is None else 2)
        self._mark = False
        self._quiet = True
        self._since_us = -1
        self._back_us = -1
        self._severe = False
        self._points: list[Point] = []
        self._armed = False
        self._unit = ""

    @override
    def observe(self, reading: Reading) -> Sequence[Detection]:
        value = reading.value
        if value is None:
            return EMPTY
        if self._quiet and self._low <= value <= self._high:
            self._gate.last = value
            return EMPTY
        if not possible(value, reading.unit):
            return EMPTY
        again, self._mark = self._mark, power_on(value, reading.unit)
        if (self._mark and not again) or self._gate.holds(value):
            # Whatever comes next is held against this one, also when it is inside the limits.
            self._quiet = False
            return EMPTY
        return self._beyond_or_back(reading.at_us, value, reading.unit)

    def _beyond_or_back(self, at_us: int, value: float, unit: str) -> Sequence[Detection]:
        beyond = not self._low <= value <= self._high
        if self.raised is None:
            if not beyond:
                self._forget()
                return EMPTY
            self._quiet = False
            self._keep(at_us, value)
            if not 0 <= self._since_us <= at_us:
                self._since_us = at_us
            if at_us - self._since_us < self.parameters.for_seconds * SECOND_US:
                self._wait(unit)
                return EMPTY
            return self._raise(at_us, value, unit)
        self._keep(at_us, value)
        slack = self.parameters.hysteresis
        if beyond or not self._low + slack <= value <= self._high - slack:
            self._back_us = -1
            self.due_us = NEVER_US
            return self._worse(at_us, value, unit)
        if not 0 <= self._back_us <= at_us:
            self._back_us = at_us
        if at_us - self._back_us < self.parameters.clear_for_seconds * SECOND_US:
            self._wait(unit)
            return EMPTY
        return self._clear(at_us, value, unit)

    def _wait(self, unit: str) -> None:
        """Let the next tick begin to measure what is left of the duration."""
        self._unit = unit
        self._armed = False
        self.due_us = 0

    def _raise(self, at_us: int, value: float, unit: str) -> Sequence[Detection]:
        self.due_us = NEVER_US
        self._severe = self._is_severe(value)
        found = self.subject.detection(self._say(Phase.RAISE, at_us, value, unit))
        self.raised = found.id
        return (found,)

    def _worse(self, at_us: int, value: float, unit: str) -> Sequence[Detection]:
        if self._severe or not self._is_severe(value):
            return EMPTY
        self._severe = True
        return (self.subject.detection(self._say(Phase.UPDATE, at_us, value, unit)),)

    def _clear(self, at_us: int, value: float, unit: str) -> Sequence[Detection]:
        found = self.subject.detection(self._say(Phase.CLEAR, at_us, value, unit))
        self.raised = None
        self._forget()
        return (found,)

    def _say(self, phase: Phase, at_us: int, value: float, unit: str) -> Statement:
        seconds = (at_us - self._since_us) / SECOND_US
        if phase is Phase.RAISE:
            seconds = max(seconds, self.parameters.for_seconds)
        over = self._points[-1][1] > self._high if phase is not Phase.CLEAR else self._was_over()
        limit = self._high if over else self._low
        side = "over" if over else "under"
        amount = f"{value:g} {unit}".rstrip()
        bound = f"{limit:g} {unit}".rstrip()
        reason = (
            f"back at {amount}, was {side} the limit {bound} for {seconds:g} s"
            if phase is Phase.CLEAR
            else f"{amount} is {side} the limit {bound} for {seconds:g} s"
        )
        code = "threshold.above" if over else "threshold.below"
        return Statement(
            phase=phase,
            observed_us=at_us,
            first_us=self._since_us,
            reason=reason,
            code="threshold.back" if phase is Phase.CLEAR else code,
            figures=(("value", value), ("limit", limit), ("seconds", seconds)),
            severity=max(0.9, self.subject.severity) if self._severe else None,
            values=self._points,
            limit=limit,
            unit=unit,
        )

    def _was_over(self) -> bool:
        return any(value > self._high for _, value in self._points) or self._low == -math.inf

    def _is_severe(self, value: float) -> bool:
        high, low = self.parameters.severe_above, self.parameters.severe_below
        return (high is not None and value > high) or (low is not None and value < low)

    def _keep(self, at_us: int, value: float) -> None:
        if len(self._points) >= POINTS_MAX:
            # The first point stays, because it is the begin of the evidence.
            del self._points[1]
        self._points.append((at_us, value))

    def _forget(self) -> None:
        self._quiet = True
        self.due_us = NEVER_US
        self._since_us = -1
        self._back_us = -1
        self._severe = False
        self._points = []

    @override
    def tick(self, now_us: int) -> Sequence[Detection]:
        """Act on a value that has held since its last reading for what was left of its duration."""
        if self.due_us > now_us:
            return EMPTY
        last_us, value = self._points[-1]
        raising = self.raised is None
        begin_us = self._since_us if raising else self._back_us
        seconds = self.parameters.for_seconds if raising else self.parameters.clear_for_seconds
        if not self._armed:
            self._armed = True
            self.due_us = now_us + max(0, begin_us + round(seconds * SECOND_US) - last_us)
            return EMPTY
        return self._raise(last_us, value, self._unit) if raising else self._clear(last_us, value, self._unit)

    @override
    def postpone(self, by_us: int) -> None:
        if self._armed and self.due_us != NEVER_US:
            self.due_us += by_us

    @override
    def snapshot(self) -> bytes:
        return msgspec.msgpack.encode(
            _State(
                self._since_us,
                self._back_us,
                self.raised,
                self._severe,
                self._points,
                self.due_us,
                self._armed,
                self._unit,
                self._gate.last,
                self._gate.near,
                self._gate.count,
                self._mark,
            )
        )

    @override
    def restore(self, state: bytes) -> None:
        known = read_state(state, _State)
        self._since_us, self._back_us = known.since_us, known.back_us
        self.raised = None if known.raised is None else DetectionId(known.raised)
        self._severe, self._points = known.severe, list(known.points)
        self.due_us, self._armed, self._unit = known.due_us, known.armed, known.unit
        self._gate.last, self._gate.near, self._gate.count = known.last, known.near, known.count
        self._mark = known.mark
        self._quiet = self.raised is None and known.since_us < 0 and known.count == 0 and not known.mark
