from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from tests.support.cases import SANITATION, WorkCase
from tests.support.incidents import DEFAULT, STAFF, START, Case, opening, staged
from tocsin.alerts import commands as ask
from tocsin.alerts.model import Call, Notice
from tocsin.alerts.outgoing import _quieter, notices
from tocsin.core.grids import Tier
from tocsin.core.ids import IncidentId, NoticeId, PersonId
from tocsin.core.incidents import Called, Grade, Mode, Outcome, Stage, StandBy
from tocsin.core.responders import Channel, Directory
from tocsin.core.working_time import Limit, Terms, Unit

S = timedelta(seconds=1)


def told(case: Case, template: str) -> list[Notice]:
    return [notice for notice in case.told if notice.template == template]


def test_call_is_worth_sending_until_the_clock_ends() -> None:
    case = Case(staged())
    case.open()
    case.at(10).confirm()
    first = told(case, "call")[0]
    assert (first.person, first.tier, first.channel) == ("ve1", Tier.VILLAGE, Channel.WECOM_BOT)
    assert (first.not_before, first.expires) == (START + 10 * S, START + 190 * S)


def test_same_event_gives_the_same_ids() -> None:
    case = Case()
    case.open()
    case.confirm()
    repeated = [n for r in case.log for n in notices(r.event, case.incident, STAFF, case.policy)]
    assert {notice.id for notice in repeated} == {notice.id for notice in case.told}


def test_siren_sounds_for_the_village_at_serious_grades_and_never_in_a_drill() -> None:
    for details, grade, sounds in [
        ({}, Grade.III, True),
        ({}, Grade.IV, False),
        ({"drill": True}, Grade.I, False),
        ({"alarm": None}, Grade.I, False),
    ]:
        case = Case()
        case.open(**details)
        case.confirm(grade)
        sirens = told(case, "siren")
        assert bool(sirens) is sounds
        assert all((n.person, n.channel, n.tier) == (None, Channel.MQTT, Tier.VILLAGE) for n in sirens)


def test_drill_marks_every_notice() -> None:
    case = Case()
    case.open(drill=True)
    case.confirm()
    assert case.told
    assert all(notice.drill for notice in case.told)


def test_urgency_follows_the_grade_and_the_template() -> None:
    case = Case()
    case.open()
    case.confirm(Grade.I)
    assert [notice.priority for notice in told(case, "call")] == [0, *[4] * (len(told(case, "call")) - 1)]
    case.at(5).do(ask.Close(reason_code="handled"))
    assert {notice.priority for notice in told(case, "recall")} == {8}


def test_miss_is_told_to_supervisors_and_to_a_tier_that_is_already_on_its_way() -> None:
    case = Case(staged(mode=Mode.PARALLEL))
    case.open()
    case.confirm()
    case.run_until(180)
    assert [notice.person for notice in told(case, "missed_below")] == ["boss", "to1", "to2"]


def test_tier_that_the_miss_has_called_hears_only_the_call() -> None:
    case = Case(staged())
    case.open()
    case.confirm()
    case.run_until(180)
    assert [notice.person for notice in told(case, "missed_below")] == ["boss"]


def test_miss_of_the_last_tier_is_told_to_supervisors_only() -> None:
    case = Case(staged())
    case.open()
    case.confirm()
    case.run_until(1800)
    assert [notice.person for notice in told(case, "missed_below")] == ["boss", "boss", "boss"]


def test_arrival_stands_down_those_of_the_tier_who_are_not_going() -> None:
    case = Case(staged(mode=Mode.PARALLEL))
    case.open()
    case.confirm()
    case.at(40).do(ask.Accept(person=case.staff.responders[0].person))
    case.at(100).arrives(tier=Tier.VILLAGE, at=100, basis=ask.Basis.OPERATOR)
    assert [notice.person for notice in told(case, "recall")] == ["ve2"]


def test_end_recalls_everybody_who_was_called_once_and_not_who_is_there_or_refused() -> None:
    case = Case(staged())
    case.open()
    case.confirm()
    case.at(10).do(ask.Refuse(person=case.staff.responders[1].person, reason_code="ill"))
    case.at(50).arrives("ve1")
    before = len(case.told)
    case.at(60).do(ask.Close(reason_code="handled"))
    assert [notice.person for notice in case.told[before:]] == ["ve4"]


def test_merging_recalls_nobody() -> None:
    case = Case(staged())
    case.open()
    case.confirm()
    case.do(ask.Merge(into=IncidentId("7")))
    assert told(case, "recall") == []


