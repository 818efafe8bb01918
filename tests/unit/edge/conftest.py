from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import aiomqtt
import pytest
from amqtt.broker import Broker

from tocsin.core import wire
from tocsin.core.wire import Envelope, Lane, LaneReceipt, Receipt


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def broker_port() -> AsyncIterator[int]:
    port = free_port()
    logging.getLogger("amqtt").setLevel(logging.CRITICAL)
    logging.getLogger("transitions").setLevel(logging.CRITICAL)
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
    await broker.start()
    yield port
    await broker.shutdown()


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


@pytest.fixture
async def centre(broker_port: int) -> AsyncIterator[Centre]:
    centre = Centre(broker_port)
    ready = asyncio.Event()
    task = asyncio.create_task(centre.run(ready))
    await asyncio.wait_for(ready.wait(), 10)
    yield centre
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
