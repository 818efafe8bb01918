"""The outbox as the rest of the box sees it: put, pick, settle; the disk stays off the event loop.

`put` returns when the envelope is on the disk. Puts that come together share one commit. `pick`
chooses what to send by the rules of `sending`; nothing but a receipt deletes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import structlog

from tocsin.core import wire
from tocsin.core.clock import Clock
from tocsin.core.errors import Rejected, Transient
from tocsin.core.ids import CollectorId
from tocsin.core.wire import ClockState, Lane
from tocsin.edge import metrics
from tocsin.edge.outbox_file import Depth, Draft, OutboxFile, Stored
from tocsin.edge.sending import Sending, Urgency

log = structlog.get_logger()

PUTS_MAX: Final = 2000
"""Drafts that may wait for the disk; `put` waits beyond it, which slows the sensors down."""
EXPIRE_SECONDS: Final = 60.0

T = TypeVar("T")


@dataclass(slots=True)
class _Waiting:
    draft: Draft
    done: asyncio.Future[int]


class _Places:
    """How many may be handed to the broker now; pieces of pictures have one place of their own."""

    def __init__(self, most: int, *, media: bool) -> None:
        self._most = most
        self._media = int(media)

    def free(self, lane: Lane) -> int:
        return max(0, self._media if lane is Lane.MEDIA else self._most)

    def occupy(self, lane: Lane) -> None:
        if lane is Lane.MEDIA:
            self._media -= 1
        else:
            self._most -= 1


class Outbox:
    """Keep envelopes until the centre has them. One per collector; use it from one event loop."""

    def __init__(
        self,
        path: Path,
        *,
        collector: CollectorId,
        clock: Clock,
        boot: str,
        bytes_max: int,
        days_max: float,
    ) -> None:
        self._clock = clock
        self._sending = Sending()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="outbox")
        self._file = OutboxFile(
            path, collector=collector, clock=clock, boot=boot, bytes_max=bytes_max, days_max=days_max
        )
        self._epoch = self._file.epoch
        self._waiting: list[_Waiting] = []
        self._committing = asyncio.Lock()
        self._places = asyncio.Semaphore(PUTS_MAX)
        self._expired_at = clock.monotonic()
        self.link_up = False
        """Set by the uplink; what is sealed while it is False is history."""
        self.clock_state: Callable[[], ClockState] = lambda: ClockState.SYNCED
        self.wake = asyncio.Event()
        """Set when there may be something to send."""
        self.settled = asyncio.Event()
        """Set after every receipt that deleted something."""

    async def put(self, draft: Draft) -> int:
        """Keep; give the sequence number once it is on the disk.

        Raises `Transient` when the disk takes nothing: the items are lost and counted.
        """
        async with self._places:
            waiting = _Waiting(draft, asyncio.get_running_loop().create_future())
            self._waiting.append(waiting)
            async with self._committing:
                # Whoever comes first commits for all who wait; the others find it done.
                if not waiting.done.done():
                    group, self._waiting = self._waiting, []
                    await asyncio.shield(self._commit(group))
            return await waiting.done

    async def _commit(self, group: list[_Waiting]) -> None:
        drafts = [w.draft for w in group]
        try:
            numbers = await self._call(lambda: self._put(drafts))
        except Transient as error:
            lost = sum(d.count for d in drafts)
            metrics.OUTBOX_REFUSED.inc(lost)
            log.error("outbox.refused", items=lost, reason=str(error))  # noqa: TRY400 the reason says it all
            for waiting in group:
                if not waiting.done.done():
                    waiting.done.set_exception(Transient(str(error)))
                    waiting.done.exception()
            return
        for waiting, number in zip(group, numbers, strict=True):
            if not waiting.done.done():
                waiting.done.set_result(number)
        self.wake.set()

    def _put(self, drafts: Sequence[Draft]) -> list[int]:
        keep = [(lane, seq) for lane in Lane for seq in self._sending.in_flight(lane)]
        try:
            return self._file.put(drafts, keep=keep)
        except Transient:
            # A damaged file has been replaced by now; a full disk refuses a second time.
            self._notice_epoch()
            return self._file.put(drafts)

    def _notice_epoch(self) -> None:
        if self._file.epoch != self._epoch:
            self._epoch = self._file.epoch
            self._sending.forget()

    async def pick(self, most: int, *, media: bool) -> list[Stored]:
        """Choose what to send now, most urgent first, and count it as sent.

        `media` says whether the place of the one picture piece on its way is free.
        """
        if most <= 0 and not media:
            return []
        return await self._call(lambda: self._pick(most, media=media))

    def _pick(self, most: int, *, media: bool) -> list[Stored]:
        places = _Places(most, media=media)
        chosen = [
            self._take(lane, seq, places, again=True)
            for lane, seq in self._sending.due(self._clock.monotonic())
        ]
        try:
            for urgency in Urgency:
                for lane in self._file.lanes_waiting(urgency):
                    chosen += self._fill(urgency, lane, places)
        except Transient as error:
            log.warning("outbox.read_failed", reason=str(error))
            self._notice_epoch()
        return [stored for stored in chosen if stored is not None]

    def _fill(self, urgency: Urgency, lane: Lane, places: _Places) -> list[Stored | None]:
        on_the_way = self._sending.in_flight(lane)
        count, size = self._sending.room(lane, urgency)
        chosen: list[Stored | None] = []
        for seq, length in self._file.waiting(urgency, lane, on_the_way, min(count, places.free(lane))):
            # What is larger than the whole window may go when nothing else is on its way.
            if length > size and on_the_way:
                break
            chosen.append(self._take(lane, seq, places, again=False))
            size -= length
        return chosen

    def _take(self, lane: Lane, seq: int, places: _Places, *, again: bool) -> Stored | None:
        if places.free(lane) <= 0:
            return None
        try:
            stored = self._file.load(lane, seq, clock=self.clock_state())
        except Transient as error:
            log.warning("outbox.read_failed", lane=lane.value, seq=seq, reason=str(error))
            self._notice_epoch()
            return None
        if stored is None:
            self._sending.withdrawn(lane, seq)
            return None
        places.occupy(lane)
        self._sending.sent(lane, seq, stored.last, stored.size, self._clock.monotonic())
        (metrics.RESENT if again else metrics.SENT).labels(lane.value).inc()
        return stored

    async def withdraw(self, lane: Lane, seq: int) -> None:
        """Count one as unsent: the broker did not take it."""
        await self._call(lambda: self._sending.withdrawn(lane, seq))
        self.wake.set()

    async def next_due(self) -> float | None:
        """Give the monotonic instant of the next re-sending, None when nothing is on its way."""
        # On the file's thread like everything that touches the flights: it changes them meanwhile.
        return await self._call(self._sending.next_due)

    async def receipt(self, payload: bytes) -> int:
        """Take a receipt's bytes; give how many envelopes it ended. Bad receipts are counted, not raised."""
        try:
            receipt = wire.decode_receipt(payload)
        except Rejected as error:
            metrics.RECEIPTS_REFUSED.labels(error.code).inc()
            log.warning("receipt.refused", code=error.code, reason=error.reason)
            return 0
        ended = 0
        for lane in receipt.lanes:
            ended += await self._call(partial(self._settle, lane))
        if ended:
            metrics.SETTLED.inc(ended)
            self.settled.set()
        self.wake.set()
        return ended

    def _settle(self, receipt: wire.LaneReceipt) -> int:
        if receipt.epoch != self._file.epoch:
            return 0
        if not self._file.plausible(receipt):
            metrics.RECEIPTS_REFUSED.labels("receipt.future").inc()
            log.error("receipt.refused", code="receipt.future", lane=receipt.lane.value, upto=receipt.upto)
            return self._begin_again()
        self._sending.receipt(receipt)
        try:
            return self._file.settle(receipt)
        except Transient as error:
            self._notice_epoch()
            log.warning("outbox.settle_failed", reason=str(error))
            return 0

    def _begin_again(self) -> int:
        """Leave the epoch of a file that was set back: its numbers would be taken for duplicates."""
        try:
            self._file.renumber()
        except Transient as error:
            log.warning("outbox.settle_failed", reason=str(error))
        self._notice_epoch()
        return 0

    async def depth(self) -> Depth:
        """Measure what waits; drops what is too old once a minute."""
        now = self._clock.monotonic()
        expire = now - self._expired_at >= EXPIRE_SECONDS
        if expire:
            self._expired_at = now
        depth = await self._call(lambda: self._depth(expire=expire))
        metrics.OUTBOX_ENVELOPES.set(depth.envelopes)
        metrics.OUTBOX_BYTES.set(depth.bytes)
        metrics.OUTBOX_LOST.set(depth.lost)
        return depth

    def _depth(self, *, expire: bool) -> Depth:
        if expire:
            try:
                self._file.expire(clock=self.clock_state())
            except Transient as error:
                self._notice_epoch()
                log.warning("outbox.expire_failed", reason=str(error))
        try:
            return self._file.depth()
        except Transient as error:
            log.warning("outbox.read_failed", reason=str(error))
            self._notice_epoch()
            return self._file.counted()

    async def drained(self, seconds: float) -> bool:
        """Wait until nothing is left; say whether that came within the time."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    self.settled.clear()
                    if (await self.depth()).envelopes == 0:
                        return True
                    await self.settled.wait()
        except TimeoutError:
            return False

    async def close(self) -> None:
        """Close the file; waits for what the thread still does."""
        await self._call(self._file.close)
        self._thread.shutdown(wait=False)

    async def _call(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
