"""The partitions of one session: brought up to date before their first flush and after any failed one.

Restored from the newest snapshot under the rules that made it, then shown every stored flush after it
without emitting, so that a restart forgets nothing and repeats nothing; then changed over to the rules
in force, whose state is saved in the very next flush.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime

import structlog

from tocsin.core.errors import Rejected
from tocsin.ingest import metrics
from tocsin.ingest.partition import DetectorFailed, PartitionState
from tocsin.ingest.ports import FlushStore
from tocsin.ingest.rules import RulesBook

log = structlog.get_logger()


class Banks:
    """Keep the state of every partition that is in use."""

    def __init__(
        self,
        store: FlushStore,
        book: RulesBook,
        *,
        replay_flushes: int,
    ) -> None:
        self._store = store
        self._book = book
        self._replay_flushes = replay_flushes
        self._states: dict[int, PartitionState] = {}

    async def ready(
        self, partitions: Iterable[int], renew: Callable[[], Awaitable[None]]
    ) -> dict[int, PartitionState]:
        """Give the states, restored where they were not there and under the rules in force.

        `renew` is awaited between pages of a replay. Raises `Transient` when the database does not answer.
        """
        for partition in partitions:
            if partition not in self._states:
                self._states[partition] = await self._restored(partition, renew)
            self._change(partition)
        return {partition: self._states[partition] for partition in partitions}

    def discard(self, partitions: Sequence[int] | None = None) -> None:
        """Forget states that may have seen what was not committed; all when None."""
        if partitions is None:
            self._states.clear()
            return
        for partition in partitions:
            self._states.pop(partition, None)

    def begin_anew(self, partition: int, reason: str) -> None:
        """Replace detectors that cannot go on by fresh ones; they are saved in the next flush."""
        log.error("detectors.reset", partition=partition, reason=reason)
        self._states[partition] = PartitionState(partition, self._book.current)

    def _change(self, partition: int) -> None:
        state, rules = self._states[partition], self._book.current
        if state.rules.digest == rules.digest:
            return
        before = state.rules.digest
        try:
            state.change(rules)
        except Rejected as error:
            self.begin_anew(partition, error.reason)
            return
        log.info("detectors.changed", partition=partition, before=before[:12], now=rules.digest[:12])

    def unsaved(self, now: datetime, seconds: float) -> list[int]:
        """Name partitions whose snapshot is older than this, or missing."""
        return [
            partition
            for partition, state in self._states.items()
            if state.saved_at is None or (now - state.saved_at).total_seconds() >= seconds
        ]

    async def _restored(self, partition: int, renew: Callable[[], Awaitable[None]]) -> PartitionState:
        saved = await self._store.detectors(partition)
        if saved is None:
            return PartitionState(partition, self._book.current)
        state, anew = PartitionState.restored(saved, self._book)
        if anew:
            log.warning("detectors.anew", partition=partition, reason=anew)
            return state
        flushes = 0
        after = saved.at
        while page := await self._store.replay(partition, after, self._replay_flushes):
            try:
                for flush in page:
                    state.replay(flush.at, flush.readings, flush.said)
                    after = flush.at
            except DetectorFailed as error:
                self.begin_anew(partition, str(error))
                return self._states[partition]
            flushes += len(page)
            if len(page) < self._replay_flushes:
                break
            await renew()
        metrics.REPLAYED.inc(flushes)
        log.info("detectors.restored", partition=partition, flushes=flushes, at=saved.at.isoformat())
        return state
