"""What ingest needs of a database and of a broker, and the values they exchange.

A `FlushStore` opens one transaction per flush; everything in it commits or nothing does. The
transport hands over messages and takes acknowledgements back by token.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from tocsin.core.detections import Detection
from tocsin.core.ids import CollectorId, DetectionId, DeviceId, GridCode, PictureHash, StreamId
from tocsin.core.readings import Reading
from tocsin.core.wire import Heartbeat, Lane, LinkState, MediaChunk, Tombstone


class Token(NamedTuple):
    """Names one delivery; an acknowledgement for another connection's epoch is dropped."""

    connection: int
    packet: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as the broker gave it."""

    token: Token
    topic: str
    payload: bytes
    qos: int
    retained: bool
    received: float
    """Monotonic seconds of this process at receipt; for measurements only."""


class Transport(Protocol):
    """A broker session that hands over batches and acknowledges after commit."""

    @property
    def connection(self) -> int:
        """Number of the last connection that stood, 0 before the first; a new one may have lost what was retained."""
        ...

    async def receive(self, most: int, wait_seconds: float) -> Sequence[Delivery]:
        """Wait for a first message, then gather until `most` or `wait_seconds` after the first.

        Returns an empty sequence when nothing came for a second, so that the caller may tick.
        """
        ...

    async def acknowledge(self, tokens: Sequence[Token]) -> None:
        """Acknowledge; tokens of an earlier connection are dropped silently and counted."""
        ...

    async def publish(self, topic: str, payload: bytes, *, retain: bool) -> None:
        """Publish at QoS 1; raises `Transient` when the session is down."""
        ...

    async def reconnect(self) -> None:
        """Drop the connection, so that everything unacknowledged is delivered again."""
        ...

    async def suspend(self) -> None:
        """Drop the connection and stay away until the next `receive`: the session is another worker's."""
        ...


@dataclass(frozen=True, slots=True)
class CollectorEntry:
    """One known collector."""

    id: CollectorId
    partition: int
    grid: GridCode
    name: str
    enabled: bool
    secret_hash: str
    """Argon2 hash of the MQTT password that was printed at enrolment."""
    public_key: bytes | None = None


@dataclass(frozen=True, slots=True)
class LedgerKey:
    """Names one gapless sequence."""

    collector: CollectorId
    epoch: int
    lane: Lane


Ranges = tuple[tuple[int, int], ...]
"""Inclusive, sorted, disjoint and not adjacent: ((1, 40), (42, 42))."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """What has been committed of one sequence: `committed` contains `lost`."""

    committed: Ranges = ()
    lost: Ranges = ()


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of one worker to commit for one session, until it expires or is taken over."""

    session: int
    holder: str
    term: int


@dataclass(frozen=True, slots=True)
class DetectorState:
    """A partition's detectors as saved, and the `at` of the last flush inside it."""

    partition: int
    at: datetime
    configuration: str
    """Hash of the detectors' configuration, which stands in the state itself."""
    state: bytes


@dataclass(frozen=True, slots=True)
class QuarantinedMessage:
    """One message that failed alone."""

    id: int
    topic: str
    collector: str
    lane: str
    received: datetime
    code: str
    reason: str
    trace: str
    payload: bytes
    state: str
    """`held`, `retried`, `dropped`."""


@dataclass(frozen=True, slots=True)
class IncomingDetection:
    """A detection with what is known about its age, ready for `alerts`."""

    detection: Detection
    age: timedelta | None
    """Received minus corrected (or by the monotonic clock); None when it cannot be known."""
    raised: bool
    """Whether the condition still stands in the collector's newest report."""
    grid: GridCode
    began: datetime
    """Beginning of the condition, or its end when that is what is told, on the centre's time axis."""


