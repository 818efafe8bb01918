"""A broker that hands over what it is given, boxes that seal envelopes, and detectors that keep count."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import msgspec
from typing_extensions import override

from tests.support.field import collector
from tocsin.core.clock import ManualClock, from_us, to_us
from tocsin.core.detections import Detection, Evidence, Kind, Phase
from tocsin.core.errors import Transient
from tocsin.core.ids import CollectorId, DetectionId, StreamId, derived_id, device_of
from tocsin.core.readings import Reading
from tocsin.core.wire import (
    AlarmItem,
    ClockState,
    Envelope,
    Heartbeat,
    Lane,
    MediaChunk,
    Receipt,
    Senml,
    Tombstone,
    decode_receipt,
    pack_items,
    seal,
    up_topic,
)
from tocsin.ingest.config import IngestConfig
from tocsin.ingest.ports import CollectorEntry, Delivery, Flush, IncomingDetection, Token, Transport
from tocsin.ingest.rules import RulesBook
from tocsin.ingest.service import IngestService
from tocsin.store.memory.field import MemoryFlushStore

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
NOON_US = to_us(NOON)
SECOND = 1_000_000


def envelope(
    seq: int = 1,
    items: list[Senml] | list[AlarmItem] | list[MediaChunk] | list[Heartbeat] | None = None,
    **other: object,
) -> Envelope:
    """Seal-ready envelope of box `weir`, sent at noon on a synced clock unless said otherwise."""
    plain: dict[str, object] = {
        "v": 1,
        "collector": CollectorId("weir"),
        "epoch": 7,
        "lane": Lane.DATA,
        "seq": seq,
        "boot": "b",
        "sent": NOON_US,
        "mono": 5_000 * SECOND,
        "clock": ClockState.SYNCED,
    }
    if items is not None:
        plain["items"] = pack_items(items)
    return Envelope(**(plain | other))  # type: ignore[arg-type]


def level(
    value: float | None = 1.5, *, seconds: float = 0.0, name: str = "gauge-1/level", **more: object
) -> Senml:
    return Senml(n=name, v=value, u="m", us=NOON_US + round(seconds * SECOND), **more)  # type: ignore[arg-type]


def deliver(
    sealed: Envelope | bytes, topic: str | None = None, packet: int = 1, *, partition: int = 3
) -> Delivery:
    payload = seal(sealed) if isinstance(sealed, Envelope) else sealed
    if topic is None:
        assert isinstance(sealed, Envelope)
        topic = up_topic(partition, sealed.collector, sealed.lane.value)
    return Delivery(Token(1, packet), topic, payload, 1, retained=False, received=0.0)


def alarm(observed: datetime = NOON, phase: Phase = Phase.RAISE, **more: object) -> Detection:
    plain: dict[str, object] = {
        "id": DetectionId(derived_id("weir/cam-1", phase.value, observed.isoformat())),
        "collector": CollectorId("weir"),
        "device": "weir/cam-1",
        "stream": "weir/cam-1",
        "detector": "smoke",
        "version": "smoke/1+0",
        "kind": Kind.SMOKE,
        "phase": phase,
        "observed": observed,
        "score": 0.9,
        "reason": "smoke in 4 of 5 pictures",
        "reason_code": "smoke.seen",
        "evidence": Evidence(first=observed - timedelta(seconds=5), last=observed),
    }
    return Detection(**(plain | more))  # type: ignore[arg-type]


class FakeTransport(Transport):
    """Hands over what `push` was given; remembers acknowledgements and what was published."""

    def __init__(self) -> None:
        self.queue: deque[Delivery] = deque()
        self.unacknowledged: dict[Token, Delivery] = {}
        self.acknowledged: list[Token] = []
        self.published: list[tuple[str, bytes, bool]] = []
        self.down = False
        self.suspended = 0
        self.number = 1
        self._packet = 0
        self._changed = asyncio.Event()
        self._pushed = asyncio.Event()

    def push(self, *sealed: Envelope | Delivery) -> None:
        for one in sealed:
            self._packet += 1
            delivery = deliver(one) if isinstance(one, Envelope) else one
            token = Token(self.number, self._packet)
            self.queue.append(replace(delivery, token=token))
        self._pushed.set()

    @property
    @override
    def connection(self) -> int:
        return self.number

    @override
    async def receive(self, most: int, wait_seconds: float) -> Sequence[Delivery]:
        if not self.queue:
            self._pushed.clear()
            try:
                async with asyncio.timeout(0.02):
                    await self._pushed.wait()
            except TimeoutError:
                return []
        taken = [self.queue.popleft() for _ in range(min(most, len(self.queue)))]
        self.unacknowledged.update({one.token: one for one in taken})
        return taken

    @override
    async def acknowledge(self, tokens: Sequence[Token]) -> None:
        for token in tokens:
            self.acknowledged.append(token)
            self.unacknowledged.pop(token, None)
        self._change()

    @override
    async def publish(self, topic: str, payload: bytes, *, retain: bool) -> None:
        if self.down:
            raise Transient("down")
        self.published.append((topic, payload, retain))
        self._change()

    @override
    async def reconnect(self) -> None:
        self.number += 1
        self.queue.extendleft(reversed(list(self.unacknowledged.values())))
        self.unacknowledged.clear()
        self._pushed.set()

    @override
    async def suspend(self) -> None:
        self.suspended += 1
        await self.reconnect()
        self._change()

    def _change(self) -> None:
        self._changed.set()

    async def until(self, condition: Callable[[], bool], seconds: float = 5.0) -> None:
        """Wait until something that acknowledgements or receipts bring about is so."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._changed.clear()
                try:
                    async with asyncio.timeout(0.02):
                        await self._changed.wait()
                except TimeoutError:
                    continue

    def receipts(self, name: str = "weir") -> list[Receipt]:
        topic = f"tocsin/v1/{name}/receipt"
        return [decode_receipt(payload) for where, payload, _ in self.published if where == topic]


