"""More people in a zone than there should be.

Takes the median of counts over several pictures: of persons that the camera's model found with their feet
in the zone, or, without a model, of things that move there, which is a suspicion and says so. Cannot see:
people who hide each other, which the count is then short of; without a model a crowd that sits or flows as
one mass, and whether it is a flock of sheep.
"""

from __future__ import annotations

from statistics import median_low
from typing import Annotated, Final

import msgspec
from pydantic import Field
from typing_extensions import override

from tocsin.core.frames import Box, Polygon
from tocsin.detectors.base import SECOND_US, Subject, read_state
from tocsin.detectors.conviction import Verdict
from tocsin.detectors.geometry import inside
from tocsin.detectors.look import Gray, Look
from tocsin.detectors.picture import Judge, Judged, Opinion
from tocsin.detectors.schedule import ScheduledParameters, holds
from tocsin.detectors.seen import foot
from tocsin.detectors.tracks import MOVING

_SUSPICION: Final = 0.35
_MOST: Final = 128


class CrowdingParameters(ScheduledParameters):
    """How many are too many."""

    need: int = Field(1, ge=1, le=32, description="Medians of the last `of` that must be too high.")
    of: int = Field(1, ge=1, le=32, description="How many medians are remembered.")
    people: int = Field(
        8,
        ge=2,
        le=1000,
        description="From so many on it is a crowd; a model finds about half of a dense one.",
    )
    counts: int = Field(5, ge=3, le=31, description="Pictures whose median is taken, at the least.")
    over_seconds: float = Field(
        2.0, ge=0, le=60, description="And all pictures of so many seconds: a group that passes is no crowd."
    )
    window_seconds: float = Field(
        60.0,
        gt=0,
        le=3600,
        description="Older counts say nothing; must hold `counts` pictures of your camera.",
    )
    labels: tuple[Annotated[str, Field(min_length=1, max_length=64)], ...] = Field(
        ("person",), min_length=1, max_length=32, description="Classes of the model that are counted."
    )
    clear_seconds: float = Field(10.0, gt=0, le=86_400, description="Clear after this long with fewer.")


class _Count(msgspec.Struct, array_like=True):
    at_us: int
    people: int
    named: bool


class CrowdingJudge(Judge):
    """Count in every picture."""

    def __init__(self, parameters: CrowdingParameters, zone: Polygon | None) -> None:
        self._parameters = parameters
        self._zone = zone
        self._counts: list[_Count] = []

    @override
    def judge(self, look: Look, zone: Gray | None) -> Opinion | None:
        wanted = self._parameters
        if not holds(wanted, look.at_us):
            self._counts = []
            return Opinion(score=0.0, verdict=_verdict(0, wanted.people, named=True))
        boxes, named = self._people(look)
        self._remember(look.at_us, len(boxes), named=named)
        people = median_low([one.people for one in self._counts])
        if len(self._counts) < wanted.counts or people < wanted.people:
            return Opinion(score=0.0, verdict=_verdict(people, wanted.people, named=named))
        score = min(1.0, 0.5 + people / wanted.people / 8) if named else _SUSPICION
        return Opinion(
            score=score,
            verdict=_verdict(people, wanted.people, named=named),
            boxes=tuple(boxes),
        )

    def _remember(self, at_us: int, people: int, *, named: bool) -> None:
        wanted = self._parameters
        same = [one for one in self._counts if one.named == named and one.at_us <= at_us]
        recent = sum(1 for one in same if at_us - one.at_us <= wanted.over_seconds * SECOND_US)
        same = [one for one in same if at_us - one.at_us <= wanted.window_seconds * SECOND_US]
        keep = min(_MOST, max(wanted.counts - 1, recent))
        self._counts = [*same[-keep:], _Count(at_us, people, named)]

    def _people(self, look: Look) -> tuple[list[Box], bool]:
        """Give who stands in the zone, and whether the model said so."""
        followed = [track for track in look.tracks if track.last_us == look.at_us]
        known = [track.box for track in followed if track.label in self._parameters.labels]
        things = [box for box in look.things or () if box.label in self._parameters.labels]
        moving = [track.box for track in followed if track.label == MOVING]
        named = look.things is not None or bool(known)
        found = max(things, known, key=len) if named else moving
        return [box for box in found if inside(self._zone, *foot(box))], named

    @override
    def memory(self) -> bytes:
        return msgspec.msgpack.encode(self._counts)

    @override
    def remember(self, state: bytes) -> None:
        self._counts = read_state(state, list[_Count])


def crowding(subject: Subject, parameters: CrowdingParameters, zone: Polygon | None) -> Judged:
    """Make a detector of crowds; in a zone their feet must stand."""
    return Judged(subject, parameters, CrowdingJudge(parameters, zone), None)


def _verdict(people: int, limit: int, *, named: bool) -> Verdict:
    what = "people" if named else "moving things, perhaps people,"
    return Verdict(
        reason=f"{people} {what} in the zone, {limit} or more are a crowd",
        code="crowding.people" if named else "crowding.moving",
        figures=(("people", float(people)), ("limit", float(limit))),
        back="fewer people again",
        back_code="crowding.gone",
    )
