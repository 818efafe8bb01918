"""A person is there: for incidents that a camera can tell the arrival of somebody at.

Opens no incident by itself; policies may take it as proof that somebody came (`docs/proof.md`). Only what
the camera's model names a person counts, unless `moving` allows whatever moves like one. Off by default.
Cannot see: who it is, whether he came to help, or anybody at all without a model.
"""

from __future__ import annotations

from pydantic import Field
from typing_extensions import override

from tocsin.core.frames import Polygon
from tocsin.detectors.base import Subject
from tocsin.detectors.conviction import Verdict
from tocsin.detectors.look import Gray, Look
from tocsin.detectors.picture import Judge, Judged, Opinion
from tocsin.detectors.schedule import holds
from tocsin.detectors.seen import ThingParameters, meant, score, words
from tocsin.detectors.tracks import MOVING


class PresenceParameters(ThingParameters):
    """What proves that somebody is there."""

    need: int = Field(2, ge=1, le=32, description="Pictures of the last `of` that must show a person.")
    of: int = Field(3, ge=1, le=32, description="How many pictures are remembered.")
    clear_seconds: float = Field(
        10.0,
        gt=0,
        le=86_400,
        description="Clear after this long without anybody: he may stand behind something.",
    )
    sees: tuple[str, ...] = Field(
        ("person",), min_length=1, max_length=32, description="Classes of the model that count."
    )
    moving: bool = Field(
        default=False,
        description="Whether something that moves like a person but was not named one counts: weak proof.",
    )


class PresenceJudge(Judge):
    """Look for a person."""

    def __init__(self, parameters: PresenceParameters, zone: Polygon | None) -> None:
        self._parameters = parameters
        self._zone = zone

    @override
    def judge(self, look: Look, zone: Gray | None) -> Opinion | None:
        there = []
        if holds(self._parameters, look.at_us):
            there = [
                track
                for track in meant(look, self._zone, self._parameters)
                if self._parameters.moving or track.label != MOVING
            ]
        verdict = Verdict(
            reason=f"{words(there)} in view",
            code="presence.seen",
            figures=(("things", float(len(there))),),
            back="nobody in view any more",
            back_code="presence.gone",
        )
        best = max((score(track) for track in there), default=0.0)
        return Opinion(score=best, verdict=verdict, boxes=tuple(track.box for track in there))

    @override
    def memory(self) -> bytes:
        return b""

    @override
    def remember(self, state: bytes) -> None:
        """The camera's tracks are all it needs."""


def presence(subject: Subject, parameters: PresenceParameters, zone: Polygon | None) -> Judged:
    """Make a detector of people present; in a zone their feet must stand."""
    return Judged(subject, parameters, PresenceJudge(parameters, zone), None)
