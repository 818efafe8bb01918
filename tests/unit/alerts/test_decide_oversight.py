from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.incidents import DEFAULT, START, Case, opening, person
from tocsin.alerts import commands as ask
from tocsin.alerts.policy_model import Plan, Step
from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected
from tocsin.core.ids import IncidentId
from tocsin.core.incidents import (
    SYSTEM,
    Actor,
    CalledBack,
    Evaluated,
    Grade,
    GradeChanged,
    GradeConfirmed,
    Mode,
    Reopened,
    ReportedUp,
    Service,
    Source,
    Stage,
    State,
    StepTicked,
    TransferredOut,
    UpStage,
)
from tocsin.core.working_time import Limit, Terms, Unit

ANN = Actor("person", "ann")
TERMS = Terms(limits={Stage.DISPATCH: Limit(2, Unit.HOUR)})


def closed(source: Source = Source.SENSOR, *, drill: bool = False) -> Case:
    case = Case()
    alarm = None if source is Source.CITIZEN else "alarm-1"
    command = opening(drill=drill, alarm=alarm)
    case.do(
        ask.Open(**{name: getattr(command, name) for name in command.__struct_fields__} | {"source": source})
    )
    case.confirm()
    case.at(600).do(ask.Close(reason_code="handled"), ANN)
    return case


def refusal(case: Case, command: ask.Command) -> str:
    before = case.state
    with pytest.raises(Rejected) as caught:
        case.do(command, ANN)
    assert case.state is before
    return caught.value.code


def reopen(reason: str) -> ask.Reopen:
    return ask.Reopen(reason_code=reason, terms=TERMS)


def test_what_was_closed_waits_to_be_dispatched_again_within_the_limit_of_its_matter() -> None:
    case = closed()
    (event,) = case.at(700).do(reopen("recurred"), ANN)
    assert isinstance(event, Reopened)
    assert event.was is State.CLOSED
    assert case.incident.state is State.FILED
    work = case.incident.work
    assert work is not None
    assert (work.stage, work.due) == (Stage.DISPATCH, START.replace(hour=8, minute=14, second=40))


def test_what_was_rejected_or_merged_waits_for_the_desk_and_its_clocks_begin_anew() -> None:
    for ending, reason in (
        (ask.Reject(reason_code="false_alarm"), "wrongly_rejected"),
        (ask.Merge(into=IncidentId("7")), "wrongly_merged"),
    ):
        case = Case()
        case.open()
        case.confirm()
        case.at(100).do(ending, ANN)
        case.at(200).do(reopen(reason), ANN)
        assert case.incident.state is State.RECEIVED
        assert case.due() == {"confirm:1": 260}
        case.at(230).confirm()
        assert {clock.activated for clock in case.incident.clocks.values()} == {case.now}
        assert case.due()["tier:village"] == 230 + 180


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        (ask.Close(reason_code="handled"), "wrongly_rejected"),
        (ask.Reject(reason_code="false_alarm"), "unsatisfied"),
        (ask.Merge(into=IncidentId("7")), "recurred"),
        (ask.Close(reason_code="handled"), "because"),
    ],
)
def test_a_reason_must_fit_how_it_ended(ending: ask.Command, reason: str) -> None:
    case = Case()
    case.open()
    case.confirm()
    case.do(ending, ANN)
    assert refusal(case, reopen(reason)) == "reopen.reason"


def test_what_goes_on_is_not_reopened() -> None:
    case = Case()
    case.open()
    assert refusal(case, reopen("mistake")) == "incident.open"


def test_another_service_is_called_in_once_and_it_stays_ours() -> None:
    case = Case()
    case.open()
    transfer = ask.Transfer(service=Service.FIRE, reason_code="reinforcement")
    assert case.do(transfer, ANN) == [TransferredOut(service=Service.FIRE, reason_code="reinforcement")]
    assert case.do(transfer, ANN) == []
    assert case.incident.state is State.RECEIVED
    assert refusal(case, ask.Transfer(service=Service.FIRE, reason_code="x")) == "transfer.reason"
    case.do(ask.Reject(reason_code="test"), ANN)
    assert refusal(case, transfer) == "incident.rejected"


