"""Faults with their lines, one replay at a time, and what came out of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.support.api import ELLA, FAR, START, TOWNSHIP, WEIR, World
from tests.unit.evaluate.test_replay import compared, happening, recorded
from tocsin.alerts.quality_ports import Truth
from tocsin.api.replays import ReplayState
from tocsin.core.ids import DeviceId
from tocsin.evaluate.replay import as_json
from tocsin.town.ports import Role

GOOD = "detectors:\n  - {name: high, detector: threshold, match: '*/level', above: 3}\n"
BAD = "detectors:\n  - {name: high, detector: thresold, match: '*/level', above: 3}\n"
ASKED = {"text": GOOD, "since": "2026-11-15T00:00:00Z", "until": "2026-11-22T00:00:00Z"}


async def test_faults_are_told_with_their_lines() -> None:
    async with World().signed_in(Role.ENGINEER, TOWNSHIP) as client:
        good = (await client.post("/api/replays/check", json={"text": GOOD})).json()
        bad = (await client.post("/api/replays/check", json={"text": BAD})).json()

    assert good == {"faults": [], "warnings": []}
    assert [one["line"] for one in bad["faults"]] == [2]
    assert "threshold" in bad["faults"][0]["sentence"]


async def test_a_bad_configuration_is_not_replayed() -> None:
    world = World()
    async with world.signed_in(Role.ENGINEER, TOWNSHIP) as client:
        answer = await client.post("/api/replays", json={**ASKED, "text": BAD})

    assert (answer.status_code, answer.json()["code"]) == (422, "detectors.config")
    assert "line 2" in answer.json()["message"]
    assert world.replays.texts == []


async def test_a_replay_is_of_ones_own_scope_and_one_at_a_time() -> None:
    world = World()
    async with world.signed_in(Role.ENGINEER, WEIR, ELLA) as client:
        first = await client.post("/api/replays", json=ASKED)
        second = await client.post("/api/replays", json=ASKED)

    assert (first.status_code, first.json()["state"], first.json()["person"]) == (201, "running", ELLA)
    assert (second.status_code, second.json()["code"]) == (422, "replay.busy")
    (run,) = world.replays.runs()
    assert (run.scope, run.since) == (WEIR, datetime(2026, 11, 15, tzinfo=UTC))


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-11-01T00:00:00Z", "2026-11-20T00:00:00Z"),
        ("2026-11-20T00:00:00Z", "2026-11-20T00:00:00Z"),
        ("0001-01-01T00:00:00+12:00", "0001-01-02T00:00:00Z"),
        ("9999-12-31T00:00:00Z", "9999-12-31T23:59:59-12:00"),
    ],
)
async def test_a_period_is_bounded(since: str, until: str) -> None:
    async with World().signed_in(Role.ADMINISTRATOR, TOWNSHIP) as client:
        answer = await client.post("/api/replays", json={**ASKED, "since": since, "until": until})

    assert (answer.status_code, answer.json()["code"]) == (422, "replay.span")


async def test_what_came_out_is_given_once_it_is_done() -> None:
    world = World()
    comparison = compared([happening(0)], [], [recorded(0, Truth.REAL, DeviceId("weir/camera-1"))])
    async with world.signed_in(Role.ENGINEER, TOWNSHIP) as client:
        name = (await client.post("/api/replays", json=ASKED)).json()["id"]
        world.replays.goes_on(name, what="readings", part=0.4)
        running = (await client.get(f"/api/replays/{name}")).json()
        world.replays.goes_on(name, state=ReplayState.DONE, result=as_json(comparison), ended=START)
        done = (await client.get(f"/api/replays/{name}")).json()
        listed = (await client.get("/api/replays")).json()["items"]

    assert (running["what"], running["part"], running["result"]) == ("readings", 0.4, None)
    assert done["result"]["lost"] == {"real": 1, "false": 0, "unjudged": 0}
    assert [(row["change"], row["judgement"]) for row in done["result"]["rows"]] == [("lost", "real")]
    assert [(one["id"], one["result"]) for one in listed] == [(name, None)]


async def test_a_replay_can_be_stopped() -> None:
    world = World()
    async with world.signed_in(Role.ENGINEER, TOWNSHIP) as client:
        name = (await client.post("/api/replays", json=ASKED)).json()["id"]
        answer = await client.post(f"/api/replays/{name}/cancel")
        found = (await client.get(f"/api/replays/{name}")).json()

    assert (answer.status_code, found["state"]) == (204, "cancelled")


async def test_others_replays_are_not_to_be_seen() -> None:
    world = World()
    async with world.signed_in(Role.ENGINEER, TOWNSHIP) as client:
        name = (await client.post("/api/replays", json=ASKED)).json()["id"]
    async with world.signed_in(Role.ENGINEER, FAR) as client:
        assert (await client.get("/api/replays")).json()["items"] == []
        unknown = await client.get(f"/api/replays/{name}")
        stopped = await client.post(f"/api/replays/{name}/cancel")

    assert (unknown.status_code, stopped.status_code) == (404, 404)
    assert "restarted" in unknown.json()["message"]
