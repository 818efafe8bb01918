from __future__ import annotations

import asyncio
import random

import aiomqtt

from tests.support.edge import free_port
from tocsin.core.clock import SystemClock
from tocsin.edge.config import BrokerConfig
from tocsin.edge.local_bus import PAYLOAD_BYTES_MAX, MqttLocalBus


def bus(port: int) -> MqttLocalBus:
    return MqttLocalBus(BrokerConfig(port=port), "tocsin-weir-local", SystemClock(), random.Random(1))


async def test_messages_reach_the_handlers_of_their_filter(broker_port: int) -> None:
    local = bus(broker_port)
    got: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
    task = asyncio.create_task(local.run())
    local.subscribe("a/+", lambda topic, payload: got.put_nowait((topic, payload)))
    await asyncio.wait_for(local.connected.wait(), 10)
    late: asyncio.Queue[bytes] = asyncio.Queue()
    async with aiomqtt.Client("127.0.0.1", broker_port) as device:
        await device.publish("a/1", b"x", qos=1, retain=True)
        assert await asyncio.wait_for(got.get(), 5) == ("a/1", b"x")
        local.subscribe("a/1", lambda _, payload: late.put_nowait(payload))
        assert await asyncio.wait_for(late.get(), 5) == b"x"
    assert await local.publish("b", b"y")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_without_a_broker_publishing_says_no_and_it_goes_on_trying() -> None:
    local = bus(free_port())
    task = asyncio.create_task(local.run())
    assert not await local.publish("a", b"x")
    await asyncio.sleep(0.1)
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def test_a_device_cannot_fill_the_memory_with_one_message() -> None:
    assert PAYLOAD_BYTES_MAX == 8 * 1024 * 1024
