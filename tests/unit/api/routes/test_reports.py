from __future__ import annotations

import pytest

from tests.support.api import ANN, FAR, SMOKE, START, TOWNSHIP, World
from tocsin.core.grids import Position
from tocsin.core.incidents import Actor, Grade, Source
from tocsin.town.catalogue import CatalogueSheet
from tocsin.town.matters import Category, Matter
from tocsin.town.ports import Role

BODY = {
    "act": "act-00000001",
    "kind": "fire",
    "words": "it burns behind the mill",
    "caller": "+86 138 0000 0000",
}


async def test_a_telephoned_report_is_written_down_in_the_operators_name() -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        answer = await client.post(
            "/api/reports", json=BODY | {"grid": "102", "severity": 0.8, "grade": "II"}
        )
    assert answer.status_code == 201
    ((kept, severity, grade, actor, act),) = world.alerts.reports
    assert (kept.grid, kept.words, kept.caller, kept.reported_by) == (
        "102",
        BODY["words"],
        BODY["caller"],
        ANN,
    )
    assert (severity, grade, actor, act) == (0.8, Grade.II, Actor("person", ANN), kept.id)
    assert answer.json() == {"incident": SMOKE, "report": kept.id}


async def test_with_a_place_only_the_nearest_village_is_taken() -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR) as client:
        answer = await client.post(
            "/api/reports", json=BODY | {"place": {"latitude": 30.21, "longitude": 120}}
        )
    assert answer.status_code == 201
    (kept, *_), = world.alerts.reports  # fmt: skip
    assert (kept.grid, kept.place) == ("101", Position(30.21, 120.0))


async def test_the_same_act_names_the_same_report() -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR) as client:
        answers = [await client.post("/api/reports", json=BODY | {"grid": "101"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()


async def test_the_same_act_of_somebody_else_is_another_report() -> None:
    world = World()
    for role in (Role.OPERATOR, Role.SUPERVISOR):
        async with world.signed_in(role) as client:
            await client.post("/api/reports", json=BODY | {"grid": "101"})
    ((one, *_, act), (other, *_, another)) = world.alerts.reports
    assert one.id != other.id
    assert act != another, "it would be answered with the incident of the first, and not be kept"


async def test_a_report_made_later_keeps_its_instant() -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR) as client:
        await client.post("/api/reports", json=BODY | {"grid": "101", "at": "2026-11-22T14:00:00Z"})
    assert world.alerts.reports[0][0].at == START


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({}, 422, "report.place"),
        ({"grid": "201"}, 404, "grid.unknown"),
        ({"grid": "101", "at": "2026-11-22T14:02:00Z"}, 422, "report.future"),
        ({"grid": "101", "words": " "}, 422, "request.invalid"),
        ({"grid": "101", "words": "x" * 2001}, 422, "request.invalid"),
        ({"grid": "101", "caller": "call me"}, 422, "request.invalid"),
        ({"grid": "101", "severity": 1.1}, 422, "request.invalid"),
        ({"place": {"latitude": 91, "longitude": 0}}, 422, "request.invalid"),
    ],
)
async def test_a_report_that_cannot_be_used_is_refused(
    change: dict[str, object], status: int, code: str
) -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        answer = await client.post("/api/reports", json=BODY | change)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not world.alerts.reports


async def test_a_place_in_another_township_is_no_village_of_the_scope() -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR, FAR) as client:
        answer = await client.post(
            "/api/reports", json=BODY | {"place": {"latitude": 30.2, "longitude": 120}}
        )
    assert answer.json()["code"] == "report.place"


async def test_a_report_of_the_first_year_is_refused() -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR) as client:
        answer = await client.post(
            "/api/reports", json=BODY | {"grid": "101", "at": "0001-01-01T00:00:00+14:00"}
        )
    assert answer.json()["code"] == "report.past"
    assert world.alerts.reports == []


@pytest.mark.parametrize(
    ("role", "given", "source", "reported"),
    [
        (Role.OPERATOR, None, Source.DESK, False),
        (Role.OPERATOR, "hotline", Source.HOTLINE, False),
        (Role.RESPONDER, None, Source.MEMBER, True),
        (Role.RESPONDER, "citizen", Source.CITIZEN, True),
        (Role.DEPARTMENT, None, Source.MEMBER, True),
        (Role.SUPERVISOR, None, Source.SUPERIOR, True),
        (Role.SUPERVISOR, "member", Source.MEMBER, True),
    ],
)
async def test_what_the_desk_did_not_write_down_itself_waits_there_with_its_source(
    role: Role,
    given: str | None,
    source: Source,
    reported: bool,  # noqa: FBT001 a row of the table
) -> None:
    world = World()
    body = BODY | {"grid": "101"} | ({} if given is None else {"source": given})
    async with world.signed_in(role, TOWNSHIP) as client:
        assert (await client.post("/api/reports", json=body)).status_code == 201
    (said,) = world.alerts.said
    assert (said.source, said.reported, said.matter) == (source, reported, "")


@pytest.mark.parametrize(
    ("role", "change", "code"),
    [
        (Role.RESPONDER, {"source": "superior"}, "report.source"),
        (Role.DEPARTMENT, {"source": "desk"}, "report.source"),
        (Role.OPERATOR, {"source": "sensor"}, "request.invalid"),
        (Role.OPERATOR, {"matter": "0101"}, "matter.unknown"),
        (Role.OPERATOR, {"matter": "01"}, "request.invalid"),
    ],
)
async def test_nobody_reports_as_what_they_are_not_or_of_what_is_not_in_the_catalogue(
    role: Role, change: dict[str, str], code: str
) -> None:
    world = World()
    async with world.signed_in(role, TOWNSHIP) as client:
        answer = await client.post("/api/reports", json=BODY | {"grid": "101"} | change)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert not world.alerts.reports


async def test_who_reports_from_the_field_reports_within_their_scope() -> None:
    world = World()
    async with world.signed_in(Role.RESPONDER, FAR) as client:
        answer = await client.post("/api/reports", json=BODY | {"grid": "101"})
    assert (answer.status_code, answer.json()["code"]) == (404, "grid.unknown")


async def test_a_matter_of_the_catalogue_goes_with_the_report() -> None:
    world = World()
    await world.catalogue.save(
        CatalogueSheet(
            categories=(Category(code="01", name="litter"),), matters=(Matter(code="0101", name="litter"),)
        )
    )
    async with world.signed_in(Role.RESPONDER, TOWNSHIP) as client:
        answer = await client.post("/api/reports", json=BODY | {"grid": "101", "matter": "0101"})
    assert answer.status_code == 201
    assert world.alerts.said[0].matter == "0101"
