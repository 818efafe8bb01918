"""Lists of collectors, devices, readings and pictures for the faces, and changes to collectors and quarantine.

Every list is bounded and sees only the subtree of its scope.  What a device's place is, is said
by town's `device`; one that is not placed stands where its collector does.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from typing_extensions import override

from tocsin.core.errors import NotFound, Rejected
from tocsin.core.ids import CollectorId, DetectionId, DeviceId, GridCode, PictureHash, StreamId
from tocsin.core.readings import Reading
from tocsin.core.wire import Heartbeat, Lane, LinkState
from tocsin.ingest.ports import (
    CollectorEntry,
    CollectorHealth,
    DeviceHealthRow,
    FieldAdmin,
    FieldQueries,
    LatestReading,
    Picture,
    QuarantinedMessage,
)
from tocsin.store.connect import Pool, connection
from tocsin.store.field_rows import instant_of, reading_of
from tocsin.store.sql import queries

Q: Final = queries("field_lists")
LIST_MAX: Final = 10_000
_SILENT: Final = Heartbeat(uptime_seconds=0, outbox_depth=0, outbox_bytes=0)
_heartbeats = msgspec.json.Decoder(Heartbeat)


async def _ask(pool: Pool, name: str, /, **values: object) -> list[tuple[Any, ...]]:
    async with connection(pool) as database:
        cursor = await database.execute(Q[name], values)
        return await cursor.fetchall()


class PgFieldQueries(FieldQueries):
    """Lists out of PostgreSQL."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def collectors_health(self, scope: str) -> Sequence[CollectorHealth]:
        return [_collector(row) for row in await _ask(self._pool, "collectors_health", scope=scope)]

    @override
    async def devices(
        self, scope: str, *, collector: CollectorId | None, most: int
    ) -> Sequence[DeviceHealthRow]:
        rows = await _ask(self._pool, "devices", scope=scope, collector=collector, most=min(most, LIST_MAX))
        return [DeviceHealthRow(*row) for row in rows]

    @override
    async def latest(self, scope: str, *, device: DeviceId | None, most: int) -> Sequence[LatestReading]:
        rows = await _ask(self._pool, "latest", scope=scope, device=device, most=min(most, LIST_MAX))
        return [LatestReading(*row) for row in rows]

    @override
    async def readings(
        self, scope: str, stream: StreamId, begin: datetime, end: datetime, most: int
    ) -> Sequence[Reading]:
        rows = await _ask(
            self._pool, "readings", scope=scope, stream=stream, begin=begin, end=end, most=min(most, LIST_MAX)
        )
        return [reading_of(row) for row in rows]

    @override
    async def picture(self, scope: str, sha256: PictureHash) -> Picture | None:
        rows = await _ask(self._pool, "picture", scope=scope, sha256=sha256)
        return _picture(rows[0]) if rows else None

    @override
    async def pictures(self, scope: str, *, camera: DeviceId, most: int) -> Sequence[Picture]:
        rows = await _ask(self._pool, "pictures", scope=scope, camera=camera, most=min(most, LIST_MAX))
        return [_picture(row) for row in rows]


class PgFieldAdmin(FieldAdmin):
    """Changes to collectors and quarantine."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def add_collector(self, entry: CollectorEntry) -> None:
        if not await _ask(self._pool, "grid_exists", grid=entry.grid):
            raise Rejected(
                "grid.unknown", f"grid {entry.grid!r} is not known: add the grid first, or correct its code"
            )
        added = await _ask(
            self._pool,
            "add_collector",
            id=entry.id,
            partition=entry.partition,
            grid=entry.grid,
            name=entry.name,
            enabled=entry.enabled,
            secret_hash=entry.secret_hash,
            public_key=entry.public_key,
        )
        if not added:
            raise Rejected("collector.exists", f"collector {entry.id} exists already: choose another name")

    @override
    async def enable_collector(self, collector: CollectorId, *, enabled: bool) -> bool:
        rows = await _ask(self._pool, "enable_collector", id=collector, enabled=enabled)
        if not rows:
            raise NotFound(
                "collector.unknown",
                f"there is no collector {collector}: look for its name in the file on the box",
            )
        return bool(rows[0][0])

    @override
    async def quarantined(
        self, *, state: str, most: int, scope: str = "", lane: Lane | None = None
    ) -> Sequence[QuarantinedMessage]:
        rows = await _ask(
            self._pool,
            "quarantined",
            state=state,
            scope=scope,
            lane=None if lane is None else lane.value,
            most=min(most, LIST_MAX),
        )
        return [QuarantinedMessage(*row) for row in rows]

    @override
    async def calls_held(self, scope: str) -> int:
        rows = await _ask(self._pool, "calls_held", scope=scope)
        return int(rows[0][0])

    @override
    async def held(self, ids: Sequence[int]) -> Sequence[QuarantinedMessage]:
        return [QuarantinedMessage(*row) for row in await _ask(self._pool, "held", ids=list(ids))]

    @override
    async def drop_quarantined(self, ids: Sequence[int]) -> int:
        return len(await _ask(self._pool, "drop_quarantined", ids=list(ids)))


def _collector(row: tuple[Any, ...]) -> CollectorHealth:
    name, title, grid, partition, link, heartbeat_at, body, lost, quarantined = row
    beat = _SILENT if body is None else _heartbeats.decode(body)
    return CollectorHealth(
        id=CollectorId(name),
        name=title,
        grid=GridCode(grid),
        partition=partition,
        link=None if link is None else LinkState(link),
        last_heartbeat=heartbeat_at,
        outbox_depth=beat.outbox_depth,
        outbox_oldest=instant_of(beat.outbox_oldest_us),
        clock=beat.clock.value if body is not None else "",
        clock_offset_seconds=beat.clock_offset_seconds,
        disk_free_bytes=beat.disk_free_bytes,
        lost=lost,
        software=beat.software,
        revision=beat.revision,
        quarantined=quarantined,
    )


def _picture(row: tuple[Any, ...]) -> Picture:
    sha256, camera, observed, received, total, complete, detection = row
    return Picture(
        sha256=PictureHash(sha256),
        camera=DeviceId(camera),
        observed=observed,
        received=received,
        bytes_total=total,
        complete=complete,
        detection=None if detection is None else DetectionId(detection),
    )
