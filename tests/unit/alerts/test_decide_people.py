from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.incidents import PLACE, STAFF, START, Case, directory, person, responder, staged
from tocsin.alerts import commands as ask
from tocsin.core.errors import Rejected
from tocsin.core.grids import Position, Tier
from tocsin.core.ids import IncidentId, NoticeId
from tocsin.core.incidents import (
    Accepted,
    Arrived,
    Basis,
    Lateness,
    Mode,
    Outcome,
    State,
    TierActivated,
    Verdict,
    VerdictGiven,
)
from tocsin.core.responders import Channel, Directory

NEAR = Position(30.3004, 119.9, 15.0)
FAR = Position(30.4, 119.9, 15.0)
VAGUE = Position(30.3, 119.9, 900.0)


def confirmed(staff: Directory = STAFF, mode: Mode | None = None) -> Case:
    case = Case(staged(), staff)
    case.open()
    case.confirm()
    return case


def refused(case: Case, command: ask.Command) -> Rejected:
    before = case.incident
    with pytest.raises(Rejected) as caught:
        case.do(command)
    assert case.incident == before
    return caught.value


# Seen, accepted, refused.


def test_a_page_that_somebody_looks_at_who_was_never_called_writes_nothing() -> None:
    case = confirmed()
    assert person("ci1") not in case.incident.calls
    assert case.do(ask.See(person=person("ci1"))) == []


def test_see_is_noted_once() -> None:
    case = confirmed()
    assert len(case.at(3).do(ask.See(person=person("ve1")))) == 1
    assert case.at(4).do(ask.See(person=person("ve1"))) == []


def test_see_after_the_end_says_nothing() -> None:
    case = confirmed()
    case.do(ask.Close(reason_code="handled"))
    assert case.do(ask.See(person=person("ve1"))) == []


def test_accept_makes_the_incident_accepted_and_stops_no_clock() -> None:
    case = confirmed()
    assert case.at(3).do(ask.Accept(person=person("ve1"))) == [
        Accepted(person=person("ve1"), tier=Tier.VILLAGE)
    ]
    assert (case.incident.state, case.verdicts()) == (State.ACCEPTED, {"village": None})
    assert case.do(ask.Accept(person=person("ve1"))) == []


def test_stranger_is_refused_with_what_to_do() -> None:
    case = confirmed()
    fault = refused(case, ask.Accept(person=person("nobody")))
    assert fault.code == "person.not_on_duty"
    assert "ask the operator" in fault.reason


def test_refusal_calls_the_next_person_at_once() -> None:
    case = confirmed()
    case.at(7).do(ask.Refuse(person=person("ve1"), reason_code="ill"))
    assert case.incident.calls[person("ve3")].called == START + timedelta(seconds=7)
    assert case.do(ask.Refuse(person=person("ve1"), reason_code="ill")) == []


def test_tier_that_refuses_as_a_whole_activates_the_next() -> None:
    case = confirmed(directory(*(r for r in STAFF.responders if r.person not in {"ve3", "ve4"})))
    case.at(5).do(ask.Refuse(person=person("ve1"), reason_code="ill"))
    assert Tier.TOWNSHIP not in case.incident.clocks
    case.at(9).do(ask.Refuse(person=person("ve2"), reason_code="ill"))
    assert case.incident.clocks[Tier.TOWNSHIP].reason_code == "below_refused"
    assert case.verdicts()["village"] is None


def test_tier_counts_people_without_a_channel_as_unable_to_go() -> None:
    case = confirmed(
        directory(responder("ve1", Tier.VILLAGE, 1), responder("ve2", Tier.VILLAGE, 2, Channel.MQTT))
    )
    case.at(5).do(ask.Refuse(person=person("ve1"), reason_code="ill"))
    assert case.incident.clocks[Tier.TOWNSHIP].reason_code == "below_refused"


def test_refusal_before_confirmation_calls_nobody() -> None:
    case = Case()
    case.open()
    assert len(case.do(ask.Refuse(person=person("ve1"), reason_code="ill"))) == 1


