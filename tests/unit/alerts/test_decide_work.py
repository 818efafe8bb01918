from __future__ import annotations

import pytest
from msgspec import structs

from tests.support.cases import (
    ANN,
    DRAIN,
    OFFICE,
    RUBBISH,
    SANITATION,
    TERMS,
    TOWN,
    WATER,
    WorkCase,
)
from tests.support.incidents import DEFAULT, Case, opening, person, staged
from tocsin.alerts import commands as ask
from tocsin.core import incidents as happened
from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected
from tocsin.core.grids import TIERS, Tier
from tocsin.core.ids import IncidentId, OrganisationCode
from tocsin.core.incidents import Basis, Grade, IncidentEvent, Lateness, Mode, Stage, State
from tocsin.core.working_time import Calendar, Terms


def names(events: list[IncidentEvent]) -> list[str]:
    return [type(event).__name__ for event in events]


def refusal(case: Case, command: ask.Command) -> Rejected:
    with pytest.raises(Rejected) as caught:
        case.do(command)
    return caught.value


def confirmed(mode: Mode = Mode.STAGED) -> WorkCase:
    case = WorkCase(staged(mode=mode))
    case.do(opening(grade=Grade.IV))
    case.confirm()
    return case


def test_the_whole_life_of_a_case() -> None:
    case = WorkCase().reported()
    states = [case.incident.state]
    for command in (
        ask.Receive(),
        ask.File(matter=RUBBISH, terms=TERMS),
        ask.Dispatch(),
        ask.TakeOn(organisation=OFFICE),
        ask.BeginWork(organisation=OFFICE),
        ask.FinishWork(organisation=OFFICE),
        ask.Check(passed=True),
        ask.Close(reason_code="handled"),
    ):
        case.do(command, ANN)
        states.append(case.incident.state)
    assert states == [
        State.REPORTED,
        State.RECEIVED,
        State.FILED,
        State.DISPATCHED,
        State.ACCEPTED,
        State.HANDLING,
        State.HANDLED,
        State.CHECKED,
        State.CLOSED,
    ]
    assert case.incident.clocks == {}
    assert case.incident.matter == RUBBISH


def test_filing_a_report_takes_it_up_too() -> None:
    case = WorkCase().reported()
    filed = case.do(ask.File(matter=RUBBISH, terms=TERMS), ANN)
    assert names(filed) == ["Received", "Filed", "Routed"]


def test_filing_with_another_grade_changes_it() -> None:
    case = WorkCase().reported()
    events = case.do(ask.File(matter=RUBBISH, terms=TERMS, grade=Grade.III), ANN)
    assert "GradeChanged" in names(events)
    assert (case.incident.grade, case.incident.state) == (Grade.III, State.FILED)


def test_filing_again_says_nothing_new_until_the_matter_is_another() -> None:
    case = WorkCase().filed()
    case.at(60)
    assert case.do(ask.File(matter=RUBBISH, terms=TERMS), ANN) == []
    assert "Filed" in names(case.do(ask.File(matter=DRAIN, terms=TERMS), ANN))
    assert case.incident.work is not None
    assert (case.incident.matter, case.incident.work.since) == (DRAIN, case.now)
    case.dispatched(WATER)
    assert refusal(case, ask.File(matter=RUBBISH, terms=TERMS)).code == "move.file"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (ask.File(matter="", terms=TERMS), "file.matter"),
        (
            ask.File(matter=RUBBISH, terms=structs.replace(TERMS, calendar=Calendar(hours=()))),
            "terms.calendar",
        ),
        (ask.Dispatch(lead=SANITATION), "incident.unconfirmed"),
        (ask.TakeOn(organisation=SANITATION), "incident.unconfirmed"),
        (ask.Check(passed=True), "incident.unconfirmed"),
        (ask.HandUp(reason_code="beyond_means"), "incident.unconfirmed"),
    ],
)
def test_what_a_report_does_not_allow(command: ask.Command, code: str) -> None:
    assert refusal(WorkCase().reported(), command).code == code


def test_a_refusal_says_when_it_can_be_done() -> None:
    case = WorkCase().filed()
    refused = refusal(case, ask.TakeOn(organisation=SANITATION))
    assert refused.code == "move.take_on"
    assert str(refused).endswith(
        "cannot take it on: incident 42 is filed; it can be done while it is dispatched"
    )


def test_filing_a_confirmed_one_keeps_its_clocks() -> None:
    case = confirmed()
    before = case.due()
    assert names(case.do(ask.File(matter=DRAIN, terms=TERMS), ANN)) == ["Filed", "Routed"]
    assert (case.incident.state, case.incident.matter) == (State.VERIFIED, DRAIN)
    assert case.incident.work is not None
    assert case.incident.work.stage is None
    assert case.due() == before


