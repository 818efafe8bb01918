"""A stream that should speak and does not.

The limit is configured, or learned as three times the longest usual gap of about a week; a stream
that has not been known for several times its limit is never called silent, so that a contact that
bounces and then rests, or is used by day only, has time to show its nights. Silence is counted in the listener's time (`tick`), so a
backlog of old readings is a sign of life, and spans in which nobody listened are not counted.
Cannot see: whether the device or the link to it is at fault, a stream that never spoke, a device
that repeats a stale value (`frozen` is the same question for cameras).
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


class SilenceParameters(Parameters):
    """How long a stream may be quiet."""

    limit_seconds: float | None = Field(
        None,
        gt=0,
        le=31 * 86_400,
        description="Fixed limit; without it the limit is learned from the stream's own cadence.",
    )
    factor: float = Field(
        3.0, ge=1.5, le=100, description="Learned limit as a multiple of the longest usual gap."
    )
    least_seconds: float = Field(
        60.0, gt=0, le=86_400, description="A learned limit is never less; short hiccups of a link pass."
    )
    most_seconds: float = Field(
        3 * 86_400.0,
        gt=0,
        le=31 * 86_400,
        description="A learned limit is never more than this, unless a usual gap is longer.",
    )
    learn: int = Field(8, ge=2, le=1000, description="Gaps that must have been seen before it is judged.")
    known_for: float = Field(
        5.0,
        ge=0,
        le=100,
        description="How many times its learned limit a stream must have been known before it is judged.",
    )


class _State(msgspec.Struct, array_like=True):
    last_us: int
    heard_us: int
    longest_us: int
    gaps: int
    due_us: int
    raised: str | None
    first_us: int
    mean_us: int
    limit_us: int


_MEMORY_US: Final = 7 * 86_400 * SECOND_US
"""A long gap is forgotten over a week, because people's habits have a weekly turn."""
_REGULAR: Final = 2
"""A stream whose longest gap is no longer than so many usual ones has a cadence; others speak when
something happens, and have to be watched over two nights first."""
_NIGHTS_US: Final = 2 * 86_400 * SECOND_US
_EARLY: Final = 64
_SELDOM: Final = 16
"""After so many gaps the limit is worked out anew only for every sixteenth, or for one that is longer."""
_FORGET_US: Final = _MEMORY_US // 8
"""One gap makes forget at most an eighth of the difference."""


