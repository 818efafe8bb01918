from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal, get_args, get_origin

import pytest

from tests.support.api import ANN, CHEN, DENG, OFFICE, SMOKE, SUN, TOWNSHIP, WANG, World, recorded
from tests.support.cases import TERMS
from tocsin.alerts import commands as ask
from tocsin.alerts import decide_oversight, decide_pace, decide_work
from tocsin.api.schemas.base import Schema
from tocsin.api.schemas.case import (
    AnswerExtensionBody,
    AskExtensionBody,
    CheckBody,
    HandUpBody,
    ReopenBody,
    ReturnBody,
    SuperviseBody,
    TransferBody,
)
from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode, OrganisationCode, ReportId
from tocsin.core.incidents import (
    Actor,
    Dispatched,
    Filed,
    Grade,
    PartnerJoined,
    ReportAttached,
    Service,
    UpStage,
)
from tocsin.core.organisations import Authority
from tocsin.core.working_time import Terms
from tocsin.town.catalogue import CatalogueSheet
from tocsin.town.matters import Category, Matter
from tocsin.town.organisations import OrganisationEntry, OrganisationKind
from tocsin.town.ports import Role

ACT = "act-00000001"
URL = f"/api/incidents/{SMOKE}"
FIRE = OrganisationCode("fire")


def organisation(
    code: OrganisationCode, *, grid: str = "1", handles: bool = True, active: bool = True
) -> OrganisationEntry:
    return OrganisationEntry(
        code=code,
        name=f"name of {code}",
        kind=OrganisationKind.DEPARTMENT,
        tier=Tier.CITY,
        grid=GridCode(grid),
        collects=True,
        handles=handles,
        active=active,
        authorities=(Authority("", Grade.I),) if handles else (),
    )


async def town(*, given: bool = False) -> World:
    """A world with a catalogue; `given` lets the fire office help with the smoke, which the office leads."""
    world = World()
    await world.catalogue.save(
        CatalogueSheet(
            categories=(Category(code="01", name="events"),),
            matters=(
                Matter(code="0101", name="smoke"),
                Matter(code="0102", name="old smoke", active=False),
            ),
            organisations=(
                organisation(OFFICE),
                organisation(FIRE),
                organisation(OrganisationCode("press"), handles=False),
                organisation(OrganisationCode("closed"), active=False),
                organisation(OrganisationCode("neighbour"), grid="20"),
            ),
        )
    )
    if given:
        log = world.logs[SMOKE]
        log.append(recorded(SMOKE, 5, Filed(matter="0101", terms=TERMS), seconds=20))
        log.append(recorded(SMOKE, 6, Dispatched(lead=OFFICE, partners=(FIRE,), level=Tier.CITY), seconds=30))
    return world


@pytest.mark.parametrize(
    ("path", "body", "command"),
    [
        ("receive", {}, ask.Receive()),
        ("file", {"matter": "0101"}, ask.File(matter="0101", terms=Terms())),
        ("file", {"matter": "0101", "grade": "II"}, ask.File(matter="0101", terms=Terms(), grade=Grade.II)),
        ("dispatch", {}, ask.Dispatch()),
        ("dispatch", {"lead": "fire", "partners": ["office"]}, ask.Dispatch(lead=FIRE, partners=(OFFICE,))),
        ("join", {"organisation": "fire"}, ask.Join(organisation=FIRE)),
        ("hand-up", {"reason": "beyond_authority"}, ask.HandUp(reason_code="beyond_authority")),
        ("urge", {}, ask.Urge()),
        ("supervise", {"reason": "complaint"}, ask.Supervise(reason_code="complaint")),
        ("check", {"passed": True}, ask.Check(passed=True)),
        ("check", {"passed": False, "reason": "no_proof"}, ask.Check(passed=False, reason_code="no_proof")),
        ("reopen", {"reason": "recurred"}, ask.Reopen(reason_code="recurred", terms=Terms())),
        (
            "transfer",
            {"service": "119", "reason": "their_task"},
            ask.Transfer(service=Service.FIRE, reason_code="their_task"),
        ),
        ("call-back", {"reached": True, "satisfaction": 4}, ask.CallBack(reached=True, satisfaction=4)),
        ("evaluate", {"score": 70}, ask.Evaluate(score=70)),
        ("confirm-grade", {"grade": "I"}, ask.ConfirmGrade(grade=Grade.I)),
        ("tick", {"step": "gate", "done": False}, ask.TickStep(step="gate", done=False)),
        ("answer-extension", {"granted": False}, ask.AnswerExtension(granted=False)),
    ],
)
async def test_what_the_desk_asks_becomes_the_command_in_its_name_with_its_words(
    path: str, body: dict[str, object], command: ask.Command
) -> None:
    world = await town()
    noted = path != "tick"
    async with world.signed_in(Role.OPERATOR) as client:
        answer = await client.post(
            f"{URL}/{path}", json={"act": ACT, **body, **({"note": " as told "} if noted else {})}
        )
    assert answer.status_code == 200, answer.text
    (asked,) = world.alerts.asked
    assert (asked.incident, asked.command, asked.actor, asked.act) == (
        SMOKE,
        command,
        Actor("person", ANN),
        ACT,
    )
    assert asked.words == ("as told" if noted else None)


