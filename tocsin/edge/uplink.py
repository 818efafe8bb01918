"""The box's line to the centre: sends what the outbox picks, hears receipts and commands.

Connects with jittered back-off for as long as it runs. Retained `state` says `online`, `stopped`
after a clean stop, `offline` by last will. A broker's acknowledgement frees a place on the line and
measures its rate, nothing more: only receipts delete.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

import aiomqtt
import structlog

from tocsin.core import wire
from tocsin.core.clock import Clock, to_us
from tocsin.core.errors import Rejected
from tocsin.core.ids import CollectorId
from tocsin.core.wire import Command, Lane, LinkState
from tocsin.edge import broker, metrics
from tocsin.edge.backoff import Backoff
from tocsin.edge.config import BrokerConfig
from tocsin.edge.outbox import Outbox
from tocsin.edge.outbox_file import Stored

log = structlog.get_logger()

FAST_MAX: Final = 32
"""Envelopes without the broker's acknowledgement, pictures aside."""
PUBLISH_SECONDS_MAX: Final = 60.0
"""Longest wait for an acknowledgement before the connection counts as dead."""
STOP_SECONDS_MAX: Final = 5.0
"""At a clean stop: how long to wait for acknowledgements that are due."""
CHUNK_BYTES_MIN: Final = 4 * 1024
CHUNK_BYTES_MAX: Final = 256 * 1024
RATE_BYTES_FIRST: Final = 32 * 1024.0
"""Bytes a second that are assumed before anything was measured."""
COMMANDS_REMEMBERED: Final = 256


