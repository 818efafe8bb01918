from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.api import ALARM, ANN, FAR, START, TOWNSHIP, WEIR, World
from tocsin.alerts.alarm_model import FalseSpot
from tocsin.alerts.alarm_ports import SpotRow
from tocsin.core.detections import Kind
from tocsin.core.frames import Box
from tocsin.core.ids import DeviceId
from tocsin.town.ports import Role


async def test_spots_of_the_subtree_are_listed_with_what_they_left_out() -> None:
    world = World()
    spot = FalseSpot(
        id="s-1",
        device=DeviceId("weir/camera-1"),
        kind=Kind.SMOKE,
        box=Box(0.25, 0.25, 0.5, 0.5),
        until=START + timedelta(days=3),
        reason="chimney",
        person=ANN,
        made=START,
    )
    world.board.false.append(SpotRow(spot=spot, grid_path=WEIR, device_name="Gate", filtered=7))
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        [item] = (await client.get("/api/false-spots")).json()["items"]
    assert (item["device_name"], item["filtered"], item["box"]["width"]) == ("Gate", 7, 0.5)
    async with world.signed_in(Role.OPERATOR, FAR) as client:
        assert (await client.get("/api/false-spots")).json()["items"] == []


async def test_an_operator_teaches_and_forgets_a_spot() -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        body = {"alarm": ALARM, "whole": True, "days": 3, "reason": "lens"}
        answer = await client.post("/api/false-spots", json=body)
        assert (answer.status_code, answer.json()["box"]) == (200, None)
        assert (await client.post("/api/false-spots/spot-1/end")).status_code == 204
    assert world.desk.asked == [
        ("add_spot", TOWNSHIP, ALARM, ANN, True, 3, "lens"),
        ("end_spot", TOWNSHIP, "spot-1", ANN),
    ]


@pytest.mark.parametrize("wrong", [{"days": 0}, {"days": 91}, {"reason": " "}, {"alarm": "a b"}])
async def test_a_senseless_body_is_refused(wrong: dict[str, object]) -> None:
    body = {"alarm": ALARM, "whole": True, "days": 3, "reason": "lens", **wrong}
    async with World().signed_in(Role.OPERATOR, TOWNSHIP) as client:
        assert (await client.post("/api/false-spots", json=body)).status_code == 422
