from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.cases import TERMS, WorkCase
from tests.support.incidents import DEFAULT, opening, staged
from tocsin.alerts import commands as ask
from tocsin.alerts.work_deadlines import (
    Span,
    by_working_time,
    in_hours,
    newest_overdue,
    newest_wait,
    patient,
    span_of,
    warning,
)
from tocsin.core.incidents import Grade, Source, Stage, State
from tocsin.core.working_time import Calendar, Limit, Terms, Unit

MONDAY = datetime(2026, 7, 13, 1, 0, tzinfo=UTC)
"""09:00 in Beijing."""
HOURS = Calendar()


def terms(amount: int, unit: Unit, warn_at: float = 0.8) -> Terms:
    return Terms(limits={Stage.HANDLE: Limit(amount, unit)}, warn_at=warn_at)


@pytest.mark.parametrize(
    ("limit", "due", "warn"),
    [
        (terms(10, Unit.HOUR), timedelta(hours=10), timedelta(hours=8)),
        (terms(2, Unit.DAY), timedelta(hours=48), timedelta(hours=38.4)),
        (terms(5, Unit.WORKING_HOUR), timedelta(hours=7), timedelta(hours=6)),
        # 6.5 hours are left of Monday, and seven of Tuesday are worked: 80 % of them end on Tuesday at 14:48.
        (terms(1, Unit.WORKING_DAY), timedelta(hours=32, minutes=30), timedelta(hours=29, minutes=48)),
        (terms(5, Unit.WORKING_HOUR, 1.0), timedelta(hours=7), timedelta(hours=7)),
    ],
)
def test_a_stage_ends_and_warns_by_the_time_it_is_counted_in(
    limit: Terms, due: timedelta, warn: timedelta
) -> None:
    assert span_of(limit, Stage.HANDLE, MONDAY) == Span(MONDAY + due, MONDAY + warn)


def test_a_stage_without_a_limit_has_neither() -> None:
    assert span_of(TERMS, Stage.EVALUATE, MONDAY) == Span(None, None)


def test_a_warning_before_a_holiday_comes_in_working_time() -> None:
    before = datetime(2025, 9, 30, 8, 0, tzinfo=UTC)  # 16:00 on the last day before National Day
    span = span_of(terms(2, Unit.WORKING_DAY), Stage.HANDLE, before)
    assert span.due == datetime(2025, 10, 10, 9, 30, tzinfo=UTC)
    assert span.warn is not None
    assert span.warn.date().isoformat() == "2025-10-10"
    assert warning(Terms(), None, MONDAY, MONDAY + timedelta(hours=10)) == MONDAY + timedelta(hours=8)


@pytest.mark.parametrize(
    ("at", "worked"),
    [
        (MONDAY, MONDAY),
        (MONDAY + timedelta(hours=4), MONDAY + timedelta(hours=5)),  # lunch
        (MONDAY + timedelta(hours=12), MONDAY + timedelta(hours=23, minutes=30)),  # the evening
        (MONDAY - timedelta(days=1), MONDAY - timedelta(minutes=30)),  # a Sunday
    ],
)
def test_what_is_not_worked_waits_until_it_is(at: datetime, worked: datetime) -> None:
    assert in_hours(at, HOURS) == worked


def test_a_stage_without_a_limit_is_left_in_peace_at_night() -> None:
    case = WorkCase(since=MONDAY).filed(terms=terms(3, Unit.HOUR))
    assert case.incident.work is not None
    assert by_working_time(case.incident.work)
    hourly = WorkCase(since=MONDAY).filed(terms=Terms(limits={Stage.DISPATCH: Limit(3, Unit.HOUR)}))
    assert hourly.incident.work is not None
    assert not by_working_time(hourly.incident.work)


def test_every_stage_without_a_limit_is_reminded_of() -> None:
    case = WorkCase(since=MONDAY).reported()
    assert list(case.open_keys()) == ["wait:receive:1"]
    case.do(ask.Receive())
    assert list(case.open_keys()) == ["wait:file:1"]
    case.filed(terms=Terms())
    assert case.open_keys() == {"wait:dispatch:1": MONDAY + DEFAULT.reminders.idle}
    case.dispatched()
    assert list(case.open_keys()) == ["wait:accept:1"]