class Flush(Protocol):
    """One transaction of one session. Order of calls: lease (checked on entry), ledger, readings, latest, detections, then what the pipeline adds."""

    @property
    def at(self) -> datetime:
        """The database's instant of this flush: unique and rising per partition; `received` of everything in it."""
        ...

    async def ledger(self, keys: Sequence[LedgerKey]) -> Mapping[LedgerKey, LedgerEntry]:
        """Read and lock the entries; a missing one is an empty entry."""
        ...

    async def save_ledger(self, entries: Mapping[LedgerKey, LedgerEntry]) -> None:
        """Write entries back."""
        ...

    async def store_readings(self, readings: Sequence[Reading]) -> None:
        """COPY readings, register streams seen for the first time, mark dirty roll-up buckets."""
        ...

    async def store_latest(self, readings: Sequence[Reading]) -> None:
        """Move the latest value of each stream forward; an older reading changes nothing."""
        ...

    async def store_detections(self, detections: Sequence[IncomingDetection]) -> Sequence[IncomingDetection]:
        """Store those whose id is new and return these, in order."""
        ...

    async def store_heartbeats(self, beats: Sequence[tuple[CollectorId, datetime, Heartbeat]]) -> None:
        """Append health and move the collector's and its devices' last signs of life forward."""
        ...

    async def store_link(self, collector: CollectorId, state: LinkState) -> None:
        """Note what the retained state topic says."""
        ...

    async def store_chunks(self, chunks: Sequence[tuple[CollectorId, MediaChunk]]) -> Sequence[PictureHash]:
        """Keep chunks and the row of each picture; return the pictures that are now complete."""
        ...

    async def count_lost(self, collector: CollectorId, lane: Lane, stones: Sequence[Tombstone]) -> None:
        """Note what a collector had to drop."""
        ...

    async def quarantine(self, delivery: Delivery, code: str, reason: str, trace: str) -> None:
        """Keep a message that failed alone."""
        ...

    async def settle_quarantined(self, number: int) -> bool:
        """Mark a held message as retried with all that this flush stores of it; False when it is held no more."""
        ...

    async def save_detectors(self, state: DetectorState) -> None:
        """Save a snapshot in this same transaction."""
        ...


@dataclass(frozen=True, slots=True)
class StoredFlush:
    """What one partition got in one flush."""

    at: datetime
    readings: Sequence[Reading]
    said: Sequence[Detection]
    """New detections by instant and id, those of the centre among them."""


class FlushStore(Protocol):
    """The database as ingest sees it."""

    def flush(self, lease: Lease, partitions: Sequence[int]) -> AbstractAsyncContextManager[Flush]:
        """Open a flush; leaving it normally commits, by an exception rolls back.

        Raises `LeaseLost` when the term is no longer ours, `Transient` when the database does not answer.
        """
        ...

    async def acquire(self, session: int, holder: str, seconds: float) -> Lease | None:
        """Take or renew a session's lease; None while another holder's has not expired. A take-over raises the term."""
        ...

    async def release(self, lease: Lease) -> None:
        """Give a lease back."""
        ...

    async def collectors(self) -> Mapping[CollectorId, CollectorEntry]:
        """Read all known collectors."""
        ...

    async def detectors(self, partition: int) -> DetectorState | None:
        """Read the newest snapshot of a partition."""
        ...

    async def replay(self, partition: int, after: datetime, most: int) -> Sequence[StoredFlush]:
        """Read the flushes after an instant in order of `at`, at most `most`; empty ones (ticks) included as they were."""
        ...


class StreamBank(Protocol):
    """The detectors at the centre of one partition, as `detectors.bank` provides them."""

    def observe(self, readings: Sequence[Reading]) -> list[Detection]:
        """Feed readings in order; out-of-order ones are dropped here and counted."""
        ...

    def hear(self, said: Sequence[Detection]) -> list[Detection]:
        """Take what boxes said, for rules over several sources; what came of its own rules is passed over."""
        ...

    def tick(self, now: datetime) -> list[Detection]:
        """Let time pass to the flush's instant."""
        ...

    def snapshot(self) -> bytes:
        """Give the whole state as plain data."""
        ...

    def restore(self, state: bytes) -> Sequence[Detection]:
        """Take a state back; gives clears for conditions of rules that are gone; may raise `Rejected`."""
        ...


