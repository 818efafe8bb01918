"""Databases for tests: one server a session, one fresh database a test.

The embedded PostgreSQL by default; `TOCSIN_TEST_DSN` names another server (a superuser on a
maintenance database), for example one with TimescaleDB.  A test's database is a copy of a
migrated template, which takes some tens of milliseconds.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tocsin.store import embedded
from tocsin.store.config import StoreConfig
from tocsin.store.connect import Pool, pool
from tocsin.store.migrate import migrate

THIN = """
do $$ declare part text; begin
    for part in
        select inhrelid::regclass from pg_inherits join pg_class on pg_class.oid = inhrelid
        where inhparent::regclass::text in ('reading', 'reading_1m') and relkind = 'r'
            and current_date - to_date(right(relname, 8), 'YYYYMMDD') between 4 and 57
    loop execute 'drop table ' || part; end loop;
end $$
"""
"""Copying a hundred empty partitions costs each test more than the test; the ends of the span stay."""


@dataclass(frozen=True)
class Database:
    """One test's database."""

    dsn: str
    pool: Pool

    async def execute(self, query: str, *arguments: object) -> list[tuple]:
        """Run one statement with `%s` placeholders in a transaction of its own; give its rows."""
        async with self.pool.connection() as connection:
            cursor = await connection.execute(query.encode(), arguments or None)
            return await cursor.fetchall() if cursor.description else []


class Server:
    """A server on which tests make and drop databases."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self._template: str | None = None

    def address(self, database: str) -> str:
        return make_conninfo(self.dsn, dbname=database)

    def administer(self, *statements: sql.Composed | sql.SQL) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def create(self, template: str | None = None) -> str:
        """Make a database, empty or as a copy; give its name."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        tail = sql.SQL("") if template is None else sql.SQL(" template {}").format(sql.Identifier(template))
        self.administer(sql.SQL("create database {}").format(sql.Identifier(name)) + tail)
        return name

    def drop(self, name: str) -> None:
        self.administer(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    async def template(self) -> str:
        """Give the name of a migrated database, made once."""
        if self._template is None:
            name = self.create()
            await migrate(self.address(name))
            with psycopg.connect(self.address(name), autocommit=True) as connection:
                connection.execute(THIN)
            # TimescaleDB's scheduler sits in every database that it may enter, and who is busy is not copied.
            self.administer(
                sql.SQL("alter database {} allow_connections false").format(sql.Identifier(name)),
                sql.SQL(
                    "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = {}"
                ).format(sql.Literal(name)),
            )
            self._template = name
        return self._template

    @asynccontextmanager
    async def fresh(self, config: StoreConfig | None = None) -> AsyncIterator[Database]:
        """Give a migrated database of one's own."""
        name = self.create(await self.template())
        try:
            dsn = self.address(name)
            async with pool(dsn, config or StoreConfig(pool_min=1, acquire_seconds=10)) as made:
                yield Database(dsn, made)
        finally:
            self.drop(name)

    def close(self) -> None:
        if self._template is not None:
            self.drop(self._template)


def _fast_directory() -> Path | None:
    """Give memory where there is enough of it: copying a database is five times as fast there."""
    memory = Path("/dev/shm")  # noqa: S108  a directory of our own is made below it
    enough = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 * 1024**3
    return memory if enough else None


@contextmanager
def server() -> Iterator[Server]:
    """Start the session's server, or take the one that `TOCSIN_TEST_DSN` names."""
    given = os.environ.get("TOCSIN_TEST_DSN")
    if given:
        made = Server(given)
        try:
            yield made
        finally:
            made.close()
        return
    directory = Path(tempfile.mkdtemp(prefix="tocsin-test-", dir=_fast_directory()))
    try:
        yield Server(embedded.start(directory / "pg", durable=False).dsn)
    finally:
        embedded.stop(directory / "pg")
        shutil.rmtree(directory, ignore_errors=True)
