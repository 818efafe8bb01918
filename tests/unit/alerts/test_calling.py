from __future__ import annotations

from dataclasses import replace

from tests.support.incidents import STAFF, START, Case, directory, person, responder, staged
from tocsin.alerts import commands as ask
from tocsin.alerts.calling import activate, call_next
from tocsin.alerts.draft import Draft
from tocsin.core.grids import Tier
from tocsin.core.incidents import Called, ConfirmationOverdue, Lateness, TierActivated
from tocsin.core.responders import Channel


def called(case: Case) -> list[str]:
    return [recorded.event.person for recorded in case.log if isinstance(recorded.event, Called)]


def test_first_people_of_a_tier_are_called_together_by_their_best_channel() -> None:
    case = Case(staged())
    case.open()
    case.confirm()
    assert called(case) == ["ve1", "ve2"]
    call = case.incident.calls[person("ve1")]
    assert (call.channels, call.more) == ((Channel.WECOM_BOT,), 1)


def test_policy_order_of_channels_wins_over_the_persons() -> None:
    staff = directory(responder("ve1", Tier.VILLAGE, 1, Channel.LOG, Channel.SMTP))
    case = Case(staged(), staff)
    case.open()
    case.confirm()
    assert case.incident.calls[person("ve1")].channels == (Channel.SMTP,)


def test_nobody_on_duty_runs_the_clock_and_activates_the_next_tier_at_once() -> None:
    case = Case(staged(), directory(responder("ci1", Tier.CITY, 1)))
    case.open()
    case.confirm()
    reasons = {tier: clock.reason_code for tier, clock in case.incident.clocks.items()}
    assert reasons == {Tier.VILLAGE: "confirmed", Tier.TOWNSHIP: "no_one_below", Tier.CITY: "no_one_below"}
    assert {key: at for key, at in case.due().items() if key.startswith("tier")} == {
        "tier:village": 180,
        "tier:township": 600,
        "tier:city": 1800,
    }


def test_person_without_a_channel_is_noted_and_the_next_one_called() -> None:
    staff = directory(
        responder("ve1", Tier.VILLAGE, 1, Channel.MQTT),
        responder("ve2", Tier.VILLAGE, 2),
        responder("ve3", Tier.VILLAGE, 3),
    )
    case = Case(staged(), staff)
    case.open()
    case.confirm()
    assert called(case) == ["ve1", "ve3", "ve2"]
    assert case.incident.calls[person("ve1")].channels == ()
    assert list(case.incident.clocks) == [Tier.VILLAGE]


def test_tier_that_cannot_be_reached_counts_as_nobody_on_duty() -> None:
    case = Case(staged(), directory(responder("ve1", Tier.VILLAGE, 1, Channel.MQTT)))
    case.open()
    case.confirm()
    assert case.incident.clocks[Tier.TOWNSHIP].reason_code == "no_one_below"


def test_activation_before_confirmation_or_twice_changes_nothing() -> None:
    case = Case()
    case.open()
    draft = Draft(case.incident, START, case.policy, STAFF)
    activate(draft, Tier.VILLAGE, START, "operator")
    assert draft.events == []
    case.confirm()
    draft = Draft(case.incident, START, case.policy, STAFF)
    activate(draft, Tier.VILLAGE, START, "operator")
    assert draft.events == []


def test_nobody_follows_a_stranger_a_supervisor_or_one_of_a_finished_tier() -> None:
    case = Case(staged())
    case.open()
    case.run_until(60)
    case.at(61).confirm()
    draft = Draft(case.incident, case.now, case.policy, STAFF)
    assert not call_next(draft, person("stranger"), case.now, "refused")
    assert not call_next(draft, person("boss"), case.now, "refused")
    volunteer = case.do(ask.Accept(person=person("to1")))
    assert len(volunteer) == 1
    draft = Draft(case.incident, case.now, case.policy, STAFF)
    assert not call_next(draft, person("to1"), case.now, "refused")
    case.at(90).arrives("ve1")
    draft = Draft(case.incident, case.now, case.policy, STAFF)
    assert not call_next(draft, person("ve2"), case.now, "refused")


def test_one_who_is_not_on_the_roster_has_no_successor() -> None:
    case = Case(staged())
    case.open()
    case.confirm()
    case.staff = directory(*STAFF.responders, responder("ve9", Tier.VILLAGE, 9))
    case.do(ask.Accept(person=person("ve9")))
    draft = Draft(case.incident, case.now, case.policy, case.staff)
    assert not call_next(draft, person("ve9"), case.now, "refused")


def test_unanswered_calls_supervisors_each_time_and_the_village_once() -> None:
    case = Case()
    case.open(severity=0.1)
    case.run_until(180)
    assert called(case) == ["boss", "ve1", "ve2", "boss"]
    assert [r.event.step for r in case.log if isinstance(r.event, ConfirmationOverdue)] == [1, 2]
    assert case.templates().count(("unanswered", "boss")) == 2


def test_late_data_calls_nobody_to_the_place() -> None:
    case = Case()
    case.open(lateness=Lateness.LATE)
    case.run_until(1000)
    assert set(called(case)) == {"boss"}


def test_asked_to_look_and_then_called_is_told_again_and_keeps_the_promise() -> None:
    case = Case(staged())
    case.open()
    case.run_until(60)
    case.at(65).do(ask.Accept(person=person("ve1")))
    case.at(70).confirm()
    call = case.incident.calls[person("ve1")]
    assert (call.step, call.reason_code, call.accepted is not None) == (1, "activated", True)
    assert [key for key in case.due() if key.startswith(("seen", "accept"))] == []


def test_more_people_together_when_the_policy_says_so() -> None:
    policy = replace(staged(), call_together={Tier.VILLAGE: 9, Tier.TOWNSHIP: 1, Tier.CITY: 1})
    case = Case(policy)
    case.open()
    case.confirm()
    assert called(case) == ["ve1", "ve2", "ve3", "ve4"]
    assert sum(isinstance(r.event, TierActivated) for r in case.log) == 1


def test_who_cannot_be_told_is_not_counted_among_those_asked_to_look() -> None:
    mute = [responder(f"mute{number}", Tier.VILLAGE, number, Channel.MQTT) for number in (1, 2)]
    told = [responder(f"ve{number}", Tier.VILLAGE, number) for number in (3, 4, 5)]
    case = Case(staff=directory(*mute, *told))
    case.open()
    case.run_until(60)
    assert [person for template, person in case.templates() if template == "look"] == ["ve3", "ve4"]


def test_who_refused_to_look_is_not_called_for_the_clock() -> None:
    case = Case()
    case.open()
    case.do(ask.Refuse(person=person("ve1"), reason_code="ill"))
    case.at(10).confirm()
    assert called(case)[:2] == ["ve3", "ve2"]


def test_who_has_refused_is_not_asked_to_look() -> None:
    case = Case()
    case.open()
    case.do(ask.Refuse(person=person("ve1"), reason_code="ill"))
    case.run_until(60)
    assert called(case) == ["boss", "ve2", "ve3"]
