"""A small centre and helpers for the tests of the box."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiomqtt
import cv2
import numpy as np
from typing_extensions import override

from tocsin.core import wire
from tocsin.core.ids import DeviceId
from tocsin.core.readings import Reading
from tocsin.core.wire import Envelope, Lane, LaneReceipt, Receipt
from tocsin.edge import config
from tocsin.edge.ports import Intake, LocalBus, MessageHandler
from tocsin.edge.run import run


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Centre:
    """Stands for ingest: commits what comes, answers with receipts, remembers everything."""

    port: int
    collector: str = "weir"
    answering: bool = True
    drop: Callable[[Envelope], bool] = lambda _: False
    envelopes: list[Envelope] = field(default_factory=list)
    committed: dict[tuple[int, Lane], set[int]] = field(default_factory=dict)
    states: list[str] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    client: Any = None
    payloads: dict[tuple[int, Lane, int], set[bytes]] = field(default_factory=dict)

    async def run(self, ready: asyncio.Event) -> None:
        async with aiomqtt.Client("127.0.0.1", self.port, identifier="centre") as client:
            self.client = client
            await client.subscribe(wire.UP_FILTER, qos=1)
            ready.set()
            async for message in client.messages:
                await self._take(str(message.topic), bytes(message.payload))

    async def _take(self, topic: str, payload: bytes) -> None:
        leaf = wire.parse_up_topic(topic).leaf
        async with self.changed:
            if leaf == "state":
                self.states.append(payload.decode())
            else:
                envelope = wire.open_envelope(payload)
                if self.drop(envelope):
                    return
                self.envelopes.append(envelope)
                key = (envelope.epoch, envelope.lane)
                self.payloads.setdefault((*key, envelope.seq), set()).add(payload)
                numbers = self.committed.setdefault(key, set())
                numbers.add(envelope.seq)
                for stone in envelope.lost:
                    numbers.update(range(stone.first, stone.last + 1))
            self.changed.notify_all()
        if leaf != "state" and self.answering:
            await self.answer()

    async def answer(self) -> None:
        lanes = [lane_receipt(epoch, lane, numbers) for (epoch, lane), numbers in self.committed.items()]
        await self.client.publish(
            wire.receipt_topic(self.collector), wire.encode_receipt(Receipt(0, lanes)), qos=1, retain=True
        )

    async def until(self, condition: Callable[[Centre], bool], seconds: float = 10.0) -> None:
        async with asyncio.timeout(seconds), self.changed:
            await self.changed.wait_for(lambda: condition(self))

    def readings(self) -> list[wire.Senml]:
        return [r for e in self.envelopes if e.lane is Lane.DATA for r in wire.senml_items(e)]

    def alarms(self) -> list[wire.AlarmItem]:
        return [a for e in self.envelopes if e.lane is Lane.ALARM for a in wire.alarm_items(e)]

    def beats(self) -> list[wire.Heartbeat]:
        return [h for e in self.envelopes if e.lane is Lane.HEALTH for h in wire.health_items(e)]

    def chunks(self) -> list[wire.MediaChunk]:
        return [m for e in self.envelopes if e.lane is Lane.MEDIA for m in wire.media_items(e)]


def lane_receipt(epoch: int, lane: Lane, numbers: set[int]) -> LaneReceipt:
    upto = 0
    while upto + 1 in numbers:
        upto += 1
    beyond: list[tuple[int, int]] = []
    for number in sorted(n for n in numbers if n > upto):
        if beyond and beyond[-1][1] + 1 == number:
            beyond[-1] = (beyond[-1][0], number)
        else:
            beyond.append((number, number))
    return LaneReceipt(epoch, lane, upto, beyond[:64])


def collector(tmp_path: Path, port: int = 1883, more: str = "") -> config.CollectorConfig:
    return config.parse(
        f"""
