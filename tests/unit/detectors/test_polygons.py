from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.frames import Polygon
from tocsin.detectors.polygons import area, crossing


@pytest.mark.parametrize(
    "polygon",
    [
        ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)),
        ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 0.2), (0.0, 1.0)),
        ((0.1, 0.1), (0.1, 0.9), (0.9, 0.9), (0.9, 0.1)),
    ],
)
def test_an_area_is_an_area_however_it_is_walked_around(polygon: Polygon) -> None:
    assert crossing(polygon) == ""
    assert crossing(polygon[::-1]) == ""


def test_crossing_sides_are_named() -> None:
    assert "between points 1 and 3" in crossing(((0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)))


def test_a_line_encloses_nothing() -> None:
    assert "encloses nothing" in crossing(((0.0, 0.0), (0.5, 0.5), (1.0, 1.0)))


@given(st.lists(st.floats(0.05, 0.45), min_size=3, max_size=20))
def test_a_star_around_a_point_never_crosses_itself(radii: list[float]) -> None:
    turn = 2 * math.pi / len(radii)
    star = tuple(
        (0.5 + r * math.cos(place * turn), 0.5 + r * math.sin(place * turn)) for place, r in enumerate(radii)
    )
    assert "crosses" not in crossing(star)


def test_the_area_is_a_share_of_the_picture() -> None:
    assert area(((0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.0, 0.5))) == pytest.approx(0.5)
