from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from tests.support.incidents import CLOCKS_ONLY, DEFAULT, START, Case, opening
from tocsin.alerts import commands as ask
from tocsin.alerts.model import Incident
from tocsin.alerts.oversight import (
    ReportDue,
    add_deadlines,
    called_back_enough,
    newest_telling,
    plan_of,
    reports_due,
)
from tocsin.alerts.policy_model import Plan, Step
from tocsin.core.detections import Kind
from tocsin.core.incidents import Actor, Grade, Reminded, Source, State, UpStage

ANN = Actor("person", "ann")
M = timedelta(minutes=1)


def confirmed(grade: Grade = Grade.II) -> Case:
    case = Case()
    case.open(grade=grade)
    case.confirm()
    return case


def report(stage: UpStage = UpStage.INITIAL) -> ask.ReportUp:
    return ask.ReportUp(stage=stage)


def test_the_first_plan_for_kind_and_grade_is_the_one() -> None:
    def plan(name: str, kinds: set[Kind], grades: set[Grade]) -> Plan:
        step = Step(id="s", zh="x", en="x")
        return Plan(id=name, zh="x", en="x", kinds=frozenset(kinds), grades=frozenset(grades), steps=(step,))

    policy = replace(
        DEFAULT,
        plans=(
            plan("gas", {Kind.GAS}, set(Grade)),
            plan("big", {Kind.SMOKE, Kind.FIRE}, {Grade.I, Grade.II}),
            plan("any", {Kind.SMOKE}, set(Grade)),
        ),
    )

    def name_for(kind: Kind, grade: Grade) -> str | None:
        found = plan_of(structs.replace(confirmed().incident, kind=kind, grade=grade), policy)
        return None if found is None else found.id

    assert name_for(Kind.SMOKE, Grade.I) == "big"
    assert name_for(Kind.SMOKE, Grade.III) == "any"
    assert name_for(Kind.FIRE, Grade.III) is None


def test_reports_follow_each_other_from_confirmation_on() -> None:
    case = confirmed()
    assert reports_due(case.incident, DEFAULT) == (ReportDue(UpStage.INITIAL, START, START + 20 * M),)
    case.at(300).do(report(), ANN)
    first = START + 5 * M
    assert reports_due(case.incident, DEFAULT) == (ReportDue(UpStage.FOLLOW_UP, first, first + 120 * M),)
    case.at(3600).do(report(UpStage.FOLLOW_UP), ANN)
    (following,) = reports_due(case.incident, DEFAULT)
    assert following.due == START + 180 * M


@pytest.mark.parametrize(("grade", "initial", "follow_up"), [("I", 1, 1), ("III", 1, 0), ("IV", 0, 0)])
def test_the_grade_says_which_reports_are_owed(grade: str, initial: int, follow_up: int) -> None:
    case = confirmed(Grade(grade))
    assert len(reports_due(case.incident, DEFAULT)) == initial
    case.do(report(), ANN)
    assert len(reports_due(case.incident, DEFAULT)) == follow_up


def test_nothing_is_owed_before_confirmation_or_after_it_was_nothing() -> None:
    case = Case()
    case.open(grade=Grade.I)
    assert reports_due(case.incident, DEFAULT) == ()
    case.confirm()
    case.do(ask.Reject(reason_code="false_alarm"), ANN)
    assert reports_due(case.incident, DEFAULT) == ()
    assert case.due() == {}


def test_the_final_report_is_due_at_the_end_of_the_third_working_day_whatever_was_left_out_before() -> None:
    case = confirmed()
    case.at(600).do(ask.Close(reason_code="handled"), ANN)
    # Tuesday, 14 July 2026, in the afternoon of Beijing: Wednesday, Thursday, Friday until half past five.
    assert [(one.stage, one.due) for one in reports_due(case.incident, DEFAULT)] == [
        (UpStage.FINAL, datetime(2026, 7, 17, 9, 30, tzinfo=UTC))
    ]
    case.at(700).do(ask.Evaluate(), ANN)
    assert list(case.due()) == ["report_up:1"]
    case.do(report(UpStage.FINAL), ANN)
    assert (reports_due(case.incident, DEFAULT), case.due()) == ((), {})


def test_working_days_leave_out_a_holiday_and_count_the_weekend_that_is_worked_for_it() -> None:
    incident = structs.replace(
        confirmed().incident, state=State.CLOSED, ended=datetime(2026, 9, 30, 2, 0, tzinfo=UTC)
    )
    (final,) = reports_due(incident, DEFAULT)
    # 1 to 7 October is a holiday; 8 and 9 are worked, and so is Saturday, the 10th.
    assert final.due == datetime(2026, 10, 10, 9, 30, tzinfo=UTC)


