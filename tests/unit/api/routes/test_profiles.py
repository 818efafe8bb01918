from __future__ import annotations

import pytest

from tests.support.api import FAR, TOWNSHIP, World
from tocsin.town.ports import Role


async def test_all_profiles_are_listed_with_the_one_in_force() -> None:
    world = World()
    async with world.signed_in(Role.RESPONDER, TOWNSHIP) as client:
        body = (await client.get("/api/profiles")).json()
    assert body["items"][0]["id"] == body["current"] == "standard"
    patrol = next(one for one in body["items"] if one["id"] == "patrol")
    assert patrol["loop"] == ["巡查", "上报", "分转", "处置", "复核"]
    assert {"state": "reported", "zh": "巡查", "en": "Found on patrol"} in patrol["steps"]
    assert {"move": "check", "zh": "复核", "en": "Review"} in patrol["moves"]


async def test_a_choice_for_a_tree_holds_for_all_below_its_root() -> None:
    world = World()
    async with world.signed_in(Role.ADMINISTRATOR) as client:
        body = {"root": "1", "profile": "patrol"}
        assert (await client.put("/api/profiles/current", json=body)).status_code == 204
    async with world.signed_in(Role.OPERATOR, FAR) as client:
        assert (await client.get("/api/profiles")).json()["current"] == "patrol"


@pytest.mark.parametrize(
    ("scope", "body", "status", "code"),
    [
        ("", {"profile": "mine"}, 422, "profile.unknown"),
        ("", {"profile": "x" * 65}, 422, "request.invalid"),
        ("", {"profile": "patrol", "root": "101"}, 404, "profile.root"),
        ("", {"profile": "patrol", "root": "9"}, 404, "profile.root"),
        (TOWNSHIP, {"profile": "patrol", "root": "1"}, 404, "profile.root"),
        (TOWNSHIP, {"profile": "patrol"}, 404, "profile.root"),
    ],
)
async def test_a_choice_that_cannot_be_is_refused(
    scope: str, body: dict[str, str], status: int, code: str
) -> None:
    world = World()
    async with world.signed_in(Role.ADMINISTRATOR, scope) as client:
        answer = await client.put("/api/profiles/current", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    async with world.signed_in(Role.OPERATOR) as client:
        assert (await client.get("/api/profiles")).json()["current"] == "standard"
