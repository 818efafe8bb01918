"""Makers of what the field sends, for tests of the store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from tests.support.database import Database
from tocsin.core.clock import to_us
from tocsin.core.detections import Detection, Evidence, Kind, Phase
from tocsin.core.ids import (
    CollectorId,
    DetectionId,
    DeviceId,
    GridCode,
    PictureHash,
    StreamId,
    collector_of,
    derived_id,
    device_of,
)
from tocsin.core.readings import Reading
from tocsin.core.wire import Lane, MediaChunk
from tocsin.ingest.ports import (
    CollectorEntry,
    Delivery,
    FlushStore,
    IncomingDetection,
    Lease,
    LedgerKey,
    Token,
)
from tocsin.store.field_queries import PgFieldAdmin

GRID = GridCode("110105001001001")


def collector(name: str = "weir", partition: int = 3) -> CollectorEntry:
    return CollectorEntry(CollectorId(name), partition, GRID, f"Box {name}", True, "$argon2id$x")


def reading(
    at: datetime,
    value: float | None = 1.5,
    *,
    stream: str = "weir/gauge-1/level",
    received: datetime | None = None,
    text: str | None = None,
    unit: str = "m",
    quality: int = 0,
) -> Reading:
    return Reading(
        stream=StreamId(stream),
        observed_us=to_us(at) - 7,
        value=value,
        unit=unit,
        text=text,
        at_us=to_us(at),
        received_us=to_us(received or at),
        corrected_us=to_us(at),
        quality=quality,
    )


def detection(
    stream: str = "weir/gauge-1/level", phase: Phase = Phase.RAISE, observed: datetime | None = None
) -> IncomingDetection:
    observed = observed or datetime(2026, 11, 22, 12, tzinfo=UTC)
    name = StreamId(stream)
    said = Detection(
        id=DetectionId(derived_id(stream, phase.value, observed.isoformat())),
        collector=collector_of(name),
        device=device_of(name),
        stream=name,
        detector="high",
        version="threshold/1+00",
        kind=Kind.FLOOD,
        phase=phase,
        observed=observed,
        score=0.9,
        reason="3.62 m over the limit 3.50 m for 120 s",
        reason_code="threshold.above",
        evidence=Evidence(first=observed, last=observed),
    )
    return IncomingDetection(said, timedelta(seconds=2), raised=True, grid=GRID, began=observed)


def key(lane: Lane = Lane.DATA, epoch: int = 7, name: str = "weir") -> LedgerKey:
    return LedgerKey(CollectorId(name), epoch, lane)


def chunks(data: bytes, size: int, camera: str = "weir/cam-1") -> list[tuple[CollectorId, MediaChunk]]:
    name = PictureHash(sha256(data).hexdigest())
    return [
        (
            CollectorId(camera.split("/", 1)[0]),
            MediaChunk(
                name, DeviceId(camera), 1_700_000_000_000_000, len(data), offset, data[offset : offset + size]
            ),
        )
        for offset in range(0, len(data), size)
    ]


def delivery(topic: str = "tocsin/v1/03/weir/data", payload: bytes = b"\xc1") -> Delivery:
    return Delivery(Token(1, 1), topic, payload, 1, False, 0.0)


async def settle(database: Database, *entries: CollectorEntry) -> None:
    """Make a village and its collectors known."""
    await database.execute(
        "insert into grid (code, name, parent, tier, kind, path, radius_m) values (%s, 'V', null, 'village', 'basic', %s, 500)",
        GRID,
        GRID,
    )
    admin = PgFieldAdmin(database.pool)
    for entry in entries:
        await admin.add_collector(entry)


async def lease_of(store: FlushStore, session: int = 0) -> Lease:
    """Take a session's lease for as long as a test lasts."""
    lease = await store.acquire(session, f"worker-{session}", 600)
    assert lease is not None
    return lease
