"""The feed loses nothing across a break, ends with the session, and shows each only their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.api import CHEN, FAR, FLOOD, SMOKE, WANG, EventReader, World, live, note_added
from tocsin.alerts.ports import LiveEvent
from tocsin.api.errors import HttpRefusal
from tocsin.api.live import CHECK_SECONDS, LiveStreams, OwnIncidents
from tocsin.core.errors import Transient
from tocsin.core.grids import Tier
from tocsin.core.incidents import Called
from tocsin.core.responders import Channel
from tocsin.town.ports import Role


def call(person: str) -> Called:
    return Called(
        tier=Tier.VILLAGE,
        person=person,
        step=0,
        channels=(Channel.LOG,),
        reason_code="activated",  # type: ignore[arg-type]
    )


async def greeted(stream: EventReader) -> None:
    message = await stream.message()
    assert message is not None
    assert message.event == "hello"


async def test_hello_tells_the_servers_time_and_comes_first() -> None:
    world = World()
    async with live(world, world.session(world.account(Role.OPERATOR))) as stream:
        message = await stream.message()
    assert message is not None
    assert (stream.status, message.event) == (200, "hello")
    assert message.data == {"now": "2026-11-22T14:01:00Z"}


async def test_hello_waits_until_the_place_in_the_feed_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    asked, taken = asyncio.Event(), asyncio.Event()

    async def slow(scope: str, after: str | None) -> AsyncIterator[LiveEvent | None]:
        asked.set()
        await taken.wait()
        yield None

    monkeypatch.setattr(world.queries, "live", slow)
    async with live(world, world.session(world.account(Role.OPERATOR))) as stream:
        await asked.wait()
        greeting = asyncio.create_task(stream.message())
        done, _ = await asyncio.wait({greeting}, timeout=0.05)
        assert not done
        taken.set()
        message = await greeting
    assert message is not None
    assert message.event == "hello"


async def test_a_reconnect_with_the_last_id_loses_nothing_and_repeats_nothing() -> None:
    world = World()
    headers = world.session(world.account(Role.OPERATOR))
    async with live(world, headers) as stream:
        await greeted(stream)
        await world.queries.happens(note_added())
        await world.queries.happens(note_added())
        seen = [await stream.incident()]  # the second was sent, and lost with the connection
    for _ in range(3):
        await world.queries.happens(note_added())
    async with live(world, headers | {"Last-Event-ID": seen[-1].id}) as stream:
        await greeted(stream)
        seen += [await stream.incident() for _ in range(4)]
        await world.queries.happens(note_added())
        seen.append(await stream.incident())
    assert [message.data["version"] for message in seen] == [5, 6, 7, 8, 9, 10]
    assert [message.id for message in seen] == [f"7-{number}" for number in range(1, 7)]


async def test_a_page_may_name_the_cursor_and_the_browsers_own_wins() -> None:
    world = World()
    headers = world.session(world.account(Role.OPERATOR))
    for _ in range(3):
        await world.queries.happens(note_added())
    async with live(world, headers, "after=7-1") as stream:
        assert (await stream.incident()).id == "7-2"
    async with live(world, headers | {"Last-Event-ID": "7-2"}, "after=7-1") as stream:
        assert (await stream.incident()).id == "7-3"


async def test_a_cursor_of_another_form_is_refused() -> None:
    world = World()
    async with world.client(
        world.session(world.account(Role.OPERATOR)) | {"Last-Event-ID": "yesterday"}
    ) as client:
        answer = await client.get("/api/live")
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")


async def test_other_townships_are_not_shown() -> None:
    world = World()
    async with live(world, world.session(world.account(Role.OPERATOR, FAR))) as stream:
        await greeted(stream)
        await world.queries.happens(note_added(), SMOKE)
        await world.queries.happens(note_added(), FLOOD)
        assert (await stream.incident()).data["incident"] == FLOOD


async def test_a_responder_is_shown_an_incident_from_their_call_on() -> None:
    world = World()
    async with live(world, world.session(world.account(Role.RESPONDER, FAR, CHEN))) as stream:
        await greeted(stream)
        await world.queries.happens(note_added(), SMOKE)
        await world.queries.happens(call(WANG), SMOKE)
        await world.queries.happens(call(CHEN), SMOKE)
        await world.queries.happens(note_added(), SMOKE)
        shown = [await stream.incident() for _ in range(2)]
    assert [message.data["event"]["event"] for message in shown] == ["called", "note_added"]


def test_a_call_of_somebody_else_opens_nothing() -> None:
    world = World()
    own = OwnIncidents(WANG, set())
    other = LiveEvent(cursor="1-1", recorded=world.logs[FLOOD][-1], grid_path="")
    mine = LiveEvent(cursor="1-2", recorded=world.logs[SMOKE][-1], grid_path="")
    assert [own(other), own(mine)] == [False, True]


async def test_signs_of_life_are_comments() -> None:
    world = World()
    async with live(world, world.session(world.account(Role.OPERATOR))) as stream:
        await greeted(stream)
        for _ in range(3):
            message = await stream.message()
            assert message is not None
            assert (message.event, message.comment) == ("", "alive")
            await world.queries.show_life()


async def test_sign_out_ends_the_stream_at_once() -> None:
    world = World()
    headers = world.session(world.account(Role.OPERATOR))
    async with live(world, headers) as stream:
        await greeted(stream)
        async with world.client(headers) as client:
            assert (await client.delete("/api/session")).status_code == 204
        async with asyncio.timeout(5):
            await stream.end()
    assert world.queries.readers == 0


@pytest.mark.parametrize("how", ["expired", "closed elsewhere", "inactive", "other scope", "other role"])
async def test_the_end_of_the_right_ends_the_stream_at_the_next_sign_of_life(how: str) -> None:
    world = World()
    account = world.account(Role.OPERATOR)
    async with live(world, world.session(account)) as stream:
        await greeted(stream)
        match how:
            case "expired":
                world.clock.advance(timedelta(hours=13))
            case "closed elsewhere":
                world.town.sessions.clear()
            case "inactive":
                world.town.accounts[account.name] = replace(account, active=False)
            case "other scope":
                world.town.accounts[account.name] = replace(account, scope=FAR)
            case _:
                world.town.accounts[account.name] = replace(account, role=Role.ENGINEER)
        await world.queries.show_life()
        async with asyncio.timeout(5):
            await stream.end()


async def test_a_busy_feed_is_checked_too() -> None:
    world = World()
    async with live(world, world.session(world.account(Role.OPERATOR))) as stream:
        await greeted(stream)
        await world.queries.happens(note_added())
        await stream.incident()
        world.town.sessions.clear()
        world.clock.advance(timedelta(seconds=CHECK_SECONDS))
        await world.queries.happens(note_added())
        async with asyncio.timeout(5):
            await stream.end()


async def test_a_reader_that_leaves_is_counted_out() -> None:
    world = World()
    headers = world.session(world.account(Role.OPERATOR))
    async with live(world, headers) as stream:
        await greeted(stream)
    assert world.queries.readers == 0
    assert not world.app.state.live._open


async def test_one_stream_too_many_is_refused_and_room_is_made_again() -> None:
    world = World()
    headers = world.session(world.account(Role.OPERATOR))
    most = world.config.live_streams_max
    streams = [EventReader(world.app, headers) for _ in range(most)]
    async with asyncio.TaskGroup() as group:
        for stream in streams:
            group.create_task(stream.run())
            await greeted(stream)
        async with world.client(headers) as client:
            answer = await client.get("/api/live")
        assert (answer.status_code, answer.json()["code"]) == (429, "live.too_many")
        streams[0].leave()
        await streams[0].end()
        async with live(world, headers) as again:
            await greeted(again)
        for stream in streams:
            stream.leave()


async def test_a_database_that_stops_answering_ends_the_stream_quietly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()

    async def failing(scope: str, after: str | None) -> AsyncIterator[LiveEvent | None]:
        yield None
        raise Transient("connection lost")

    monkeypatch.setattr(world.queries, "live", failing)
    async with live(world, world.session(world.account(Role.OPERATOR))) as stream:
        await greeted(stream)
        await stream.end()


def test_streams_are_bounded_per_session_only() -> None:
    streams = LiveStreams(1)
    ended = streams.admit(b"one")
    streams.admit(b"two")
    with pytest.raises(HttpRefusal):
        streams.admit(b"one")
    streams.release(b"one", ended)
    assert streams.count(b"one") == 0
    streams.admit(b"one")
