"""The local broker: hands messages of the village's own devices to their adapters.

One connection for all adapters, kept with jittered back-off. Handlers must not block; a handler's
adapter is told nothing of the connection, its devices simply fall silent.
"""

from __future__ import annotations

import asyncio
import random
from typing import Final

import aiomqtt
import structlog
from typing_extensions import override

from tocsin.core.clock import Clock
from tocsin.edge import broker
from tocsin.edge.backoff import Backoff
from tocsin.edge.config import BrokerConfig
from tocsin.edge.ports import LocalBus, MessageHandler

log = structlog.get_logger()

PAYLOAD_BYTES_MAX: Final = 8 * 1024 * 1024
"""A larger message of a device is dropped unread."""


class MqttLocalBus(LocalBus):
    """A local MQTT broker, or the centre's own where the devices publish there."""

    def __init__(self, config: BrokerConfig, identifier: str, clock: Clock, chance: random.Random) -> None:
        self._config = config
        self._identifier = identifier
        self._clock = clock
        self._backoff = Backoff(chance)
        self._handlers: list[tuple[str, MessageHandler]] = []
        self._client: aiomqtt.Client | None = None
        self._changed = asyncio.Event()
        self.connected = asyncio.Event()

    @override
    def subscribe(self, topic_filter: str, handler: MessageHandler) -> None:
        self._handlers.append((topic_filter, handler))
        self._changed.set()

    @override
    def unsubscribe(self, handler: MessageHandler) -> None:
        self._handlers = [pair for pair in self._handlers if pair[1] is not handler]

    async def publish(self, topic: str, payload: bytes) -> bool:
        """Publish once at QoS 1; say whether the broker took it."""
        if self._client is None:
            return False
        try:
            await self._client.publish(topic, payload, qos=1)
        except aiomqtt.MqttError as error:
            log.warning("local_bus.publish_failed", topic=topic, reason=str(error))
            return False
        return True

    async def run(self) -> None:
        """Keep the connection until cancelled."""
        while True:
            began = self._clock.monotonic()
            try:
                await self._connection()
            except* (aiomqtt.MqttError, OSError, TimeoutError) as error:
                self._backoff.worked(self._clock.monotonic() - began)
                log.warning("local_bus.lost", broker=self._config.host, reason=str(error.exceptions[0]))
            finally:
                self._client = None
                self.connected.clear()
            await asyncio.sleep(self._backoff.next())

    async def _connection(self) -> None:
        async with broker.client(self._config, self._identifier) as client:
            self._client = client
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep_subscribed(client))
                group.create_task(self._listen(client))

    async def _keep_subscribed(self, client: aiomqtt.Client) -> None:
        known: set[str] = set()
        while True:
            self._changed.clear()
            for topic_filter in {pair[0] for pair in self._handlers} - known:
                await client.subscribe(topic_filter, qos=1)
                known.add(topic_filter)
            self.connected.set()
            await self._changed.wait()

    async def _listen(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            payload = bytes(message.payload)
            if len(payload) > PAYLOAD_BYTES_MAX:
                log.warning("local_bus.too_large", topic=str(message.topic)[:120], bytes=len(payload))
                continue
            for topic_filter, handler in list(self._handlers):
                if message.topic.matches(topic_filter):
                    handler(str(message.topic), payload)
