from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.api import FAR, START, TOWNSHIP, World
from tocsin.core.clock import to_us
from tocsin.core.ids import StreamId
from tocsin.core.readings import Reading
from tocsin.town.ports import Role

LEVEL = StreamId("weir/gauge-1/level")


def world_with_a_series() -> World:
    world = World()
    world.field.readings_known = [
        Reading(LEVEL, 0, float(minute), "m", at_us=to_us(START - timedelta(minutes=60 - minute)))
        for minute in range(0, 60, 10)
    ]
    return world


async def test_boxes_and_devices_of_the_subtree_are_listed_with_the_servers_time() -> None:
    async with World().signed_in(Role.ENGINEER, TOWNSHIP) as client:
        boxes = (await client.get("/api/collectors")).json()
        devices = (await client.get("/api/devices")).json()
    assert [box["id"] for box in boxes["items"]] == ["weir"]
    assert boxes["items"][0]["link"] == "online"
    assert boxes["now"] == "2026-11-22T14:01:00Z"
    assert [device["id"] for device in devices["items"]] == ["weir/camera-1"]


async def test_devices_of_one_box_can_be_asked_for() -> None:
    async with World().signed_in(Role.ENGINEER) as client:
        body = (await client.get("/api/devices?collector=farm")).json()
    assert [device["id"] for device in body["items"]] == ["farm/camera-1"]


async def test_the_newest_value_is_given() -> None:
    async with world_with_a_series().signed_in(Role.OPERATOR) as client:
        body = (await client.get("/api/readings/latest?device=weir/gauge-1")).json()
    assert [(one["stream"], one["value"], one["unit"]) for one in body["items"]] == [(LEVEL, 50.0, "m")]


async def test_a_series_has_its_beginning_inside_and_its_end_outside() -> None:
    async with world_with_a_series().signed_in(Role.OPERATOR) as client:
        url = f"/api/readings?stream={LEVEL}&begin=2026-11-22T13:10:00Z&end=2026-11-22T13:40:00Z"
        body = (await client.get(url)).json()
    assert [point["value"] for point in body["points"]] == [10.0, 20.0, 30.0]
    assert (body["unit"], body["more"]) == ("m", False)


async def test_without_a_span_the_last_hour_is_given() -> None:
    async with world_with_a_series().signed_in(Role.OPERATOR) as client:
        body = (await client.get(f"/api/readings?stream={LEVEL}")).json()
    assert (body["begin"], body["end"]) == ("2026-11-22T13:01:00Z", "2026-11-22T14:01:00Z")
    assert len(body["points"]) == 5


async def test_a_series_that_was_cut_says_so() -> None:
    async with world_with_a_series().signed_in(Role.OPERATOR) as client:
        body = (await client.get(f"/api/readings?stream={LEVEL}&most=2")).json()
    assert (len(body["points"]), body["more"]) == (2, True)


async def test_another_townships_series_is_empty() -> None:
    async with world_with_a_series().signed_in(Role.OPERATOR, FAR) as client:
        assert (await client.get(f"/api/readings?stream={LEVEL}")).json()["points"] == []


@pytest.mark.parametrize(
    "span",
    [
        "begin=2026-11-22T14:00:00Z&end=2026-11-22T14:00:00Z",
        "begin=2026-11-22T15:00:00Z",
        "begin=2026-10-22T13:59:59Z&end=2026-11-22T14:00:00Z",
    ],
)
async def test_a_senseless_span_is_refused(span: str) -> None:
    async with World().signed_in(Role.OPERATOR) as client:
        answer = await client.get(f"/api/readings?stream={LEVEL}&{span}")
    assert (answer.status_code, answer.json()["code"]) == (422, "readings.span")
