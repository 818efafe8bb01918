"""Two engines as processes on one database, one of them killed without warning: what is lost, twice, or late.

Deadlines come one after the other; in their middle one engine is killed as by a power cut.  What it
held is free as soon as its connection is gone, so that the longest lateness is the time of take-over.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import Process
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from tocsin.alerts.config import EscalatorConfig, PolicyConfig
from tocsin.alerts.escalator import Escalator
from tocsin.alerts.policy_book import PolicyBook
from tocsin.alerts.service import AlertService
from tocsin.bench.engine import Bench
from tocsin.core.clock import SystemClock
from tocsin.store.alerts import PgAlertsStore
from tocsin.store.connect import pool
from tocsin.store.wakeups import Wakeups

EVERY: Final = timedelta(milliseconds=10)
START_SECONDS: Final = 4.0
"""Time for two processes to start before the first deadline."""
SETTLE_SECONDS: Final = 6.0
"""Time after the last deadline until what was not fired counts as lost."""

_COUNTS: Final = b"""
with asked as (
    select incident, count(*) as times, min(recorded) as first
      from incident_event where kind = 'confirmation_overdue' and incident like 'takeover-%' group by incident)
select (select count(*) from incident where id like 'takeover-%' and id not in (select incident from asked)),
       (select count(*) from asked where times > 1),
       (select coalesce(max(extract(epoch from asked.first - d.due_at)), 0)::float8
          from asked join deadline d on d.incident = asked.incident and d.key = 'confirm:1')
"""


@dataclass(frozen=True, slots=True)
class TakeOver:
    """What became of the deadlines."""

    deadlines: int
    lost: int
    twice: int
    seconds: float
    """Longest time from the instant of a deadline to the transaction that fired it."""


async def measure(bench: Bench, number: int) -> TakeOver:
    """Let two engines fire deadlines and kill one when half of them are due."""
    await bench.forget()
    begin = await bench.now() + timedelta(minutes=10)
    await bench.open("takeover", number, EVERY, begin)
    due = begin + bench.first_limit
    await bench.let_run_from(due - timedelta(seconds=START_SECONDS))
    engines = [await _engine(bench.dsn), await _engine(bench.dsn)]
    try:
        await asyncio.sleep(START_SECONDS + (number / 2) * EVERY.total_seconds())
        engines[0].kill()
        await asyncio.sleep((number / 2) * EVERY.total_seconds() + SETTLE_SECONDS)
    finally:
        for engine in engines:
            if engine.returncode is None:
                engine.kill()
            await engine.wait()
    lost, twice, seconds = await bench.row(_COUNTS)
    return TakeOver(number, int(lost), int(twice), float(seconds))


async def _engine(dsn: str) -> Process:
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "tocsin.bench.takeover", dsn)


async def _serve(dsn: str) -> None:
    """Be one engine until killed."""
    wakeups = Wakeups(dsn)
    async with pool(dsn) as connections, asyncio.TaskGroup() as group:
        group.create_task(wakeups.run())
        store = PgAlertsStore(connections, wakeups)
        service = AlertService(store, PolicyBook.read(PolicyConfig()))
        await Escalator(store, service, EscalatorConfig(), SystemClock()).run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
