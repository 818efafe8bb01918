"""From detections to incidents by the rules of production, in memory: what a configuration would have led to.

`alerts.intake.take_in` and `alerts.alarm_review.review_due` run as they run live, over the memory twin of the
store; no rule stands here. No operator takes part: nothing is confirmed, rejected or shelved, and every incident
is closed some hours after it was opened, on both sides of a comparison alike. What operators had said in advance
(maintenance, false spots) holds as it held.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Final

from tocsin.alerts.alarm_model import FalseSpot, Window
from tocsin.alerts.alarm_review import review_due
from tocsin.alerts.intake import take_in
from tocsin.alerts.policy_book import PolicyBook
from tocsin.alerts.ports import Intake, Site
from tocsin.core.clock import ManualClock
from tocsin.core.detections import Detection, Kind, Phase
from tocsin.core.grids import Grid
from tocsin.core.ids import AlarmId, DeviceId, GridCode, StreamId, collector_of
from tocsin.core.incidents import AlarmAttached
from tocsin.evaluate.replay import Happening, Source
from tocsin.store.memory.alerts import MemoryAlertsStore, StoredIncident, Town

BATCH: Final = 500
"""Alarms looked at in one step; as the keeper of alarms does."""
CLOSED_AFTER: Final = timedelta(hours=3)
"""When an incident takes in no more alarms, as if an operator had closed it: one restless sensor would otherwise make a
week one incident, and nothing could be told apart."""
HAPPENINGS_MAX: Final = 20_000


@dataclass(frozen=True, slots=True)
class Said:
    """One detection at the instant at which the centre hears it."""

    at: datetime
    detection: Detection


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where things are, and what had been said of them in advance."""

    grids: Sequence[Grid]
    sites: Mapping[DeviceId, Site]
    windows: Sequence[Window] = ()
    spots: Sequence[FalseSpot] = ()


@dataclass(slots=True)
class _Run:
    """One side in the making."""

    store: MemoryAlertsStore
    clock: ManualClock
    policies: PolicyBook
    places: Places
    streams: dict[tuple[DeviceId, Kind, str], StreamId] = field(default_factory=dict)
    found: list[Happening] = field(default_factory=list)
    forgotten: int = 0


async def happenings(
    said: Sequence[Said], policies: PolicyBook, places: Places, *, progress: Callable[[float], None]
) -> tuple[list[Happening], int]:
    """Give the incidents in order of opening, and how many more there were than `HAPPENINGS_MAX`.

    `said` must be in order of `at`; its detections' evidence is not needed.
    """
    if not said:
        return [], 0
    clock = ManualClock(said[0].at)
    town = Town(grids={grid.code: grid for grid in places.grids}, sites=dict(places.sites))
    run = _Run(MemoryAlertsStore(clock, town), clock, policies, places)
    run.store.tables.windows = {window.id: window for window in places.windows}
    done = 0
    for at, batch in groupby(said, key=attrgetter("at")):
        heard = list(batch)
        await _until(run, at)
        await _take_in(run, at, [one.detection for one in heard])
        done += len(heard)
        progress(done / len(said))
    await _until(run, said[-1].at + CLOSED_AFTER)
    _close(run, None)
    run.found.sort(key=lambda one: (one.opened, one.began, one.devices))
    return run.found, run.forgotten


async def _until(run: _Run, until: datetime) -> None:
    """Look at alarms at the instants at which their delays end, up to one."""
    while True:
        found = await run.store.next_alarm()
        if found is None or found[1] > until:
            break
        run.clock.jump(max(found[1], run.clock.now()))
        _close(run, run.clock.now())
        async with run.store.unit() as unit:
            stepped = await review_due(unit, run.policies, BATCH)
        _forget_words(run)
        if not stepped:
            break
    _close(run, until)


async def _take_in(run: _Run, at: datetime, detections: Sequence[Detection]) -> None:
    run.clock.jump(max(at, run.clock.now()))
    run.store.tables.spots = {
        # What was ended later still held then; the unit asks for what was never ended.
        spot.id: replace(spot, until=min(spot.until, spot.ended or spot.until), ended=None)
        for spot in run.places.spots
        if spot.made <= at
    }
    intakes = []
    for one in detections:
        run.streams[one.device, one.kind, one.detector] = one.stream
        home = run.places.sites.get(one.device) or run.places.sites.get(DeviceId(collector_of(one.device)))
        if home is not None:
            intakes.append(_intake(one, at, home.grid.code))
    async with run.store.unit() as unit:
        await take_in(unit, run.policies, intakes)
    _forget_words(run)


def _intake(one: Detection, at: datetime, grid: GridCode) -> Intake:
    """Make what ingest would have handed over."""
    clears = one.phase is Phase.CLEAR
    return Intake(
        detection=one,
        age=max(at - one.observed, timedelta()),
        raised=not clears,
        grid=grid,
        began=one.observed if clears else one.evidence.first,
    )


def _forget_words(run: _Run) -> None:
    """Drop what nobody will read: memory must not grow with the week."""
    run.store.tables.alarm_journal.clear()
    run.store.tables.notices.clear()


def _close(run: _Run, now: datetime | None) -> None:
    """Take incidents whose time is over out of the store; all of them without an instant."""
    tables = run.store.tables
    over = [
        (name, row)
        for name, row in tables.incidents.items()
        if now is None or row.incident.opened <= now - CLOSED_AFTER
    ]
    for name, row in over:
        del tables.incidents[name]
        if len(run.found) < HAPPENINGS_MAX:
            run.found.append(_happening(run, row))
        else:
            run.forgotten += 1


def _happening(run: _Run, row: StoredIncident) -> Happening:
    incident = row.incident
    by_id = {alarm.id: alarm for alarm in run.store.tables.alarms.values()}
    attached: dict[AlarmId, None] = dict.fromkeys(
        one.event.alarm for one in row.events if isinstance(one.event, AlarmAttached)
    )
    alarms = [by_id[alarm] for alarm in attached if alarm in by_id]
    return Happening(
        kind=incident.kind,
        grid=incident.grid,
        began=incident.began,
        opened=row.events[0].recorded,
        devices=tuple(dict.fromkeys(alarm.device for alarm in alarms)),
        sources=tuple(
            Source(run.streams[alarm.device, alarm.kind, alarm.detector], alarm.detector) for alarm in alarms
        ),
    )