def test_filing_a_record_that_never_had_clocks_makes_it_a_case() -> None:
    case = WorkCase()
    case.do(opening(lateness=Lateness.RETROSPECTIVE))
    case.confirm()
    case.do(ask.File(matter=RUBBISH, terms=TERMS), ANN)
    assert (case.incident.state, case.incident.clocks) == (State.FILED, {})
    assert "work:dispatch:due:1" in case.due()


def test_without_a_name_the_nearest_that_may_deal_with_it_gets_it() -> None:
    case = WorkCase().filed()
    case.dispatched(None)
    assert case.incident.work is not None
    assert (case.incident.work.lead, case.incident.work.level) == (OFFICE, Tier.TOWNSHIP)
    grave = WorkCase().reported()
    grave.do(ask.File(matter=RUBBISH, terms=TERMS, grade=Grade.III), ANN)
    assert grave.incident.beyond
    grave.dispatched(None)
    assert grave.incident.work is not None
    assert (grave.incident.work.lead, grave.incident.work.level) == (SANITATION, Tier.CITY)


def test_without_organisations_there_is_nobody_to_dispatch_to() -> None:
    case = WorkCase(staff=structs.replace(TOWN, organisations=())).filed()
    assert refusal(case, ask.Dispatch()).code == "dispatch.lead"
    assert "none is set up" in str(refusal(case, ask.Dispatch(lead=OFFICE)))


def test_an_unknown_organisation_is_named_with_those_that_are_known() -> None:
    refused = refusal(WorkCase().filed(), ask.Dispatch(lead=OrganisationCode("nobody")))
    assert refused.code == "organisation.unknown"
    assert "office, sanitation, water" in str(refused)


def test_dispatching_calls_the_people_of_the_organisation_who_are_on_duty() -> None:
    case = WorkCase().dispatched(SANITATION, WATER)
    assert [who for what, who in case.templates() if what == "task"] == ["sa1", "wa1"]
    assert case.incident.work is not None
    assert case.incident.work.partners == (WATER,)


def test_the_lead_is_no_partner_and_nobody_is_named_twice() -> None:
    case = WorkCase().filed()
    case.do(ask.Dispatch(lead=SANITATION, partners=(SANITATION, WATER, WATER)), ANN)
    assert case.incident.work is not None
    assert case.incident.work.partners == (WATER,)
    assert case.do(ask.Dispatch(lead=SANITATION, partners=(WATER,)), ANN) == []


def test_too_many_partners_are_refused() -> None:
    many = tuple(OrganisationCode(f"o{number}") for number in range(13))
    assert refusal(WorkCase().filed(), ask.Dispatch(lead=OFFICE, partners=many)).code == "dispatch.partners"


def test_a_wrong_dispatch_is_mended_before_it_is_taken_on() -> None:
    case = WorkCase().dispatched(WATER)
    case.do(ask.Dispatch(lead=SANITATION), ANN)
    assert case.incident.work is not None
    assert (case.incident.work.lead, case.incident.state) == (SANITATION, State.DISPATCHED)
    case.do(ask.TakeOn(organisation=SANITATION))
    assert refusal(case, ask.Dispatch(lead=WATER)).code == "move.dispatch"


@pytest.mark.parametrize(
    "command",
    [
        ask.TakeOn(organisation=WATER),
        ask.Return(organisation=WATER, reason_code="not_ours"),
    ],
)
def test_only_the_lead_acts_on_what_it_was_given(command: ask.Command) -> None:
    refused = refusal(WorkCase().dispatched(SANITATION), command)
    assert refused.code == "organisation.not_lead"
    assert "sanitation has it" in str(refused)


def test_taking_on_twice_says_nothing_new() -> None:
    case = WorkCase().taken_on()
    assert case.do(ask.TakeOn(organisation=SANITATION)) == []


def test_work_begins_with_the_lead_and_a_partner_is_noted() -> None:
    case = WorkCase().taken_on(SANITATION, WATER)
    assert names(case.do(ask.BeginWork(organisation=WATER))) == ["WorkBegun"]
    assert case.incident.state is State.ACCEPTED
    case.do(ask.BeginWork(organisation=SANITATION))
    assert case.incident.state is State.HANDLING
    assert case.do(ask.BeginWork(organisation=SANITATION)) == []
    assert refusal(case, ask.BeginWork(organisation=OFFICE)).code == "organisation.no_part"


