from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.incidents import START
from tocsin.alerts.alarm_load import Judgement, floods, load
from tocsin.alerts.alarm_ports import Annunciation
from tocsin.core.detections import Kind
from tocsin.core.ids import AlarmId, DeviceId

DAY = START + timedelta(days=1)


def asked(second: float, name: str = "a") -> Annunciation:
    at = START + timedelta(seconds=second)
    return Annunciation(at=at, alarm=AlarmId(name), device=DeviceId(f"box/{name}"), kind=Kind.SMOKE)


def test_nothing_is_acceptable() -> None:
    found = load([], START, DAY)
    assert (found.annunciated, found.per_hour, found.floods, found.top, found.top_share) == (
        0,
        0.0,
        (),
        (),
        0.0,
    )
    assert found.judgement is Judgement.ACCEPTABLE
    assert len(found.hours) == 24


@pytest.mark.parametrize(
    ("alarms", "judgement"),
    [(144, "acceptable"), (145, "manageable"), (288, "manageable"), (289, "overloaded")],
)
def test_the_limits_of_a_day_are_144_and_288(alarms: int, judgement: str) -> None:
    every = 86_400 / alarms
    assert load([asked(place * every) for place in range(alarms)], START, DAY).judgement == judgement


def test_ten_in_ten_minutes_are_no_flood_and_eleven_are() -> None:
    ten = [START + timedelta(seconds=place * 60) for place in range(10)]
    assert floods(ten) == ()
    assert floods([*ten, START + timedelta(seconds=600)]) == ()
    [flood] = floods([*ten, START + timedelta(seconds=599)])
    assert (flood.since, flood.until, flood.alarms) == (START, START + timedelta(minutes=10), 11)


def test_floods_that_touch_are_one() -> None:
    instants = [START + timedelta(seconds=place * 30) for place in range(41)]
    [flood] = floods(instants)
    assert (flood.since, flood.alarms) == (START, 41)
    assert flood.until == instants[30] + timedelta(minutes=10)
    later = [at + timedelta(hours=2) for at in instants]
    assert len(floods([*instants, *later])) == 2


def test_a_flood_makes_a_quiet_day_manageable() -> None:
    burst = [asked(place) for place in range(40)]
    found = load(burst, START, DAY)
    assert found.judgement is Judgement.ACCEPTABLE  # ten minutes of a day are less than a hundredth
    assert load(burst, START, START + timedelta(hours=8)).judgement is Judgement.MANAGEABLE
    assert found.flood_share == pytest.approx(629 / 86_400)


def test_what_lies_outside_is_left_out_and_hours_count_from_the_beginning() -> None:
    found = load([asked(-1), asked(0), asked(3600), asked(5400)], START, START + timedelta(minutes=90))
    assert found.annunciated == 2
    assert [number for _, number in found.hours] == [1, 1]
    assert found.per_hour == pytest.approx(4 / 3)


def test_the_ten_most_frequent_are_named_most_first() -> None:
    many = [
        asked(number * 700 + place, f"a-{place:02}") for place in range(12) for number in range(20 - place)
    ]
    found = load(many, START, DAY)
    assert [one.alarms for one in found.top] == list(range(20, 10, -1))
    assert found.top[0].device == "box/a-00"
    assert found.top_share == pytest.approx(155 / 174)
