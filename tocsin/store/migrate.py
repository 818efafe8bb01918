"""Brings a database to the newest schema.

`migrate` applies every file of `store/migrations` once, in order, each in a transaction of its
own, under an advisory lock, so that several processes may start at once.  What was applied is
remembered with its checksum: an edited migration is refused, it is to be followed by a new one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Final

import structlog
from psycopg import AsyncConnection

from tocsin.core.errors import InvariantBroken, Rejected
from tocsin.store.connect import Connection, connection_string, translate

log = structlog.get_logger()

LOCK: Final = 7_020_316_001
"""Key of the advisory lock that one migrating process holds."""
_FILE: Final = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema."""

    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text."""
        return sha256(self.text.encode()).hexdigest()


def migrations() -> list[Migration]:
    """Read the migrations in order; raises `InvariantBroken` when their numbers are not 1, 2, 3 …"""
    found = sorted(
        (
            Migration(int(match.group(1)), entry.name, entry.read_text(encoding="utf-8"))
            for entry in files("tocsin.store.migrations").iterdir()
            if (match := _FILE.fullmatch(entry.name)) is not None
        ),
        key=lambda one: one.number,
    )
    if [one.number for one in found] != list(range(1, len(found) + 1)):
        raise InvariantBroken(f"migrations are not numbered 1, 2, 3 …: {[one.name for one in found]}")
    return found


async def migrate(dsn: str) -> list[str]:
    """Apply what is missing and make the partitions of the coming days; give the names applied.

    Raises `Rejected` (`schema.edited`, `schema.newer`) and `Transient`.
    """
    applied: list[str] = []
    wanted = migrations()
    with translate():
        async with await AsyncConnection.connect(
            connection_string(dsn, statement_timeout_seconds=600), autocommit=True
        ) as database:
            await database.execute("select pg_advisory_lock(%s)", [LOCK])
            known = await _known(database)
            _compare(wanted, known)
            for one in wanted:
                if one.number in known:
                    continue
                async with database.transaction():
                    await database.execute(one.text.encode())
                    await database.execute(
                        "insert into schema_migration (number, name, checksum, applied) values (%s, %s, %s, tocsin_clock())",
                        [one.number, one.name, one.checksum],
                    )
                log.info("schema.migrated", migration=one.name)
                applied.append(one.name)
            await database.execute("select tocsin_make_partitions(tocsin_clock())")
    return applied


async def pending(dsn: str) -> list[str]:
    """Name the migrations that this database still lacks; raises as `migrate`."""
    wanted = migrations()
    with translate():
        async with await AsyncConnection.connect(connection_string(dsn), autocommit=True) as database:
            known = await _known(database)
    _compare(wanted, known)
    return [one.name for one in wanted if one.number not in known]


async def _known(database: Connection) -> dict[int, tuple[str, str]]:
    await database.execute(
        """create table if not exists schema_migration (
            number integer primary key,
            name text not null,
            checksum text not null,
            applied timestamptz not null
        )"""
    )
    rows = await (await database.execute("select number, name, checksum from schema_migration")).fetchall()
    return {number: (name, checksum) for number, name, checksum in rows}


def _compare(wanted: list[Migration], known: dict[int, tuple[str, str]]) -> None:
    numbers = {one.number: one for one in wanted}
    for number, (name, checksum) in sorted(known.items()):
        ours = numbers.get(number)
        if ours is None:
            raise Rejected(
                "schema.newer",
                f"the database knows migration {name}, this program does not: start the newer program",
            )
        if ours.checksum != checksum:
            raise Rejected(
                "schema.edited",
                f"migration {name} was changed after it had been applied: restore its text and follow it with a new one",
            )
