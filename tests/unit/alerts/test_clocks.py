from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.incidents import STAFF, START, Case, directory, person, responder, staged
from tocsin.alerts import commands as ask
from tocsin.core.grids import Tier
from tocsin.core.ids import NoticeId
from tocsin.core.incidents import (
    Basis,
    Called,
    Grade,
    Mode,
    Outcome,
    Reminded,
    StandBy,
    TierActivated,
    Verdict,
    VerdictGiven,
)
from tocsin.core.responders import Channel, Directory

VILLAGE, TOWNSHIP, CITY = 180.0, 600.0, 1800.0


def confirmed(mode: Mode = Mode.STAGED, staff: Directory = STAFF) -> Case:
    case = Case(staged(mode=mode), staff)
    case.open()
    case.confirm()
    return case


# The boundary table: what holds just before, at and just after each deadline.


@pytest.mark.parametrize(
    ("tier", "due"), [(Tier.VILLAGE, VILLAGE), (Tier.TOWNSHIP, TOWNSHIP), (Tier.CITY, CITY)]
)
@pytest.mark.parametrize(
    ("offset", "fired", "then"),
    [(-0.000001, None, "arrived"), (0, "missed", "arrived"), (0.000001, "missed", "late")],
)
def test_before_at_and_after_each_deadline(
    tier: Tier, due: float, offset: float, fired: str | None, then: str
) -> None:
    case = confirmed(Mode.PARALLEL)
    case.at(due + offset).reach(f"tier:{tier}")
    assert case.verdicts()[tier] == fired
    case.arrives(tier=tier, basis=Basis.OPERATOR)
    assert case.verdicts()[tier] == then


@pytest.mark.parametrize(("offset", "verdict"), [(-0.000001, "arrived"), (0, "arrived"), (0.000001, "late")])
def test_arrival_at_the_limit_counts_though_the_engine_sleeps(offset: float, verdict: str) -> None:
    case = confirmed()
    case.at(VILLAGE + offset).arrives("ve1")
    assert case.verdicts()["village"] == verdict


@pytest.mark.parametrize(
    ("key", "seconds"),
    [("confirm:1", 60), ("confirm:2", 180)],
)
@pytest.mark.parametrize(("offset", "acts"), [(-0.000001, False), (0, True), (0.000001, True)])
def test_confirmation_timers_are_never_early(key: str, seconds: float, offset: float, *, acts: bool) -> None:
    case = Case()
    case.open()
    case.run_until(seconds - 1)
    assert bool(case.at(seconds + offset).reach(key)) is acts


@pytest.mark.parametrize(
    ("key", "seconds"), [("seen:ve1:0", 20), ("accept:ve1:0", 45), ("standby:township", 108)]
)
@pytest.mark.parametrize(("offset", "acts"), [(-0.000001, False), (0, True), (0.000001, True)])
def test_soft_timers_are_never_early(key: str, seconds: float, offset: float, *, acts: bool) -> None:
    case = confirmed(Mode.STAGGERED)
    assert bool(case.at(seconds + offset).reach(key)) is acts


@pytest.mark.parametrize("offset", [-0.000001, 0])
def test_closed_before_or_at_the_deadline_is_stood_down(offset: float) -> None:
    case = confirmed()
    case.at(VILLAGE + offset).do(ask.Close(reason_code="handled"))
    assert case.verdicts() == {"village": "stood_down"}


def test_closed_after_the_deadline_is_missed_even_if_the_engine_slept() -> None:
    case = confirmed()
    case.at(VILLAGE + 0.000001).do(ask.Close(reason_code="handled"))
    assert case.verdicts() == {"village": "missed", "township": "stood_down"}


# What a miss brings with it.


def test_miss_calls_the_next_tier_from_the_instant_of_the_miss() -> None:
    case = confirmed()
    events = case.at(VILLAGE + 0.004).reach("tier:village")
    missed, activated, called = events
    assert isinstance(missed, VerdictGiven)
    assert (missed.at - START).total_seconds() == VILLAGE
    assert isinstance(activated, TierActivated)
    assert (activated.tier, activated.reason_code) == (Tier.TOWNSHIP, "below_missed")
    assert (activated.due - START).total_seconds() == TOWNSHIP
    assert isinstance(called, Called)
    assert called.person == "to1"


def test_same_deadline_a_second_time_adds_nothing() -> None:
    case = confirmed()
    case.at(VILLAGE).reach("tier:village")
    assert case.reach("tier:village") == []


def test_missed_tier_stays_missed_when_a_higher_one_arrives() -> None:
    case = confirmed()
    case.run_until(VILLAGE)
    case.at(400).arrives("to1")
    assert case.verdicts() == {"village": "missed", "township": "arrived"}


