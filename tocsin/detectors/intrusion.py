"""Somebody or something is in a zone in which nobody should be at this hour.

Wants a person or a vehicle by the camera's model; without one, and under infra-red light, a thing of
plausible size that moved over the ground, and says so in its label and its reason. The middle of its lower
edge counts. Cannot see: who stands still since before the first picture without a model, who is smaller
than a twentieth of the picture's height or has the brightness of the ground; without a model a dog of
a person's size at its place is one.
"""

from __future__ import annotations

from pydantic import Field
from typing_extensions import override

from tocsin.core.frames import Polygon
from tocsin.detectors.base import Subject
from tocsin.detectors.conviction import Verdict
from tocsin.detectors.look import Gray, Look, Track
from tocsin.detectors.picture import Judge, Judged, Opinion
from tocsin.detectors.schedule import holds
from tocsin.detectors.seen import ThingParameters, dwelt, meant, score, words
from tocsin.detectors.tracks import MOVING


class IntrusionParameters(ThingParameters):
    """Who must not be there, and when."""

    need: int = Field(1, ge=1, le=32, description="Pictures of the last `of` that must show it.")
    of: int = Field(3, ge=1, le=32, description="How many pictures are remembered.")
    inside_seconds: float = Field(
        0.3,
        ge=0,
        le=3600,
        description="Somebody must have been in the zone for this long: two pictures at the least.",
    )
    clear_seconds: float = Field(
        2.0, gt=0, le=86_400, description="Clear after this long without anybody; the next one raises anew."
    )


class IntrusionJudge(Judge):
    """Look for anybody in the zone."""

    def __init__(self, parameters: IntrusionParameters, zone: Polygon | None) -> None:
        self._parameters = parameters
        self._zone = zone

    @override
    def judge(self, look: Look, zone: Gray | None) -> Opinion | None:
        there = []
        if holds(self._parameters, look.at_us):
            there = [
                track
                for track in meant(look, self._zone, self._parameters)
                if dwelt(track, self._zone) >= self._parameters.inside_seconds
            ]
        if not there:
            return Opinion(score=0.0, verdict=_verdict([]))
        return Opinion(
            score=max(score(track) for track in there),
            verdict=_verdict(there),
            boxes=tuple(track.box for track in there),
        )

    @override
    def memory(self) -> bytes:
        return b""

    @override
    def remember(self, state: bytes) -> None:
        """The camera's tracks are all it needs."""


def intrusion(subject: Subject, parameters: IntrusionParameters, zone: Polygon | None) -> Judged:
    """Make a detector of intruders; in a zone their feet must stand."""
    return Judged(subject, parameters, IntrusionJudge(parameters, zone), None)


def _verdict(there: list[Track]) -> Verdict:
    named = [track for track in there if track.label != MOVING]
    return Verdict(
        reason=f"{words(there)} in the zone",
        code="intrusion.seen" if named else "intrusion.moving",
        figures=(("things", float(len(there))), ("named", float(len(named)))),
        back="nobody in the zone any more",
        back_code="intrusion.gone",
    )
