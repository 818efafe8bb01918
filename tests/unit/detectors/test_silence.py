from __future__ import annotations

import msgspec
import pytest

from tests.support.detecting import START_US, phases, reading, subject
from tocsin.detectors.base import NEVER_US
from tocsin.detectors.silence import Silence, SilenceParameters


def at(seconds: float) -> int:
    return START_US + round(seconds * 1_000_000)


def make(**given: object) -> Silence:
    return Silence(subject(), SilenceParameters.model_validate(given))


def test_a_stream_without_cadence_is_never_silent() -> None:
    one = make()
    for seconds in range(5):
        one.observe(reading(seconds, 1))
    assert one.due_us == NEVER_US
    assert not one.tick(at(86_400))


def test_the_limit_is_learnt_from_the_longest_usual_gap() -> None:
    one = make(least_seconds=1)
    for seconds in range(0, 600, 30):
        one.observe(reading(seconds, 1))
    assert not one.tick(at(570 + 89))
    assert phases(one.tick(at(570 + 91))) == ["raise"]
    assert not one.tick(at(1000))
    assert phases(one.observe(reading(1001, 1))) == ["clear"]


def test_one_outage_does_not_make_it_deaf() -> None:
    one = make(least_seconds=1)
    for seconds in range(0, 900, 30):
        one.observe(reading(seconds, 1))
    one.observe(reading(90_000, 1))
    assert one.due_us <= at(90_000 + 181)


def test_a_backlog_of_old_readings_is_a_sign_of_life() -> None:
    one = make(limit_seconds=60)
    one.observe(reading(0, 1))
    assert one.tick(at(3600))
    late = msgspec.structs.replace(reading(30, 1), received_us=at(3601))
    assert phases(one.observe(late)) == ["clear"]
    assert not one.tick(at(3602))


def test_a_span_in_which_nobody_listened_is_not_counted() -> None:
    one = make(limit_seconds=60)
    one.observe(reading(0, 1))
    one.postpone(3_600_000_000)
    assert not one.tick(at(3650))
    assert phases(one.tick(at(3660))) == ["raise"]


def test_a_contact_that_bounced_and_rests_is_not_silent() -> None:
    one = make()
    for seconds in range(12):
        one.observe(reading(seconds, seconds % 2))
    assert one.due_us == NEVER_US


@pytest.mark.parametrize("uses", [{0, 1, 3}, {0, 1, 2, 9}])
def test_a_door_that_is_used_by_day_is_not_silent_at_night(uses: set[int]) -> None:
    one = make()
    said = []
    for day in range(21):
        for use in range(144):
            second = day * 86_400 + use * 600
            said += one.tick(at(second))
            if day % 7 < 5 and 48 <= use < 108 and use % (5 if 3 in uses else 13) in uses:
                one.observe(reading(second, use % 2))
                one.observe(reading(second + 20, 1 - use % 2))
    assert said == []


def test_a_gap_that_is_usual_is_no_silence_however_long() -> None:
    one = make(most_seconds=3600)
    for day in range(12):
        one.observe(reading(day * 86_400, 1))
        assert not one.tick(at(day * 86_400 + 86_399))
    assert phases(one.tick(at(11 * 86_400 + 1.6 * 86_400))) == ["raise"]


def test_a_faster_cadence_is_learnt_within_a_week_or_two() -> None:
    one = make()
    for hour in range(48):
        one.observe(reading(hour * 3600, 1))
    begin = 48 * 3600
    for minute in range(14 * 1440):
        one.observe(reading(begin + minute * 60, 1))
    last = begin + (14 * 1440 - 1) * 60
    assert one.due_us < at(last + 3 * 3600)