def test_own_people_too_late_revise_the_miss() -> None:
    case = confirmed()
    case.run_until(VILLAGE)
    case.at(200).arrives("ve2")
    last = case.log[-1].event
    assert isinstance(last, VerdictGiven)
    assert (last.verdict, last.revises) == (Verdict.LATE, Verdict.MISSED)


def test_proof_of_timely_arrival_revises_a_miss_and_a_late_one() -> None:
    for first in (None, 200):
        case = confirmed()
        case.run_until(VILLAGE)
        if first:
            case.at(first).arrives("ve2")
        case.at(900).arrives("ve1", at=170)
        assert case.verdicts()["village"] == "arrived"


def test_second_late_arrival_changes_no_verdict() -> None:
    case = confirmed()
    case.run_until(VILLAGE)
    case.at(200).arrives("ve2")
    before = len([e for e in case.log if isinstance(e.event, VerdictGiven)])
    case.at(210).arrives("ve1")
    assert len([e for e in case.log if isinstance(e.event, VerdictGiven)]) == before


def test_after_an_outage_the_miss_is_ours_and_only_the_next_tier_is_called_with_a_fair_clock() -> None:
    case = confirmed()
    case.at(3600).reach("tier:village")
    village, township = case.incident.clocks[Tier.VILLAGE], case.incident.clocks[Tier.TOWNSHIP]
    assert (village.cause, (village.due - START).total_seconds()) == ("system:outage", VILLAGE)
    assert (township.due - START).total_seconds() == 3600 + TOWNSHIP - VILLAGE
    assert Tier.CITY not in case.incident.clocks


def test_soft_timer_after_an_outage_gives_way_to_the_hard_one() -> None:
    case = confirmed()
    events = case.at(3600).reach("accept:ve1:0")
    assert [type(event).__name__ for event in events] == ["VerdictGiven", "TierActivated", "Called", "Called"]
    assert [event.person for event in events if isinstance(event, Called)] == ["to1", "boss"]


def test_after_an_outage_the_next_channel_has_its_time_from_now() -> None:
    case = confirmed()
    case.at(100).reach("seen:ve1:0")
    assert case.incident.calls[person("ve1")].channels == (Channel.WECOM_BOT, Channel.SMTP)
    assert case.due()["accept:ve1:1"] == 100 - 20 + 45
    assert [n.channel for n in case.told if n.person == "ve1"] == [Channel.WECOM_BOT, Channel.SMTP]


def test_three_channels_are_three_steps_even_after_an_outage() -> None:
    three = directory(
        responder("ve1", Tier.VILLAGE, 1, Channel.WECOM_BOT, Channel.SMTP, Channel.WEBHOOK),
        *[one for one in STAFF.responders if one.person != "ve1"],
    )
    policy = staged()
    policy = replace(
        policy,
        channels={**policy.channels, Tier.VILLAGE: (Channel.WECOM_BOT, Channel.SMTP, Channel.WEBHOOK)},
    )
    case = Case(policy, three)
    case.open()
    case.confirm()
    case.at(100).run_until(100)
    assert case.incident.calls[person("ve1")].channels == (Channel.WECOM_BOT, Channel.SMTP)
    assert case.due()["seen:ve1:1"] == 120


def test_supervisors_hear_once_how_it_stands_after_an_outage() -> None:
    case = confirmed(Mode.PARALLEL)
    case.at(700).run_until(700)
    assert [what for what, who in case.templates() if who == "boss"] == ["missed_below"]
    assert case.incident.calls[person("boss")].called == case.now
    assert {str(tier): verdict for tier, verdict in case.verdicts().items()} == {
        "village": "missed",
        "township": "missed",
        "city": None,
    }


def test_supervisors_who_are_rung_after_an_outage_are_told_nothing_else() -> None:
    case = confirmed(Mode.PARALLEL)
    case.at(CITY + 700).run_until(CITY + 700)
    assert [what for what, who in case.templates() if who == "boss"] == ["nobody_there"]


def test_supervisors_whose_word_of_an_outage_fails_are_told_by_the_next_channel() -> None:
    case = confirmed(Mode.PARALLEL)
    case.at(700).run_until(700)
    settle(case.at(701), "boss", Channel.WECOM_BOT, Outcome.FAILED)
    assert [n.channel for n in case.told if n.person == "boss"] == [Channel.WECOM_BOT, Channel.SMTP]


# Who is answerable for a miss.


def settle(case: Case, who: str, channel: Channel, outcome: Outcome) -> None:
    case.do(ask.SettleNotice(notice=NoticeId("n"), person=person(who), channel=channel, outcome=outcome))


def cause(case: Case) -> str:
    case.run_until(VILLAGE)
    return case.incident.clocks[Tier.VILLAGE].cause


