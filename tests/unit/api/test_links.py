from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.api import CHEN, FLOOD, SMOKE, START, WANG, World, recorded
from tocsin.api.config import ApiConfig
from tocsin.api.errors import HttpRefusal
from tocsin.api.links import USES_MAX, LinkDoor, address_fault, link_view, open_link
from tocsin.core.grids import Tier
from tocsin.core.incidents import Accepted, Actor, Closed


async def test_link_opens_its_incident_for_its_person() -> None:
    world = World()
    opened = await open_link(world.deps, LinkDoor(), world.token())
    assert (opened.row.id, opened.person.id, opened.actor) == (SMOKE, WANG, Actor("person", WANG))


@pytest.mark.parametrize("seconds", [7200, 7201])
async def test_link_opens_until_two_hours_after_the_end(seconds: int) -> None:
    world = World()
    world.logs[SMOKE].append(recorded(SMOKE, 5, Closed(reason_code="handled"), seconds=20))
    world.clock.jump(START + timedelta(seconds=20 + seconds))
    token = world.token()
    if seconds == 7200:
        opened = await open_link(world.deps, LinkDoor(), token)
        assert link_view(opened, opened.incident, START).acts == ["arrive"]
    else:
        with pytest.raises(HttpRefusal) as caught:
            await open_link(world.deps, LinkDoor(), token)
        assert (caught.value.status, caught.value.code) == (404, "link.unknown")


def test_door_bounds_each_link_for_itself_and_opens_again() -> None:
    world, door = World(), LinkDoor()
    mine, other = (world.links.read(world.token(*who), START) for who in ((SMOKE, WANG), (FLOOD, CHEN)))
    assert mine is not None
    assert other is not None
    for _ in range(USES_MAX):
        door.pass_through(mine, 100.0)
    with pytest.raises(HttpRefusal) as caught:
        door.pass_through(mine, 100.0)
    assert (caught.value.status, caught.value.headers) == (429, {"Retry-After": "61"})
    door.pass_through(other, 100.0)
    door.pass_through(mine, 160.0)


async def test_view_says_what_this_person_needs_and_no_more() -> None:
    world = World()
    world.logs[SMOKE].append(recorded(SMOKE, 5, Accepted(person=WANG, tier=Tier.VILLAGE), seconds=20))
    opened = await open_link(world.deps, LinkDoor(), world.token())
    shown = link_view(opened, opened.incident, START)
    assert (shown.tier, shown.accepted, shown.seen) == (Tier.VILLAGE, START + timedelta(seconds=20), None)
    assert [clock.tier for clock in shown.incident.clocks] == [Tier.VILLAGE]
    assert "done" in shown.acts
    assert {"log", "people", "calls", "notices"}.isdisjoint(shown.model_dump())


@pytest.mark.parametrize(
    ("url", "links", "said"),
    [
        ("", True, "api.public_url"),
        ("http://bell.example", True, "https"),
        ("https://bell.example", False, "link_key_file"),
        ("https://bell.example", True, None),
    ],
)
def test_start_says_what_phones_will_miss(url: str, said: str | None, *, links: bool) -> None:
    config = ApiConfig(public_url=url, cookie_secure=url.startswith("https"))
    fault = address_fault(config, links=links)
    assert (fault is None) if said is None else (fault is not None and said in fault)
