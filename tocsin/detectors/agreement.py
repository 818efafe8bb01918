"""Several streams of one group that say the same within a short time.

Each member has a limit of its own, lower than the one that raises alone; when `need` different
streams of the group (one device, or one collector) are beyond it within the window, that is strong.
A value that no working sensor gives is no word at all. Neighbours in several collectors agree through
a rule of `together` with as many equal parts as are needed and `group: partition`.
Cannot see: members of other collectors, a fault that all members share (sun on one wall, one
power supply), and a group with fewer members than `need`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, Self

import msgspec
from pydantic import Field, model_validator
from typing_extensions import override

from tocsin.core.detections import Detection, Phase
from tocsin.core.ids import DetectionId, StreamId, device_of
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
from tocsin.detectors.plausibility import possible

MEMBERS_MAX: Final = 256
"""Streams beyond the limit at once that one group remembers; the oldest is forgotten first."""


class AgreementParameters(Parameters):
    """How many members must agree, and on what."""

    above: float | None = Field(None, description="A member counts while its value is greater than this.")
    below: float | None = Field(None, description="A member counts while its value is less than this.")
    need: int = Field(
        2,
        ge=2,
        le=64,
        description="Different streams that must agree; two already rule out one broken sensor.",
    )
    window_seconds: float = Field(
        120.0, gt=0, le=86_400, description="A member's last word counts for this long, in event time."
    )
    group: Literal["device", "collector"] = Field("collector", description="What the members have in common.")

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if (self.above is None) == (self.below is None):
            raise ValueError("give exactly one of `above` and `below`")
        return self


class _State(msgspec.Struct, array_like=True):
    members: dict[str, tuple[int, float]]
    stream: str | None
    first_us: int
    raised: str | None


class Agreement(StreamDetector):
    """Count the members of one group that are beyond the limit."""

    __slots__ = ("_first_us", "_members", "_stream", "due_us", "parameters", "raised", "subject")

    def __init__(self, subject: Subject, parameters: AgreementParameters) -> None:
        self.subject = subject
        self.parameters = parameters
        self.due_us = NEVER_US
        self.raised: DetectionId | None = None
        self._members: dict[str, tuple[int, float]] = {}
        self._stream: StreamId | None = None
        self._first_us = -1

    @override
    def observe(self, reading: Reading) -> Sequence[Detection]:
        value = reading.value
        if value is None:
            return EMPTY
        above, below = self.parameters.above, self.parameters.below
        beyond = value > above if above is not None else below is not None and value < below
        if not possible(value, reading.unit):
            return EMPTY
        if not beyond:
            if self._members.pop(reading.stream, None) is None or self.raised is None:
                return EMPTY
            return self._settle(reading.at_us)
        self._members.pop(reading.stream, None)
        self._members[reading.stream] = (reading.at_us, value)
        if len(self._members) > MEMBERS_MAX:
            del self._members[next(iter(self._members))]
        self._forget_old(reading.at_us)
        if self.raised is not None or len(self._members) < self.parameters.need:
            return EMPTY
        return self._raise(reading)

    def _forget_old(self, at_us: int) -> None:
        horizon = at_us - round(self.parameters.window_seconds * SECOND_US)
        for stream in [name for name, (seen, _) in self._members.items() if seen < horizon]:
            del self._members[stream]

    def _raise(self, reading: Reading) -> Sequence[Detection]:
        self._stream = reading.stream
        seen = sorted(self._members.values())
        self._first_us = seen[0][0]
        count = len(self._members)
        limit = self.parameters.above if self.parameters.above is not None else self.parameters.below
        found = self._bound(reading.stream).detection(
            Statement(
                phase=Phase.RAISE,
                observed_us=max(at for at, _ in seen),
                first_us=self._first_us,
                reason=f"{count} streams agree within {self.parameters.window_seconds:g} s, {self.parameters.need} are needed",
                code="agreement.enough",
                figures=(("streams", float(count)), ("need", float(self.parameters.need))),
                values=seen,
                limit=limit,
                unit=reading.unit,
            )
        )
        self.raised = found.id
        return (found,)

    def _settle(self, at_us: int) -> Sequence[Detection]:
        self._forget_old(at_us)
        if len(self._members) >= self.parameters.need or self._stream is None:
            return EMPTY
        found = self._bound(self._stream).detection(
            Statement(
                phase=Phase.CLEAR,
                observed_us=at_us,
                first_us=min(self._first_us, at_us),
                reason=f"only {len(self._members)} streams still agree",
                code="agreement.too_few",
                figures=(("streams", float(len(self._members))),),
            )
        )
        self.raised, self._stream = None, None
        return (found,)

    def _bound(self, stream: StreamId) -> Subject:
        # The group speaks through the member that completed it, so that the raise and its clear
        # belong to a device that a person can look at.
        return msgspec.structs.replace(self.subject, stream=stream, device=device_of(stream))

    @override
    def snapshot(self) -> bytes:
        return msgspec.msgpack.encode(_State(self._members, self._stream, self._first_us, self.raised))

    @override
    def restore(self, state: bytes) -> None:
        known = read_state(state, _State)
        self._members = dict(known.members)
        self._stream = None if known.stream is None else StreamId(known.stream)
        self._first_us = known.first_us
        self.raised = None if known.raised is None else DetectionId(known.raised)
