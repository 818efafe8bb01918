"""The ledger on PostgreSQL is promised in `tests/contract/test_evaluation_store.py`; here its rows speak for themselves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest

from tests.support.database import Database, Server
from tests.support.response import ANN, BOB, CAT, START, emptied, settle, shared
from tocsin.store.config import StoreConfig
from tocsin.store.connect import pool
from tocsin.store.evaluation import PgEvaluation
from tocsin.town.points import Entry, EntryKind

ENTRY = (
    "insert into points_entry (id, holder, kind, category, points, reason, source, corrects, made, made_by) "
    "values (%s, %s, %s, %s, %s, 'x', '', %s, %s, %s)"
)


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture
async def database(shared_database: str) -> AsyncIterator[Database]:
    async with emptied(shared_database) as found:
        await settle(found)
        yield found


@pytest.mark.parametrize(
    ("kind", "category", "points", "corrects", "made_by"),
    [
        ("award", "family", 0, None, CAT),
        ("award", "family", -3, None, CAT),
        ("award", None, 3, None, CAT),
        ("award", "family", 3, None, ANN),
        ("award", "family", 3, "a", CAT),
        ("redemption", None, 3, None, CAT),
        ("redemption", "family", -3, None, CAT),
        ("correction", "family", -3, None, CAT),
        ("gift", "family", 3, None, CAT),
    ],
)
async def test_a_row_that_breaks_a_rule_is_refused_by_the_table(  # noqa: PLR0917 one argument for each column
    database: Database, kind: str, category: str | None, points: int, corrects: str | None, made_by: str
) -> None:
    await database.execute(ENTRY, "a", ANN, "award", "family", 3, None, START, CAT)
    with pytest.raises(psycopg.errors.IntegrityError):
        await database.execute(ENTRY, "b", ANN, kind, category, points, corrects, START, made_by)


async def test_an_entry_is_answered_once(database: Database) -> None:
    await database.execute(ENTRY, "a", ANN, "award", "family", 3, None, START, CAT)
    answer = "insert into points_answer (entry, granted, person, at) values ('a', %s, %s, %s)"
    await database.execute(answer, True, BOB, START)
    with pytest.raises(psycopg.errors.UniqueViolation):
        await database.execute(answer, False, BOB, START)


async def test_two_redemptions_at_once_wait_for_each_other(shared_database: str) -> None:
    """Both are held at the holder, then let go together: without the lock neither would wait, and both would spend."""
    async with emptied(shared_database) as found, pool(shared_database, StoreConfig(pool_min=3)) as many:
        await settle(found)
        await found.execute(ENTRY, "a", ANN, "award", "family", 30, None, START, CAT)
        await found.execute(
            "insert into points_answer (entry, granted, person, at) values ('a', true, %s, %s)", BOB, START
        )
        store = PgEvaluation(many)
        async with await psycopg.AsyncConnection.connect(shared_database) as holding:
            await holding.execute("select from person where id = 'ann' for no key update")
            spending = [asyncio.create_task(store.redeem(spent(name))) for name in ("r1", "r2")]
            async with asyncio.timeout(20):
                while (await found.execute(WAITING))[0][0] < len(spending):
                    await asyncio.wait(spending, timeout=0.02)
            await holding.rollback()
            answers = await asyncio.gather(*spending, return_exceptions=True)
        assert sorted(getattr(one, "code", "ok") for one in answers) == ["ok", "points.overdrawn"]
        assert await store.balance(ANN) == 10


WAITING = (
    "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
)


def spent(name: str) -> Entry:
    return Entry(
        id=name,
        holder=ANN,
        kind=EntryKind.REDEMPTION,
        category=None,
        points=-20,
        reason="soap",
        source="",
        made=START,
        made_by=CAT,
    )
