"""The HTTP face over the real rules and PostgreSQL: sign in, report, confirm, arrive, and a feed that loses nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from tests.support.api import World, live
from tests.support.database import Database
from tests.support.response import ANN, CONTACTS, GRIDS, PEOPLE, TOWN, VILLAGE
from tocsin.api.app import create_app
from tocsin.api.auth import hash_password
from tocsin.core.clock import SystemClock
from tocsin.core.ids import PersonId
from tocsin.settings import Settings
from tocsin.town.ports import Account, DutyShift, Person, Role
from tocsin.wiring import Centre, centre

PASSWORD = "three bells at noon"
DESK = PersonId("desk")


@pytest.fixture
async def town(database: Database, tmp_path: Path) -> AsyncIterator[Centre]:
    settings = Settings.model_validate({"data": str(tmp_path), "store": {"dsn": database.dsn}})
    async with centre(settings) as made:
        since = SystemClock().now()
        stored = hash_password(PASSWORD)
        await made.town.add_grids(GRIDS)
        await made.town.add_people((*PEOPLE, Person(id=DESK, name="Desk", grid=TOWN, tier=None)), CONTACTS)
        await made.town.add_duty(
            [DutyShift(person=one.id, grid=one.grid, since=since, until=None) for one in PEOPLE]
        )
        scope = next(grid.path for grid in GRIDS if grid.code == TOWN)
        for name, person, role in (("desk", DESK, Role.OPERATOR), ("ann", ANN, Role.RESPONDER)):
            await made.town.add_account(
                Account(name=name, person=person, role=role, scope=scope, password_hash=stored)
            )
        yield made


@asynccontextmanager
async def signed_in(app: Any, name: str) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://bell") as client:
        answer = await client.post("/api/session", json={"name": name, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        yield client


async def test_a_report_is_confirmed_answered_and_closed_and_the_feed_tells_it_all(town: Centre) -> None:
    app = create_app(replace(town.api_deps(), console=None))
    world = cast("World", SimpleNamespace(app=app))
    acts = iter(f"act-{number:08}" for number in range(100))
    async with signed_in(app, "desk") as desk, signed_in(app, "ann") as ann:
        cookies = {"Cookie": f"tocsin_session={desk.cookies['tocsin_session']}"}
        told: list[Any] = []
        async with live(world, cookies) as stream:
            hello = await stream.message()
            assert hello is not None
            assert hello.event == "hello"
            body = {"act": next(acts), "kind": "fire", "grid": VILLAGE, "words": "it burns", "caller": "110"}
            answers = [await desk.post("/api/reports", json=body) for _ in range(2)]
            assert [answer.status_code for answer in answers] == [201, 201], answers[0].text
            assert answers[0].json() == answers[1].json()
            incident = answers[0].json()["incident"]
            told.append(await stream.incident())
        url = f"/api/incidents/{incident}"
        assert (await ann.get(url)).status_code == 404, "she has not been called yet"
        confirmed = await desk.post(f"{url}/confirm", json={"act": next(acts)})
        assert confirmed.status_code == 200, confirmed.text
        assert confirmed.json()["confirmed_by"] == "operator"
        assert (await ann.get("/api/incidents")).json()["items"][0]["id"] == incident
        for path in ("see", "accept", "arrive", "done"):
            answer = await ann.post(f"{url}/{path}", json={"act": next(acts)})
            assert answer.status_code == 200, answer.text
        note = await desk.post(f"{url}/note", json={"act": next(acts), "text": "fire brigade is there"})
        assert note.status_code == 200, note.text
        assert list(note.json()["notes"].values()) == ["fire brigade is there"]
        closed = await desk.post(f"{url}/close", json={"act": next(acts), "reason": "handled"})
        assert closed.json()["state"] == "closed"
        refused = await desk.post(f"{url}/confirm", json={"act": next(acts)})
        assert refused.status_code == 422
        page = (await desk.get(url)).json()
        async with live(world, cookies | {"Last-Event-ID": told[0].id}) as stream:
            told += [await stream.incident() for _ in range(page["incident"]["version"] - 1)]
    assert [message.data["version"] for message in told] == [line["version"] for line in page["log"]]
    assert [message.data["event"] for message in told] == [line["event"] for line in page["log"]]
    assert page["people"]["ann"]["name"] == "Ann"
    assert page["reports"][0]["caller"] == "110"
    assert page["calls"][0]["person"] == "ann"
    assert page["calls"][0]["arrived"] is not None
    assert {clock["verdict"] for clock in page["standing"]["clocks"]} <= {"arrived", "stood_down"}


async def test_every_list_is_answered(town: Centre) -> None:
    app = create_app(replace(town.api_deps(), console=None))
    async with signed_in(app, "desk") as desk:
        for url in (
            "/api/incidents?open=true&kind=fire&grade=II&before=2026-11-22T14:00:00Z",
            "/api/counts",
            "/api/alarms?raised=true",
            "/api/collectors",
            "/api/devices?collector=box",
            "/api/readings/latest?device=box/camera-1",
            "/api/readings?stream=box/gauge-1/level",
            "/api/pictures?camera=box/camera-1",
            "/api/grids",
            "/api/people",
            "/readyz",
        ):
            answer = await desk.get(url)
            assert answer.status_code == 200, (url, answer.text)
        assert (await desk.get("/api/pictures/" + "a" * 64)).status_code == 404
        assert (await desk.delete("/api/session")).status_code == 204
        assert (await desk.get("/api/session")).status_code == 401
