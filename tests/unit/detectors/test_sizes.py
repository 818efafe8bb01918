from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detectors.sizes import CELLS, SizeGrid


def learnt(count: int = 8, height: float = 0.3) -> SizeGrid:
    grid = SizeGrid()
    for index in range(count):
        grid.learn(0.5, 0.5, height * (0.95 + 0.02 * (index % 5)))
    return grid


def test_before_anything_is_learnt_every_height_is_plausible() -> None:
    assert all(SizeGrid().plausible(0.5, 0.5, height) for height in (0.05, 0.3, 1.0))
    assert learnt(3).plausible(0.5, 0.5, 0.05)


def test_where_people_stood_what_is_far_smaller_or_larger_is_none() -> None:
    grid = learnt()
    assert grid.plausible(0.5, 0.5, 0.3)
    assert grid.plausible(0.5, 0.5, 0.3 * 0.6)
    assert not grid.plausible(0.5, 0.5, 0.1)
    assert not grid.plausible(0.5, 0.5, 0.9)
    assert not grid.plausible(0.5, 0.5, 0.0)


def test_other_places_stay_open() -> None:
    assert learnt().plausible(0.1, 0.1, 0.05)


def test_a_camera_that_was_turned_is_learnt_anew() -> None:
    grid = learnt(200)
    for _ in range(400):
        grid.learn(0.5, 0.5, 0.1)
    assert grid.plausible(0.5, 0.5, 0.1)


@given(st.lists(st.tuples(st.floats(-1, 2), st.floats(-1, 2), st.floats(-1, 2)), max_size=30))
def test_its_state_is_small_and_goes_on(things: list[tuple[float, float, float]]) -> None:
    one, other = SizeGrid(), SizeGrid()
    for thing in things:
        one.learn(*thing)
    other.set_state(one.state())
    assert other.state() == one.state()
    assert len(one.state()) == 3 * 4 * CELLS * CELLS
    for x, y, height in things:
        assert one.plausible(x, y, height) == other.plausible(x, y, height)


def test_a_damaged_state_is_refused() -> None:
    with pytest.raises(ValueError, match="reshape"):
        SizeGrid().set_state(b"\0" * 12)
