from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.api import ADA, CHEN, FARM, TOWNSHIP, WANG, World
from tocsin.alerts.proving import tag_hash
from tocsin.core.ids import GridCode
from tocsin.town.evaluation import Indicator
from tocsin.town.evaluation_ports import Act
from tocsin.town.ports import Role

OCTOBER = datetime(2026, 10, 12, 3, 0, tzinfo=UTC)
SECRET = "s" * 32


def world_with_acts() -> World:
    world = World()
    for number in range(5):
        world.evaluation.add_act(
            f"r{number}", WANG, Act(indicator=Indicator.REPORT, at=OCTOBER, subject=f"incident:{number}")
        )
    world.evaluation.add_act("c", CHEN, Act(indicator=Indicator.PATROL, at=OCTOBER, subject="tag:1"))
    return world


async def ask(world: World, role: Role, scope: str, address: str, **more: Any) -> Any:
    async with world.signed_in(role, scope, **more) as client:
        answer = await client.get(address)
    return answer.json() if answer.status_code == 200 else answer.json()["code"]


async def test_a_township_sees_its_members_with_the_formula_and_nothing_of_its_neighbour() -> None:
    world = world_with_acts()
    seen = await ask(world, Role.SUPERVISOR, TOWNSHIP, "/api/scores?month=2026-10")
    assert CHEN not in {one["person"] for one in seen["items"]}
    (wang,) = (one for one in seen["items"] if one["person"] == WANG)
    assert (wang["total"], wang["rank"]) == (12.5, 1)
    assert sum(one["points"] for one in seen["formula"]) == 100
    assert seen["published"] is None
    address = f"/api/scores?month=2026-10&grid={FARM.rsplit('.', maxsplit=1)[-1]}"
    assert await ask(world, Role.SUPERVISOR, TOWNSHIP, address) == "grid.unknown"
    assert await ask(world, Role.SUPERVISOR, TOWNSHIP, f"/api/scores/{CHEN}/rows?month=2026-10") == (
        "person.unknown"
    )


async def test_whoever_sees_everything_names_a_grid() -> None:
    assert await ask(World(), Role.ADMINISTRATOR, "", "/api/scores?month=2026-10") == "grid.missing"


async def test_a_member_sees_their_own_score_all_of_its_rows_and_the_formula() -> None:
    world = world_with_acts()
    own = await ask(world, Role.RESPONDER, "1.10.101", "/api/scores?month=2026-10", person=WANG)
    assert [(one["person"], one["rank"]) for one in own["items"]] == [(WANG, None)]
    rows = await ask(world, Role.RESPONDER, "1.10.101", f"/api/scores/{WANG}/rows?month=2026-10", person=WANG)
    assert len(rows["items"]) == 5
    assert rows["score"]["total"] == 12.5
    assert rows["formula"] == own["formula"]
    other = f"/api/scores/{CHEN}/rows?month=2026-10"
    assert await ask(world, Role.RESPONDER, "1.10.101", other, person=WANG) == "person.unknown"


async def test_a_published_month_stays_as_it_was_told() -> None:
    world = world_with_acts()
    body = {"act": "publish-1", "grid": "10", "month": "2026-10"}
    async with world.signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        assert (await client.post("/api/scores/publish", json=body)).json()["grid"] == "10"
        again = await client.post("/api/scores/publish", json=body | {"act": "publish-2"})
        assert again.json()["code"] == "scores.published"
        running = await client.post("/api/scores/publish", json=body | {"month": "2026-11"})
        assert running.json()["code"] == "month.running"
    before = await ask(world, Role.SUPERVISOR, TOWNSHIP, "/api/scores?month=2026-10")
    world.evaluation.add_act(
        "late", WANG, Act(indicator=Indicator.REPORT, at=OCTOBER, subject="incident:late")
    )
    after = await ask(world, Role.SUPERVISOR, TOWNSHIP, "/api/scores?month=2026-10")
    assert before == after
    assert after["published"]["by"] == ADA
    own = await ask(world, Role.RESPONDER, "1.10.101", "/api/scores?month=2026-10", person=WANG)
    assert own["items"][0]["rank"] == 1


async def test_weights_are_set_for_a_grid_and_must_make_a_hundred() -> None:
    world = world_with_acts()
    items = [
        {"indicator": one.value, "points": 100 if one is Indicator.REPORT else 0, "full": 5}
        for one in Indicator
    ]
    async with world.signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        body = {"act": "weights-1", "grid": "10", "items": items}
        assert (await client.put("/api/score-weights", json=body)).status_code == 200
        items[0]["points"] = 1
        wrong = await client.put("/api/score-weights", json=body)
        assert wrong.json()["code"] == "weights.sum"
        twice = await client.put("/api/score-weights", json=body | {"items": [items[1]] * 5})
        assert twice.json()["code"] == "weights.missing"
        outside = await client.put("/api/score-weights", json=body | {"grid": "201"})
        assert outside.json()["code"] == "grid.unknown"
        held = (await client.get("/api/score-weights?grid=101")).json()["items"]
    assert {one["indicator"]: one["points"] for one in held}["report"] == 100
    seen = await ask(world, Role.SUPERVISOR, TOWNSHIP, "/api/scores?month=2026-10")
    assert next(one["total"] for one in seen["items"] if one["person"] == WANG) == 100


async def test_a_contest_is_fixed_once_from_three_published_months() -> None:
    world = world_with_acts()
    body = {"act": "contest-1", "grid": "10", "quarter": "2026-Q3"}
    async with world.signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        early = await client.post("/api/contests", json=body)
        assert early.json()["code"] == "contest.unpublished"
        assert "2026-07, 2026-08, 2026-09" in early.json()["message"]
        for month in ("2026-07", "2026-08", "2026-09"):
            await client.post("/api/scores/publish", json={"act": "publish-1", "grid": "10", "month": month})
        made = await client.post("/api/contests", json=body)
        assert made.status_code == 201, made.text
        assert (await client.post("/api/contests", json=body)).json()["code"] == "contest.fixed"
        assert (await client.get("/api/contests")).json()["items"] == [made.json()]
    async with world.signed_in(Role.SUPERVISOR, "1.20") as neighbour:
        assert (await neighbour.get("/api/contests")).json()["items"] == []


async def test_a_check_in_counts_once_a_day_and_keeps_nothing_but_the_place() -> None:
    world = World()
    world.scored = replace(world.scored, tags={tag_hash(SECRET): ("tag-1", "东门", GridCode("101"))})
    body = {"act": "patrol-01", "tag": SECRET}
    async with world.signed_in(Role.RESPONDER, "1.10.101", WANG) as client:
        assert (await client.post("/api/patrols", json=body)).json() == {"name": "东门", "grid": "101"}
        await client.post("/api/patrols", json=body | {"act": "patrol-02"})
        wrong = await client.post("/api/patrols", json=body | {"tag": "t" * 32})
        assert wrong.json()["code"] == "tag.unknown"
        rows = (await client.get(f"/api/scores/{WANG}/rows?month=2026-11")).json()["items"]
    assert [(one["indicator"], one["subject"]) for one in rows] == [("patrol", "tag:tag-1")]


@pytest.mark.parametrize("month", ["2026-13", "2026-00", "1066-01"])
async def test_a_month_that_is_none_is_refused(month: str) -> None:
    code = await ask(World(), Role.SUPERVISOR, TOWNSHIP, f"/api/scores?month={month}")
    assert code == "period.name"
