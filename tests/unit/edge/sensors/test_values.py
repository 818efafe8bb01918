from __future__ import annotations

import math

import pytest

from tocsin.core.errors import Rejected
from tocsin.core.ids import StreamId
from tocsin.core.readings import Quality
from tocsin.edge.sensors.values import dig, instant_us, number, reading

S = StreamId("weir/a/b")


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (True, 1.0),
        (3, 3.0),
        ("4.5 ", 4.5),
        ("ON", 1.0),
        ("closed", 0.0),
        ("pear", None),
        (None, None),
        ({}, None),
        (10**400, math.inf),
    ],
)
def test_values_of_devices_become_numbers(raw: object, value: float | None) -> None:
    assert number(raw) == value


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_finite_number_is_marked_and_kept_as_absent(value: float) -> None:
    made = reading(S, value, 1)
    assert made.value is None
    assert made.quality == Quality.NOT_A_NUMBER


def test_a_text_is_no_fault_and_bounded() -> None:
    made = reading(S, None, 1, text="x" * 1000)
    assert (made.quality, len(made.text or "")) == (0, 256)


@pytest.mark.parametrize(
    ("raw", "form", "us"),
    [
        ("1970-01-01T00:00:01Z", "iso", 1_000_000),
        ("1970-01-01 08:00:00+08:00", "iso", 0),
        ("1.5", "seconds", 1_500_000),
        (1500, "milliseconds", 1_500_000),
        ("01/01/1970 00:01", "%d/%m/%Y %H:%M", 60_000_000),
    ],
)
def test_times_of_devices_become_microseconds(raw: object, form: str, us: int) -> None:
    assert instant_us(raw, form) == us


@pytest.mark.parametrize(
    ("raw", "form"), [("soon", "iso"), ("nan", "seconds"), ("1e300", "seconds"), (None, "iso"), ("x", "%Y")]
)
def test_a_time_that_is_none_is_refused(raw: object, form: str) -> None:
    with pytest.raises(Rejected) as refusal:
        instant_us(raw, form)
    assert refusal.value.code == "time.form"


def test_a_path_leads_through_objects_and_lists() -> None:
    document = {"a": [{"b": 7}], "c": 1}
    assert dig(document, "a.0.b") == 7
    assert dig(document, ".") is document
    for nowhere in ("a.1.b", "a.x", "c.d", "z"):
        assert dig(document, nowhere) is None
