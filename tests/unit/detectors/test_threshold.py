from __future__ import annotations

import math

import msgspec
import pytest
from pydantic import ValidationError

from tests.support.detecting import START_US, phases, reading, subject
from tocsin.detectors.threshold import Threshold, ThresholdParameters


def make(**given: float) -> Threshold:
    return Threshold(subject(), ThresholdParameters.model_validate(given))


def test_a_value_over_the_limit_for_long_enough_raises_once() -> None:
    one = make(above=3.5, for_seconds=10)
    assert not one.observe(reading(0, 3.6))
    assert not one.observe(reading(9, 3.6))
    (found,) = one.observe(reading(10, 3.62))
    assert found.reason == "3.62 m is over the limit 3.5 m for 10 s"
    assert found.reason_code == "threshold.above"
    assert one.raised == found.id
    assert not one.observe(reading(11, 3.9))


def test_a_dip_starts_the_duration_anew() -> None:
    one = make(above=3, for_seconds=10)
    for at, value in ((0, 4), (5, 2), (6, 4), (15, 4)):
        assert not one.observe(reading(at, value))
    assert phases(one.observe(reading(16, 4))) == ["raise"]


def test_it_clears_only_below_the_hysteresis_and_for_long_enough() -> None:
    one = make(above=3, hysteresis=0.5, clear_for_seconds=5)
    one.observe(reading(0, 4))
    assert not one.observe(reading(1, 2.8))
    assert not one.observe(reading(2, 2.5))
    assert not one.observe(reading(6, 2.4))
    assert phases(one.observe(reading(7, 2.4))) == ["clear"]
    assert one.raised is None


def test_a_severe_value_is_an_update() -> None:
    one = make(above=3, severe_above=5)
    one.observe(reading(0, 4))
    (found,) = one.observe(reading(1, 6))
    assert (found.phase.value, found.severity) == ("update", 0.9)
    assert not one.observe(reading(2, 7))


def test_a_band_raises_on_both_sides() -> None:
    assert make(above=3, below=1).observe(reading(0, 0.5))[0].reason_code == "threshold.below"
    assert not make(above=3, below=1).observe(reading(0, 2))


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_what_is_no_number_neither_raises_nor_clears(value: float | None) -> None:
    one = make(above=3)
    assert not one.observe(reading(0, value))
    one.observe(reading(1, 4))
    assert not one.observe(reading(2, value))
    assert one.raised is not None


@pytest.mark.parametrize(
    "given", [{}, {"above": 1, "below": 2}, {"above": 3, "severe_above": 2}, {"below": 3, "severe_below": 4}]
)
def test_limits_that_make_no_sense_are_refused(given: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        ThresholdParameters.model_validate(given)


SECOND = 1_000_000


def test_a_contact_that_says_on_once_is_raised_by_ticks() -> None:
    one = make(above=0.5, for_seconds=4)
    assert not one.observe(reading(0, 1))
    heard = reading(0, 1).at_us + SECOND
    assert not one.tick(heard)
    assert not one.tick(heard + 3 * SECOND)
    (found,) = one.tick(heard + 4 * SECOND)
    assert found.evidence.first <= found.observed <= found.evidence.last
    assert not one.tick(heard + 5 * SECOND)


def test_a_contact_that_says_off_once_is_cleared_by_ticks() -> None:
    one = make(above=0.5, clear_for_seconds=4)
    one.observe(reading(0, 1))
    assert not one.observe(reading(1, 0))
    heard = reading(1, 0).at_us
    assert not one.tick(heard)
    assert phases(one.tick(heard + 4 * SECOND)) == ["clear"]
    assert one.raised is None


def test_a_backlog_is_not_held_against_the_clock_on_the_wall() -> None:
    one = make(above=3, for_seconds=10)
    one.observe(reading(0, 4))
    hours_later = reading(0, 4).at_us + 7_200 * SECOND
    assert not one.tick(hours_later)
    one.observe(reading(5, 2))
    assert not one.tick(hours_later + 60 * SECOND)


def test_what_was_waited_for_survives_a_restart() -> None:
    one, other = make(above=0.5, for_seconds=4), make(above=0.5, for_seconds=4)
    one.observe(reading(0, 1))
    heard = reading(0, 1).at_us
    one.tick(heard)
    other.restore(one.snapshot())
    assert phases(other.tick(heard + 4 * SECOND)) == ["raise"]


def test_one_implausible_sample_of_water_raises_nothing_however_long_it_is_the_last() -> None:
    one = make(above=3, for_seconds=10, step_max=1)
    for number in range(10):
        one.observe(reading(number * 360, 0.8))
    assert not one.observe(reading(3600, 6.2))
    assert not one.tick(START_US + 3_700_000_000)
    assert not one.tick(START_US + 3_950_000_000)
    assert not one.observe(reading(3960, 0.8))
    assert one.raised is None


def test_two_gauges_mixed_in_one_stream_raise_nothing() -> None:
    one = make(above=3, step_max=1)
    for number in range(100):
        assert not one.observe(reading(number * 360, 4.2 if number % 2 else 0.8))


def test_water_that_rises_over_the_limit_is_not_held_back() -> None:
    one = make(above=3, step_max=1)
    said = [p for at in range(8) for p in phases(one.observe(reading(at * 60, 0.5 + 0.7 * at)))]
    assert said == ["raise"]
    assert one.raised is not None
    assert phases(make(above=3, step_max=1).observe(reading(0, 4))) == []


def test_a_jump_that_the_next_reading_confirms_raises() -> None:
    one = make(above=3, step_max=1)
    one.observe(reading(0, 0.8))
    assert not one.observe(reading(60, 4.2))
    assert phases(one.observe(reading(120, 4.4))) == ["raise"]


def test_what_no_sensor_measures_neither_raises_nor_clears() -> None:
    cold = make(below=-30)
    assert not cold.observe(msgspec.structs.replace(reading(0, -127), unit="Cel"))
    hot = make(above=57)
    assert hot.observe(msgspec.structs.replace(reading(0, 80), unit="Cel"))
    assert not hot.observe(msgspec.structs.replace(reading(1, -127), unit="Cel"))
    assert hot.raised is not None


def test_a_clock_that_was_set_back_begins_the_duration_anew() -> None:
    one = make(above=3, for_seconds=10)
    one.observe(reading(100_000, 4))
    assert not one.observe(reading(0, 4))
    assert phases(one.observe(reading(10, 4))) == ["raise"]


def test_a_probe_whose_power_came_back_is_no_fire_and_one_that_stays_there_is() -> None:
    one = make(above=57, for_seconds=4)
    said = []
    for second, value in ((0, 20.0), (60, 85.0), (120, 20.0)):
        said += one.observe(msgspec.structs.replace(reading(second, value), unit="Cel"))
        said += one.tick(START_US + (second + 1) * 1_000_000)
        said += one.tick(START_US + (second + 30) * 1_000_000)
    assert said == []
    for second in (180, 185, 190):
        said += one.observe(msgspec.structs.replace(reading(second, 85.0), unit="Cel"))
    assert phases(said) == ["raise"]


def test_a_fire_between_two_readings_is_not_held_back() -> None:
    one = make(above=57)
    one.observe(msgspec.structs.replace(reading(0, 20), unit="Cel"))
    assert phases(one.observe(msgspec.structs.replace(reading(2, 180), unit="Cel"))) == ["raise"]
