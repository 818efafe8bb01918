from __future__ import annotations

import pytest

from tocsin.alerts.geometry import distance_m
from tocsin.core.grids import Position


def test_one_degree_of_latitude_is_111_kilometres() -> None:
    assert distance_m(Position(30, 120), Position(31, 120)) == pytest.approx(111_195, rel=1e-3)


def test_longitude_shrinks_with_latitude_and_wraps() -> None:
    assert distance_m(Position(60, 120), Position(60, 121)) == pytest.approx(55_597, rel=1e-3)
    assert distance_m(Position(0, 179.9), Position(0, -179.9)) == pytest.approx(22_239, rel=1e-3)


def test_same_point_and_antipodes() -> None:
    assert distance_m(Position(30, 120), Position(30, 120)) == 0
    assert distance_m(Position(0, 0), Position(0, 180)) == pytest.approx(20_015_115, rel=1e-3)
