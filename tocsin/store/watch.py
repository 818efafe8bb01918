"""Signs of life, findings, and what the watcher sees, on PostgreSQL.

`PgWatchStore` works on the pool of a process of the centre.  `PgTower` is the watcher's own: one
connection with short limits, made anew whenever it fails, so that it says within seconds that the
database is away; a server that takes no writes is as good as none.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row
from typing_extensions import override

from tocsin.core.clock import Clock
from tocsin.core.errors import Transient
from tocsin.core.ids import IncidentId
from tocsin.core.watch import (
    Beat,
    Box,
    Disk,
    FindingRow,
    ProviderDown,
    SeenBeat,
    Sight,
    Township,
    Uncovered,
    Waiting,
    WatchStore,
)
from tocsin.core.wire import Heartbeat
from tocsin.store.audit import Audited, read, sample
from tocsin.store.connect import Connection, Pool, connection, connection_string, translate
from tocsin.store.rows import Fields
from tocsin.store.sql import queries

Q: Final = queries("watch")
FINDINGS_MOST: Final = 200
_heartbeats = msgspec.json.Decoder(Heartbeat)


class PgWatchStore(WatchStore):
    """Signs of life and findings on the pool of this process."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def beat(self, beats: Sequence[Beat]) -> None:
        if beats:
            async with connection(self._pool) as database:
                await database.execute(Q["beat"], {"beats": _body(beats)})

    @override
    async def leave(self, names: Sequence[str], host: str) -> None:
        async with connection(self._pool) as database:
            await database.execute(Q["leave"], {"names": list(names), "host": host})

    @override
    async def beats(self) -> tuple[Sequence[SeenBeat], datetime]:
        async with connection(self._pool) as database:
            return _beats(await _ask(database, "beats"))

    @override
    async def keep(self, findings: Sequence[FindingRow]) -> None:
        async with connection(self._pool) as database:
            await _keep(database, findings)

    @override
    async def findings(self, since: datetime | None) -> Sequence[FindingRow]:
        async with connection(self._pool) as database:
            return await _findings(database, since)


class PgTower(WatchStore):
    """The watcher's own connection."""

    def __init__(self, dsn: str, clock: Clock, *, timeout_seconds: float = 3.0) -> None:
        self._dsn = make_conninfo(
            connection_string(dsn, statement_timeout_seconds=timeout_seconds),
            connect_timeout=2,
            application_name="tocsin-watch",
        )
        self._clock = clock
        self._timeout = timeout_seconds
        self._connection: Connection | None = None

    async def close(self) -> None:
        """Let the connection go."""
        found, self._connection = self._connection, None
        if found is not None:
            await found.close()

    async def look(self, *, overdue: timedelta, unsent: timedelta, gone: timedelta) -> Sight:
        """Ask all that one look needs; raises `Transient` when the database cannot be asked in time."""
        async with self.within() as database:
            before = self._clock.now()
            asked = (await _ask(database, "now"))[0]
            clock = before + (self._clock.now() - before) / 2
            now = asked["now"]
            beats, _ = _beats(await _ask(database, "beats"))
            held = (await _ask(database, "quarantine"))[0]
            uncovered = await _ask(database, "uncovered")
            return Sight(
                now=now,
                clock=clock,
                writable=asked["writable"],
                beats=tuple(beats),
                overdue=_waiting(await _ask(database, "overdue", before=now - overdue)),
                unsent=_waiting(await _ask(database, "unsent", before=now - unsent)),
                townships=tuple(
                    Township(
                        code=row["code"],
                        name=row["name"],
                        collectors=row["collectors"],
                        gone=tuple(row["gone"]),
                    )
                    for row in await _ask(database, "townships", before=now - gone)
                ),
                boxes=tuple(_box(row) for row in await _ask(database, "boxes", since=now - gone)),
                quarantined=held["held"],
                calls_held=held["calls"],
                providers=tuple(ProviderDown(**row) for row in await _ask(database, "providers")),
                uncovered=tuple(_uncovered(row) for row in uncovered),
                uncovered_grids=uncovered[0]["grids"] if uncovered else 0,
            )

    @override
    async def beat(self, beats: Sequence[Beat]) -> None:
        async with self.within() as database:
            await database.execute(Q["beat"], {"beats": _body(beats)})

    @override
    async def leave(self, names: Sequence[str], host: str) -> None:
        async with self.within() as database:
            await database.execute(Q["leave"], {"names": list(names), "host": host})

    @override
    async def beats(self) -> tuple[Sequence[SeenBeat], datetime]:
        async with self.within() as database:
            return _beats(await _ask(database, "beats"))

    @override
    async def keep(self, findings: Sequence[FindingRow]) -> None:
        async with self.within() as database:
            await _keep(database, findings)

    @override
    async def findings(self, since: datetime | None) -> Sequence[FindingRow]:
        async with self.within() as database:
            return await _findings(database, since)

    async def audit(self, most: int, also: Sequence[IncidentId]) -> Sequence[Audited]:
        """Read a sample of incidents and some by name, each in a snapshot of its own and within the limit; raises `Transient`."""
        async with self.within() as database:
            drawn = await sample(database, most)
        found = []
        for incident in dict.fromkeys([*also, *drawn]):
            async with self.within() as database:
                one = await read(database, incident)
            if one is not None:
                found.append(one)
        return found

    @asynccontextmanager
    async def within(self) -> AsyncIterator[Connection]:
        """Give the connection for one block, in autocommit; raises `Transient` when it takes longer than the limit.

        After any error the connection is let go: the next block makes a new one.
        """
        lapse = asyncio.Event()
        timer = asyncio.get_running_loop().call_later(self._timeout, self._cut, lapse)
        try:
            with translate():
                async with asyncio.timeout(self._timeout):
                    connected = await self._connected()
                yield connected
        except BaseException as error:
            await self.close()
            if isinstance(error, TimeoutError) or (lapse.is_set() and isinstance(error, Transient)):
                raise Transient(f"the database did not answer within {self._timeout:g} s") from error
            raise
        finally:
            timer.cancel()

    def _cut(self, lapse: asyncio.Event) -> None:
        """End what is waited for, now: to be cancelled, psycopg would first ask the server that does not answer."""
        lapse.set()
        if self._connection is not None and not self._connection.closed:
            with socket.socket(fileno=os.dup(self._connection.fileno())) as wire, suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)

    async def _connected(self) -> Connection:
        found = self._connection
        if found is None or found.closed:
            found = self._connection = await AsyncConnection.connect(self._dsn, autocommit=True)
        return found


