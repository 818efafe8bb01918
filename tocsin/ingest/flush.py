"""One flush: a batch of decoded messages in one transaction, in the order of DESIGN section 4.

Lease, ledger, readings, latest values, health, pictures, quarantine, detections, what the pipeline
adds to them, snapshots. Either all of it commits or nothing; in the second case the detectors that
took part are discarded, because they have seen what did not happen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeAlias, TypeVar

import msgspec
import structlog

from tocsin.core.clock import from_us, to_us
from tocsin.core.detections import Detection, Phase
from tocsin.core.ids import CollectorId, GridCode, PictureHash, StreamId
from tocsin.core.readings import Quality, Reading
from tocsin.core.wire import Heartbeat, MediaChunk
from tocsin.ingest import metrics, skew
from tocsin.ingest.banks import Banks
from tocsin.ingest.batch import Batch
from tocsin.ingest.conditions import Conditions
from tocsin.ingest.ledger import Accepted, LedgerBook, Sorted
from tocsin.ingest.partition import PartitionState
from tocsin.ingest.ports import (
    CollectorEntry,
    Flush,
    FlushStore,
    IncomingDetection,
    Lease,
)

log = structlog.get_logger()

Attach: TypeAlias = Callable[[Flush, Sequence[IncomingDetection]], Awaitable[None]]
"""Give new detections to `alerts` within the flush's transaction."""
Renew: TypeAlias = Callable[[], Awaitable[None]]

OFFLOAD_FROM: Final = 1_000
"""Readings from which the work leaves the event loop; below, the hand-over costs more than it gains."""
EPOCHS_MET_MAX: Final = 100_000
TWICE_MAX: Final = 10_000
"""Rules that run twice and are told once each."""
Result = TypeVar("Result")


@dataclass(slots=True)
class Committed:
    """What a flush did."""

    at: datetime
    ledger: Sorted
    complete: Sequence[PictureHash] = ()
    """Pictures whose last piece came."""
    readings: int = 0
    late: int = 0
    lost: int = 0
    detections: int = 0


@dataclass(slots=True)
class _Prepared:
    """What a flush's readings became."""

    readings: list[Reading] = field(default_factory=list)
    latest: list[Reading] = field(default_factory=list)
    shown: dict[int, list[Reading]] = field(default_factory=dict)


