from __future__ import annotations

import pytest

from tocsin.core.errors import Rejected
from tocsin.core.units import PRIMARY, SECONDARY, check_unit, is_unit


@pytest.mark.parametrize("unit", ["Cel", "m", "%RH", "mm", "/", "ppm", "hPa", "1", ""])
def test_units_of_the_registry_are_taken_as_they_are(unit: str) -> None:
    assert check_unit(unit) == unit


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("°C", "Cel"), ("celsius", "Cel"), ("%rh", "%RH"), ("µg/m3", "ug/m3"), ("Lux", "lx"), ("hpa", "hPa")],
)
def test_a_wrong_spelling_is_refused_with_the_right_one(wrong: str, right: str) -> None:
    with pytest.raises(Rejected, match=f"write '{right}'") as refusal:
        check_unit(wrong)
    assert refusal.value.code == "unit.unknown"


def test_a_word_like_nothing_points_to_the_registry() -> None:
    with pytest.raises(Rejected, match="registry"):
        check_unit("furlong")


def test_every_advice_is_itself_a_unit() -> None:
    from tocsin.core import units

    assert all(is_unit(unit) for unit in units._COMMON_MISTAKES.values())


def test_no_unit_is_both_primary_and_secondary() -> None:
    assert not PRIMARY.keys() & SECONDARY.keys()
