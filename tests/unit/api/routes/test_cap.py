from __future__ import annotations

import pytest
from lxml import etree

from tests.support.api import FLOOD, SMOKE, TOWNSHIP, World
from tests.support.cap import CAP_TOKEN, assert_valid
from tocsin.alerts.cap import ATOM
from tocsin.town.ports import Role

TOKEN = {"Authorization": f"Bearer {CAP_TOKEN}"}


def addresses(feed: bytes) -> list[str]:
    root = etree.fromstring(feed)
    return [one.get("href") or "" for one in root.iterfind(f".//{{{ATOM}}}entry/{{{ATOM}}}link")]


async def test_another_system_reads_everything_with_the_token() -> None:
    async with World().client(TOKEN) as client:
        answer = await client.get("/api/cap/feed.atom")
        assert answer.headers["content-type"].startswith("application/atom+xml")
        found = addresses(answer.content)
        assert {one.rsplit("/", 1)[1].rsplit("-", 1)[0] for one in found} == {SMOKE, FLOOD}
        for address in found:
            message = await client.get(address)
            assert message.headers["content-type"].startswith("application/cap+xml")
            assert_valid(message.content)


async def test_the_desk_reads_what_lies_in_its_scope_and_nothing_of_the_neighbour() -> None:
    world = World()
    async with world.signed_in(Role.SUPERVISOR, TOWNSHIP) as client:
        found = addresses((await client.get("/api/cap/feed.atom")).content)
        assert {one.rsplit("/", 1)[1].rsplit("-", 1)[0] for one in found} == {SMOKE}
    async with world.client(TOKEN) as system:
        (of_flood,) = (
            one for one in addresses((await system.get("/api/cap/feed.atom")).content) if FLOOD in one
        )
    async with world.signed_in(Role.SUPERVISOR, TOWNSHIP) as client:
        assert (await client.get(of_flood)).status_code == 404


@pytest.mark.parametrize(
    "header",
    [
        "Bearer wrong",
        f"Bearer {CAP_TOKEN}x",
        f"Basic {CAP_TOKEN}",
        CAP_TOKEN,
        "Bearer",
        f"Bearer {CAP_TOKEN[:-1]}",
    ],
)
async def test_a_wrong_token_is_refused_even_beside_a_session(header: str) -> None:
    world = World()
    async with world.signed_in(Role.ADMINISTRATOR) as client:
        answer = await client.get("/api/cap/feed.atom", headers={"Authorization": header})
    assert (answer.status_code, answer.json()["code"]) == (401, "cap.token")


async def test_without_a_token_in_the_settings_no_token_is_right() -> None:
    world = World()
    object.__setattr__(world.deps, "cap_token", "")
    async with world.client({"Authorization": "Bearer "}) as client:
        assert (await client.get("/api/cap/feed.atom")).status_code == 401
    async with world.client({"Authorization": "Bearer x"}) as client:
        assert (await client.get("/api/cap/feed.atom")).status_code == 401


async def test_nobody_reads_it_without_a_session_or_with_another_role() -> None:
    world = World()
    async with world.client() as client:
        assert (await client.get("/api/cap/feed.atom")).json()["code"] == "session.missing"
    for role in (Role.RESPONDER, Role.ENGINEER, Role.DEPARTMENT):
        async with world.signed_in(role) as client:
            assert (await client.get("/api/cap/feed.atom")).status_code == 403


@pytest.mark.parametrize("identifier", [f"{SMOKE}-999", "nothing-1", SMOKE])
async def test_an_unknown_message_is_not_found(identifier: str) -> None:
    async with World().client(TOKEN) as client:
        assert (await client.get(f"/api/cap/{identifier}.xml")).status_code == 404
