"""Periods begin and end at midnight of the town's wall clock, whatever the year does."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.errors import Rejected
from tocsin.core.working_time import LOCAL
from tocsin.town.periods import Period, PeriodKind, containing, current, like, parse, span

KINDS = st.sampled_from(PeriodKind)
DAYS = st.dates(date(2001, 1, 2), date(2198, 12, 30))


@pytest.mark.parametrize(
    ("kind", "name", "first", "after"),
    [
        ("day", "2026-10-05", date(2026, 10, 5), date(2026, 10, 6)),
        ("day", "2024-02-29", date(2024, 2, 29), date(2024, 3, 1)),
        ("day", "2026-12-31", date(2026, 12, 31), date(2027, 1, 1)),
        ("week", "2026-W41", date(2026, 10, 5), date(2026, 10, 12)),
        ("week", "2026-W01", date(2025, 12, 29), date(2026, 1, 5)),
        ("week", "2026-W53", date(2026, 12, 28), date(2027, 1, 4)),
        ("month", "2026-10", date(2026, 10, 1), date(2026, 11, 1)),
        ("month", "2026-12", date(2026, 12, 1), date(2027, 1, 1)),
        ("month", "2024-02", date(2024, 2, 1), date(2024, 3, 1)),
        ("quarter", "2026-Q1", date(2026, 1, 1), date(2026, 4, 1)),
        ("quarter", "2026-Q4", date(2026, 10, 1), date(2027, 1, 1)),
        ("year", "2024", date(2024, 1, 1), date(2025, 1, 1)),
    ],
)
def test_a_name_is_whole_local_days(kind: str, name: str, first: date, after: date) -> None:
    period = parse(PeriodKind(kind), name)
    assert (period.first, period.after) == (first, after)
    assert period.name == name
    assert period.since == datetime(first.year, first.month, first.day, tzinfo=LOCAL)
    assert period.since.tzinfo is UTC
    assert (period.since.hour, period.until.hour) == (16, 16), "midnight in Asia/Shanghai is 16:00 UTC"


def test_the_last_instant_of_a_day_belongs_to_it_and_midnight_to_the_next() -> None:
    midnight = datetime(2026, 12, 31, 16, tzinfo=UTC)
    before = midnight - timedelta(microseconds=1)
    for kind, earlier, later in (
        (PeriodKind.DAY, "2026-12-31", "2027-01-01"),
        (PeriodKind.MONTH, "2026-12", "2027-01"),
        (PeriodKind.QUARTER, "2026-Q4", "2027-Q1"),
        (PeriodKind.YEAR, "2026", "2027"),
    ):
        assert current(kind, before).name == earlier
        assert current(kind, midnight).name == later
    assert current(PeriodKind.WEEK, midnight).name == "2026-W53", "a week does not end with the year"


@given(KINDS, DAYS)
def test_periods_of_a_kind_follow_each_other_without_gap(kind: PeriodKind, day: date) -> None:
    period = containing(kind, day)
    assert period.first <= day < period.after
    assert period.previous.after == period.first
    assert containing(kind, period.after).first == period.after
    assert parse(kind, period.name) == period
    assert parse(kind, day.isoformat()) == period
    assert current(kind, period.since) == period
    assert current(kind, period.until) == containing(kind, period.after)


@given(KINDS, DAYS)
def test_a_year_before_is_the_same_period_of_that_year(kind: PeriodKind, day: date) -> None:
    period = containing(kind, day)
    before = period.year_before
    if before is None:
        assert period.name.endswith(("-02-29", "-W53"))
    else:
        assert before.name[4:] == period.name[4:]
        assert int(before.name[:4]) == int(period.name[:4]) - 1


@pytest.mark.parametrize(("kind", "name"), [("day", "2024-02-29"), ("week", "2026-W53")])
def test_what_no_year_before_has_is_compared_with_none(kind: str, name: str) -> None:
    assert parse(PeriodKind(kind), name).year_before is None


def test_days_of_a_leap_february_are_the_year_befores() -> None:
    before = parse(PeriodKind.MONTH, "2025-02").year_before
    assert before is not None
    assert before.after - before.first == timedelta(days=29)


def test_a_period_runs_until_it_is_over() -> None:
    october = parse(PeriodKind.MONTH, "2026-10")
    assert october.running(october.until - timedelta(microseconds=1))
    assert not october.running(october.until)
    assert october.running(october.since - timedelta(days=3)), "what has not begun is not over either"


def test_half_a_month_is_compared_with_the_same_half() -> None:
    november = parse(PeriodKind.MONTH, "2026-11")
    now = november.since + timedelta(days=9, hours=3)
    part, cut = like(november, november.previous, now)
    assert cut
    assert part.since == november.previous.since
    assert part.until == november.previous.since + timedelta(days=9, hours=3)


def test_a_whole_month_is_compared_with_a_whole_one() -> None:
    october = parse(PeriodKind.MONTH, "2026-10")
    assert like(october, october.previous, october.until) == (span(october.previous), False)


def test_the_end_of_a_long_month_is_not_compared_beyond_a_short_one() -> None:
    march = parse(PeriodKind.MONTH, "2026-03")
    now = march.since + timedelta(days=30)
    assert like(march, march.previous, now) == (span(march.previous), False)


def test_what_has_not_begun_is_compared_with_nothing() -> None:
    later = parse(PeriodKind.MONTH, "2027-05")
    part, cut = like(later, later.previous, later.since - timedelta(days=40))
    assert cut
    assert part.since == part.until


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("month", "2026-13"),
        ("month", "2026"),
        ("month", "2026-10-32"),
        ("month", "1999-12"),
        ("month", "2200-01"),
        ("month", "٢٠٢٦-10"),
        ("week", "2027-W53"),
        ("week", "2026-W00"),
        ("quarter", "2026-Q5"),
        ("year", "26"),
        ("year", "0000"),
        ("day", "2026-10"),
        ("day", "9999-12-31"),
        ("day", "2023-02-29"),
        ("day", ""),
        ("year", "x" * 5000),
    ],
)
def test_what_is_no_period_is_refused_with_what_to_write(kind: str, text: str) -> None:
    with pytest.raises(Rejected, match="write 2026") as refused:
        parse(PeriodKind(kind), text)
    assert refused.value.code == "period.name"
    assert len(refused.value.reason) < 200


def test_a_period_is_a_value() -> None:
    assert parse(PeriodKind.YEAR, "2026") == Period(PeriodKind.YEAR, date(2026, 1, 1), date(2027, 1, 1))
