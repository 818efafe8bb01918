import asyncio
from datetime import date, timedelta

import pytest
import structlog.testing
from prometheus_client import REGISTRY

from tests.support.response import ANN, CAT, CONTACTS, GRIDS, PEOPLE, START, VILLAGE
from tocsin.core.clock import ManualClock
from tocsin.core.errors import Transient
from tocsin.core.responders import Channel
from tocsin.store.memory.duty import MemoryDutyStore
from tocsin.store.memory.town import MemoryTownStore
from tocsin.town.coverage import GapCode
from tocsin.town.duty_keeper import LOOK_SECONDS, DutyKeeper
from tocsin.town.roster import Pattern, Roster, Slot

ROSTER = Roster(
    id="r",
    grid=VILLAGE,
    name="r",
    pattern=Pattern(
        groups={"a": (ANN,)}, slots=(Slot(begins=0, lasts=1440, order=("a",)),), first=date(2026, 5, 1)
    ),
    since=START,
)


class Site:
    def __init__(self, duty: MemoryDutyStore, clock: ManualClock) -> None:
        self.duty = duty
        self.clock = clock
        self.keeper = DutyKeeper(duty, [Channel.WEBHOOK], clock)


@pytest.fixture
async def site() -> Site:
    clock = ManualClock(START)
    town = MemoryTownStore(clock)
    await town.add_grids(GRIDS)
    await town.add_people(PEOPLE, CONTACTS)
    duty = MemoryDutyStore(town, clock)
    await duty.save_roster(ROSTER, CAT)
    return Site(duty, clock)


def grids_with(code: GapCode) -> float | None:
    return REGISTRY.get_sample_value("tocsin_duty_gap_grids", {"code": code.value})


async def test_a_round_writes_rosters_and_keeps_the_gaps_of_the_coming_day(site: Site) -> None:
    await site.keeper.round()
    row = await site.duty.roster("r")
    assert row is not None
    assert row.written == START + timedelta(days=45)
    assert {one.grid for one in site.duty.gaps} == {GRIDS[0].code, GRIDS[1].code, GRIDS[2].code}
    assert {one.until for one in site.duty.gaps} == {START + timedelta(days=1)}
    assert grids_with(GapCode.NOBODY) == 3
    assert grids_with(GapCode.NO_CHANNEL) == 0


async def test_gaps_are_looked_for_when_something_changed_and_every_few_minutes(site: Site) -> None:
    await site.keeper.round()
    site.duty.gaps = ()
    await site.keeper.round()
    assert site.duty.gaps == ()
    site.clock.advance(timedelta(seconds=LOOK_SECONDS))
    await site.keeper.round()
    assert site.duty.gaps
    site.duty.gaps = ()
    await site.duty.save_roster(ROSTER, CAT)
    await site.keeper.round()
    assert site.duty.gaps


async def test_a_store_that_is_away_is_asked_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = asyncio.Event()

    async def away(horizon: timedelta, most: int, only: str | None = None) -> int:
        stop.set()
        raise Transient("the database does not answer")

    monkeypatch.setattr(site.duty, "write_rosters", away)
    with structlog.testing.capture_logs() as logs:
        await site.keeper.run(stop)
    assert [line["event"] for line in logs] == ["duty.postponed"]
