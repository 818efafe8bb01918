"""Watches collectors' links at the centre and feeds what it finds to intake, in a transaction of its own.

Any number of watches may run: what is raised stands in the alarm, and the same again changes nothing. While
ingest writes nothing, or this process does not reach the broker, nobody listens and nobody is judged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from tocsin.alerts import metrics
from tocsin.alerts.alarm_link import Patience, judge
from tocsin.alerts.config import LinkWatchConfig
from tocsin.alerts.ports import AlertsStore
from tocsin.alerts.service import AlertService

log = structlog.get_logger()


class LinkWatch:
    """Look at all links now and then until told to stop."""

    def __init__(
        self,
        store: AlertsStore,
        alerts: AlertService,
        config: LinkWatchConfig,
        *,
        sessions: int,
        deaf: Callable[[], list[str]] = list,
    ) -> None:
        """Take what says that this process does not reach the broker; `sessions` is how many sessions ingest has."""
        self._store = store
        self._alerts = alerts
        self._config = config
        self._sessions = sessions
        self._deaf = deaf
        self._listening: datetime | None = None
        self._patience = Patience(
            offline=timedelta(seconds=config.offline_seconds),
            missed=config.missed_heartbeats,
            stopped=timedelta(seconds=config.stopped_seconds),
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Look every few seconds until `stop` is set."""
        while not stop.is_set():
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 a watch that stops is worse than any fault: try again
                metrics.LINK_WATCH_FAILURES.inc()
                self._listening = None
                log.warning("link_watch.failed", reason=str(error), kind=type(error).__name__)
            try:
                async with asyncio.timeout(self._config.every_seconds):
                    await stop.wait()
            except TimeoutError:
                continue

    async def look(self) -> int:
        """Judge all links once and say how many went or came back; raises what the store raises."""
        return await self._alerts.again(self._look)

    async def _look(self) -> int:
        async with self._store.unit() as unit:
            flushed, links = await unit.links(self._sessions)
            self._listening = self._since(flushed, unit.now)
            found = judge(links, self._listening, unit.now, self._patience)
            if found:
                await self._alerts.intake(unit, found)
        for one in found:
            log.info(
                "link.changed",
                collector=one.detection.collector,
                phase=one.detection.phase,
                reason=one.detection.reason,
            )
        metrics.LINKS_LOST.set(sum(link.lost for link in links))
        return len(found)

    def _since(self, flushed: datetime | None, now: datetime) -> datetime | None:
        """Say since when the centre listens; None while it does not."""
        fresh = flushed is not None and now - flushed < timedelta(seconds=self._config.listening_seconds)
        if not fresh or self._deaf():
            if self._listening is not None:
                log.info("link_watch.deaf", flushed=str(flushed), reasons=self._deaf())
            return None
        return self._listening or now
