"""Somebody pressed the button.

A press is a value of at least one half, or one of the words that buttons send. It raises at once,
a further press while it stands is an update, and it clears by itself: a button has no other way to
say that help is no longer needed. Cannot see: who pressed, why, or a button that is out of battery.
"""

from __future__ import annotations

from collections.abc import Sequence

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


class ButtonParameters(Parameters):
    """What counts as a press."""

    clear_seconds: float = Field(
        60.0,
        gt=0,
        le=86_400,
        description="The call clears this long after the last press was heard; the incident stays open.",
    )
    words: tuple[str, ...] = Field(
        ("single", "double", "triple", "long", "hold", "press", "pressed", "on", "call", "sos"),
        max_length=64,
        description="Texts, in lower case, that mean a press.",
    )
    same_press_seconds: float = Field(
        2.0, ge=0, le=60, description="Presses closer together than this are one (bouncing contacts)."
    )


class _State(msgspec.Struct, array_like=True):
    first_us: int
    last_us: int
    presses: int
    due_us: int
    raised: str | None


class Button(StreamDetector):
    """Answer one button."""

    __slots__ = ("_first_us", "_last_us", "_presses", "due_us", "parameters", "raised", "subject")

    def __init__(self, subject: Subject, parameters: ButtonParameters) -> None:
        self.subject = subject
        self.parameters = parameters
        self.due_us = NEVER_US
        self.raised: DetectionId | None = None
        self._first_us = -1
        self._last_us = -1
        self._presses = 0

    @override
    def observe(self, reading: Reading) -> Sequence[Detection]:
        if reading.value is not None:
            pressed = reading.value >= 0.5
        else:
            pressed = reading.text is not None and reading.text.strip().lower() in self.parameters.words
        if not pressed:
            return EMPTY
        at_us = reading.at_us
        heard_us = max(at_us, reading.received_us)
        self.due_us = heard_us + round(self.parameters.clear_seconds * SECOND_US)
        bounce = self.raised is not None and (
            at_us - self._last_us < self.parameters.same_press_seconds * SECOND_US
        )
        self._last_us = at_us
        if bounce:
            return EMPTY
        phase = Phase.UPDATE
        if self.raised is None:
            phase, self._first_us, self._presses = Phase.RAISE, at_us, 0
        self._presses += 1
        found = self.subject.detection(self._say(phase, at_us))
        if phase is Phase.RAISE:
            self.raised = found.id
        return (found,)

    def _say(self, phase: Phase, at_us: int) -> Statement:
        times = "once" if self._presses == 1 else f"{self._presses} times"
        return Statement(
            phase=phase,
            observed_us=at_us,
            first_us=self._first_us,
            reason="no further press" if phase is Phase.CLEAR else f"button pressed {times}",
            code="button.released" if phase is Phase.CLEAR else "button.pressed",
            figures=(("presses", float(self._presses)),),
        )

    @override
    def tick(self, now_us: int) -> Sequence[Detection]:
        if now_us < self.due_us:
            return EMPTY
        found = self.subject.detection(self._say(Phase.CLEAR, self.due_us))
        self.due_us = NEVER_US
        self.raised = None
        return (found,)

    @override
    def postpone(self, by_us: int) -> None:
        """A call clears by the clock, listened to or not."""

    @override
    def snapshot(self) -> bytes:
        return msgspec.msgpack.encode(
            _State(self._first_us, self._last_us, self._presses, self.due_us, self.raised)
        )

    @override
    def restore(self, state: bytes) -> None:
        known = read_state(state, _State)
        self._first_us, self._last_us, self._presses = known.first_us, known.last_us, known.presses
        self.due_us = known.due_us
        self.raised = None if known.raised is None else DetectionId(known.raised)
