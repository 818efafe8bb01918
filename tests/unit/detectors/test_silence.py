from __future__ import annotations

import msgspec

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
    for seconds in range(0, 300, 30):
        one.observe(reading(seconds, 1))
    assert not one.tick(at(270 + 89))
    assert phases(one.tick(at(270 + 91))) == ["raise"]
    assert not one.tick(at(1000))
    assert phases(one.observe(reading(1001, 1))) == ["clear"]


def test_one_outage_does_not_make_it_deaf() -> None:
    one = make(least_seconds=1)
    for seconds in range(0, 300, 30):
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