class Flusher:
    """Commit batches; knows clocks and raised conditions between them."""

    def __init__(self, store: FlushStore, banks: Banks, attach: Attach, *, snapshot_seconds: float) -> None:
        self._store = store
        self._banks = banks
        self._attach = attach
        self._snapshot_seconds = snapshot_seconds
        self._skew = skew.Skew()
        self._conditions = Conditions()
        self._book = LedgerBook()
        self._twice: set[tuple[CollectorId, str]] = set()
        self._held: dict[tuple[StreamId, str], tuple[PartitionState, Detection]] = {}
        self.collectors: Mapping[CollectorId, CollectorEntry] = {}
        """Replaced by the service when it reads them again."""

    async def commit(self, lease: Lease, batch: Batch, ticking: Collection[int], renew: Renew) -> Committed:
        """Commit a batch and let time pass in the partitions that tick.

        Raises `Transient`, `LeaseLost`, `DetectorFailed`, or whatever a message of the batch provoked.
        """
        touched = {message.entry.partition for message in batch.messages}
        # A hidden flush names no partition, so that a replay does not show time passing that was not seen.
        partitions = [] if batch.hidden else sorted(touched | set(ticking)) or [lease.session]
        states = {} if batch.hidden else await self._banks.ready(partitions, renew)
        try:
            async with self._store.flush(lease, partitions) as flush:
                return await self._body(flush, batch, states)
        except BaseException:
            if not batch.hidden:
                self._banks.discard(partitions)
            raise

    async def _body(self, flush: Flush, batch: Batch, states: Mapping[int, PartitionState]) -> Committed:
        if batch.settles is not None and not await flush.settle_quarantined(batch.settles):
            return Committed(flush.at, Sorted())
        received_us = to_us(flush.at)
        ledger = await self._book.commit(flush, batch.messages, batch.refused, forced=batch.forced)
        done = Committed(flush.at, ledger)
        accepted = ledger.accepted
        for item in accepted:
            self._skew.observe(item.message.envelope, received_us)
        work = sum(len(item.message.records) for item in accepted)
        prepared = await _off_loop(work, lambda: self._prepare(accepted, states, received_us))
        if prepared.readings:
            await flush.store_readings(prepared.readings)
            await flush.store_latest(prepared.latest)
        done.readings = len(prepared.readings)
        await self._store_rest(flush, batch, done, received_us)
        # Only what is new is heard: a replay finds it in the store once.
        new = [*await flush.store_detections(list(self._from_boxes(accepted, received_us)))]
        said = self._by_partition(new)
        found = await _off_loop(work, lambda: _show(states, prepared, said, flush.at))
        new += await flush.store_detections(list(self._from_centre(found, flush.at, states)))
        done.detections = len(new)
        done.late = len(prepared.readings) - sum(map(len, prepared.shown.values()))
        if new:
            await self._attach(flush, new)
        for partition in self._banks.unsaved(flush.at, self._snapshot_seconds):
            if partition in states:
                await flush.save_detectors(states[partition].snapshot(flush.at))
        return done

    def _prepare(
        self, accepted: Sequence[Accepted], states: Mapping[int, PartitionState], received_us: int
    ) -> _Prepared:
        """Make readings of records and put each partition's in order."""
        by_partition: dict[int, list[Reading]] = {}
        for item in accepted:
            message = item.message
            if message.records:
                estimate = self._skew.estimate(message.envelope)
                readings = skew.stamp(message.records, message.envelope, estimate, received_us)
                by_partition.setdefault(message.entry.partition, []).extend(readings)
        prepared = _Prepared()
        for partition, readings in by_partition.items():
            state = states.get(partition)
            if state is None:  # a retry: stored, never shown
                prepared.readings += [_hidden(reading) for reading in readings]
                continue
            ordered = state.order(readings)
            prepared.readings += ordered.readings
            prepared.latest += ordered.latest.values()
            prepared.shown[partition] = ordered.shown
        return prepared

    async def _store_rest(
        self,
        flush: Flush,
        batch: Batch,
        done: Committed,
        received_us: int,
    ) -> None:
        beats: list[tuple[CollectorId, datetime, Heartbeat]] = []
        chunks: list[tuple[CollectorId, MediaChunk]] = []
        for item in done.ledger.accepted:
            envelope = item.message.envelope
            chunks += [(envelope.collector, chunk) for chunk in item.message.chunks]
            if item.message.heartbeats:
                estimate = self._skew.estimate(envelope)
                sealed = from_us(skew.at_us(envelope.sent, envelope, estimate, received_us))
                beats += [(envelope.collector, sealed, beat) for beat in item.message.heartbeats]
                self._conditions.hear(envelope, item.message.heartbeats)
            if item.step.stones:
                done.lost += sum(stone.count for stone in item.step.stones)
                await flush.count_lost(envelope.collector, envelope.lane, item.step.stones)
        if beats:
            await flush.store_heartbeats(beats)
        for link in batch.links:
            await flush.store_link(link.entry.id, link.state)
        if chunks:
            done.complete = await flush.store_chunks(chunks)
        for refused in done.ledger.refused:
            await flush.quarantine(refused.delivery, refused.code, refused.reason, refused.trace)

    def _from_boxes(self, accepted: Sequence[Accepted], received_us: int) -> Iterable[IncomingDetection]:
        for accepted_item in accepted:
            message = accepted_item.message
            if not message.alarms:
                continue
            envelope = message.envelope
            estimate = self._skew.estimate(envelope)
            for item in message.alarms:
                turned_us = to_us(_turned(item.detection))
                yield IncomingDetection(
                    item.detection,
                    skew.age(item.detection, envelope, estimate, received_us),
                    self._conditions.stands(item, envelope),
                    message.entry.grid,
                    from_us(skew.at_us(turned_us, envelope, estimate, received_us)),
                )

    def _by_partition(self, new: Sequence[IncomingDetection]) -> dict[int, list[Detection]]:
        said: dict[int, list[Detection]] = {}
        for one in sorted((one.detection for one in new), key=lambda said: (said.observed, said.id)):
            entry = self.collectors.get(one.collector)
            if entry is not None:
                said.setdefault(entry.partition, []).append(one)
        return said

    def _from_centre(
        self, found: Sequence[Detection], at: datetime, states: Mapping[int, PartitionState]
    ) -> Iterable[IncomingDetection]:
        for detection in [*self._let_go(states), *found]:
            entry = self.collectors.get(detection.collector)
            # Collector, stream and rule name a condition: two that speak for it would end each other's alarms.
            if self._conditions.runs(detection.collector, detection.detector):
                self._hold(detection, None if entry is None else states.get(entry.partition))
                continue
            yield IncomingDetection(
                detection,
                max(at - detection.observed, timedelta(0)),
                detection.phase is not Phase.CLEAR,
                entry.grid if entry is not None else GridCode(""),
                _turned(detection),
            )

    def _hold(self, detection: Detection, state: PartitionState | None) -> None:
        """Leave a condition to the box; it is told when the box gives its rule up while it stands here."""
        metrics.TWICE.labels(detection.detector).inc()
        self._tell_twice(detection)
        key = (detection.stream, detection.detector)
        if detection.phase is Phase.CLEAR:
            self._held.pop(key, None)
        elif detection.phase is Phase.RAISE and state is not None and len(self._held) < TWICE_MAX:
            self._held[key] = (state, detection)

    def _let_go(self, states: Mapping[int, PartitionState]) -> list[Detection]:
        free = [
            key
            for key, (_, one) in self._held.items()
            if not self._conditions.runs(one.collector, one.detector)
        ]
        told = [self._held.pop(key) for key in free]
        # What detectors said that have been restored since may be over.
        return [one for state, one in told if states.get(state.partition) is state]

    def _tell_twice(self, detection: Detection) -> None:
        key = (detection.collector, detection.detector)
        if key in self._twice:
            return
        if len(self._twice) < TWICE_MAX:
            self._twice.add(key)
        log.warning("detectors.twice", collector=detection.collector, rule=detection.detector)


