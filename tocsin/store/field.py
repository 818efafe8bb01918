"""Ingest's side of the database: `FlushStore` on PostgreSQL, with or without TimescaleDB.

A flush is one transaction that begins by checking and locking the lease, so that nobody commits
for a session that was taken over.  `PgFlush.connection` and `PgFlush.at` let the pipeline add an
alerts unit to the same transaction.  Numbers of streams are remembered per process, but only
those that were committed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

import msgspec
import structlog
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range
from typing_extensions import override

from tocsin.core.clock import SystemClock, from_us, to_us
from tocsin.core.detections import Detection
from tocsin.core.errors import LeaseLost, Rejected
from tocsin.core.ids import CollectorId, GridCode, PictureHash, StreamId, collector_of, device_of
from tocsin.core.readings import Reading
from tocsin.core.wire import Heartbeat, Lane, LinkState, MediaChunk, Tombstone
from tocsin.ingest.ports import (
    CollectorEntry,
    Delivery,
    DetectorState,
    Flush,
    FlushStore,
    IncomingDetection,
    Lease,
    LedgerEntry,
    LedgerKey,
    Ranges,
    StoredFlush,
)
from tocsin.store import copying, metrics
from tocsin.store.connect import Connection, Pool, connection, translate
from tocsin.store.field_rows import instant_of, reading_of
from tocsin.store.pictures import check_chunk
from tocsin.store.sql import queries

log = structlog.get_logger()

Q: Final = queries("field")
HOUR_US: Final = 3_600_000_000
MARK_AGAIN_US: Final = 60_000_000
"""A dirty hour is marked once a minute by a process; repair waits ten times as long (`maintenance`)."""
TEXT_MAX: Final = 16_384
PARTITION_SECONDS: Final = 3_600.0
IDLE_SECONDS: Final = 60.0
"""Longest pause of a worker inside a flush; the detectors' work on the largest one takes half of it."""
Streams = dict[tuple[StreamId, str], int]

_encoder = msgspec.json.Encoder()
_detections = msgspec.json.Decoder(Detection)
_clock = SystemClock()


