from __future__ import annotations

import math

from hypothesis import assume, given
from hypothesis import strategies as st

from tocsin.detectors.geometry import crosses, distance, inside

PART = st.floats(0, 1, allow_nan=False)
POINT = st.tuples(PART, PART)
SQUARE = ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8))
BAY = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.6, 1.0), (0.6, 0.4), (0.4, 0.4), (0.4, 1.0), (0.0, 1.0))


@given(POINT)
def test_a_square_holds_what_lies_between_its_sides(point: tuple[float, float]) -> None:
    x, y = point
    assume(all(abs(one - edge) > 1e-6 for one in point for edge in (0.2, 0.8)))
    assert inside(SQUARE, x, y) == (0.2 < x < 0.8 and 0.2 < y < 0.8)


@given(POINT, st.integers(0, 3), st.sampled_from([1, -1]))
def test_the_corner_at_which_a_zone_begins_and_its_direction_do_not_matter(
    point: tuple[float, float], turn: int, step: int
) -> None:
    turned = SQUARE[turn:] + SQUARE[:turn]
    assert inside(turned[::step], *point) == inside(SQUARE, *point)


def test_a_bay_is_outside_and_an_edge_is_inside() -> None:
    assert not inside(BAY, 0.5, 0.7)
    assert inside(BAY, 0.5, 0.2)
    assert inside(BAY, 0.5, 0.4)
    assert inside(BAY, 1.0, 0.5)
    assert inside(None, 5.0, 5.0)


@given(POINT, POINT, POINT, POINT)
def test_a_way_crosses_a_line_whichever_way_either_is_drawn(
    a: tuple[float, float], b: tuple[float, float], c: tuple[float, float], d: tuple[float, float]
) -> None:
    assume(a != b)
    if min(abs(distance((a, b), *c)), abs(distance((a, b), *d))) < 1e-6:
        return
    said = crosses((a, b), c, d)
    assert crosses((a, b), d, c) == said
    if said:
        assert distance((a, b), *c) * distance((a, b), *d) < 0


@given(POINT, POINT, POINT)
def test_the_distance_turns_with_the_line(
    a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]
) -> None:
    assume(math.dist(a, b) > 1e-3)
    assert math.isclose(distance((a, b), *c), -distance((b, a), *c), abs_tol=1e-6)


def test_below_a_line_from_left_to_right_is_its_right_side() -> None:
    assert distance(((0.1, 0.5), (0.9, 0.5)), 0.5, 0.7) > 0


def test_a_way_past_the_end_of_a_line_does_not_cross_it() -> None:
    line = ((0.4, 0.5), (0.6, 0.5))
    assert crosses(line, (0.5, 0.4), (0.5, 0.6))
    assert not crosses(line, (0.7, 0.4), (0.7, 0.6))
    assert not crosses(line, (0.5, 0.5), (0.5, 0.5))
