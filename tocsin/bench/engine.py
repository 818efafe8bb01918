"""The response engine on an embedded PostgreSQL of its own, durable as in production, for measuring.

The database's clock is the only thing moved: it stands still while incidents are opened, then runs again
a little before their deadlines.  `bench.response` says what is measured and what is asked of it.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from tocsin.alerts.change import change_of
from tocsin.alerts.commands import Open
from tocsin.alerts.config import EscalatorConfig, PolicyConfig
from tocsin.alerts.escalator import Escalator, Fired
from tocsin.alerts.policy_book import PolicyBook
from tocsin.alerts.service import AlertService
from tocsin.core.clock import SystemClock
from tocsin.core.detections import Kind
from tocsin.core.errors import InvariantBroken
from tocsin.core.grids import Grid, Position, Tier
from tocsin.core.ids import AlarmId, DeviceId, GridCode, IncidentId, PersonId, PolicyId
from tocsin.core.incidents import SYSTEM, Lateness
from tocsin.core.responders import Channel
from tocsin.store import embedded
from tocsin.store.alerts import PgAlertsStore
from tocsin.store.connect import Pool, connection, pool
from tocsin.store.migrate import migrate
from tocsin.store.town import PgTownStore
from tocsin.store.wakeups import Wakeups
from tocsin.town.ports import ContactAddress, DutyShift, Person

HEAD_START: Final = timedelta(seconds=1)
LIMIT_SECONDS: Final = 60.0
VILLAGES: Final = 50
CITY: Final = GridCode("3301")


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Give p50, p99 and the maximum, rounded to 0.01; of nothing, zeros."""
    ordered = sorted(values) or [0.0]

    def at(part: float) -> float:
        return round(ordered[min(int(part * len(ordered)), len(ordered) - 1)], 2)

    return {"p50": at(0.5), "p99": at(0.99), "max": at(1.0)}


@dataclass(slots=True)
class Bench:
    """A database with a city of five townships and fifty villages, and an engine on it."""

    dsn: str
    connections: Pool
    store: PgAlertsStore
    policies: PolicyBook

    @property
    def service(self) -> AlertService:
        """Give a service of commands on this engine's store."""
        return AlertService(self.store, self.policies)

    @property
    def first_limit(self) -> timedelta:
        """Give the time after which an incident that nobody confirms has its first deadline."""
        return self.policies.for_grid(village(0)).policy.unanswered.supervisor

    async def now(self) -> datetime:
        """Ask the database's clock."""
        async with self.store.unit() as unit:
            return unit.now

    async def measure(self, name: str, number: int, every: timedelta) -> list[Fired]:
        """Open incidents, let their first deadlines come, and give every round of the escalator."""
        await self.forget()
        begin = await self.now() + timedelta(minutes=10)
        await self.open(name, number, every, begin)
        async with self.firing(begin + self.first_limit, number) as fired:
            return fired

    @asynccontextmanager
    async def firing(self, due: datetime, number: int) -> AsyncIterator[list[Fired]]:
        """Let the clock run from just before an instant, with an escalator at work until the block ends.

        The block begins when so many deadlines have fired; it is given the rounds, which grow on.
        """
        fired: list[Fired] = []
        done, stop = asyncio.Event(), asyncio.Event()

        def count(one: Fired) -> None:
            fired.append(one)
            if sum(each.deadlines for each in fired) >= number:
                done.set()

        escalator = Escalator(self.store, self.service, EscalatorConfig(), SystemClock(), on_fired=count)
        await self.let_run_from(due - HEAD_START)
        async with asyncio.timeout(LIMIT_SECONDS), asyncio.TaskGroup() as group:
            running = group.create_task(escalator.run(stop))
            await done.wait()
            yield fired
            stop.set()
            await running

    async def forget(self) -> None:
        """End what an earlier measurement left open."""
        async with connection(self.connections) as database:
            await database.execute(
                "update deadline set cancelled_at = due_at where fired_at is null and cancelled_at is null"
            )
            await database.execute("update incident set next_due = null where next_due is not null")

    async def row(self, query: bytes) -> tuple[Any, ...]:
        """Give the one row of a query."""
        async with connection(self.connections) as database:
            row = await (await database.execute(query)).fetchone()
        if row is None:
            raise InvariantBroken("a query of one row gave none")
        return row

    async def open(self, name: str, number: int, every: timedelta, begin: datetime) -> None:
        """Open incidents `every` so often from an instant on, of a clock that stands still."""
        size = 1 if every else 500
        for first in range(0, number, size):
            await self._set_clock(f"timestamptz '{(begin + first * every).isoformat()}'")
            async with self.store.unit() as unit:
                directories = await unit.directories([village(place).code for place in range(VILLAGES)])
                changes = []
                for place in range(first, min(first + size, number)):
                    version = self.policies.for_grid(village(place))
                    change = change_of(
                        name_of(name, place),
                        None,
                        [_opening(name, place, version.id, unit.now)],
                        now=unit.now,
                        policy=version.policy,
                        directory=directories[village(place).code],
                        actor=SYSTEM,
                    )
                    if change is not None:
                        changes.append(change)
                await unit.save(changes)

    async def let_run_from(self, instant: datetime) -> None:
        """Let the database's clock run, from an instant now."""
        ahead = (instant - SystemClock().now()).total_seconds()
        await self._set_clock(f"clock_timestamp() + interval '{ahead} s'")

    async def _set_clock(self, expression: str) -> None:
        async with connection(self.connections) as database:
            await database.execute(
                "create or replace function tocsin_clock() returns timestamptz "
                f"language sql volatile as $$ select {expression} $$".encode()
            )


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    """Start a database, and remove it at the end."""
    directory = Path(tempfile.mkdtemp(prefix="tocsin-bench-"))
    try:
        server = await asyncio.to_thread(embedded.start, directory / "pg")
        await migrate(server.dsn)
        wakeups = Wakeups(server.dsn)
        async with pool(server.dsn) as connections, asyncio.TaskGroup() as group:
            listening = group.create_task(wakeups.run())
            store = PgAlertsStore(connections, wakeups)
            policies = PolicyBook.read(PolicyConfig())
            await policies.keep(store)
            await settle(PgTownStore(connections))
            yield Bench(server.dsn, connections, store, policies)
            listening.cancel()
    finally:
        await asyncio.to_thread(embedded.stop, directory / "pg")
        await asyncio.to_thread(shutil.rmtree, directory, ignore_errors=True)


