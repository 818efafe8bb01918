"""The broker session of ingest: paho on a thread of its own, behind the `Transport` port.

Every connection is a new paho client with a number, so that an acknowledgement can never confirm a
message of another connection. The network thread only appends; nothing it calls blocks or raises.
MQTT 5 is spoken where the broker takes it, 3.1.1 otherwise. Too many messages or bytes without
acknowledgement drop the connection: the broker gives them again when we have caught up.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Final, Self

import structlog
from paho.mqtt import client as paho
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode
from typing_extensions import override

from tocsin.core.clock import Clock
from tocsin.core.errors import Transient
from tocsin.core.ids import new_id
from tocsin.core.wire import ENVELOPE_BYTES_MAX, PARTITIONS, UP_FILTER, partition_filter
from tocsin.ingest import metrics
from tocsin.ingest.config import MqttConfig
from tocsin.ingest.connecting import choose_version, connect, make_client
from tocsin.ingest.ports import Delivery, Token, Transport
from tocsin.ingest.probe import in_flight_limit

log = structlog.get_logger()

CUT_AT: Final = ENVELOPE_BYTES_MAX + 1
"""A larger payload is cut on receipt: the decoder still sees that it is too large, the queue stays small."""
WAITING_BYTES_MAX: Final = 128 * 1024 * 1024
"""Payloads that may wait for a flush: four hundred of the largest. More drops the connection."""
IDLE_SECONDS: Final = 1.0
"""`receive` returns empty after this, so that the caller may tick."""


def subscriptions(session: int, sessions: int) -> list[str]:
    """Name the filters of a session: one for everything when there is only one."""
    if sessions == 1:
        return [UP_FILTER]
    return [partition_filter(number) for number in range(PARTITIONS) if number % sessions == session]


class _Connection:
    """One connection: a paho client with its thread, and what came over it."""

    def __init__(
        self,
        number: int,
        client: paho.Client,
        filters: Sequence[str],
        clock: Clock,
        *,
        unacknowledged_max: int,
        waiting_bytes_max: int,
    ) -> None:
        self.number = number
        self.client = client
        self.queue: deque[Delivery] = deque()
        self._received = 0
        """Written by the network thread alone."""
        self._received_bytes = 0
        """Written by the network thread alone."""
        self._taken_bytes = 0
        """Written by the loop alone."""
        self.acknowledged = 0
        """Written by the loop alone."""
        self.overflowed = False
        self.subscribed = False
        self._filters = filters
        self._unacknowledged_max = unacknowledged_max
        self._waiting_bytes_max = waiting_bytes_max
        self._monotonic = clock.monotonic
        self._loop = asyncio.get_running_loop()
        self.arrived = asyncio.Event()
        self.stands: asyncio.Future[None] = self._loop.create_future()
        self.gone = asyncio.Event()
        self.reason = ""
        self.waiting = False
        """True while the loop wants to be woken by the next message."""
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message

    # -- on the network thread: append, never block, never raise --

    def _on_connect(self, client: paho.Client, _user: Any, _flags: Any, code: ReasonCode, _more: Any) -> None:
        if code.is_failure:
            self._call(self._refuse, str(code))
            return
        if self._filters:
            client.subscribe([(one, 1) for one in self._filters])
        else:
            self.subscribed = True
        # Not when the subscription is answered: what a session kept may come before, and more than we can hold.
        self._call(self._stand)

    def _on_subscribe(
        self, _client: paho.Client, _user: Any, _mid: int, codes: list[ReasonCode], _more: Any
    ) -> None:
        refused = [str(code) for code in codes if code.is_failure]
        self.subscribed = not refused
        if refused:
            self.reason = f"it refuses our subscription ({refused[0]}): see its rules for our user"

    def _on_disconnect(
        self, _client: paho.Client, _user: Any, _flags: Any, code: ReasonCode, _more: Any
    ) -> None:
        self._call(self._go, str(code))

    def _on_message(self, client: paho.Client, _user: Any, message: paho.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        payload = bytes(message.payload)
        if len(payload) > CUT_AT:
            metrics.OVERSIZE.inc()
            payload = payload[:CUT_AT]
        if not message.qos and self._is_full():
            # Whoever sends without asking for an acknowledgement has no promise; our memory has a bound.
            metrics.DROPPED.inc()
            return
        token = Token(self.number, message.mid if message.qos else 0)
        self.queue.append(Delivery(token, topic, payload, message.qos, message.retain, self._monotonic()))
        self._received_bytes += len(payload)
        if message.qos:
            self._received += 1
            if self._is_full() and not self.overflowed:
                self.overflowed = True
                client.disconnect()
        if self.waiting:
            self.waiting = False
            self._call(self.arrived.set)

    def _is_full(self) -> bool:
        return (
            max(self.unacknowledged, len(self.queue)) > self._unacknowledged_max
            or self._received_bytes - self._taken_bytes > self._waiting_bytes_max
        )

    def _call(self, function: Any, *arguments: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:  # the loop has been closed: nobody is left to hear it
            return

    # -- on the loop --

    @property
    def unacknowledged(self) -> int:
        """Messages handed to us that the broker still holds."""
        return self._received - self.acknowledged

    def take(self, most: int) -> list[Delivery]:
        """Hand over what waits, oldest first."""
        taken = [self.queue.popleft() for _ in range(min(most, len(self.queue)))]
        self._taken_bytes += sum(len(one.payload) for one in taken)
        return taken

    def _stand(self) -> None:
        if not self.stands.done():
            self.stands.set_result(None)

    def _refuse(self, reason: str) -> None:
        if not self.stands.done():
            self.stands.set_exception(Transient(f"the broker refused the connection: {reason}"))

    def _go(self, reason: str) -> None:
        self.reason = reason
        self._refuse(reason)
        self.gone.set()
        self.arrived.set()

    def close(self) -> None:
        """Say good-bye and end the thread; blocks until it has ended."""
        self.client.disconnect()
        self.client.loop_stop()


class MqttTransport(Transport):
    """A session of the broker; enter it to run, then `receive`."""

    def __init__(
        self,
        config: MqttConfig,
        *,
        clock: Clock,
        session: int = 0,
        sessions: int = 1,
        flush_messages: int = 500,
        waiting_bytes_max: int = WAITING_BYTES_MAX,
        speaker: str = "",
    ) -> None:
        """`flush_messages` is the size of a batch.

        With `speaker`, a name unique in the installation, it subscribes to nothing and only publishes.
        """
        self._config = config
        self._clock = clock
        self._filters = () if speaker else subscriptions(session, sessions)
        self._identifier = f"{config.client_id}-{speaker or session}"
        self._unacknowledged_max = config.unacknowledged_batches * flush_messages
        self._waiting_bytes_max = waiting_bytes_max
        self._persistent = not speaker
        self._batch_max: int | None = None if config.probe and not speaker else flush_messages
        """Half of what the broker hands over without acknowledgement; None until it is measured."""
        self._version: int | None = None
        self._present: _Connection | None = None
        self._number = 0
        self._wanted = asyncio.Event()
        if speaker:
            self._wanted.set()
        self._changed = asyncio.Event()
        self._group = asyncio.TaskGroup()
        self._keeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        self._keeper = self._group.create_task(self._keep())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
        await self._group.__aexit__(kind, error, trace)

    @property
    @override
    def connection(self) -> int:
        return self._number

    def faults(self) -> list[str]:
        """Say that the broker is not there; empty while the session stands and is subscribed."""
        where = f"the broker at {self._config.host}:{self._config.port}"
        present = self._present
        if present is None:
            return [f"no session with {where}"]
        return (
            []
            if present.subscribed
            else [f"{where} has not taken our subscription: {present.reason or 'it has not answered'}"]
        )

    @property
    def version(self) -> str:
        """The protocol in use: `5`, `3.1.1`, or nothing before the first connection."""
        if self._version is None:
            return ""
        return "5" if self._version == paho.MQTTv5 else "3.1.1"

    @override
    async def receive(self, most: int, wait_seconds: float) -> Sequence[Delivery]:
        self._wanted.set()
        present = self._present
        if present is None:
            self._changed.clear()
            await _at_most(IDLE_SECONDS, self._changed)
            present = self._present
        if present is None:
            return []
        if not present.queue:
            present.arrived.clear()
            present.waiting = True
            if not present.queue:
                await _at_most(IDLE_SECONDS, present.arrived)
            if not present.queue:
                return []
        most = min(most, self._batch_max or 1)
        deadline = self._clock.monotonic() + wait_seconds
        while len(present.queue) < most and not present.gone.is_set():
            left = deadline - self._clock.monotonic()
            if left <= 0:
                break
            await asyncio.sleep(min(left, 0.01))
        taken = present.take(most)
        metrics.WAITING.set(len(present.queue))
        return taken

    @override
    async def acknowledge(self, tokens: Sequence[Token]) -> None:
        present = self._present
        stale = 0
        for token in tokens:
            if token.packet == 0:
                continue
            if present is None or token.connection != present.number:
                stale += 1
                continue
            present.client.ack(token.packet, 1)
            present.acknowledged += 1
        if stale:
            metrics.STALE_ACKS.inc(stale)

    @override
    async def publish(self, topic: str, payload: bytes, *, retain: bool) -> None:
        present = self._present
        if present is None:
            raise Transient("the session with the broker is down")
        done = present.client.publish(topic, payload, qos=1, retain=retain)
        if done.rc is not MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise Transient(f"the broker session takes no message: {done.rc.name}")

    @override
    async def reconnect(self) -> None:
        present = self._present
        if present is not None:
            self._present = None
            await asyncio.to_thread(present.close)
            present.gone.set()

    @override
    async def suspend(self) -> None:
        self._wanted.clear()
        await self.reconnect()

    async def _keep(self) -> None:
        """Keep a connection while one is wanted."""
        failures = 0
        try:
            while True:
                await self._wanted.wait()
                try:
                    present = await self._connect()
                except (OSError, Transient) as error:
                    self._version = None
                    failures += 1
                    wait = min(self._config.reconnect_seconds_max, 0.25 * 2 ** min(failures, 8))
                    log.warning(
                        "broker.unreachable",
                        host=self._config.host,
                        port=self._config.port,
                        reason=str(error),
                    )
                    await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 - jitter needs no secrecy
                    continue
                failures = 0
                await present.gone.wait()
                await self._lost(present)
        finally:
            present_now, self._present = self._present, None
            if present_now is not None:
                present_now.close()

    async def _connect(self) -> _Connection:
        if self._batch_max is None:
            limit = await in_flight_limit(self._config, new_id()[:8])
            self._batch_max = max(1, limit // 2)
        if self._version is None:
            self._version = await asyncio.to_thread(choose_version, self._config)
        client = make_client(self._config, self._identifier, self._version, persistent=self._persistent)
        made = _Connection(
            self._number + 1,
            client,
            self._filters,
            self._clock,
            unacknowledged_max=self._unacknowledged_max,
            waiting_bytes_max=self._waiting_bytes_max,
        )
        try:
            await asyncio.to_thread(connect, client, self._config, persistent=self._persistent)
            client.loop_start()
            async with asyncio.timeout(self._config.connect_seconds):
                await made.stands
        except BaseException as error:
            if not made.stands.done():
                made.stands.cancel()
            await asyncio.to_thread(made.close)
            if isinstance(error, TimeoutError):
                raise Transient("the broker did not answer CONNECT") from error
            raise
        self._number += 1
        self._present = made
        self._changed.set()
        metrics.CONNECTIONS.inc()
        log.info("broker.connected", host=self._config.host, port=self._config.port, protocol=self.version)
        return made

    async def _lost(self, present: _Connection) -> None:
        """Clean up after a connection; what was in its queue comes again."""
        if self._present is present:
            self._present = None
        await asyncio.to_thread(present.close)
        if present.overflowed:
            log.warning("broker.overflow", unacknowledged=present.unacknowledged, waiting=len(present.queue))
            self._wanted.clear()  # until the next `receive`: whoever is behind must not be flooded again
        elif self._wanted.is_set():
            log.warning("broker.lost", reason=present.reason)


async def _at_most(seconds: float, event: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
