"""Comes back to alarms at their instants: delays, shelves and windows end, roots come and go.

Sleeps until the earliest alarm is due, or a second. Any number of keepers may run: each steps what no other
holds, in one transaction per batch, so that a crash loses nothing. A batch that fails is done again one by
one; an alarm that fails alone is put off and said.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import structlog

from tocsin.alerts import metrics
from tocsin.alerts.alarm import chatters, is_stale, state_of
from tocsin.alerts.alarm_model import AlarmState
from tocsin.alerts.alarm_ports import AlarmQueries
from tocsin.alerts.alarm_review import review, review_due
from tocsin.alerts.config import AlarmKeeperConfig
from tocsin.alerts.policy_book import PolicyBook
from tocsin.alerts.ports import Alarm, AlertsStore
from tocsin.core.clock import Clock
from tocsin.core.errors import Conflict, Transient
from tocsin.core.watch import Alive, unwatched

log = structlog.get_logger()

BACK_OFF_SECONDS = (0.1, 5.0)
PUT_OFF = timedelta(minutes=5)
"""Pause for an alarm that cannot be stepped; long enough that its fault does not fill the log."""
COUNTED_MOST = 20_000
EVERYWHERE = ""


class AlarmKeeper:
    """Step alarms whose time has come until told to stop."""

    def __init__(
        self,
        store: AlertsStore,
        policies: PolicyBook,
        queries: AlarmQueries,
        config: AlarmKeeperConfig,
        clock: Clock,
        *,
        alive: Alive = unwatched,
    ) -> None:
        self._store = store
        self._policies = policies
        self._queries = queries
        self._config = config
        self._clock = clock
        self._alive = alive
        self._counted: float | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Step what is due until `stop` is set; ends within a second of it."""
        delay = BACK_OFF_SECONDS[0]
        while not stop.is_set():
            metrics.ALARM_KEEPER_LAST_ROUND.set(self._clock.now().timestamp())
            try:
                found = await self.turn()
                await self._count()
                self._alive()
                if found < self._config.batch:
                    await self._sleep(idle=found == 0)
                delay = BACK_OFF_SECONDS[0]
            except Exception as error:  # noqa: BLE001 a keeper that stops is worse than any fault: try again
                metrics.ALARM_KEEPER_FAILURES.inc()
                log.warning(
                    "alarm_keeper.failed", reason=str(error), kind=type(error).__name__, again_in=delay
                )
                await self._store.wait(min(delay, 1.0))
                delay = min(delay * 2, BACK_OFF_SECONDS[1])

    async def turn(self) -> int:
        """Step one batch of alarms that are due and say how many; raises `Transient` when the store is away."""
        try:
            async with self._store.unit() as unit:
                stepped = await review_due(unit, self._policies, self._config.batch)
                late = [(unit.now - alarm.due).total_seconds() for alarm in stepped if alarm.due is not None]
        except (Transient, Conflict):
            raise
        except Exception as error:  # noqa: BLE001 one alarm's fault must not hold up the others
            log.warning("alarm_keeper.batch_failed", reason=str(error), kind=type(error).__name__)
            return await self._one_by_one()
        for seconds in late:
            metrics.ALARM_LATENESS.observe(max(seconds, 0.0))
        return len(stepped)

    async def _one_by_one(self) -> int:
        async with self._store.unit() as unit:
            due = await unit.due_alarms(self._config.batch)
        for alarm in due:
            try:
                async with self._store.unit() as unit:
                    await review(unit, self._policies, alarm.id)
            except (Transient, Conflict):
                raise
            except Exception as error:  # noqa: BLE001 whatever it is, the next alarm must have its turn
                log.warning("alarm.undecidable", alarm=alarm.id, reason=f"{type(error).__name__}: {error}")
                await self._put_off(alarm)
        return len(due)

    async def _put_off(self, alarm: Alarm) -> None:
        async with self._store.unit() as unit:
            held = await unit.hold_alarms([alarm.id])
            await unit.save_alarms([replace(one, due=unit.now + PUT_OFF) for one in held])

    async def _sleep(self, *, idle: bool) -> None:
        found = await self._store.next_alarm()
        seconds = self._config.wait_seconds_max
        if found is not None:
            now, due = found
            seconds = min((due - now).total_seconds(), seconds)
        if seconds <= 0 and idle:  # another keeper holds what is due
            seconds = self._config.wait_seconds_max / 10
        if seconds > 0:
            await self._store.wait(seconds)

    async def _count(self) -> None:
        """Bring the gauges up to date, now and then."""
        now = self._clock.monotonic()
        if self._counted is not None and now - self._counted < self._config.count_seconds:
            return
        self._counted = now
        for what, number in (await self.figures()).items():
            metrics.ALARMS_STANDING.labels(what).set(number)

    async def figures(self) -> dict[str, int]:
        """Count alarms by what an operator must know of them, in all grids."""
        found = await self._queries.standing(EVERYWHERE, COUNTED_MOST)
        now = self._clock.now()
        counts: Counter[str] = Counter(dict.fromkeys(("raised", "stale", "chattering", *SILENCED), 0))
        for row in found:
            policy, state = self._policies.for_path(row.grid_path).policy, state_of(row.alarm, now)
            if state.value in SILENCED:
                counts[state.value] += 1
            counts["raised"] += row.alarm.raised
            counts["stale"] += is_stale(row.alarm, now, policy)
            counts["chattering"] += row.alarm.raised and chatters(row.alarm, policy)
        return dict(counts)


SILENCED: Sequence[str] = tuple(
    state.value for state in (AlarmState.SHELVED, AlarmState.SUPPRESSED, AlarmState.OUT_OF_SERVICE)
)
