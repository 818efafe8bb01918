"""Which followed things a rule means: sure ones of its classes, seen in this picture, with their feet in its zone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

from pydantic import Field

from tocsin.core.frames import Box, Polygon
from tocsin.detectors.base import SECOND_US
from tocsin.detectors.geometry import inside
from tocsin.detectors.look import Look, Track
from tocsin.detectors.schedule import ScheduledParameters
from tocsin.detectors.tracks import MOVING

_INSIDE: Final = 0.002
"""Feet below the picture's edge are taken for just above it, so that a zone drawn to the edge holds them."""


class ThingParameters(ScheduledParameters):
    """What is meant, and when."""

    sees: tuple[Annotated[str, Field(min_length=1, max_length=64)], ...] = Field(
        ("person", "vehicle"),
        min_length=1,
        max_length=32,
        description=(
            "What counts where the camera has a model: person, vehicle or another of its classes; without "
            "one, and under infra-red light, whatever moves like one."
        ),
    )


def foot(box: Box) -> tuple[float, float]:
    """Give the middle of the lower edge, inside the picture."""
    return _within(box.x + box.width / 2, box.y + box.height)


def _within(x: float, y: float) -> tuple[float, float]:
    return min(1 - _INSIDE, max(_INSIDE, x)), min(1 - _INSIDE, max(_INSIDE, y))


def meant(look: Look, zone: Polygon | None, parameters: ThingParameters) -> list[Track]:
    """List the sure things of a picture in a zone, the surest first."""
    found = [
        track
        for track in look.tracks
        if track.sure
        and track.last_us == look.at_us
        and (track.label == MOVING or track.label in parameters.sees)
        and inside(zone, *foot(track.box))
    ]
    return sorted(found, key=lambda track: (track.label == MOVING, -track.box.score, track.id))


def dwelt(track: Track, zone: Polygon | None) -> float:
    """Give for how many seconds it has been in a zone, as far back as its trail goes."""
    since = track.last_us
    for at_us, x, y in reversed(track.trail):
        if not inside(zone, *_within(x, y)):
            break
        since = at_us
    return (track.last_us - since) / SECOND_US


def score(track: Track) -> float:
    """Say how sure a thing is, 0.3 to 1; what only moves like one is never more than half sure."""
    return 0.5 if track.label == MOVING else min(1.0, max(0.3, track.box.score))


def words(tracks: Sequence[Track]) -> str:
    """Name what was seen, for a reason: `2 persons`, `a moving thing that no model named`."""
    labels = [track.label for track in tracks]
    said = []
    for label in dict.fromkeys(labels):
        count = labels.count(label)
        if label == MOVING:
            said.append(
                "something that moves like a person or a vehicle"
                if count == 1
                else f"{count} things that move like persons or vehicles"
            )
        else:
            said.append(f"a {label}" if count == 1 else f"{count} {label}s")
    return " and ".join(said)
