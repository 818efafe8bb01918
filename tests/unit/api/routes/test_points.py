from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.api import ADA, ANN, CHEN, TOWNSHIP, WANG, World
from tocsin.core.ids import PersonId
from tocsin.town.ports import Role

AWARD: dict[str, object] = {
    "act": "award-0001",
    "holder": WANG,
    "category": "volunteering",
    "points": 30,
    "reason": "kept the dyke at night",
    "source": "incident:1",
}
SPEND: dict[str, object] = {"act": "spend-0001", "holder": WANG, "points": 20, "reason": "soap"}


def operator(world: World) -> httpx.AsyncClient:
    return world.signed_in(Role.OPERATOR, TOWNSHIP)


def administrator(world: World) -> httpx.AsyncClient:
    return world.signed_in(Role.ADMINISTRATOR, TOWNSHIP)


async def granted(world: World, **more: object) -> str:
    async with operator(world) as client:
        made = (await client.post("/api/points", json=AWARD | more)).json()
    async with administrator(world) as client:
        answer = await client.post(f"/api/points/{made['id']}/approve", json={"act": "approve-1"})
    assert answer.json()["granted"] is True
    entry: str = made["id"]
    return entry


async def balance(world: World, holder: str = WANG) -> int:
    async with operator(world) as client:
        points: int = (await client.get(f"/api/points/balance?holder={holder}")).json()["points"]
    return points


def code(answer: httpx.Response) -> Any:
    return answer.json().get("code")


async def test_points_count_once_somebody_else_has_granted_them() -> None:
    world = World()
    async with operator(world) as client:
        made = await client.post("/api/points", json=AWARD)
        assert made.status_code == 201
        assert await balance(world) == 0
        assert (await client.post("/api/points", json=AWARD)).json()["id"] == made.json()["id"]
        waiting = (await client.get("/api/points?waiting=true")).json()["items"]
        assert [one["id"] for one in waiting] == [made.json()["id"]]
    await granted(world)
    assert await balance(world) == 30
    async with operator(world) as client:
        assert (await client.get("/api/points?waiting=true")).json()["items"] == []


async def test_whoever_asked_or_gets_them_does_not_grant_them() -> None:
    world = World()
    async with administrator(world) as client:
        made = (await client.post("/api/points", json=AWARD)).json()["id"]
        mine = await client.post(f"/api/points/{made}/approve", json={"act": "approve-1"})
        assert code(mine) == "points.approver"
    async with world.signed_in(Role.SUPERVISOR, TOWNSHIP, WANG) as client:
        own = await client.post(f"/api/points/{made}/approve", json={"act": "approve-2"})
        assert code(own) == "points.own"
        self_service = await client.post("/api/points", json=AWARD)
        assert code(self_service) == "points.own"


async def test_a_refused_entry_counts_nothing_and_is_not_answered_again() -> None:
    world = World()
    async with operator(world) as client:
        made = (await client.post("/api/points", json=AWARD)).json()["id"]
    async with administrator(world) as client:
        body = {"act": "approve-1", "granted": False}
        for _ in range(2):
            assert (await client.post(f"/api/points/{made}/approve", json=body)).json()["granted"] is False
        changed = await client.post(f"/api/points/{made}/approve", json={"act": "approve-2"})
        assert code(changed) == "points.answered"
    assert await balance(world) == 0


async def test_nobody_spends_more_than_they_have() -> None:
    world = World()
    await granted(world)
    async with operator(world) as client:
        spent = await client.post("/api/points/redeem", json=SPEND)
        assert (spent.status_code, spent.json()["points"]) == (201, 10)
        assert (await client.post("/api/points/redeem", json=SPEND)).json()["points"] == 10
        more = await client.post("/api/points/redeem", json=SPEND | {"act": "spend-0002"})
        assert code(more) == "points.overdrawn"
    async with world.signed_in(Role.OPERATOR, TOWNSHIP, WANG) as client:
        own = await client.post("/api/points/redeem", json=SPEND | {"act": "spend-0003", "points": 1})
        assert code(own) == "points.own"


