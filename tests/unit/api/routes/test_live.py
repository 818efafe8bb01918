"""The route's own promises; what the stream promises stands in `test_live.py` of the package."""

from __future__ import annotations

from tests.support.api import FAR, FLOOD, SMOKE, TOWNSHIP, WANG, World, live, note_added
from tocsin.core.errors import Rejected
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
