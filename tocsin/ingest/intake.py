"""Deliveries of a broker session become batches of decoded messages.

Knows the collectors, reads them again when a stranger speaks, and drops what is refused over and
over: a foreign client that repeats itself fills no table.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import structlog

from tocsin.core.clock import Clock
from tocsin.core.ids import CollectorId
from tocsin.ingest import metrics
from tocsin.ingest.batch import Batch
from tocsin.ingest.config import IngestConfig
from tocsin.ingest.decode import Decoder, Link, Message, Refused
from tocsin.ingest.ports import CollectorEntry, Delivery, FlushStore, Token, Transport

log = structlog.get_logger()

OFF_LOOP_FROM: Final = 20
"""Messages from which decoding leaves the event loop."""
SEEN_MAX: Final = 10_000
"""Refused messages remembered."""
STRANGER_SECONDS: Final = 1.0
"""Least age of the list of collectors before a stranger makes us read it again."""


class Intake:
    """Receive and decode for one session."""

    def __init__(self, transport: Transport, store: FlushStore, config: IngestConfig, clock: Clock) -> None:
        self._transport = transport
        self._store = store
        self._config = config
        self._clock = clock
        self._decoder = Decoder({})
        self._read = float("-inf")
        self._seen: dict[int, None] = {}

    @property
    def collectors(self) -> Mapping[CollectorId, CollectorEntry]:
        """All known collectors, as last read."""
        return self._decoder.collectors

    async def know_collectors(self, *, older_than: float | None = None) -> None:
        """Read the collectors when the list is older than this, in seconds; by default than configured."""
        limit = self._config.collectors_seconds if older_than is None else older_than
        if self._clock.monotonic() - self._read >= limit:
            self._decoder.collectors = await self._store.collectors()
            self._read = self._clock.monotonic()

    def forget(self) -> None:
        """Forget what was refused: its quarantine may not have been committed."""
        self._seen.clear()

    async def gather(self) -> Batch:
        """Give the next batch, empty when nothing came for a second.

        Raises `Transient` when a stranger speaks and the database does not answer; the broker has
        the messages still.
        """
        deliveries = await self._transport.receive(self._config.flush_messages, self._config.flush_seconds)
        if not deliveries:
            return Batch()
        if len(deliveries) >= OFF_LOOP_FROM:
            batch = await asyncio.to_thread(self.decode, deliveries)
        else:
            batch = self.decode(deliveries)
        if any(refused.code == "collector.unknown" for refused in batch.refused):
            await self.know_collectors(older_than=STRANGER_SECONDS)
            batch = self.decode(deliveries)
        if not batch.refused:
            return batch
        return await self._without_repeats(batch)

    def decode(self, deliveries: Sequence[Delivery]) -> Batch:
        """Decode in order of receipt; never raises for what somebody sent."""
        messages: list[Message] = []
        links: list[Link] = []
        refused: list[Refused] = []
        for delivery in deliveries:
            try:
                decoded = self._decoder.decode(delivery)
            except Exception as error:  # noqa: BLE001 - a defect of ours met a message of theirs: it waits in quarantine
                trace = traceback.format_exc(limit=-8)
                decoded = Refused(delivery, "envelope.unexpected", repr(error)[:500], trace=trace)
            match decoded:
                case Message():
                    messages.append(decoded)
                case Link():
                    links.append(decoded)
                case Refused():
                    refused.append(decoded)
        return Batch(messages, links, refused)

    async def _without_repeats(self, batch: Batch) -> Batch:
        """Drop refused messages that are in quarantine already, or are retained and come with every connection."""
        fresh: list[Refused] = []
        repeats: list[Token] = []
        for refused in batch.refused:
            delivery = refused.delivery
            key = hash((delivery.topic, delivery.payload, refused.code))
            if refused.envelope is None and (key in self._seen or delivery.retained):
                repeats.append(delivery.token)
                continue
            if len(self._seen) >= SEEN_MAX:
                self._seen.pop(next(iter(self._seen)))
            self._seen[key] = None
            log.warning(
                "message.quarantined",
                topic=delivery.topic[:120],
                code=refused.code,
                reason=refused.reason[:300],
            )
            fresh.append(refused)
        metrics.MESSAGES.labels("refused_again").inc(len(repeats))
        await self._transport.acknowledge(repeats)
        return replace(batch, refused=fresh)