async def test_what_was_wrong_is_taken_back_whole_by_a_counter_entry() -> None:
    world = World()
    entry = await granted(world)
    back = {"act": "correct-1", "holder": WANG, "reason": "it was somebody else", "corrects": entry}
    async with operator(world) as client:
        made = (await client.post("/api/points", json=back)).json()
        assert (made["kind"], made["points"]) == ("correction", -30)
        again = await client.post("/api/points", json=back | {"act": "correct-2"})
        assert code(again) == "points.corrected"
    assert await balance(world) == 30
    async with administrator(world) as client:
        await client.post(f"/api/points/{made['id']}/approve", json={"act": "approve-9"})
    assert await balance(world) == 0


async def test_what_was_spent_already_is_not_taken_back() -> None:
    world = World()
    entry = await granted(world)
    async with operator(world) as client:
        await client.post("/api/points/redeem", json=SPEND)
        back = {"act": "correct-1", "holder": WANG, "reason": "wrong", "corrects": entry}
        made = (await client.post("/api/points", json=back)).json()["id"]
    async with administrator(world) as client:
        answer = await client.post(f"/api/points/{made}/approve", json={"act": "approve-9"})
    assert code(answer) == "points.overdrawn"
    assert await balance(world) == 10


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"category": "heroism"}, "points.category"),
        ({"category": None}, "points.form"),
        ({"points": None}, "points.form"),
        ({"corrects": "points-1"}, "points.form"),
        ({"holder": CHEN}, "person.unknown"),
        ({"holder": "nobody"}, "person.unknown"),
        ({"points": 0}, "request.invalid"),
        ({"points": 10_001}, "request.invalid"),
    ],
)
async def test_each_wrong_entry_is_refused(change: dict[str, object], expected: str) -> None:
    async with operator(World()) as client:
        assert code(await client.post("/api/points", json=AWARD | change)) == expected


async def test_an_unknown_entry_is_not_taken_back() -> None:
    async with operator(World()) as client:
        body = {"act": "correct-1", "holder": WANG, "reason": "x", "corrects": "points-1"}
        assert code(await client.post("/api/points", json=body)) == "points.unknown"


async def test_a_township_sees_nothing_of_its_neighbours_points() -> None:
    world = World()
    await granted(world)
    async with world.signed_in(Role.SUPERVISOR, "1.20") as neighbour:
        seen = (await neighbour.get("/api/points")).json()
        assert seen["items"] == []
        assert len(seen["categories"]) == 8
        assert code(await neighbour.get(f"/api/points/balance?holder={WANG}")) == "person.unknown"
        entry = (await world.evaluation.entries("", None, waiting=False, most=1, before=None))[0].id
        answer = await neighbour.post(f"/api/points/{entry}/approve", json={"act": "approve-1"})
        assert code(answer) == "points.unknown"


@pytest.mark.parametrize(("person", "points"), [(WANG, 30), (CHEN, 0)])
async def test_a_member_sees_their_own_points_and_nobody_elses(person: PersonId, points: int) -> None:
    world = World()
    await granted(world)
    async with world.signed_in(Role.RESPONDER, "1.10.101", person) as client:
        seen = (await client.get(f"/api/points?holder={WANG}")).json()["items"]
        left = (await client.get(f"/api/points/balance?holder={WANG}")).json()
    assert {one["holder"] for one in seen} <= {person}
    assert (left["holder"], left["points"]) == (person, points)


async def test_entries_name_who_made_and_who_answered_them() -> None:
    world = World()
    await granted(world)
    async with operator(world) as client:
        (entry,) = (await client.get("/api/points")).json()["items"]
    assert (entry["made_by"], entry["answered_by"]) == (ANN, ADA)
