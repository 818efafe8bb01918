from __future__ import annotations

from tests.support.api import FAR, World
from tocsin.town.ports import Role


async def test_grids_of_the_subtree_come_each_after_the_one_above() -> None:
    async with World().signed_in(Role.RESPONDER, FAR) as client:
        body = (await client.get("/api/grids")).json()
    assert [(item["code"], item["parent"], item["tier"]) for item in body["items"]] == [
        ("20", "1", "township"),
        ("201", "20", "village"),
    ]


async def test_people_of_the_subtree_are_named_without_numbers() -> None:
    async with World().signed_in(Role.OPERATOR, FAR) as client:
        body = (await client.get("/api/people")).json()
    assert [item["name"] for item in body["items"]] == ["Chen"]
    assert not {"address", "contacts", "phone"} & set(body["items"][0])
