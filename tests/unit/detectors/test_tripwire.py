from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.support.detecting import phases, subject
from tests.support.moving import look, track
from tocsin.core.detections import Detection, Kind
from tocsin.detectors.tripwire import TripwireParameters, crossing, tripwire

LINE = {"line": [[0.2, 0.5], [0.8, 0.5]]}
Places = list[tuple[float, float]]


def trail(places: Places, every: float = 0.2) -> list[tuple[float, float, float]]:
    return [(index * every, x, y) for index, (x, y) in enumerate(places)]


def watch(places: Places, *, every: float = 0.2, sure_from: int = 0, **given: object) -> list[Detection]:
    one = tripwire(subject(Kind.TRIPWIRE), TripwireParameters.model_validate({**LINE, **given}), None)
    points, said = trail(places, every), []
    for index in range(len(points)):
        there = (track(points[: index + 1], sure=index >= sure_from),)
        said += one.observe(look(points[index][0], tracks=there))
    for index in range(30):
        said += one.observe(look(points[-1][0] + (index + 1) * every))
    return said


def down(x: float = 0.5, step: float = 0.05) -> Places:
    return [(x, 0.3 + step * index) for index in range(9)]


def test_somebody_who_walks_over_the_line_is_raised_once_and_cleared() -> None:
    assert phases(watch(down())) == ["raise", "clear"]
    assert phases(watch(down(step=0.1)[:5], every=2.0)) == ["raise", "clear"]


def test_the_direction_decides() -> None:
    # Along the line from left to right, below is right.
    assert watch(down(), direction="left_to_right")
    assert watch(down(), direction="right_to_left") == []
    assert watch(down()[::-1], direction="right_to_left")
    assert watch(down()[::-1], direction="left_to_right") == []
    turned = [[0.8, 0.5], [0.2, 0.5]]
    assert watch(down(), direction="right_to_left", line=turned)


def test_who_passes_its_end_does_not_cross_it() -> None:
    assert watch(down(0.9)) == []


def test_who_turns_back_is_raised_for_each_crossing() -> None:
    there_and_back = down() + down()[::-1]
    assert phases(watch([*there_and_back, *[(0.5, 0.3)] * 20])) == ["raise", "clear"]
    assert len(watch([*down(), *[(0.5, 0.7)] * 30, *down()[::-1]])) == 4


def test_a_crossing_is_raised_when_it_becomes_sure_who_it_was() -> None:
    assert phases(watch(down(), sure_from=8)) == ["raise", "clear"]


def test_hours_and_classes_hold() -> None:
    assert watch(down(), hours=["22:00-06:00"]) == []
    assert watch(down(), sees=["vehicle"]) == []


def test_a_line_without_length_is_refused() -> None:
    with pytest.raises(ValidationError, match="two different points"):
        TripwireParameters.model_validate({"line": [[0.5, 0.5], [0.5, 0.5]]})


@given(st.integers(0, 10_000), st.floats(0.0, 0.02), st.floats(0.25, 0.75))
def test_trembling_beside_the_line_never_counts(seed: int, middle: float, x: float) -> None:
    chance = random.Random(seed)
    places = [(x, 0.5 + middle + chance.uniform(-0.012, 0.012)) for _ in range(32)]
    assert (
        crossing(
            [(round(at * 1e6), a, b) for at, a, b in trail(places)], TripwireParameters.model_validate(LINE)
        )
        is None
    )


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=32),
    st.integers(1, 4),
    st.floats(0, 0.05),
)
def test_the_other_direction_is_never_counted(places: Places, held: int, band: float) -> None:
    points = [(round(at * 1e6), x, y) for at, x, y in trail(places)]

    def said(direction: str) -> bool:
        rule = {**LINE, "direction": direction, "held": held, "band": band}
        return crossing(points, TripwireParameters.model_validate(rule)) is not None

    assert said("both") == (said("left_to_right") or said("right_to_left"))
    if all(b[1] >= a[1] for a, b in pairwise(places)):
        assert not said("right_to_left")


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 0.49)), min_size=2, max_size=32))
def test_whoever_stays_on_one_side_never_crosses(places: Places) -> None:
    points = [(round(at * 1e6), x, y) for at, x, y in trail(places)]
    assert crossing(points, TripwireParameters.model_validate(LINE)) is None
