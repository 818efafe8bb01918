"""A camera that keeps sending the same picture.

Two pictures of a living camera never have the same bytes, because of sensor noise; the same hash
several times over long enough is a stale picture. Cannot see: a recording played in a loop, a
camera that burns the time into a frozen picture, no picture at all (the collector reports that).
"""

from __future__ import annotations

import msgspec
from pydantic import Field
from typing_extensions import override

from tocsin.core.frames import Polygon
from tocsin.detectors.base import Subject, read_state
from tocsin.detectors.conviction import ConvictionParameters, Verdict
from tocsin.detectors.look import Gray, Look
from tocsin.detectors.picture import Judge, Judged, Opinion


class FrozenParameters(ConvictionParameters):
    """How many equal pictures are a stale one."""

    need: int = Field(1, ge=1, le=32, description="Judgements of the last `of`; one is enough, see below.")
    of: int = Field(1, ge=1, le=32, description="How many judgements are remembered.")
    same_seconds: float = Field(
        20.0,
        ge=0,
        le=86_400,
        description="How long the picture must stay the same; a slow link may repeat one.",
    )
    same_pictures: int = Field(5, ge=2, le=1000, description="How many equal pictures it takes besides.")
    clear_seconds: float = Field(1.0, gt=0, le=86_400, description="Clear after this long with new pictures.")


class _Memory(msgspec.Struct, array_like=True):
    sha256: str
    since_us: int
    count: int


class FrozenJudge(Judge):
    """Compare hashes."""

    def __init__(self, parameters: FrozenParameters) -> None:
        self._parameters = parameters
        self._sha256 = ""
        self._since_us = -1
        self._count = 0

    @override
    def judge(self, look: Look, zone: Gray | None) -> Opinion | None:
        if look.sha256 != self._sha256:
            self._sha256, self._since_us, self._count = look.sha256, look.at_us, 1
            return Opinion(score=0.0, verdict=_verdict(0.0))
        seconds = (look.at_us - self._since_us) / 1e6
        self._count = min(self._count + 1, self._parameters.same_pictures)
        enough = seconds >= self._parameters.same_seconds and self._count >= self._parameters.same_pictures
        return Opinion(score=1.0 if enough else 0.0, verdict=_verdict(seconds))

    @override
    def memory(self) -> bytes:
        return msgspec.msgpack.encode(_Memory(self._sha256, self._since_us, self._count))

    @override
    def remember(self, state: bytes) -> None:
        known = read_state(state, _Memory)
        self._sha256, self._since_us, self._count = known.sha256, known.since_us, known.count


def frozen(subject: Subject, parameters: FrozenParameters, _zone: Polygon | None) -> Judged:
    """Make a detector of frozen pictures; the zone is not used."""
    return Judged(subject, parameters, FrozenJudge(parameters), None)


def _verdict(seconds: float) -> Verdict:
    return Verdict(
        reason=f"the same picture for {seconds:.0f} s",
        code="frozen.same",
        figures=(("seconds", seconds),),
        back="new pictures again",
        back_code="frozen.new",
    )