class CountingBank:
    """Raises a detection at every tenth reading it sees; its whole state is the count of each stream."""

    def __init__(self, partition: int) -> None:
        self.partition = partition
        self.counts: dict[str, int] = {}
        self.ticks: list[datetime] = []
        self.seen: list[Reading] = []
        self.heard: list[Detection] = []
        self.poison: float | None = None

    def observe(self, readings: Sequence[Reading]) -> list[Detection]:
        found = []
        for reading in readings:
            if self.poison is not None and reading.value == self.poison:
                raise ZeroDivisionError("a defect of the detector")
            self.seen.append(reading)
            count = self.counts[reading.stream] = self.counts.get(reading.stream, 0) + 1
            if count % 10 == 0:
                found.append(self._said(reading, count))
        return found

    def _said(self, reading: Reading, count: int) -> Detection:
        at = from_us(reading.at_us)
        return alarm(
            at,
            id=DetectionId(derived_id(reading.stream, str(count))),
            stream=StreamId(reading.stream),
            device=device_of(reading.stream),
            evidence=Evidence(first=at, last=at),
        )

    def hear(self, said: Sequence[Detection]) -> list[Detection]:
        self.heard += said
        return []

    def tick(self, now: datetime) -> list[Detection]:
        self.ticks.append(now)
        return []

    def snapshot(self) -> bytes:
        return msgspec.msgpack.encode(self.counts)

    def restore(self, state: bytes) -> list[Detection]:
        self.counts = msgspec.msgpack.decode(state, type=dict[str, int])
        return []


@dataclass
class Site:
    """A running service over memory."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(NOON))
    known: list[CollectorEntry] = field(default_factory=lambda: [collector("weir", 3), collector("hall", 5)])
    config: IngestConfig = field(
        default_factory=lambda: IngestConfig(receipt_alarm_seconds=0.01, receipt_seconds=0.01)
    )
    poison: float | None = None
    store: MemoryFlushStore = field(init=False)
    transport: FakeTransport = field(default_factory=FakeTransport)
    banks: list[CountingBank] = field(default_factory=list)
    attached: list[IncomingDetection] = field(default_factory=list)
    complete: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = MemoryFlushStore(self.clock, self.known)

    @property
    def state(self):
        return self.store.state

    def bank(self, partition: int) -> CountingBank:
        bank = CountingBank(partition)
        bank.poison = self.poison
        self.banks.append(bank)
        return bank

    def newest(self, partition: int = 3) -> CountingBank:
        """The detectors now in force for a partition."""
        return [bank for bank in self.banks if bank.partition == partition][-1]

    async def attach(self, _flush: Flush, new: Sequence[IncomingDetection]) -> None:
        self.attached += new

    async def pictures(self, complete: Sequence[str]) -> None:
        self.complete += complete

    def service(self, holder: str = "one", **more: object) -> IngestService:
        plain: dict[str, object] = {
            "clock": self.clock,
            "rules": RulesBook.fixed(self.bank),
            "attach": self.attach,
            "pictures": self.pictures,
            "holder": holder,
        }
        return IngestService(self.transport, self.store, self.config, **(plain | more))  # type: ignore[arg-type]

    async def run(self, play: Callable[[], Awaitable[None]], service: IngestService | None = None) -> None:
        """Run a service while `play` acts, then stop it."""
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task((service or self.service()).run(stop))
            try:
                await play()
            finally:
                stop.set()

    async def takes(self, *sealed: Envelope | Delivery) -> None:
        """Let a fresh service take these and stop."""

        async def play() -> None:
            before = len(self.transport.acknowledged)
            self.transport.push(*sealed)
            await self.transport.until(lambda: len(self.transport.acknowledged) >= before + len(sealed))

        await self.run(play)

    def stored(self) -> list[float | None]:
        return [reading.value for reading in self.state.readings]


def lost(first: int, last: int, count: int = 1) -> list[Tombstone]:
    return [Tombstone(first, last, "full", count)]