def test_changing_ones_mind_counts() -> None:
    case = confirmed()
    case.do(ask.Refuse(person=person("ve1"), reason_code="ill"))
    case.at(9).do(ask.Accept(person=person("ve1")))
    call = case.incident.calls[person("ve1")]
    assert call.refused is None
    assert call.accepted is not None


# Help.


def test_help_calls_the_next_tier_once() -> None:
    case = confirmed()
    case.at(30).do(ask.AskHelp(person=person("ve1")))
    clock = case.incident.clocks[Tier.TOWNSHIP]
    assert (clock.reason_code, clock.due) == ("help", START + timedelta(seconds=600))
    events = case.at(40).do(ask.AskHelp(person=person("ve2")))
    assert len(events) == 1


def test_help_for_the_city_calls_the_supervisors() -> None:
    case = confirmed()
    case.at(30).do(ask.AskHelp(person=person("ci1")))
    assert ("help", "boss") in case.templates()
    assert ("unanswered", "boss") not in case.templates()


def test_help_before_confirmation_confirms_from_the_scene() -> None:
    case = Case(staged())
    case.open()
    case.at(20).do(ask.AskHelp(person=person("ve1")))
    assert case.incident.confirmed_by is Basis.SCENE
    assert Tier.TOWNSHIP in case.incident.clocks


# From the scene, before confirmation.


@pytest.mark.parametrize("tier_person", ["ve1", "to1"])
def test_arrival_before_confirmation_confirms_with_that_tiers_clock_arrived_at_zero(tier_person: str) -> None:
    case = Case(staged())
    case.open()
    case.at(40).arrives(tier_person)
    tier = Tier.VILLAGE if tier_person == "ve1" else Tier.TOWNSHIP
    assert (case.incident.confirmed, case.incident.confirmed_by) == (
        START + timedelta(seconds=40),
        Basis.SCENE,
    )
    clock = case.incident.clocks[tier]
    assert (clock.verdict, clock.at) == (Verdict.ARRIVED, case.incident.confirmed)
    assert case.incident.state is State.HANDLING


def test_operators_word_of_an_arrival_confirms_as_the_operator() -> None:
    case = Case()
    case.open()
    case.at(40).arrives(tier=Tier.VILLAGE, basis=Basis.OPERATOR)
    assert case.incident.confirmed_by is Basis.OPERATOR


def test_position_far_away_confirms_nothing() -> None:
    case = Case()
    case.open()
    (arrived,) = case.at(40).arrives("ve1", position=FAR)
    assert isinstance(arrived, Arrived)
    assert (arrived.accepted, case.incident.confirmed) == (False, None)


def test_it_is_real_confirms_and_later_is_a_word() -> None:
    case = Case(staged())
    case.open()
    case.at(30).do(ask.SayReal(person=person("ve1")))
    assert case.verdicts() == {"village": "arrived"}
    (arrived,) = case.at(60).do(ask.SayReal(person=person("to1")))
    assert isinstance(arrived, Arrived)
    assert (arrived.basis, arrived.accepted) == (Basis.DECLARED, False)


def test_nothing_here_rejects_when_it_is_proved_that_they_looked() -> None:
    case = confirmed()
    case.at(50).arrives("ve1")
    case.at(60).do(ask.SayNothingHere(person=person("ve1")))
    assert (case.incident.state, case.verdicts()) == (State.REJECTED, {"village": "arrived"})


def test_nothing_here_is_not_believed_against_another_at_the_scene() -> None:
    case = Case(staged())
    case.open()
    case.at(30).do(ask.SayReal(person=person("ve1")))
    fault = refused(case.at(60), ask.SayNothingHere(person=person("to1")))
    assert fault.code == "incident.confirmed_at_scene"
    case.at(70).arrives("ve1")
    case.do(ask.SayNothingHere(person=person("ve1")))
    assert case.incident.state is State.REJECTED


def test_arrival_at_a_retrospective_incident_is_only_noted() -> None:
    case = Case()
    case.open(lateness=Lateness.RETROSPECTIVE)
    case.arrives("ve1")
    assert (case.incident.confirmed, case.incident.clocks) == (None, {})


