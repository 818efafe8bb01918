"""Receive, decode, commit, acknowledge, tell: the loop of one broker session.

Nothing is acknowledged before it is committed, and nothing is committed without the lease of the
session. A database that does not answer is waited for; a message that fails alone is put aside.
"""

from __future__ import annotations

import asyncio
import random
import traceback
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

import structlog

from tocsin.core.clock import Clock
from tocsin.core.errors import Conflict, LeaseLost, Rejected, Transient
from tocsin.core.ids import PictureHash
from tocsin.core.watch import Alive, unwatched
from tocsin.core.wire import encode_receipt, receipt_topic
from tocsin.ingest import metrics
from tocsin.ingest.banks import Banks
from tocsin.ingest.batch import Batch
from tocsin.ingest.config import IngestConfig
from tocsin.ingest.decode import Message, Refused, was_committed
from tocsin.ingest.flush import Attach, Committed, Flusher, count
from tocsin.ingest.intake import Intake
from tocsin.ingest.partition import DetectorFailed
from tocsin.ingest.ports import (
    Delivery,
    FlushStore,
    Lease,
    QuarantinedMessage,
    Token,
    Transport,
)
from tocsin.ingest.receipts import ReceiptBook
from tocsin.ingest.rules import RulesBook

log = structlog.get_logger()

Pictures: TypeAlias = Callable[[Sequence[PictureHash]], Awaitable[None]]
"""Told after commit which pictures became complete; what it does not finish it must find again by itself."""

CONFLICTS_MAX: Final = 5
RETRY_SESSION: Final = 1_000
"""The session under which quarantined messages are driven again, beside the running workers."""


