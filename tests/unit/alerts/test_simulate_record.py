from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.support.cases import RUBBISH, SANITATION, TERMS, TOWN, WATER, WorkCase
from tests.support.incidents import DEFAULT, STAFF, START, Case, person, staged
from tocsin.alerts import commands as ask
from tocsin.alerts.policy import ResponsePolicy
from tocsin.alerts.simulate import SILENCE, Answers, run
from tocsin.alerts.simulate_record import fact_of, observed, script_of
from tocsin.core.detections import Kind
from tocsin.core.grids import Tier
from tocsin.core.incidents import Actor, Basis, Grade, Outcome, State
from tocsin.core.responders import Channel

S = timedelta(seconds=1)
ANN = Actor("person", "ann")


def lived(policy: ResponsePolicy = DEFAULT) -> Case:
    """A life with a bit of everything."""
    case = Case(policy)
    case.open()
    case.run_until(20)
    case.do(ask.Confirm(grade=Grade.II), ANN)
    case.run_until(35)
    case.do(ask.See(person=person("ve1")))
    case.run_until(50)
    case.do(ask.Accept(person=person("ve1")))
    case.run_until(170)
    case.arrives("ve1")
    case.run_until(300)
    case.do(ask.Refuse(person=person("to1"), reason_code="ill"))
    case.run_until(450)
    case.arrives("to2")
    case.run_until(900)
    case.do(ask.ReportDone(person=person("ve1")))
    case.run_until(1900)
    case.do(ask.Close(reason_code="handled"), ANN)
    return case


def test_an_incident_run_again_under_its_own_policy_goes_as_it_went() -> None:
    for policy in (DEFAULT, staged()):
        case = lived(policy)
        script = script_of(case.log, STAFF, policy)
        again = run(script, policy, Answers([], 1))
        assert again.incident.clocks == case.incident.clocks
        assert again.incident.state is State.CLOSED
        assert (again.assumed, again.impossible) == (frozenset(), 0)
        assert again.calls == fact_of(case.log).calls


def test_answers_are_counted_from_the_first_call() -> None:
    script = script_of(lived().log, STAFF, DEFAULT)
    answer = script.answers[person("ve1")]
    assert (answer.seen, answer.accepted, answer.done) == (15 * S, 30 * S, 880 * S)
    assert answer.arrived is not None
    assert (answer.arrived.after, answer.arrived.basis, answer.arrived.distance_m) == (
        150 * S,
        Basis.POSITION,
        0.0,
    )
    assert script.answers[person("ve2")] == SILENCE
    assert script.answers[person("to1")].reason == "ill"


def test_what_operators_and_devices_do_keeps_its_distance_from_the_opening() -> None:
    script = script_of(lived().log, STAFF, DEFAULT)
    assert script.acts == (
        (START + 20 * S, ask.Confirm(grade=Grade.II)),
        (START + 1900 * S, ask.Close(reason_code="handled")),
    )


def test_what_rules_decided_is_not_played() -> None:
    case = Case()
    case.open()
    case.run_until(400)
    script = script_of(case.log, STAFF, DEFAULT)
    assert script.acts == ()
    assert script.opening.alarm == "alarm-1"


def test_who_comes_without_a_call_comes_all_the_same() -> None:
    case = Case(staged())
    case.open()
    case.confirm()
    case.at(60).arrives("to1", basis=Basis.TAG)
    script = script_of(case.log, STAFF, staged())
    arrivals = [command for _, command in script.acts if isinstance(command, ask.Arrive)]
    assert [(one.person, one.basis) for one in arrivals] == [("to1", Basis.TAG)]


def test_a_certified_source_is_seen_by_what_it_did() -> None:
    certified, button = Case(), Case()
    certified.open(certified=True)
    button.open(Kind.CALL)
    assert script_of(certified.log, STAFF, DEFAULT).opening.certified
    assert not script_of(button.log, STAFF, DEFAULT).opening.certified


def test_a_channel_that_failed_is_noted_with_its_delay() -> None:
    case = Case()
    case.open()
    case.confirm()
    notice = next(one for one in case.told if one.person == "ve1")
    case.at(4).do(
        ask.SettleNotice(
            notice=notice.id, person=person("ve1"), channel=Channel.WECOM_BOT, outcome=Outcome.FAILED
        )
    )
    assert script_of(case.log, STAFF, DEFAULT).failures == {(person("ve1"), Channel.WECOM_BOT): 4 * S}


def test_answers_of_a_tier_are_observed_where_they_were_given() -> None:
    log = lived().log
    script = script_of(log, STAFF, DEFAULT)
    found = observed([script], [log])
    assert {(tier, grid) for tier, grid, _ in found} == {(tier, STAFF.grid) for tier in Tier}
    assert len([one for one in found if one[0] is Tier.VILLAGE]) == 2


def lived_as_a_case() -> WorkCase:
    """Reported, filed, dispatched, late, extended, sent back, closed; urged and supervised by hand and by time."""
    case = WorkCase().reported()
    case.run_until(900)
    case.do(ask.File(matter=RUBBISH, terms=TERMS), ANN)
    case.do(ask.Dispatch(lead=SANITATION, partners=(WATER,)), ANN)
    case.run_until(2 * 86400)
    case.do(ask.Urge(), ANN)
    case.do(ask.TakeOn(organisation=SANITATION), ANN)
    until = case.now + timedelta(days=9)
    case.do(ask.AskExtension(organisation=SANITATION, until=until, reason_code="weather"), ANN)
    case.do(ask.AnswerExtension(granted=True), ANN)
    case.do(ask.Supervise(reason_code="important"), ANN)
    case.run_until(4 * 86400)
    case.do(ask.FinishWork(organisation=SANITATION), ANN)
    case.do(ask.Check(passed=False, reason_code="no_proof"), ANN)
    case.do(ask.FinishWork(organisation=SANITATION), ANN)
    case.do(ask.Check(passed=True), ANN)
    case.do(ask.Close(reason_code="handled"), ANN)
    return case


def test_a_case_run_again_goes_as_it_went_and_gets_no_clocks() -> None:
    case = lived_as_a_case()
    again = run(script_of(case.log, TOWN, DEFAULT), DEFAULT, Answers([], 1))
    assert (again.incident.state, again.incident.clocks, again.impossible) == (State.CLOSED, {}, 0)
    assert again.calls == fact_of(case.log).calls
    assert again.incident.work == case.incident.work


def test_a_case_under_another_policy_keeps_its_limits_and_is_reminded_of_differently() -> None:
    case = lived_as_a_case()
    other = replace(DEFAULT, reminders=replace(DEFAULT.reminders, received=timedelta(minutes=1), most=1))
    again = run(script_of(case.log, TOWN, DEFAULT), other, Answers([], 1))
    assert (again.incident.state, again.impossible) == (State.CLOSED, 0)
    assert again.calls[0].at == START + 60 * S
    assert len(again.calls) < len(fact_of(case.log).calls)