async def test_words_to_the_level_above_go_with_the_report() -> None:
    world = await town()
    async with world.signed_in(Role.OPERATOR) as client:
        body = {"act": ACT, "stage": "follow_up", "words": "two houses"}
        assert (await client.post(f"{URL}/report-up", json=body)).status_code == 200
    (asked,) = world.alerts.asked
    assert (asked.command, asked.words) == (ask.ReportUp(stage=UpStage.FOLLOW_UP), "two houses")


@pytest.mark.parametrize(
    ("path", "body", "command"),
    [
        ("take-on", {}, ask.TakeOn(organisation=OFFICE)),
        ("begin-work", {}, ask.BeginWork(organisation=OFFICE)),
        ("finish-work", {}, ask.FinishWork(organisation=OFFICE)),
        ("return", {"reason": "not_ours"}, ask.Return(organisation=OFFICE, reason_code="not_ours")),
        (
            "ask-extension",
            {"until": "2026-11-30T00:00:00Z", "reason": "materials"},
            ask.AskExtension(
                organisation=OFFICE, until=datetime(2026, 11, 30, tzinfo=UTC), reason_code="materials"
            ),
        ),
    ],
)
async def test_a_department_speaks_for_its_own_organisation_and_the_desk_for_one_that_told_it(
    path: str, body: dict[str, object], command: ask.Command
) -> None:
    world = await town(given=True)
    async with world.signed_in(Role.DEPARTMENT) as client:
        assert (await client.post(f"{URL}/{path}", json={"act": ACT, **body})).status_code == 200
    told = {"organisation": "office", "note": "their chief telephoned"}
    async with world.signed_in(Role.OPERATOR) as client:
        assert (await client.post(f"{URL}/{path}", json={"act": ACT, **body, **told})).status_code == 200
        refused = await client.post(f"{URL}/{path}", json={"act": ACT, **body})
    assert (refused.status_code, refused.json()["code"]) == (422, "case.hearsay")
    assert [one.command for one in world.alerts.asked] == [command, command]
    assert [one.actor.id for one in world.alerts.asked] == [DENG, ANN]


async def test_a_department_that_only_helps_does_not_hand_up_or_call_others() -> None:
    world = await town()
    world.logs[SMOKE].append(recorded(SMOKE, 5, PartnerJoined(organisation=OFFICE), seconds=20))
    async with world.signed_in(Role.DEPARTMENT) as client:
        for path, body in (("hand-up", {"reason": "grade"}), ("join", {"organisation": "fire"})):
            answer = await client.post(f"{URL}/{path}", json={"act": ACT, **body})
            assert (answer.status_code, answer.json()["code"]) == (422, "case.not_lead")
    assert not world.alerts.asked


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("file", {"matter": "0199"}, "matter.unknown"),
        ("file", {"matter": "0102"}, "matter.unknown"),
        ("dispatch", {"lead": "nobody"}, "organisation.unknown"),
        ("dispatch", {"lead": "press"}, "organisation.unknown"),
        ("dispatch", {"lead": "fire", "partners": ["closed"]}, "organisation.unknown"),
        ("join", {"organisation": "press"}, "organisation.unknown"),
        (
            "ask-extension",
            {"until": "2031-01-01T00:00:00Z", "reason": "weather", "organisation": "office", "note": "tel"},
            "case.extension_far",
        ),
        ("check", {"passed": False}, "case.check_reason"),
        ("call-back", {"reached": False, "satisfaction": 5}, "case.not_reached"),
    ],
)
async def test_what_would_wait_for_ever_or_says_two_things_is_refused(
    path: str, body: dict[str, object], code: str
) -> None:
    world = await town()
    async with world.signed_in(Role.OPERATOR) as client:
        answer = await client.post(f"{URL}/{path}", json={"act": ACT, **body})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert not world.alerts.asked


