"""A quarter of cases by the town's calendar: National Day, a Sunday that is worked, the end of the year.

All instants are written as the wall clocks of the town show them. Cases go on by themselves between the acts:
every deadline fires at its own instant.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from msgspec import structs

from tests.support.cases import ANN, DRAIN, OFFICE, RUBBISH, SANITATION, TERMS, WATER, WorkCase
from tests.support.incidents import person
from tocsin.alerts import commands as ask
from tocsin.alerts.incident import fold
from tocsin.alerts.waiting import waits_on
from tocsin.core.incidents import Grade, Source, Stage, State
from tocsin.core.working_time import LOCAL, Calendar, Limit, Terms, Unit


def at(words: str) -> datetime:
    """`2025-09-30 16:00` on a clock of the town, as an instant."""
    return datetime.strptime(words, "%Y-%m-%d %H:%M").replace(tzinfo=LOCAL).astimezone(UTC)


def clock(instant: datetime | None) -> str:
    return "never" if instant is None else instant.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M")


def fired(case: WorkCase, until: str) -> list[tuple[str, str]]:
    """Let time pass; give what came due, as the clocks of the town show it."""
    return [(clock(instant), key) for instant, key in case.until(at(until))]


def limit(case: WorkCase) -> str:
    assert case.incident.work is not None
    return clock(case.incident.work.due)


def told(case: WorkCase) -> list[tuple[str, str, str]]:
    """What was told since it was asked last: when it may be sent, what, whom."""
    found = [(clock(one.not_before), one.template, str(one.person)) for one in case.told]
    case.told.clear()
    return found


def test_rubbish_before_national_day_is_dealt_with_after_it() -> None:
    case = WorkCase(since=at("2025-09-30 15:30")).reported()
    assert fired(case, "2025-09-30 15:45") == [("2025-09-30 15:40", "wait:receive:1")]
    assert told(case) == [("2025-09-30 15:40", "waits", "boss")]
    case.do(ask.File(matter=RUBBISH, terms=TERMS), ANN)
    # Two working hours: 1 h 45 min are left of today, the rest is on the first day after eight days of holiday.
    assert limit(case) == "2025-10-09 08:45"
    case.go(at("2025-09-30 17:00")).do(ask.Dispatch(), ANN)
    assert told(case) == [("2025-09-30 17:00", "task", "of1")]
    assert limit(case) == "2025-10-09 12:00"  # four: half an hour before the holiday, the rest after it
    assert fired(case, "2025-10-09 11:00") == []
    assert told(case) == []
    assert fired(case, "2025-10-09 11:55") == [("2025-10-09 11:12", "work:accept:warn")]
    assert told(case) == [("2025-10-09 11:12", "urge", "of1")]
    case.do(ask.TakeOn(organisation=OFFICE))
    # Three working days after the 9th: the 10th, the Saturday that is worked, and Monday.
    assert limit(case) == "2025-10-13 17:30"
    case.go(at("2025-10-11 16:00")).do(ask.FinishWork(organisation=OFFICE))
    assert limit(case) == "2025-10-13 17:30"
    case.go(at("2025-10-13 09:00")).do(ask.Check(passed=True), ANN)
    case.do(ask.Close(reason_code="handled"), ANN)
    assert (case.incident.state, case.open_keys(), fold(case.log) == case.incident) == (
        State.CLOSED,
        {},
        True,
    )
    assert told(case) == []


def test_a_drain_runs_over_the_holiday_is_supervised_and_gets_more_time() -> None:
    case = WorkCase(since=at("2025-09-26 10:00")).reported(source=Source.HOTLINE)
    case.do(ask.File(matter=DRAIN, terms=TERMS), ANN)
    case.go(at("2025-09-26 11:00")).do(ask.Dispatch(lead=WATER, partners=(SANITATION,)), ANN)
    case.go(at("2025-09-26 15:00")).do(ask.TakeOn(organisation=WATER))
    assert limit(case) == "2025-09-30 17:30"  # the Sunday of the 28th is worked
    told(case)
    assert fired(case, "2025-09-30 12:00") == [("2025-09-30 10:48", "work:handle:warn")]
    assert told(case) == [("2025-09-30 10:48", "urge", "wa1"), ("2025-09-30 10:48", "urge", "sa1")]
    until = at("2025-10-17 17:30")
    case.go(at("2025-09-30 16:00"))
    case.do(ask.AskExtension(organisation=WATER, until=until, reason_code="weather"))
    assert {one.who for one in waits_on(case.incident, case.policy)} == {
        "organisation:water", "organisation:sanitation", "leader",
    }  # fmt: skip
    # The limit passes on the last evening; nobody is disturbed in the holiday, then both are said again.
    assert fired(case, "2025-10-09 08:45") == [
        ("2025-09-30 17:30", "work:handle:due:1"),
        ("2025-10-09 08:30", "wait:extension:1"),
        ("2025-10-09 08:30", "work:handle:due:2"),
    ]
    assert {(what, who) for _, what, who in told(case)} == {
        ("supervise", "boss"), ("supervise", "wa1"), ("supervise", "sa1"), ("waits", "boss"),
    }  # fmt: skip
    case.do(ask.AnswerExtension(granted=True), ANN)
    assert limit(case) == "2025-10-17 17:30"
    assert fired(case, "2025-10-16 12:00") == [("2025-10-16 11:21", "work:handle:warn")]
    case.go(at("2025-10-17 17:00")).do(ask.FinishWork(organisation=WATER))
    assert case.incident.work is not None
    assert (case.incident.work.extensions, case.incident.work.overdue) == (1, 0)


def test_a_limit_over_the_end_of_the_year_counts_the_days_that_are_worked() -> None:
    case = WorkCase(since=at("2025-12-30 16:00")).filed().dispatched(SANITATION)
    assert limit(case) == "2025-12-31 11:00"
    case.go(at("2025-12-31 10:30")).do(ask.TakeOn(organisation=SANITATION))
    # The 1st to the 3rd are New Year's; the Sunday after them is worked.
    assert limit(case) == "2026-01-06 17:30"
    told(case)
    passed = fired(case, "2026-01-09 18:00")
    assert passed == [
        ("2026-01-06 10:18", "work:handle:warn"),
        ("2026-01-06 17:30", "work:handle:due:1"),
        ("2026-01-08 08:30", "work:handle:due:2"),
        ("2026-01-09 08:30", "work:handle:due:3"),
    ]
    for instant, _, _ in told(case):
        assert "08:30" <= instant[-5:] <= "17:30"


def test_the_town_that_works_on_new_years_day_has_other_limits() -> None:
    shops = Calendar(worked=(date(2026, 1, 1), date(2026, 1, 2)), closed=(date(2026, 1, 4),))
    case = WorkCase(since=at("2025-12-31 10:30")).filed(terms=structs.replace(TERMS, calendar=shops))
    case.dispatched(SANITATION)
    case.do(ask.TakeOn(organisation=SANITATION))
    assert limit(case) == "2026-01-05 17:30"


def test_a_calendar_that_changes_later_moves_nothing_that_runs() -> None:
    case = WorkCase(since=at("2025-12-30 16:00")).taken_on()
    before = case.open_keys()
    closed = structs.replace(TERMS, calendar=Calendar(closed=(date(2026, 1, 5), date(2026, 1, 6))))
    other = WorkCase(since=at("2025-12-30 16:00")).filed(terms=closed).taken_on()
    assert other.open_keys() != before
    assert fold(case.log) == case.incident
    assert case.open_keys() == before


def test_a_hotline_call_of_24_hours_runs_on_holidays_too() -> None:
    terms = Terms(limits={Stage.DISPATCH: Limit(2, Unit.HOUR), Stage.ACCEPT: Limit(24, Unit.HOUR)})
    case = WorkCase(since=at("2025-10-01 22:00")).filed(terms=terms)
    assert limit(case) == "2025-10-02 00:00"
    told(case)
    case.go(at("2025-10-01 23:00")).do(ask.Dispatch(lead=WATER), ANN)
    assert told(case) == [("2025-10-01 23:00", "task", "wa1")]
    assert fired(case, "2025-10-02 23:00") == [
        ("2025-10-02 18:12", "work:accept:warn"), ("2025-10-02 23:00", "work:accept:due:1"),
    ]  # fmt: skip


def test_what_has_no_limit_is_said_again_on_working_days() -> None:
    case = WorkCase(since=at("2025-09-29 10:00")).filed(terms=Terms())
    # Three days, six and nine end in the holiday or before it is over: they are said once, on the first morning.
    assert fired(case, "2025-11-14 18:00") == [
        ("2025-10-09 08:30", "wait:dispatch:1"),
        ("2025-10-11 10:00", "wait:dispatch:4"),
    ]
    assert [what for _, what, _ in told(case)] == ["waits", "waits"]


def test_a_case_that_catches_fire_in_the_holiday_calls_people_at_once() -> None:
    case = WorkCase(since=at("2025-09-30 16:00")).taken_on()
    case.go(at("2025-10-03 02:10"))
    told(case)
    case.do(ask.AskHelp(person=person("ve1")))
    calls = [(instant, what) for instant, what, _ in told(case)]
    assert calls
    assert set(calls) == {("2025-10-03 02:10", "call")}
    assert case.incident.work is not None
    assert (case.incident.state, case.incident.work.stage) == (State.VERIFIED, None)
    assert case.open_keys()["tier:village"] == at("2025-10-03 02:13")


def test_a_closed_one_is_reopened_in_the_new_year_and_begins_anew() -> None:
    case = WorkCase(since=at("2025-12-24 09:00")).checked()
    case.do(ask.Close(reason_code="handled"), ANN)
    case.go(at("2026-01-02 12:00")).do(ask.Reopen(reason_code="recurred", terms=TERMS), ANN)
    assert (case.incident.state, limit(case)) == (State.FILED, "2026-01-04 10:30")
    assert clock(case.open_keys()["work:dispatch:warn"]) == "2026-01-04 10:06"
    case.go(at("2026-01-04 09:00")).dispatched(SANITATION)
    assert case.incident.grade is Grade.IV
    assert case.now - at("2026-01-02 12:00") == timedelta(hours=45)
