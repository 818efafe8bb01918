"""What every `WatchStore` promises, in memory and in PostgreSQL."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from tests.support.database import Server
from tests.support.response import START, emptied, shared, travel
from tocsin.core.clock import ManualClock
from tocsin.core.watch import Beat, Disk, FindingRow, WatchStore
from tocsin.store.memory.watch import MemoryWatchStore
from tocsin.store.watch import PgTower, PgWatchStore

S = timedelta(seconds=1)


@dataclass
class Kept:
    store: WatchStore
    travel: Callable[[datetime], Awaitable[None]]


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture(params=["memory", "pool", "tower"])
async def kept(request: pytest.FixtureRequest, shared_database: str) -> AsyncIterator[Kept]:
    clock = ManualClock(START)
    if request.param == "memory":

        async def jump(to: datetime) -> None:
            clock.jump(to)

        yield Kept(MemoryWatchStore(clock), jump)
        return
    async with emptied(shared_database) as database:
        await database.execute("truncate beat, watch_finding")

        async def to(instant: datetime) -> None:
            await travel(database, instant)

        await to(START)
        if request.param == "pool":
            yield Kept(PgWatchStore(database.pool), to)
            return
        tower = PgTower(database.dsn, clock)
        try:
            yield Kept(tower, to)
        finally:
            await tower.close()


def beat(name: str, host: str = "a", **more: object) -> Beat:
    return Beat(name=name, role=name.partition("@")[0], host=host, clock=START + S, **more)  # type: ignore[arg-type]


def row(code: str, since: datetime = START, **more: object) -> FindingRow:
    made = FindingRow(code=code, subject="s", since=since, seen=since, until=None, sentence="wrong")
    return replace(made, **more)  # type: ignore[arg-type]


async def test_a_sign_is_dated_by_the_store_and_keeps_the_workers_clock(kept: Kept) -> None:
    await kept.store.beat([beat("relay@a", disks={"data": Disk(10**12, 0.25)}), beat("escalator@a")])
    await kept.travel(START + 5 * S)
    await kept.store.beat([beat("relay@a")])
    (escalator, relay), now = await kept.store.beats()
    assert now == START + 5 * S
    assert (escalator.name, escalator.at, escalator.skew_s) == ("escalator@a", START, 1.0)
    assert (relay.at, relay.clock, relay.disks) == (START + 5 * S, START + S, {})


async def test_disks_come_back_as_they_were_written(kept: Kept) -> None:
    disks = {"data": Disk(10**12, 0.25), "pictures": Disk(5, 0.999)}
    await kept.store.beat([beat("ingest-0", disks=disks)])
    ((found,), _) = await kept.store.beats()
    assert found.disks == disks


async def test_nobody_and_nothing_is_no_fault(kept: Kept) -> None:
    await kept.store.beat([])
    await kept.store.keep([])
    assert await kept.store.beats() == ([], START)
    assert list(await kept.store.findings(None)) == []


async def test_a_worker_takes_its_own_sign_away_and_nobody_elses(kept: Kept) -> None:
    await kept.store.beat([beat("ingest-0", host="b"), beat("relay@a")])
    await kept.store.leave(["ingest-0", "relay@a"], "a")
    beats, _ = await kept.store.beats()
    assert [one.name for one in beats] == ["ingest-0"]


async def test_a_finding_is_written_over_by_itself(kept: Kept) -> None:
    await kept.store.keep([row("disk.low")])
    await kept.store.keep([row("disk.low", seen=START + S, paged=START, sentence="worse")])
    (found,) = await kept.store.findings(None)
    assert (found.seen, found.paged, found.sentence) == (START + S, START, "worse")


async def test_what_stands_comes_first_and_what_ended_by_its_end(kept: Kept) -> None:
    await kept.store.keep(
        [
            row("old", until=START + S),
            row("ended", START + S, until=START + 60 * S),
            row("stands"),
            row("newer", START + 2 * S),
        ]
    )
    assert [one.code for one in await kept.store.findings(None)] == ["newer", "stands"]
    assert [one.code for one in await kept.store.findings(START + S)] == ["newer", "stands", "ended"]
