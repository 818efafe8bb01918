"""The route's own promises; what the stream promises stands in `test_live.py` of the package."""

from __future__ import annotations

from tests.support.api import (
    CHEN,
    FAR,
    FLOOD,
    OFFICE,
    SMOKE,
    TOWNSHIP,
    WANG,
    World,
    live,
    note_added,
    recorded,
)
from tocsin.alerts.ports import LiveEvent
from tocsin.core.errors import Rejected
from tocsin.core.ids import ReportId
from tocsin.core.incidents import Actor, PartnerJoined, ReportAttached
from tocsin.town.ports import Role


async def test_a_responder_sees_their_incident_wherever_it_is() -> None:
    world = World()
    async with live(world, world.session(world.account(Role.RESPONDER, FAR, WANG))) as stream:
        await stream.message()
        await world.queries.happens(note_added(), FLOOD)
        await world.queries.happens(note_added(), SMOKE)
        assert (await stream.incident()).data["incident"] == SMOKE


async def test_a_cursor_that_the_store_refuses_takes_no_place() -> None:
    world = World()

    def refusing(scope: str, after: str | None) -> None:
        raise Rejected("live.cursor", "this cursor is of another database: begin anew")

    world.queries.live = refusing  # type: ignore[method-assign, assignment]
    headers = world.session(world.account(Role.OPERATOR, TOWNSHIP))
    async with world.client(headers) as client:
        answer = await client.get("/api/live?after=9-9")
    assert (answer.status_code, answer.json()["code"]) == (422, "live.cursor")
    assert not world.app.state.live._open


async def test_a_department_hears_of_what_is_routed_to_it_from_that_moment_on() -> None:
    world = World()
    async with live(world, world.session(world.account(Role.DEPARTMENT, TOWNSHIP))) as stream:
        await stream.message()
        await world.queries.happens(note_added(), SMOKE)
        await world.queries.happens(note_added(), FLOOD)
        await world.queries.happens(PartnerJoined(organisation=OFFICE), FLOOD)
        first = await stream.incident()
        await world.queries.happens(note_added(), SMOKE)
        await world.queries.happens(note_added(), FLOOD)
        second = await stream.incident()
    assert [one.data["incident"] for one in (first, second)] == [FLOOD, FLOOD]
    assert first.data["event"]["event"] == "partner_joined"


async def test_a_department_goes_on_hearing_of_what_was_routed_to_it_before() -> None:
    world = World()
    await world.queries.happens(PartnerJoined(organisation=OFFICE), SMOKE)
    async with live(world, world.session(world.account(Role.DEPARTMENT, FAR))) as stream:
        await stream.message()
        await world.queries.happens(note_added(), FLOOD)
        await world.queries.happens(note_added(), SMOKE)
        assert (await stream.incident()).data["incident"] == SMOKE


async def test_who_reports_something_hears_of_it() -> None:
    world = World()
    async with live(world, world.session(world.account(Role.RESPONDER, FAR, CHEN))) as stream:
        await stream.message()
        line = recorded(SMOKE, 5, ReportAttached(report=ReportId("r")), actor=Actor("person", CHEN))
        world.logs[SMOKE].append(line)
        async with world.queries.changed:
            world.queries.feed.append(LiveEvent(cursor="7-1", recorded=line, grid_path=TOWNSHIP))
            world.queries.changed.notify_all()
        assert (await stream.incident()).data["incident"] == SMOKE
