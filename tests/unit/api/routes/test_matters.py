"""The catalogue is everybody's to read and the whole town's administrator's to change."""

from __future__ import annotations

import pytest

from tests.support.api import CITY, TOWNSHIP, World
from tocsin.town.catalogue import read, sample_text
from tocsin.town.ports import Role

NEW = {
    "name": "大件垃圾",
    "platform": "environment",
    "limits": {"handle": {"amount": 2, "unit": "working_day"}},
}


@pytest.fixture
async def world() -> World:
    made = World()
    await made.catalogue.save(read(sample_text(), grid=made.town.grids_known[0].code))
    return made


async def test_a_grid_member_reads_the_catalogue(world: World) -> None:
    async with world.signed_in(Role.RESPONDER, TOWNSHIP) as client:
        shown = (await client.get("/api/matters")).json()
    assert [one["code"] for one in shown["categories"]] == ["01", "02", "03", "04", "05", "06"]
    fire = next(one for one in shown["items"] if one["code"] == "0401")
    assert (fire["category"], fire["kinds"], fire["urgent"]) == ("04", ["fire", "smoke"], True)
    assert fire["limits"]["handle"] == {"amount": 4, "unit": "hour"}


@pytest.mark.parametrize("scope", ["", CITY])
async def test_a_matter_is_added_and_changed(world: World, scope: str) -> None:
    async with world.signed_in(Role.ADMINISTRATOR, scope) as client:
        made = await client.put("/api/matters/010201", json=NEW)
        assert made.status_code == 200, made.text
        await client.put("/api/matters/010201", json={**NEW, "active": False})
    found = await world.catalogue.matter("010201")
    assert found is not None
    assert (found.name, found.active) == ("大件垃圾", False)
    assert list((await world.catalogue.terms("010201")).limits) != []


async def test_a_townships_administrator_does_not_change_what_holds_for_all(world: World) -> None:
    async with world.signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        for answer in (
            await client.put("/api/matters/010201", json=NEW),
            await client.put("/api/working-time", json={"hours": [[480, 720]]}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "scope.too_small")
    assert await world.catalogue.matter("010201") is None


async def test_a_kind_that_stands_for_another_matter_is_refused(world: World) -> None:
    async with world.signed_in(Role.ADMINISTRATOR) as client:
        answer = await client.put("/api/matters/0498", json={"name": "x", "kinds": ["fire"]})
    assert answer.status_code == 422
    assert "fire stands for 0401 already" in answer.json()["message"]


async def test_working_time_is_read_changed_and_checked(world: World) -> None:
    async with world.signed_in(Role.ADMINISTRATOR) as client:
        before = (await client.get("/api/working-time")).json()
        body = {"hours": [[480, 720]], "closed": ["2026-12-31", "2026-12-31"], "warn_at": 0.5}
        after = (await client.put("/api/working-time", json=body)).json()
        wrong = await client.put("/api/working-time", json={"hours": [[720, 480]]})
    assert (before["hours"], before["announced"]) == ([[510, 720], [840, 1050]], 2026)
    assert (after["hours"], after["closed"], after["warn_at"]) == ([[480, 720]], ["2026-12-31"], 0.5)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "catalogue.faults")
    assert (await world.catalogue.working_time()).warn_at == 0.5
