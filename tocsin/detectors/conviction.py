"""From doubtful pictures to one statement: m of the last n, for a while, with hysteresis.

Every durable fix of false alarms is temporal. A detector gives a score per picture; the conviction
raises when enough of the last pictures support it over enough time, and clears when no picture has
for `clear_seconds` and at least two pictures. Times are event times.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import msgspec
from pydantic import Field, model_validator

from tocsin.core.detections import Detection, Phase
from tocsin.core.frames import Box
from tocsin.core.ids import DetectionId, PictureHash
from tocsin.detectors.base import EMPTY, PICTURES_MAX, SECOND_US, Parameters, Statement, Subject
from tocsin.detectors.burst import Burst
from tocsin.detectors.look import Look


class ConvictionParameters(Parameters):
    """How many pictures convince."""

    need: int = Field(3, ge=1, le=32, description="Pictures of the last `of` that must support it.")
    of: int = Field(5, ge=1, le=32, description="How many pictures are remembered.")
    for_seconds: float = Field(
        0.0, ge=0, le=3600, description="It must have been seen on and off for at least this long."
    )
    clear_seconds: float = Field(
        30.0, gt=0, le=86_400, description="Clear after this long without a supporting picture."
    )

    pace_seconds: float = Field(
        0.0, ge=0, le=60, description="Pictures sooner than this after the last one judged are passed over."
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.need > self.of:
            raise ValueError("`need` must not be more than `of`")
        return self


class Support(msgspec.Struct, array_like=True):
    """One picture's word."""

    at_us: int
    score: float
    sha256: str
    boxes: tuple[Box, ...] = ()


class Verdict(msgspec.Struct, kw_only=True):
    """The words for a statement."""

    reason: str
    code: str
    figures: tuple[tuple[str, float], ...] = ()
    back: str = "no longer seen"
    back_code: str = "picture.gone"


class ConvictionState(msgspec.Struct, array_like=True):
    """Plain data of a `Conviction`."""

    recent: list[Support | None]
    raised: str | None
    since_us: int
    last_us: int
    misses: int


class Conviction:
    """Count the support for one condition of one camera."""

    def __init__(self, subject: Subject, parameters: ConvictionParameters) -> None:
        self.subject = subject
        self.parameters = parameters
        self.raised: DetectionId | None = None
        self._recent: list[Support | None] = []
        self._since_us = -1
        self._last_us = -1
        self._misses = 0

    def observe(
        self, look: Look, score: float, boxes: Sequence[Box], verdict: Verdict
    ) -> Sequence[Detection]:
        """Take one picture's score; 0 means it does not support the condition."""
        support = Support(look.at_us, score, look.sha256, tuple(boxes[:8])) if score > 0 else None
        if not any(self._recent):
            self._since_us = look.at_us
        self._recent = [*self._recent[-(self.parameters.of - 1) :], support][-self.parameters.of :]
        if support is not None:
            self._last_us = look.at_us
            self._misses = 0
            return EMPTY if self.raised is not None else self._maybe_raise(support, verdict)
        self._misses += 1
        if self.raised is None or self._misses < 2:
            return EMPTY
        if look.at_us - self._last_us < self.parameters.clear_seconds * SECOND_US:
            return EMPTY
        return self._clear(look, verdict)

    def convince(
        self, burst: Burst, score: float, boxes: Sequence[Box], verdict: Verdict
    ) -> Sequence[Detection]:
        """Take what a whole burst says; a score over 0 is enough by itself."""
        first_us, last_us = int(burst.at_us[0]), int(burst.at_us[-1])
        if score <= 0:
            return EMPTY
        self._last_us, self._misses = max(self._last_us, last_us), 0
        if self.raised is not None:
            return EMPTY
        found = self.subject.detection(
            Statement(
                phase=Phase.RAISE,
                observed_us=last_us,
                first_us=first_us,
                reason=verdict.reason,
                code=verdict.code,
                figures=(*verdict.figures, ("pictures", float(len(burst.sha256)))),
                score=score,
                boxes=tuple(boxes[:8]),
                pictures=_spread(burst.sha256),
            )
        )
        self.raised = found.id
        return (found,)

    def _maybe_raise(self, newest: Support, verdict: Verdict) -> Sequence[Detection]:
        voices = [support for support in self._recent if support is not None]
        first_us = min(self._since_us, voices[0].at_us)
        if len(voices) < self.parameters.need:
            return EMPTY
        if newest.at_us - first_us < self.parameters.for_seconds * SECOND_US:
            return EMPTY
        found = self.subject.detection(
            Statement(
                phase=Phase.RAISE,
                observed_us=newest.at_us,
                first_us=first_us,
                reason=verdict.reason,
                code=verdict.code,
                figures=(*verdict.figures, ("pictures", float(len(voices)))),
                score=sum(support.score for support in voices) / len(voices),
                values=[(support.at_us, round(support.score, 3)) for support in voices],
                boxes=newest.boxes,
                pictures=_distinct(voices),
            )
        )
        self.raised = found.id
        return (found,)

    def _clear(self, look: Look, verdict: Verdict) -> Sequence[Detection]:
        found = self.subject.detection(
            Statement(
                phase=Phase.CLEAR,
                observed_us=look.at_us,
                first_us=min(self._last_us, look.at_us),
                reason=verdict.back,
                code=verdict.back_code,
                pictures=(look.sha256,),
            )
        )
        self.raised = None
        self._recent = []
        return (found,)

    def state(self) -> ConvictionState:
        """Give everything it knows."""
        return ConvictionState(list(self._recent), self.raised, self._since_us, self._last_us, self._misses)

    def set_state(self, state: ConvictionState) -> None:
        """Go on from `state`."""
        self._recent = list(state.recent)
        self.raised = None if state.raised is None else DetectionId(state.raised)
        self._since_us, self._last_us, self._misses = state.since_us, state.last_us, state.misses


def _spread(pictures: Sequence[PictureHash]) -> tuple[PictureHash, ...]:
    step = max(1, len(pictures) // PICTURES_MAX)
    return tuple(dict.fromkeys(pictures[::step]))[:PICTURES_MAX]


def _distinct(voices: Sequence[Support]) -> tuple[PictureHash, ...]:
    return tuple(dict.fromkeys(PictureHash(support.sha256) for support in voices))[-PICTURES_MAX:]
