"""The in-memory twin of `FlushStore`: same promises, no database.

A flush collects its changes and applies them on commit, so that an exception leaves nothing
behind. Its lists are public: tests read them.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from typing_extensions import override

from tocsin.core.clock import MICROSECOND, Clock
from tocsin.core.errors import LeaseLost
from tocsin.core.ids import CollectorId, DetectionId, PictureHash, StreamId
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
    QuarantinedMessage,
    StoredFlush,
)


@dataclass(slots=True)
class FieldState:
    """Everything that is committed."""

    ledger: dict[LedgerKey, LedgerEntry] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)
    latest: dict[StreamId, Reading] = field(default_factory=dict)
    detections: dict[DetectionId, IncomingDetection] = field(default_factory=dict)
    heartbeats: list[tuple[CollectorId, datetime, Heartbeat]] = field(default_factory=list)
    links: dict[CollectorId, LinkState] = field(default_factory=dict)
    pictures: dict[PictureHash, dict[int, bytes]] = field(default_factory=dict)
    complete: set[PictureHash] = field(default_factory=set)
    lost: list[tuple[CollectorId, Lane, Tombstone]] = field(default_factory=list)
    quarantined: list[QuarantinedMessage] = field(default_factory=list)
    detectors: dict[int, DetectorState] = field(default_factory=dict)
    flushes: dict[int, list[StoredFlush]] = field(default_factory=dict)
    """By partition, in order of `at`, ticks included."""


class MemoryFlush(Flush):
    """One flush: reads what is committed and what it wrote itself."""

    def __init__(self, state: FieldState, partitions: Sequence[int], at: datetime) -> None:
        self._state = state
        self._partitions = partitions
        self._at = at
        self._readings: list[Reading] = []
        self._ledger: dict[LedgerKey, LedgerEntry] = {}
        self._latest: dict[StreamId, Reading] = {}
        self._detections: dict[DetectionId, IncomingDetection] = {}
        self._heartbeats: list[tuple[CollectorId, datetime, Heartbeat]] = []
        self._links: dict[CollectorId, LinkState] = {}
        self._pictures: dict[PictureHash, dict[int, bytes]] = {}
        self._complete: set[PictureHash] = set()
        self._lost: list[tuple[CollectorId, Lane, Tombstone]] = []
        self._quarantined: list[QuarantinedMessage] = []
        self._settled: set[int] = set()
        self._detectors: dict[int, DetectorState] = {}

    @property
    @override
    def at(self) -> datetime:
        return self._at

    @override
    async def ledger(self, keys: Sequence[LedgerKey]) -> Mapping[LedgerKey, LedgerEntry]:
        return {key: self._state.ledger.get(key, LedgerEntry()) for key in keys}

    @override
    async def save_ledger(self, entries: Mapping[LedgerKey, LedgerEntry]) -> None:
        self._ledger.update(entries)

    @override
    async def store_readings(self, readings: Sequence[Reading]) -> None:
        self._readings.extend(readings)

    @override
    async def store_latest(self, readings: Sequence[Reading]) -> None:
        for reading in readings:
            known = self._latest.get(reading.stream) or self._state.latest.get(reading.stream)
            if known is None or known.at_us <= reading.at_us:
                self._latest[reading.stream] = reading

    @override
    async def store_detections(self, detections: Sequence[IncomingDetection]) -> Sequence[IncomingDetection]:
        new = []
        for incoming in detections:
            name = incoming.detection.id
            if name not in self._state.detections and name not in self._detections:
                self._detections[name] = incoming
                new.append(incoming)
        return new

    @override
    async def store_heartbeats(self, beats: Sequence[tuple[CollectorId, datetime, Heartbeat]]) -> None:
        self._heartbeats.extend(beats)

    @override
    async def store_link(self, collector: CollectorId, state: LinkState) -> None:
        self._links[collector] = state

    @override
    async def store_chunks(self, chunks: Sequence[tuple[CollectorId, MediaChunk]]) -> Sequence[PictureHash]:
        complete: list[PictureHash] = []
        for _, chunk in chunks:
            name = chunk.sha256
            pieces = self._pictures.setdefault(name, dict(self._state.pictures.get(name, {})))
            end = chunk.offset + len(chunk.data)
            for offset in [o for o in pieces if o < end and o + len(pieces[o]) > chunk.offset]:
                del pieces[offset]
            pieces[chunk.offset] = chunk.data
            whole = b"".join(pieces[offset] for offset in sorted(pieces))
            known = name in self._complete or name in self._state.complete
            if not known and hashlib.sha256(whole).hexdigest() == name:
                self._complete.add(name)
                complete.append(name)
        return complete

    @override
    async def count_lost(self, collector: CollectorId, lane: Lane, stones: Sequence[Tombstone]) -> None:
        self._lost.extend((collector, lane, stone) for stone in stones)

    @override
    async def quarantine(self, delivery: Delivery, code: str, reason: str, trace: str) -> None:
        topic = delivery.topic.split("/")
        self._quarantined.append(
            QuarantinedMessage(
                id=len(self._state.quarantined) + len(self._quarantined) + 1,
                topic=delivery.topic,
                collector=topic[3] if len(topic) == 5 else "",
                lane=topic[4] if len(topic) == 5 else "",
                received=self._at,
                code=code,
                reason=reason,
                trace=trace,
                payload=delivery.payload,
                state="held",
            )
        )

    @override
    async def settle_quarantined(self, number: int) -> bool:
        held = any(one.id == number and one.state == "held" for one in self._state.quarantined)
        if held:
            self._settled.add(number)
        return held

    @override
    async def save_detectors(self, state: DetectorState) -> None:
        self._detectors[state.partition] = state

    def apply(self, collectors: Mapping[CollectorId, CollectorEntry]) -> None:
        """Commit."""
        state = self._state
        state.ledger.update(self._ledger)
        state.readings.extend(self._readings)
        state.latest.update(self._latest)
        state.detections.update(self._detections)
        state.heartbeats.extend(self._heartbeats)
        state.links.update(self._links)
        state.pictures.update(self._pictures)
        state.complete.update(self._complete)
        state.lost.extend(self._lost)
        state.quarantined[:] = [
            replace(one, state="retried") if one.id in self._settled else one for one in state.quarantined
        ]
        state.quarantined.extend(self._quarantined)
        state.detectors.update(self._detectors)
        for partition in self._partitions:
            mine = [
                reading
                for reading in self._readings
                if collectors[CollectorId(reading.stream.split("/", 1)[0])].partition == partition
            ]
            said = sorted(
                (
                    one.detection
                    for one in self._detections.values()
                    if (entry := collectors.get(one.detection.collector)) and entry.partition == partition
                ),
                key=lambda one: (one.observed, one.id),
            )
            state.flushes.setdefault(partition, []).append(StoredFlush(self._at, mine, said))


class MemoryFlushStore(FlushStore):
    """Keeps everything in `state`."""

    def __init__(self, clock: Clock, collectors: Sequence[CollectorEntry] = ()) -> None:
        self.state = FieldState()
        self.known: dict[CollectorId, CollectorEntry] = {entry.id: entry for entry in collectors}
        self._clock = clock
        self._leases: dict[int, tuple[Lease, datetime]] = {}

    @override
    def flush(self, lease: Lease, partitions: Sequence[int]) -> AbstractAsyncContextManager[Flush]:
        return self._flush(lease, partitions)

    @asynccontextmanager
    async def _flush(self, lease: Lease, partitions: Sequence[int]) -> AsyncIterator[Flush]:
        self._check(lease)
        last = [flushes[-1].at for p in partitions if (flushes := self.state.flushes.get(p))]
        at = max([self._clock.now(), *(instant + MICROSECOND for instant in last)])
        flush = MemoryFlush(self.state, partitions, at)
        yield flush
        self._check(lease)
        flush.apply(self.known)

    def _check(self, lease: Lease) -> None:
        held = self._leases.get(lease.session)
        if held is None or held[0] != lease:
            raise LeaseLost(f"session {lease.session} was taken over from {lease.holder}")

    @override
    async def acquire(self, session: int, holder: str, seconds: float) -> Lease | None:
        now = self._clock.now()
        expires = now + timedelta(seconds=seconds)
        held = self._leases.get(session)
        if held is not None and held[0].holder == holder:
            self._leases[session] = (held[0], expires)
            return held[0]
        if held is not None and held[1] > now:
            return None
        lease = Lease(session, holder, held[0].term + 1 if held is not None else 1)
        self._leases[session] = (lease, expires)
        return lease

    @override
    async def release(self, lease: Lease) -> None:
        held = self._leases.get(lease.session)
        if held is not None and held[0] == lease:
            self._leases[lease.session] = (replace(lease, holder=""), self._clock.now())

    @override
    async def collectors(self) -> Mapping[CollectorId, CollectorEntry]:
        return dict(self.known)

    @override
    async def detectors(self, partition: int) -> DetectorState | None:
        return self.state.detectors.get(partition)

    @override
    async def replay(self, partition: int, after: datetime, most: int) -> Sequence[StoredFlush]:
        later = [flush for flush in self.state.flushes.get(partition, []) if flush.at > after]
        return later[:most]
