from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec import structs

from tests.support.cases import ANN, DRAIN, OFFICE, SANITATION, TERMS, WATER, WorkCase
from tests.support.incidents import START, Case, opening
from tocsin.alerts import commands as ask
from tocsin.alerts.evolve_work import changes, files_as_case, rested
from tocsin.alerts.incident import fold
from tocsin.alerts.model import Incident, Work
from tocsin.core import incidents as happened
from tocsin.core.grids import Tier
from tocsin.core.incidents import SYSTEM, IncidentEvent, Lateness, Recorded, Stage, State


def recorded(event: IncidentEvent, seconds: float = 0) -> Recorded:
    at = START + timedelta(seconds=seconds)
    return Recorded(
        incident=happened.IncidentId("42"), version=9, event=event, actor=SYSTEM, occurred=at, recorded=at
    )


def after(incident: Incident, event: IncidentEvent, seconds: float = 0) -> Incident:
    return structs.replace(incident, **changes(incident, event, recorded(event, seconds)))  # type: ignore[arg-type]


def work_of(incident: Incident) -> Work:
    assert incident.work is not None
    return incident.work


def test_a_stage_begins_when_its_event_is_recorded_and_forgets_the_one_before() -> None:
    incident = WorkCase().dispatched().incident
    told = structs.replace(
        incident,
        work=structs.replace(work_of(incident), urged=3, supervised=2, overdue=1, urged_at=START),
        told=(("accept", 2), ("grade", 1)),
    )
    due, warn = START + timedelta(days=2), START + timedelta(days=1)
    taken = after(told, happened.TakenOn(organisation=SANITATION, due=due, warn=warn), 60)
    work = work_of(taken)
    assert (work.stage, work.since, work.due, work.warn) == (
        Stage.HANDLE, START + timedelta(seconds=60), due, warn,
    )  # fmt: skip
    assert (work.urged, work.supervised, work.overdue, work.urged_at) == (0, 0, 0, None)
    assert taken.told == (("grade", 1),)


@pytest.mark.parametrize(
    ("state", "case"),
    [
        (State.REPORTED, True),
        (State.RECEIVED, True),
        (State.FILED, True),
        (State.VERIFIED, True),
        (State.ACCEPTED, False),
        (State.HANDLED, False),
    ],
)
def test_only_what_nobody_is_at_work_on_becomes_a_case(state: State, *, case: bool) -> None:
    incident = structs.replace(WorkCase().reported().incident, state=state)
    assert files_as_case(incident) is case


def test_what_has_clocks_is_filed_without_becoming_a_case() -> None:
    case = Case()
    case.open()
    case.confirm()
    filed = after(case.incident, happened.Filed(matter=DRAIN, terms=TERMS))
    assert (filed.state, filed.matter, work_of(filed).stage) == (State.VERIFIED, DRAIN, None)


def test_a_record_without_clocks_becomes_a_case() -> None:
    case = Case()
    case.do(opening(lateness=Lateness.RETROSPECTIVE))
    case.confirm()
    filed = after(case.incident, happened.Filed(matter=DRAIN, terms=TERMS))
    assert (filed.state, work_of(filed).stage) == (State.FILED, Stage.DISPATCH)


def test_a_reminder_and_an_urge_of_an_emergency_are_counted_without_a_case() -> None:
    case = Case()
    case.open()
    case.confirm()
    urged = after(case.incident, happened.Urged(stage=Stage.HANDLE, step=1))
    again = after(urged, happened.Urged(stage=Stage.HANDLE, step=2))
    looked = after(again, happened.Supervised(stage=Stage.HANDLE, step=1, reason_code="important"))
    assert looked.told == (("urged", 2), ("supervised", 1))
    assert looked.work is None


def test_supervision_by_time_and_by_people_is_counted_apart() -> None:
    incident = WorkCase().dispatched().incident
    looked = after(incident, happened.Supervised(stage=Stage.ACCEPT, step=1, reason_code="complaint"))
    overdue = after(looked, happened.Supervised(stage=Stage.ACCEPT, step=3, reason_code="overdue"))
    assert (work_of(overdue).supervised, work_of(overdue).overdue) == (2, 3)


def test_handing_an_emergency_up_names_the_level_and_no_state() -> None:
    case = Case()
    case.open()
    case.confirm()
    up = happened.HandedUp(level=Tier.TOWNSHIP, was=Tier.VILLAGE, reason_code="beyond_means")
    handed = after(case.incident, up)
    assert (handed.state, work_of(handed).level, work_of(handed).stage) == (
        State.VERIFIED, Tier.TOWNSHIP, None,
    )  # fmt: skip


def test_who_begins_before_the_lead_moves_no_state() -> None:
    incident = WorkCase().taken_on(SANITATION, WATER).incident
    assert after(incident, happened.WorkBegun(organisation=WATER)).state is State.ACCEPTED
    assert after(incident, happened.WorkBegun(organisation=SANITATION)).state is State.HANDLING


def test_a_partner_joins_and_says_done_once() -> None:
    incident = WorkCase().taken_on().incident
    joined = after(incident, happened.PartnerJoined(organisation=WATER))
    twice = after(joined, happened.PartnerJoined(organisation=WATER))
    assert work_of(twice).partners == (WATER,)
    said = after(twice, happened.WorkDone(organisation=WATER, lead=False))
    assert (work_of(said).done, said.state) == ((WATER,), State.ACCEPTED)


def test_an_end_rests_the_case_and_keeps_who_had_it() -> None:
    case = WorkCase().taken_on()
    case.do(ask.Reject(reason_code="duplicate"), ANN)
    work = work_of(case.incident)
    assert (work.stage, work.due, work.warn, work.lead) == (None, None, None, SANITATION)
    assert rested(None) is None


def test_the_log_of_a_long_life_folds_to_its_state() -> None:
    case = WorkCase().taken_on(SANITATION, WATER)
    until = START + timedelta(days=9)
    for seconds, command in enumerate(
        [
            ask.AskExtension(organisation=SANITATION, until=until, reason_code="weather"),
            ask.AnswerExtension(granted=True),
            ask.FinishWork(organisation=WATER),
            ask.Return(organisation=SANITATION, reason_code="other"),
            ask.Dispatch(lead=OFFICE),
            ask.TakeOn(organisation=OFFICE),
            ask.HandUp(reason_code="cross_boundary"),
            ask.Dispatch(lead=SANITATION),
            ask.TakeOn(organisation=SANITATION),
            ask.FinishWork(organisation=SANITATION),
            ask.Check(passed=False, reason_code="no_proof"),
            ask.FinishWork(organisation=SANITATION),
            ask.Check(passed=True),
            ask.Close(reason_code="handled"),
        ]
    ):
        case.at(60 * seconds).do(command, ANN)
    assert fold(case.log) == case.incident
    work = work_of(case.incident)
    assert (work.returns, work.reworks, work.extensions, work.level) == (1, 1, 1, Tier.CITY)
