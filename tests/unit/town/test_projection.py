from __future__ import annotations

import numpy as np
import pytest
import shapely

from tocsin.town.projection import Projection


@pytest.mark.parametrize(
    ("south", "square_metres"),
    # Areas of one degree by one degree on WGS 84, by Gauss–Legendre quadrature of M·N·cos(latitude).
    [(0.0, 12_308_778_361.0), (36.0, 9_930_000_000.0)],
)
def test_a_square_degree_has_its_true_area(south: float, square_metres: float) -> None:
    shape = np.array([shapely.segmentize(shapely.box(117, south, 118, south + 1), 0.01)])
    (area,) = shapely.area(Projection.around(shape).project(shape))
    e2 = 0.00669437999014
    latitude, weight = np.polynomial.legendre.leggauss(40)
    phi = np.radians(south + (latitude + 1) / 2)
    sin2 = 1 - e2 * np.sin(phi) ** 2
    exact = 6378137.0**2 * (1 - e2) * np.sum(weight * np.cos(phi) / sin2**2) / 2 * np.radians(1) ** 2
    assert area == pytest.approx(exact, rel=1e-5)
    assert area == pytest.approx(square_metres, rel=1e-2)


def test_a_degree_of_latitude_is_111_km_and_the_way_back_is_exact() -> None:
    line = np.array([shapely.LineString([(117.3, 36.0), (117.3, 37.0)])])
    plane = Projection.around(line)
    (there,) = plane.project(line)
    assert there.length == pytest.approx(110_970, abs=30)
    for x, y in [(117.0, 36.2), (118.4, 23.1), (116.0, 51.7)]:
        (point,) = plane.project(np.array([shapely.Point(x, y)]))
        assert plane.degrees(point) == pytest.approx((y, x), abs=1e-9)


def test_nothing_has_a_plane_too() -> None:
    assert Projection.around(np.array([], dtype=object)).middle == 0.0
