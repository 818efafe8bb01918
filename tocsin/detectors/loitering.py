"""Somebody stays in a zone for longer than anybody has business there.

Counts event time from when the feet came into the zone; a few pictures without him, or a new number for the
same one at the same place, do not begin anew. Wants a person or a vehicle by the camera's model; without
one a thing that moved, and says so. Cannot see: who goes out of the zone and comes back later; without
a model somebody who stands quite still for longer than the background needs to take him in.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec
from pydantic import Field
from typing_extensions import override

from tocsin.core.frames import Polygon
from tocsin.detectors.base import SECOND_US, Subject, read_state
from tocsin.detectors.conviction import Verdict
from tocsin.detectors.look import Gray, Look, Track
from tocsin.detectors.picture import Judge, Judged, Opinion
from tocsin.detectors.schedule import holds
from tocsin.detectors.seen import ThingParameters, foot, meant, score, words

_MOST: Final = 64
_NEAR: Final = 1.0
"""Own heights within which a new number stands for the one that was just lost."""


class LoiteringParameters(ThingParameters):
    """How long is too long."""

    need: int = Field(1, ge=1, le=32, description="Pictures of the last `of` that must show it.")
    of: int = Field(3, ge=1, le=32, description="How many pictures are remembered.")
    dwell_seconds: float = Field(
        15.0, gt=0, le=86_400, description="How long somebody may stay; who walks through needs 5 to 10 s."
    )
    miss_seconds: float = Field(
        5.0, ge=0, le=3600, description="For how long he may not be seen; at least two pictures' distance."
    )
    clear_seconds: float = Field(3.0, gt=0, le=86_400, description="Clear after this long without him.")


class _Stay(msgspec.Struct, array_like=True):
    id: int
    since_us: int
    last_us: int
    x: float
    y: float
    height: float


class LoiteringJudge(Judge):
    """Measure how long each thing stays."""

    def __init__(self, parameters: LoiteringParameters, zone: Polygon | None) -> None:
        self._parameters = parameters
        self._zone = zone
        self._stays: list[_Stay] = []

    @override
    def judge(self, look: Look, zone: Gray | None) -> Opinion | None:
        if not holds(self._parameters, look.at_us):
            self._stays = []
            return Opinion(score=0.0, verdict=_verdict([], 0.0))
        there = meant(look, self._zone, self._parameters)
        long = [track for track in there if self._stay(track, look.at_us) >= self._parameters.dwell_seconds]
        patience = self._parameters.miss_seconds * SECOND_US
        self._stays = [stay for stay in self._stays if 0 <= look.at_us - stay.last_us <= patience][-_MOST:]
        if not long:
            return Opinion(score=0.0, verdict=_verdict([], 0.0))
        ids = {track.id for track in long}
        since = min(stay.since_us for stay in self._stays if stay.id in ids)
        return Opinion(
            score=max(score(track) for track in long),
            verdict=_verdict(long, (look.at_us - since) / SECOND_US),
            boxes=tuple(track.box for track in long),
        )

    def _stay(self, track: Track, at_us: int) -> float:
        x, y = foot(track.box)
        stay = next((one for one in self._stays if one.id == track.id), None) or self._lost(track, at_us)
        if stay is None or not 0 <= at_us - stay.last_us <= self._parameters.miss_seconds * SECOND_US:
            if stay is not None:
                self._stays.remove(stay)
            stay = _Stay(track.id, at_us, at_us, x, y, track.box.height)
            self._stays.append(stay)
        stay.id, stay.last_us, stay.x, stay.y, stay.height = track.id, at_us, x, y, track.box.height
        return (at_us - stay.since_us) / SECOND_US

    def _lost(self, track: Track, at_us: int) -> _Stay | None:
        x, y = foot(track.box)
        near = [
            (math.hypot(stay.x - x, stay.y - y), stay.id, stay)
            for stay in self._stays
            if stay.last_us < at_us and math.hypot(stay.x - x, stay.y - y) <= _NEAR * stay.height
        ]
        return min(near)[2] if near else None

    @override
    def memory(self) -> bytes:
        return msgspec.msgpack.encode(self._stays)

    @override
    def remember(self, state: bytes) -> None:
        self._stays = read_state(state, list[_Stay])


def loitering(subject: Subject, parameters: LoiteringParameters, zone: Polygon | None) -> Judged:
    """Make a detector of loiterers; in a zone their feet must stand."""
    return Judged(subject, parameters, LoiteringJudge(parameters, zone), None)


def _verdict(there: list[Track], seconds: float) -> Verdict:
    return Verdict(
        reason=f"{words(there)} in the zone for {seconds:.0f} s",
        code="loitering.stays",
        figures=(("seconds", round(seconds, 1)), ("things", float(len(there)))),
        back="nobody stays in the zone any more",
        back_code="loitering.gone",
    )