def test_who_is_on_the_way_hears_of_a_merging_and_nobody_else() -> None:
    case = Case(staged())
    case.open()
    case.confirm()
    called = [notice.person for notice in told(case, "call")]
    going = called[0]
    assert going is not None
    assert len(called) > 1
    case.at(20).do(ask.Accept(person=going))
    case.at(30).do(ask.Merge(into=IncidentId("7")))
    (notice,) = told(case, "merged")
    assert (notice.person, notice.not_before) == (going, START + timedelta(seconds=30))


def test_unsaid_instants_fall_back_on_the_call_or_the_opening() -> None:
    case = Case(staged())
    case.open()
    case.confirm()
    bare = Called(
        tier=Tier.VILLAGE,
        person=case.staff.responders[0].person,
        step=0,
        channels=(Channel.LOG,),
        reason_code="activated",
    )
    (notice,) = notices(bare, case.incident, STAFF, case.policy)
    assert notice.not_before == START
    (other,) = notices(bare, structs.replace(case.incident, calls={}), STAFF, case.policy)
    assert other.not_before == case.incident.opened


def test_stand_by_without_a_clock_below_is_told_to_nobody() -> None:
    case = Case()
    case.open()
    assert notices(StandBy(tier=Tier.TOWNSHIP), case.incident, STAFF, case.policy) == []


def test_a_reminder_is_worth_sending_until_the_next_one_and_is_not_urgent() -> None:
    case = Case()
    case.open()
    case.confirm()
    case.at(100).do(ask.ReportDone(person=PersonId("ve1")))
    case.run_until(700)
    (reminder,) = told(case, "not_closed")
    assert (reminder.person, reminder.tier, reminder.priority) == ("boss", None, 6)
    assert (reminder.not_before, reminder.expires) == (START + 700 * S, START + (700 + 1800) * S)


def test_a_tier_is_told_of_a_miss_below_only_while_its_own_clock_runs() -> None:
    case = Case(staged(mode=Mode.PARALLEL))
    case.open()
    case.confirm()
    case.run_until(180)
    word = {notice.person: notice for notice in told(case, "missed_below")}
    assert word["to1"].expires == START + 600 * S
    assert word["boss"].expires == START + 780 * S


def test_what_supervisors_hear_after_an_outage_is_no_repetition_of_an_earlier_word() -> None:
    case = Case(staged(mode=Mode.PARALLEL))
    case.open()
    case.confirm()
    case.run_until(180)
    case.at(700).run_until(700)
    mine = [notice for notice in told(case, "missed_below") if notice.person == "boss"]
    assert len({notice.id for notice in mine}) == len(mine) == 2
    assert (mine[1].not_before, mine[1].expires) == (START + 700 * S, START + 1300 * S)


def test_the_first_call_of_a_place_goes_before_any_second_one() -> None:
    mild, grave = Case(staged()), Case(staged())
    for case, grade in ((mild, Grade.IV), (grave, Grade.I)):
        case.open()
        case.confirm(grade)
    first_of_mild, *_ = told(mild, "call")
    _, second_of_grave, *_ = told(grave, "call")
    assert first_of_mild.priority < second_of_grave.priority


def test_until_somebody_is_reached_the_next_one_is_the_first() -> None:
    case = Case(staged())
    case.open()
    case.confirm(Grade.III)
    case.at(5).do(ask.Refuse(person=PersonId("ve1"), reason_code="ill"))
    first, second, third = told(case, "call")
    assert (first.person, second.person, third.person) == ("ve1", "ve2", "ve3")
    assert (first.priority, second.priority, third.priority) == (2, 6, 6)
    case.at(6).do(ask.Refuse(person=PersonId("ve2"), reason_code="ill"))
    assert told(case, "call")[-1].person == "ve4"
    assert told(case, "call")[-1].priority == 6, "ve3 is called before ve4"


VOICE, SMS, APP = Channel.VOICE, Channel.SMS, Channel.WECOM_APP


def recalled(channels: tuple[Channel, ...], hour: int, *, going: bool = False, tried: int = 1) -> Channel:
    """By which channel somebody is recalled who was called by the first of theirs."""
    one = next(one for one in STAFF.responders if one.person == "ve1")
    person = structs.replace(one, channels=channels)
    at = START.replace(hour=(hour - 8) % 24)
    call = Call(person.person, Tier.VILLAGE, at, 0, channels[:tried], accepted=at if going else None)
    return _quieter(channels[tried - 1], call, Directory(person.grid, (person,)), at)


