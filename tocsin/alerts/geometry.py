"""Distances on the ground between points given in degrees."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt
from typing import Final

from tocsin.core.grids import Position

EARTH_M: Final = 6_371_008.8
"""Mean radius; the error against the ellipsoid is below 0.6 %, far inside a phone's accuracy."""


def distance_m(one: Position, other: Position) -> float:
    """Give the great-circle distance of two points in metres."""
    south, north = radians(one.latitude), radians(other.latitude)
    across = sin(radians(other.longitude - one.longitude) / 2) ** 2
    along = sin((north - south) / 2) ** 2
    return 2 * EARTH_M * asin(min(1.0, sqrt(along + cos(south) * cos(north) * across)))
