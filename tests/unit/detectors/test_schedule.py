from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tocsin.core.clock import to_us
from tocsin.detectors.schedule import ScheduledParameters, holds, minutes, offset_minutes


def at(text: str) -> int:
    return to_us(datetime.fromisoformat(text).replace(tzinfo=UTC))


def rule(**given: object) -> ScheduledParameters:
    return ScheduledParameters.model_validate(given)


@given(st.integers(0, 4_000_000_000_000_000))
def test_without_hours_it_always_holds(at_us: int) -> None:
    assert holds(ScheduledParameters(), at_us)


def test_hours_are_local_ones() -> None:
    night = rule(hours=["22:00-06:00"])
    assert holds(night, at("2026-06-03T14:00"))  # 22:00 in China
    assert holds(night, at("2026-06-03T21:59"))  # 05:59
    assert not holds(night, at("2026-06-03T22:00"))
    assert not holds(night, at("2026-06-03T13:59"))
    assert holds(rule(hours=["22:00-06:00"], utc_offset="+00:00"), at("2026-06-03T22:00"))


def test_a_night_belongs_to_the_day_it_begins() -> None:
    friday = rule(hours=["22:00-06:00"], weekdays=["fri"], utc_offset="+00:00")
    assert holds(friday, at("2026-06-05T23:00"))
    assert holds(friday, at("2026-06-06T05:59"))
    assert not holds(friday, at("2026-06-06T23:00"))
    assert not holds(friday, at("2026-06-05T05:00"))


def test_a_day_and_several_spans() -> None:
    work = rule(hours=["08:00-12:00", "13:00-24:00"], weekdays=["mon"], utc_offset="-05:30")
    assert holds(work, at("2026-06-01T13:30"))
    assert not holds(work, at("2026-06-01T17:45"))
    assert holds(work, at("2026-06-02T05:29"))
    assert not holds(work, at("2026-06-02T05:30"))


@given(st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 10_000))
def test_a_span_and_its_complement_cover_the_day_once(begin: int, end: int, minute: int) -> None:
    def clock(value: int) -> str:
        return f"{value // 60:02}:{value % 60:02}"

    if begin == end:
        return
    one, other = (rule(hours=[f"{clock(a)}-{clock(b)}"]) for a, b in ((begin, end), (end, begin)))
    assert holds(one, minute * 60_000_000) != holds(other, minute * 60_000_000)


@pytest.mark.parametrize(
    "given",
    [
        {"hours": ["22-6"]},
        {"hours": ["08:00-08:00"]},
        {"hours": ["08:00-24:30"]},
        {"utc_offset": "8"},
        {"utc_offset": "+15:00"},
        {"weekdays": []},
        {"weekdays": ["monday"]},
    ],
)
def test_what_is_no_schedule_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        rule(**given)


def test_spans_and_offsets_are_read() -> None:
    assert minutes("22:00-06:30") == (1320, 390)
    assert offset_minutes("-05:30") == -330
    with pytest.raises(ValueError, match="22:00-06:00"):
        minutes("x")
    with pytest.raises(ValueError, match=r"\+08:00"):
        offset_minutes("x")