class PgFlush(Flush):
    """One transaction of one session."""

    def __init__(
        self, connection: Connection, at: datetime, streams: Streams, marks: dict[tuple[int, int], int]
    ) -> None:
        self.connection = connection
        """Of this transaction; for the pipeline, which adds alarms and incidents to it."""
        self._at = at
        self._known = streams
        self._marked = marks
        self.new_streams: Streams = {}
        self.new_marks: dict[tuple[int, int], int] = {}
        self.stored = 0

    @property
    @override
    def at(self) -> datetime:
        return self._at

    async def _do(self, name: str, /, **values: object) -> list[tuple[Any, ...]]:
        with translate():
            cursor = await self.connection.execute(Q[name], values)
            return await cursor.fetchall() if cursor.description is not None else []

    @override
    async def ledger(self, keys: Sequence[LedgerKey]) -> Mapping[LedgerKey, LedgerEntry]:
        rows = await self._do("lock_ledger", **_columns(keys)) if keys else []
        found = {
            LedgerKey(CollectorId(collector), epoch, Lane(lane)): LedgerEntry(
                _inclusive(committed), _inclusive(lost)
            )
            for collector, epoch, lane, committed, lost in rows
        }
        return {key: found.get(key, LedgerEntry()) for key in keys}

    @override
    async def save_ledger(self, entries: Mapping[LedgerKey, LedgerEntry]) -> None:
        if entries:
            await self._do(
                "save_ledger",
                **_columns(list(entries)),
                committed=[_multirange(entry.committed) for entry in entries.values()],
                lost=[_multirange(entry.lost) for entry in entries.values()],
                at=self._at,
            )

    @override
    async def store_readings(self, readings: Sequence[Reading]) -> None:
        if not readings:
            return
        streams = await self._streams(readings)
        with translate():
            async with self.connection.cursor().copy(Q["copy_readings"]) as copy:
                await copy.write(copying.HEADER)
                for chunk in copying.pack(readings, streams, self.stored):
                    await copy.write(chunk)
                await copy.write(copying.TRAILER)
        self.stored += len(readings)
        await self._mark_dirty({(streams[one.stream, one.unit], one.at_us // HOUR_US) for one in readings})

    async def _mark_dirty(self, hours: set[tuple[int, int]]) -> None:
        now = to_us(self._at)
        marks = sorted(hour for hour in hours if self._marked.get(hour, 0) + MARK_AGAIN_US <= now)
        if marks:
            await self._do("mark_dirty", streams=[one for one, _ in marks], hours=[hour for _, hour in marks])
            self.new_marks.update(dict.fromkeys(marks, now))

    async def _streams(self, readings: Sequence[Reading]) -> Streams:
        """Give the numbers of all streams of these readings, registering the new ones."""
        wanted = {(one.stream, one.unit) for one in readings}
        missing = [key for key in wanted if key not in self._known and key not in self.new_streams]
        if missing:
            await self._find(missing)
            unknown = sorted(key for key in missing if key not in self.new_streams)
            if unknown:
                await self._register(unknown)
        return self._known | self.new_streams if self.new_streams else self._known

    async def _find(self, keys: Sequence[tuple[StreamId, str]]) -> None:
        rows = await self._do("find_streams", names=[key[0] for key in keys], units=[key[1] for key in keys])
        self.new_streams.update({(StreamId(name), unit): number for name, unit, number in rows})

    async def _register(self, keys: Sequence[tuple[StreamId, str]]) -> None:
        await self._do(
            "register_streams",
            names=[name for name, _ in keys],
            units=[unit for _, unit in keys],
            collectors=[collector_of(name) for name, _ in keys],
            devices=[device_of(name) for name, _ in keys],
            at=self._at,
        )
        await self._find(keys)
        for name, unit in keys:
            if (name, unit) not in self.new_streams:
                raise Rejected(
                    "collector.unknown",
                    f"stream {name} belongs to no known collector: add it with `tocsin collector add {collector_of(name)}`",
                )
        metrics.STREAMS.inc(len(keys))

    @override
    async def store_latest(self, readings: Sequence[Reading]) -> None:
        newest: dict[tuple[StreamId, str], Reading] = {}
        for one in readings:
            known = newest.get((one.stream, one.unit))
            if known is None or known.at_us <= one.at_us:
                newest[one.stream, one.unit] = one
        if not newest:
            return
        streams = await self._streams(list(newest.values()))
        chosen = newest.values()
        await self._do(
            "move_latest",
            streams=[streams[key] for key in newest],
            ats=[from_us(one.at_us) for one in chosen],
            observed=[from_us(one.observed_us) for one in chosen],
            values=[one.value for one in chosen],
            texts=[one.text for one in chosen],
            qualities=[one.quality for one in chosen],
        )

    @override
    async def store_detections(self, detections: Sequence[IncomingDetection]) -> Sequence[IncomingDetection]:
        if not detections:
            return []
        first: dict[str, IncomingDetection] = {}
        for one in detections:
            first.setdefault(one.detection.id, one)
        rows = await self._do("known_detections", ids=list(first), at=self._at)
        known = {row[0] for row in rows}
        new = [one for name, one in first.items() if name not in known]
        for one in new:
            await self._do("store_detection", at=self._at, **_detection_columns(one))
        return new

    @override
    async def store_heartbeats(self, beats: Sequence[tuple[CollectorId, datetime, Heartbeat]]) -> None:
        for collector, sent, beat in beats:
            await self._do(
                "store_health",
                at=self._at,
                collector=collector,
                sent=sent,
                depth=beat.outbox_depth,
                bytes=beat.outbox_bytes,
                offset=beat.clock_offset_seconds,
                disk=beat.disk_free_bytes,
                memory=beat.memory_bytes,
                uptime=beat.uptime_seconds,
            )
            await self._do("move_heartbeat", collector=collector, sent=sent, body=_encoder.encode(beat))
            devices = {
                one.device: one for one in beat.devices if collector_of(one.device) == collector
            }.values()
            if devices:
                await self._do(
                    "move_devices",
                    collector=collector,
                    sent=sent,
                    devices=[one.device for one in devices],
                    kinds=[one.kind for one in devices],
                    seen=[instant_of(one.last_us) for one in devices],
                    changed=[one.changed for one in devices],
                    faults=[None if one.fault is None else _text(one.fault) for one in devices],
                    restarts=[one.restarts for one in devices],
                )

    @override
    async def store_link(self, collector: CollectorId, state: LinkState) -> None:
        await self._do("store_link", collector=collector, state=state.value, at=self._at)

    @override
    async def store_chunks(self, chunks: Sequence[tuple[CollectorId, MediaChunk]]) -> Sequence[PictureHash]:
        touched: dict[PictureHash, None] = {}
        for collector, chunk in chunks:
            check_chunk(collector, chunk)
            await self._do(
                "know_picture",
                sha256=chunk.sha256,
                camera=chunk.camera,
                collector=collector,
                observed=instant_of(chunk.observed_us) or self._at,
                at=self._at,
                total=chunk.total,
                detection=chunk.detection,
                signature=chunk.signature,
            )
            await self._do(
                "store_chunk", sha256=chunk.sha256, first=chunk.offset, bytes=chunk.data, total=chunk.total
            )
            touched[chunk.sha256] = None
        return [sha256 for sha256 in touched if await self._complete(sha256)]

    async def _complete(self, sha256: PictureHash) -> bool:
        rows = await self._do("picture_state", sha256=sha256)
        if not rows:
            return False
        total, there, digest = rows[0]
        if digest == sha256:
            await self._do("complete_picture", sha256=sha256, at=self._at)
            return True
        if there >= total:
            # The pieces overlap or are damaged: nothing of them can be trusted; a later sending may be whole.
            metrics.PICTURES_DAMAGED.inc()
            log.warning("picture.damaged", sha256=sha256, bytes_total=total, bytes_here=there)
            await self._do("drop_chunks", sha256=sha256)
        return False

    @override
    async def count_lost(self, collector: CollectorId, lane: Lane, stones: Sequence[Tombstone]) -> None:
        for stone in stones:
            await self._do(
                "store_lost",
                at=self._at,
                collector=collector,
                lane=lane.value,
                first=stone.first,
                last=stone.last,
                reason=_text(stone.reason),
                items=stone.count,
            )

    @override
    async def quarantine(self, delivery: Delivery, code: str, reason: str, trace: str) -> None:
        topic = delivery.topic.split("/")
        known = len(topic) == 5
        await self._do(
            "quarantine",
            at=self._at,
            topic=_text(delivery.topic),
            collector=_text(topic[3]) if known else "",
            lane=_text(topic[4]) if known else "",
            code=_text(code),
            reason=_text(reason),
            trace=_text(trace),
            payload=delivery.payload,
        )

    @override
    async def settle_quarantined(self, number: int) -> bool:
        return bool(await self._do("settle_quarantined", number=number))

    @override
    async def save_detectors(self, state: DetectorState) -> None:
        await self._do(
            "save_detectors",
            partition=state.partition,
            at=state.at,
            configuration=state.configuration,
            state=state.state,
        )


class PgFlushStore(FlushStore):
    """The database as ingest sees it; one per process."""

    def __init__(self, pool: Pool, *, idle_seconds: float = IDLE_SECONDS) -> None:
        self._pool = pool
        self._idle = f"{round(idle_seconds * 1000)}ms"
        self._streams: Streams = {}
        self._marks: dict[tuple[int, int], int] = {}
        self._partitions_made: float | None = None

    @override
    def flush(self, lease: Lease, partitions: Sequence[int]) -> AbstractAsyncContextManager[PgFlush]:
        return self._flush(lease, partitions)

    @asynccontextmanager
    async def _flush(self, lease: Lease, partitions: Sequence[int]) -> AsyncIterator[PgFlush]:
        began = _clock.monotonic()
        async with connection(self._pool) as database:
            cursor = await database.execute(
                Q["begin_flush"],
                {
                    "session": lease.session,
                    "holder": lease.holder,
                    "term": lease.term,
                    "partitions": list(partitions),
                    "idle": self._idle,
                },
            )
            row = await cursor.fetchone()
            if row is None:
                raise LeaseLost(
                    f"session {lease.session} is no longer ours (term {lease.term} of {lease.holder})"
                )
            flush = PgFlush(database, row[0], self._streams, self._marks)
            yield flush
        self._streams.update(flush.new_streams)
        if len(self._marks) > 1_000_000:
            self._marks.clear()
        self._marks.update(flush.new_marks)
        metrics.READINGS.inc(flush.stored)
        metrics.FLUSH_SECONDS.observe(_clock.monotonic() - began)

    async def _ask(self, name: str, /, **values: object) -> list[tuple[Any, ...]]:
        async with connection(self._pool) as database:
            cursor = await database.execute(Q[name], values)
            return await cursor.fetchall() if cursor.description is not None else []

    @override
    async def acquire(self, session: int, holder: str, seconds: float) -> Lease | None:
        await self._make_partitions()
        rows = await self._ask("acquire_lease", session=session, holder=holder, seconds=seconds)
        return Lease(session, holder, rows[0][0]) if rows else None

    async def _make_partitions(self) -> None:
        """Make days ahead here too: with nobody doing maintenance every reading would be refused in a week."""
        now = _clock.monotonic()
        if self._partitions_made is None or now - self._partitions_made > PARTITION_SECONDS:
            async with connection(self._pool) as database:
                await database.execute(queries("maintenance")["make_partitions"])
            self._partitions_made = now

    @override
    async def release(self, lease: Lease) -> None:
        await self._ask("release_lease", session=lease.session, holder=lease.holder, term=lease.term)

    @override
    async def collectors(self) -> Mapping[CollectorId, CollectorEntry]:
        return {
            CollectorId(row[0]): CollectorEntry(CollectorId(row[0]), row[1], GridCode(row[2]), *row[3:])
            for row in await self._ask("all_collectors")
        }

    @override
    async def detectors(self, partition: int) -> DetectorState | None:
        rows = await self._ask("load_detectors", partition=partition)
        return DetectorState(*rows[0]) if rows else None

    @override
    async def replay(self, partition: int, after: datetime, most: int) -> Sequence[StoredFlush]:
        flushes = [
            row[0] for row in await self._ask("replay_flushes", partition=partition, after=after, most=most)
        ]
        if not flushes:
            return []
        rows = await self._ask("replay_readings", partition=partition, first=flushes[0], last=flushes[-1])
        by_flush = {at: [reading_of(row) for row in group] for at, group in groupby(rows, key=itemgetter(0))}
        rows = await self._ask("replay_detections", partition=partition, first=flushes[0], last=flushes[-1])
        said = {
            at: [_detections.decode(row[1]) for row in group]
            for at, group in groupby(rows, key=itemgetter(0))
        }
        return [StoredFlush(at, by_flush.get(at, []), said.get(at, [])) for at in flushes]


def _columns(keys: Sequence[LedgerKey]) -> dict[str, object]:
    return {
        "collectors": [key.collector for key in keys],
        "epochs": [key.epoch for key in keys],
        "lanes": [key.lane.value for key in keys],
    }


def _inclusive(ranges: Multirange[int]) -> Ranges:
    """Turn the database's half-open ranges into ours."""
    return tuple((one.lower or 0, (one.upper or 1) - 1) for one in ranges)


def _multirange(ranges: Ranges) -> Multirange[int]:
    return Multirange([Range(first, last + 1) for first, last in ranges])


def _detection_columns(incoming: IncomingDetection) -> dict[str, object]:
    one: Detection = incoming.detection
    return {
        "id": one.id,
        "collector": one.collector,
        "device": one.device,
        "stream": one.stream,
        "detector": one.detector,
        "kind": one.kind.value,
        "phase": one.phase.value,
        "grid": incoming.grid,
        "observed": one.observed,
        "began": incoming.began,
        "raised": incoming.raised,
        "score": one.score,
        "age": None if incoming.age is None else incoming.age.total_seconds(),
        "body": _encoder.encode(one),
    }


def _text(words: str) -> str:
    """Cut, and drop what PostgreSQL's text cannot hold: NUL and halves of surrogate pairs."""
    return words[:TEXT_MAX].replace("\0", "\ufffd").encode("utf-8", "replace").decode()
