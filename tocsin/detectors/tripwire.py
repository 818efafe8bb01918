"""Somebody crosses a line in the forbidden direction.

A crossing counts when the feet stood on one side in several pictures, then on the other in several, and the
way between cuts the line between its ends. On a band along the line they stand on neither side, so that
trembling beside it never counts. Wants a person or a vehicle by the camera's model; without one a thing
that moved, and says so. Cannot see: who is across within one picture at a slow rate and out of view in the
next; two who change places on the line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, Literal, Self

import msgspec
from pydantic import Field, model_validator
from typing_extensions import override

from tocsin.core.frames import Polygon
from tocsin.detectors.base import Subject, read_state
from tocsin.detectors.conviction import Verdict
from tocsin.detectors.geometry import Line, crosses, distance
from tocsin.detectors.look import Gray, Look, Track
from tocsin.detectors.picture import Judge, Judged, Opinion
from tocsin.detectors.schedule import holds
from tocsin.detectors.seen import ThingParameters, meant, score, words

_MOST: Final = 64
Part = Annotated[float, Field(ge=0, le=1)]
Direction = Literal["both", "left_to_right", "right_to_left"]


class TripwireParameters(ThingParameters):
    """Which line, in which direction."""

    need: int = Field(1, ge=1, le=32, description="Crossings of the last `of` pictures; one is enough.")
    of: int = Field(1, ge=1, le=32, description="How many pictures are remembered.")
    line: tuple[tuple[Part, Part], tuple[Part, Part]] = Field(
        ((0.5, 0.0), (0.5, 1.0)),
        description="Two relative points on the ground, as [[0.2, 0.6], [0.8, 0.6]].",
    )
    direction: Direction = Field(
        "both",
        description="`left_to_right` is how somebody is crossed who walks from the first point to the second.",
    )
    held: int = Field(
        2, ge=1, le=10, description="Pictures in which the feet must stand on each side, one after another."
    )
    band: float = Field(
        0.015, ge=0, le=0.25, description="Half width of the band that is neither side; feet tremble by 0.01."
    )
    clear_seconds: float = Field(
        2.0,
        gt=0,
        le=86_400,
        description="Clear after this long without a crossing; the next one raises anew.",
    )

    @model_validator(mode="after")
    def _has_a_length(self) -> Self:
        if self.line[0] == self.line[1]:
            raise ValueError("`line` needs two different points")
        return self


class _Crossed(msgspec.Struct, array_like=True):
    id: int
    at_us: int


class TripwireJudge(Judge):
    """Look for crossings in the trails of what is followed."""

    def __init__(self, parameters: TripwireParameters, zone: Polygon | None) -> None:
        self._parameters = parameters
        self._zone = zone
        self._told: list[_Crossed] = []

    @override
    def judge(self, look: Look, zone: Gray | None) -> Opinion | None:
        if not holds(self._parameters, look.at_us):
            return Opinion(score=0.0, verdict=_verdict([], self._parameters.direction))
        crossing = [track for track in meant(look, self._zone, self._parameters) if self._fresh(track)]
        if not crossing:
            return Opinion(score=0.0, verdict=_verdict([], self._parameters.direction))
        return Opinion(
            score=max(score(track) for track in crossing),
            verdict=_verdict(crossing, self._parameters.direction),
            boxes=tuple(track.box for track in crossing),
        )

    def _fresh(self, track: Track) -> bool:
        at_us = crossing(track.trail, self._parameters)
        if at_us is None or any(one.id == track.id and one.at_us >= at_us for one in self._told):
            return False
        kept = [one for one in self._told if one.id != track.id]
        self._told = [*kept, _Crossed(track.id, at_us)][-_MOST:]
        return True

    @override
    def memory(self) -> bytes:
        return msgspec.msgpack.encode(self._told)

    @override
    def remember(self, state: bytes) -> None:
        self._told = read_state(state, list[_Crossed])


def crossing(trail: Sequence[tuple[int, float, float]], parameters: TripwireParameters) -> int | None:
    """Give the instant at which the last crossing of a trail was complete; None when there is none."""
    line: Line = parameters.line
    held: list[tuple[int, int, float, float]] = []
    """The side on which the feet stood last for long enough: side, pictures, newest place."""
    found, side, count, first = None, 0, 0, (0.0, 0.0)
    for at_us, x, y in trail:
        far = distance(line, x, y)
        now = 0 if abs(far) <= parameters.band else (1 if far > 0 else -1)
        if now == 0:
            continue
        if now != side:
            side, count, first = now, 0, (x, y)
        count += 1
        if count < parameters.held:
            continue
        if (
            count == parameters.held
            and held
            and held[0][0] == -now
            and parameters.direction in {"both", "left_to_right" if now > 0 else "right_to_left"}
            and crosses(line, held[0][2:], first)
        ):
            found = at_us
        held = [(now, count, x, y)]
    return found


def tripwire(subject: Subject, parameters: TripwireParameters, zone: Polygon | None) -> Judged:
    """Make a detector of crossings; with a zone the feet must come to stand in it."""
    return Judged(subject, parameters, TripwireJudge(parameters, zone), None)


def _verdict(crossing: Sequence[Track], direction: Direction) -> Verdict:
    way = "" if direction == "both" else f" from {direction.replace('_', ' ')}"
    return Verdict(
        reason=f"{words(crossing)} crossed the line{way}",
        code="tripwire.crossed",
        figures=(("things", float(len(crossing))),),
        back="nobody crosses the line",
        back_code="tripwire.quiet",
    )
