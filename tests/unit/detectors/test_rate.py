from __future__ import annotations

import math

import pytest

from tests.support.detecting import phases, reading, subject
from tocsin.detectors.rate import Rate, RateParameters


def make(**given: object) -> Rate:
    return Rate(subject(), RateParameters.model_validate(given))


def test_a_fast_rise_raises_and_a_slow_one_does_not() -> None:
    fast, slow = make(change=8, window_seconds=60), make(change=8, window_seconds=60)
    said = [one.phase.value for at in range(60) for one in fast.observe(reading(at, 20 + at * 0.3))]
    assert said == ["raise"]
    assert not [one for at in range(600) for one in slow.observe(reading(at, 20 + at * 0.1))]


def test_one_spike_raises_nothing() -> None:
    one = make(change=8)
    for at, value in ((0, 20), (1, 90), (2, 20)):
        assert not one.observe(reading(at, value))


def test_a_fall_counts_only_where_asked_for() -> None:
    readings = [reading(at, 20 - at) for at in range(12)]
    assert not [found for one in (make(change=8),) for r in readings for found in one.observe(r)]
    falling = make(change=8, direction="fall")
    assert [f.reason_code for r in readings for f in falling.observe(r)] == ["rate.fall"]


def test_below_the_gate_nothing_is_judged() -> None:
    one = make(change=8, at_least=40)
    assert not [f for at in range(12) for f in one.observe(reading(at, 20 + at))]


def test_it_clears_after_a_calm_window() -> None:
    one = make(change=8, window_seconds=10)
    said = [p for at in range(12) for p in phases(one.observe(reading(at, 20.0 + 2 * at)))]
    assert said == ["raise"]
    said = [p for at in range(12, 60) for p in phases(one.observe(reading(at, 42)))]
    assert said == ["clear"]


def test_a_slow_swing_does_not_keep_it_raised() -> None:
    one = make(change=0.5, window_seconds=1800, confirm=3)
    said: list[str] = []
    for minute in range(60):
        said += phases(one.observe(reading(minute * 60, 1.0 + 0.03 * minute)))
    assert said == ["raise"]
    # A tide of 0.35 m within the window: less than the limit, more than half of it.
    for minute in range(60, 1500):
        level = 2.8 + 0.35 / 30 * abs((minute - 60) % 720 - 360)
        said += phases(one.observe(reading(minute * 60, level)))
    assert said == ["raise", "clear"]


def test_a_fast_fall_does_not_keep_a_rise_raised() -> None:
    one = make(change=8, window_seconds=10)
    said: list[str] = []
    for at in range(12):
        said += phases(one.observe(reading(at, 20.0 + 2 * at)))
    for at in range(12, 60):
        said += phases(one.observe(reading(at, 42.0 - 0.9 * (at - 11))))
    assert said == ["raise", "clear"]


def test_it_stands_while_the_value_goes_on_rising() -> None:
    one = make(change=8, window_seconds=10)
    said = [p for at in range(300) for p in phases(one.observe(reading(at, 20.0 + at)))]
    assert said == ["raise"]


def test_a_spike_is_not_what_later_readings_are_compared_with() -> None:
    one = make(change=0.5, window_seconds=1800, confirm=3)
    for second in range(0, 7200, 5):
        value = -3.0 if 3000 <= second < 3030 else 2.0
        assert not one.observe(reading(second, value)) or 3000 <= second < 3030
    assert one.raised is None


@pytest.mark.parametrize("spike", [-4.0, 7.0, 6553.5, -999.0, math.inf])
def test_one_implausible_sample_of_water_raises_nothing_whatever_the_cadence(spike: float) -> None:
    for cadence in (1, 30, 360):
        one = make(change=0.5, window_seconds=1800, confirm=1, step_max=1.0)
        for number in range(200):
            value = spike if number == 90 else 2.0 + 0.01 * (number % 3)
            assert not one.observe(reading(number * cadence, value))


def test_a_real_jump_of_water_is_raised_with_the_reading_that_confirms_it() -> None:
    one = make(change=0.5, window_seconds=1800, step_max=1.0, confirm=1)
    for number in range(10):
        one.observe(reading(number * 60, 0.4))
    assert not one.observe(reading(600, 2.1))
    assert phases(one.observe(reading(660, 2.3))) == ["raise"]


def test_a_clock_that_was_set_back_does_not_make_it_blind() -> None:
    one = make(change=8)
    one.observe(reading(100_000, 90))
    said = [p for at in range(60) for p in phases(one.observe(reading(at, 20.0 + at)))]
    assert said == ["raise"]


def test_a_gauge_that_has_lost_the_water_is_no_flood_and_is_judged_again_later() -> None:
    one = make(change=0.5, window_seconds=1800, confirm=3, step_max=1.0)
    wild = [-3.9, -3.9, -3.9, -2.0, -5.5, -1.6, -0.3, -0.3, -0.3, -0.3, -0.3, -0.3]
    calm = [-0.3] * 60
    levels = [*wild, *calm, *(-0.3 + 0.05 * step for step in range(20))]
    said = [
        (number, phase)
        for number, level in enumerate(levels)
        for phase in phases(one.observe(reading(number * 60, level)))
    ]
    assert [phase for _, phase in said] == ["raise"]
    assert said[0][0] > len(wild) + len(calm)


@pytest.mark.parametrize(("to", "crossed"), [(15.0, 12.0), (5.0, 8.0)])
def test_the_limit_in_the_evidence_is_a_value_that_a_curve_can_show(to: float, crossed: float) -> None:
    one = make(change=2.0, window_seconds=60, confirm=1, direction="both")
    (raised,) = [found for at, value in ((0, 10.0), (30, to)) for found in one.observe(reading(at, value))]
    assert raised.evidence.limit == crossed
