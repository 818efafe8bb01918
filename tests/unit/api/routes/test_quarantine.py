from __future__ import annotations

import pytest

from tests.support.api import FAR, START, TOWNSHIP, WEIR, World
from tocsin.ingest.ports import QuarantinedMessage
from tocsin.town.ports import Role


def message(number: int, collector: str, state: str = "held", lane: str = "data") -> QuarantinedMessage:
    return QuarantinedMessage(
        id=number,
        topic=f"tocsin/v1/00/{collector}/{lane}",
        collector=collector,
        lane=lane,
        received=START,
        code="envelope.damaged",
        reason="the message is no envelope",
        trace="x" * 5000,
        payload=b"secret payload",
        state=state,
    )


@pytest.mark.parametrize(
    ("scope", "query", "found"),
    [
        ("", "", [1, 2, 3]),
        (TOWNSHIP, "", [1]),
        (FAR, "", [2]),
        (WEIR, "", [1]),
        ("1", "", [1, 2, 3]),
        ("", "?state=dropped", [4]),
        ("", "?most=1", [1]),
        (FAR, "?most=1", [2]),
    ],
)
async def test_an_engineer_sees_the_messages_of_their_boxes(scope: str, query: str, found: list[int]) -> None:
    world = World()
    world.field.holding = [
        message(1, "weir"),
        message(2, "farm"),
        message(3, "stranger"),
        message(4, "weir", "dropped"),
    ]
    async with world.signed_in(Role.ENGINEER, scope) as client:
        answer = await client.get(f"/api/quarantine{query}")
    items = answer.json()["items"]
    assert [item["id"] for item in items] == found
    assert all(len(item["trace"]) == 4000 and item["payload_bytes"] == 14 for item in items)
    assert "secret payload" not in answer.text


async def test_an_alarm_that_could_not_be_read_is_shown_to_the_operator() -> None:
    world = World()
    world.field.holding = [
        message(1, "weir"),
        message(2, "weir", lane="alarm"),
        message(3, "farm", lane="alarm"),
        message(4, "weir", "dropped", lane="alarm"),
    ]
    async with world.signed_in(Role.OPERATOR, WEIR) as client:
        shown = (await client.get("/api/quarantine?most=1")).json()["items"]
        counts = (await client.get("/api/counts")).json()
    assert [item["id"] for item in shown] == [2]
    assert counts["calls_held"] == 1
