from __future__ import annotations

import pytest

from tests.support.detecting import START_US, reading, subject
from tests.support.streams import DAY, HOUR, Bend, codes, fed, rhythm
from tocsin.detectors.stuck import Stuck, StuckParameters


def make(**given: float) -> Stuck:
    return Stuck(subject(), StuckParameters.model_validate(given))


def frozen(since: float, until: float = 1e12) -> Bend:
    kept: list[float] = []

    def bend(at: float, value: float) -> float:
        if not since <= at < until:
            return value
        kept.append(value)
        return kept[0]

    return bend


@pytest.mark.parametrize("decimals", [3, 1, 0])
def test_a_working_sensor_is_not_stuck_however_coarse_its_step(decimals: int) -> None:
    assert fed(make(), rhythm(21, decimals=decimals, swing=2.0, noise=0.1)) == []


def test_a_value_that_stays_raises_and_clears_when_it_moves_again() -> None:
    raised, cleared = fed(make(), rhythm(8, decimals=1, bend=frozen(5 * DAY, 7 * DAY)))
    assert raised.reason_code == "stuck.flat"
    assert "the sensor's step is 0.1" in raised.reason
    assert 6 * HOUR <= (raised.observed - raised.evidence.first).total_seconds() <= 10 * HOUR
    assert cleared.reason_code == "stuck.moves"


def test_a_coarse_sensor_is_given_more_time_than_a_fine_one() -> None:
    took = {}
    for decimals in (2, 0):
        (raised,) = fed(make(), rhythm(9, decimals=decimals, swing=2.0, bend=frozen(5 * DAY)))
        took[decimals] = (raised.observed - raised.evidence.first).total_seconds()
    assert took[0] > 1.5 * took[2]


def test_what_may_rest_is_not_stuck() -> None:
    rain = [reading(at * 60, 0.2 * (at % 7) if at < 3000 else 0.0, unit="mm") for at in range(10_000)]
    fog = rhythm(8, unit="%RH", base=95, bend=lambda at, value: 100.0 if at > 3 * DAY else value)
    door = [reading(at * 600, float(at % 5 == 0) if at < 500 else 0.0, unit="/") for at in range(3000)]
    assert fed(make(), rain) == fed(make(), fog) == fed(make(), door) == []


def test_a_gap_proves_nothing() -> None:
    usual = rhythm(5, decimals=2)
    last = usual[-1]
    assert last.value is not None
    seconds = (last.at_us - START_US) / 1e6
    again = [reading(seconds + days * DAY, last.value, unit="Cel") for days in range(1, 6)]
    assert fed(make(), [*usual, *again]) == []


def test_a_sensor_dead_from_the_beginning_or_in_its_first_day_is_not_judged() -> None:
    assert fed(make(), [reading(at * 60, 21.5, unit="Cel") for at in range(5000)]) == []
    assert fed(make(), rhythm(0.9, bend=frozen(6 * HOUR))) == []


def test_one_stuck_week_does_not_make_it_deaf() -> None:
    found = fed(
        make(), rhythm(30, decimals=2, bend=_twice(frozen(5 * DAY, 12 * DAY), frozen(20 * DAY, 28 * DAY)))
    )
    assert codes(found) == ["stuck.flat", "stuck.moves"] * 2


def _twice(first: Bend, second: Bend) -> Bend:
    return lambda at, value: second(at, first(at, value))
