from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.api import ALARM, ANN, FAR, START, TOWNSHIP, World
from tocsin.alerts.alarm_model import Turn, line_of
from tocsin.alerts.alarm_ports import Annunciation, StandingRow
from tocsin.core.detections import Kind
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


async def test_an_alarm_shows_its_state_and_is_listed_by_it() -> None:
    async with World().signed_in(Role.OPERATOR, TOWNSHIP) as client:
        [item] = (await client.get("/api/alarms?state=unacknowledged")).json()["items"]
        assert (item["state"], item["pending"], item["stale"], item["shelved_until"]) == (
            "unacknowledged",
            False,
            False,
            None,
        )
        assert (await client.get("/api/alarms?state=shelved")).json()["items"] == []
        assert (await client.get("/api/alarms?state=loud")).status_code == 422


async def test_an_operator_puts_an_alarm_aside_and_takes_it_back() -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        body = {"reason": "known", "minutes": 30}
        assert (await client.post(f"/api/alarms/{ALARM}/shelve", json=body)).status_code == 204
        assert (await client.post(f"/api/alarms/{ALARM}/unshelve")).status_code == 204
        for minutes in (0, 44_641):
            wrong = {**body, "minutes": minutes}
            assert (await client.post(f"/api/alarms/{ALARM}/shelve", json=wrong)).status_code == 422
    assert world.desk.asked == [
        ("shelve", TOWNSHIP, ALARM, ANN, "known", timedelta(minutes=30)),
        ("unshelve", TOWNSHIP, ALARM, ANN),
    ]


async def test_the_journal_of_an_alarm_is_for_those_who_see_it() -> None:
    world = World()
    [row] = world.queries.alarm_rows
    world.board.lines.append(line_of(row.alarm, Turn.RAISED, "smoke.seen", START, "system"))
    async with world.signed_in(Role.ENGINEER, TOWNSHIP) as client:
        [line] = (await client.get(f"/api/alarms/{ALARM}/journal")).json()["items"]
    assert (line["what"], line["actor"], line["reason"]) == ("raised", "system", "smoke.seen")
    async with world.signed_in(Role.ENGINEER, FAR) as client:
        assert (await client.get(f"/api/alarms/{ALARM}/journal")).status_code == 404


async def test_the_load_is_that_of_the_callers_scope() -> None:
    world = World()
    [row] = world.queries.alarm_rows
    device = row.alarm.device
    world.board.rows.append(StandingRow(alarm=row.alarm, grid_path=row.grid_path))
    world.board.called = [
        Annunciation(at=START - timedelta(minutes=2, seconds=-n), alarm=ALARM, device=device, kind=Kind.SMOKE)
        for n in range(11)
    ]
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        body = (await client.get("/api/alarm-load?hours=2")).json()
        assert (await client.get("/api/alarm-load?hours=745")).status_code == 422
    now = world.clock.now()
    assert world.board.asked == [(TOWNSHIP, now - timedelta(hours=2), now)]
    assert (body["annunciated"], body["per_hour"], body["judgement"]) == (11, 5.5, "manageable")
    assert [flood["alarms"] for flood in body["floods"]] == [11]
    assert body["top"][0]["device_name"] == f"name of {device}"
    assert body["limits"]["acceptable_per_hour"] == 6
    assert body["from"] < body["to"] == body["now"]
