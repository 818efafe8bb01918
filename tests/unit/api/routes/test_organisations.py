"""Organisations are seen along the line and changed within the scope; a route says why."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import FAR, TOWNSHIP, WEIR, World
from tocsin.town.catalogue import read, sample_text
from tocsin.town.ports import Role

BODY: dict[str, Any] = {
    "name": "消防中队",
    "kind": "team",
    "tier": "township",
    "grid": "10",
    "handles": True,
    "authorities": [{"category": "04", "highest": "III"}],
}


@pytest.fixture
async def world() -> World:
    made = World()
    await made.catalogue.save(read(sample_text(), grid=made.town.grids_known[0].code))
    return made


async def codes(world: World, role: Role, scope: str) -> set[str]:
    async with world.signed_in(role, scope) as client:
        answer = await client.get("/api/organisations")
    assert answer.status_code == 200
    return {item["code"] for item in answer.json()["items"]}


async def test_a_township_sees_its_own_and_the_citys_and_nothing_of_its_neighbour(world: World) -> None:
    async with world.signed_in(Role.ADMINISTRATOR) as client:
        for code, grid in (("squad", "10"), ("committee", "101"), ("other", "20")):
            made = await client.post("/api/organisations", json={**BODY, "code": code, "grid": grid})
            assert made.status_code == 201, made.text
    own = await codes(world, Role.OPERATOR, TOWNSHIP)
    assert {"squad", "committee", "gongan"} <= own
    assert "other" not in own
    assert "committee" in await codes(world, Role.OPERATOR, WEIR)
    assert "squad" not in await codes(world, Role.OPERATOR, FAR)


async def test_pages_follow_each_other_by_code(world: World) -> None:
    async with world.signed_in(Role.OPERATOR) as client:
        first = (await client.get("/api/organisations?most=10")).json()
        rest = (await client.get(f"/api/organisations?most=10&after={first['items'][-1]['code']}")).json()
        services = (await client.get("/api/organisations?platform=governance")).json()
    assert (len(first["items"]), first["more"], len(rest["items"]), rest["more"]) == (10, True, 8, False)
    assert len(services["items"]) == 5


async def test_an_organisation_is_changed_within_the_scope_only(world: World) -> None:
    async with world.signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        made = await client.post("/api/organisations", json={**BODY, "code": "squad"})
        assert made.json()["grid_name"] == "grid 10"
        again = await client.post("/api/organisations", json={**BODY, "code": "squad"})
        assert (again.status_code, again.json()["code"]) == (422, "organisation.exists")
        changed = await client.put("/api/organisations/squad", json={**BODY, "name": "二中队"})
        assert changed.json()["name"] == "二中队"
        moved = await client.put("/api/organisations/squad", json={**BODY, "grid": "20"})
        assert (moved.status_code, moved.json()["code"]) == (404, "grid.unknown")
        police = await client.put("/api/organisations/gongan", json=BODY)
        assert (police.status_code, police.json()["code"]) == (404, "organisation.unknown")
        below = await client.put("/api/organisations/squad", json={**BODY, "parent": "gongan"})
        assert below.json()["parent"] == "gongan", "what stands above is known"
    async with world.signed_in(Role.ADMINISTRATOR, FAR) as client:
        under = await client.post(
            "/api/organisations", json={**BODY, "code": "x", "grid": "20", "parent": "squad"}
        )
        assert (under.status_code, under.json()["code"]) == (404, "organisation.unknown")
        strange = await client.put("/api/organisations/squad", json=BODY)
        assert (strange.status_code, strange.json()["code"]) == (404, "organisation.unknown")
        beside = await client.post("/api/organisations", json={**BODY, "code": "mine"})
        assert (beside.status_code, beside.json()["code"]) == (404, "grid.unknown")


async def test_a_fault_says_what_to_write_and_changes_nothing(world: World) -> None:
    async with world.signed_in(Role.ADMINISTRATOR) as client:
        wrong = {**BODY, "code": "squad", "authorities": [{"category": "99", "highest": "I"}]}
        answer = await client.post("/api/organisations", json=wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "catalogue.faults")
    assert "use one of 01, 02, 03, 04, 05, 06" in answer.json()["message"]
    assert "squad" not in await codes(world, Role.ADMINISTRATOR, "")


async def test_a_route_says_who_and_why(world: World) -> None:
    async with world.signed_in(Role.ADMINISTRATOR) as client:
        await client.post("/api/organisations", json={**BODY, "code": "squad"})
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        mild = (await client.get("/api/route?matter=0401&grid=101")).json()
        grave = (await client.get("/api/route?matter=0401&grid=101&grade=I")).json()
        lost = await client.get("/api/route?matter=0499&grid=101")
        strange = await client.get("/api/route?matter=0401&grid=201")
    assert (mild["matter_name"], mild["grade"], mild["lead"], mild["beyond"]) == (
        "火情烟雾",
        "III",
        "squad",
        False,
    )
    assert mild["tiers"] == [
        {"tier": "township", "organisation": "squad", "name": "消防中队"},
        {"tier": "city", "organisation": "anjian", "name": "安监局"},
    ]
    assert (grave["lead"], grave["beyond"], grave["next"]) == ("anjian", True, "anjian")
    assert {one["organisation"]: one["why"] for one in grave["asked"]}["squad"] == "beyond"
    assert (lost.status_code, lost.json()["code"]) == (404, "matter.unknown")
    assert (strange.status_code, strange.json()["code"]) == (404, "grid.unknown")


async def test_a_route_is_asked_for_a_point(world: World) -> None:
    weir = world.town.grids_known[2]
    assert weir.centre is not None
    point = f"latitude={weir.centre.latitude}&longitude={weir.centre.longitude}"
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        shown = await client.get(f"/api/route?matter=0401&{point}")
        half = await client.get("/api/route?matter=0401&latitude=30")
        nowhere = await client.get("/api/route?matter=0401&latitude=-60&longitude=20")
    assert (shown.status_code, shown.json()["grid"], shown.json()["lead"]) == (200, weir.code, "anjian")
    assert (half.status_code, half.json()["code"]) == (422, "route.place")
    assert nowhere.status_code == 404
