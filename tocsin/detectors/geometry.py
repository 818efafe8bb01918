"""Places in a picture: whether a point lies in a zone, on which side of a line, how a way crosses it."""

from __future__ import annotations

from typing import Final

from tocsin.core.frames import Point, Polygon

Line = tuple[Point, Point]
"""From its first point to its second; its left is what lies left of somebody who walks along it."""

_NEAR: Final = 1e-9


def inside(zone: Polygon | None, x: float, y: float) -> bool:
    """Say whether a point lies in a zone or on its edge; None is the whole picture."""
    if zone is None:
        return True
    within = False
    for (x0, y0), (x1, y1) in zip(zone, (*zone[1:], zone[0]), strict=True):
        if _on((x0, y0), (x1, y1), x, y):
            return True
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
            within = not within
    return within


def _on(a: Point, b: Point, x: float, y: float) -> bool:
    cross = (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])
    return (
        abs(cross) <= _NEAR
        and min(a[0], b[0]) - _NEAR <= x <= max(a[0], b[0]) + _NEAR
        and min(a[1], b[1]) - _NEAR <= y <= max(a[1], b[1]) + _NEAR
    )


def distance(line: Line, x: float, y: float) -> float:
    """Give how far a point lies from the endless line; positive on its right side in a picture.

    In a picture y grows downwards: along a line from left to right, its right side is below it.
    """
    (x0, y0), (x1, y1) = line
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
    return ((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)) / length if length else 0.0


def crosses(line: Line, before: Point, after: Point) -> bool:
    """Say whether the straight way between two points cuts the line between its ends."""
    (x0, y0), (x1, y1) = line
    first, second = distance(line, *before), distance(line, *after)
    if first * second > 0 or first == second:
        return False
    part = first / (first - second)
    x, y = before[0] + part * (after[0] - before[0]), before[1] + part * (after[1] - before[1])
    along = (x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)
    return -_NEAR <= along <= (x1 - x0) ** 2 + (y1 - y0) ** 2 + _NEAR
