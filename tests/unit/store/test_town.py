"""What only PostgreSQL can show of the town store; the rest stands in its contract suite."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
from msgspec.structs import replace

from tests.support.database import Database, Server
from tests.support.response import ANN, CITY, GRIDS, START, TOWN, emptied, settle, shared, travel
from tocsin.core.errors import Rejected
from tocsin.core.ids import GridCode, PersonId
from tocsin.store.town import PgTownStore
from tocsin.town.grids import within
from tocsin.town.ports import Account, Role, Session

ACCOUNT = Account(name="ann", person=ANN, role=Role.OPERATOR, scope="", password_hash="x")


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture
async def database(shared_database: str) -> AsyncIterator[Database]:
    async with emptied(shared_database) as made:
        await settle(made)
        yield made


@pytest.mark.parametrize("scope", ["", "1", "1.2", "1.%", "1._", "1.2.", "1.2/", "é"])
async def test_the_database_and_the_program_agree_on_what_a_scope_holds(
    database: Database, scope: str
) -> None:
    paths = ["1", "1.2", "1.2.3", "1.23", "1.2/3", "1.20.3", "1.2é", "2", "é", "é.1", "1.%.3"]
    rows = await database.execute(
        "select path from unnest(%s::text[]) as given (path) where path_within(path, %s)", paths, scope
    )
    assert {path for (path,) in rows} == {path for path in paths if within(path, scope)}


async def test_a_reference_to_nothing_is_refused_with_what_is_missing(database: Database) -> None:
    with pytest.raises(Rejected, match=r"town\.reference.*nobody"):
        await PgTownStore(database.pool).add_account(
            Account(name="x", person=PersonId("nobody"), role=Role.OPERATOR, scope="", password_hash="x")
        )


async def test_a_code_with_a_full_stop_is_refused(database: Database) -> None:
    wrong = replace(GRIDS[1], code=GridCode("33.01"), path=f"{CITY}.33.01")
    with pytest.raises(Rejected):
        await PgTownStore(database.pool).add_grids([wrong])


async def test_a_whole_town_is_changed_in_any_order_of_rows(database: Database) -> None:
    store = PgTownStore(database.pool)
    await store.add_grids([replace(grid, name="x") for grid in GRIDS])
    await store.add_grids(
        [replace(GRIDS[4], name="y"), replace(GRIDS[1], name="z"), replace(GRIDS[4], name="w")]
    )
    found = {grid.code: grid.name for grid in await store.grids(f"{CITY}.{TOWN}")}
    assert found[GRIDS[4].code] == "w"
    assert found[TOWN] == "z"


async def test_sessions_that_are_over_are_swept_out(database: Database) -> None:
    store = PgTownStore(database.pool)
    await store.add_account(ACCOUNT)
    old = Session(
        token_hash=b"o" * 32, csrf="c", account=ACCOUNT, created=START, expires=START + timedelta(hours=1)
    )
    await store.open_session(old)
    await travel(database, old.expires)
    await store.open_session(
        Session(
            token_hash=b"n" * 32,
            csrf="c",
            account=ACCOUNT,
            created=old.expires,
            expires=old.expires + timedelta(hours=1),
        )
    )
    assert await database.execute("select token_hash from signed_in") == [(b"n" * 32,)]


async def test_the_token_of_a_session_stands_nowhere(database: Database) -> None:
    columns = await database.execute(
        "select column_name from information_schema.columns where table_name = 'signed_in' order by 1"
    )
    assert [name for (name,) in columns] == ["account", "created", "csrf", "expires", "token_hash"]
