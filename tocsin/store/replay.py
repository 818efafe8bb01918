"""The record for a replay, on PostgreSQL: readings by flush, what is left of the log, kept pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from typing_extensions import override

from tocsin.core.ids import CollectorId, DeviceId, GridCode, PictureHash
from tocsin.core.readings import Reading
from tocsin.ingest.replay_ports import CameraRecord, FlushMark, KeptPicture, Piece, ReplayStore
from tocsin.store.connect import Pool, connection, translate
from tocsin.store.field_rows import reading_of
from tocsin.store.sql import queries


class PgReplay(ReplayStore):
    """Reads on the pool of this process."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def partitions(self, scope: str) -> Mapping[int, Sequence[CollectorId]]:
        found: dict[int, list[CollectorId]] = {}
        for partition, collector, _ in await self._ask("partitions", scope=scope):
            found.setdefault(partition, []).append(CollectorId(collector))
        return found

    @override
    async def homes(self, scope: str) -> Mapping[CollectorId, GridCode]:
        rows = await self._ask("partitions", scope=scope)
        return {CollectorId(collector): GridCode(grid) for _, collector, grid in rows}

    @override
    async def kept_since(self) -> datetime | None:
        found: datetime | None = (await self._ask("kept_since"))[0][0]
        return found

    @override
    async def whole_since(self) -> datetime:
        found: datetime = (await self._ask("whole_since"))[0][0]
        return found

    @override
    async def piece(self, scope: str, since: datetime, until: datetime, most: int) -> Piece | None:
        rows = await self._ask("readings", scope=scope, since=since, until=until, most=most + 1)
        if len(rows) > most:
            return None
        readings: dict[int, dict[datetime, list[Reading]]] = {}
        for partition, *row in rows:
            readings.setdefault(partition, {}).setdefault(row[0], []).append(reading_of(tuple(row)))
        marks = [
            FlushMark(at, session, frozenset(partitions))
            for at, session, partitions in await self._ask("marks", since=since, until=until)
        ]
        return Piece(readings=readings, marks=marks)

    @override
    async def cameras(self, scope: str, since: datetime, until: datetime) -> Sequence[CameraRecord]:
        rows = await self._ask("cameras", scope=scope, since=since, until=until)
        return [
            CameraRecord(camera=DeviceId(camera), announced=all_, kept=kept) for camera, all_, kept in rows
        ]

    @override
    async def pictures(
        self, camera: DeviceId, since: datetime, until: datetime, after: KeptPicture | None, most: int
    ) -> Sequence[KeptPicture]:
        rows = await self._ask(
            "pictures",
            camera=camera,
            since=since,
            until=until,
            after_at=None if after is None else after.observed,
            after_sha256="" if after is None else after.sha256,
            most=most,
        )
        return [KeptPicture(observed, PictureHash(sha256)) for observed, sha256 in rows]

    async def _ask(self, query: str, **arguments: object) -> list[tuple[Any, ...]]:
        with translate():
            async with connection(self._pool) as database:
                cursor = await database.execute(queries("replay")[query], arguments or None, binary=True)
                return await cursor.fetchall()
