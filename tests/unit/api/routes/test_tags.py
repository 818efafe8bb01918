from __future__ import annotations

import json

import pytest

from tests.support.api import TOWNSHIP, World
from tocsin.alerts.proving import tag_hash
from tocsin.api.config import ApiConfig
from tocsin.api.routes.tags import as_svg
from tocsin.town.ports import Role


async def test_new_code_is_shown_once_and_kept_as_its_hash() -> None:
    world = World(config=ApiConfig(public_url="http://bell"))
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        answer = await client.post(
            "/api/tags", json={"grid": "101", "device": "weir/camera-1", "name": "  东门  "}
        )
        made = answer.json()
        listed = (await client.get("/api/tags")).json()["items"]
    assert answer.status_code == 201, answer.text
    secret = made["address"].removeprefix("http://bell/tag/")
    assert [hashed for _, hashed in world.proved.tags.values()] == [tag_hash(secret)]
    assert [(one["id"], one["name"], one["device"]) for one in listed] == [
        (made["id"], "东门", "weir/camera-1")
    ]
    assert secret not in json.dumps(listed)
    assert made["svg"].startswith("<?xml")


async def test_code_needs_an_address_to_lead_to() -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        answer = await client.post("/api/tags", json={"grid": "101", "name": "gate"})
    assert answer.json()["code"] == "tag.address"


@pytest.mark.parametrize("grid", ["201", "999"])
async def test_codes_are_made_and_revoked_within_the_scope(grid: str) -> None:
    world = World(config=ApiConfig(public_url="http://bell"))
    async with world.signed_in(Role.OPERATOR, "") as everywhere:
        made = (await everywhere.post("/api/tags", json={"grid": "201", "name": "farm"})).json()["id"]
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        answer = await client.post("/api/tags", json={"grid": grid, "name": "gate"})
        assert answer.json()["code"] == "grid.unknown"
        assert (await client.get("/api/tags")).json()["items"] == []
        assert (await client.post(f"/api/tags/{made}/revoke")).json()["code"] == "tag.missing"
    async with world.signed_in(Role.OPERATOR, "") as everywhere:
        assert (await everywhere.post(f"/api/tags/{made}/revoke")).status_code == 204
        (tag,) = (await everywhere.get("/api/tags")).json()["items"]
    assert tag["revoked"] is not None


async def test_responders_make_no_codes() -> None:
    world = World()
    async with world.signed_in(Role.RESPONDER) as client:
        assert (await client.post("/api/tags", json={"grid": "101", "name": "gate"})).status_code == 403


def test_code_is_drawn_for_printing() -> None:
    assert "<path" in as_svg("https://bell.example/tag/secret")


async def test_code_hangs_at_no_device_outside_the_scope() -> None:
    world = World(config=ApiConfig(public_url="http://bell"))
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        for device in ("farm/camera-1", "weir/camera-9"):
            answer = await client.post("/api/tags", json={"grid": "101", "device": device, "name": "gate"})
            assert (answer.status_code, answer.json()["code"]) == (404, "device.unknown")
    assert world.proved.tags == {}
