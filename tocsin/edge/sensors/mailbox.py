"""Messages of the local broker, queued for an adapter; the oldest gives way when it is behind."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Final, Self

from tocsin.edge import metrics
from tocsin.edge.ports import LocalBus

WAITING_MAX: Final = 1000
WAITING_BYTES_MAX: Final = 16 * 1024 * 1024
"""Of one adapter; a single larger message still passes alone."""


class Mailbox:
    """Subscribe for as long as the context lasts, and iterate over (topic, payload)."""

    def __init__(self, bus: LocalBus, topic_filter: str, *, most: int = WAITING_MAX) -> None:
        self._bus = bus
        self._filter = topic_filter
        self._waiting: deque[tuple[str, bytes]] = deque(maxlen=most)
        self._bytes = 0
        self._arrived = asyncio.Event()
        self._handler = self._take

    def _take(self, topic: str, payload: bytes) -> None:
        if len(self._waiting) == self._waiting.maxlen:
            self._drop_oldest()
        self._waiting.append((topic, payload))
        self._bytes += len(payload)
        while self._bytes > WAITING_BYTES_MAX and len(self._waiting) > 1:
            self._drop_oldest()
        self._arrived.set()

    def _drop_oldest(self) -> None:
        self._pop()
        metrics.READINGS_REFUSED.labels("mailbox.full").inc()

    def _pop(self) -> tuple[str, bytes]:
        topic, payload = self._waiting.popleft()
        self._bytes -= len(payload)
        return topic, payload

    def __enter__(self) -> Self:
        self._bus.subscribe(self._filter, self._handler)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bus.unsubscribe(self._handler)

    async def __aiter__(self) -> AsyncIterator[tuple[str, bytes]]:
        while True:
            while self._waiting:
                yield self._pop()
            self._arrived.clear()
            if not self._waiting:
                await self._arrived.wait()
