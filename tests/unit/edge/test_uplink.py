from __future__ import annotations

import asyncio
import gc
import logging
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import pytest
from amqtt.broker import Broker

from tests.support.edge import Centre, free_port
from tests.support.tls import Certificate, self_signed, tls_listener
from tocsin.core import wire
from tocsin.core.clock import SystemClock
from tocsin.core.ids import CollectorId
from tocsin.core.wire import ClockState, Command, Lane, Senml
from tocsin.edge.broker import tls_context
from tocsin.edge.config import BrokerConfig, TlsConfig
from tocsin.edge.outbox import Outbox
from tocsin.edge.outbox_file import Draft, Stored
from tocsin.edge.sending import Urgency
from tocsin.edge.uplink import CHUNK_BYTES_MAX, CHUNK_BYTES_MIN, Uplink

WEIR = CollectorId("weir")


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[Outbox]:
    made = Outbox(
        tmp_path / "o.sqlite", collector=WEIR, clock=SystemClock(), boot="b", bytes_max=10**8, days_max=7
    )
    yield made
    await made.close()


@asynccontextmanager
async def tls_broker(own: Certificate) -> AsyncIterator[int]:
    logging.getLogger("amqtt").setLevel(logging.CRITICAL)
    logging.getLogger("transitions").setLevel(logging.CRITICAL)
    port = free_port()
    broker = Broker(tls_listener(port, own))
    await broker.start()
    yield port
    await broker.shutdown()


def uplink(
    outbox: Outbox, port: int, taken: list[Command] | None = None, tls: TlsConfig | None = None
) -> Uplink:
    async def take(command: Command) -> None:
        (taken if taken is not None else []).append(command)

    return Uplink(
        collector=WEIR,
        partition=7,
        config=BrokerConfig(port=port, tls=tls),
        outbox=outbox,
        clock=SystemClock(),
        on_command=take,
        chance=random.Random(1),
    )


def draft(lane: Lane = Lane.DATA, urgency: Urgency = Urgency.LIVE, size: int = 10) -> Draft:
    return Draft(lane, urgency, wire.pack_items([Senml(n="a/b", vs="x" * size)]), 1, ClockState.SYNCED)


@asynccontextmanager
async def cable(to_port: int) -> AsyncIterator[tuple[int, Callable[[], None]]]:
    """A TCP relay that can be cut."""
    ends: list[asyncio.StreamWriter] = []

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def plug(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", to_port)
        ends.extend((writer, far_writer))
        await asyncio.gather(carry(reader, far_writer), carry(far_reader, writer))

    def cut() -> None:
        for end in ends:
            end.transport.abort()
        ends.clear()

    server = await asyncio.start_server(plug, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], cut
        cut()
        await asyncio.sleep(0.05)


async def test_the_state_says_online_then_stopped(outbox: Outbox, broker_port: int, centre: Centre) -> None:
    stop = asyncio.Event()
    line = uplink(outbox, broker_port)
    assert line.faults() != []
    task = asyncio.create_task(line.run(stop))
    await centre.until(lambda c: c.states == ["online"])
    assert outbox.link_up
    stop.set()
    await asyncio.wait_for(task, 10)
    await centre.until(lambda c: c.states == ["online", "stopped"])
    assert not outbox.link_up


async def test_a_box_that_dies_is_said_to_be_offline(
    outbox: Outbox, broker_port: int, centre: Centre
) -> None:
    async with cable(broker_port) as (port, cut):
        task = asyncio.create_task(uplink(outbox, port).run(asyncio.Event()))
        await centre.until(lambda c: c.states == ["online"])
        cut()
        await centre.until(lambda c: "offline" in c.states)
        await centre.until(lambda c: c.states[-1] == "online")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_more_envelopes_than_the_window_pass_in_order(
    outbox: Outbox, broker_port: int, centre: Centre
) -> None:
    stop = asyncio.Event()
    task = asyncio.create_task(uplink(outbox, broker_port).run(stop))
    await asyncio.gather(*(outbox.put(draft()) for _ in range(150)))
    assert await outbox.drained(20)
    numbers = [e.seq for e in centre.envelopes if e.lane is Lane.DATA]
    assert sorted(set(numbers)) == list(range(1, 151))
    first_seen = list(dict.fromkeys(numbers))
    assert first_seen == sorted(first_seen), "order is kept on the wire"
    stop.set()
    await asyncio.wait_for(task, 10)


async def test_commands_are_carried_out_once_and_never_too_late(
    outbox: Outbox, broker_port: int, centre: Centre
) -> None:
    taken: list[Command] = []
    stop = asyncio.Event()
    task = asyncio.create_task(uplink(outbox, broker_port, taken).run(stop))
    await centre.until(lambda c: c.states == ["online"])
    for command in (
        Command(id="1", action="siren", expires_us=1),
        Command(id="2", action="siren"),
        Command(id="2", action="siren"),
        Command(id="3", action="snapshot"),
    ):
        await centre.client.publish(wire.command_topic(WEIR), wire.encode_command(command), qos=1)
    await centre.client.publish(wire.command_topic(WEIR), b"\xff nonsense", qos=1)
    await outbox.put(draft())
    assert await outbox.drained(10)
    assert [command.id for command in taken] == ["2", "3"]
    stop.set()
    await asyncio.wait_for(task, 10)


async def test_everything_goes_over_tls_to_a_broker_that_can_prove_who_it_is(
    outbox: Outbox, tmp_path: Path
) -> None:
    own = self_signed(tmp_path)
    async with tls_broker(own) as port:
        stop = asyncio.Event()
        trusting = TlsConfig(ca_file=own.certificate)
        task = asyncio.create_task(uplink(outbox, port, tls=trusting).run(stop))
        watcher = aiomqtt.Client("127.0.0.1", port, tls_context=tls_context(trusting))
        async with asyncio.timeout(20), watcher as client:
            await client.subscribe(wire.UP_FILTER, qos=1)
            await outbox.put(draft())
            async for message in client.messages:
                if message.topic.matches("+/+/+/+/data"):
                    break
        assert wire.open_envelope(bytes(message.payload)).seq == 1
        stop.set()
        await asyncio.wait_for(task, 10)


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # paho leaves the socket to the collector
async def test_a_broker_that_cannot_prove_who_it_is_gets_nothing(outbox: Outbox, tmp_path: Path) -> None:
    own = self_signed(tmp_path)
    async with tls_broker(own) as port:
        line = uplink(outbox, port, tls=TlsConfig())
        await outbox.put(draft())
        with pytest.raises(aiomqtt.MqttError, match="certificate verify failed"):
            await asyncio.wait_for(line._connection(asyncio.Event()), 10)
        assert not line.connected.is_set()
    gc.collect()


def test_pieces_of_pictures_are_as_large_as_a_second_of_the_link(outbox: Outbox) -> None:
    line = uplink(outbox, 1)
    stored = Stored(Lane.MEDIA, 1, 1, 20_000, b"")
    for _ in range(30):
        line._measure(stored, 2.0)
    assert 9_000 < line.chunk_bytes() < 11_000
    for _ in range(30):
        line._measure(stored, 100.0)
    assert line.chunk_bytes() == CHUNK_BYTES_MIN
    for _ in range(60):
        line._measure(stored, 0.0001)
    assert line.chunk_bytes() == CHUNK_BYTES_MAX
