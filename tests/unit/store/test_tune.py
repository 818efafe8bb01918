import os

import pytest

from tests.support.database import Database, Server
from tocsin.store import tune
from tocsin.store.migrate import migrations


async def test_tuning_says_what_the_server_can_do(database: Database) -> None:
    said = await tune.tune(database.dsn)
    [(hyper,)] = await database.execute("select tocsin_timescale()")
    assert said
    assert ("plain PostgreSQL" in said[0]) is not hyper


@pytest.mark.heavy
@pytest.mark.skipif(
    "TOCSIN_TEST_COMMUNITY_DSN" not in os.environ, reason="TOCSIN_TEST_COMMUNITY_DSN names no server"
)
async def test_the_community_edition_gets_its_policies(database: Database) -> None:
    assert len(await tune.tune(database.dsn)) > 2
    assert await tune.tune(database.dsn)


async def test_a_careless_server_is_told_of(database: Database) -> None:
    assert any("fsync" in sentence for sentence in await tune.check(database.dsn))


async def test_missing_migrations_come_before_anything_else(database_server: Server) -> None:
    name = database_server.create()
    try:
        [sentence] = await tune.check(database_server.address(name))
    finally:
        database_server.drop(name)
    assert migrations()[0].name in sentence
    assert "tocsin db migrate" in sentence


async def test_a_missing_day_is_told_of(database: Database) -> None:
    [(hyper,)] = await database.execute("select tocsin_timescale()")
    if hyper:
        pytest.skip("hypertables make their own chunks")
    assert not any("partitions" in sentence for sentence in await tune.check(database.dsn))
    await database.execute("drop table health")
    assert any("partitions" in sentence for sentence in await tune.check(database.dsn))
