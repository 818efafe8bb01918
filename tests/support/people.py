"""The small town's people and duty over both kinds of stores, at a clock that a test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from tests.support.response import CONTACTS, GRIDS, PEOPLE, START, emptied, travel
from tocsin.core.clock import ManualClock
from tocsin.core.ids import GridCode
from tocsin.core.responders import Directory
from tocsin.store.alerts import PgAlertsStore
from tocsin.store.duty import PgDutyStore
from tocsin.store.memory.duty import MemoryDutyStore
from tocsin.store.memory.people import MemoryPeopleStore
from tocsin.store.memory.town import MemoryTownStore
from tocsin.store.people import PgPeopleStore
from tocsin.store.town import PgTownStore
from tocsin.store.wakeups import Wakeups
from tocsin.town.people_ports import DutyStore, PeopleStore
from tocsin.town.ports import TownStore

KINDS: Collection[str] = ("memory", "postgres")


@dataclass
class Staffed:
    """Grids and people are there, nobody is on duty."""

    town: TownStore
    people: PeopleStore
    duty: DutyStore
    travel: Callable[[datetime], Awaitable[None]]
    directory: Callable[[GridCode], Awaitable[Directory]]
    """What the response engine gets of it."""


@asynccontextmanager
async def staffed(kind: str, dsn: Callable[[], str], start: datetime = START) -> AsyncIterator[Staffed]:
    """Give the town in memory, or in an emptied database."""
    if kind == "memory":
        clock = ManualClock(start)
        town = MemoryTownStore(clock)

        async def jump(to: datetime) -> None:
            clock.jump(to)

        async def look(grid: GridCode) -> Directory:
            return town.directory_of(grid, clock.now())

        made = Staffed(town, MemoryPeopleStore(town, clock), MemoryDutyStore(town, clock), jump, look)
        await _fill(made)
        yield made
        return
    async with emptied(dsn()) as database:
        await travel(database, start)
        alerts = PgAlertsStore(database.pool, Wakeups(database.dsn))

        async def to(instant: datetime) -> None:
            await travel(database, instant)

        async def ask(grid: GridCode) -> Directory:
            async with alerts.unit() as unit:
                return await unit.directory(grid)

        made = Staffed(
            PgTownStore(database.pool), PgPeopleStore(database.pool), PgDutyStore(database.pool), to, ask
        )
        await _fill(made)
        yield made


async def _fill(made: Staffed) -> None:
    await made.town.add_grids(GRIDS)
    await made.town.add_people(PEOPLE, CONTACTS)
