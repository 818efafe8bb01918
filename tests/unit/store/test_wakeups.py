import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from tests.support.database import Database, Server
from tests.support.response import emptied, shared
from tocsin.store.wakeups import Wakeups

LONG = 1.0


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture
async def database(shared_database: str) -> AsyncIterator[Database]:
    async with emptied(shared_database) as made:
        yield made


@asynccontextmanager
async def running(database: Database) -> AsyncIterator[Wakeups]:
    wakeups = Wakeups(database.dsn)
    task = asyncio.create_task(wakeups.run())
    try:
        async with asyncio.timeout(5):
            await wakeups.listening.wait()
        yield wakeups
    finally:
        task.cancel()
        await asyncio.wait({task})


async def took(wakeups: Wakeups, seconds: float = LONG) -> float:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await wakeups.wait(seconds)
    return loop.time() - begun


async def ring(database: Database) -> None:
    await database.execute("select pg_notify('tocsin_incident', '')")


async def test_a_wait_ends_when_something_was_written(database: Database) -> None:
    async with running(database) as wakeups, asyncio.TaskGroup() as group:
        await wakeups.wait(0)
        waits = [group.create_task(took(wakeups)) for _ in range(3)]
        await asyncio.sleep(0)
        await ring(database)
    assert max(wait.result() for wait in waits) < LONG * 0.9


async def test_what_was_written_between_two_waits_ends_the_second_at_once(database: Database) -> None:
    async with running(database) as wakeups, asyncio.TaskGroup() as group:
        await wakeups.wait(0)
        other = group.create_task(wakeups.wait(LONG))
        await ring(database)
        await other
        assert await took(wakeups) < LONG * 0.5


async def test_a_wait_is_never_longer_than_a_second_even_when_nobody_listens(database: Database) -> None:
    assert 0.9 < await took(Wakeups(database.dsn), 60.0) < 2.0


async def test_a_lost_connection_is_made_again(database: Database) -> None:
    async with running(database) as wakeups:
        await wakeups.wait(0)
        await database.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where query like 'listen%%' or query like '%%transaction_read_only%%' and pid <> pg_backend_pid()"
        )
        async with asyncio.timeout(10):
            while wakeups.listening.is_set():
                await wakeups.wait(0.05)
            await wakeups.listening.wait()
        await wakeups.wait(0)
        async with asyncio.TaskGroup() as group:
            wait = group.create_task(took(wakeups))
            await asyncio.sleep(0)
            await ring(database)
        assert wait.result() < LONG * 0.9