def test_somebody_is_called_back_once_it_is_handled_and_what_they_say_is_kept() -> None:
    case = Case()
    case.open()
    case.confirm()
    assert refusal(case, ask.CallBack(reached=True)) == "call_back.state"
    case.do(ask.ReportDone(person=person("ve1")))
    assert case.do(ask.CallBack(reached=False), ANN) == [CalledBack(reached=False, step=1)]
    assert case.do(ask.CallBack(reached=True, satisfaction=4), ANN) == [
        CalledBack(reached=True, satisfaction=4, step=2)
    ]
    assert case.incident.satisfaction == 4


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (ask.CallBack(reached=False, satisfaction=3), "call_back.unreached"),
        (ask.CallBack(reached=True, satisfaction=0), "call_back.satisfaction"),
        (ask.CallBack(reached=True, satisfaction=6), "call_back.satisfaction"),
        (ask.Evaluate(score=101), "evaluate.score"),
        (ask.Evaluate(score=-1), "evaluate.score"),
    ],
)
def test_what_is_out_of_bounds_is_refused(command: ask.Command, code: str) -> None:
    assert refusal(closed(), command) == code


def test_what_a_device_saw_is_evaluated_without_calling_anybody() -> None:
    case = closed()
    assert case.do(ask.Evaluate(score=90), ANN) == [Evaluated(satisfaction=None, score=90)]
    assert case.incident.state is State.EVALUATED
    assert refusal(case, ask.Evaluate()) == "evaluate.state"
    assert refusal(case, ask.CallBack(reached=True)) == "call_back.state"


def test_what_somebody_reported_is_evaluated_after_they_were_called_back() -> None:
    case = closed(Source.CITIZEN)
    assert refusal(case, ask.Evaluate()) == "evaluate.not_called_back"
    case.do(ask.CallBack(reached=True, satisfaction=3), ANN)
    assert case.do(ask.Evaluate(), ANN) == [Evaluated(satisfaction=3)]


def test_after_three_calls_that_nobody_answers_it_is_evaluated_without() -> None:
    case = closed(Source.CITIZEN)
    for _ in range(2):
        case.do(ask.CallBack(reached=False), ANN)
    assert refusal(case, ask.Evaluate()) == "evaluate.not_called_back"
    case.do(ask.CallBack(reached=False), ANN)
    assert case.do(ask.Evaluate(), ANN) == [Evaluated()]


def test_somebody_who_was_reached_and_said_nothing_was_called_back() -> None:
    case = closed(Source.CITIZEN)
    case.do(ask.CallBack(reached=True), ANN)
    assert case.do(ask.Evaluate(), ANN) == [Evaluated()]


def test_who_is_not_satisfied_is_heard_by_reopening_once() -> None:
    case = closed(Source.CITIZEN)
    case.do(ask.CallBack(reached=True, satisfaction=2), ANN)
    assert refusal(case, ask.Evaluate()) == "evaluate.unsatisfied"
    case.do(reopen("unsatisfied"), ANN)
    assert (case.incident.satisfaction, case.incident.called_back) == (None, 0)
    case.do(ask.Close(reason_code="no_action"), ANN)
    assert refusal(case, ask.Evaluate()) == "evaluate.not_called_back"
    case.do(ask.CallBack(reached=True, satisfaction=1), ANN)
    assert case.do(ask.Evaluate(), ANN) == [Evaluated(satisfaction=1)]


def test_nobody_is_called_back_about_a_drill() -> None:
    assert closed(Source.CITIZEN, drill=True).do(ask.Evaluate(), ANN) == [Evaluated()]


def test_the_level_above_hears_of_it_first_then_again_and_at_last() -> None:
    case = Case()
    case.open()
    case.confirm()
    assert refusal(case, ask.ReportUp(stage=UpStage.FOLLOW_UP)) == "report_up.order"
    assert refusal(case, ask.ReportUp(stage=UpStage.FINAL)) == "report_up.final"
    assert case.do(ask.ReportUp(stage=UpStage.INITIAL, note="n1"), ANN) == [
        ReportedUp(stage=UpStage.INITIAL, note="n1")
    ]
    assert refusal(case, ask.ReportUp(stage=UpStage.INITIAL)) == "report_up.order"
    assert [
        event.step
        for _ in range(2)
        for event in case.do(ask.ReportUp(stage=UpStage.FOLLOW_UP), ANN)
        if isinstance(event, ReportedUp)
    ] == [1, 2]
    case.at(900).do(ask.Close(reason_code="handled"), ANN)
    assert refusal(case, ask.ReportUp(stage=UpStage.FOLLOW_UP)) == "report_up.ended"
    case.do(ask.ReportUp(stage=UpStage.FINAL), ANN)
    assert refusal(case, ask.ReportUp(stage=UpStage.FINAL)) == "report_up.final"