class Silence(StreamDetector):
    """Wait for one stream's next reading."""

    __slots__ = (
        "_factor",
        "_first_us",
        "_fixed",
        "_gaps",
        "_heard_us",
        "_last_us",
        "_least_us",
        "_limit_us",
        "_longest_us",
        "_mean_us",
        "_most_us",
        "due_us",
        "parameters",
        "raised",
        "subject",
    )

    def __init__(self, subject: Subject, parameters: SilenceParameters) -> None:
        self.subject = subject
        self.parameters = parameters
        self.due_us = NEVER_US
        self.raised: DetectionId | None = None
        fixed = parameters.limit_seconds
        self._fixed = fixed is not None
        self._limit_us = NEVER_US if fixed is None else round(fixed * SECOND_US)
        self._factor = parameters.factor
        self._least_us = round(parameters.least_seconds * SECOND_US)
        self._most_us = round(parameters.most_seconds * SECOND_US)
        self._first_us = -1
        self._last_us = -1
        self._heard_us = -1
        self._longest_us = 0
        self._mean_us = 0
        self._gaps = 0

    @override
    def observe(self, reading: Reading) -> Sequence[Detection]:
        at_us = reading.at_us
        heard_us = reading.received_us or at_us
        if self._last_us >= 0 and not self._fixed:
            gap_us = at_us - self._last_us
            # Batches arrive together: what matters is the longer of both ways to count.
            if heard_us - self._heard_us > gap_us:  # noqa: PLR1730 a call of max() for every reading costs
                gap_us = heard_us - self._heard_us
            longest_us = self._longest_us
            if gap_us > longest_us or self._gaps < _EARLY or not self._gaps % _SELDOM:
                self._learn(at_us, gap_us)
            else:
                if 0 < gap_us < longest_us:
                    self._longest_us = (
                        longest_us - (longest_us - gap_us) * min(gap_us, _FORGET_US) // _MEMORY_US
                    )
                self._mean_us += (gap_us - self._mean_us) >> 4
                self._gaps += 1
        elif self._first_us < 0:
            self._first_us = at_us
        self._last_us = at_us
        self._heard_us = heard_us
        limit_us = self._limit_us
        self.due_us = heard_us + limit_us if limit_us < NEVER_US else NEVER_US
        if self.raised is None:
            return EMPTY
        return self._speaks_again(at_us, heard_us)

    def _learn(self, at_us: int, gap_us: int) -> None:
        """Take a gap that changes the limit; while the cadence is new, every one does."""
        if gap_us > self._longest_us:
            # An outage may teach a longer gap only step by step, else one bad day makes us deaf.
            judged = self._limit_us < NEVER_US
            self._longest_us = min(gap_us, 2 * self._longest_us) if judged else gap_us
        elif gap_us > 0:
            self._longest_us -= (self._longest_us - gap_us) * min(gap_us, _FORGET_US) // _MEMORY_US
        self._mean_us += (gap_us - self._mean_us) >> 4 if self._gaps else gap_us
        self._gaps += 1
        usual_us = self._learned_us()
        self._limit_us = usual_us if self._is_known(at_us - self._first_us, usual_us) else NEVER_US

    def _is_known(self, span_us: int, limit_us: int) -> bool:
        if limit_us == 0 or span_us < limit_us * self.parameters.known_for:
            return False
        return self._longest_us <= _REGULAR * self._mean_us or span_us >= _NIGHTS_US

    def _learned_us(self) -> int:
        if self._gaps < self.parameters.learn:
            return 0
        longest = self._longest_us
        usual = min(max(int(longest * self._factor), self._least_us), self._most_us)
        # A gap that is usual is no silence, however long it is.
        return max(usual, longest + (longest >> 1))

    @override
    def tick(self, now_us: int) -> Sequence[Detection]:
        if now_us < self.due_us:
            return EMPTY
        self.due_us = NEVER_US
        quiet = (now_us - self._heard_us) / SECOND_US
        limit = self._limit_us / SECOND_US
        found = self.subject.detection(
            Statement(
                phase=Phase.RAISE,
                observed_us=now_us,
                first_us=min(self._heard_us, now_us),
                reason=f"nothing heard for {quiet:.0f} s, limit {limit:.0f} s",
                code="silence.quiet",
                figures=(("seconds", quiet), ("limit", limit)),
                limit=limit,
                unit="s",
            )
        )
        self.raised = found.id
        return (found,)

    def _speaks_again(self, at_us: int, heard_us: int) -> Sequence[Detection]:
        self.raised = None
        return (
            self.subject.detection(
                Statement(
                    phase=Phase.CLEAR,
                    observed_us=heard_us,
                    first_us=min(at_us, heard_us),
                    reason="heard again",
                    code="silence.heard",
                )
            ),
        )

    @override
    def postpone(self, by_us: int) -> None:
        if self.due_us != NEVER_US:
            self.due_us += by_us

    @override
    def snapshot(self) -> bytes:
        return msgspec.msgpack.encode(
            _State(
                self._last_us,
                self._heard_us,
                self._longest_us,
                self._gaps,
                self.due_us,
                self.raised,
                self._first_us,
                self._mean_us,
                self._limit_us,
            )
        )

    @override
    def restore(self, state: bytes) -> None:
        known = read_state(state, _State)
        self._last_us, self._heard_us = known.last_us, known.heard_us
        self._longest_us, self._gaps = known.longest_us, known.gaps
        self._first_us, self._mean_us, self._limit_us = known.first_us, known.mean_us, known.limit_us
        self.due_us = known.due_us
        self.raised = None if known.raised is None else DetectionId(known.raised)
