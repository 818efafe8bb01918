"""Sweeps over HTTP: ordered within the scope, answered by whom they ask, followed without the neighbour's."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.api import FAR, TOWNSHIP, WANG, World
from tocsin.core.ids import GridCode
from tocsin.town.ports import Role

BODY: dict[str, Any] = {"act": "act-00000001", "grid": "10", "kind": "hazard", "title": "查违规电线"}


@pytest.fixture
def world() -> World:
    made = World()
    made.sweeps.persons = {GridCode("101"): WANG}
    return made


async def started(world: World, **more: object) -> httpx.Response:
    async with world.signed_in(Role.OPERATOR) as client:
        return await client.post("/api/sweeps", json={**BODY, **more})


async def test_a_sweep_is_ordered_once(world: World) -> None:
    first = await started(world, minutes=30, drill=True)
    again = await started(world, minutes=30, drill=True)
    assert first.status_code == 201
    shown = first.json()
    assert shown["id"] == again.json()["id"]
    assert (shown["state"], shown["drill"], shown["counts"]["total"]) == ("running", True, 2)
    order, _ = world.sweeps.known[shown["id"]]
    assert order.remind_after is not None
    assert order.remind_after.total_seconds() == 900, "after half of the time, when nobody says otherwise"


async def test_what_cannot_be_is_refused(world: World) -> None:
    late = await started(world, minutes=30, remind_minutes=30)
    assert (late.status_code, late.json()["code"]) == (422, "sweep.remind")
    assert not world.sweeps.known
    calm = await started(world, minutes=30, remind=False)
    assert world.sweeps.known[calm.json()["id"]][0].remind_after is None


async def test_a_place_of_the_neighbour_is_not_swept(world: World) -> None:
    async with world.signed_in(Role.OPERATOR, FAR) as client:
        answer = await client.post("/api/sweeps", json=BODY)
    assert (answer.status_code, answer.json()["code"]) == (404, "grid.unknown")


async def test_a_township_follows_its_part_and_ends_only_its_own(world: World) -> None:
    city = (await started(world, grid="1")).json()["id"]
    far = (await started(world, grid="20", act="act-00000002")).json()["id"]
    async with world.signed_in(Role.SUPERVISOR, TOWNSHIP) as client:
        listed = (await client.get("/api/sweeps")).json()["items"]
        detail = (await client.get(f"/api/sweeps/{city}")).json()
        strange = await client.get(f"/api/sweeps/{far}")
        ended = await client.post(f"/api/sweeps/{city}/end")
    assert [one["id"] for one in listed] == [city]
    assert [row["grid"] for row in detail["roll"]] == ["101", "102"]
    assert (strange.status_code, strange.json()["code"]) == (404, "sweep.unknown")
    assert (ended.status_code, ended.json()["code"]) == (404, "sweep.unknown")
    async with world.signed_in(Role.SUPERVISOR) as client:
        assert (await client.post(f"/api/sweeps/{city}/end")).status_code == 204
        assert (await client.get(f"/api/sweeps/{city}")).json()["sweep"]["state"] == "ended"


async def test_a_responder_sees_and_answers_what_is_theirs(world: World) -> None:
    sweep = (await started(world)).json()["id"]
    async with world.signed_in(Role.RESPONDER) as client:
        detail = (await client.get(f"/api/sweeps/{sweep}")).json()
        mine = await client.post(
            f"/api/sweeps/{sweep}/answer",
            json={"act": "act-00000003", "grid": "101", "answer": "found", "found": 2, "words": "两处"},
        )
        wrong = await client.post(
            f"/api/sweeps/{sweep}/answer", json={"act": "act-00000004", "grid": "102", "answer": "clear"}
        )
    assert [row["grid"] for row in detail["roll"]] == ["101"]
    assert detail["parts"] == []
    assert (mine.status_code, mine.json()["state"], mine.json()["found"]) == (200, "answered", 2)
    assert (wrong.status_code, wrong.json()["code"]) == (404, "sweep.unknown")
    async with world.signed_in(Role.RESPONDER, FAR, world.town.people_known[1].id) as client:
        assert (await client.get("/api/sweeps")).json()["items"] == []
        assert (await client.get(f"/api/sweeps/{sweep}")).status_code == 404


async def test_an_operator_answers_for_a_grid_of_the_scope(world: World) -> None:
    sweep = (await started(world, grid="1")).json()["id"]
    body = {"act": "act-00000003", "grid": "201", "answer": "clear"}
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        assert (await client.post(f"/api/sweeps/{sweep}/answer", json=body)).status_code == 404
        own = await client.post(f"/api/sweeps/{sweep}/answer", json={**body, "grid": "102"})
    assert own.status_code == 200


@pytest.mark.parametrize("more", [{"answer": "found"}, {"answer": "clear", "found": 2}])
async def test_an_answer_that_says_nothing_is_refused(world: World, more: dict[str, object]) -> None:
    sweep = (await started(world)).json()["id"]
    async with world.signed_in(Role.OPERATOR) as client:
        answer = await client.post(
            f"/api/sweeps/{sweep}/answer", json={"act": "act-00000003", "grid": "101", **more}
        )
    assert (answer.status_code, answer.json()["code"]) == (422, "sweep.found")


async def test_the_roll_is_paged(world: World) -> None:
    sweep = (await started(world)).json()["id"]
    async with world.signed_in(Role.OPERATOR) as client:
        first = (await client.get(f"/api/sweeps/{sweep}?most=1")).json()
        rest = (await client.get(f"/api/sweeps/{sweep}?most=1&after={first['roll'][-1]['path']}")).json()
        none = (await client.get(f"/api/sweeps/{sweep}?state=answered")).json()
    assert (first["more"], rest["more"]) == (True, False)
    assert [row["grid"] for row in (*first["roll"], *rest["roll"])] == ["101", "102"]
    assert none["roll"] == []
