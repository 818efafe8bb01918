"""Writes the shifts of rosters ahead, and looks where nobody will be on duty.

Every minute the rosters that have changed, or whose shifts end a day before the horizon; every few minutes
the gaps of the coming day, for the watcher. A round that fails is tried again: shifts are written 45 days ahead.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection
from datetime import timedelta
from typing import Final

import structlog

from tocsin.core.clock import Clock
from tocsin.core.responders import Channel
from tocsin.town import metrics
from tocsin.town.coverage import GapCode, gaps
from tocsin.town.people_ports import DutyStore
from tocsin.town.roster import HORIZON

log = structlog.get_logger()

ROUND_SECONDS: Final = 60.0
LOOK_SECONDS: Final = 300.0
AHEAD: Final = timedelta(hours=24)
BATCH: Final = 100
"""Rosters written in one transaction: some 13,000 shifts are compared."""
BATCHES_MOST: Final = 20
"""In one round: the 32,000 rosters of a city take a quarter of an hour, once a day."""
GAPS_KEPT: Final = 5_000
"""More gaps than this are counted, not kept."""


class DutyKeeper:
    """Keep duty written until told to stop."""

    def __init__(self, duty: DutyStore, channels: Collection[Channel], clock: Clock) -> None:
        self._duty = duty
        self._channels = channels
        self._clock = clock
        self._looked_at = float("-inf")

    async def run(self, stop: asyncio.Event) -> None:
        """Write and look until `stop` is set."""
        while not stop.is_set():
            try:
                await self.round()
            except Exception as error:  # noqa: BLE001 what is written already serves for weeks
                log.warning("duty.postponed", reason=f"{type(error).__name__}: {error}"[:500])
            try:
                async with asyncio.timeout(ROUND_SECONDS):
                    await stop.wait()
            except TimeoutError:
                continue

    async def round(self) -> None:
        """Write what is due, and look when it is time; raises `Transient` when the store is away."""
        written = 0
        for _ in range(BATCHES_MOST):
            done = await self._duty.write_rosters(HORIZON, BATCH)
            written += done
            if done < BATCH:
                break
        metrics.ROSTERS_WRITTEN.inc(written)
        now = self._clock.monotonic()
        if written or now - self._looked_at >= LOOK_SECONDS:
            await self.look()
            self._looked_at = now

    async def look(self) -> None:
        """Look for gaps of the coming day once, and keep them."""
        since = self._clock.now()
        until = since + AHEAD
        places, covers = await self._duty.covers("", since, until, self._channels)
        found = await asyncio.to_thread(gaps, places, covers, since, until)
        await self._duty.keep_gaps(found[:GAPS_KEPT], len(places), until)
        grids = Counter(dict.fromkeys(GapCode, 0))
        grids.update(code for _, code in {(one.grid, one.code) for one in found})
        for code, number in grids.items():
            metrics.DUTY_GAPS.labels(code.value).set(number)
