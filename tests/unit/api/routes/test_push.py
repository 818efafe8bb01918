from __future__ import annotations

import dataclasses
import json
from typing import Any

from tests.support.api import TOWNSHIP, WANG, World
from tocsin.api.app import create_app
from tocsin.town.ports import Role

BODY: dict[str, Any] = {
    "endpoint": "https://push.example/send/1",
    "keys": {"p256dh": "B" * 87, "auth": "A" * 22},
    "expirationTime": None,
}


async def test_a_browser_learns_the_key_subscribes_and_leaves() -> None:
    world = World()
    async with world.signed_in(Role.RESPONDER, TOWNSHIP) as client:
        assert (await client.get("/api/push/key")).json() == {"key": "BPublicKey"}
        assert (await client.post("/api/push", json=BODY)).status_code == 204
        ((person, address),) = world.trials.subscribed
        assert person == WANG
        assert json.loads(address) == {"endpoint": BODY["endpoint"], "keys": BODY["keys"]}
        gone = await client.request("DELETE", "/api/push", json={"endpoint": BODY["endpoint"]})
        assert gone.status_code == 204
    assert world.trials.subscribed == []


async def test_no_more_than_five_browsers_are_kept() -> None:
    world = World()
    async with world.signed_in(Role.RESPONDER, TOWNSHIP) as client:
        for number in range(7):
            await client.post("/api/push", json=BODY | {"endpoint": f"https://push.example/send/{number}"})
    assert len(world.trials.subscribed) == 5


async def test_an_address_inside_the_network_is_refused() -> None:
    world = World()
    async with world.signed_in(Role.RESPONDER, TOWNSHIP) as client:
        for endpoint in (
            "https://10.0.0.7/send",
            "https://127.0.0.1/x/y",
            "https://localhost/x",
            "https://127.0.0.1./x",
            "https://0x7f.0x1/x",
            "https://printer.lan/x",
            "http://push.example/1",
        ):
            assert (await client.post("/api/push", json=BODY | {"endpoint": endpoint})).status_code == 422
    assert world.trials.subscribed == []


async def test_nobody_subscribes_without_signing_in_or_where_pushes_are_off() -> None:
    world = World()
    async with world.client() as client:
        assert (await client.post("/api/push", json=BODY)).status_code == 401
    world.app = create_app(dataclasses.replace(world.deps, push_key=""))
    async with world.signed_in(Role.RESPONDER, TOWNSHIP) as client:
        assert (await client.get("/api/push/key")).json()["code"] == "push.off"
        assert (await client.post("/api/push", json=BODY)).status_code == 404