# Proof.


@pytest.mark.parametrize(
    ("basis", "position", "tier", "accepted"),
    [
        (Basis.POSITION, PLACE, "ve1", True),
        (Basis.POSITION, NEAR, "ve1", True),
        (Basis.POSITION, FAR, "ve1", False),
        (Basis.POSITION, VAGUE, "ve1", False),
        (Basis.OPERATOR, None, "ve1", True),
        (Basis.DECLARED, None, "ve1", False),
        (Basis.SCENE, None, "ve1", False),
        (Basis.DECLARED, None, "ci1", True),
    ],
)
def test_policy_says_whose_word_stops_which_clock(
    basis: Basis, position: Position | None, tier: Tier, *, accepted: bool
) -> None:
    case = Case()
    case.open()
    case.confirm()
    case.at(100).arrives(tier, basis=basis, position=position)
    assert case.log[-1].event.accepted is accepted if not accepted else True
    mine = {"ve1": "village", "ci1": "city"}[tier]
    assert case.verdicts()[mine] == ("arrived" if accepted else None)


def test_unproved_arrival_is_accepted_by_the_operator_later_at_its_own_time() -> None:
    case = confirmed()
    case.at(100).arrives("ve1", basis=Basis.DECLARED)
    assert case.incident.state is State.ACCEPTED
    case.run_until(180)
    case.at(300).arrives("ve1", at=100, basis=Basis.OPERATOR)
    clock = case.incident.clocks[Tier.VILLAGE]
    assert (clock.verdict, clock.at) == (Verdict.ARRIVED, START + timedelta(seconds=100))


def test_position_without_a_place_to_compare_is_a_word() -> None:
    case = Case()
    case.open(place=None)
    case.confirm()
    case.at(50).arrives("ve1")
    assert case.incident.arrivals == {}


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (ask.Arrive(person=person("ve1"), basis=Basis.POSITION), "arrive.position"),
        (ask.Arrive(basis=Basis.OPERATOR), "arrive.who"),
        (ask.Arrive(person=person("ve1"), basis=Basis.DEADLINE), "arrive.basis"),
        (
            ask.Arrive(person=person("ve1"), basis=Basis.OPERATOR, at=START + timedelta(seconds=221)),
            "arrive.future",
        ),
        (
            ask.Arrive(person=person("ve1"), basis=Basis.OPERATOR, at=START - timedelta(seconds=601)),
            "arrive.before",
        ),
    ],
)
def test_impossible_arrivals_are_refused_with_a_sentence(command: ask.Command, code: str) -> None:
    fault = refused(confirmed().at(100), command)
    assert fault.code == code
    assert fault.reason.startswith("cannot ")


def test_phone_a_little_ahead_counts_as_now() -> None:
    case = confirmed()
    case.at(100).arrives("ve1", at=219)
    assert case.incident.arrivals[Tier.VILLAGE] == START + timedelta(seconds=100)


def test_same_arrival_twice_adds_nothing_and_an_earlier_proof_does() -> None:
    case = confirmed()
    case.at(100).arrives("ve1")
    assert case.at(110).arrives("ve1") == []
    assert case.at(120).arrives(tier=Tier.VILLAGE, basis=Basis.OPERATOR) == []
    assert len(case.at(130).arrives("ve1", at=90)) == 1
    other = confirmed()
    other.at(100).arrives("ve1", basis=Basis.DECLARED)
    assert other.at(101).arrives("ve1", basis=Basis.DECLARED) == []


def test_tier_that_was_never_activated_gets_no_clock_by_arriving() -> None:
    case = confirmed()
    case.at(50).arrives("to1")
    assert case.verdicts() == {"village": None}
    assert case.incident.state is State.HANDLING
    case.run_until(180)
    assert case.verdicts() == {"village": "missed", "township": "arrived"}


# After the end.


