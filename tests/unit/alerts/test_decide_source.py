from __future__ import annotations

import pytest

from tests.support.incidents import START, Case, opening, person, staged
from tocsin.alerts import commands as ask
from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected
from tocsin.core.grids import Tier
from tocsin.core.ids import AlarmId, DeviceId, IncidentId, ReportId
from tocsin.core.incidents import (
    AlarmAttached,
    Basis,
    Confirmed,
    Grade,
    GradeChanged,
    Lateness,
    Mode,
    State,
    TierActivated,
)


def second_alarm(
    *, device: str = "box/cam-2", kind: Kind = Kind.SMOKE, severity: float = 0.5, late: bool = False
) -> ask.AttachAlarm:
    alarm = AlarmId(f"alarm-{device}")
    return ask.AttachAlarm(alarm=alarm, device=DeviceId(device), kind=kind, severity=severity, late=late)


def refusal(case: Case, command: ask.Command) -> Rejected:
    with pytest.raises(Rejected) as caught:
        case.do(command)
    return caught.value


def test_opening_twice_is_refused() -> None:
    case = Case()
    case.open()
    assert refusal(case, opening()).code == "incident.exists"


@pytest.mark.parametrize(
    ("command", "confirmed"),
    [
        (opening(Kind.CALL), True),
        (opening(Kind.CALL, lateness=Lateness.LATE), False),
        (opening(Kind.CALL, alarm=None), False),
        (opening(Kind.SMOKE), False),
        (opening(Kind.SMOKE, certified=True), True),
        (opening(Kind.SMOKE, certified=True, lateness=Lateness.LATE), False),
        (opening(Kind.LEVEL, certified=True), False),
    ],
)
def test_only_trusted_sources_in_time_confirm_alone(command: ask.Command, *, confirmed: bool) -> None:
    case = Case()
    case.do(command)
    assert (case.incident.confirmed == START) is confirmed
    assert case.incident.confirmed_by is (Basis.AUTOMATIC if confirmed else None)


def test_reporters_grade_wins_over_the_proposal() -> None:
    case = Case()
    case.open(grade=Grade.I)
    assert case.incident.grade is Grade.I


def test_report_by_hand_is_attached_once() -> None:
    case = Case()
    case.do(opening(alarm=None))
    case.do(ask.AttachReport(report=ReportId("r1")))
    assert case.do(ask.AttachReport(report=ReportId("r1"))) == []
    assert case.incident.reports == ("r1",)


def test_opening_with_a_report_keeps_it() -> None:
    case = Case()
    case.do(ask.Open(**{**_fields(opening(alarm=None)), "report": ReportId("r1")}))
    assert case.incident.reports == ("r1",)


def _fields(command: ask.Open) -> dict[str, object]:
    return {name: getattr(command, name) for name in command.__struct_fields__}


@pytest.mark.parametrize(
    ("attached", "confirmed"),
    [
        (second_alarm(), True),
        (second_alarm(kind=Kind.FIRE), True),
        (second_alarm(device="box/cam-1"), False),
        (second_alarm(late=True), False),
        (second_alarm(kind=Kind.TEMPERATURE), False),
        (second_alarm(kind=Kind.CALL), True),
        (second_alarm(kind=Kind.CALL, late=True), False),
    ],
)
def test_two_devices_that_agree_in_time_confirm(attached: ask.AttachAlarm, *, confirmed: bool) -> None:
    case = Case()
    case.open()
    case.at(10).do(attached)
    assert (case.incident.confirmed is not None) is confirmed


def test_same_alarm_again_adds_nothing_until_it_has_cleared() -> None:
    case = Case()
    case.open()
    case.do(second_alarm(late=True))
    assert case.do(second_alarm(late=True)) == []
    case.do(ask.ClearAlarm(alarm=AlarmId("alarm-box/cam-2")))
    assert case.incident.raised == ("alarm-1",)
    (again,) = case.do(second_alarm(late=True))
    assert isinstance(again, AlarmAttached)
    assert case.incident.alarms == ("alarm-1", "alarm-box/cam-2")


def test_an_alarm_that_grows_worse_makes_the_proposed_grade_worse_and_attaches_no_second_time() -> None:
    case = Case()
    case.open()
    worse = ask.AttachAlarm(
        alarm=AlarmId("alarm-1"), device=DeviceId("box/cam-1"), kind=Kind.SMOKE, severity=0.95
    )
    assert [type(event).__name__ for event in case.do(worse)] == ["GradeChanged"]
    assert case.incident.grade is Grade.II
    assert case.do(worse) == []
    case.confirm()
    worst = ask.AttachAlarm(
        alarm=AlarmId("alarm-1"), device=DeviceId("box/cam-1"), kind=Kind.FIRE, severity=1.0
    )
    assert case.do(worst) == []  # a person has said how bad it is


def test_late_alarms_do_not_agree_even_with_a_live_one() -> None:
    case = Case()
    case.open(lateness=Lateness.LATE)
    case.do(second_alarm())
    assert (case.incident.lateness, case.incident.confirmed) == (Lateness.LIVE, None)


def test_live_alarm_makes_a_late_incident_live_and_asks_anew() -> None:
    case = Case()
    case.open(lateness=Lateness.LATE)
    case.run_until(400)
    case.do(second_alarm())
    assert case.due() == {"confirm:1": 460}


def test_worse_alarm_raises_the_proposal_before_confirmation_only() -> None:
    case = Case()
    case.open()
    case.do(second_alarm(device="box/cam-1b", kind=Kind.TEMPERATURE, severity=0.1))
    assert case.incident.grade is Grade.III
    case.do(second_alarm(kind=Kind.FIRE, severity=0.96))
    assert case.incident.grade is Grade.I

    confirmed = Case()
    confirmed.open()
    confirmed.confirm()
    confirmed.do(second_alarm(kind=Kind.FIRE, severity=0.96))
    assert confirmed.incident.grade is Grade.III


