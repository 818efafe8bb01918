"""The real client against the embedded broker on loopback."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from paho.mqtt import client as paho

from tocsin.broker import EmbeddedBrokerConfig, RunningBroker, embedded_broker
from tocsin.core.clock import SystemClock
from tocsin.core.errors import Transient
from tocsin.core.wire import UP_FILTER
from tocsin.ingest import metrics
from tocsin.ingest.config import MqttConfig
from tocsin.ingest.mqtt import CUT_AT, MqttTransport, subscriptions
from tocsin.ingest.ports import Delivery, Token

TOPIC = "tocsin/v1/03/weir/data"


@pytest.fixture
async def broker() -> AsyncIterator[RunningBroker]:
    async with embedded_broker(EmbeddedBrokerConfig(port=0, anonymous=True)) as running:
        yield running


@asynccontextmanager
async def transport(broker: RunningBroker, **more) -> AsyncIterator[MqttTransport]:
    config = MqttConfig(port=broker.port, probe=False, reconnect_seconds_max=0.2)
    async with MqttTransport(config, clock=SystemClock(), **more) as made:
        yield made


@asynccontextmanager
async def speaker(broker: RunningBroker) -> AsyncIterator[MqttTransport]:
    async with transport(broker, speaker="load") as load:
        async with asyncio.timeout(10):
            while not load.connection:
                await asyncio.sleep(0.01)
        yield load


async def receive(made: MqttTransport, number: int = 1) -> list[Delivery]:
    taken: list[Delivery] = []
    async with asyncio.timeout(10):
        while len(taken) < number:
            taken += await made.receive(number, 0.01)
    return taken


async def connected(made: MqttTransport, number: int = 1) -> None:
    async with asyncio.timeout(10):
        while made.connection < number:
            await made.receive(1, 0.01)


def test_sessions_share_the_partitions():
    assert subscriptions(0, 1) == [UP_FILTER]
    shared = [subscriptions(session, 3) for session in range(3)]
    assert sum(map(len, shared)) == len({one for filters in shared for one in filters}) == 64
    assert "tocsin/v1/04/+/+" in shared[1]


async def test_messages_come_with_a_token_of_their_connection(broker):
    async with transport(broker) as made:
        await connected(made)
        assert made.version == "3.1.1"
        await made.publish(TOPIC, b"hello", retain=False)
        [delivery] = await receive(made)
        assert (delivery.topic, delivery.payload, delivery.token.connection) == (TOPIC, b"hello", 1)
        await made.acknowledge([delivery.token])


async def test_an_acknowledgement_for_an_earlier_connection_is_dropped(broker, monkeypatch):
    async with transport(broker) as made:
        await connected(made)
        await made.reconnect()
        await connected(made, 2)
        sent = []
        monkeypatch.setattr(made._present.client, "ack", lambda mid, qos: sent.append(mid))
        await made.acknowledge([Token(1, 1), Token(2, 7), Token(2, 0)])
        assert sent == [7]


async def test_a_batch_ends_at_its_size(broker):
    async with transport(broker, flush_messages=3) as made:
        await connected(made)
        for number in range(5):
            await made.publish(TOPIC, bytes([number]), retain=False)
        taken = await receive(made, 5)
        assert [one.payload[0] for one in taken] == [0, 1, 2, 3, 4]
        await made.publish(TOPIC, b"x", retain=False)
        assert len(await made.receive(100, 0.01)) <= 3


async def test_an_oversize_payload_is_cut_on_receipt(broker):
    async with transport(broker) as made:
        await connected(made)
        await made.publish(TOPIC, b"x" * 20_000_000, retain=False)
        [delivery] = await receive(made)
        assert len(delivery.payload) == CUT_AT


async def test_too_much_without_acknowledgement_drops_the_connection(broker):
    async with transport(broker, flush_messages=2) as made, transport(broker, speaker="load") as load:
        await connected(made)
        async with asyncio.timeout(10):
            while not load.connection:
                await asyncio.sleep(0.01)
        present = made._present
        for number in range(60):
            await load.publish(TOPIC, bytes([number]), retain=False)
        async with asyncio.timeout(10):
            await present.gone.wait()
        assert present.overflowed
        await connected(made, 2)


async def test_too_many_bytes_that_wait_drop_the_connection(broker):
    async with transport(broker, waiting_bytes_max=100_000) as made, speaker(broker) as load:
        await connected(made)
        present = made._present
        for number in range(4):
            await load.publish(TOPIC, bytes([number]) * 40_000, retain=False)
        async with asyncio.timeout(10):
            await present.gone.wait()
        assert present.overflowed
        await connected(made, 2)


async def test_messages_without_acknowledgement_are_dropped_when_too_many_wait(broker):
    async with transport(broker, waiting_bytes_max=100_000) as made:
        await connected(made)
        present = made._present

        def comes(payload: bytes) -> None:
            # Past the embedded broker, which raises every message to the subscriber's quality of service.
            message = paho.MQTTMessage(mid=0, topic=TOPIC.encode())
            message.payload, message.qos = payload, 0
            present._on_message(present.client, None, message)

        before = metrics.DROPPED._value.get()
        for number in range(50):
            comes(bytes([number]) * 40_000)
        assert metrics.DROPPED._value.get() - before == 47
        assert len(await receive(made, 3)) == 3
        comes(b"x")
        assert [one.payload for one in await receive(made)] == [b"x"], "there is room again"
        assert not present.gone.is_set()


async def test_without_a_broker_nothing_comes_and_publishing_says_so():
    async with MqttTransport(MqttConfig(port=1, probe=False), clock=SystemClock()) as made:
        assert list(await made.receive(1, 0.01)) == []
        with pytest.raises(Transient):
            await made.publish(TOPIC, b"", retain=False)


async def test_a_suspended_session_stays_away_until_it_is_wanted(broker):
    async with transport(broker) as made:
        await connected(made)
        await made.suspend()
        with pytest.raises(Transient):
            await made.publish(TOPIC, b"", retain=False)
        await connected(made, 2)


async def test_readiness_says_that_the_broker_is_not_there_until_we_are_subscribed(broker):
    async with transport(broker) as made:
        assert "no session with the broker" in made.faults()[0]
        await connected(made)
        async with asyncio.timeout(10):
            while made.faults():
                await asyncio.sleep(0.01)
