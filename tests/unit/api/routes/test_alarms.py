from __future__ import annotations

import pytest

from tests.support.api import ALARM, ANN, FAR, TOWNSHIP, World
from tocsin.town.ports import Role


@pytest.mark.parametrize(
    ("scope", "query", "found"),
    [
        (TOWNSHIP, "", [ALARM]),
        (TOWNSHIP, "?raised=true", [ALARM]),
        (TOWNSHIP, "?raised=false", []),
        (FAR, "", []),
    ],
)
async def test_alarms_of_the_subtree_are_listed(scope: str, query: str, found: list[str]) -> None:
    async with World().signed_in(Role.OPERATOR, scope) as client:
        body = (await client.get(f"/api/alarms{query}")).json()
    assert [item["id"] for item in body["items"]] == found


async def test_an_alarm_is_acknowledged_in_the_callers_name() -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        assert (await client.post(f"/api/alarms/{ALARM}/acknowledge")).status_code == 204
    assert world.alerts.acknowledged == [(ALARM, ANN)]


async def test_an_alarm_outside_the_scope_does_not_exist() -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR, FAR) as client:
        answer = await client.post(f"/api/alarms/{ALARM}/acknowledge")
    assert (answer.status_code, answer.json()["code"]) == (404, "alarm.unknown")
    assert not world.alerts.acknowledged
