from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.api import TOWNSHIP, World
from tocsin.alerts.policy_ports import ReadinessRow
from tocsin.core.ids import GridCode, PersonId
from tocsin.core.incidents import Readiness
from tocsin.town.ports import Role

BODY = {"grid": "101", "readiness": "alert", "reason": "flood warning of the province"}


async def test_the_newest_word_on_each_grid_is_listed() -> None:
    world = World()
    world.policies.said = [
        ReadinessRow(
            grid=GridCode("101"),
            grid_name="溪口村",
            grid_path="1.10.101",
            readiness=Readiness.ALERT,
            since=world.clock.now() - timedelta(hours=1),
            person=PersonId("ann"),
            person_name="Ann",
            reason="flood",
        )
    ]
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        answer = await client.get("/api/readiness")
    (item,) = answer.json()["items"]
    assert (item["grid"], item["readiness"], item["reason"]) == ("101", "alert", "flood")
    assert world.policies.scopes == [TOWNSHIP]


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMINISTRATOR])
async def test_an_operator_says_it_of_a_grid_in_their_area(role: Role) -> None:
    world = World()
    async with world.signed_in(role, TOWNSHIP) as client:
        answer = await client.post("/api/readiness", json=BODY)
    assert answer.status_code == 204, answer.text
    ((grid, readiness, _, reason),) = world.alerts.readiness
    assert (grid, readiness, reason) == ("101", Readiness.ALERT, BODY["reason"])


@pytest.mark.parametrize("role", [Role.RESPONDER, Role.ENGINEER])
async def test_others_may_not(role: Role) -> None:
    world = World()
    async with world.signed_in(role, TOWNSHIP) as client:
        assert (await client.post("/api/readiness", json=BODY)).status_code == 403
    assert world.alerts.readiness == []


async def test_a_grid_outside_ones_area_is_not_known() -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR, "9.9") as client:
        answer = await client.post("/api/readiness", json=BODY)
    assert (answer.status_code, answer.json()["code"]) == (404, "grid.unknown")
    assert world.alerts.readiness == []


@pytest.mark.parametrize("change", [{"readiness": "war"}, {"reason": "  "}, {"grid": ""}, {"more": 1}])
async def test_a_body_that_says_nothing_is_refused(change: dict[str, object]) -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        assert (await client.post("/api/readiness", json={**BODY, **change})).status_code == 422
