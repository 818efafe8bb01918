"""A value that changes too fast: so much within a window of event time.

Compares each reading with the oldest one inside the window; two readings in succession must agree,
so that one spike raises nothing, and a spike is not kept to compare with. Clears when no reading has
shown the change for a whole window: a slow tide, or a fast return, does not keep it standing.
Cannot see: a change slower than the window, one that happens between two readings further apart
than the window, or a rise that only makes up for a fall within the same window.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from typing import Final, Literal

import msgspec
from pydantic import Field
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
from tocsin.detectors.plausibility import ANYTHING, StepGate, possible

_LARGEST: Final = ANYTHING
_WILD: Final = 3
"""So many jumps within one window come from a sensor that has lost the water, not from water."""
_NO_GATE: Final = StepGate(ANYTHING, 1)


class RateParameters(Parameters):
    """How much change within how long counts as too fast."""

    change: float = Field(gt=0, description="Raise when the value changes by this much within the window.")
    window_seconds: float = Field(
        60.0, gt=0, le=86_400, description="Length of the window in event time; a minute suits heat."
    )
    direction: Literal["rise", "fall", "both"] = Field("rise", description="Which way counts.")
    confirm: int = Field(
        2, ge=1, le=32, description="Readings in succession that must show it; 2 lets one spike pass."
    )
    at_least: float | None = Field(
        None, description="Judge only while the value is at least this, so that a cold start is no fire."
    )
    step_max: float | None = Field(
        None,
        gt=0,
        description="A reading that jumps by more than this is held back until the next one agrees with it; for water, where metres between two readings are a fault of the sensor.",
    )


class _State(msgspec.Struct, array_like=True):
    points: list[Point]
    next_us: int
    seen: int
    calm_us: int
    began_us: int
    raised: str | None
    last: float | None
    near: float
    count: int
    jumps: list[int]


class Rate(StreamDetector):
    """Hold one stream's change against its limit."""

    __slots__ = (
        "_began_us",
        "_calm_us",
        "_change",
        "_fall",
        "_gate",
        "_jumps",
        "_next_us",
        "_points",
        "_quiet",
        "_rise",
        "_seen",
        "_slot_us",
        "_window_us",
        "due_us",
        "parameters",
        "raised",
        "subject",
    )

    def __init__(self, subject: Subject, parameters: RateParameters) -> None:
        self.subject = subject
        self.parameters = parameters
        self.due_us = NEVER_US
        self.raised: DetectionId | None = None
        self._window_us = round(parameters.window_seconds * SECOND_US)
        self._slot_us = max(1, self._window_us // (POINTS_MAX - 2))
        self._change = parameters.change
        self._rise = parameters.change if parameters.direction != "fall" else _LARGEST * 4
        self._fall = -parameters.change if parameters.direction != "rise" else -_LARGEST * 4
        self._gate = None if parameters.step_max is None else StepGate(parameters.step_max, 2)
        self._jumps: list[int] = []
        self._points: deque[Point] = deque()
        self._next_us = -NEVER_US
        self._quiet = True
        self._seen = 0
        self._calm_us = -1
        self._began_us = -1

    @override
    def observe(self, reading: Reading) -> Sequence[Detection]:
        value = reading.value
        if value is None or not -_LARGEST < value < _LARGEST:
            return EMPTY
        at_us = reading.at_us
        if self._gate is not None and (not possible(value, reading.unit) or self._distrusted(at_us, value)):
            return EMPTY
        points = self._points
        if at_us >= self._next_us:
            self._keep(at_us, value)
        elif at_us < points[-1][0]:
            # The clock was set back: points of a time that has not come yet are no comparison.
            points.clear()
            self._calm_us = -1
            self._keep(at_us, value)
        if self._quiet and self._fall < value - points[0][1] < self._rise:
            return EMPTY
        return self._judge(at_us, value, reading.unit)

    def _distrusted(self, at_us: int, value: float) -> bool:
        """Say whether a reading is to be left out: it jumped, or its stream jumps about."""
        if self._gate is not None and self._gate.holds(value):
            self._jumps = [*self._jumps, at_us][-_WILD:]
            return True
        if len(self._jumps) < _WILD or not 0 <= at_us - self._jumps[0] <= self._window_us:
            return False
        # What such a stream said before is nothing to compare with.
        self._points.clear()
        self._next_us = -NEVER_US
        self._quiet, self._seen = self.raised is None, 0
        return True

    def _keep(self, at_us: int, value: float) -> None:
        points, change = self._points, self._change
        if points and not -change < value - points[-1][1] < change:
            self._drop_spike(value)
        points.append((at_us, value))
        self._next_us = at_us + self._slot_us
        horizon = at_us - self._window_us
        while points[0][0] < horizon:
            points.popleft()

    def _drop_spike(self, value: float) -> None:
        """Forget the newest point when its neighbours agree with each other and not with it."""
        if len(self._points) < 2:
            return
        before, spike = self._points[-2][1], self._points[-1][1]
        if abs(spike - before) >= self._change > abs(value - before) and (
            (spike - before) * (value - spike) < 0
        ):
            self._points.pop()

    def _judge(self, at_us: int, value: float, unit: str) -> Sequence[Detection]:
        oldest_us, oldest = self._points[0]
        change = value - oldest
        gate = self.parameters.at_least
        fast = not self._fall < change < self._rise and (gate is None or value >= gate)
        if self.raised is None:
            self._seen = self._seen + 1 if fast else 0
            self._quiet = not fast
            if self._seen < self.parameters.confirm:
                return EMPTY
            self._began_us = oldest_us
            found = self.subject.detection(self._say(Phase.RAISE, at_us, value, change, unit))
            self.raised = found.id
            self._quiet = False
            return (found,)
        if fast:
            self._calm_us = -1
            return EMPTY
        if self._calm_us < 0:
            self._calm_us = at_us
        if at_us - self._calm_us < self._window_us:
            return EMPTY
        found = self.subject.detection(self._say(Phase.CLEAR, at_us, value, change, unit))
        self.raised = None
        self._quiet, self._seen, self._calm_us, self._began_us = True, 0, -1, -1
        return (found,)

    def _say(self, phase: Phase, at_us: int, value: float, change: float, unit: str) -> Statement:
        seconds = (at_us - self._points[0][0]) / SECOND_US
        amount = f"{change:+.3g} {unit}".rstrip()
        if phase is Phase.CLEAR:
            reason, code, crossed = f"steady again: {amount} within {seconds:g} s", "rate.steady", None
        else:
            crossed = self._points[0][1] + math.copysign(self._change, change)
            code = "rate.rise" if change > 0 else "rate.fall"
            reason = f"changed by {amount} to {value:g} within {seconds:g} s, limit {self._change:g}"
        return Statement(
            phase=phase,
            observed_us=at_us,
            first_us=min(self._began_us, at_us),
            reason=reason,
            code=code,
            figures=(("change", change), ("value", value), ("seconds", seconds), ("limit", self._change)),
            values=list(self._points),
            limit=crossed,
            unit=unit,
        )

    @override
    def snapshot(self) -> bytes:
        gate = self._gate or _NO_GATE
        return msgspec.msgpack.encode(
            _State(
                list(self._points),
                self._next_us,
                self._seen,
                self._calm_us,
                self._began_us,
                self.raised,
                gate.last,
                gate.near,
                gate.count,
                self._jumps,
            )
        )

    @override
    def restore(self, state: bytes) -> None:
        known = read_state(state, _State)
        self._points = deque(known.points)
        self._next_us, self._seen = known.next_us, known.seen
        self._calm_us, self._began_us = known.calm_us, known.began_us
        self.raised = None if known.raised is None else DetectionId(known.raised)
        self._quiet = self.raised is None and known.seen == 0
        self._jumps = list(known.jumps)
        if self._gate is not None:
            self._gate.last, self._gate.near, self._gate.count = known.last, known.near, known.count
