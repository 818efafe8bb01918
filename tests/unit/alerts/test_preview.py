from __future__ import annotations

from tests.support.cases import WorkCase
from tests.support.incidents import START, Case, person, staged
from tocsin.alerts import commands as ask
from tocsin.alerts.incident import preview
from tocsin.alerts.preview import UPCOMING_MAX, Upcoming
from tocsin.core.detections import Kind
from tocsin.core.grids import Tier
from tocsin.core.incidents import Basis, Mode
from tocsin.core.responders import Channel


def coming(case: Case) -> list[tuple[float, str, str | None, tuple[str, ...]]]:
    found = preview(case.incident, case.policy, case.staff, case.now)
    return [
        (
            (one.at - START).total_seconds(),
            one.what_code,
            None if one.tier is None else str(one.tier),
            one.persons,
        )
        for one in found
    ]


def test_unconfirmed_incident_shows_the_supervisor_and_then_the_system() -> None:
    case = Case()
    case.open()
    assert coming(case)[:3] == [
        (60, "unanswered", None, ("boss", "ve1", "ve2")),
        (180, "confirmed", None, ()),
        (180, "activated", "village", ("ve1", "ve2")),
    ]


def test_confirmed_incident_shows_whom_a_miss_calls() -> None:
    case = Case(staged())
    case.open()
    case.confirm()
    assert (180, "missed", "village", ("boss",)) in coming(case)
    found = preview(case.incident, case.policy, case.staff, case.now)
    township = next(one for one in found if one.what_code == "activated")
    assert (township.tier, township.persons, township.channels) == (
        Tier.TOWNSHIP,
        ("to1",),
        (Channel.WECOM_BOT,),
    )


def test_stand_by_names_the_people() -> None:
    case = Case(staged(mode=Mode.STAGGERED))
    case.open()
    case.confirm()
    assert (108, "stand_by", "township", ("to1",)) in coming(case)


def test_overdue_step_is_shown_now_and_not_in_the_past() -> None:
    case = Case(staged())
    case.open()
    case.confirm()
    case.at(500)
    assert min(at for at, *_ in coming(case)) == 500


def test_preview_ends_where_it_would_only_repeat_itself() -> None:
    case = Case()
    case.open(severity=0.1)
    assert [what for _, what, *_ in coming(case)] == ["unanswered", "unanswered", "unanswered"]
    case.confirm()
    assert coming(case)[-1][1] == "called:nobody_there"
    assert len(coming(case)) <= UPCOMING_MAX


def test_preview_changes_nothing() -> None:
    case = Case()
    case.open()
    before = case.incident
    preview(case.incident, case.policy, case.staff, case.now)
    assert case.incident == before
    assert case.do(ask.DeadlineReached(key="confirm:1")) == []


def test_upcoming_is_a_plain_value() -> None:
    assert Upcoming(START, "missed", None) == Upcoming(START, "missed", None, (), ())


def test_every_step_that_tells_somebody_says_by_which_channel() -> None:
    case = Case(staged(mode=Mode.STAGGERED))
    case.open()
    found = preview(case.incident, case.policy, case.staff, case.now)
    assert {one.what_code for one in found if one.persons and not one.channels} == set()
    assert [(one.what_code, one.channels) for one in found if one.what_code in {"siren", "stand_by"}][:2] == [
        ("siren", (Channel.MQTT,)),
        ("stand_by", (Channel.WECOM_BOT,)),
    ]


def test_what_is_done_and_not_closed_shows_its_reminders() -> None:
    case = Case()
    case.open()
    case.confirm()
    for tier in Tier:
        case.arrives(tier=tier, basis=Basis.OPERATOR)
    case.at(100).do(ask.ReportDone(person=person("ve1")))
    assert [step for step in coming(case) if step[1] == "called:not_closed"] == [
        (700.0 + 1800 * number, "called:not_closed", None, ("boss",)) for number in range(4)
    ]


def test_what_is_owed_is_foreseen_with_who_will_be_told() -> None:
    case = Case()
    case.open(Kind.CALL)
    for who in ("ve1", "to1", "ci1"):
        case.at(20).arrives(who)
    coming = [
        (one.what_code, one.persons) for one in preview(case.incident, case.policy, case.staff, case.now)
    ]
    assert coming[:2] == [("reminded:grade", ("boss",)), ("reminded:report_up", ("boss",))]


def test_a_case_shows_its_warning_and_its_supervision() -> None:
    case = WorkCase().dispatched()
    coming = preview(case.incident, case.policy, case.staff, case.now)
    assert [(one.what_code, one.persons) for one in coming[:3]] == [
        ("called:urge", ("sa1",)),
        ("called:supervise", ("boss",)),
        ("called:supervise", ("sa1",)),
    ]
    assert coming[0].at == case.open_keys()["work:accept:warn"]
    assert len(coming) == 1 + 2 * case.policy.reminders.most
