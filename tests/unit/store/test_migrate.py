import asyncio
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import psycopg
import pytest

from tests.support.database import Database, Server
from tocsin.core.errors import InvariantBroken, Rejected
from tocsin.store import migrate as module
from tocsin.store.migrate import Migration, migrate, migrations, pending

CATALOG = """
select 'column', c.relname || '.' || a.attname,
    concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attstorage,
        pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum))
from pg_class c join pg_attribute a on a.attrelid = c.oid left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
where c.relnamespace = 'public'::regnamespace and a.attnum > 0 and not a.attisdropped and not c.relispartition
union all
select 'relation', relname, concat_ws(' ', relkind, reloptions, obj_description(oid, 'pg_class'))
from pg_class where relnamespace = 'public'::regnamespace and not relispartition
union all
select 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
from pg_constraint where connamespace = 'public'::regnamespace
    and not exists (select from pg_class where pg_class.oid = conrelid and relispartition)
union all
select 'index', indexname, indexdef from pg_indexes join pg_class on relname = indexname
where schemaname = 'public' and not relispartition
union all
select 'function', p.oid::regprocedure::text, pg_get_functiondef(p.oid) || coalesce(obj_description(p.oid, 'pg_proc'), '')
from pg_proc p where pronamespace = 'public'::regnamespace
    and not exists (select from pg_depend where objid = p.oid and deptype = 'e')
union all
select 'trigger', tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
order by 1, 2, 3
"""


@pytest.fixture
def empty(database_server: Server) -> Iterator[str]:
    name = database_server.create()
    yield database_server.address(name)
    database_server.drop(name)


def catalog(dsn: str) -> list:
    with psycopg.connect(dsn) as connection:
        return [row for row in connection.execute(CATALOG).fetchall() if "schema_migration" not in row[1]]


async def test_the_migrations_together_are_the_schema(
    database_server: Server, empty: str, database: Database
) -> None:
    with psycopg.connect(empty) as connection:
        connection.execute((files("tocsin.store") / "schema.sql").read_bytes())
    assert catalog(empty) == catalog(database.dsn), (
        "follow a change of schema.sql with a migration that makes it"
    )


async def test_migrations_are_applied_once_even_by_two_at_a_time(empty: str) -> None:
    assert await pending(empty) == [one.name for one in migrations()]
    first, second = await asyncio.gather(migrate(empty), migrate(empty))
    assert sorted([first, second]) == [[], [one.name for one in migrations()]]
    assert await migrate(empty) == []
    assert await pending(empty) == []


async def test_an_edited_migration_is_refused(database: Database) -> None:
    await database.execute("update schema_migration set checksum = 'other'")
    with pytest.raises(Rejected, match=r"0001_initial\.sql was changed"):
        await migrate(database.dsn)


async def test_an_older_program_refuses_a_newer_database(database: Database) -> None:
    await database.execute(
        "insert into schema_migration values (9999, '9999_future.sql', 'x', tocsin_clock())"
    )
    with pytest.raises(Rejected, match="start the newer program") as caught:
        await migrate(database.dsn)
    assert caught.value.code == "schema.newer"


async def test_a_migration_that_fails_leaves_nothing_behind(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Migration(len(migrations()) + 1, "0099_broken.sql", "create table half (); select 1 / 0;")
    known = migrations()
    monkeypatch.setattr(module, "migrations", lambda: [*known, broken])
    with pytest.raises(Rejected):
        await migrate(database.dsn)
    assert await database.execute("select to_regclass('half')") == [(None,)]
    assert await pending(database.dsn) == ["0099_broken.sql"]


def test_migrations_are_numbered_without_a_gap(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "0002_second.sql").write_text("select 1")
    monkeypatch.setattr(module, "files", lambda _: tmp_path)
    with pytest.raises(InvariantBroken, match="not numbered"):
        migrations()
