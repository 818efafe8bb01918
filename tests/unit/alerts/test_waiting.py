from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.support.cases import ANN, SANITATION, TERMS, WATER, WorkCase
from tests.support.incidents import DEFAULT, opening, person, staged
from tocsin.alerts import commands as ask
from tocsin.alerts.waiting import Waiting, What, waits_on
from tocsin.core.incidents import Basis, Grade, Lateness, Mode

MONDAY = datetime(2026, 7, 13, 1, 0, tzinfo=UTC)


def waits(case: WorkCase) -> list[tuple[str, str]]:
    return [(one.who, one.what.value) for one in waits_on(case.incident, case.policy)]


def test_a_case_waits_on_the_desk_then_on_its_organisation_then_on_the_desk() -> None:
    case = WorkCase(since=MONDAY).reported()
    found = [waits(case)]
    for command in (
        ask.Receive(),
        ask.File(matter="0101", terms=TERMS),
        ask.Dispatch(lead=SANITATION),
        ask.TakeOn(organisation=SANITATION),
        ask.FinishWork(organisation=SANITATION),
        ask.Check(passed=True),
    ):
        case.do(command, ANN)
        found.append(waits(case))
    assert found == [
        [("desk", "receive")],
        [("desk", "confirm")],
        [("desk", "dispatch")],
        [("organisation:sanitation", "accept")],
        [("organisation:sanitation", "handle")],
        [("desk", "check")],
        [("desk", "close")],
    ]


def test_it_says_since_when_and_until_when() -> None:
    case = WorkCase(since=MONDAY).reported()
    assert waits_on(case.incident, DEFAULT) == (
        Waiting("desk", What.RECEIVE, MONDAY, MONDAY + timedelta(minutes=10)),
    )
    case.filed().dispatched()
    work = case.incident.work
    assert work is not None
    (one,) = waits_on(case.incident, DEFAULT)
    assert (one.since, one.due) == (MONDAY, work.due)


def test_partners_are_waited_for_until_their_part_is_done() -> None:
    case = WorkCase(since=MONDAY).taken_on(SANITATION, WATER)
    assert ("organisation:water", "assist") in waits(case)
    case.do(ask.FinishWork(organisation=WATER))
    assert waits(case) == [("organisation:sanitation", "handle")]


def test_who_asked_for_more_time_waits_on_a_leader() -> None:
    case = WorkCase(since=MONDAY).taken_on()
    until = MONDAY + timedelta(days=9)
    case.go(MONDAY + timedelta(minutes=5))
    case.do(ask.AskExtension(organisation=SANITATION, until=until, reason_code="weather"))
    assert waits_on(case.incident, DEFAULT)[1] == Waiting(
        "leader", What.EXTENSION, case.now, MONDAY + timedelta(days=1, minutes=5)
    )


def test_an_emergency_waits_on_each_tier_that_was_called_and_has_not_come() -> None:
    case = WorkCase(staged(mode=Mode.PARALLEL))
    case.do(opening(grade=Grade.III))
    assert waits(case) == [("desk", "confirm")]
    case.confirm()
    assert waits(case) == [("tier:village", "arrive"), ("tier:township", "arrive"), ("tier:city", "arrive")]
    case.at(60).arrives("ve1")
    assert waits(case) == [("tier:village", "handle"), ("tier:township", "arrive"), ("tier:city", "arrive")]


def test_when_everybody_is_late_the_highest_tier_is_waited_for_still() -> None:
    case = WorkCase(staged())
    case.do(opening(grade=Grade.IV))
    case.confirm()
    case.run_until(4000)
    assert waits(case)[0] == ("tier:city", "arrive")


def test_what_is_done_waits_to_be_closed_even_after_its_last_reminder() -> None:
    case = WorkCase(staged())
    case.do(opening(grade=Grade.IV))
    case.confirm()
    case.at(60).arrives("ve1", basis=Basis.TAG)
    case.at(90).do(ask.ReportDone(person=person("ve1")))
    assert waits(case)[0] == ("desk", "close")
    case.run_until(100_000)
    found = next(one for one in waits_on(case.incident, case.policy) if one.what is What.CLOSE)
    assert (found.who, found.due) == ("desk", None)
    case.do(ask.Check(passed=True))
    assert waits(case)[0] == ("desk", "close")


def test_a_record_without_clocks_waits_for_the_desk() -> None:
    case = WorkCase()
    case.do(opening(lateness=Lateness.RETROSPECTIVE))
    assert waits(case) == [("desk", "confirm")]
    case.confirm()
    assert waits(case)[0] == ("desk", "close")


def test_what_was_rejected_or_merged_waits_on_nobody() -> None:
    case = WorkCase(since=MONDAY).dispatched()
    case.do(ask.Reject(reason_code="duplicate"), ANN)
    assert waits(case) == []
