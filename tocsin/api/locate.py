"""Find the grid of a report: the one that was named, or the one whose centre is nearest to the place; pure."""

from __future__ import annotations

from collections.abc import Sequence
from math import asin, cos, radians, sin, sqrt
from typing import Final

from tocsin.core.errors import NotFound, Rejected
from tocsin.core.grids import Grid, Position, Tier
from tocsin.core.ids import GridCode

EARTH_RADIUS_M: Final = 6_371_000.0
FAR_M: Final = 30_000.0
"""A place further than this from every village is a slip of the finger, or another county."""


def grid_of(grids: Sequence[Grid], code: GridCode | None, place: Position | None) -> GridCode:
    """Choose the grid among those that the caller may see.

    Raises `NotFound` (`grid.unknown`) for a code outside them, `Rejected` (`report.place`) when
    neither is given or no village is near the place.
    """
    if code is not None:
        if all(grid.code != code for grid in grids):
            raise NotFound("grid.unknown", f"there is no grid {code} in your scope: choose one of /api/grids")
        return code
    if place is None:
        raise Rejected("report.place", "say where it is: send `grid` or `place`")
    near = [
        (distance_m(grid.centre, place), grid.code)
        for grid in grids
        if grid.tier is Tier.VILLAGE and grid.centre is not None
    ]
    best = min(near, default=None)
    if best is None or best[0] > FAR_M:
        raise Rejected("report.place", "no village of your scope is within 30 km of this place: send `grid`")
    return best[1]


def distance_m(one: Position, other: Position) -> float:
    """Give the great-circle distance in metres."""
    north = radians(other.latitude - one.latitude)
    east = radians(other.longitude - one.longitude)
    half = (
        sin(north / 2) ** 2 + cos(radians(one.latitude)) * cos(radians(other.latitude)) * sin(east / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(half)))
