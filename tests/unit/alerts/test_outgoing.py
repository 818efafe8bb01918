from __future__ import annotations

from datetime import timedelta

from msgspec import structs

from tests.support.incidents import STAFF, START, Case, staged
from tocsin.alerts import commands as ask
from tocsin.alerts.model import Notice
from tocsin.alerts.outgoing import notices
from tocsin.core.grids import Tier
from tocsin.core.ids import IncidentId, PersonId
from tocsin.core.incidents import Called, Grade, Mode, StandBy
from tocsin.core.responders import Channel

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
    assert {notice.priority for notice in told(case, "call")} == {0}
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