def test_after_a_reopening_there_is_another_final_report() -> None:
    case = closed()
    case.do(ask.ReportUp(stage=UpStage.FINAL), ANN)
    case.at(1000).do(reopen("recurred"), ANN)
    case.at(1100).do(ask.Close(reason_code="no_action"), ANN)
    assert case.do(ask.ReportUp(stage=UpStage.FINAL), ANN) == [ReportedUp(stage=UpStage.FINAL, step=2)]


def test_nothing_is_reported_up_about_what_was_nothing() -> None:
    case = Case()
    case.open()
    case.do(ask.Reject(reason_code="false_alarm"), ANN)
    assert refusal(case, ask.ReportUp(stage=UpStage.INITIAL)) == "incident.rejected"


def test_an_operators_confirmation_is_a_named_person_for_the_grade() -> None:
    case = Case()
    case.open()
    case.confirm()
    assert case.incident.grade_by == ANN
    assert case.do(ask.ConfirmGrade(grade=Grade.III), ANN) == []


def test_what_the_system_confirmed_waits_for_a_named_person_and_its_clocks_run_on() -> None:
    case = Case()
    case.open(Kind.CALL)
    assert case.incident.confirmed == START
    assert case.incident.grade_by is None
    clocks = case.incident.clocks
    assert case.due()["grade:1"] == 600
    case.at(30).do(ask.ConfirmGrade(grade=case.incident.grade), ANN)
    assert case.incident.grade_by == ANN
    assert case.incident.clocks == clocks
    assert "grade:1" not in case.due()


def test_a_named_person_may_answer_for_another_grade() -> None:
    case = Case()
    case.open(severity=0.1)
    case.run_until(60)
    events = case.at(61).do(ask.ConfirmGrade(grade=Grade.II), ANN)
    assert events == [
        GradeChanged(grade=Grade.II, was=Grade.IV),
        GradeConfirmed(grade=Grade.II),
    ]
    case.confirm()
    assert (case.incident.mode, case.incident.grade) == (Mode.PARALLEL, Grade.II)


def test_a_rule_that_proposes_another_grade_later_takes_the_named_person_away() -> None:
    case = Case()
    case.open(severity=0.1)
    case.do(ask.ConfirmGrade(grade=Grade.IV), ANN)
    case.do(
        ask.AttachAlarm(
            alarm=opening().alarm,
            device=opening().device,
            kind=Kind.SMOKE,
            severity=0.9,  # type: ignore[arg-type]
        ),
        SYSTEM,
    )
    assert (case.incident.grade, case.incident.grade_by) == (Grade.II, None)


def test_the_grade_of_what_is_closed_may_still_be_put_right_in_the_books() -> None:
    case = closed()
    before = case.incident.clocks
    case.do(ask.ConfirmGrade(grade=Grade.II), Actor("person", "bo"))
    assert (case.incident.grade, case.incident.grade_by) == (Grade.II, Actor("person", "bo"))
    assert case.incident.clocks == before
    case.do(ask.Evaluate(), ANN)
    assert refusal(case, ask.ConfirmGrade(grade=Grade.I)) == "incident.evaluated"


def test_steps_of_the_plan_are_ticked_and_the_tick_is_taken_back() -> None:
    case = Case()
    case.open()
    ticked = StepTicked(step="call_119", person=person("ve1"))
    assert case.do(ask.TickStep(step="call_119", person=person("ve1")), ANN) == [ticked]
    assert case.do(ask.TickStep(step="call_119"), ANN) == []
    assert case.incident.ticked == ("call_119",)
    case.do(ask.TickStep(step="call_119", done=False), ANN)
    assert case.incident.ticked == ()
    assert case.do(ask.TickStep(step="call_119", done=False), ANN) == []


def test_only_steps_of_its_own_plan_are_ticked() -> None:
    case = Case()
    case.open()
    assert refusal(case, ask.TickStep(step="low_places")) == "plan.step"
    other = Plan(
        id="x", zh="x", en="x", kinds=frozenset({Kind.GAS}), steps=(Step(id="call_119", zh="x", en="x"),)
    )
    without = Case(replace(DEFAULT, plans=(other,)))
    without.open()
    assert refusal(without, ask.TickStep(step="call_119")) == "plan.step"
