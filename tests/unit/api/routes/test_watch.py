from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.support.api import TOWNSHIP, World
from tocsin.core.watch import Beat, FindingRow
from tocsin.town.ports import Role

S = timedelta(seconds=1)


def finding(since: datetime, until: datetime | None = None, code: str = "worker.silent") -> FindingRow:
    return FindingRow(
        code=code, subject="relay", since=since, seen=since, until=until, sentence="relay is silent"
    )


async def status(world: World, role: Role = Role.OPERATOR) -> dict:
    async with world.signed_in(role, TOWNSHIP) as client:
        answer = await client.get("/api/watch")
    assert answer.status_code == 200
    return dict(answer.json())


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMINISTRATOR, Role.ENGINEER])
async def test_what_stands_and_what_ended_within_a_day_is_shown(role: Role) -> None:
    world = World()
    now = world.clock.now()
    await world.watch.keep(
        [
            finding(now - 60 * S),
            finding(now - 7200 * S, now - 3600 * S, "clock.skew"),
            finding(now - timedelta(days=3), now - timedelta(days=2), "disk.low"),
        ]
    )
    body = await status(world, role)
    assert [one["code"] for one in body["findings"]] == ["worker.silent", "clock.skew"]
    assert body["findings"][0]["until"] is None


async def test_responders_are_not_shown_how_the_centre_is() -> None:
    async with World().signed_in(Role.RESPONDER, TOWNSHIP) as client:
        assert (await client.get("/api/watch")).status_code == 403


async def test_signs_of_life_have_an_age_and_a_skew() -> None:
    world = World()
    now = world.clock.now()
    await world.watch.beat([Beat(name="relay@a", role="relay", host="a", clock=now + 2 * S)])
    world.clock.advance(3 * S)
    (beat,) = (await status(world))["beats"]
    assert (beat["name"], beat["age_s"], beat["skew_s"]) == ("relay@a", 3.0, 2.0)


@pytest.mark.parametrize(
    ("watched", "ago", "gone"),
    [(None, None, False), ("zh", None, True), ("zh", 15, False), ("zh", 16, True), (None, 16, True)],
)
async def test_a_watcher_that_is_gone_is_a_finding(
    watched: str | None, ago: float | None, *, gone: bool
) -> None:
    world = World(watched=watched)
    if ago is not None:
        now = world.clock.now()
        await world.watch.beat([Beat(name="watcher@b", role="watcher", host="b", clock=now)])
        world.clock.advance(ago * S)
    codes = [one["code"] for one in (await status(world))["findings"]]
    assert codes == (["watcher.gone"] if gone else [])


async def test_the_complaint_speaks_the_watchers_language() -> None:
    (chinese,) = (await status(World(watched="zh")))["findings"]
    (english,) = (await status(World(watched="en")))["findings"]
    assert "值守" in chinese["sentence"]
    assert "watcher" in english["sentence"]
