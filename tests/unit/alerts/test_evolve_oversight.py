from __future__ import annotations

from datetime import timedelta

from msgspec import structs

from tests.support.incidents import START, Case
from tocsin.alerts.evolve import evolve
from tocsin.alerts.evolve_oversight import telling, told, untold
from tocsin.alerts.model import Incident, Work
from tocsin.core.grids import Tier
from tocsin.core.ids import IncidentId, OrganisationCode
from tocsin.core.incidents import (
    Actor,
    CalledBack,
    Evaluated,
    Grade,
    GradeChanged,
    GradeConfirmed,
    IncidentEvent,
    Recorded,
    Reminded,
    Reopened,
    ReportedUp,
    Routed,
    Service,
    Stage,
    State,
    StepTicked,
    TransferredOut,
    UpStage,
)
from tocsin.core.working_time import Limit, Terms, Unit

ANN = Actor("person", "ann")
LATER = START + timedelta(hours=3)
TERMS = Terms(limits={Stage.DISPATCH: Limit(1, Unit.DAY)})


def after(incident: Incident, event: IncidentEvent, actor: Actor = ANN) -> Incident:
    recorded = Recorded(
        incident=IncidentId("42"),
        version=incident.version + 1,
        event=event,
        actor=actor,
        occurred=LATER,
        recorded=LATER,
    )
    return evolve(incident, recorded)


def opened() -> Incident:
    case = Case()
    case.open()
    return case.incident


def test_a_route_is_kept_with_the_matter_it_was_found_for() -> None:
    way = ((Tier.VILLAGE, OrganisationCode("v")), (Tier.CITY, OrganisationCode("fire")))
    routed = after(opened(), Routed(matter="0401", organisations=way, beyond=True))
    assert (routed.matter, routed.route, routed.beyond) == ("0401", way, True)
    assert after(routed, Routed(matter="", organisations=way)).matter == "0401"


def test_what_was_dealt_with_before_a_reopening_is_counted_on_and_not_carried_on() -> None:
    work = Work(
        terms=Terms(),
        since=START,
        level=Tier.TOWNSHIP,
        lead=OrganisationCode("roads"),
        partners=(OrganisationCode("parks"),),
        done=(OrganisationCode("roads"),),
        urged=2,
        extensions=1,
        returns=3,
        reworks=4,
    )
    ended = structs.replace(
        opened(), state=State.CLOSED, ended=START, ended_by=ANN, work=work, satisfaction=1, called_back=2
    )
    again = after(ended, Reopened(was=State.CLOSED, reason_code="recurred", terms=TERMS, due=LATER))
    assert again.work == Work(
        terms=TERMS,
        stage=Stage.DISPATCH,
        since=LATER,
        due=LATER,
        level=Tier.TOWNSHIP,
        extensions=1,
        returns=3,
        reworks=4,
    )
    assert (again.state, again.ended, again.ended_by, again.reopened) == (State.FILED, None, None, 1)
    assert (again.satisfaction, again.called_back) == (None, 0)


def test_what_was_rejected_is_as_unconfirmed_as_on_its_first_day() -> None:
    case = Case()
    case.open()
    case.confirm()
    case.arrives("ve1")
    ended = structs.replace(case.incident, state=State.REJECTED, ended=START)
    again = after(ended, Reopened(was=State.REJECTED, reason_code="mistake", terms=TERMS))
    assert (again.state, again.confirmed, again.mode, again.clocks, again.calls, again.arrivals) == (
        State.RECEIVED, None, None, {}, {}, {},
    )  # fmt: skip
    assert (again.asked, again.unanswered, again.work) == (LATER, 0, None)
    assert again.alarms == ended.alarms


def test_calls_back_are_counted_and_a_later_silence_does_not_forget_what_was_said() -> None:
    heard = after(opened(), CalledBack(reached=True, satisfaction=5, step=1))
    unreached = after(heard, CalledBack(reached=False, step=2))
    assert (unreached.called_back, unreached.satisfaction, unreached.answered) == (2, 5, True)


def test_an_evaluation_ends_its_life_and_keeps_when_it_was_closed() -> None:
    work = Work(terms=TERMS, stage=Stage.EVALUATE, since=START, due=LATER)
    closed = structs.replace(opened(), state=State.CLOSED, ended=START, work=work)
    done = after(closed, Evaluated(score=80))
    assert (done.state, done.ended) == (State.EVALUATED, START)
    assert done.work is not None
    assert (done.work.stage, done.work.due) == (None, None)


def test_a_report_to_the_level_above_ends_its_reminders_and_begins_to_count_anew() -> None:
    reminded = after(opened(), Reminded(what="report_up", step=2))
    assert told(reminded, "report_up") == 2
    reported = after(reminded, ReportedUp(stage=UpStage.INITIAL))
    assert reported.reported_up == ((UpStage.INITIAL, LATER),)
    assert told(reported, "report_up") == 0


def test_only_a_person_answers_for_a_grade() -> None:
    asked = after(opened(), Reminded(what="grade", step=1))
    by_rule = after(asked, GradeChanged(grade=Grade.II, was=Grade.III), Actor("collector", "box"))
    assert (by_rule.grade, by_rule.grade_by, told(by_rule, "grade")) == (Grade.II, None, 1)
    by_person = after(asked, GradeChanged(grade=Grade.II, was=Grade.III))
    assert (by_person.grade_by, told(by_person, "grade")) == (ANN, 0)
    confirmed = after(by_rule, GradeConfirmed(grade=Grade.II))
    assert (confirmed.grade_by, told(confirmed, "grade")) == (ANN, 0)


def test_ticks_and_services_are_kept_in_order() -> None:
    incident = opened()
    for step, done in (("a", True), ("b", True), ("a", False), ("c", True)):
        incident = after(incident, StepTicked(step=step, done=done))
    assert incident.ticked == ("b", "c")
    incident = after(incident, TransferredOut(service=Service.FIRE))
    incident = after(incident, TransferredOut(service=Service.MEDICAL))
    assert incident.transferred == (Service.FIRE, Service.MEDICAL)


def test_reminders_are_counted_each_by_itself() -> None:
    incident = structs.replace(opened(), told=(("grade", 1), ("report_up", 2)))
    assert telling(incident, "grade", 2) == (("report_up", 2), ("grade", 2))
    assert untold(incident, "report_up") == (("grade", 1),)
    assert (told(incident, "report_up"), told(incident, "evaluate")) == (2, 0)