def test_clearing_never_ends_and_an_unknown_clear_says_nothing() -> None:
    case = Case()
    case.open()
    assert case.do(ask.ClearAlarm(alarm=AlarmId("other"))) == []
    case.do(ask.ClearAlarm(alarm=AlarmId("alarm-1")))
    assert case.incident.state is State.RECEIVED
    case.do(ask.Reject(reason_code="test"))
    assert case.do(ask.ClearAlarm(alarm=AlarmId("alarm-1"))) == []


def test_second_confirmation_says_who_was_first() -> None:
    case = Case()
    case.open()
    case.at(20).confirm()
    fault = refusal(case.at(30), ask.Confirm())
    assert (fault.code, "06:03:20 UTC by ann" in fault.reason) == ("incident.confirmed", True)


@pytest.mark.parametrize(
    ("mode", "tiers"),
    [
        (Mode.PARALLEL, ["village", "township", "city"]),
        (Mode.STAGED, ["village"]),
        (Mode.STAGGERED, ["village"]),
    ],
)
def test_mode_says_which_tiers_are_called_at_confirmation(mode: Mode | None, tiers: list[str]) -> None:
    case = Case(staged(mode=mode))
    case.open()
    case.confirm()
    assert list(case.verdicts()) == tiers


def test_operator_confirms_at_another_grade() -> None:
    case = Case()
    case.open()
    case.confirm(Grade.IV)
    assert (case.incident.grade, case.incident.mode, list(case.verdicts())) == (
        Grade.IV,
        Mode.STAGED,
        ["village"],
    )


def test_rejecting_stands_everybody_down() -> None:
    case = Case()
    case.open()
    case.confirm()
    case.at(60).do(ask.Reject(reason_code="false_alarm"))
    assert set(case.verdicts().values()) == {"stood_down"}
    assert ("recall", "ve1") in case.templates()


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (ask.Reject(reason_code="because"), "reject.reason"),
        (ask.Close(reason_code="because"), "close.reason"),
        (ask.Close(reason_code="handled"), "incident.unconfirmed"),
        (ask.Merge(into=IncidentId("42")), "merge.itself"),
        (ask.Activate(tier=Tier.CITY), "incident.unconfirmed"),
    ],
)
def test_impossible_acts_on_an_unconfirmed_incident(command: ask.Command, code: str) -> None:
    case = Case()
    case.open()
    fault = refusal(case, command)
    assert (fault.code, fault.reason[:7]) == (code, "cannot ")


@pytest.mark.parametrize(
    ("lateness", "reason"),
    [
        (Lateness.LATE, "no_action"),
        (Lateness.RETROSPECTIVE, "retrospective"),
        (Lateness.LIVE, "transferred"),
    ],
)
def test_unconfirmed_incident_that_may_be_closed(lateness: Lateness, reason: str) -> None:
    case = Case()
    case.open(lateness=lateness)
    case.do(ask.Close(reason_code=reason))
    assert case.incident.state is State.CLOSED


def test_change_to_a_worse_grade_calls_the_other_tiers_and_keeps_passed_deadlines() -> None:
    case = Case()
    case.open()
    case.confirm(Grade.IV)
    case.run_until(180)
    case.at(300).do(ask.ChangeGrade(grade=Grade.II))
    assert case.verdicts() == {"village": "missed", "township": None, "city": None}
    due = {key: at for key, at in case.due().items() if key.startswith("tier")}
    assert due == {"tier:township": 600, "tier:city": 1800}


def test_change_to_a_better_grade_calls_nobody_off() -> None:
    case = Case()
    case.open()
    case.confirm()
    (changed,) = case.at(30).do(ask.ChangeGrade(grade=Grade.IV))
    assert changed == GradeChanged(grade=Grade.IV, was=Grade.III, mode=Mode.STAGED)
    assert len(case.verdicts()) == 3
    assert case.do(ask.ChangeGrade(grade=Grade.IV)) == []


def test_grade_before_confirmation_has_no_mode() -> None:
    case = Case()
    case.open()
    assert case.do(ask.ChangeGrade(grade=Grade.I)) == [GradeChanged(grade=Grade.I, was=Grade.III)]


def test_operator_calls_a_tier_once() -> None:
    case = Case(staged())
    case.open()
    case.confirm()
    events = case.at(60).do(ask.Activate(tier=Tier.CITY))
    assert isinstance(events[0], TierActivated)
    assert case.do(ask.Activate(tier=Tier.CITY)) == []
    assert case.due()["tier:city"] == 1800


def test_ended_incident_takes_nothing_more_and_says_why() -> None:
    for end, code in [
        (ask.Close(reason_code="transferred"), "incident.closed"),
        (ask.Reject(reason_code="test"), "incident.rejected"),
        (ask.Merge(into=IncidentId("7")), "incident.merged"),
    ]:
        case = Case()
        case.open()
        case.do(end)
        for command in [second_alarm(), ask.Confirm(), ask.AttachReport(report=ReportId("r")), end,
                        ask.ChangeGrade(grade=Grade.I), ask.Accept(person=person("ve1"))]:  # fmt: skip
            assert refusal(case, command).code == code


def test_confirmation_stands_before_the_tiers_in_the_log() -> None:
    case = Case()
    case.open(Kind.CALL)
    kinds = [type(recorded.event) for recorded in case.log]
    assert kinds[:4] == [type(case.log[0].event), AlarmAttached, Confirmed, TierActivated]
