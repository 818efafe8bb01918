from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from tocsin.core.clock import SystemClock
from tocsin.demo import script, village
from tocsin.demo.people import People

SPEED = 20_000.0
"""A person's longest delay is a tenth of a second then."""
HOME = {home.story: home for home in village.VILLAGES}


@dataclass
class Api:
    """Stands for the API: one incident per story, and everything that people did."""

    acts: list[tuple[str, str, str, dict[str, Any]]] = field(default_factory=list)
    open: list[dict[str, Any]] = field(default_factory=list)
    sign_ins: list[str] = field(default_factory=list)
    refusing: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/api/session":
            self.sign_ins.append(json.loads(request.content)["name"])
            return httpx.Response(201, json={"csrf": self.sign_ins[-1]})
        if self.refusing:
            self.refusing -= 1
            return httpx.Response(401)
        if request.method == "GET" and path == "/api/incidents":
            return httpx.Response(200, json={"items": self.open})
        incident = path.split("/")[3]
        if request.method == "GET":
            home = HOME[incident]
            return httpx.Response(
                200, json={"incident": {"id": incident, "grid": home.code}, "standing": {"place": None}}
            )
        who, act = request.headers["X-CSRF-Token"], path.split("/")[4]
        self.acts.append((who, incident, act, json.loads(request.content)))
        self.changed.set()
        return httpx.Response(200, json={})

    async def until(self, acts: int) -> None:
        async with asyncio.timeout(10):
            while len(self.acts) < acts:
                self.changed.clear()
                await self.changed.wait()


@asynccontextmanager
async def living(api: Api) -> AsyncIterator[People]:
    names = {"operator": "o", **{p.id: p.id for p in village.people() if p.tier is not None}}
    people = People("http://centre", names, SPEED, SystemClock())
    for desk in people._desks.values():
        await desk.client.aclose()
        desk.client = httpx.AsyncClient(base_url="http://centre", transport=httpx.MockTransport(api.answer))
    running = asyncio.create_task(people.run())
    await asyncio.sleep(0)
    try:
        yield people
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        for desk in people._desks.values():
            await desk.client.aclose()


def first_of(story: str) -> str:
    return next(p.id for p in village.people() if p.grid == HOME[story].code and p.order == 1)


def call(incident: str) -> dict[str, Any]:
    return {"incident": incident, "template": "call"}


async def test_a_prompt_responder_sees_goes_arrives_and_is_done_in_that_order() -> None:
    api = Api()
    async with living(api) as people:
        assert await people.ring(first_of("prompt"), call("prompt"))
        assert await people.ring(first_of("prompt"), call("prompt")), "a second call changes nothing"
        await api.until(4)
    assert [act for _, _, act, _ in api.acts] == ["see", "accept", "arrive", "done"]
    assert {who for who, *_ in api.acts} == {first_of("prompt")}
    assert len({body["act"] for *_, body in api.acts}) == 4
    home = HOME["prompt"]
    position = api.acts[2][3]["position"]
    assert (position["latitude"], position["longitude"]) == (home.latitude, home.longitude)


async def test_a_phone_without_network_bounces_and_tells_later_when_it_was_there() -> None:
    api = Api()
    async with living(api) as people:
        assert not await people.ring(first_of("offline"), call("offline"))
        await api.until(2)
    [(_, _, act, body), *_] = api.acts
    behaviour = script.BEHAVIOUR["offline"][village.Tier.VILLAGE]
    assert act == "arrive"
    assert behaviour.offline_until is not None
    assert behaviour.arrive is not None
    ahead = timedelta(seconds=(behaviour.offline_until - behaviour.arrive) / SPEED)
    assert SystemClock().now() - datetime.fromisoformat(body["at"]) >= ahead


async def test_who_is_absent_and_the_second_of_a_pair_do_nothing() -> None:
    api = Api()
    second = next(p.id for p in village.people() if p.grid == HOME["prompt"].code and p.order == 2)
    async with living(api) as people:
        assert await people.ring(first_of("absent"), call("absent"))
        assert await people.ring(second, call("prompt"))
        assert await people.ring(first_of("prompt"), {"incident": "prompt", "template": "recall"})
        assert await people.ring("nobody", call("prompt"))
        # The one who comes shows that the others had their time.
        await people.ring(first_of("prompt"), call("prompt"))
        await api.until(4)
    assert {(who, incident) for who, incident, *_ in api.acts} == {(first_of("prompt"), "prompt")}


async def test_the_operator_confirms_what_waits_and_closes_what_is_handled() -> None:
    opened = SystemClock().now()
    waits = {"id": "a", "state": "received", "opened": opened.isoformat()}
    handled = {"id": "b", "state": "handled", "opened": opened.isoformat()}
    busy = {"id": "c", "state": "handling", "opened": opened.isoformat()}
    api = Api(open=[waits, handled, busy])
    async with living(api):
        async with asyncio.timeout(10):
            while {act for _, _, act, _ in api.acts} != {"confirm", "close"}:
                api.changed.clear()
                await api.changed.wait()
    assert {(incident, act) for _, incident, act, _ in api.acts} == {("a", "confirm"), ("b", "close")}


async def test_a_session_that_ended_is_begun_again() -> None:
    api = Api(refusing=1)
    async with living(api) as people:
        await people.ring(first_of("prompt"), call("prompt"))
        await api.until(4)
    assert api.sign_ins.count("operator") == 2