async def test_a_township_gives_nothing_to_an_organisation_of_its_neighbour_alone() -> None:
    world = await town()
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        for path, body in (
            ("dispatch", {"lead": "neighbour"}),
            ("dispatch", {"lead": "fire", "partners": ["neighbour"]}),
            ("join", {"organisation": "neighbour"}),
        ):
            answer = await client.post(f"{URL}/{path}", json={"act": ACT, **body})
            assert (answer.status_code, answer.json()["code"]) == (422, "organisation.unknown")
        assert not world.alerts.asked
        above = await client.post(f"{URL}/dispatch", json={"act": ACT, "lead": "fire"})
        assert above.status_code == 200, "what stands above the township answers for it too"
    async with world.signed_in(Role.OPERATOR) as client:
        whole = await client.post(f"{URL}/dispatch", json={"act": ACT, "lead": "neighbour"})
        assert whole.status_code == 200, "the city may give it to any of its townships"


async def test_a_page_that_another_person_overtook_may_ask_to_be_refused() -> None:
    world = await town()
    async with world.signed_in(Role.SUPERVISOR) as client:
        late = await client.post(f"{URL}/urge", json={"act": ACT, "seen": 1})
        looked = await client.post(f"{URL}/urge", json={"act": ACT, "seen": 4})
    assert (late.status_code, late.json()["code"]) == (422, "incident.moved_on")
    assert "ann was faster: confirmed" in late.json()["message"]
    assert looked.status_code == 200
    assert [one.actor.id for one in world.alerts.asked] == [SUN]


async def test_a_responder_ticks_in_their_own_name() -> None:
    world = await town()
    async with world.signed_in(Role.RESPONDER, "", WANG) as client:
        assert (await client.post(f"{URL}/tick", json={"act": ACT, "step": "gate"})).status_code == 200
    assert world.alerts.asked[0].command == ask.TickStep(step="gate", person=WANG)


async def test_who_only_reported_it_ticks_nothing() -> None:
    world = await town()
    world.logs[SMOKE].append(
        recorded(SMOKE, 5, ReportAttached(report=ReportId("r")), seconds=20, actor=Actor("person", CHEN))
    )
    async with world.signed_in(Role.RESPONDER, "", CHEN) as client:
        refused = await client.post(f"{URL}/tick", json={"act": ACT, "step": "gate"})
    assert (refused.status_code, refused.json()["code"]) == (422, "case.not_called")
    assert not world.alerts.asked


@pytest.mark.parametrize(
    ("body", "known"),
    [
        (ReturnBody, decide_work.RETURNS),
        (HandUpBody, decide_work.HAND_UPS),
        (AskExtensionBody, decide_pace.DELAYS),
        (AnswerExtensionBody, decide_pace.REFUSALS),
        (SuperviseBody, decide_pace.CONCERNS),
        (CheckBody, decide_work.FAULTS),
        (ReopenBody, frozenset().union(*decide_oversight.REOPENINGS.values())),
        (TransferBody, decide_oversight.TRANSFERS),
    ],
)
def test_the_reasons_that_a_body_takes_are_those_of_its_rule(
    body: type[Schema], known: frozenset[str]
) -> None:
    (taken,) = (one for one in _literals(body.model_fields["reason"].annotation))
    assert set(taken) == known


def _literals(annotation: object) -> list[tuple[str, ...]]:
    if get_origin(annotation) is Literal:
        return [get_args(annotation)]
    return [found for one in get_args(annotation) for found in _literals(one)]
