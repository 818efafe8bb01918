"""Whether a relative polygon encloses an area that a person can mean. Pure geometry on at most 64 points."""

from __future__ import annotations

from typing import Final

from tocsin.core.frames import Point, Polygon

AREA_LEAST: Final = 1e-4
"""A hundredth of the picture squared: 6 x 4 points of 640 x 360, below which nothing can be seen."""


def crossing(polygon: Polygon) -> str:
    """Say in a sentence what is wrong with a polygon; empty when it encloses one area."""
    sides = [(one, polygon[(place + 1) % len(polygon)]) for place, one in enumerate(polygon)]
    for first in range(len(sides)):
        for second in range(first + 2, len(sides)):
            neighbours = first == 0 and second == len(sides) - 1
            if not neighbours and _cross(*sides[first], *sides[second]):
                return (
                    f"crosses itself between points {first + 1} and {second + 1}: "
                    "write the corners in order around the area"
                )
    if area(polygon) < AREA_LEAST:
        return "encloses nothing: write at least three corners that do not lie on one line"
    return ""


def area(polygon: Polygon) -> float:
    """Give the share of the picture inside a polygon that does not cross itself."""
    pairs = zip(polygon, (*polygon[1:], polygon[0]), strict=True)
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs)) / 2


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Say whether two sides cut each other; one that only touches with its end does not."""
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def _side(a: Point, b: Point, point: Point) -> float:
    return (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0])
