from __future__ import annotations

from tests.support.detecting import subject
from tests.support.streams import DAY, HOUR, Bend, codes, fed, rhythm
from tocsin.detectors.shift import Shift, ShiftParameters


def make(**given: float) -> Shift:
    return Shift(subject(), ShiftParameters.model_validate(given))


def moved(by: float, since: float, until: float = 1e12) -> Bend:
    return lambda at, value: value + by if since <= at < until else value


def test_three_usual_weeks_are_silent() -> None:
    for seed in range(4):
        assert fed(make(), rhythm(21, seed=seed)) == []


def test_a_level_that_moved_raises_after_six_hours_and_is_usual_after_some_days() -> None:
    raised, cleared = fed(make(), rhythm(24, bend=moved(6, 12 * DAY)))
    assert (raised.reason_code, cleared.reason_code) == ("shift.up", "shift.usual")
    after = (raised.observed - raised.evidence.first).total_seconds()
    assert 5 * HOUR <= after <= 7 * HOUR
    assert 2 * DAY <= (cleared.observed - raised.observed).total_seconds() <= 6 * DAY


def test_a_spike_of_an_hour_is_no_shift() -> None:
    assert fed(make(), rhythm(14, bend=moved(30, 10 * DAY, 10 * DAY + HOUR))) == []


def test_a_level_that_came_back_clears_at_once() -> None:
    found = fed(make(), rhythm(14, bend=moved(-6, 10 * DAY, 10 * DAY + 12 * HOUR)))
    assert codes(found) == ["shift.down", "shift.usual"]
    assert (found[1].observed - found[0].observed).total_seconds() < 14 * HOUR


def test_the_first_week_and_a_small_move_are_not_judged() -> None:
    assert fed(make(), rhythm(6.9, bend=moved(9, 5 * DAY))) == []
    assert fed(make(), rhythm(14, bend=moved(0.8, 10 * DAY))) == []
