from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest

from tests.support.database import Database, Server
from tests.support.response import (
    START,
    change,
    confirmed,
    emptied,
    incident_id,
    notice,
    opened,
    settle,
    shared,
)
from tocsin.core.incidents import Closed
from tocsin.store import audit
from tocsin.store.alerts import PgAlertsStore
from tocsin.store.wakeups import Wakeups


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@dataclass
class Audits:
    database: Database

    async def read(self, number: int, *, rows: bool = True) -> audit.Audited | None:
        async with self.database.pool.connection() as connection:
            await connection.set_autocommit(True)
            try:
                return await audit.read(connection, incident_id(number), rows=rows)
            finally:
                await connection.set_autocommit(False)

    async def tamper(self, statement: str) -> None:
        async with self.database.pool.connection() as connection:
            await connection.execute("set local session_replication_role = replica")
            await connection.execute(statement.encode())


@pytest.fixture
async def audits(shared_database: str) -> AsyncIterator[Audits]:
    async with emptied(shared_database) as database:
        await settle(database)
        store = PgAlertsStore(database.pool, Wakeups(database.dsn))
        async with store.unit() as unit:
            await unit.save(
                [
                    change(
                        1,
                        opened(device=None),
                        *confirmed(),
                        deadlines={"tier:village": START},
                        notices=(notice(1),),
                    ),
                    change(2, opened(device=None), Closed(reason_code="handled")),
                ]
            )
        yield Audits(database)


async def test_an_incident_is_read_with_its_rows(audits: Audits) -> None:
    found = await audits.read(1)
    assert found is not None
    assert (found.whole, found.open, len(found.events)) == (True, True, 4)
    assert found.deadlines == {"tier:village": START}
    assert len(found.notices) == 1
    assert "name: default" in found.policy


async def test_the_chain_alone_is_read_where_it_is_enough(audits: Audits) -> None:
    found = await audits.read(2, rows=False)
    assert found is not None
    assert (found.whole, found.open, found.deadlines, found.events) == (True, False, {}, ())


async def test_what_does_not_exist_is_none(audits: Audits) -> None:
    assert await audits.read(99) is None


@pytest.mark.parametrize(
    "statement",
    [
        "update incident_event set body = replace(encode(body, 'escape'), 'operator', 'position')::bytea where incident = 'incident-00001' and version = 2",
        "delete from incident_event where incident = 'incident-00001' and version = 4",
        "update incident set head = sha256('x') where id = 'incident-00001'",
    ],
)
async def test_a_changed_log_is_found_and_not_replayed(audits: Audits, statement: str) -> None:
    assert await audit.verify_chains(audits.database.dsn, None) == (2, [])
    await audits.tamper(statement)
    found = await audits.read(1)
    assert found is not None
    assert not found.whole
    assert found.events == ()
    assert await audit.verify_chains(audits.database.dsn, None) == (2, [incident_id(1)])
    assert await audit.verify_chains(audits.database.dsn, 10) == (2, [incident_id(1)])


async def test_a_sample_takes_open_incidents_and_others(audits: Audits) -> None:
    assert await audit.verify_chains(audits.database.dsn, 1) == (2, [])
