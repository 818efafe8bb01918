from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.api import ANN, FAR, START, TOWNSHIP, WEIR, World
from tocsin.alerts.alarm_model import Window
from tocsin.alerts.alarm_ports import WindowRow
from tocsin.core.errors import Rejected
from tocsin.core.ids import DeviceId
from tocsin.town.ports import Role

BODY = {
    "device": "weir/camera-1",
    "since": START.isoformat(),
    "until": (START + timedelta(hours=2)).isoformat(),
    "reason": "new lens",
}


async def test_windows_of_the_subtree_are_listed() -> None:
    world = World()
    window = Window(
        id="w-1",
        device=DeviceId("weir/camera-1"),
        since=START,
        until=START + timedelta(hours=2),
        reason="new lens",
        person=ANN,
        made=START,
    )
    world.board.windows.append(WindowRow(window=window, grid_path=WEIR, name="Gate"))
    async with world.signed_in(Role.ENGINEER, TOWNSHIP) as client:
        [item] = (await client.get("/api/maintenance")).json()["items"]
    assert (item["id"], item["device"], item["grid_name"], item["ended"]) == (
        "w-1",
        "weir/camera-1",
        "Gate",
        None,
    )
    async with world.signed_in(Role.OPERATOR, FAR) as client:
        assert (await client.get("/api/maintenance")).json()["items"] == []


async def test_an_operator_takes_a_place_out_of_service_and_back() -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        answer = await client.post("/api/maintenance", json=BODY)
        assert (answer.status_code, answer.json()["id"]) == (200, "window-1")
        assert (await client.post("/api/maintenance/window-1/end")).status_code == 204
    until = START + timedelta(hours=2)
    assert world.desk.asked == [
        ("add_window", TOWNSHIP, ANN, None, "weir/camera-1", START, until, "new lens"),
        ("end_window", TOWNSHIP, "window-1", ANN),
    ]


@pytest.mark.parametrize(
    "wrong", [{"reason": ""}, {"since": "2026-11-22T14:00:00"}, {"device": "a b"}, {"who": "me"}]
)
async def test_a_senseless_body_is_refused(wrong: dict[str, str]) -> None:
    async with World().signed_in(Role.OPERATOR, TOWNSHIP) as client:
        assert (await client.post("/api/maintenance", json={**BODY, **wrong})).status_code == 422


async def test_a_refusal_says_what_to_do_instead() -> None:
    world = World()
    world.desk.failure = Rejected("maintenance.span", "write a later end")
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        answer = await client.post("/api/maintenance", json=BODY)
    assert answer.json()["code"] == "maintenance.span"