@dataclass(frozen=True, slots=True)
class Picture:
    """One stored picture's row."""

    sha256: PictureHash
    camera: DeviceId
    observed: datetime
    received: datetime
    bytes_total: int
    complete: bool
    detection: DetectionId | None


@dataclass(frozen=True, slots=True)
class LatestReading:
    """The newest value of one stream."""

    stream: StreamId
    unit: str
    value: float | None
    text: str | None
    observed: datetime
    at: datetime
    quality: int


@dataclass(frozen=True, slots=True)
class CollectorHealth:
    """One collector with its last sign of life, for lists."""

    id: CollectorId
    name: str
    grid: GridCode
    partition: int
    link: LinkState | None
    last_heartbeat: datetime | None
    outbox_depth: int
    outbox_oldest: datetime | None
    clock: str
    clock_offset_seconds: float | None
    disk_free_bytes: int
    lost: int
    software: str
    revision: str
    quarantined: int


@dataclass(frozen=True, slots=True)
class DeviceHealthRow:
    """One device with its last sign of life, for lists."""

    id: DeviceId
    collector: CollectorId
    kind: str
    name: str
    grid: GridCode
    last_seen: datetime | None
    changed: bool | None
    fault: str | None
    latitude: float | None
    longitude: float | None


class FieldQueries(Protocol):
    """Lists and series for the faces; every one is bounded and scoped by grid path prefix."""

    async def collectors_health(self, scope: str) -> Sequence[CollectorHealth]:
        """List collectors within a subtree, by id."""
        ...

    async def devices(
        self, scope: str, *, collector: CollectorId | None, most: int
    ) -> Sequence[DeviceHealthRow]:
        """List devices within a subtree, by id."""
        ...

    async def latest(self, scope: str, *, device: DeviceId | None, most: int) -> Sequence[LatestReading]:
        """Give the newest value of each stream."""
        ...

    async def readings(
        self, scope: str, stream: StreamId, begin: datetime, end: datetime, most: int
    ) -> Sequence[Reading]:
        """Give readings of one stream in [begin, end), oldest first, at most `most` (≤ 10,000)."""
        ...

    async def picture(self, scope: str, sha256: PictureHash) -> Picture | None:
        """Find one picture's row."""
        ...

    async def pictures(self, scope: str, *, camera: DeviceId, most: int) -> Sequence[Picture]:
        """List a camera's pictures, newest first."""
        ...


class FieldAdmin(Protocol):
    """Changes to collectors and to quarantine."""

    async def add_collector(self, entry: CollectorEntry) -> None:
        """Make a collector known; raises `Rejected` (`collector.exists`, `grid.unknown`)."""
        ...

    async def enable_collector(self, collector: CollectorId, *, enabled: bool) -> bool:
        """Let a collector in, or keep it out as soon as ingest has read of it; False when it stood so already.

        Raises `NotFound` (`collector.unknown`).
        """
        ...

    async def quarantined(
        self, *, state: str, most: int, scope: str = "", lane: Lane | None = None
    ) -> Sequence[QuarantinedMessage]:
        """List quarantined messages of collectors within a subtree, of one lane or of all, oldest first.

        Those of unknown collectors belong to no grid: only a top-level scope shows them.
        """
        ...

    async def calls_held(self, scope: str) -> int:
        """Count the messages of the alarm lane that are held, within a subtree as `quarantined` has it."""
        ...

    async def held(self, ids: Sequence[int]) -> Sequence[QuarantinedMessage]:
        """Read held messages by number, oldest first, to be fed to ingest again; others are left out."""
        ...

    async def drop_quarantined(self, ids: Sequence[int]) -> int:
        """Mark as dropped; return how many."""
        ...


class PictureStore(Protocol):
    """Bytes of pictures by their hash, outside the database."""

    async def put(self, sha256: PictureHash, data: bytes) -> None:
        """Keep bytes; idempotent. Raises `Rejected` (`picture.hash`) when they do not fit the hash."""
        ...

    async def get(self, sha256: PictureHash) -> bytes | None:
        """Give the bytes, None when they are not here."""
        ...
