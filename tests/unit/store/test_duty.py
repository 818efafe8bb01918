"""What PostgreSQL adds to the contract of duty: transactions, two writers, the town's own holidays."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.support.database import Database, Server
from tests.support.response import ANN, CAT, CONTACTS, GRIDS, PEOPLE, START, VILLAGE, emptied, shared, travel
from tocsin.core.working_time import DayKind
from tocsin.store.duty import PgDutyStore
from tocsin.store.town import PgTownStore
from tocsin.town.coverage import Gap, GapCode
from tocsin.town.roster import HORIZON, Pattern, Roster, Slot

DAILY = Roster(
    id="r",
    grid=VILLAGE,
    name="r",
    pattern=Pattern(
        groups={"a": (ANN,)}, slots=(Slot(begins=480, lasts=600, order=("a",)),), first=date(2026, 5, 1)
    ),
    since=START,
)
COUNT = "select count(*) from duty_shift where since > tocsin_clock()"


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture
async def site(shared_database: str) -> AsyncIterator[Database]:
    async with emptied(shared_database) as database:
        await travel(database, START)
        town = PgTownStore(database.pool)
        await town.add_grids(GRIDS)
        await town.add_people(PEOPLE, CONTACTS)
        await PgDutyStore(database.pool).save_roster(DAILY, CAT)
        yield database
        await database.execute("drop trigger if exists fall on duty_shift")
        await database.execute("delete from work_calendar")


async def test_a_writing_that_dies_leaves_the_old_shifts(site: Database) -> None:
    store = PgDutyStore(site.pool)
    await store.write_rosters(HORIZON, 10)
    before = await site.execute(COUNT)
    await store.save_roster(replace(DAILY, pattern=replace_slot(Slot(begins=0, lasts=60, order=("a",)))), CAT)
    await site.execute(
        """create or replace function fall() returns trigger language plpgsql as
        $$ begin raise exception 'power is out'; end $$"""
    )
    await site.execute("create trigger fall before insert on duty_shift for each row execute function fall()")
    with pytest.raises(Exception, match="power is out"):
        await store.write_rosters(HORIZON, 10)
    assert await site.execute(COUNT) == before
    assert await site.execute(
        "select distinct (since at time zone 'Asia/Shanghai')::time::text from duty_shift where since > tocsin_clock()"
    ) == [("08:00:00",)]
    await site.execute("drop trigger fall on duty_shift")
    assert await store.write_rosters(HORIZON, 10) == 1
    assert await site.execute(
        "select distinct (since at time zone 'Asia/Shanghai')::time::text from duty_shift where since > tocsin_clock()"
    ) == [("00:00:00",)]


def replace_slot(*slots: Slot) -> Pattern:
    return Pattern(groups=DAILY.pattern.groups, slots=slots, first=DAILY.pattern.first)


async def test_two_keepers_and_an_editor_write_every_shift_once(site: Database) -> None:
    store = PgDutyStore(site.pool)
    for number in range(20):
        await store.save_roster(replace(DAILY, id=f"r{number}"), CAT)
    await asyncio.gather(
        store.write_rosters(HORIZON, 10),
        store.write_rosters(HORIZON, 10),
        store.write_rosters(HORIZON, 1, only="r7"),
    )
    while await store.write_rosters(HORIZON, 10):
        pass
    counts = await site.execute("select count(*), count(distinct (roster, since)) from duty_shift")
    assert counts[0][0] == counts[0][1]
    assert await site.execute(
        "select count(distinct n) from (select count(*) n from duty_shift group by roster) x"
    ) == [(1,)]


async def test_a_day_that_the_town_has_off_is_a_holiday_of_its_rosters(site: Database) -> None:
    store = PgDutyStore(site.pool)
    holidays = replace_slot(Slot(begins=480, lasts=600, order=("a",), days=(DayKind.HOLIDAY,)))
    await site.execute("insert into work_calendar (hours, closed) values ('[[510, 720]]', '{2026-05-13}')")
    await store.save_roster(replace(DAILY, pattern=holidays), CAT)
    await store.write_rosters(timedelta(days=14), 10)
    rows = await site.execute("select since from duty_shift order by since")
    assert (datetime(2026, 5, 13, tzinfo=UTC),) in rows
    assert len(rows) == 6, "five days of May, and the town's own"


async def test_gaps_that_two_look_for_at_once_are_those_of_one(site: Database) -> None:
    store = PgDutyStore(site.pool)
    gap = Gap(grid=VILLAGE, code=GapCode.NOBODY, since=START, until=START + timedelta(hours=1))
    await asyncio.gather(*(store.keep_gaps([gap], 6, START + timedelta(days=1)) for _ in range(4)))
    assert await site.execute("select grid, code from duty_gap") == [(VILLAGE, "nobody")]
    assert await site.execute("select grids from duty_look") == [(6,)]
