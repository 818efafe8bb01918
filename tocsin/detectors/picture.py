"""The common frame of detectors that judge each picture with a score and need several to agree.

A subclass gives `score(look)`; its memory of earlier pictures is a `msgspec` structure that
`memory` and `remember` exchange with the snapshot. Zone and conviction are handled here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec
from typing_extensions import override

from tocsin.core.detections import Detection
from tocsin.core.frames import Box, Polygon
from tocsin.core.ids import DetectionId
from tocsin.detectors.base import EMPTY, NEVER_US, SECOND_US, Measured, PictureDetector, Subject, read_state
from tocsin.detectors.burst import Burst
from tocsin.detectors.conviction import Conviction, ConvictionParameters, ConvictionState, Verdict
from tocsin.detectors.look import Gray, Look, zone_mask


class Opinion(msgspec.Struct, kw_only=True):
    """What one picture says; a score of 0 does not support the condition."""

    score: float
    verdict: Verdict
    boxes: tuple[Box, ...] = ()
    suspicion: str = ""
    """Why a burst would help, whatever the score; empty when it would not."""


class Judge(Protocol):
    """What makes one kind of picture detector different from another."""

    def judge(self, look: Look, zone: Gray | None) -> Opinion | None:
        """Give an opinion; None when this picture cannot be judged at all."""
        ...

    def examine(self, burst: Burst, zone: Gray | None) -> Opinion | None:
        """Give an opinion on a burst; None when it says nothing. A score over 0 raises at once."""
        del burst, zone
        return None

    def measured(self) -> Measured | None:
        """Give what was read from the newest picture judged; None when nothing was."""
        return None

    def memory(self) -> bytes:
        """Give what is remembered of earlier pictures."""
        ...

    def remember(self, state: bytes) -> None:
        """Take it back; raises `Rejected` (`detectors.state`)."""
        ...


class _State(msgspec.Struct, array_like=True):
    memory: bytes
    conviction: ConvictionState
    judged_us: int
    suspicion: str


class Judged(PictureDetector):
    """Turn a judge's opinions into detections."""

    def __init__(
        self, subject: Subject, parameters: ConvictionParameters, judge: Judge, zone: Polygon | None
    ) -> None:
        self._judge = judge
        self._conviction = Conviction(subject, parameters)
        self._zone = zone
        self._mask: Gray | None = None
        self._shape = (0, 0)
        self._pace_us = round(parameters.pace_seconds * SECOND_US)
        self._judged_us = -NEVER_US
        self._suspicion = ""

    @property
    @override
    def raised(self) -> DetectionId | None:
        return self._conviction.raised

    @property
    @override
    def suspicion(self) -> str:
        return self._suspicion if self.raised is None else ""

    @override
    def observe(self, look: Look) -> Sequence[Detection]:
        if 0 <= look.at_us - self._judged_us < self._pace_us:
            return EMPTY
        self._judged_us = look.at_us
        opinion = self._judge.judge(look, self._masked(look.gray.shape))
        self._suspicion = "" if opinion is None else opinion.suspicion
        if opinion is None:
            return EMPTY
        return self._conviction.observe(look, opinion.score, opinion.boxes, opinion.verdict)

    @override
    def examine(self, burst: Burst) -> Sequence[Detection]:
        opinion = self._judge.examine(burst, self._masked(burst.gray.shape[1:]))
        if opinion is None:
            return EMPTY
        return self._conviction.convince(burst, opinion.score, opinion.boxes, opinion.verdict)

    @override
    def measured(self) -> Measured | None:
        return self._judge.measured()

    def _masked(self, shape: tuple[int, ...]) -> Gray | None:
        if self._shape != shape:
            self._shape = (shape[0], shape[1])
            self._mask = zone_mask(self._zone, *self._shape)
        return self._mask

    @override
    def tick(self, now_us: int) -> Sequence[Detection]:
        return EMPTY

    @override
    def snapshot(self) -> bytes:
        return msgspec.msgpack.encode(
            _State(self._judge.memory(), self._conviction.state(), self._judged_us, self._suspicion)
        )

    @override
    def restore(self, state: bytes) -> None:
        known = read_state(state, _State)
        self._judge.remember(known.memory)
        self._conviction.set_state(known.conviction)
        self._judged_us, self._suspicion = known.judged_us, known.suspicion


def relative_box(pixels: tuple[int, int, int, int], look: Look, label: str, score: float) -> Box:
    """Turn left, top, width and height in pixels of the look into a relative box."""
    left, top, width, height = pixels
    rows, columns = look.gray.shape
    return Box(
        x=round(left / columns, 4),
        y=round(top / rows, 4),
        width=round(width / columns, 4),
        height=round(height / rows, 4),
        label=label,
        score=round(min(1.0, score), 3),
    )
