"""What only PostgreSQL can show of the catalogue; the rest stands in its contract suite."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.contract.test_catalogue import SHEET
from tests.support.database import Database, Server
from tests.support.response import GRIDS, START, STREET, VILLAGE, emptied, shared
from tocsin.store.alerts import PgAlertsUnit
from tocsin.store.catalogue import PgCatalogue, serving_of
from tocsin.store.town import PgTownStore


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture
async def database(shared_database: str) -> AsyncIterator[Database]:
    async with emptied(shared_database) as made:
        await PgTownStore(made.pool).add_grids(GRIDS)
        yield made


async def test_a_town_without_organisations_costs_one_statement_and_another_two(database: Database) -> None:
    asked: list[bytes] = []
    async with database.pool.connection() as connection:

        class Counted:
            def cursor(self, **more: object) -> object:
                asked.append(b"")
                return connection.cursor(**more)  # type: ignore[call-overload]  # passed on

        assert await serving_of(Counted(), [VILLAGE, STREET]) == ({}, ())  # type: ignore[arg-type]  # counts
        assert len(asked) == 1
    await PgCatalogue(database.pool).save(SHEET)
    async with database.pool.connection() as connection:
        found, kinds = await serving_of(connection, [VILLAGE, STREET])
        unit = PgAlertsUnit(connection, START)
        assert (await unit.directory(STREET)).organisations == found[STREET]
    assert found[VILLAGE] is found[STREET]
    assert len(kinds) == 2


async def test_tables_refuse_what_no_catalogue_holds(database: Database) -> None:
    for statement in (
        "insert into matter (code, name) values ('04', 'x')",
        "insert into matter_category (code, name) values ('004', 'x')",
        "insert into platform (code, name) values ('Services', 'x')",
        "insert into work_calendar (one, hours) values (false, '[]')",
    ):
        with pytest.raises(Exception, match="check constraint"):
            await database.execute(statement)
