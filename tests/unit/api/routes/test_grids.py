from __future__ import annotations

import shapely

from tests.support.api import CITY, FARM, START, TOWNSHIP, WEIR, World
from tocsin.core.ids import GridCode
from tocsin.town.grid_ports import GridDraft, GridLevel
from tocsin.town.ports import Role

SQUARE = shapely.box(119.9, 30.1, 120.1, 30.25)


async def drawn(world: World) -> None:
    await world.place_store.write([GridDraft(code=GridCode("101"), outline=SQUARE.wkb)])


async def test_a_township_sees_its_own_grids_and_no_neighbour() -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        items = (await client.get("/api/grids")).json()["items"]
        assert [one["path"] for one in items] == [TOWNSHIP, WEIR, "1.10.102"]
        assert (items[1]["level"], items[1]["has_outline"], items[1]["until"]) == (3, False, None)
        for code in ("20", "201", "none"):
            assert (await client.get(f"/api/grids/{code}")).json()["code"] == "grid.unknown"
        assert [one["code"] for one in (await client.get("/api/grids?under=101")).json()["items"]] == ["101"]
        assert (await client.get("/api/grids?under=201")).json()["items"] == []


async def test_a_grid_is_shown_with_its_outline_levels_and_what_it_was() -> None:
    world = World()
    await drawn(world)
    await world.place_store.set_levels(GridCode("1"), [GridLevel(level=1, name="市", most=10)])
    async with world.signed_in(Role.SUPERVISOR, CITY) as client:
        body = (await client.get("/api/grids/101")).json()
    assert shapely.from_geojson(str(body["outline"]).replace("'", '"')).equals(SQUARE)
    assert body["levels"] == [{"level": 1, "name": "市", "name_en": "", "most": 10}]
    assert [(one["has_outline"], one["until"] is not None) for one in body["versions"]] == [(False, True)]
    assert (body["people"], body["devices"], body["key_places"]) == (0, 0, 0)


async def test_an_administrator_changes_a_grid_of_the_scope_and_what_it_was_is_kept() -> None:
    world = World()
    async with world.signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        body = {"name": "东堰", "class": "甲", "report_to": "10", "reason": "merged"}
        changed = await client.patch("/api/grids/101", json=body)
        assert (changed.json()["name"], changed.json()["grid_class"], changed.json()["report_to"]) == (
            "东堰",
            "甲",
            "10",
        )
        (old,) = (await client.get("/api/grids/101")).json()["versions"]
        assert (old["name"], old["reason"], old["person"]) == ("grid 101", "merged", "ada")
        gone = await client.patch("/api/grids/101", json={"report_to": "", "reason": "back"})
        assert (gone.json()["report_to"], gone.json()["name"]) == (None, "东堰")
        for code, more in (("201", {}), ("101", {"report_to": "20"})):
            refused = await client.patch(f"/api/grids/{code}", json={"reason": "x", **more})
            assert (refused.status_code, refused.json()["code"]) == (404, "grid.unknown")
        loop = await client.patch("/api/grids/10", json={"report_to": "101", "reason": "x"})
        assert (loop.status_code, loop.json()["code"]) == (422, "grid.report_cycle")


async def test_the_tree_is_shown_as_it_was() -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        await world.place_store.write([], close=[GridCode("102")])
        now = [one["code"] for one in (await client.get("/api/grids")).json()["items"]]
        then = (await client.get("/api/grids", params={"at": START.isoformat()})).json()["items"]
        assert (now, [one["code"] for one in then]) == (["10", "101"], ["10", "101", "102"])
        assert (await client.get("/api/grids?at=1999-01-01T00:00:00Z")).json()["code"] == "grid.at"


async def test_levels_are_named_for_a_whole_tree_by_who_sees_its_root() -> None:
    world = World()
    body = {"root": "1", "items": [{"level": 1, "name": "市"}, {"level": 2, "name": "镇", "most": 10}]}
    async with world.signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        assert (await client.put("/api/grid-levels", json=body)).status_code == 404
    async with world.signed_in(Role.ADMINISTRATOR, "") as client:
        assert (await client.put("/api/grid-levels", json=body)).json()["items"][1]["most"] == 10
        twice = {"root": "1", "items": [body["items"][0], body["items"][0]]}  # type: ignore[index]
        assert (await client.put("/api/grid-levels", json=twice)).json()["code"] == "grid.levels"
        assert (await client.put("/api/grid-levels", json={"root": "10", "items": []})).json()[
            "code"
        ] == "grid.root"
        assert [one["root"] for one in (await client.get("/api/grid-levels")).json()["items"]] == ["1"]
    async with world.signed_in(Role.RESPONDER, FARM) as client:
        (seen,) = (await client.get("/api/grid-levels")).json()["items"]
        assert (seen["root"], [one["name"] for one in seen["items"]]) == ("1", ["市", "镇"])


async def test_a_point_is_found_with_who_answers_above_it() -> None:
    world = World()
    await drawn(world)
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        body = (await client.get("/api/locate?latitude=30.2&longitude=120.05")).json()
        assert (body["grid"]["code"], body["by_outline"], body["near_m"]) == ("101", True, 0)
        assert [one["code"] for one in body["path"]] == ["101", "10", "1"]
        assert [(one["tier"], one["grid"]["code"]) for one in body["tiers"]] == [
            ("village", "101"),
            ("township", "10"),
            ("city", "1"),
        ]
    async with world.signed_in(Role.OPERATOR, "1.20") as client:
        refused = await client.get("/api/locate?latitude=30.2&longitude=120.05")
        assert (refused.status_code, refused.json()["code"]) == (404, "grid.nowhere")
        assert (await client.get("/api/locate?latitude=91&longitude=120")).status_code == 422
