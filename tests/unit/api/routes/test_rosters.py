"""Rotations over HTTP."""

from typing import Any

import pytest

from tests.support.api import CHEN, FAR, TOWNSHIP, WANG, World
from tocsin.town.ports import Role

ROSTER: dict[str, Any] = {
    "id": "nights",
    "grid": "101",
    "name": "夜班",
    "tier": "village",
    "since": "2026-11-22T16:00:00Z",
    "groups": [{"name": "甲", "people": [WANG]}],
    "slots": [{"begins": "20:00", "ends": "08:00", "order": ["甲", ""]}],
}
CHANGE = {
    "act": "act-00000001",
    "kind": "absence",
    "person": WANG,
    "since": "2026-11-23T00:00:00Z",
    "until": "2026-11-26T00:00:00Z",
}
DAYS = "since=2026-11-22T16:00:00Z&until=2026-11-28T16:00:00Z"


async def shifts(client: Any) -> list[str]:
    return [one["since"] for one in (await client.get(f"/api/duty?{DAYS}")).json()["items"]]


async def test_a_rotation_is_made_its_shifts_are_there_and_it_can_be_read_again() -> None:
    world = World()
    async with world.signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        made = await client.post("/api/rosters", json=ROSTER)
        assert made.status_code == 201
        assert await shifts(client) == [f"2026-11-{day}T12:00:00Z" for day in (23, 25, 27)]
        (listed,) = (await client.get("/api/rosters")).json()["items"]
        assert listed == made.json()
        assert listed["slots"][0] == {
            "begins": "20:00", "ends": "08:00", "order": ["甲", ""], "step": "day", "days": [], "weekdays": [],
        }  # fmt: skip
        whole = {**ROSTER, "slots": [{"begins": "08:00", "ends": "08:00", "order": ["甲"]}]}
        assert (await client.post("/api/rosters", json=whole)).json()["slots"][0]["ends"] == "08:00"
        assert len(await shifts(client)) == 7, "the first one from the beginning of the roster"


async def test_a_change_is_in_force_with_the_answer_and_once() -> None:
    world = World()
    async with world.signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        await client.post("/api/rosters", json=ROSTER)
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        for _ in range(2):
            changed = await client.post("/api/rosters/nights/changes", json=CHANGE)
            assert changed.status_code == 201
            assert len(changed.json()["changes"]) == 1
        assert await shifts(client) == ["2026-11-27T12:00:00Z"]


async def test_a_rotation_that_ends_takes_its_shifts_along() -> None:
    world = World()
    async with world.signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        await client.post("/api/rosters", json=ROSTER)
        assert (await client.delete("/api/rosters/nights")).status_code == 204
        assert await shifts(client) == []
        assert (await client.delete("/api/rosters/nights")).status_code == 404
        assert (await client.get("/api/rosters")).json()["items"] == []


async def test_a_rotation_of_a_neighbour_is_neither_seen_nor_changed() -> None:
    world = World()
    async with world.signed_in(Role.ADMINISTRATOR) as client:
        await client.post("/api/rosters", json=ROSTER)
    async with world.signed_in(Role.ADMINISTRATOR, FAR) as client:
        assert (await client.get("/api/rosters")).json()["items"] == []
        assert (await client.post("/api/rosters", json=ROSTER)).status_code == 404
        own = {**ROSTER, "grid": "201", "groups": [{"name": "甲", "people": [CHEN]}]}
        assert (await client.post("/api/rosters", json=own)).status_code == 409
        theirs = {**own, "id": "mine", "groups": [{"name": "甲", "people": [WANG]}]}
        assert (await client.post("/api/rosters", json=theirs)).json()["code"] == "roster.people"
        assert (await client.post("/api/rosters/nights/changes", json=CHANGE)).status_code == 404
        assert (await client.delete("/api/rosters/nights")).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"slots": [{"begins": "20:00", "ends": "08:00", "order": ["乙"]}]}, "roster.pattern"),
        ({"groups": [*ROSTER["groups"], *ROSTER["groups"]]}, "roster.groups"),
        ({"groups": [{"name": "甲", "people": ["nobody"]}]}, "roster.people"),
        ({"tier": "city"}, "roster.people"),
        ({"organisation": "nobody"}, "organisation.unknown"),
        ({"until": "2026-11-22T15:00:00Z"}, "roster.since"),
        ({"since": "2020-01-01T00:00:00Z"}, "roster.since"),
        ({"since": "9999-12-31T23:00:00Z"}, "roster.since"),
        ({"first": "0001-01-01"}, "roster.first"),
        ({"first": "9999-12-31"}, "roster.first"),
        ({"slots": [{"begins": "24:00", "ends": "08:00", "order": ["甲"]}]}, "request.invalid"),
    ],
)
async def test_a_rotation_that_makes_no_sense_is_refused(wrong: dict[str, Any], code: str) -> None:
    world = World()
    async with world.signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        answer = await client.post("/api/rosters", json={**ROSTER, **wrong})
    assert answer.json()["code"] == code
    assert world.town.staffed.shifts == {}
