from __future__ import annotations

import pytest

from tocsin.core.detections import Kind
from tocsin.evaluate.clips import Event
from tocsin.evaluate.score import Alarm, by_kind, judge

FIRE = Event(kind="fire", from_s=10, to_s=20)


@pytest.mark.parametrize(("at", "hit"), [(9.9, False), (10, True), (20, True), (25, True), (25.1, False)])
def test_an_alarm_counts_from_the_start_to_five_seconds_after_the_end(at: float, *, hit: bool) -> None:
    (event,), wrong = judge([FIRE], [Alarm(Kind.FIRE, at)])
    assert event.hit is hit
    assert bool(wrong) is not hit
    assert event.delay_s == (pytest.approx(at - 10) if hit else None)


def test_smoke_stands_for_fire_but_nothing_else_does() -> None:
    (event,), wrong = judge([FIRE], [Alarm(Kind.SMOKE, 12), Alarm(Kind.TAMPER, 12)])
    assert event.hit
    assert [one.kind for one in wrong] == ["tamper"]


def test_several_alarms_of_one_event_count_once_and_the_first_gives_the_delay() -> None:
    scores, wrong = judge([FIRE], [Alarm(Kind.FIRE, 18), Alarm(Kind.FIRE, 12)])
    assert [score.delay_s for score in scores] == [2]
    assert not wrong


def test_one_alarm_may_count_for_every_event_it_lies_in() -> None:
    smoke = Event(kind="smoke", from_s=11, to_s=30)
    scores, wrong = judge([FIRE, smoke], [Alarm(Kind.FIRE, 12)])
    assert [score.hit for score in scores] == [True, True]
    assert not wrong


def test_line_is_a_tripwire() -> None:
    scores, wrong = judge([Event(kind="line", from_s=0, to_s=1)], [Alarm(Kind.TRIPWIRE, 0.5)])
    assert scores[0].hit
    assert scores[0].kind == "line"
    assert not wrong


def test_kinds_are_summed_with_bounds() -> None:
    scores, _ = judge([FIRE, Event(kind="fire", from_s=100, to_s=110)], [Alarm(Kind.FIRE, 13)])
    one = by_kind(scores)["fire"]
    assert (one.events, one.hits, one.median_delay_s) == (2, 1, 3)
    assert 0 < one.low < 0.5 < one.high < 1
