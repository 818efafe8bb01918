"""Links on HTTP over fakes; the real rules answer them in tests/integration/test_links.py."""

from __future__ import annotations

import httpx
import pytest

from tests.support.api import SMOKE, WANG, World
from tocsin.alerts import commands as ask
from tocsin.alerts.proving import NOTHING, Shown
from tocsin.api.photos import PHOTOS_MAX
from tocsin.core.grids import Position
from tocsin.core.incidents import Actor, Basis

HERE = {"latitude": 30.0, "longitude": 120.0, "accuracy_m": 9.0}


def client(world: World) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=world.app), base_url="http://bell")


@pytest.mark.parametrize(
    ("body", "command", "shown"),
    [
        ({"what": "see"}, ask.See(person=WANG), NOTHING),
        ({"what": "accept", "tag": "unused-here"}, ask.Accept(person=WANG), NOTHING),
        ({"what": "refuse", "reason": "ill"}, ask.Refuse(person=WANG, reason_code="ill"), NOTHING),
        ({"what": "arrive"}, ask.Arrive(person=WANG, basis=Basis.DECLARED), NOTHING),
        (
            {"what": "arrive", "tag": "secret"},
            ask.Arrive(person=WANG, basis=Basis.DECLARED),
            Shown(tag="secret"),
        ),
        (
            {"what": "nothing_here", "position": HERE, "position_age_s": 2},
            ask.SayNothingHere(
                person=WANG, basis=Basis.POSITION, position=Position(30.0, 120.0, 9.0), age_s=2
            ),
            NOTHING,
        ),
    ],
)
async def test_tap_becomes_the_command_of_the_links_person(
    body: dict[str, object], command: ask.Command, shown: Shown
) -> None:
    world = World()
    async with client(world) as phone:
        answer = await phone.post("/api/go/act", json={"token": world.token(), "act": "tap-0001", **body})
    assert answer.status_code == 200, answer.text
    (asked,) = world.alerts.asked
    assert (asked.incident, asked.command, asked.shown) == (SMOKE, command, shown)
    assert (asked.actor, asked.act) == (Actor("person", WANG), "tap-0001")


async def test_opening_asks_nothing_of_the_incident_and_sets_no_cookie() -> None:
    world = World()
    async with client(world) as phone:
        answer = await phone.post("/api/go/open", json={"token": world.token()})
        assert answer.json()["person_name"] == "Wang"
        assert (world.alerts.asked, dict(phone.cookies)) == ([], {})


async def test_code_is_for_the_links_person() -> None:
    world = World()
    async with client(world) as phone:
        answer = await phone.post("/api/go/photo-challenge", json={"token": world.token()})
    assert answer.json()["challenge"] == f"code-{WANG}"


@pytest.mark.parametrize(
    "path", ["/api/go/open", "/api/go/act", "/api/go/photo-challenge", "/api/go/arrive-photo"]
)
async def test_links_are_taken_by_post_only_and_from_our_own_page(path: str) -> None:
    world = World()
    async with client(world) as phone:
        assert (await phone.get(path)).status_code == 405
        foreign = await phone.post(path, json={"token": world.token()}, headers={"Origin": "http://evil"})
    assert foreign.json()["code"] == "origin.foreign"
    assert world.alerts.asked == []


async def test_without_keys_no_link_opens_anything() -> None:
    world = World()
    token = world.token()
    object.__setattr__(world.deps, "links", None)
    async with client(world) as phone:
        assert (await phone.post("/api/go/open", json={"token": token})).status_code == 404


async def test_photos_of_one_person_are_bounded() -> None:
    world = World()
    for _ in range(PHOTOS_MAX):
        world.app.state.photos.pass_through(WANG, world.clock.monotonic())
    async with client(world) as phone:
        answer = await phone.post(
            "/api/go/arrive-photo",
            data={"token": world.token(), "act": "tap-0001", "challenge": "code-1"},
            files={"photo": ("photo.jpg", b"\xff\xd8\xff", "image/jpeg")},
        )
    assert (answer.status_code, answer.json()["code"]) == (429, "photo.throttled")
    assert world.alerts.asked == []
