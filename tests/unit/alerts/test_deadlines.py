from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.incidents import CLOCKS_ONLY, START, Case, directory, person, responder, staged
from tocsin.alerts import commands as ask
from tocsin.alerts.deadlines import call_of, deadlines, due_of, successor
from tocsin.core.detections import Kind
from tocsin.core.grids import Tier
from tocsin.core.ids import AlarmId, DeviceId
from tocsin.core.incidents import Basis, Grade, Lateness, Mode

S = timedelta(seconds=1)


def test_unconfirmed_waits_a_minute_for_the_supervisor_and_three_for_the_system() -> None:
    case = Case()
    case.open()
    assert case.due() == {"confirm:1": 60}
    case.at(61).reach("confirm:1")
    assert case.due() == {"confirm:2": 180}


def test_grade_iv_is_asked_again_every_three_minutes_without_drift() -> None:
    case = Case()
    case.open(severity=0.1)
    assert case.incident.grade is Grade.IV
    assert case.run_until(800) == [
        (60, "confirm:1"), (180, "confirm:2"), (360, "confirm:3"), (540, "confirm:4"), (720, "confirm:5"),
    ]  # fmt: skip
    assert case.incident.confirmed is None


def test_late_incident_waits_for_the_long_limit_and_is_asked_again() -> None:
    case = Case()
    case.open(lateness=Lateness.LATE)
    assert case.run_until(400) == [(180, "confirm:1"), (360, "confirm:2")]


def test_retrospective_incident_has_no_clocks_confirmed_or_not() -> None:
    case = Case(CLOCKS_ONLY)
    case.open(lateness=Lateness.RETROSPECTIVE)
    assert case.due() == {}
    case.confirm()
    assert (case.due(), case.incident.clocks) == ({}, {})


@pytest.mark.parametrize(
    ("tier", "activated", "due"),
    [
        (Tier.VILLAGE, 0, 180),
        (Tier.TOWNSHIP, 0, 600),
        (Tier.TOWNSHIP, 180, 600),
        (Tier.TOWNSHIP, 181, 601),
        (Tier.CITY, 600, 1800),
        (Tier.CITY, 601, 1801),
        (Tier.VILLAGE, 30, 210),
    ],
)
def test_due_is_the_window_from_confirmation_or_the_own_share_from_activation(
    tier: Tier, activated: float, due: float
) -> None:
    assert due_of(START, START + activated * S, tier, staged()) == START + due * S


def test_each_running_clock_has_its_key_and_a_finished_one_has_none() -> None:
    case = Case()
    case.open()
    case.at(10).confirm()
    assert {k: v for k, v in case.due().items() if k.startswith("tier")} == {
        "tier:village": 190,
        "tier:township": 610,
        "tier:city": 1810,
    }
    case.at(50).arrives("ve1")
    assert "tier:village" not in case.due()


def test_soft_timers_count_from_activation() -> None:
    case = Case(staged())
    case.open()
    case.at(10).confirm()
    expected = {"seen:ve1:0": 30, "accept:ve1:0": 55, "seen:ve2:0": 30, "accept:ve2:0": 55}
    assert case.due() == {"tier:village": 190} | expected


def test_second_channel_is_the_last_when_a_person_has_two() -> None:
    case = Case(staged())
    case.open()
    case.confirm()
    case.at(20).reach("seen:ve1:0")
    assert case.incident.calls[person("ve1")].more == 0
    assert [key for key in case.due() if key.startswith("seen:ve1")] == []


def test_acceptance_ends_soft_timers_and_never_the_hard_one() -> None:
    case = Case(staged())
    case.open()
    case.confirm()
    case.at(15).do(ask.Accept(person=person("ve1")))
    assert case.due() == {"tier:village": 180}


def test_seen_person_needs_no_further_channel_but_may_still_not_accept() -> None:
    case = Case(staged())
    case.open()
    case.confirm()
    case.at(5).do(ask.See(person=person("ve1")))
    assert "seen:ve1:0" not in case.due()
    assert case.due()["accept:ve1:0"] == 45


def test_refusing_person_has_no_soft_timers() -> None:
    case = Case(staged())
    case.open()
    case.confirm()
    case.at(5).do(ask.Refuse(person=person("ve1"), reason_code="ill"))
    assert [key for key in case.due() if "ve1" in key] == []


def test_last_of_the_roster_has_no_successor() -> None:
    case = Case(staged(), directory(responder("ve1", Tier.VILLAGE, 1), responder("to1", Tier.TOWNSHIP, 1)))
    case.open()
    case.confirm()
    assert [key for key in case.due() if key.startswith("accept")] == []


def test_soft_timers_never_outlast_the_hard_one() -> None:
    policy = staged()
    slow = replace(policy, soft=replace(policy.soft, seen=180 * S, accepted=180 * S))
    case = Case(slow)
    case.open()
    case.confirm()
    assert case.due() == {"tier:village": 180}