def test_a_partner_is_done_without_ending_it_and_the_lead_ends_it() -> None:
    case = WorkCase().taken_on(SANITATION, WATER)
    case.do(ask.FinishWork(organisation=WATER))
    assert (case.incident.state, case.do(ask.FinishWork(organisation=WATER))) == (State.ACCEPTED, [])
    case.do(ask.FinishWork(organisation=SANITATION))
    assert case.incident.state is State.HANDLED
    assert case.incident.work is not None
    assert case.incident.work.done == (WATER, SANITATION)


def test_what_nobody_took_on_is_not_done() -> None:
    refused = refusal(WorkCase().dispatched(), ask.FinishWork(organisation=SANITATION))
    assert refused.code == "move.finish_work"
    assert "take it on first" in str(refused)


def test_a_return_needs_a_reason_and_waits_to_be_dispatched_again() -> None:
    case = WorkCase().taken_on(SANITATION, WATER)
    assert refusal(case, ask.Return(organisation=SANITATION, reason_code="x")).code == "return.reason"
    case.do(ask.Return(organisation=SANITATION, reason_code="not_ours"))
    work = case.incident.work
    assert work is not None
    assert (case.incident.state, work.stage, work.lead, work.partners, work.returns) == (
        State.FILED, Stage.DISPATCH, None, (), 1,
    )  # fmt: skip


def test_a_partner_joins_once_and_is_called() -> None:
    case = WorkCase().taken_on()
    assert "PartnerJoined" in names(case.do(ask.Join(organisation=WATER)))
    assert case.do(ask.Join(organisation=WATER)) == []
    assert case.do(ask.Join(organisation=SANITATION)) == []
    assert ("task", "wa1") in case.templates()


def test_handing_up_raises_the_level_until_there_is_none_above() -> None:
    case = WorkCase().dispatched(OFFICE)
    assert refusal(case, ask.HandUp(reason_code="tired")).code == "hand_up.reason"
    case.do(ask.HandUp(reason_code="beyond_means"))
    work = case.incident.work
    assert work is not None
    assert (case.incident.state, work.level, work.lead) == (State.FILED, Tier.CITY, None)
    case.do(ask.Dispatch(), ANN)
    assert case.incident.work is not None
    assert case.incident.work.lead == SANITATION
    assert refusal(case, ask.HandUp(reason_code="beyond_means")).code == "hand_up.top"


def test_handing_up_an_emergency_calls_the_next_tier() -> None:
    case = confirmed()
    assert set(case.incident.clocks) == {Tier.VILLAGE}
    events = case.do(ask.HandUp(reason_code="beyond_means"), ANN)
    assert names(events)[:2] == ["HandedUp", "TierActivated"]
    assert set(case.incident.clocks) == {Tier.VILLAGE, Tier.TOWNSHIP}
    assert case.incident.state is State.VERIFIED


def test_dispatching_an_emergency_names_and_calls_without_moving_it() -> None:
    case = confirmed()
    case.do(ask.Dispatch(lead=SANITATION), ANN)
    assert (case.incident.state, case.due()["tier:village"]) == (State.VERIFIED, 180.0)
    assert [who for what, who in case.templates() if what == "task"] == ["sa1"]


def test_who_is_called_by_a_clock_is_not_called_again_for_the_same() -> None:
    case = confirmed(Mode.PARALLEL)
    running = {person for person, call in case.incident.calls.items() if call.tier is Tier.CITY}
    case.do(ask.Dispatch(lead=SANITATION), ANN)
    called = [who for what, who in case.templates() if who.startswith("sa")]
    assert len(called) == len(set(called))
    assert running


def test_a_check_that_fails_gives_it_back_with_a_limit_of_its_own() -> None:
    case = WorkCase().handled()
    assert refusal(case, ask.Check(passed=False)).code == "check.reason"
    case.at(86400)
    case.do(ask.Check(passed=False, reason_code="not_done"), ANN)
    work = case.incident.work
    assert work is not None
    assert (case.incident.state, work.stage, work.reworks, work.done) == (State.HANDLING, Stage.HANDLE, 1, ())
    assert work.due == TERMS.due(Stage.HANDLE, case.now)
    case.do(ask.FinishWork(organisation=SANITATION))
    assert case.incident.state is State.HANDLED


def test_a_case_is_closed_when_it_was_checked_or_for_a_reason_that_needs_none() -> None:
    refused = refusal(WorkCase().handled(), ask.Close(reason_code="handled"))
    assert refused.code == "close.unchecked"
    assert "check it first" in str(refused)
    for case, reason in ((WorkCase().checked(), "handled"), (WorkCase().filed(), "no_action"), (WorkCase().dispatched(), "transferred")):  # fmt: skip
        case.do(ask.Close(reason_code=reason), ANN)
        assert case.incident.state is State.CLOSED
        assert case.due() == {}


