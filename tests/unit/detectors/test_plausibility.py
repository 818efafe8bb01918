from __future__ import annotations

import math

import pytest

from tocsin.core.units import is_unit
from tocsin.detectors.plausibility import _TABLE, StepGate, broken, physics, possible


@pytest.mark.parametrize(
    ("value", "unit"), [(-127, "Cel"), (6553.5, "m"), (130, "%RH"), (1e301, ""), (math.nan, "m")]
)
def test_what_no_sensor_measures_is_not_possible(value: float, unit: str) -> None:
    assert not possible(value, unit)


@pytest.mark.parametrize(
    ("value", "unit"), [(999, "ppm"), (9999, "ppm"), (1200, "Cel"), (-2, "m"), (0, "m"), (5, "")]
)
def test_a_full_scale_of_gas_and_a_fire_are_possible(value: float, unit: str) -> None:
    assert possible(value, unit)


def test_marks_of_a_missing_value_are_known_in_every_scale() -> None:
    assert all(broken(value) for value in (65535, 6553.5, 655.35, 32767, -32768, -327.68, -9999, -999.9))
    assert not any(broken(value) for value in (0, 1, 85, 999, 9999, -30))


def test_every_unit_of_the_table_is_one_that_readings_may_have() -> None:
    assert all(is_unit(unit) for unit in _TABLE)
    assert physics("no such unit").low < -1e299


def test_a_jump_waits_for_the_reading_that_agrees() -> None:
    gate = StepGate(1.0, 2)
    assert [gate.holds(value) for value in (2.0, 2.1, 2.2, 5.0, 2.3, 5.0, 5.1, 5.2)] == [
        True, False, False, True, False, True, False, False,
    ]  # fmt: skip