collector: weir
partition: 7
broker: {{host: 127.0.0.1, port: {port}}}
outbox: {{path: box/outbox.sqlite}}
heartbeat_seconds: 0.3
batch_seconds: 0.05
drain_seconds: 5
clock: synced
{more}
""",
        base=tmp_path,
    )


@asynccontextmanager
async def running(box: config.CollectorConfig, **options: Any) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    task = asyncio.create_task(run(box, stop=stop, **options))
    try:
        yield stop
        stop.set()
        await asyncio.wait_for(task, 15)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def waiting_in(path: Path) -> int:
    """Count the envelopes in an outbox file."""
    db = sqlite3.connect(path)
    try:
        return int(db.execute("select count(*) from envelope").fetchone()[0])
    finally:
        db.close()


def picture(seed: int = 0, *, width: int = 320, height: int = 180) -> bytes:
    """Draw a JPEG that differs for every seed."""
    chance = np.random.default_rng(seed)
    image = cv2.resize(chance.integers(0, 255, (9, 16, 3), np.uint8), (width, height))
    return cv2.imencode(".jpg", image)[1].tobytes()


@dataclass
class Taken(Intake):
    """An intake that remembers."""

    taken: list[Reading] = field(default_factory=list)
    pictures: list[tuple[DeviceId, bytes]] = field(default_factory=list)
    faults: list[tuple[DeviceId, str]] = field(default_factory=list)
    damages: list[tuple[DeviceId, str]] = field(default_factory=list)
    bursts: list[tuple[DeviceId, bytes, int]] = field(default_factory=list)
    overs: list[tuple[DeviceId, str]] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    damage_seen: asyncio.Event = field(default_factory=asyncio.Event)

    @override
    async def readings(self, readings: Sequence[Reading]) -> None:
        async with self.changed:
            self.taken.extend(readings)
            self.changed.notify_all()

    @override
    async def picture(self, camera: DeviceId, jpeg: bytes) -> None:
        async with self.changed:
            self.pictures.append((camera, jpeg))
            self.changed.notify_all()

    @override
    async def burst(self, camera: DeviceId, jpeg: bytes, since_us: int) -> None:
        async with self.changed:
            self.bursts.append((camera, jpeg, since_us))
            self.changed.notify_all()

    @override
    async def burst_over(self, camera: DeviceId, complaint: str = "") -> None:
        async with self.changed:
            self.overs.append((camera, complaint))
            self.changed.notify_all()

    @override
    def fault(self, device: DeviceId, sentence: str) -> None:
        self.faults.append((device, sentence))

    @override
    def damaged(self, camera: DeviceId, reason: str) -> None:
        self.damages.append((camera, reason))
        self.damage_seen.set()

    async def until(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        async with asyncio.timeout(seconds), self.changed:
            await self.changed.wait_for(condition)


class FakeBus(LocalBus):
    """A local broker without a network."""

    def __init__(self) -> None:
        self.handlers: list[tuple[str, MessageHandler]] = []
        self.listening = asyncio.Event()

    @override
    def subscribe(self, topic_filter: str, handler: MessageHandler) -> None:
        self.handlers.append((topic_filter, handler))
        self.listening.set()

    @override
    def unsubscribe(self, handler: MessageHandler) -> None:
        self.handlers = [pair for pair in self.handlers if pair[1] is not handler]

    def say(self, topic: str, payload: bytes) -> None:
        for topic_filter, handler in list(self.handlers):
            if aiomqtt.Topic(topic).matches(topic_filter):
                handler(topic, payload)


@asynccontextmanager
async def reading_with(adapter: Any, bus: FakeBus | None = None) -> AsyncIterator[Taken]:
    """Run an adapter beside the test; with a bus, wait until it listens."""
    taken = Taken()
    task = asyncio.create_task(adapter.run(taken))
    try:
        if bus is not None:
            await asyncio.wait_for(bus.listening.wait(), 5)
        yield taken
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
