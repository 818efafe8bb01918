"""Degrees to metres and back, around one town, such that areas are true.  Pure.

The sinusoidal projection on the ellipsoid of WGS 84: north is the length of the meridian, east the length
along the parallel from the middle. Areas are exact; distances are right within a few parts in ten
thousand over the hundred kilometres of a city.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import shapely

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Shapes: TypeAlias = np.ndarray[Any, np.dtype[np.object_]]

AXIS_M: Final = 6_378_137.0
FLATTENING: Final = 1 / 298.257223563
_E2: Final = FLATTENING * (2 - FLATTENING)
_MERIDIAN: Final = (
    1 - _E2 / 4 - 3 * _E2**2 / 64 - 5 * _E2**3 / 256,
    -(3 * _E2 / 8 + 3 * _E2**2 / 32 + 45 * _E2**3 / 1024),
    15 * _E2**2 / 256 + 45 * _E2**3 / 1024,
    -35 * _E2**3 / 3072,
)
"""Series of the meridian's length, to a tenth of a millimetre."""


@dataclass(frozen=True, slots=True)
class Projection:
    """One plane."""

    middle: float
    """Longitude of its middle, degrees."""

    @classmethod
    def around(cls, shapes: Shapes) -> Projection:
        """Give the plane in whose middle shapes lie."""
        if not len(shapes):
            return cls(0.0)
        west, _, east, _ = shapely.total_bounds(shapes)
        return cls(float((west + east) / 2))

    def project(self, shapes: Shapes) -> Shapes:
        """Give shapes in metres."""
        made: Shapes = shapely.transform(shapes, self._metres)
        return made

    def degrees(self, point: shapely.Point) -> tuple[float, float]:
        """Give latitude and longitude of a point of the plane."""
        latitude = point.y / (AXIS_M * _MERIDIAN[0])
        for _ in range(6):  # the series turns slowly: six steps are exact
            latitude += (point.y - float(_north(np.array([latitude]))[0])) / (AXIS_M * _MERIDIAN[0])
        width = float(_width(np.array([latitude]))[0])
        return float(np.degrees(latitude)), self.middle + float(np.degrees(point.x / width))

    def _metres(self, xy: Floats) -> Floats:
        latitude = np.radians(xy[:, 1])
        east = _width(latitude) * np.radians(xy[:, 0] - self.middle)
        return np.column_stack((east, _north(latitude)))


def _north(latitude: Floats) -> Floats:
    """Give the length of the meridian from the equator."""
    series = (factor * np.sin(2 * at * latitude) for at, factor in enumerate(_MERIDIAN[1:], 1))
    north: Floats = AXIS_M * (_MERIDIAN[0] * latitude + sum(series))
    return north


def _width(latitude: Floats) -> Floats:
    """Give the radius of a parallel."""
    width: Floats = AXIS_M * np.cos(latitude) / np.sqrt(1 - _E2 * np.sin(latitude) ** 2)
    return width
