"""Work on many rows at once, on PostgreSQL: what every process sees of the jobs of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from typing_extensions import override

from tocsin.core.errors import Rejected
from tocsin.core.ids import PersonId
from tocsin.store.connect import Connection, Pool, connection
from tocsin.store.rows import Fields, as_rows
from tocsin.store.sql import queries
from tocsin.town.jobs import (
    FILE_BYTES_MAX,
    KEPT_DAYS,
    Job,
    JobFile,
    JobKind,
    JobState,
    JobStore,
    Outcome,
    first,
)
from tocsin.town.tables import Fault

LOST_SECONDS: Final = 60
"""A holder that was silent for so long has ended."""


class PgJobStore(JobStore):
    """Keeps jobs on the pool of this process."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def add(self, job: str, kind: JobKind, person: PersonId, scope: str, holder: str) -> Job:
        async with connection(self._pool) as database:
            await _do(database, "forget", days=KEPT_DAYS)
            rows = await _ask(
                database, "add", id=job, kind=kind.value, person=person, scope=scope, holder=holder
            )
        return _job(rows[0])

    @override
    async def begin(self, job: str) -> bool:
        return bool(await self._read("begin", id=job))

    @override
    async def end(self, job: str, outcome: Outcome) -> None:
        made = outcome.file
        if made is not None and len(made.data) > FILE_BYTES_MAX:
            raise Rejected(
                "job.file", f"the file is larger than {FILE_BYTES_MAX >> 20} MiB: ask for a smaller part"
            )
        faults = msgspec.to_builtins(first(outcome.faults))
        await self._write(
            "end",
            id=job,
            faults=Jsonb(faults),
            faulty=len(outcome.faults) if outcome.faulty is None else outcome.faulty,
            report=None if outcome.report is None else Jsonb(dict(outcome.report)),
            file_name="" if made is None else made.name,
            file_type="" if made is None else made.media_type,
            file=None if made is None else made.data,
        )

    @override
    async def fail(self, job: str, code: str, reason: str) -> None:
        await self._write("fail", id=job, code=code, reason=reason[:2000])

    @override
    async def beat(self, holder: str, done: Mapping[str, tuple[int, int]]) -> Sequence[str]:
        rows = [{"id": job, "done": part, "total": whole} for job, (part, whole) in done.items()]
        async with connection(self._pool) as database:
            await _do(database, "fail_lost", holder=holder, seconds=LOST_SECONDS)
            return [row["id"] for row in await _ask(database, "beat", holder=holder, rows=as_rows(rows))]

    @override
    async def stop(self, job: str) -> None:
        await self._write("stop", id=job)

    @override
    async def jobs(self, scope: str, person: PersonId | None, most: int) -> Sequence[Job]:
        return [_job(row) for row in await self._read("jobs", scope=scope, person=person, most=most)]

    @override
    async def job(self, job: str) -> Job | None:
        rows = await self._read("job", id=job)
        return _job(rows[0]) if rows else None

    @override
    async def file(self, job: str) -> JobFile | None:
        rows = await self._read("file", id=job)
        return JobFile(rows[0]["file_name"], rows[0]["file_type"], rows[0]["file"]) if rows else None

    async def _read(self, query: str, **arguments: object) -> list[Fields]:
        async with connection(self._pool) as database:
            return await _ask(database, query, **arguments)

    async def _write(self, query: str, **arguments: object) -> None:
        async with connection(self._pool) as database:
            await _do(database, query, **arguments)


async def _ask(database: Connection, query: str, **arguments: object) -> list[Fields]:
    async with database.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(queries("jobs")[query], arguments)
        return await cursor.fetchall()


async def _do(database: Connection, query: str, **arguments: object) -> None:
    await database.execute(queries("jobs")[query], arguments)


def _job(row: Fields) -> Job:
    faults: list[dict[str, Any]] = row["faults"]
    return Job(
        id=row["id"],
        kind=JobKind(row["kind"]),
        person=PersonId(row["person"]),
        scope=row["scope"],
        state=JobState(row["state"]),
        done=row["done"],
        total=row["total"],
        faults=tuple(Fault(**one) for one in faults),
        faulty=row["faulty"],
        report=row["report"],
        reason_code=row["reason_code"],
        reason=row["reason"],
        file_name=row["file_name"],
        made=row["made"],
        ended=row["ended"],
    )