def test_supervisors_are_reminded_of_a_report_until_it_is_made_and_not_for_ever() -> None:
    case = confirmed(Grade.III)
    fired = [(at / 60, key) for at, key in case.run_until(20_000) if key.startswith("report_up")]
    assert fired == [(20, "report_up:1"), (50, "report_up:2"), (80, "report_up:3"), (110, "report_up:4")]
    told = [who for what, who in case.templates() if what == "report_due"]
    assert told == ["boss"] * 4
    ids = [notice.id for notice in case.told if notice.template == "report_due"]
    assert len(set(ids)) == 4


def test_each_follow_up_has_reminders_of_its_own() -> None:
    case = confirmed(Grade.I)
    case.do(report(), ANN)
    case.run_until(2 * 3600)
    case.do(report(UpStage.FOLLOW_UP), ANN)
    case.run_until(4 * 3600)
    ids = [notice.id for notice in case.told if notice.template == "report_due"]
    assert len(ids) == len(set(ids)) == 2


def test_reminders_of_a_first_report_that_was_never_made_do_not_put_off_those_of_the_last_one() -> None:
    case = confirmed(Grade.III)
    case.run_until(20_000)
    case.do(ask.Close(reason_code="handled"), ANN)
    (final,) = reports_due(case.incident, DEFAULT)
    assert case.due() == {"report_up:1": (final.due - START).total_seconds()}


def test_nobody_is_reminded_of_the_grade_once_a_named_person_answers_for_it() -> None:
    case = Case()
    case.open(Kind.CALL, grade=Grade.IV)
    fired = [(at / 60, key) for at, key in case.run_until(60 * 60) if key.startswith("grade")]
    assert fired == [(10, "grade:1"), (40, "grade:2")]
    assert [who for what, who in case.templates() if what == "grade_unconfirmed"] == ["boss", "boss"]
    case.do(ask.ConfirmGrade(grade=Grade.IV), ANN)
    assert not [key for key in case.due() if key.startswith("grade")]


def test_reminders_never_move_a_clock() -> None:
    quiet, loud = Case(CLOCKS_ONLY), Case(DEFAULT)
    for case in (quiet, loud):
        case.open(Kind.CALL)
        case.run_until(4000)
    assert quiet.incident.clocks == loud.incident.clocks
    assert quiet.incident.calls == loud.incident.calls


def test_an_evaluation_is_reminded_of_where_the_policy_says_so() -> None:
    policy = replace(CLOCKS_ONLY, reminders=replace(CLOCKS_ONLY.reminders, evaluate=60 * M, most=2))
    case = Case(policy)
    case.open()
    case.confirm()
    case.at(600).do(ask.Close(reason_code="handled"), ANN)
    assert case.run_until(100_000) == [(4200, "evaluate:1"), (7800, "evaluate:2")]
    assert [who for what, who in case.templates() if what == "not_evaluated"] == ["boss", "boss"]


def test_reminders_that_an_outage_swallowed_are_not_sent_after() -> None:
    case = confirmed(Grade.III)
    case.at(85 * 60)
    assert newest_telling(case.incident, "report_up", 1, case.now, DEFAULT) == 3
    case.at(10_000 * 60)
    assert newest_telling(case.incident, "report_up", 1, case.now, DEFAULT) == 4


def test_a_reminder_after_an_outage_is_still_worth_sending() -> None:
    case = confirmed(Grade.III)
    case.arrives(tier=None, who="ve1")
    case.at(7200).reach("report_up:1")
    last = [one for one in case.told if one.template == "report_due"][-1]
    assert last.not_before <= case.now < last.expires
    (said,) = [one.event for one in case.log if isinstance(one.event, Reminded)]
    assert said.step == 4


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"source": Source.SENSOR}, ""),
        ({"source": Source.CITIZEN}, "not_called_back"),
        ({"source": Source.CITIZEN, "drill": True}, ""),
        ({"source": Source.HOTLINE, "satisfaction": 3}, ""),
        ({"source": Source.HOTLINE, "satisfaction": 2}, "unsatisfied"),
        ({"source": Source.HOTLINE, "satisfaction": 2, "reopened": 1}, ""),
        ({"source": Source.DESK, "called_back": 2}, "not_called_back"),
        ({"source": Source.DESK, "called_back": 3}, ""),
        ({"source": Source.BUTTON, "called_back": 1, "answered": True}, ""),
        ({"source": Source.MEMBER}, ""),
    ],
)
def test_who_must_be_called_back_before_the_end(changes: dict[str, object], missing: str) -> None:
    incident: Incident = structs.replace(confirmed().incident, **changes)
    assert called_back_enough(incident) == missing


def test_a_policy_that_asks_for_nothing_adds_nothing() -> None:
    case = Case(CLOCKS_ONLY)
    case.do(opening(Kind.CALL))
    keys: dict[str, datetime] = {}
    add_deadlines(case.incident, CLOCKS_ONLY, keys)
    assert keys == {}
