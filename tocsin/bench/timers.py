"""How late deadlines are, idle and when five thousand are due at one instant.

On an embedded PostgreSQL of its own, durable as in production, with the real escalator.  The database's
clock is the only thing moved: it stands still while incidents are opened, then runs again a little
before their deadlines.  Idle: one incident every 25 ms.  Burst: every deadline of one instant is
claimed, decided and committed with its notices.
"""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from tocsin.alerts.change import change_of
from tocsin.alerts.commands import Open
from tocsin.alerts.config import EscalatorConfig, PolicyConfig
from tocsin.alerts.escalator import Escalator, Fired
from tocsin.alerts.policy_book import PolicyBook
from tocsin.alerts.service import AlertService
from tocsin.core.clock import SystemClock
from tocsin.core.detections import Kind
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

IDLE: Final = 200
IDLE_EVERY: Final = timedelta(milliseconds=25)
BURST: Final = 5000
HEAD_START: Final = timedelta(seconds=1)
LIMIT_SECONDS: Final = 60.0
VILLAGES: Final = 50
CITY: Final = GridCode("3301")


async def run(*, idle: int = IDLE, burst: int = BURST) -> dict[str, object]:
    """Measure both; takes about half a minute, most of it for opening the incidents.

    `lateness_ms` is from a deadline's instant to the transaction that fires it, `committed_ms` to the
    end of its commit; the burst's `ms` is to the end of the last commit, notices included.
    """
    async with _bench() as bench:
        quiet = await bench.measure("idle", idle, IDLE_EVERY)
        await bench.measure("warm", 200, timedelta())
        crowd = await bench.measure("burst", burst, timedelta())
        notices = await bench.count_notices()
    committed = [1000 * late for fired in quiet for late in fired.lateness_seconds]
    started = [
        1000 * (late - (fired.seconds - fired.claim_seconds))
        for fired in quiet
        for late in fired.lateness_seconds
    ]
    return {
        "lateness_ms": percentiles(started),
        "committed_ms": percentiles(committed),
        "burst": {
            "n": sum(fired.deadlines for fired in crowd),
            "ms": round(max(1000 * max(fired.lateness_seconds) for fired in crowd), 1),
            "claimed_ms": round(sum(1000 * fired.claim_seconds for fired in crowd), 1),
            "batches": len(crowd),
            "notices": notices,
        },
        "ran_on": {
            "cpus": os.cpu_count(),
            "machine": platform.machine(),
            "python": platform.python_version(),
            "database": "embedded PostgreSQL, synchronous_commit on",
        },
    }


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Give p50, p99 and the maximum, rounded to 0.01; of nothing, zeros."""
    ordered = sorted(values) or [0.0]

    def at(part: float) -> float:
        return round(ordered[min(int(part * len(ordered)), len(ordered) - 1)], 2)

    return {"p50": at(0.5), "p99": at(0.99), "max": at(1.0)}


@dataclass(slots=True)
class _Bench:
    connections: Pool
    store: PgAlertsStore
    policies: PolicyBook

    async def measure(self, name: str, number: int, every: timedelta) -> list[Fired]:
        """Open incidents, let their first deadlines come, and give every round of the escalator."""
        await self._forget()
        begin = await self._open(name, number, every)
        due = begin + self.policies.for_grid(_village(0)).policy.unanswered.supervisor
        fired: list[Fired] = []
        done, stop = asyncio.Event(), asyncio.Event()

        def count(one: Fired) -> None:
            fired.append(one)
            if sum(each.deadlines for each in fired) >= number:
                done.set()

        clock = SystemClock()
        service = AlertService(self.store, self.policies)
        escalator = Escalator(self.store, service, EscalatorConfig(), clock, on_fired=count)
        await self._set_clock(
            f"clock_timestamp() + interval '{(due - HEAD_START - clock.now()).total_seconds()} s'"
        )
        async with asyncio.timeout(LIMIT_SECONDS), asyncio.TaskGroup() as group:
            running = group.create_task(escalator.run(stop))
            await done.wait()
            stop.set()
            await running
        return fired

    async def _forget(self) -> None:
        """End what an earlier measurement left open."""
        async with connection(self.connections) as database:
            await database.execute(
                "update deadline set cancelled_at = due_at where fired_at is null and cancelled_at is null"
            )
            await database.execute("update incident set next_due = null where next_due is not null")

    async def count_notices(self) -> int:
        """Count the notices of the burst."""
        async with connection(self.connections) as database:
            row = await (
                await database.execute("select count(*) from notice where incident like 'burst-%'")
            ).fetchone()
        return int(row[0]) if row else 0

    async def _open(self, name: str, number: int, every: timedelta) -> datetime:
        """Open incidents at instants of a clock that stands still; gives the first."""
        async with self.store.unit() as unit:
            begin = unit.now + timedelta(minutes=10)
        size = 1 if every else 500
        for first in range(0, number, size):
            await self._set_clock(f"timestamptz '{(begin + first * every).isoformat()}'")
            async with self.store.unit() as unit:
                directories = await unit.directories([_village(place).code for place in range(VILLAGES)])
                changes = []
                for place in range(first, min(first + size, number)):
                    version = self.policies.for_grid(_village(place))
                    incident = IncidentId(f"{name}-{place:05d}")
                    change = change_of(
                        incident,
                        None,
                        [_opening(name, place, version.id, unit.now)],
                        now=unit.now,
                        policy=version.policy,
                        directory=directories[_village(place).code],
                        actor=SYSTEM,
                    )
                    if change is not None:
                        changes.append(change)
                await unit.save(changes)
        return begin

    async def _set_clock(self, expression: str) -> None:
        async with connection(self.connections) as database:
            await database.execute(
                "create or replace function tocsin_clock() returns timestamptz "
                f"language sql volatile as $$ select {expression} $$".encode()
            )


@asynccontextmanager
async def _bench() -> AsyncIterator[_Bench]:
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
            await _settle(PgTownStore(connections))
            yield _Bench(connections, store, policies)
            listening.cancel()
    finally:
        await asyncio.to_thread(embedded.stop, directory / "pg")
        await asyncio.to_thread(shutil.rmtree, directory, ignore_errors=True)


async def _settle(town: PgTownStore) -> None:
    """Put a city of five townships and fifty villages there, with people on duty."""
    city = Grid(code=CITY, name="Bench", parent=None, tier=Tier.CITY, path=CITY)
    await town.add_grids([city, *map(_township, range(5)), *map(_village, range(VILLAGES))])
    people: list[Person] = []
    for place in range(5):
        people += _staff(_township(place), 2, supervisors=2)
    for place in range(VILLAGES):
        people += _staff(_village(place), 3, supervisors=0)
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


def _township(place: int) -> Grid:
    code = GridCode(f"{CITY}{place % 5:03d}")
    return Grid(code=code, name=f"Township {place}", parent=CITY, tier=Tier.TOWNSHIP, path=f"{CITY}.{code}")


def _village(place: int) -> Grid:
    above = _township(place % VILLAGES)
    code = GridCode(f"{above.code}{place % VILLAGES:03d}")
    return Grid(
        code=code,
        name=f"Village {place % VILLAGES}",
        parent=above.code,
        tier=Tier.VILLAGE,
        path=f"{above.path}.{code}",
        centre=Position(30.0, 119.0),
    )


def _opening(name: str, place: int, policy: PolicyId, now: datetime) -> Open:
    return Open(
        kind=Kind.SMOKE,
        severity=0.5,
        grid=_village(place).code,
        device=DeviceId(f"bench/{name}-{place}"),
        place=Position(30.0, 119.0),
        began=now,
        lateness=Lateness.LIVE,
        policy=policy,
        alarm=AlarmId(f"{name}-{place}"),
        reason_code="threshold.above",
        figures=(("value", 3.62), ("limit", 3.5)),
    )
