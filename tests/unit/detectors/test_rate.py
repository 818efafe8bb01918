from __future__ import annotations

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