class IngestService:
    """Ingest for one session; `run` is its life."""

    def __init__(
        self,
        transport: Transport,
        store: FlushStore,
        config: IngestConfig,
        *,
        clock: Clock,
        rules: RulesBook,
        attach: Attach,
        pictures: Pictures,
        holder: str,
        session: int = 0,
        alive: Alive = unwatched,
    ) -> None:
        """`holder` names this worker, anew in every process; `rules` may change while it runs."""
        self._transport = transport
        self._store = store
        self._config = config
        self._clock = clock
        self._pictures = pictures
        self._holder = holder
        self._session = session
        self._alive = alive
        self._banks = Banks(store, rules, replay_flushes=config.replay_flushes)
        self._flusher = Flusher(store, self._banks, attach, snapshot_seconds=config.snapshot_seconds)
        self._intake = Intake(transport, store, config, clock)
        self._receipts = ReceiptBook(config.receipt_alarm_seconds, config.receipt_seconds)
        self._something_to_tell = asyncio.Event()
        self._lease: Lease | None = None
        self._renewed = float("-inf")
        self._ticked: dict[int, float] = {}
        self._held: Batch | None = None
        self._failures = 0
        self._connection = 0
        self.owning = asyncio.Event()
        """Set while this worker holds the lease; readiness probes look at it."""

    async def run(self, stop: asyncio.Event) -> None:
        """Ingest until `stop` is set, then tell what is untold and give the lease back."""
        async with asyncio.TaskGroup() as group:
            teller = group.create_task(self._tell())
            try:
                while not stop.is_set():
                    await self._turn(stop)
            finally:
                teller.cancel()
        await self._leave()

    async def _turn(self, stop: asyncio.Event) -> None:
        """Do one round; whatever the database or another worker does to it is answered here."""
        try:
            if not await self._own():
                await self._pause(stop, 1.0)
                return
            await self._know_collectors()
            batch = self._held or await self._gather()
            self._held = batch
            ticking = self._ticking()
            if len(batch) or ticking:
                await self._flush(batch, ticking)
            self._held = None
            self._failures = 0
            self._alive()  # of the session: who waits for the lease says nothing
        except LeaseLost as error:
            log.warning("lease.lost", session=self._session, holder=self._holder, reason=str(error))
            await self._disown()
        except Transient as error:
            self._failures += 1
            metrics.FLUSHES.labels("transient").inc()
            wait = min(self._config.retry_seconds_max, 0.1 * 2 ** min(self._failures, 10))
            log.warning("flush.postponed", session=self._session, seconds=round(wait, 1), reason=str(error))
            await self._pause(stop, wait * random.uniform(0.5, 1.0))  # noqa: S311 - jitter needs no secrecy

    async def _pause(self, stop: asyncio.Event, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await stop.wait()
        except TimeoutError:
            return

    # -- lease ------------------------------------------------------------------------------

    async def _own(self) -> bool:
        if self._clock.monotonic() - self._renewed >= self._config.lease_seconds / 3:
            await self._renew()
        return self._lease is not None

    async def _renew(self) -> None:
        """Take or renew the lease; a different term means that somebody was here in between."""
        before = self._lease
        lease = await self._store.acquire(self._session, self._holder, self._config.lease_seconds)
        if lease is None:
            if before is not None:
                raise LeaseLost(f"session {self._session} belongs to another worker now")
            return
        self._renewed = self._clock.monotonic()
        if lease != before:
            log.info("lease.taken", session=self._session, holder=self._holder, term=lease.term)
            self._banks.discard()
            self._lease = lease
            self.owning.set()

    async def _disown(self) -> None:
        """Stop owning: what is in memory may be behind what the successor commits."""
        self._lease = None
        self._renewed = float("-inf")
        self._held = None
        self.owning.clear()
        self._banks.discard()
        self._intake.forget()
        await self._transport.suspend()

    async def _leave(self) -> None:
        self._receipts.everything(self._clock.monotonic())
        await self._publish_receipts()
        lease = self._lease
        self._lease = None
        self.owning.clear()
        await self._transport.suspend()
        if lease is not None:
            try:
                await self._store.release(lease)
            except (Transient, LeaseLost) as error:
                log.info("lease.not_released", session=self._session, reason=str(error))

    # -- gathering --------------------------------------------------------------------------

    async def _gather(self) -> Batch:
        batch = await self._intake.gather()
        if self._transport.connection != self._connection:
            self._connection = self._transport.connection
            self._receipts.everything(self._clock.monotonic())
            self._something_to_tell.set()
        return batch

    async def _know_collectors(self) -> None:
        await self._intake.know_collectors()
        self._flusher.collectors = self._intake.collectors

    def _ticking(self) -> list[int]:
        """Name the partitions whose detectors have not seen time pass for a tick."""
        now = self._clock.monotonic()
        mine = {
            entry.partition
            for entry in self._intake.collectors.values()
            if entry.partition % self._config.sessions == self._session
        }
        return [p for p in mine if now - self._ticked.get(p, float("-inf")) >= self._config.tick_seconds]

    # -- committing -------------------------------------------------------------------------

    async def _flush(self, batch: Batch, ticking: Sequence[int]) -> None:
        try:
            await self._commit(batch, ticking)
        except (Transient, LeaseLost):
            raise
        except Exception:  # one message of it, or a detector: found out one by one
            metrics.FLUSHES.labels("failed").inc()
            log.exception("flush.failed", session=self._session, messages=len(batch))
            await self._one_by_one(batch, ticking)

    async def _commit(self, batch: Batch, ticking: Sequence[int] = ()) -> None:
        if self._lease is None:
            raise LeaseLost(f"session {self._session} has no lease")
        began = self._clock.monotonic()
        committed = await self._flusher.commit(self._lease, batch, ticking, self._renew)
        now = self._clock.monotonic()
        metrics.FLUSH_SECONDS.observe(now - began)
        count(committed)
        for partition in {*ticking, *(message.entry.partition for message in batch.messages)}:
            self._ticked[partition] = now
        await self._transport.acknowledge(batch.tokens())
        self._note(committed, now)
        if committed.complete:
            await self._hand_over(committed.complete)

    def _note(self, committed: Committed, now: float) -> None:
        time_us = int(committed.at.timestamp() * 1_000_000)
        for collector, lanes in committed.ledger.lanes.items():
            entries = committed.ledger.entries.get(collector, {})
            self._receipts.note(collector, entries, time_us=time_us, lanes=lanes, now=now)
        if committed.ledger.lanes:
            self._something_to_tell.set()

    async def _hand_over(self, complete: Sequence[PictureHash]) -> None:
        try:
            await self._pictures(complete)
        except (Transient, Rejected) as error:
            log.warning("pictures.postponed", pictures=len(complete), reason=str(error))

    async def _one_by_one(self, batch: Batch, ticking: Sequence[int]) -> None:
        """Commit each message alone, after making sure that time itself can pass.

        What fails without any message is no message's fault: it is raised, and the process ends.
        """
        partitions = sorted({*ticking, *(message.entry.partition for message in batch.messages)})
        for partition in partitions:
            try:
                await self._commit(Batch(), [partition])
            except DetectorFailed as error:
                self._banks.begin_anew(error.partition, str(error))
                await self._commit(Batch(), [partition])
        for single in batch.singles():
            try:
                await self._insist(single)
            except (Transient, LeaseLost):
                raise
            except Exception as error:  # noqa: BLE001 - it fails alone: from whatever cause, it is put aside
                await self._put_aside(single, error)

    async def _insist(self, single: Batch) -> None:
        """Commit one message; somebody who is faster in the same places is given way to a few times."""
        for _ in range(CONFLICTS_MAX):
            try:
                return await self._commit(single)
            except Conflict:
                continue
        return await self._commit(single)

    async def _put_aside(self, single: Batch, error: Exception) -> None:
        code = "detector.failed" if isinstance(error, DetectorFailed) else "flush.failed"
        trace = "".join(traceback.format_exception(error, limit=-8))[-8_000:]
        reason = (str(error) or repr(error))[:500]
        for item in single.items():
            envelope = item.envelope if isinstance(item, Message) else None
            log.error("message.failed", topic=item.delivery.topic[:120], code=code, reason=reason)
            refused = Refused(item.delivery, code, reason, item.entry, envelope, trace)
            unheard = Refused(item.delivery, "sequence.uncommitted", reason, item.entry, None, trace)
            for attempt in (refused, unheard):
                try:
                    await self._commit(Batch(refused=(attempt,)))
                except (Transient, LeaseLost):
                    raise
                except Exception:  # the row itself cannot be written: the box keeps the message
                    log.exception("quarantine.failed", topic=item.delivery.topic[:120])
                else:
                    return
            await self._transport.acknowledge([item.delivery.token])

    # -- telling ----------------------------------------------------------------------------

    async def _tell(self) -> None:
        while True:
            due = self._receipts.next_due()
            wait = None if due is None else max(0.0, due - self._clock.monotonic())
            try:
                async with asyncio.timeout(wait):
                    await self._something_to_tell.wait()
            except TimeoutError:
                await self._publish_receipts()
            else:
                self._something_to_tell.clear()

    async def _publish_receipts(self) -> None:
        now = self._clock.monotonic()
        for collector, receipt in list(self._receipts.take(now)):
            try:
                await self._transport.publish(receipt_topic(collector), encode_receipt(receipt), retain=True)
            except Transient:
                self._receipts.failed(collector, now + 1.0)
            else:
                metrics.RECEIPTS.inc()

    # -- quarantine -------------------------------------------------------------------------

    async def retry(self, messages: Sequence[QuarantinedMessage]) -> int:
        """Feed held messages again and return how many were stored; the others are quarantined anew.

        Each is settled in the transaction that stores it: a crash leaves it held, and it may be driven again.

        Works beside running workers, under a lease of its own; detectors at the centre do not see
        what was held back, `alerts` does. Raises `Transient` when another retry is under way.
        """
        lease = await self._store.acquire(RETRY_SESSION, self._holder, self._config.lease_seconds)
        if lease is None:
            raise Transient("another retry of quarantined messages is under way: try again when it is done")
        try:
            await self._know_collectors()
            return sum([await self._drive_again(lease, message) for message in messages])
        finally:
            await self._store.release(lease)

    async def _drive_again(self, lease: Lease, message: QuarantinedMessage) -> int:
        delivery = Delivery(Token(0, 0), message.topic, message.payload, 1, retained=False, received=0.0)
        decoded = self._intake.decode([delivery])
        batch = replace(decoded, forced=was_committed(message), hidden=True, settles=message.id)
        try:
            committed = await self._flusher.commit(lease, batch, (), _nothing_to_renew)
        except (Transient, LeaseLost):
            raise
        except Exception as error:  # noqa: BLE001 - it still fails alone, from whatever cause
            trace = traceback.format_exc(limit=-8)
            refused = Refused(delivery, message.code, (str(error) or repr(error))[:500], trace=trace)
            again = Batch(refused=(refused,), hidden=True, settles=message.id)
            await self._flusher.commit(lease, again, (), _nothing_to_renew)
            return 0
        count(committed)
        return len(committed.ledger.accepted) + len(batch.links)


async def _nothing_to_renew() -> None:
    """A retry is shorter than its lease."""