def test_miss_names_its_segment() -> None:
    assert cause(confirmed()) == "system:not_sent"

    told = confirmed()
    settle(told.at(1), "ve1", Channel.WECOM_BOT, Outcome.SENT)
    assert cause(told) == "people:not_seen"

    seen = confirmed()
    seen.at(3).do(ask.See(person=person("ve2")))
    assert cause(seen) == "people:not_accepted"

    going = confirmed()
    going.at(3).do(ask.Accept(person=person("ve2")))
    assert cause(going) == "people:not_on_scene"


def test_miss_without_people_or_addresses_names_that() -> None:
    nobody = confirmed(staff=directory(responder("to1", Tier.TOWNSHIP, 1)))
    assert cause(nobody) == "people:nobody_on_duty"

    mute = responder("ve1", Tier.VILLAGE, 1, Channel.MQTT)
    assert cause(confirmed(staff=directory(mute))) == "people:no_channel"


def test_miss_is_the_providers_when_every_call_failed() -> None:
    case = confirmed(staff=directory(responder("ve1", Tier.VILLAGE, 1, Channel.SMTP)))
    settle(case.at(1), "ve1", Channel.SMTP, Outcome.FAILED)
    assert cause(case) == "provider:failed"


# What the other keys mean.


def test_unanswered_is_confirmed_by_the_system_at_three_minutes_for_grades_i_to_iii() -> None:
    case = Case()
    case.open()
    case.run_until(180)
    assert case.incident.confirmed_by is Basis.UNANSWERED
    assert (case.incident.confirmed - START).total_seconds() == 180


@pytest.mark.parametrize("grade", Grade)
def test_system_confirms_only_the_grades_that_the_policy_names(grade: Grade | None) -> None:
    case = Case()
    case.open(grade=grade)
    case.run_until(400)
    assert (case.incident.confirmed is not None) is (grade is not Grade.IV)


def test_not_seen_tries_the_next_channel_of_the_same_person() -> None:
    case = confirmed()
    (called,) = case.at(20).reach("seen:ve1:0")
    assert isinstance(called, Called)
    assert (called.person, called.channels, called.reason_code) == ("ve1", (Channel.SMTP,), "not_seen")


def test_channel_that_is_gone_meanwhile_is_not_tried() -> None:
    case = confirmed()
    case.staff = directory()
    (called,) = case.at(20).reach("seen:ve1:0")
    assert isinstance(called, Called)
    assert (called.channels, called.more) == ((), 0)


def test_not_accepted_calls_the_next_person() -> None:
    case = confirmed()
    (called,) = case.at(45).reach("accept:ve1:0")
    assert isinstance(called, Called)
    assert (called.person, called.reason_code, called.step) == ("ve3", "not_accepted", 0)


def test_stand_by_warns_the_next_tier() -> None:
    case = confirmed(Mode.STAGGERED)
    assert case.at(108).reach("standby:township") == [StandBy(tier=Tier.TOWNSHIP)]
    assert ("stand_by", "to1") in case.templates()


def test_nobody_there_calls_the_highest_tier_and_supervisors_once_more() -> None:
    case = confirmed(Mode.PARALLEL)
    case.run_until(CITY + 180)
    again = [
        r.event.person
        for r in case.log
        if isinstance(r.event, Called) and r.event.reason_code == "nobody_there"
    ]
    assert again == ["ci1", "ci2"]


def test_nobody_there_rings_those_who_left_duty_without_a_channel() -> None:
    case = confirmed(Mode.PARALLEL)
    case.run_until(CITY)
    case.staff = directory()
    events = case.at(CITY + 180).reach("again:1")
    assert [event.channels for event in events if isinstance(event, Called)] == [(), ()]


# Notices that fail.


def test_failed_channel_is_followed_by_the_next_at_once_and_then_by_the_next_person() -> None:
    case = confirmed()
    settle(case.at(2), "ve1", Channel.WECOM_BOT, Outcome.FAILED)
    assert case.incident.calls[person("ve1")].channels == (Channel.WECOM_BOT, Channel.SMTP)
    settle(case.at(3), "ve1", Channel.SMTP, Outcome.FAILED)
    assert person("ve3") in case.incident.calls


def test_failure_means_nothing_for_one_who_is_going_or_still_has_a_channel_open() -> None:
    case = confirmed()
    case.at(1).do(ask.Accept(person=person("ve1")))
    settle(case, "ve1", Channel.WECOM_BOT, Outcome.FAILED)
    assert case.incident.calls[person("ve1")].channels == (Channel.WECOM_BOT,)

    other = confirmed()
    other.at(20).reach("seen:ve1:0")
    settle(other, "ve1", Channel.WECOM_BOT, Outcome.FAILED)
    assert person("ve3") not in other.incident.calls


