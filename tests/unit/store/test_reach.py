"""What the contract suite cannot ask of both: that one lock guards a key, and what of a budget is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest

from tests.support.database import Database, Server
from tests.support.response import START, emptied, shared, travel
from tocsin.alerts.ports import Unknown
from tocsin.alerts.throttle import Ask, Choice, Rate
from tocsin.core.responders import Channel
from tocsin.store.maintenance import clear
from tocsin.store.reach import PgReachStore

MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture
async def database(shared_database: str) -> AsyncIterator[Database]:
    async with emptied(shared_database) as made:
        await travel(made, START)
        yield made


def ask(name: str, most: int = 3) -> Ask:
    return Ask(name, 0, START, (Choice("p", (("k", (Rate(most, MINUTE),)),)),), "person:ann")


async def test_a_budget_keeps_no_more_than_its_rates_need(database: Database) -> None:
    store = PgReachStore(database.pool)
    for minute in range(10):
        await travel(database, START + minute * MINUTE)
        await store.admit([ask("a"), ask("b"), ask("c")])
    rows = dict(await database.execute("select key, cardinality(spent) from send_budget"))
    assert rows == {"k": 3, "person:ann": 1}


async def test_a_provider_that_nobody_offered_is_judged_all_the_same(database: Database) -> None:
    health = await PgReachStore(database.pool).judge(Channel.SMS, "new", Unknown("no\0answer"))
    assert health.failures == 1
    assert await database.execute("select reason from provider_health") == [("noanswer",)]


async def test_idle_budgets_are_forgotten_and_blocked_ones_are_not(database: Database) -> None:
    store = PgReachStore(database.pool)
    await store.admit([ask("a")])
    await store.block("blocked", START + timedelta(days=3))
    await travel(database, START + timedelta(days=2, seconds=1))
    await clear(database.pool)
    assert await database.execute("select key from send_budget") == [("blocked",)]
