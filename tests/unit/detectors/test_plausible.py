from __future__ import annotations

import math
import random

import msgspec
import pytest

from tests.support.detecting import START_US, phases, reading, subject
from tests.support.streams import codes, fed
from tocsin.core.readings import Quality, Reading
from tocsin.detectors.plausible import Plausible, PlausibleParameters


def make(**given: float) -> Plausible:
    return Plausible(subject(), PlausibleParameters.model_validate(given))


def water(*values: float | None, step: float = 360, unit: str = "m") -> list[Reading]:
    return [reading(number * step, value, unit=unit) for number, value in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "unit", "code"),
    [
        ((2.0, 2.1, 5.4, 2.1), "m", "plausible.spike"),
        ((2.0, 2.1, -3.0, 2.1), "m", "plausible.spike"),
        ((20, 20, 85, 20), "Cel", "plausible.spike"),
        ((20, -127, 20), "Cel", "plausible.broken"),
        ((2.0, 655.35, 2.0), "m", "plausible.broken"),
        ((40, 180, 41), "%RH", "plausible.range"),
        ((2.0, math.nan, 2.0), "m", "plausible.no_number"),
        ((2.0, math.inf, 2.0), "m", "plausible.no_number"),
    ],
)
def test_a_fault_is_named_by_its_code(values: tuple[float, ...], unit: str, code: str) -> None:
    found = fed(make(), water(*values, unit=unit))
    assert codes(found) == [code]
    assert found[0].phase.value == "raise"


def test_an_event_that_stays_is_no_fault() -> None:
    assert fed(make(), water(0.4, 0.5, 0.4, 2.1, 2.4, 2.9, 3.2, 3.1, 2.0, 0.6)) == []
    assert fed(make(), water(20, 21, 60, 180, 400, 420, unit="Cel")) == []


def test_a_door_power_and_light_may_jump() -> None:
    for unit in ("/", "W", "lx", "A"):
        assert fed(make(), water(*([0.0, 1500.0] * 40), unit=unit)) == []


def test_two_devices_in_one_stream_are_recognised() -> None:
    mixed = [0.75 + 0.01 * (at % 3) if at % 2 else 2.3 + 0.02 * (at % 5) for at in range(60)]
    found = fed(make(), water(*mixed))
    assert codes(found) == ["plausible.spike", "plausible.two_sources"]
    assert phases(found) == ["raise", "update"]


def test_two_devices_a_foot_apart_are_recognised_while_the_water_moves() -> None:
    mixed = [2.0 + 0.01 * at + (0.33 if at % 2 else 0.0) for at in range(60)]
    assert codes(fed(make(), water(*mixed))) == ["plausible.two_sources"]


def test_noise_and_waves_are_one_device() -> None:
    chance = random.Random(8)
    assert fed(make(), water(*[2.0 + chance.gauss(0, 0.15) for _ in range(20_000)], step=10)) == []
    assert fed(make(), water(*[2.0 + 0.3 * math.sin(at * 1.9) for at in range(5000)], step=1)) == []


def test_a_tide_read_at_high_and_low_water_is_one_device() -> None:
    tide = [2.0 + 0.4 * (-1) ** at for at in range(60)]
    assert fed(make(), water(*tide, step=6.2 * 3600)) == []


def test_a_tank_that_is_filled_and_emptied_is_one_device() -> None:
    tank = [0.5 if (at // 12) % 2 else 3.5 for at in range(400)]
    assert fed(make(), water(*tank)) == []


def test_a_clock_of_another_year_is_recognised_and_told_from_a_backlog() -> None:
    reset = msgspec.structs.replace(reading(60, 2.0), observed_us=946_684_810_000_000)
    assert codes(fed(make(), [reading(0, 2.0), reset])) == ["plausible.clock"]
    ahead = msgspec.structs.replace(reading(60, 2.0), observed_us=START_US + 9 * 86_400_000_000)
    assert codes(fed(make(), [reading(0, 2.0), ahead])) == ["plausible.clock"]
    late = msgspec.structs.replace(ahead, quality=int(Quality.HISTORICAL))
    zone = msgspec.structs.replace(reading(120, 2.0), observed_us=START_US + 8 * 3_600_000_000)
    assert fed(make(), [reading(0, 2.0), late, zone]) == []


def test_time_that_runs_backwards_is_the_clocks_fault() -> None:
    assert codes(fed(make(), [reading(7200, 2.0), reading(0, 2.0)])) == ["plausible.clock"]


def test_it_clears_after_an_hour_of_sound_readings_and_not_between_spikes() -> None:
    values = [2.0 if at % 20 else 9.0 for at in range(200)] + [2.0] * 80
    found = fed(make(), water(*values, step=60))
    assert phases(found) == ["raise", "clear"]
    assert found[1].reason_code == "plausible.sound"


def test_text_is_no_fault_but_a_number_that_is_none_is() -> None:
    words = reading(0, None, text="hello")
    assert not make().observe(words)
    flagged = msgspec.structs.replace(reading(0, None), quality=int(Quality.NOT_A_NUMBER))
    assert codes(list(make().observe(flagged))) == ["plausible.no_number"]


def test_limits_of_ones_own_count() -> None:
    assert codes(fed(make(low=0, high=5), water(2, 7))) == ["plausible.range"]
    assert fed(make(spike=10), water(2, 7, 2)) == []