async def settle(town: PgTownStore) -> None:
    """Put a city of five townships and fifty villages there, with people on duty."""
    city = Grid(code=CITY, name="Bench", parent=None, tier=Tier.CITY, path=CITY)
    await town.add_grids([city, *map(township, range(5)), *map(village, range(VILLAGES))])
    people: list[Person] = []
    for place in range(5):
        people += _staff(township(place), 2, supervisors=2)
    for place in range(VILLAGES):
        people += _staff(village(place), 3, supervisors=0)
    contacts = [
        ContactAddress(person=one.id, channel=channel, address=f"{one.id}@example.org", rank=rank)
        for one in people
        for rank, channel in enumerate((Channel.WECOM_BOT, Channel.SMTP), start=1)
    ]
    await town.add_people(people, contacts)
    since = SystemClock().now() - timedelta(days=1)
    await town.add_duty([DutyShift(person=one.id, grid=one.grid, since=since, until=None) for one in people])


def _staff(grid: Grid, number: int, *, supervisors: int) -> list[Person]:
    return [
        Person(
            id=PersonId(f"{grid.code}-{place}"),
            name=f"Person {place}",
            grid=grid.code,
            tier=grid.tier,
            supervisor=place >= number,
            order=place + 1,
        )
        for place in range(number + supervisors)
    ]


def township(place: int) -> Grid:
    """Give one of the five townships."""
    code = GridCode(f"{CITY}{place % 5:03d}")
    return Grid(code=code, name=f"Township {place}", parent=CITY, tier=Tier.TOWNSHIP, path=f"{CITY}.{code}")


def village(place: int) -> Grid:
    """Give the village of an incident's number."""
    above = township(place % VILLAGES)
    code = GridCode(f"{above.code}{place % VILLAGES:03d}")
    return Grid(
        code=code,
        name=f"Village {place % VILLAGES}",
        parent=above.code,
        tier=Tier.VILLAGE,
        path=f"{above.path}.{code}",
        centre=Position(30.0, 119.0),
    )


def name_of(measurement: str, place: int) -> IncidentId:
    """Name an incident of a measurement."""
    return IncidentId(f"{measurement}-{place:05d}")


def _opening(name: str, place: int, policy: PolicyId, now: datetime) -> Open:
    return Open(
        kind=Kind.SMOKE,
        severity=0.5,
        grid=village(place).code,
        device=DeviceId(f"bench/{name}-{place}"),
        place=Position(30.0, 119.0),
        began=now,
        lateness=Lateness.LIVE,
        policy=policy,
        alarm=AlarmId(f"{name}-{place}"),
        reason_code="threshold.above",
        figures=(("value", 3.62), ("limit", 3.5)),
    )
