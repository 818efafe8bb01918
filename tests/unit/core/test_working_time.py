"""Working time: holidays, worked weekends, a year boundary, spans of a day, and years not announced yet."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tocsin.core.incident_words import Stage
from tocsin.core.working_time import (
    LOCAL,
    Calendar,
    Limit,
    Terms,
    Unit,
    after,
    announced,
    due,
    is_working_day,
    worked,
)

TOWN = Calendar()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


@pytest.mark.parametrize(
    ("since", "amount", "unit", "until"),
    [
        ("2025-09-30 10:00", 2, Unit.WORKING_DAY, "2025-10-10 17:30"),  # the national holiday, 1 to 8 October
        ("2025-09-27 10:00", 1, Unit.WORKING_DAY, "2025-09-28 17:30"),  # a Sunday that is worked
        (
            "2025-12-31 16:30",
            2,
            Unit.WORKING_HOUR,
            "2026-01-04 09:30",
        ),  # new year, and a Sunday worked for it
        ("2025-11-10 11:30", 1, Unit.WORKING_HOUR, "2025-11-10 14:30"),  # over noon
        ("2025-11-10 06:00", 6, Unit.WORKING_HOUR, "2025-11-10 16:30"),
        ("2025-11-10 11:00", 1, Unit.WORKING_HOUR, "2025-11-10 12:00"),  # the end of a span belongs to it
        ("2025-11-08 10:00", 1, Unit.WORKING_DAY, "2025-11-10 17:30"),  # from a Saturday: Monday is the first
        ("2025-11-10 10:00", 3, Unit.HOUR, "2025-11-10 13:00"),
        ("2025-11-07 10:00", 2, Unit.DAY, "2025-11-09 10:00"),
    ],
)
def test_a_limit_ends(since: str, amount: int, unit: Unit, until: str) -> None:
    assert due(at(since), Limit(amount, unit), TOWN) == at(until)


def test_instants_keep_their_zone() -> None:
    assert due(datetime(2025, 11, 10, 2, tzinfo=UTC), Limit(1, Unit.WORKING_DAY), TOWN).tzinfo is UTC


def test_a_town_may_differ_from_the_country() -> None:
    fair = Calendar(hours=((480, 720),), closed=(date(2025, 11, 11),), worked=(date(2025, 11, 15),))
    assert due(at("2025-11-10 10:00"), Limit(1, Unit.WORKING_DAY), fair) == at("2025-11-12 12:00")
    assert due(at("2025-11-14 11:00"), Limit(2, Unit.WORKING_HOUR), fair) == at("2025-11-15 09:00")


def test_years_not_announced_count_monday_to_friday() -> None:
    assert not announced(2099)
    assert announced(2025)
    assert [is_working_day(date(2099, 1, day)) for day in range(1, 8)] == [
        date(2099, 1, day).weekday() < 5 for day in range(1, 8)
    ]


def test_a_calendar_without_working_time_is_named() -> None:
    with pytest.raises(ValueError, match="working hours"):
        after(at("2025-11-10 10:00"), timedelta(hours=1), Calendar(hours=()))


def test_terms_know_the_stages_that_have_a_limit() -> None:
    terms = Terms(limits={Stage.HANDLE: Limit(4, Unit.WORKING_HOUR)})
    assert terms.due(Stage.HANDLE, at("2025-11-10 08:30")) == at("2025-11-10 14:30")
    assert terms.due(Stage.CHECK, at("2025-11-10 08:30")) is None


@given(some.integers(0, 426 * 1440), some.integers(1, 20 * 60))
def test_so_much_working_time_lies_before_the_end(since: int, minutes: int) -> None:
    begin = at("2024-12-01 00:00") + timedelta(minutes=since)
    end = after(begin, timedelta(minutes=minutes), TOWN)
    assert worked(begin, end, TOWN) == timedelta(minutes=minutes)
    assert worked(end, begin, TOWN) == timedelta()
