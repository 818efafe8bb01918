"""What the contract suite cannot ask of both: that a job's words are bounded in its row."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support.database import Database, Server
from tests.support.response import START, emptied, shared, travel
from tocsin.core.ids import PersonId
from tocsin.store.jobs import PgJobStore
from tocsin.town.jobs import JobKind


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture
async def database(shared_database: str) -> AsyncIterator[Database]:
    async with emptied(shared_database) as found:
        await travel(found, START)
        yield found


async def test_a_reason_is_kept_up_to_its_bound(database: Database) -> None:
    store = PgJobStore(database.pool)
    await store.add("a", JobKind.GRID_CHECK, PersonId("ada"), "", "here")
    await store.fail("a", "x", "x" * 5_000)
    assert await database.execute("select length(reason), ended >= made from bulk_job") == [(2_000, True)]
