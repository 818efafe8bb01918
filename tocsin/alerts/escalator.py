"""Comes back to incidents at their deadlines: claims, decides, commits; never early, never twice.

Sleeps until the earliest deadline, a wake-up or a second.  Any number of escalators may run: each
claims incidents that no other holds.  One transaction per batch; an incident that cannot be decided or
saved is pushed back with a growing pause, and a batch that fails is halved within its transaction until
that one is found, so that no incident waits for another's fault.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

import structlog

from tocsin.alerts import metrics
from tocsin.alerts.change import change_of
from tocsin.alerts.commands import DeadlineReached
from tocsin.alerts.config import EscalatorConfig
from tocsin.alerts.incident import deadlines, fold
from tocsin.alerts.policy import ResponsePolicy
from tocsin.alerts.ports import AlertsStore, AlertsUnit, Change
from tocsin.alerts.service import AlertService
from tocsin.core.clock import Clock
from tocsin.core.errors import InvariantBroken, Transient
from tocsin.core.ids import IncidentId, PolicyId
from tocsin.core.incidents import SYSTEM, Opened, Recorded
from tocsin.core.responders import Directory
from tocsin.core.watch import Alive, unwatched

log = structlog.get_logger()

IN_THREAD_FROM = 16
"""From so many incidents on, deciding leaves the event loop."""
OTHERS_AT_WORK_SECONDS = 0.005
"""Pause when something is due that another escalator holds."""
CROWD = 3
"""Batches at work at one time when more are due than one holds; claims skip each other's incidents."""
BACK_OFF_SECONDS = (0.1, 5.0)


@dataclass(frozen=True, slots=True)
class Fired:
    """What one round did."""

    incidents: int
    deadlines: int
    claim_seconds: float
    """Until the claim had its rows."""
    seconds: float
    """Until the commit."""
    lateness_seconds: tuple[float, ...]
    """Of each deadline, from its instant to the commit."""
    failed: int = 0


IDLE = Fired(0, 0, 0.0, 0.0, ())
Due: TypeAlias = tuple[IncidentId, str, datetime]
"""An incident, the key of its deadline, and the deadline's instant."""


@dataclass(frozen=True, slots=True)
class _Decided:
    changes: list[Change]
    failed: dict[IncidentId, str]