@pytest.mark.parametrize("command", [ask.Reject(reason_code="false_alarm"), ask.Merge(into=IncidentId("7"))])
def test_a_case_is_rejected_or_merged_like_any_other(command: ask.Command) -> None:
    case = WorkCase().taken_on()
    case.do(command, ANN)
    assert not case.incident.state.open
    assert case.incident.work is not None
    assert case.incident.work.stage is None


def test_a_check_on_the_urgent_track_finds_it_done_or_sends_people_on() -> None:
    case = confirmed()
    case.at(30).do(ask.Accept(person=person("ve1")))
    case.at(60).do(ask.ReportDone(person=person("ve1")))
    case.do(ask.Check(passed=False, reason_code="partly_done"), ANN)
    assert (case.incident.state, case.incident.handled) == (State.HANDLING, None)
    case.at(90).do(ask.ReportDone(person=person("ve1")))
    case.do(ask.Check(passed=True), ANN)
    assert case.incident.state is State.CHECKED
    assert "wait:close:1" in case.due()
    case.do(ask.Close(reason_code="handled"), ANN)
    assert case.incident.state is State.CLOSED


def test_confirming_a_case_starts_the_clocks_and_stops_its_stage() -> None:
    case = WorkCase(staged()).dispatched()
    case.at(60)
    case.confirm(Grade.II)
    assert (case.incident.state, set(case.incident.clocks)) == (State.VERIFIED, {Tier.VILLAGE} if not case.incident.beyond else set(TIERS))  # fmt: skip
    assert case.incident.work is not None
    assert (case.incident.work.stage, case.incident.work.lead) == (None, SANITATION)
    assert not any(key.startswith(("work:", "wait:")) for key in case.due())


def test_two_alarms_that_agree_make_an_emergency_of_a_case() -> None:
    case = WorkCase()
    case.do(opening(Kind.SMOKE))
    case.filed()
    alarm = ask.AttachAlarm(
        alarm=happened.AlarmId("b"), device=happened.DeviceId("box/b"), kind=Kind.FIRE, severity=0.5
    )
    case.do(alarm)
    assert case.incident.confirmed_by is Basis.AUTOMATIC
    assert case.incident.clocks


def test_terms_without_limits_leave_a_case_to_reminders() -> None:
    case = WorkCase().filed(terms=Terms())
    assert list(case.due()) == ["wait:dispatch:1"]


def test_commands_to_what_has_ended_are_refused_with_how_it_ended() -> None:
    case = WorkCase().filed()
    case.do(ask.Reject(reason_code="duplicate"), ANN)
    refused = refusal(case, ask.Dispatch())
    assert refused.code == "incident.rejected"
    assert "was rejected" in str(refused)


def test_receiving_twice_says_nothing_new() -> None:
    case = WorkCase(DEFAULT).reported()
    assert names(case.do(ask.Receive())) == ["Received"]
    assert case.do(ask.Receive()) == []


def test_what_was_named_before_filing_is_dispatched_like_any_other() -> None:
    case = WorkCase()
    case.do(opening(lateness=Lateness.RETROSPECTIVE))
    case.confirm()
    case.do(ask.Dispatch(lead=SANITATION), ANN)
    case.filed()
    case.dispatched(SANITATION)
    assert case.incident.state is State.DISPATCHED


def test_an_alarm_of_a_case_that_grows_worse_rings_the_supervisors() -> None:
    case = WorkCase()
    case.do(opening(Kind.SMOKE, severity=0.1))
    case.filed()
    worse = ask.AttachAlarm(
        alarm=happened.AlarmId("alarm-1"),
        device=happened.DeviceId("box/cam-1"),
        kind=Kind.SMOKE,
        severity=0.95,
    )
    case.told.clear()
    case.do(worse)
    assert case.templates() == [("unanswered", "boss")]
    assert case.incident.state is State.FILED
    case.told.clear()
    case.do(worse)
    case.do(structs.replace(worse, alarm=happened.AlarmId("late"), late=True))
    assert case.told == []


def test_a_fresh_alarm_of_a_case_rings_the_supervisors_once() -> None:
    case = WorkCase(since=None)
    case.do(opening(Kind.LEVEL, severity=0.1))
    case.filed()
    case.told.clear()
    case.do(
        ask.AttachAlarm(
            alarm=happened.AlarmId("b"), device=happened.DeviceId("box/b"), kind=Kind.LEVEL, severity=0.1
        )
    )
    assert case.templates() == [("unanswered", "boss")]
