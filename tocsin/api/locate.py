"""Find the grid of a report: the one that was named, or the one in which the place lies; pure."""

from __future__ import annotations

from tocsin.core.errors import NotFound, Rejected
from tocsin.core.grids import Position
from tocsin.core.ids import GridCode
from tocsin.town.grids import within
from tocsin.town.locator import Locator


def grid_of(locator: Locator, scope: str, code: GridCode | None, place: Position | None) -> GridCode:
    """Choose the grid among those that the caller may see.

    Raises `NotFound` (`grid.unknown`) for a code outside them, `Rejected` (`report.place`) when
    neither is given or the place lies outside of them.
    """
    if code is not None:
        one = locator.record(code)
        if one is None or not within(one.grid.path, scope):
            raise NotFound("grid.unknown", f"there is no grid {code} in your scope: choose one of /api/grids")
        return code
    if place is None:
        raise Rejected("report.place", "say where it is: send `grid` or `place`")
    found = locator.find(place.latitude, place.longitude)
    if found is not None and within(found.grid.path, scope):
        return found.grid.code
    if found is None or not found.by_outline:
        near = locator.near(scope, place.latitude, place.longitude)
        if near is not None:
            return near.code
    raise Rejected("report.place", "no grid of your scope holds this place: send `grid`")