class Escalator:
    """Fire deadlines until told to stop."""

    def __init__(
        self,
        store: AlertsStore,
        service: AlertService,
        config: EscalatorConfig,
        clock: Clock,
        *,
        on_fired: Callable[[Fired], None] | None = None,
        alive: Alive = unwatched,
    ) -> None:
        self._store = store
        self._policies = service.policies
        self._config = config
        self._clock = clock
        self._on_fired = on_fired
        self._alive = alive
        self._failures: dict[IncidentId, int] = {}
        self._held: datetime | None = None
        """What was due after a claim that found nothing."""

    async def run(self, stop: asyncio.Event) -> None:
        """Fire what is due until `stop` is set; ends within a second of it."""
        delay = BACK_OFF_SECONDS[0]
        while not stop.is_set():
            metrics.ESCALATOR_LAST_ROUND.set(self._clock.now().timestamp())
            try:
                found = await self._round(stop)
                self._alive()
                await self._sleep(idle=found == 0)
                delay = BACK_OFF_SECONDS[0]
            except Exception as error:  # noqa: BLE001 a timer that stops is worse than any fault: try again
                metrics.ESCALATOR_FAILURES.inc()
                log.warning("escalator.failed", reason=str(error), kind=type(error).__name__, again_in=delay)
                await _pause(stop, delay)
                delay = min(delay * 2, BACK_OFF_SECONDS[1])

    async def _round(self, stop: asyncio.Event) -> int:
        """Fire all that is due and say of how many incidents; what is more than a batch is worked off by several.

        While one batch is written the next is decided: whoever claims a full batch calls for help
        at once, before deciding it.
        """
        at_work = found = 0

        def call_for_help() -> None:
            nonlocal at_work
            if at_work < CROWD:
                at_work += 1
                group.create_task(work())

        async def work() -> None:
            nonlocal at_work, found
            full = True
            while full and not stop.is_set():
                fired = await self.fire(on_full=call_for_help)
                found += fired.incidents
                full = fired.incidents >= self._config.batch
            at_work -= 1

        try:
            async with asyncio.TaskGroup() as group:
                call_for_help()
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from errors  # the log names a fault, not a group of faults
        return found

    async def fire(self, *, on_full: Callable[[], None] | None = None) -> Fired:
        """Claim one batch of due incidents, decide and commit; raises `Transient` when the store is away.

        `on_full` is told, as soon as the claim stands, that it took all that a batch holds.
        """
        began = self._clock.monotonic()
        async with self._store.due(self._config.batch) as (unit, due):
            if not due:
                return IDLE
            claim_seconds = self._clock.monotonic() - began
            claimed = len({incident for incident, _, _ in due})
            if on_full is not None and claimed >= self._config.batch:
                on_full()
            failed = await self._settle(unit, due)
            now = unit.now
        seconds = self._clock.monotonic() - began
        since = seconds - claim_seconds
        late = tuple((now - at).total_seconds() + since for _, _, at in due)
        return self._report(Fired(claimed, len(due), claim_seconds, seconds, late, failed))

    async def _settle(self, unit: AlertsUnit, due: Sequence[Due], *, whole: bool = True) -> int:
        """Decide and save; gives the number that could not be.

        What fails together is undone and halved until the one that is to blame stands alone: the others
        are saved by the same transaction, after about twice the work of a sound batch.
        """
        names = list(dict.fromkeys(incident for incident, _, _ in due))
        try:
            async with unit.savepoint():
                decided = await self._decide(unit, due)
                if decided.changes:
                    await unit.save(decided.changes)
        except Transient:
            raise
        except Exception as error:  # noqa: BLE001 one incident's fault must not hold up the others
            if len(names) == 1:
                await self._push_back(unit, names[0], f"{type(error).__name__}: {error}")
                return 1
            if whole:
                log.warning("escalator.batch_failed", incidents=len(names), reason=str(error))
            half = set(names[: len(names) // 2])
            parts = ([one for one in due if one[0] in half], [one for one in due if one[0] not in half])
            return sum([await self._settle(unit, part, whole=False) for part in parts])
        for change in decided.changes:
            self._failures.pop(change.incident.id, None)
        for incident, reason in decided.failed.items():
            await self._push_back(unit, incident, reason)
        return len(decided.failed)

    def _report(self, fired: Fired) -> Fired:
        for late in fired.lateness_seconds:
            metrics.DEADLINE_LATENESS.observe(max(late, 0.0))
        metrics.DEADLINES_FIRED.inc(fired.deadlines - fired.failed)
        metrics.DUE_BATCH_SECONDS.observe(fired.seconds)
        if self._on_fired is not None:
            self._on_fired(fired)
        return fired

    async def _decide(self, unit: AlertsUnit, due: Sequence[Due]) -> _Decided:
        keys: dict[IncidentId, list[str]] = defaultdict(list)
        for incident, key, _ in due:
            keys[incident].append(key)
        logs = await unit.load(sorted(keys))
        failed = {name: "it has no events" for name in keys if not logs.get(name)}
        opened = {name: first(events) for name, events in logs.items() if events}
        directories = await unit.directories(sorted({one.grid for one in opened.values()}))
        policies: dict[PolicyId, ResponsePolicy] = {}
        for version in sorted({one.policy for one in opened.values()}):
            policies[version] = await self._policies.version(unit, version)
        batch = [
            (name, logs[name], keys[name], policies[one.policy], directories[one.grid])
            for name, one in sorted(opened.items())
        ]
        if len(batch) < IN_THREAD_FROM:
            decided = _decide_batch(batch, unit.now)
        else:
            decided = await asyncio.to_thread(_decide_batch, batch, unit.now)
        return _Decided(decided.changes, failed | decided.failed)

    async def _push_back(self, unit: AlertsUnit, incident: IncidentId, reason: str) -> None:
        times = self._failures.get(incident, 0)
        self._failures[incident] = times + 1
        pause = min(
            self._config.isolated_backoff_seconds * 2.0 ** min(times, 20),
            self._config.isolated_backoff_seconds_max,
        )
        metrics.DEADLINES_FAILED.inc()
        log.error("deadline.undecidable", incident=incident, reason=reason, times=times + 1, again_in=pause)
        await unit.push_back(incident, unit.now + timedelta(seconds=pause))

    async def _sleep(self, *, idle: bool) -> None:
        found = await self._store.next_due()
        seconds = self._config.wait_seconds_max
        if found is not None:
            now, due = found
            seconds = min((due - now).total_seconds(), seconds)
            # What came due since the empty claim is ours to take at once; seen a second time, another holds it.
            held, self._held = self._held, due if idle and seconds <= 0 else None
            if held is not None and held == self._held:
                seconds = OTHERS_AT_WORK_SECONDS
        if seconds > 0:
            await self._store.wait(seconds)


_Item = tuple[IncidentId, Sequence[Recorded], Sequence[str], ResponsePolicy, Directory]


def _decide_batch(batch: Sequence[_Item], now: datetime) -> _Decided:
    """Decide each incident for itself, in order of id; what raises is named with its reason."""
    changes: list[Change] = []
    failed: dict[IncidentId, str] = {}
    for item in batch:
        try:
            changes.append(_decide_one(item, now))
        except Exception as error:  # noqa: BLE001 a bug met by one incident must not stop the clocks of the others
            failed[item[0]] = f"{type(error).__name__}: {error}"
    return _Decided(changes, failed)


def _decide_one(item: _Item, now: datetime) -> Change:
    name, events, keys, policy, directory = item
    incident = fold(events)
    before = deadlines(incident, policy)
    change = change_of(
        name,
        incident,
        [DeadlineReached(key=key) for key in keys],
        now=now,
        policy=policy,
        directory=directory,
        actor=SYSTEM,
    )
    if change is None:  # stale keys: write the deadlines that hold now, and no event
        change = Change(
            incident=incident,
            base_version=incident.version,
            events=(),
            actor=SYSTEM,
            occurred=now,
            deadlines=before,
        )
    stuck = [key for key in keys if key in change.deadlines and change.deadlines[key] <= now]
    if stuck:
        raise InvariantBroken(f"deadline {stuck[0]} is due again right after it was decided")
    return change


def first(events: Sequence[Recorded]) -> Opened:
    """Give the event that began an incident; raises `InvariantBroken` when it is another."""
    event = events[0].event
    if not isinstance(event, Opened):
        raise InvariantBroken(f"incident {events[0].incident} begins with {type(event).__name__}, not Opened")
    return event


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