def test_supervisor_without_a_working_first_channel_gets_the_second() -> None:
    case = Case()
    case.open()
    case.run_until(60)
    settle(case, "boss", Channel.WECOM_BOT, Outcome.FAILED)
    assert case.incident.calls[person("boss")].channels == (Channel.WECOM_BOT, Channel.SMTP)
    assert case.templates().count(("unanswered", "boss")) == 2


def test_failed_recall_calls_nobody() -> None:
    case = confirmed()
    case.at(40).arrives("ve1")
    assert ("recall", "ve2") in case.templates()
    before = len(case.told)
    settle(case.at(41), "ve2", Channel.WECOM_BOT, Outcome.FAILED)
    assert case.told[before:] == []


def test_nobody_there_goes_on_to_the_next_channel_while_it_is_worth_sending() -> None:
    case = confirmed(Mode.PARALLEL)
    case.run_until(CITY + 180)
    settle(case.at(CITY + 181), "ci1", Channel.WECOM_BOT, Outcome.FAILED)
    last = case.told[-1]
    assert (last.template, last.person, last.channel) == ("nobody_there", "ci1", Channel.SMTP)
    assert last.expires > case.now


def test_nobody_there_rings_the_next_shift_when_the_last_one_cannot_be_told() -> None:
    case = confirmed(Mode.PARALLEL)
    case.run_until(CITY)
    case.staff = directory(responder("ci8", Tier.CITY, 1, Channel.MQTT), responder("ci9", Tier.CITY, 2))
    case.at(CITY + 180).reach("again:1")
    assert case.incident.calls[person("ci9")].tier is Tier.CITY
    assert ("nobody_there", "ci9") in case.templates()


def test_reminders_that_an_outage_swallowed_are_not_sent_after() -> None:
    case = Case()
    case.open(grade=Grade.IV)
    case.at(3700)
    assert case.run_until(3700) == [(3700, "confirm:1")]
    assert case.templates().count(("unanswered", "boss")) == 1
    assert ("look", "ve1") in case.templates()
    assert case.due() == {"confirm:22": 3780}


def test_calls_to_everybody_that_an_outage_swallowed_are_not_sent_after() -> None:
    case = confirmed(Mode.PARALLEL)
    case.run_until(CITY)
    case.at(CITY + 3700).run_until(CITY + 3700)
    assert case.templates().count(("nobody_there", "ci1")) == 1
    assert case.due() == {"again:21": CITY + 21 * 180}


# Done, and nobody closes it.


def done(case: Case) -> Case:
    case.at(100).do(ask.ReportDone(person=person("ve1")))
    return case


def reminders(case: Case) -> list[int]:
    return [r.event.step for r in case.log if isinstance(r.event, Reminded)]


@pytest.mark.parametrize(("offset", "acts"), [(-0.000001, False), (0, True), (0.000001, True)])
def test_a_reminder_is_never_early(offset: float, *, acts: bool) -> None:
    case = done(confirmed(Mode.PARALLEL))
    case.arrives(tier=Tier.VILLAGE, basis=Basis.OPERATOR)
    assert bool(case.at(700 + offset).reach("remind:1")) is acts


def test_what_is_done_and_not_closed_is_said_to_supervisors_and_not_for_ever() -> None:
    case = done(confirmed(Mode.PARALLEL))
    case.run_until(20_000)
    at = [(r.occurred - START).total_seconds() for r in case.log if isinstance(r.event, Reminded)]
    assert at == [700, 2500, 4300, 6100]
    assert [who for what, who in case.templates() if what == "not_closed"] == ["boss"] * 4
    assert case.due() == {}


def test_done_stops_the_ringing_that_nobody_is_there() -> None:
    case = done(confirmed(Mode.PARALLEL))
    case.run_until(20_000)
    assert {str(verdict) for verdict in case.verdicts().values()} == {"missed"}
    assert not [what for what, _ in case.templates() if what == "nobody_there"]


def test_reminders_of_what_is_done_that_an_outage_swallowed_are_not_sent_after() -> None:
    case = done(confirmed(Mode.PARALLEL))
    case.at(4400).run_until(4400)
    assert reminders(case) == [3]
    assert case.due() == {"remind:4": 6100}


def test_a_reminder_that_fails_goes_on_to_the_next_channel() -> None:
    case = done(confirmed(Mode.PARALLEL))
    case.run_until(700)
    settle(case.at(701), "boss", Channel.WECOM_BOT, Outcome.FAILED)
    assert [n.channel for n in case.told if n.template == "not_closed"] == [Channel.WECOM_BOT, Channel.SMTP]
    assert case.told[-1].expires > case.now


def test_closing_ends_the_reminders() -> None:
    case = done(confirmed(Mode.PARALLEL))
    case.run_until(700)
    case.at(800).do(ask.Close(reason_code="handled"))
    assert case.due() == {}
    assert case.at(2500).reach("remind:2") == []
