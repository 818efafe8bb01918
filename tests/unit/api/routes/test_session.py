from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from structlog.testing import capture_logs

from tests.support.api import ANN, World
from tocsin.api.access import token_hash
from tocsin.api.auth import hash_password
from tocsin.api.config import ApiConfig
from tocsin.town.evaluation import Indicator
from tocsin.town.ports import Account, Role

PASSWORD = "three bells at noon"
STORED = hash_password(PASSWORD)


def world_with_ann(config: ApiConfig | None = None, *, active: bool = True) -> World:
    world = World(config=config)
    world.town.accounts["ann"] = Account(
        name="ann", person=ANN, role=Role.OPERATOR, scope="1.10", password_hash=STORED, active=active
    )
    return world


async def sign_in(client: httpx.AsyncClient, name: str = "ann", password: str = PASSWORD) -> httpx.Response:
    return await client.post("/api/session", json={"name": name, "password": password})


async def test_sign_in_gives_rights_and_a_token_and_opens_the_rest() -> None:
    world = world_with_ann()
    async with world.client() as client:
        answer = await sign_in(client)
        assert answer.status_code == 201
        body = answer.json()
        assert (body["account"], body["person_name"], body["role"], body["scope"]) == (
            "ann",
            "Ann",
            "operator",
            "1.10",
        )
        assert body["expires"] == "2026-11-23T02:01:00Z"
        assert (await client.get("/api/incidents")).status_code == 200
        assert (await client.get("/api/session")).json()["csrf"] == body["csrf"]


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites() -> None:
    async with world_with_ann().client() as client:
        cookie = (await sign_in(client)).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie


async def test_behind_tls_the_cookie_is_secure() -> None:
    async with world_with_ann(ApiConfig(cookie_secure=True)).client() as client:
        assert "Secure" in (await sign_in(client)).headers["set-cookie"]


async def test_only_the_hash_of_the_token_is_kept() -> None:
    world = world_with_ann()
    async with world.client() as client:
        await sign_in(client)
        token = client.cookies["tocsin_session"]
    assert set(world.town.sessions) == {token_hash(token)}
    assert token not in repr(world.town.sessions)


@pytest.mark.parametrize(
    ("name", "password"), [("ann", "wrong password"), ("nobody", PASSWORD), ("ANN", PASSWORD)]
)
async def test_a_wrong_name_and_a_wrong_password_are_told_the_same(name: str, password: str) -> None:
    async with world_with_ann().client() as client:
        with capture_logs() as logs:
            answer = await sign_in(client, name, password)
    assert (answer.status_code, answer.json()["code"]) == (401, "session.wrong")
    assert "set-cookie" not in answer.headers
    assert password not in repr(logs)


async def test_a_closed_account_cannot_sign_in() -> None:
    async with world_with_ann(active=False).client() as client:
        assert (await sign_in(client)).json()["code"] == "session.wrong"


async def test_too_many_failures_must_wait_even_with_the_right_password_then_may_again() -> None:
    world = world_with_ann(ApiConfig(sign_in_failures_max=2, sign_in_window_seconds=60))
    async with world.client() as client:
        for _ in range(2):
            await sign_in(client, password="wrong password")
        answer = await sign_in(client)
        assert (answer.status_code, answer.json()["code"]) == (429, "session.throttled")
        assert answer.json()["message"] == "too many failed sign-ins: wait 61 seconds, then try again"
        assert answer.headers["retry-after"] == "61"
        world.clock.advance(timedelta(seconds=60))
        assert (await sign_in(client)).status_code == 201


async def test_signing_in_again_ends_the_session_before() -> None:
    world = world_with_ann()
    async with world.client() as client:
        await sign_in(client)
        first = client.cookies["tocsin_session"]
        await sign_in(client)
    assert token_hash(first) not in world.town.sessions
    assert len(world.town.sessions) == 1


async def test_after_sign_out_the_cookie_is_worth_nothing() -> None:
    world = world_with_ann()
    async with world.client() as client:
        csrf = (await sign_in(client)).json()["csrf"]
        token = client.cookies["tocsin_session"]
        answer = await client.delete("/api/session", headers={"X-CSRF-Token": csrf})
        assert answer.status_code == 204
        assert "tocsin_session" not in client.cookies
    async with world.client({"Cookie": f"tocsin_session={token}"}) as client:
        assert (await client.get("/api/session")).status_code == 401


async def test_a_sign_in_counts_for_the_score_and_a_failed_one_does_not() -> None:
    world = world_with_ann()
    now = world.clock.now()
    async with world.client() as client:
        await sign_in(client, password="two bells at noon")
        assert await world.evaluation.acts(ANN, now - timedelta(days=1), now + timedelta(days=1), 9) == []
        await sign_in(client)
        await sign_in(client)
    acts = await world.evaluation.acts(ANN, now - timedelta(days=1), now + timedelta(days=1), 9)
    assert [act.indicator for act in acts] == [Indicator.SIGN_IN]
