"""What an incident's log says: the last verdict, the frozen limit, the first who was reached."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from msgspec import structs

from tests.support.cases import ANN, OFFICE, SANITATION, TERMS, WorkCase
from tests.support.incidents import START, Case, person
from tocsin.alerts import commands as ask
from tocsin.core.errors import InvariantBroken
from tocsin.core.grids import Tier
from tocsin.core.ids import NoticeId
from tocsin.core.incidents import Actor, Basis, Grade, Outcome, Source, Stage, UpStage, Verdict
from tocsin.core.responders import Channel
from tocsin.town.fact_reader import facts_of
from tocsin.town.facts import ClockFact, End, Facts, Judgement, StageFact

MONDAY = datetime(2026, 10, 12, 1, 0, tzinfo=START.tzinfo)
"""09:00 in town, a working day."""


def facts(case: Case) -> Facts:
    return facts_of(case.log)


def confirmed(at: float = 10) -> Case:
    case = Case()
    case.open()
    case.at(at).confirm()
    return case


def clock(case: Case, tier: Tier = Tier.VILLAGE) -> ClockFact:
    return next(one for one in facts(case).clocks if one.tier is tier)


def seconds(at: datetime | None) -> float | None:
    return None if at is None else (at - START).total_seconds()


def test_a_log_without_its_beginning_is_no_log() -> None:
    case = confirmed()
    with pytest.raises(InvariantBroken, match="Opened"):
        facts_of(case.log[1:])
    with pytest.raises(InvariantBroken, match="without events"):
        facts_of([])


def test_who_is_reached_first_is_the_first_receipt_or_answer_after_confirmation() -> None:
    case = confirmed()
    case.at(17).do(
        ask.SettleNotice(
            notice=NoticeId("n"), person=person("ve1"), channel=Channel.WECOM_BOT, outcome=Outcome.SENT
        )
    )
    assert facts(case).reached is None, "that a provider took it says nothing of the person"
    case.at(31).do(
        ask.SettleNotice(
            notice=NoticeId("n"), person=person("ve1"), channel=Channel.WECOM_BOT, outcome=Outcome.DELIVERED
        )
    )
    case.at(33).do(ask.See(person=person("ve2")))
    assert seconds(facts(case).reached) == 31


def test_a_siren_and_a_supervisor_are_nobody_who_goes() -> None:
    case = confirmed()
    for who in (None, person("boss")):
        case.do(
            ask.SettleNotice(
                notice=NoticeId("n"), person=who, channel=Channel.WECOM_BOT, outcome=Outcome.DELIVERED
            )
        )
    assert facts(case).reached is None


def test_who_was_there_before_confirmation_is_reached_and_going_at_confirmation() -> None:
    case = Case()
    case.open()
    case.at(20).arrives("ve1")
    assert seconds(facts(case).confirmed) == 20
    assert seconds(facts(case).reached) == 20
    assert seconds(facts(case).going) == 20
    assert facts(case).confirmed_by is Basis.SCENE


def test_a_claim_from_before_confirmation_counts_from_confirmation() -> None:
    case = confirmed(20)
    case.at(60).arrives("ve1", at=5)
    assert seconds(facts(case).reached) == 20
    assert seconds(facts(case).going) == 20


def test_going_is_the_first_word_or_the_first_arrival() -> None:
    case = confirmed()
    case.at(40).do(ask.Accept(person=person("ve2")))
    case.at(50).do(ask.Accept(person=person("ve1")))
    assert seconds(facts(case).going) == 40
    case.at(90).arrives("to1", at=30)
    assert seconds(facts(case).going) == 30, "an arrival that is heard of later still came first"


def test_a_miss_that_an_arrival_makes_late_keeps_its_cause() -> None:
    case = confirmed()
    case.run_until(200)
    missed = clock(case)
    assert (missed.verdict, missed.cause) == (Verdict.MISSED, "system:not_sent")
    case.at(230).arrives("ve1")
    late = clock(case)
    assert (late.verdict, late.cause, seconds(late.at)) == (Verdict.LATE, "system:not_sent", 230)


def test_a_proof_of_timely_arrival_takes_the_cause_away() -> None:
    case = confirmed()
    case.run_until(200)
    case.at(230).arrives("ve1", at=150)
    assert (clock(case).verdict, clock(case).cause) == (Verdict.ARRIVED, "")


def test_a_refuted_proof_runs_the_clock_again() -> None:
    case = confirmed()
    case.at(60).arrives("ve1")
    case.at(80).do(ask.RefuteArrival(tier=Tier.VILLAGE, reason_code="mistake"))
    assert clock(case).verdict is None
    assert facts(case).going is None, "who had claimed to be there was not on the way either"


def test_a_clock_is_measured_from_its_confirmation() -> None:
    case = confirmed(25)
    assert seconds(clock(case).confirmed) == 25
    assert clock(case).due == START + timedelta(seconds=25 + 180)


def test_a_changed_deadline_is_the_one_that_counts() -> None:
    case = confirmed()
    before = clock(case, Tier.CITY).due if len(facts(case).clocks) > 2 else None
    case.at(20).do(ask.ChangeGrade(grade=Grade.I))
    assert {one.tier: one.due for one in facts(case).clocks} == {
        one.tier: one.due for one in case.incident.clocks.values()
    }
    assert before is None or before <= clock(case, Tier.CITY).due


def test_clocks_that_ran_before_a_rejection_was_taken_back_stay_in_the_count() -> None:
    case = confirmed()
    case.run_until(200)
    case.do(ask.Reject(reason_code="nothing_here"), ANN)
    assert facts(case).judgement is Judgement.FALSE
    case.at(300).do(ask.Reopen(reason_code="wrongly_rejected", terms=TERMS), ANN)
    assert facts(case).judgement is Judgement.UNJUDGED
    assert facts(case).open
    assert facts(case).confirmed is None
    assert [(one.tier, one.verdict) for one in facts(case).clocks] == [(Tier.VILLAGE, Verdict.MISSED)]
    case.at(310).confirm()
    village = [one for one in facts(case).clocks if one.tier is Tier.VILLAGE]
    assert [(one.verdict, seconds(one.confirmed)) for one in village] == [(Verdict.MISSED, 10), (None, 310)]


@pytest.mark.parametrize(
    ("reason", "actor", "judged"),
    [
        ("false_alarm", ANN, Judgement.FALSE),
        ("nothing_here", ANN, Judgement.FALSE),
        ("duplicate", ANN, Judgement.UNJUDGED),
        ("elsewhere", ANN, Judgement.UNJUDGED),
        ("false_alarm", Actor("system"), Judgement.UNJUDGED),
    ],
)
def test_only_a_persons_word_is_a_judgement(reason: str, actor: Actor, judged: Judgement) -> None:
    case = Case()
    case.open()
    case.do(ask.Reject(reason_code=reason), actor)
    assert facts(case).judgement is judged
    assert facts(case).end is End.REJECTED
    assert facts(case).duplicate is (reason == "duplicate")


def test_a_test_is_one() -> None:
    case = Case()
    case.open()
    case.do(ask.Reject(reason_code="test"), ANN)
    assert facts(case).test


def stages(case: Case) -> list[tuple[Stage, str]]:
    return [(one.stage, one.by) for one in facts(case).stages]


def test_a_case_passes_its_stages_each_with_the_limit_frozen_at_its_beginning() -> None:
    case = WorkCase(since=MONDAY)
    case.checked()
    assert stages(case) == [
        (Stage.RECEIVE, "received"),
        (Stage.DISPATCH, "dispatched"),
        (Stage.ACCEPT, "taken_on"),
        (Stage.HANDLE, "work_done"),
        (Stage.CHECK, "checked"),
        (Stage.CLOSE, ""),
    ]
    work = case.incident.work
    assert work is not None
    assert (facts(case).stages[-1].due, facts(case).stages[-1].since) == (work.due, work.since)
    assert facts(case).stages[2].organisation == SANITATION, "taking on waits on the lead"
    assert facts(case).stages[1].organisation is None, "dispatching waits on the desk"
    assert facts(case).organisation == SANITATION


def test_what_is_sent_back_is_handled_again() -> None:
    case = WorkCase(since=MONDAY)
    case.handled()
    assert facts(case).handled == MONDAY
    case.do(ask.Check(passed=False, reason_code="not_done"), ANN)
    assert (facts(case).reworks, facts(case).checks, facts(case).handled) == (1, 0, None)
    assert stages(case)[-2:] == [(Stage.CHECK, "sent_back"), (Stage.HANDLE, "")]


def test_what_is_returned_waits_to_be_dispatched_again() -> None:
    case = WorkCase(since=MONDAY)
    case.taken_on()
    case.do(ask.Return(organisation=SANITATION, reason_code="not_ours"))
    case.do(ask.Dispatch(lead=OFFICE), ANN)
    said = facts(case)
    assert (said.returns, said.dispatched, said.organisation) == (1, 2, OFFICE)
    assert stages(case)[-3:] == [
        (Stage.HANDLE, "returned"),
        (Stage.DISPATCH, "dispatched"),
        (Stage.ACCEPT, ""),
    ]


def test_granted_time_moves_the_limit_and_refused_time_does_not() -> None:
    case = WorkCase(since=MONDAY)
    case.taken_on()
    before = facts(case).stages[-1]
    until = MONDAY + timedelta(days=9)
    for granted in (False, True):
        case.do(ask.AskExtension(organisation=SANITATION, until=until, reason_code="weather"))
        case.do(ask.AnswerExtension(granted=granted, reason_code="other"), ANN)
        last = facts(case).stages[-1]
        assert (last.due != before.due, last.extended) == (granted, granted)
    assert facts(case).extensions == 1


def test_an_alarm_that_becomes_a_case_while_clocks_run_stays_on_the_urgent_track() -> None:
    case = confirmed()
    case.do(ask.File(matter="0101", terms=TERMS), ANN)
    assert facts(case).matter == "0101"
    assert facts(case).filed is not None
    assert facts(case).stages == ()


def test_the_level_is_the_highest_that_came_or_was_given_it() -> None:
    case = confirmed()
    assert facts(case).level is None, "that a tier was called is not that it dealt with it"
    case.at(60).arrives("ve1")
    assert facts(case).level is Tier.VILLAGE
    case.at(90).arrives("to1")
    assert facts(case).level is Tier.TOWNSHIP
    work = WorkCase(since=MONDAY)
    work.dispatched(SANITATION)
    assert facts(work).level is Tier.CITY


def test_an_end_and_what_is_said_after_it_is_taken_back_by_a_reopening() -> None:
    case = WorkCase(since=MONDAY)
    case.checked()
    case.do(ask.Close(reason_code="handled"), ANN)
    case.do(ask.CallBack(reached=True, satisfaction=2), ANN)
    case.do(ask.ReportUp(stage=UpStage.FINAL), ANN)
    said = facts(case)
    assert (said.end, said.end_reason, said.satisfaction, said.answered) == (End.CLOSED, "handled", 2, True)
    assert (said.judgement, said.reported_up) == (Judgement.REAL, 1)
    case.do(ask.Reopen(reason_code="unsatisfied", terms=TERMS), ANN)
    said = facts(case)
    assert (said.end, said.ended, said.satisfaction, said.answered) == (None, None, None, False)
    assert (said.handled, said.reopened, said.reported_up) == (None, 1, 1)
    assert stages(case)[-1] == (Stage.DISPATCH, "")


def test_who_was_heard_first_and_what_the_detector_took_it_for() -> None:
    case = Case()
    case.open()
    said = facts(case)
    assert (said.source, said.detector, said.device) == (Source.SENSOR, case.incident.kind, "box/cam-1")
    assert facts(WorkCase(since=MONDAY).reported()).detector is None


def test_a_verdict_for_a_tier_that_was_never_called_is_a_broken_log() -> None:
    case = confirmed()
    case.run_until(200)
    without = [line for line in case.log if line.event.__struct_config__.tag != "tier_activated"]
    with pytest.raises(InvariantBroken, match="never activated"):
        facts_of(without)


def test_a_passage_is_a_value() -> None:
    one = StageFact(stage=Stage.CHECK, since=MONDAY)
    assert structs.replace(one, by="checked").by == "checked"
