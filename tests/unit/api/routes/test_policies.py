from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.api import TOWNSHIP, World
from tocsin.alerts.policies import default_text
from tocsin.alerts.policy import policy_id
from tocsin.alerts.policy_ports import PolicyRow
from tocsin.town.ports import Role

VERSION = policy_id(default_text())


def world_with_a_version() -> World:
    world = World()
    world.policies.rows = [
        PolicyRow(id=VERSION, name="default", saved=world.clock.now() - timedelta(days=1), open_incidents=3)
    ]
    world.policies.texts = {VERSION: default_text()}
    return world


async def test_versions_are_listed_with_the_incidents_that_keep_them() -> None:
    async with world_with_a_version().signed_in(Role.OPERATOR, TOWNSHIP) as client:
        (item,) = (await client.get("/api/policies")).json()["items"]
    assert (item["id"], item["open_incidents"], item["current_for"]) == (VERSION, 3, [])


async def test_a_version_is_read_as_it_was_written() -> None:
    async with world_with_a_version().signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        answer = await client.get(f"/api/policies/{VERSION}")
        unknown = await client.get(f"/api/policies/{VERSION[:-1]}0")
    assert answer.json() == {"id": VERSION, "text": default_text()}
    assert unknown.status_code == (200 if VERSION.endswith("0") else 404)


async def test_a_simulation_of_an_empty_past_says_so_in_figures() -> None:
    world = world_with_a_version()
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        answer = await client.post("/api/policies/simulate", json={"text": default_text(), "days": 7})
    body = answer.json()
    assert answer.status_code == 200, answer.text
    assert (body["before"]["incidents"], body["changed"], body["reproduced"]) == (0, 0, None)
    assert world.policies.scopes == [TOWNSHIP]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"text": "name: x", "days": 7}, "policy.faults"),
        ({"text": "[", "days": 7}, "policy.form"),
        ({"text": "name: x", "days": 32}, "request.invalid"),
        ({"text": "", "days": 1}, "request.invalid"),
    ],
)
async def test_a_policy_with_faults_is_refused_with_its_sentences(body: dict[str, object], code: str) -> None:
    async with World().signed_in(Role.OPERATOR, TOWNSHIP) as client:
        answer = await client.post("/api/policies/simulate", json=body)
    assert answer.status_code in {400, 409, 422}
    assert answer.json()["code"] == code


async def test_responders_do_not_see_policies() -> None:
    async with World().signed_in(Role.RESPONDER, TOWNSHIP) as client:
        assert (await client.get("/api/policies")).status_code == 403
