from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support import database as databases


@pytest.fixture(scope="session")
def database_server() -> Iterator[databases.Server]:
    with databases.server() as server:
        yield server


@pytest.fixture
async def database(database_server: databases.Server) -> AsyncIterator[databases.Database]:
    """A migrated database of one's own: `.dsn`, `.pool`, `await .execute(sql, *arguments)`."""
    async with database_server.fresh() as made:
        yield made