def test_reminders_of_a_stage_begin_anew_with_it() -> None:
    case = WorkCase(since=MONDAY).filed(terms=Terms())
    case.until(MONDAY + timedelta(days=8))
    assert list(case.open_keys()) == ["wait:dispatch:3"]
    case.dispatched()
    case.do(ask.Return(organisation=_lead(case), reason_code="not_ours"))
    assert list(case.open_keys()) == ["wait:dispatch:1"]


def _lead(case: WorkCase):  # type: ignore[no-untyped-def]
    assert case.incident.work is not None
    assert case.incident.work.lead is not None
    return case.incident.work.lead


@pytest.mark.parametrize(
    ("source", "grade", "reported", "waits"),
    [
        (Source.MEMBER, Grade.IV, True, True),
        (Source.CITIZEN, Grade.IV, True, True),
        (Source.DESK, Grade.IV, True, True),
        (Source.CITIZEN, Grade.II, True, False),
        (Source.MEMBER, Grade.IV, False, True),
        (Source.HOTLINE, Grade.IV, False, True),
        (Source.SENSOR, Grade.IV, False, False),
        (Source.BUTTON, Grade.IV, False, False),
        (Source.DESK, Grade.IV, False, False),
    ],
)
def test_only_what_people_saw_and_is_not_grave_waits_by_the_quarter_of_an_hour(
    source: Source, grade: Grade, *, reported: bool, waits: bool
) -> None:
    case = WorkCase(since=MONDAY).reported(source=source, grade=grade)
    if not reported:
        case.do(ask.Receive())
    assert patient(case.incident, DEFAULT) is waits
    assert next(iter(case.open_keys())).startswith("wait:" if waits else "confirm:")


def test_a_grave_report_that_nobody_takes_up_is_confirmed_like_an_alarm() -> None:
    case = WorkCase(since=MONDAY).reported(source=Source.CITIZEN, grade=Grade.II)
    case.until(MONDAY + timedelta(minutes=3))
    assert case.incident.state is State.VERIFIED
    assert case.incident.clocks


def test_taking_up_asks_anew() -> None:
    case = WorkCase(since=MONDAY).reported(source=Source.CITIZEN, grade=Grade.II)
    case.until(MONDAY + timedelta(seconds=70))
    case.do(ask.Receive())
    assert case.open_keys() == {"confirm:1": case.now + DEFAULT.unanswered.supervisor}


def test_newest_numbers_stop_at_the_most() -> None:
    case = WorkCase(since=MONDAY).dispatched()
    work = case.incident.work
    assert work is not None
    assert newest_overdue(work, 1, MONDAY, DEFAULT) == 1
    assert newest_overdue(work, 1, MONDAY + timedelta(days=90), DEFAULT) == DEFAULT.reminders.most
    waiting = WorkCase(since=MONDAY).reported().incident
    assert newest_wait(waiting, "receive", 1, MONDAY, DEFAULT) == 1
    assert newest_wait(waiting, "receive", 1, MONDAY + timedelta(days=1), DEFAULT) == DEFAULT.reminders.most


def test_a_response_that_was_checked_is_closed_or_reminded_of() -> None:
    case = WorkCase(staged())
    case.do(opening(grade=Grade.IV))
    case.confirm()
    case.at(60).do(ask.ReportDone(person=case.staff.responders[0].person))
    case.at(120).do(ask.Check(passed=True))
    assert case.due()["wait:close:1"] == 60 + DEFAULT.reminders.handled.total_seconds()


def test_clocks_have_the_same_keys_with_and_without_a_case() -> None:
    plain, filed = WorkCase(staged()), WorkCase(staged())
    for case in (plain, filed):
        case.do(opening(grade=Grade.IV))
        case.confirm()
    filed.do(ask.File(matter="0101", terms=TERMS))
    assert plain.due() == filed.due()
