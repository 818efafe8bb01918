"""A sweep and an exercise in a running centre: told through the relay, answered and followed over HTTP."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support import centre as small
from tests.support.database import Database
from tocsin.api.auth import hash_password
from tocsin.core.ids import PersonId
from tocsin.roles import Role as Part
from tocsin.town.catalogue import read, sample_text
from tocsin.town.ports import Account, Role
from tocsin.wiring import Centre

pytestmark = pytest.mark.heavy

WORK = frozenset({Part.ALERTS, Part.API, Part.INGEST})


async def sign_in(made: Centre, name: str) -> httpx.AsyncClient:
    people = httpx.AsyncClient(base_url=f"http://127.0.0.1:{made.settings.http.port}", trust_env=False)
    answer = await people.post("/api/session", json={"name": name, "password": small.PASSWORD})
    assert answer.status_code == 201, answer.text
    people.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return people


async def responder(made: Centre, name: str, scope: str) -> None:
    await made.town.add_account(
        Account(
            name=name,
            person=PersonId(name),
            role=Role.RESPONDER,
            scope=scope,
            password_hash=hash_password(small.PASSWORD),
        )
    )


async def test_a_sweep_is_told_answered_and_followed(database: Database, tmp_path: Path) -> None:
    async with small.settled(database.dsn, tmp_path) as made, small.serving(made, WORK):
        await responder(made, "ann", f"{small.CITY}.{small.TOWN}.{small.MILL}")
        desk, ann = await sign_in(made, "desk"), await sign_in(made, "ann")
        body = {
            "act": "sweep-0001",
            "grid": small.TOWN,
            "kind": "hazard",
            "title": "查违规电线",
            "drill": True,
        }
        sweep = (await desk.post("/api/sweeps", json=body)).json()["id"]

        async def everybody_told() -> dict[str, Any] | None:
            shown: dict[str, Any] = (await desk.get(f"/api/sweeps/{sweep}")).json()
            return shown if all(row["told"] == "sent" for row in shown["roll"]) else None

        shown = await small.eventually(made, everybody_told)
        assert [(row["grid"], row["person"]) for row in shown["roll"]] == [
            (small.MILL, "ann"),
            (small.WEIR, "bob"),
        ]
        mine = (await ann.get(f"/api/sweeps/{sweep}")).json()
        assert [row["grid"] for row in mine["roll"]] == [small.MILL]
        act = {"act": "answer-0001", "grid": small.MILL, "answer": "found", "found": 2}
        assert (await ann.post(f"/api/sweeps/{sweep}/answer", json=act)).json()["state"] == "answered"
        counted = (await desk.get(f"/api/sweeps/{sweep}")).json()["sweep"]["counts"]
        assert (counted["answered"], counted["items"], counted["total"]) == (1, 2, 2)
        calls = await database.execute("select count(*), count(distinct person) from sweep_call")
        assert calls == [(2, 2)]
        await desk.aclose()
        await ann.aclose()


async def test_a_planned_exercise_starts_by_itself_and_calls_its_participants_alone(
    database: Database, tmp_path: Path
) -> None:
    async with small.settled(database.dsn, tmp_path) as made, small.serving(made, WORK):
        await made.catalogue.save(read(sample_text(), grid=small.CITY))
        desk = await sign_in(made, "desk")
        body = {
            "act": "drill-0001",
            "title": "夜间火情",
            "kind": "fire",
            "grade": "II",
            "grid": small.MILL,
            "participants": ["ann"],
            "planned": (made.clock.now() + timedelta(seconds=2)).isoformat(),
        }
        prepared = (await desk.post("/api/exercises", json=body)).json()
        assert prepared["state"] == "planned"

        async def begun() -> str | None:
            found: str | None = (await desk.get(f"/api/exercises/{prepared['id']}")).json()["exercise"][
                "incident"
            ]
            return found

        incident = await small.eventually(made, begun)
        confirmed = await desk.post(f"/api/incidents/{incident}/confirm", json={"act": "confirm-01"})
        assert confirmed.status_code == 200, confirmed.text
        shown = (await desk.get(f"/api/exercises/{prepared['id']}")).json()
        assert shown["exercise"]["started_by"] == "system"
        assert [clock["tier"] for clock in shown["incidents"][0]["clocks"]] == ["village", "township", "city"]
        assert [(one["person"], one["called"] is not None) for one in shown["people"]] == [("ann", True)]
        called = await database.execute("select distinct person from incident_person")
        assert called == [("ann",)], "Bob, Cat and Dan would be called, were it real"
        await desk.aclose()
