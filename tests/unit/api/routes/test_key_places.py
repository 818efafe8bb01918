from __future__ import annotations

from typing import Any

from tests.support.api import CITY, TOWNSHIP, World
from tocsin.town.ports import Role


def body(name: str, **more: Any) -> dict[str, Any]:
    return {
        "act": f"place-{name}",
        "kind": "water",
        "name": name,
        "place": {"latitude": 30.2, "longitude": 120.0},
        **more,
    }


async def test_a_place_is_added_once_listed_in_its_scope_and_ended() -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR, CITY) as client:
        added = await client.post("/api/key-places", json=body("pond", grid="101", note="deep"))
        again = await client.post("/api/key-places", json=body("pond", grid="101", note="deep"))
        assert added.status_code == 201
        assert added.json()["id"] == again.json()["id"]
        far = (await client.post("/api/key-places", json=body("lake", grid="201"))).json()["id"]
        named = [one["name"] for one in (await client.get("/api/key-places?grid=10")).json()["items"]]
        assert named == ["pond"]
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        (seen,) = (await client.get("/api/key-places")).json()["items"]
        assert (seen["name"], seen["kind"], seen["grid"], seen["note"]) == ("pond", "water", "101", "deep")
        assert (await client.delete(f"/api/key-places/{far}")).status_code == 404, "the neighbour's"
        assert (await client.delete(f"/api/key-places/{seen['id']}")).status_code == 204
        assert (await client.get("/api/key-places")).json()["items"] == []


async def test_a_place_without_a_grid_belongs_to_that_in_which_it_lies() -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        assert (await client.post("/api/key-places", json=body("pond"))).json()["grid"] == "101"
        nowhere = body("sea", place={"latitude": 0, "longitude": 0})
        assert (await client.post("/api/key-places", json=nowhere)).json()["code"] == "grid.nowhere"
        assert (await client.post("/api/key-places", json=body("far", grid="201"))).json()[
            "code"
        ] == "grid.unknown"


async def test_a_grid_that_is_given_up_gets_no_places() -> None:
    world = World()
    await world.place_store.write([], close=["101"])  # type: ignore[list-item]
    async with world.signed_in(Role.OPERATOR, CITY) as client:
        assert (await client.post("/api/key-places", json=body("pond", grid="101"))).json()[
            "code"
        ] == "grid.closed"