@pytest.mark.parametrize(
    ("mode", "expected"), [(Mode.STAGED, None), (Mode.STAGGERED, 118), (Mode.PARALLEL, None)]
)
def test_stand_by_at_sixty_percent_of_the_window_in_staggered_mode_only(
    mode: Mode | None, expected: object
) -> None:
    case = Case(staged(mode=mode))
    case.open()
    case.at(10).confirm()
    assert case.due().get("standby:township") == expected


def test_stand_by_is_said_once_and_for_the_next_tier_from_its_own_window() -> None:
    case = Case(staged(mode=Mode.STAGGERED))
    case.open()
    case.at(0).confirm()
    fired = [(at, key) for at, key in case.run_until(1799) if key.startswith("standby")]
    assert fired == [(108, "standby:township"), (180 + 0.6 * 420, "standby:city")]


def test_all_missed_is_called_again_without_drift_until_somebody_is_there() -> None:
    case = Case(CLOCKS_ONLY)
    case.open()
    case.confirm()
    case.run_until(1800)
    assert case.due() == {"again:1": 1980}
    case.at(1983).reach("again:1")
    assert case.due() == {"again:2": 2160}
    case.at(2000).arrives("ve1")
    assert case.due() == {}


def test_with_nobody_to_call_at_all_only_an_operator_can_go_on() -> None:
    case = Case(CLOCKS_ONLY, directory())
    case.open()
    case.confirm()
    case.run_until(1800)
    assert (case.verdicts()["city"], case.due()) == ("missed", {})


def test_ended_incident_has_no_deadlines() -> None:
    case = Case(CLOCKS_ONLY)
    case.open()
    case.confirm()
    case.do(ask.Close(reason_code="handled"))
    assert deadlines(case.incident, case.policy) == {}


def test_each_of_two_silent_people_has_a_successor_of_their_own() -> None:
    case = Case(staged())
    case.open()
    case.confirm()
    assert successor(case.incident, Tier.VILLAGE, 0, case.policy) == "ve3"
    assert successor(case.incident, Tier.VILLAGE, 1, case.policy) == "ve4"
    case.at(45).reach("accept:ve1:0")
    assert successor(case.incident, Tier.VILLAGE, 0, case.policy) is None
    assert successor(case.incident, Tier.VILLAGE, 1, case.policy) == "ve4"


def test_call_from_before_the_activation_is_no_call_of_the_clock() -> None:
    case = Case(staged())
    case.open()
    case.run_until(60)
    assert case.incident.calls[person("ve1")].reason_code == "unanswered"
    assert call_of(case.incident, Tier.VILLAGE, person("ve1")) is None
    case.at(70).confirm()
    call = call_of(case.incident, Tier.VILLAGE, person("ve1"))
    assert call is not None
    assert call.called == START + 70 * S


def test_done_waits_for_somebody_to_close_it() -> None:
    case = Case(staged(mode=Mode.PARALLEL))
    case.open()
    case.confirm()
    case.at(100).do(ask.ReportDone(person=person("ve1")))
    assert case.due()["remind:1"] == 700
    assert not [key for key in case.due() if key.startswith("again")]


def test_who_refused_to_look_is_passed_over_and_no_timer_waits_for_them() -> None:
    case = Case()
    case.open()
    case.do(ask.Refuse(person=person("ve3"), reason_code="ill"))
    case.at(10).confirm()
    assert successor(case.incident, Tier.VILLAGE, 0, case.policy) is None
    assert "accept:ve1:0" not in case.due()
    assert case.due()["accept:ve2:0"] == 55


def test_asked_to_look_and_confirmed_at_the_same_instant_is_called_for_the_clock() -> None:
    case = Case()
    case.open()
    case.run_until(60)
    case.confirm()
    assert case.incident.calls[person("ve1")].reason_code == "activated"
    assert ("call", "ve1") in case.templates()


def test_live_news_of_a_late_incident_is_asked_about_from_when_it_came() -> None:
    case = Case()
    case.open(lateness=Lateness.LATE)
    case.at(100).do(
        ask.AttachAlarm(alarm=AlarmId("alarm-2"), device=DeviceId("box/cam-2"), kind=Kind.SMOKE, severity=0.5)
    )
    assert case.due() == {"confirm:1": 160}


def test_supervisors_are_reminded_so_often_and_no_more() -> None:
    case = Case(CLOCKS_ONLY)
    case.open()
    case.confirm()
    case.at(50).arrives("ve1")
    case.arrives(tier=Tier.TOWNSHIP, basis=Basis.OPERATOR)
    case.arrives(tier=Tier.CITY, basis=Basis.OPERATOR)
    case.do(ask.ReportDone(person=person("ve1")))
    fired = case.run_until(100_000)
    assert [key for _, key in fired] == ["remind:1", "remind:2", "remind:3", "remind:4"]
    assert case.due() == {}


def test_a_further_channel_does_not_begin_the_soft_timers_anew() -> None:
    case = Case(staged())
    case.open()
    case.confirm()
    case.at(22).reach("seen:ve1:0")
    assert case.due()["accept:ve1:1"] == 45