class Uplink:
    """One collector's connection to its centre."""

    def __init__(
        self,
        *,
        collector: CollectorId,
        partition: int,
        config: BrokerConfig,
        outbox: Outbox,
        clock: Clock,
        on_command: Callable[[Command], Awaitable[None]],
        chance: random.Random,
    ) -> None:
        self._collector = collector
        self._partition = partition
        self._config = config
        self._outbox = outbox
        self._clock = clock
        self._on_command = on_command
        self._backoff = Backoff(chance)
        self._rate = RATE_BYTES_FIRST
        self._commands_done: deque[str] = deque(maxlen=COMMANDS_REMEMBERED)
        self._fast = 0
        self._media = 0
        self._publishing: set[asyncio.Task[None]] = set()
        self.connected = asyncio.Event()

    def chunk_bytes(self) -> int:
        """Give the size of a piece of a picture: one second of the measured rate, within its bounds."""
        return int(min(max(self._rate, CHUNK_BYTES_MIN), CHUNK_BYTES_MAX))

    def faults(self) -> list[str]:
        """Say what keeps the line from working; may be called from any thread."""
        if self.connected.is_set():
            return []
        return [f"no connection to the broker {self._config.host}:{self._config.port}"]

    async def run(self, stop: asyncio.Event) -> None:
        """Keep the connection until `stop`; then say `stopped` and leave.

        Raises `Rejected` when the configuration itself cannot work (TLS files, password file).
        """
        while not stop.is_set():
            began = self._clock.monotonic()
            try:
                await self._connection(stop)
            except (aiomqtt.MqttError, OSError, TimeoutError) as error:
                self._backoff.worked(self._clock.monotonic() - began)
                delay = self._backoff.next()
                log.warning(
                    "uplink.lost", broker=self._config.host, reason=str(error), again_seconds=round(delay, 1)
                )
                await _wait(stop, delay)
            finally:
                self._down()

    def _down(self) -> None:
        self.connected.clear()
        self._outbox.link_up = False
        metrics.CONNECTED.set(0)

    async def _connection(self, stop: asyncio.Event) -> None:
        state = wire.up_topic(self._partition, self._collector, "state")
        will = aiomqtt.Will(state, LinkState.OFFLINE.value, qos=1, retain=True)
        name = f"tocsin-{self._collector}"
        async with broker.client(self._config, name, will=will, persistent=True) as client:
            await client.subscribe(wire.receipt_topic(self._collector), qos=1)
            await client.subscribe(wire.command_topic(self._collector), qos=1)
            await client.publish(state, LinkState.ONLINE.value, qos=1, retain=True)
            metrics.CONNECTIONS.inc()
            metrics.CONNECTED.set(1)
            log.info("uplink.connected", broker=self._config.host, port=self._config.port)
            self._outbox.link_up = True
            self.connected.set()
            await self._talk(client, stop)
            await client.publish(state, LinkState.STOPPED.value, qos=1, retain=True)

    async def _talk(self, client: aiomqtt.Client, stop: asyncio.Event) -> None:
        """Send and listen until `stop` or until the connection fails, which raises its `MqttError`."""
        self._fast = self._media = 0
        try:
            async with asyncio.TaskGroup() as group:
                listener = group.create_task(self._listen(client))
                sender = group.create_task(self._send(client, group))
                await stop.wait()
                sender.cancel()
                if self._publishing:
                    await asyncio.wait(self._publishing, timeout=STOP_SECONDS_MAX)
                for task in [*self._publishing, listener]:
                    task.cancel()
        except* (aiomqtt.MqttError, OSError, TimeoutError) as failures:
            raise aiomqtt.MqttError(_first(failures)) from failures

    async def _send(self, client: aiomqtt.Client, group: asyncio.TaskGroup) -> None:
        while True:
            self._outbox.wake.clear()
            batch = await self._outbox.pick(FAST_MAX - self._fast, media=self._media == 0)
            for stored in batch:
                # Counted here and not in the task, so that the next pick sees it.
                if stored.lane is Lane.MEDIA:
                    self._media += 1
                else:
                    self._fast += 1
                task = group.create_task(self._publish(client, stored))
                self._publishing.add(task)
                task.add_done_callback(self._publishing.discard)
            if not batch:
                await self._sleep()

    async def _sleep(self) -> None:
        due = await self._outbox.next_due()
        seconds = 60.0 if due is None else min(max(due - self._clock.monotonic(), 0.05), 60.0)
        try:
            async with asyncio.timeout(seconds):
                await self._outbox.wake.wait()
        except TimeoutError:
            return

    async def _publish(self, client: aiomqtt.Client, stored: Stored) -> None:
        topic = wire.up_topic(self._partition, self._collector, stored.lane.value)
        began = self._clock.monotonic()
        done = False
        try:
            await client.publish(topic, stored.payload, qos=1, timeout=PUBLISH_SECONDS_MAX)
            done = True
            self._measure(stored, self._clock.monotonic() - began)
        finally:
            if stored.lane is Lane.MEDIA:
                self._media -= 1
            else:
                self._fast -= 1
            if done:
                self._outbox.wake.set()
            else:
                await asyncio.shield(self._outbox.withdraw(stored.lane, stored.seq))

    def _measure(self, stored: Stored, seconds: float) -> None:
        if stored.lane is not Lane.MEDIA or stored.size < CHUNK_BYTES_MIN // 2:
            return
        rate = stored.size / max(seconds, 0.001)
        self._rate += 0.3 * (min(rate, 2.0 * CHUNK_BYTES_MAX) - self._rate)
        metrics.LINK_RATE.set(self._rate)

    async def _listen(self, client: aiomqtt.Client) -> None:
        receipts = wire.receipt_topic(self._collector)
        async for message in client.messages:
            if str(message.topic) == receipts:
                await self._outbox.receipt(bytes(message.payload))
            else:
                await self._command(bytes(message.payload))

    async def _command(self, payload: bytes) -> None:
        try:
            command = wire.decode_command(payload)
        except Rejected as error:
            log.warning("command.refused", code=error.code, reason=error.reason)
            return
        if command.id in self._commands_done:
            return
        self._commands_done.append(command.id)
        if command.expires_us and to_us(self._clock.now()) > command.expires_us:
            log.warning("command.expired", id=command.id, action=command.action)
            return
        log.info("command.taken", id=command.id, action=command.action)
        await self._on_command(command)


def _first(failures: BaseExceptionGroup[BaseException]) -> str:
    error: BaseException = failures
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) or type(error).__name__


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
