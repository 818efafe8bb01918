"""The watcher's loop: look, judge, keep, tell; once a second, whatever happens to the database.

It does none of the centre's work and shares nothing with it but the tables: its connection, its
channels and their credentials are its own.  What it found while the database was away is written
when it is back.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

import structlog

from tocsin.alerts.policy_book import run as run_policy
from tocsin.core.clock import Clock
from tocsin.core.errors import Rejected, TocsinError, Transient
from tocsin.core.ids import IncidentId
from tocsin.core.watch import WATCHER, Beat, Disk, Finding, FindingRow, Level, Sight, WatchStore
from tocsin.store import audit as stored
from tocsin.watch import audit, metrics
from tocsin.watch.beating import read_disks
from tocsin.watch.checks import Look, Rules, judge
from tocsin.watch.config import WatchConfig
from tocsin.watch.lamp import Lamp
from tocsin.watch.pager import Pager, sentence
from tocsin.watch.standing import Ledger, News, Patience, Standing

log = structlog.get_logger()

SETTLING_SECONDS: Final = 10.0
"""Workers find a database again within a second or two; some have a whole pool to open anew."""
QUARANTINE_SPAN_SECONDS: Final = 600.0
DISKS_SECONDS: Final = 30.0
KEPT_EVERY_SECONDS: Final = 10.0
"""How often a finding that stands is written again, so that one can see that it is still looked at."""
UNWRITTEN_MOST: Final = 200
SUSPECTS_MOST: Final = 50
STANDS_SECONDS: Final = 30.0
"""After so long without a look the watcher itself does not work."""


class Tower(WatchStore, Protocol):
    """What the watcher needs of the database."""

    async def look(self, *, overdue: timedelta, unsent: timedelta, gone: timedelta) -> Sight:
        """Ask all that one look needs; raises `Transient` when it cannot be asked in time."""
        ...

    async def audit(self, most: int, also: Sequence[IncidentId]) -> Sequence[stored.Audited]:
        """Read a sample of incidents, and some by name; raises `Transient`."""
        ...

    async def close(self) -> None:
        """Let the connection go."""
        ...


@dataclass(frozen=True, slots=True)
class Audit:
    """What the newest audit found."""

    at: float = float("-inf")
    broken: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()
    suspects: tuple[IncidentId, ...] = ()
    """Incidents with which something is wrong: the next audit looks at them again."""


class Watcher:
    """Watch until told to stop."""

    def __init__(
        self,
        tower: Tower,
        config: WatchConfig,
        clock: Clock,
        *,
        host: str,
        pager: Pager | None = None,
        lamp: Lamp | None = None,
    ) -> None:
        self._tower = tower
        self._config = config
        self._clock = clock
        self._host = host
        self._pager = pager
        self._lamp = lamp
        self._rules = Rules(limits=config.limits, expect=config.expect)
        self._ledger = Ledger(
            Patience(
                raise_after=config.raise_after,
                clear_after=config.clear_after,
                repeat=timedelta(minutes=config.repeat_minutes),
            )
        )
        self._audit = Audit()
        self._disks: Mapping[str, Disk] = {}
        self._disks_at = float("-inf")
        self._held: deque[tuple[float, int]] = deque(maxlen=1000)
        self._unwritten: dict[tuple[str, str, object], FindingRow] = {}
        self._kept_at = float("-inf")
        self._blind = False
        self._saw_at = float("-inf")
        self._adopted = False
        self._looked_at = clock.monotonic()

    @property
    def standing(self) -> tuple[Standing, ...]:
        """Give the findings that stand."""
        return self._ledger.standing

    def faults(self) -> list[str]:
        """Say that the watcher itself stands, for its readiness probe; called from a thread."""
        seconds = self._clock.monotonic() - self._looked_at
        return (
            [f"no look for {seconds:.0f} s"] if seconds > STANDS_SECONDS + self._config.every_seconds else []
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Look once a second until `stop` is set."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._tower.close)
            group = await stack.enter_async_context(asyncio.TaskGroup())
            others = [group.create_task(one.run()) for one in (self._pager, self._lamp) if one is not None]
            try:
                while not stop.is_set():
                    began = self._clock.monotonic()
                    await self.round()
                    await _pause(stop, self._config.every_seconds - (self._clock.monotonic() - began))
                await self._leave()
            finally:
                for task in others:
                    task.cancel()

    async def round(self) -> News:
        """Look, judge, keep and tell once."""
        began = self._clock.monotonic()
        findings, sight = await self.look()
        if sight is not None:
            await self._adopt()
        now = self._clock.now()
        news = self._ledger.look(findings, now, blind=sight is None)
        self._say(news)
        await self._keep(news, sight)
        metrics.LOOK_SECONDS.observe(self._clock.monotonic() - began)
        metrics.LAST_LOOK.set(now.timestamp())
        self._looked_at = self._clock.monotonic()
        return news

    async def look(self) -> tuple[list[Finding], Sight | None]:
        """Give what is wrong now, and what was seen; None for a database that could not be asked."""
        fault, sight = "", None
        try:
            sight = await self._sight()
        except (TocsinError, OSError) as error:
            fault = str(error)
            metrics.BLIND.inc()
        now = self._clock.monotonic()
        if sight is None:
            self._blind = True
        else:
            if self._blind:
                self._blind, self._saw_at = False, now
            await self._look_closer(sight, now)
        await self._look_at_disks(now)
        look = Look(
            sight=sight,
            fault=fault,
            settling=now - self._saw_at < SETTLING_SECONDS,
            disks=self._disks,
            quarantined_before=self._quarantined_before(now),
            broken_chains=self._audit.broken,
            differences=self._audit.differences,
        )
        return judge(look, self._rules), sight

    async def _sight(self) -> Sight:
        limits = self._config.limits
        return await self._tower.look(
            overdue=timedelta(seconds=limits.overdue_seconds),
            unsent=timedelta(seconds=limits.unsent_seconds),
            gone=timedelta(seconds=limits.collector_seconds),
        )

    async def _look_closer(self, sight: Sight, now: float) -> None:
        """Note what needs a past, and audit a sample when it is time."""
        if not self._held or now - self._held[-1][0] >= 5.0:
            self._held.append((now, sight.quarantined))
        if self._config.audit_incidents and now - self._audit.at >= self._config.audit_seconds:
            try:
                self._audit = await self._audited(now)
            except Transient as error:
                log.info("watch.audit_postponed", reason=str(error))

    async def _audited(self, now: float) -> Audit:
        broken: list[str] = []
        differences: list[str] = []
        suspects: list[IncidentId] = []
        for one in await self._tower.audit(self._config.audit_incidents, self._audit.suspects):
            metrics.AUDITED.inc()
            said = await asyncio.to_thread(replayed, one) if one.whole and one.open else []
            differences += said
            if not one.whole:
                broken.append(one.incident)
            if said or not one.whole:
                suspects.append(one.incident)
        return Audit(now, tuple(broken), tuple(differences), tuple(suspects[:SUSPECTS_MOST]))

    async def _look_at_disks(self, now: float) -> None:
        if self._config.disks and now - self._disks_at >= DISKS_SECONDS:
            self._disks_at = now
            self._disks = await asyncio.to_thread(read_disks, self._config.disks)

    def _quarantined_before(self, now: float) -> int | None:
        """Give how many messages were held ten minutes ago, or when we began if that is less."""
        while len(self._held) > 1 and now - self._held[1][0] >= QUARANTINE_SPAN_SECONDS:
            self._held.popleft()
        return self._held[0][1] if self._held else None

    def _say(self, news: News) -> None:
        for one in news.raised:
            log.error(
                "watch.raised",
                code=one.finding.code,
                subject=one.finding.subject,
                sentence=one.finding.english,
            )
        for one in news.over:
            log.info("watch.over", code=one.finding.code, subject=one.finding.subject)
        levels = [one.finding.level for one in self.standing]
        pages, tickets = levels.count(Level.PAGE), levels.count(Level.TICKET)
        metrics.STANDING.labels(Level.PAGE).set(pages)
        metrics.STANDING.labels(Level.TICKET).set(tickets)
        if self._lamp is not None:
            self._lamp.show(pages=pages, tickets=tickets)
        if self._pager is not None and not news.empty:
            self._pager.tell(news)

    async def _keep(self, news: News, sight: Sight | None) -> None:
        """Write our sign of life and what changed; what cannot be written waits."""
        for one in news.over:
            row = one.row(sentence(one.finding, self._config), until=self._clock.now())
            self._unwritten[row.code, row.subject, row.since] = row
        now = self._clock.monotonic()
        if not news.empty or now - self._kept_at >= KEPT_EVERY_SECONDS:
            for one in self.standing:
                row = one.row(sentence(one.finding, self._config))
                self._unwritten[row.code, row.subject, row.since] = row
        if sight is None or not sight.writable:
            return
        try:
            await self._tower.beat([self._beat()])
            if self._unwritten:
                await self._tower.keep(list(self._unwritten.values())[-UNWRITTEN_MOST:])
                self._unwritten.clear()
                self._kept_at = now
        except TocsinError as error:
            log.info("watch.not_kept", reason=str(error))

    async def _adopt(self) -> None:
        """Take over, once, what a watcher before us has found."""
        if self._adopted:
            return
        try:
            self._ledger.adopt(await self._tower.findings(None))
            self._adopted = True
        except TocsinError as error:
            log.info("watch.not_adopted", reason=str(error))

    def _beat(self) -> Beat:
        return Beat(name=f"{WATCHER}@{self._host}", role=WATCHER, host=self._host, clock=self._clock.now())

    async def _leave(self) -> None:
        try:
            await self._tower.leave([f"{WATCHER}@{self._host}"], self._host)
        except TocsinError as error:
            log.info("watch.not_kept", reason=str(error))


def replayed(one: stored.Audited) -> list[str]:
    """Compare one incident with a replay of its log; a policy that cannot be read is a difference."""
    try:
        policy = run_policy(one.policy)
    except Rejected as error:
        return [f"{one.incident} runs under a policy that cannot be read: {error.reason}"]
    return audit.differences(one.incident, one.events, policy, one.deadlines, one.notices)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(max(seconds, 0.0)):
            await stop.wait()
    except TimeoutError:
        return