@pytest.mark.parametrize(
    ("channels", "hour", "by"),
    [
        ((VOICE, SMS, APP), 12, SMS),
        ((VOICE, SMS, APP), 3, APP),
        ((VOICE, APP), 12, APP),
        ((VOICE,), 3, VOICE),
        ((SMS, APP), 12, SMS),
        ((SMS, APP), 22, APP),
        ((SMS, APP), 6, APP),
        ((SMS, APP), 7, SMS),
        ((SMS, APP), 21, SMS),
        ((SMS,), 3, SMS),
        ((APP, VOICE), 3, APP),
        ((Channel.SMTP, VOICE), 3, Channel.SMTP),
    ],
)
def test_nobody_is_woken_to_hear_that_they_may_sleep(
    channels: tuple[Channel, ...], hour: int, by: Channel
) -> None:
    assert recalled(channels, hour) is by


def test_who_is_on_the_way_hears_the_recall_for_sure() -> None:
    assert recalled((SMS, APP), 3, going=True) is SMS
    assert recalled((VOICE, SMS, APP), 3, going=True) is SMS
    assert recalled((VOICE,), 3, going=True) is VOICE


def test_a_channel_that_failed_recalls_nobody() -> None:
    person = structs.replace(STAFF.responders[0], channels=(VOICE, SMS, APP))
    call = Call(person.person, Tier.VILLAGE, START, 0, (APP, SMS, VOICE), failed=(APP, SMS))
    assert _quieter(VOICE, call, Directory(person.grid, (person,)), START.replace(hour=19)) is VOICE


def test_the_id_of_a_notice_is_the_same_whatever_happened_meanwhile() -> None:
    case = Case()
    case.open()
    case.confirm()
    event = next(one.event for one in case.log if isinstance(one.event, Called))
    now = {one.id for one in notices(event, case.incident, case.staff, case.policy)}
    case.at(3).do(ask.AddNote(note="n"))
    assert {one.id for one in notices(event, case.incident, case.staff, case.policy)} == now


def test_a_recall_goes_by_a_channel_that_did_not_fail() -> None:
    case = Case(staged())
    case.open()
    case.confirm()
    case.at(20).reach("seen:ve2:0")
    case.do(
        ask.SettleNotice(
            notice=NoticeId("n"), person=PersonId("ve2"), channel=Channel.SMTP, outcome=Outcome.FAILED
        )
    )
    case.at(30).arrives("ve1")
    assert [one.channel for one in told(case, "recall") if one.person == "ve2"] == [Channel.WECOM_BOT]


MONDAY = datetime(2026, 7, 13, 1, 0, tzinfo=UTC)


def test_a_task_given_at_night_is_told_in_the_morning() -> None:
    case = WorkCase(since=MONDAY + timedelta(hours=14)).filed().dispatched()
    (notice,) = [one for one in case.told if one.template == "task"]
    assert notice.not_before == MONDAY + timedelta(hours=23, minutes=30)
    assert notice.expires == notice.not_before + DEFAULT.reminders.overdue
    assert notice.priority == 8


def test_a_task_with_a_limit_in_hours_is_told_at_once() -> None:
    terms = Terms(limits={Stage.ACCEPT: Limit(2, Unit.HOUR)})
    case = WorkCase(since=MONDAY + timedelta(hours=14)).filed(terms=terms).dispatched()
    (notice,) = [one for one in case.told if one.template == "task"]
    assert notice.not_before == case.now


def test_who_dealt_with_a_case_is_not_stood_down_by_its_closing_but_by_its_rejection() -> None:
    closed = WorkCase(since=MONDAY).checked()
    closed.do(ask.Close(reason_code="handled"))
    assert "recall" not in {template for template, _ in closed.templates()}
    rejected = WorkCase(since=MONDAY).dispatched()
    rejected.do(ask.Reject(reason_code="duplicate"))
    assert ("recall", "sa1") in rejected.templates()


def test_a_department_that_an_emergency_is_given_to_is_told_at_once() -> None:
    case = WorkCase(staged())
    case.do(opening(grade=Grade.IV))
    case.confirm()
    case.at(20).do(ask.Dispatch(lead=SANITATION))
    (notice,) = [one for one in case.told if one.template == "task"]
    assert (notice.not_before, notice.expires) == (case.now, case.now + DEFAULT.reminders.again)


def test_what_is_told_after_a_reopening_is_a_notice_of_its_own() -> None:
    case = WorkCase(staged())
    case.do(opening(grade=Grade.IV))
    case.confirm()
    first = {notice.id for notice in case.told if notice.template == "call"}
    case.at(10).do(ask.Reject(reason_code="false_alarm"))
    case.at(20).do(ask.Reopen(reason_code="wrongly_rejected", terms=Terms()))
    case.told.clear()
    case.at(30).confirm()
    again = {notice.id for notice in case.told if notice.template == "call"}
    assert again
    assert not first & again
