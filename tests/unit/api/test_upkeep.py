from __future__ import annotations

from datetime import timedelta

from tests.support.api import ADA, TOWNSHIP, World
from tocsin.town.evaluation import Indicator
from tocsin.town.ports import Role


async def subjects(world: World) -> list[str]:
    now = world.clock.now()
    acts = await world.evaluation.acts(ADA, now - timedelta(days=1), now + timedelta(days=2), 100)
    return [act.subject for act in acts if act.indicator is Indicator.UPKEEP]


async def test_what_was_put_right_counts_once_a_day_and_only_when_it_was_done() -> None:
    world = World()
    async with world.signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        for name in ("weir", "old weir"):
            answer = await client.patch("/api/grids/101", json={"name": name, "reason": "new sign"})
            assert answer.status_code == 200, answer.text
        assert (await client.patch("/api/grids/201", json={"name": "x", "reason": "x"})).status_code == 404
        assert await subjects(world) == ["grid:101"]
        made = await client.post(
            "/api/key-places",
            json={
                "act": "key-place-1",
                "kind": "water",
                "name": "pond",
                "grid": "101",
                "place": {"latitude": 30, "longitude": 120},
            },
        )
        await client.delete(f"/api/key-places/{made.json()['id']}")
        assert await subjects(world) == ["grid:101", f"key_place:{made.json()['id']}"]
    world.clock.advance(timedelta(days=1))
    async with world.signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        await client.patch("/api/grids/101", json={"name": "weir", "reason": "new sign"})
    assert (await subjects(world)).count("grid:101") == 2
