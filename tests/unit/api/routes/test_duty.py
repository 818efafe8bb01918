"""Duty and coverage over HTTP."""

import asyncio
from typing import Any

import pytest

from tests.support.api import CHEN, TOWNSHIP, WANG, World
from tocsin.core.responders import Channel
from tocsin.town.duty_report import DutyReport, report
from tocsin.town.ports import ContactAddress, Role

SHIFT = {"person": WANG, "grid": "101", "since": "2026-11-22T16:00:00Z", "until": "2026-11-23T00:00:00Z"}
DAY = "since=2026-11-22T16:00:00Z&until=2026-11-23T16:00:00Z"


async def test_a_shift_by_hand_is_entered_shown_and_taken_away() -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        assert (await client.post("/api/duty", json=SHIFT)).status_code == 204
        (row,) = (await client.get(f"/api/duty?{DAY}")).json()["items"]
        assert (row["person_name"], row["grid"], row["roster"]) == ("Wang", "101", None)
        address = f"/api/duty?person={WANG}&grid=101&since=2026-11-22T16:00:00Z"
        assert (await client.delete(address)).status_code == 204
        assert (await client.delete(address)).json()["code"] == "duty.unknown"
        assert (await client.get(f"/api/duty?{DAY}")).json()["items"] == []


async def test_duty_of_a_neighbour_is_neither_seen_nor_changed() -> None:
    world = World()
    far = {**SHIFT, "person": CHEN, "grid": "201"}
    async with world.signed_in(Role.OPERATOR) as client:
        assert (await client.post("/api/duty", json=far)).status_code == 204
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        assert (await client.get(f"/api/duty?{DAY}")).json()["items"] == []
        assert (await client.get(f"/api/duty?grid=201&{DAY}")).status_code == 404
        assert (await client.post("/api/duty", json=far)).status_code == 404
        assert (await client.post("/api/duty", json={**far, "grid": "101"})).status_code == 404
        gone = await client.delete(f"/api/duty?person={CHEN}&grid=201&since=2026-11-22T16:00:00Z")
        assert gone.status_code == 404
        assert (await client.get(f"/api/coverage?grid=201&{DAY}")).status_code == 404
        grids = {one["grid"] for one in (await client.get(f"/api/coverage?{DAY}")).json()["faults"]}
        assert grids == {"10", "101", "102"}
    async with world.signed_in(Role.OPERATOR) as client:
        assert len((await client.get(f"/api/duty?{DAY}")).json()["items"]) == 1


async def test_a_period_has_a_bound_and_a_direction() -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR) as client:
        for wrong in (
            "since=2026-11-22T16:00:00Z&until=2026-11-22T16:00:00Z",
            "until=2027-06-01T00:00:00Z",
            "since=9999-12-31T00:00:00Z",
            "since=0001-01-01T00:00:00Z",
        ):
            assert (await client.get(f"/api/duty?{wrong}")).json()["code"] == "duty.span"
            assert (await client.get(f"/api/coverage?{wrong}")).json()["code"] == "duty.span"
        late = "since=2026-12-22T16:00:00Z&until=2027-01-22T16:00:00Z"
        assert (await client.get(f"/api/coverage?{late}")).json()["code"] == "coverage.span"
        backwards = {**SHIFT, "until": "2026-11-22T15:00:00Z"}
        assert (await client.post("/api/duty", json=backwards)).json()["code"] == "duty.until"


async def test_coverage_names_gaps_and_what_should_be_seen_to() -> None:
    world = World()
    world.town.staffed.contacts[WANG] = (
        ContactAddress(person=WANG, channel=Channel.SMS, address="139", rank=1),
    )
    async with world.signed_in(Role.SUPERVISOR, f"{TOWNSHIP}.101") as client:
        answer = (await client.get(f"/api/coverage?{DAY}")).json()
        assert (answer["grids"], answer["faulty"], answer["faults"][0]["code"]) == (1, 1, "nobody")
        assert answer["warnings"] == []
    async with world.signed_in(Role.OPERATOR) as client:
        await client.post("/api/duty", json={**SHIFT, "until": "2026-11-23T10:00:00Z"})
        answer = (await client.get(f"/api/coverage?grid=101&{DAY}")).json()
        assert [(one["since"], one["until"]) for one in answer["faults"]] == [
            ("2026-11-23T10:00:00Z", "2026-11-23T16:00:00Z")
        ]
        warned = (await client.get(f"/api/coverage?grid=102&{DAY}")).json()["warnings"]
        assert [one["code"] for one in warned] == ["no_responsible"]
        assert (await client.get(f"/api/coverage?{DAY}&most=1")).json()["faulty"] > 1


async def test_coverage_is_looked_for_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    inside: list[int] = [0]
    most: list[int] = []

    async def counted(*args: Any, **wanted: Any) -> DutyReport:
        inside[0] += 1
        most.append(inside[0])
        await asyncio.sleep(0)
        try:
            return await report(*args, **wanted)
        finally:
            inside[0] -= 1

    monkeypatch.setattr("tocsin.api.routes.duty.report", counted)
    async with world.signed_in(Role.OPERATOR) as client:
        answers = await asyncio.gather(*(client.get("/api/coverage") for _ in range(3)))
    assert [one.status_code for one in answers] == [200, 200, 200]
    assert most == [1, 1, 1]
