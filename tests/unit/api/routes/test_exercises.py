"""Exercises over HTTP: prepared in the scope, started once, shown with who answered."""

from __future__ import annotations

from typing import Any

import httpx

from tests.support.api import ANN, CHEN, FAR, TOWNSHIP, WANG, World
from tocsin.town.ports import Role

BODY: dict[str, Any] = {
    "act": "act-00000001",
    "title": "夜间火情",
    "kind": "fire",
    "grade": "II",
    "grid": "101",
    "participants": [WANG, CHEN],
}


async def prepared(world: World, **more: object) -> httpx.Response:
    async with world.signed_in(Role.SUPERVISOR, TOWNSHIP) as client:
        return await client.post("/api/exercises", json={**BODY, **more})


async def test_an_exercise_is_prepared_once() -> None:
    world = World()
    first, again = await prepared(world), await prepared(world)
    assert first.status_code == 201
    assert first.json()["id"] == again.json()["id"]
    assert (first.json()["state"], first.json()["participants"]) == ("ready", 2)
    assert not world.alerts.drills, "nothing begins by being prepared"


async def test_a_fault_says_what_to_write() -> None:
    world = World()
    past = await prepared(world, planned="2026-11-22T00:00:00Z")
    assert (past.status_code, past.json()["code"]) == (422, "exercise.planned")
    stranger = await prepared(world, participants=["nobody"])
    assert (stranger.status_code, stranger.json()["code"]) == (422, "exercise.participants")
    far = await prepared(world, grid="201")
    assert (far.status_code, far.json()["code"]) == (404, "grid.unknown")
    assert not world.exercises.known


async def test_a_start_opens_the_drill_for_its_participants_and_again_gives_the_same() -> None:
    world = World()
    exercise = (await prepared(world)).json()["id"]
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        first = await client.post(f"/api/exercises/{exercise}/start")
        again = await client.post(f"/api/exercises/{exercise}/start")
        shown = (await client.get(f"/api/exercises/{exercise}")).json()
        late = await client.post(f"/api/exercises/{exercise}/cancel")
    assert first.status_code == 200
    assert first.json()["incident"] == again.json()["incident"]
    ((drill, actor),) = world.alerts.drills
    assert (drill.exercise, drill.participants, actor.id) == (exercise, (WANG, CHEN), ANN)
    assert shown["exercise"]["state"] == "running"
    assert [one["id"] for one in shown["incidents"]] == [first.json()["incident"]]
    assert [clock["tier"] for clock in shown["incidents"][0]["clocks"]] == ["village"]
    assert [(one["person"], one["called"] is not None) for one in shown["people"]] == [
        (WANG, True),
        (CHEN, False),
    ]
    assert (late.status_code, late.json()["code"]) == (422, "exercise.started")


async def test_what_was_given_up_is_not_started() -> None:
    world = World()
    exercise = (await prepared(world)).json()["id"]
    async with world.signed_in(Role.OPERATOR) as client:
        assert (await client.post(f"/api/exercises/{exercise}/cancel")).status_code == 204
        answer = await client.post(f"/api/exercises/{exercise}/start")
        shown = (await client.get(f"/api/exercises/{exercise}")).json()
    assert (answer.status_code, answer.json()["code"]) == (422, "exercise.cancelled")
    assert (shown["incidents"], shown["plan"], shown["exercise"]["state"]) == ([], None, "cancelled")
    assert not world.alerts.drills


async def test_a_neighbour_sees_nothing_of_it() -> None:
    world = World()
    exercise = (await prepared(world)).json()["id"]
    async with world.signed_in(Role.SUPERVISOR, FAR) as client:
        assert (await client.get("/api/exercises")).json()["items"] == []
        for answer in (
            await client.get(f"/api/exercises/{exercise}"),
            await client.post(f"/api/exercises/{exercise}/start"),
            await client.post(f"/api/exercises/{exercise}/cancel"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "exercise.unknown")
    assert not world.alerts.drills
