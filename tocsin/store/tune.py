"""What a database can do, and what is wrong with it: `tocsin db tune` and `tocsin db check`.

`tune` sets the policies that only TimescaleDB's Community edition has, outside the migrations, so
that the same migrations run everywhere.  `check` says in sentences what to change, worst first.
"""

from __future__ import annotations

from typing import Final

from psycopg import AsyncConnection

from tocsin.store.connect import Connection, connection_string, translate
from tocsin.store.migrate import pending
from tocsin.store.sql import queries

Q: Final = queries("tune")
VERSION_LEAST: Final = 160_000


async def tune(dsn: str) -> list[str]:
    """Set compression and retention policies where the server has them; say what was done. Repeatable."""
    with translate():
        async with await AsyncConnection.connect(connection_string(dsn), autocommit=True) as database:
            if not await _one(database, "timescale"):
                return ["plain PostgreSQL: days are partitions, nothing to tune"]
            if not await _one(database, "community"):
                return [
                    "TimescaleDB without its Community part: no compression; retention is done by our own rounds"
                ]
            done = []
            for name in (
                "compress_readings",
                "compress_readings_policy",
                "compress_minutes",
                "compress_minutes_policy",
            ):
                await database.execute(Q[name])
                done.append(name)
            for table, days in await (await database.execute(Q["kept"])).fetchall():
                await database.execute(Q["retention_policy"], {"name": table, "days": days})
                done.append(f"retention of {table}: {days} days")
            return done


async def check(dsn: str) -> list[str]:
    """Say what is wrong with a database and what to do about it; an empty list means nothing."""
    missing = await pending(dsn)
    if missing:
        return [f"migrations are missing ({', '.join(missing)}): run `tocsin db migrate`"]
    found = []
    with translate():
        async with await AsyncConnection.connect(connection_string(dsn), autocommit=True) as database:
            if database.info.server_version < VERSION_LEAST:
                found.append(
                    f"PostgreSQL {database.info.server_version // 10_000} is too old: use 16 or newer"
                )
            if not await _one(database, "durable"):
                found.append(
                    "fsync or full_page_writes is off: switch both on, or a power cut loses the database"
                )
            if await _one(database, "asynchronous_replicas"):
                found.append(
                    "replicas are connected but commits do not wait for one: set synchronous_standby_names and "
                    "synchronous_commit = on, or a receipt may not survive a failover"
                )
            if await _one(database, "today_missing"):
                found.append("partitions for today or tomorrow are missing: is the maintenance task running?")
    return found


async def _one(database: Connection, name: str) -> bool:
    row = await (await database.execute(Q[name])).fetchone()
    return row is not None and bool(row[0])