def test_earlier_arrival_is_still_taken_for_two_hours_after_the_end() -> None:
    case = confirmed()
    case.at(170).do(ask.Close(reason_code="handled"))
    case.at(170 + 7200).arrives("ve1", at=160)
    assert (case.verdicts(), case.incident.state) == ({"village": "arrived"}, State.CLOSED)


@pytest.mark.parametrize(("now", "at"), [(171, 171), (171 + 7200, 160)])
def test_new_or_too_old_claims_after_the_end_are_refused_with_who_and_when(now: float, at: float) -> None:
    case = confirmed()
    case.at(170).do(ask.Close(reason_code="handled"))
    with pytest.raises(Rejected) as caught:
        case.at(now).arrives("ve1", at=at)
    assert caught.value.code == "incident.closed"
    assert "06:05:50" in caught.value.reason


def test_merged_incident_takes_no_arrival_and_names_the_other() -> None:
    case = confirmed()
    case.at(10).do(ask.Merge(into=IncidentId("7")))
    with pytest.raises(Rejected, match="into 7"):
        case.at(20).arrives("ve1", at=5)


# Done, and notices.


def test_done_is_said_once_and_only_of_a_confirmed_incident() -> None:
    case = Case()
    case.open()
    assert refused(case, ask.ReportDone(person=person("ve1"))).code == "incident.unconfirmed"
    case.confirm()
    case.do(ask.ReportDone(person=person("ve1")))
    assert case.incident.state is State.HANDLED
    assert case.do(ask.ReportDone(person=person("ve1"))) == []


@pytest.mark.parametrize("who", [None, "ve1", "stranger"])
def test_outcome_of_a_notice_is_noted_even_after_the_end(who: str | None) -> None:
    case = confirmed()
    case.do(ask.Close(reason_code="handled"))
    command = ask.SettleNotice(
        notice=NoticeId("n"),
        person=person(who) if who else None,
        channel=Channel.SMTP,
        outcome=Outcome.FAILED,
    )
    assert len(case.do(command)) == 1


def test_late_claim_of_a_timely_arrival_recalls_whom_the_miss_had_called() -> None:
    case = confirmed()
    case.run_until(180)
    case.at(200).arrives("ve1", at=170)
    assert ("recall", "to1") in case.templates()
    revised = [r.event for r in case.log if isinstance(r.event, VerdictGiven)]
    assert [one.revises for one in revised] == [None, Verdict.MISSED, None]
    assert [type(r.event) for r in case.log].count(TierActivated) == 2


def test_tier_that_is_recalled_is_not_charged_with_a_miss() -> None:
    case = confirmed()
    case.run_until(180)
    case.at(200).arrives("ve1", at=170)
    case.run_until(4000)
    assert case.verdicts() == {"village": "arrived", "township": "stood_down"}


def test_tier_that_a_late_arrival_finds_on_its_way_keeps_its_clock() -> None:
    case = confirmed()
    case.run_until(180)
    case.at(200).arrives("ve1", at=190)
    assert case.verdicts() == {"village": "late", "township": None}


def test_one_who_could_not_look_is_not_waited_for_after_confirmation() -> None:
    case = Case(staged())
    case.open()
    case.run_until(60)
    case.at(65).do(ask.Refuse(person=person("ve1"), reason_code="away"))
    case.at(70).confirm()
    assert {p for p, call in case.incident.calls.items() if call.called == case.now} == {"ve2", "ve3"}


def test_nobody_is_sent_to_what_has_ended() -> None:
    case = Case()
    case.open()
    case.confirm()
    case.do(ask.Close(reason_code="handled"))
    with pytest.raises(Rejected, match=r"incident\.closed"):
        case.do(ask.Accept(person=person("ve1")))


def test_who_takes_a_promise_back_is_not_going_any_more() -> None:
    case = Case()
    case.open()
    case.confirm()
    case.at(5).do(ask.Accept(person=person("ve1")))
    case.at(9).do(ask.Refuse(person=person("ve1"), reason_code="car"))
    call = case.incident.calls[person("ve1")]
    assert (call.accepted, call.refused) == (None, case.now)
    assert "accept:ve2:0" in case.due()