def _show(
    states: Mapping[int, PartitionState],
    prepared: _Prepared,
    said: Mapping[int, Sequence[Detection]],
    at: datetime,
) -> list[Detection]:
    found: list[Detection] = []
    for partition, state in sorted(states.items()):
        found += state.show(prepared.shown.get(partition, ()), at, said.get(partition, ()))
    return found


def _turned(detection: Detection) -> datetime:
    """Give when the condition began or, of an end, when it was seen to be over: its evidence goes back to the beginning."""
    return detection.observed if detection.phase is Phase.CLEAR else detection.evidence.first


def _hidden(reading: Reading) -> Reading:
    return msgspec.structs.replace(reading, quality=reading.quality | int(Quality.OUT_OF_ORDER))


async def _off_loop(work: int, function: Callable[[], Result]) -> Result:
    return await asyncio.to_thread(function) if work >= OFFLOAD_FROM else function()


def count(committed: Committed) -> None:
    """Add a committed flush to the metrics."""
    metrics.FLUSHES.labels("committed").inc()
    metrics.READINGS.inc(committed.readings)
    metrics.OUT_OF_ORDER.inc(committed.late)
    metrics.DETECTIONS.inc(committed.detections)
    metrics.LOST.inc(committed.lost)
    metrics.MESSAGES.labels("duplicate").inc(committed.ledger.duplicates)
    metrics.MESSAGES.labels("stored").inc(len(committed.ledger.accepted))
    metrics.MESSAGES.labels("quarantined").inc(len(committed.ledger.refused))
    for refused in committed.ledger.refused:
        metrics.QUARANTINED.labels(refused.code).inc()