async def _ask(database: Connection, query: str, **values: object) -> list[Fields]:
    async with database.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(Q[query], values)
        return await cursor.fetchall()


async def _keep(database: Connection, findings: Sequence[FindingRow]) -> None:
    async with database.cursor() as cursor:
        await cursor.executemany(
            Q["keep_finding"],
            [
                {
                    "code": one.code,
                    "subject": one.subject,
                    "since": one.since,
                    "seen": one.seen,
                    "until": one.until,
                    "sentence": one.sentence,
                    "paged": one.paged,
                }
                for one in findings[:FINDINGS_MOST]
            ],
        )


async def _findings(database: Connection, since: datetime | None) -> list[FindingRow]:
    rows = await _ask(database, "findings", since=since)
    return [FindingRow(**row) for row in rows]


def _body(beats: Sequence[Beat]) -> str:
    return json.dumps(
        [
            {
                "name": one.name,
                "role": one.role,
                "host": one.host,
                "clock": one.clock.isoformat(),
                "details": {
                    "disks": {place: [disk.free_bytes, disk.used_share] for place, disk in one.disks.items()}
                }
                if one.disks
                else {},
            }
            for one in beats
        ]
    )


def _beats(rows: Sequence[Fields]) -> tuple[list[SeenBeat], datetime]:
    found = [
        SeenBeat(
            name=row["name"],
            role=row["role"],
            host=row["host"],
            at=row["at"],
            clock=row["clock"],
            disks=_disks(row["details"]),
        )
        for row in rows
        if row["name"] is not None
    ]
    return found, rows[0]["now"]


def _disks(details: Mapping[str, Any]) -> dict[str, Disk]:
    return {place: Disk(int(free), float(share)) for place, (free, share) in details.get("disks", {}).items()}


def _waiting(rows: Sequence[Fields]) -> Waiting | None:
    row = rows[0]
    if not row["count"]:
        return None
    return Waiting(
        count=row["count"], oldest=row["oldest"], example=row["example"], detail=row.get("detail") or ""
    )


def _uncovered(row: Fields) -> Uncovered:
    return Uncovered(
        grid=row["grid"], name=row["name"], silent=row["silent"], since=row["since"], until=row["until"]
    )


def _box(row: Fields) -> Box:
    said = _heartbeats.decode(row["heartbeat"])
    return Box(collector=row["id"], outbox_bytes=said.outbox_bytes, disk_free_bytes=said.disk_free_bytes)
