"""Takes detections in, inside the transaction of the ingest flush that stores them.

Order of locks: places of (kind, township), alarms, incidents by ascending id.  What is decided stands in
`alerts.assign` and `alerts.change`; here is only what must be read and written, in that order.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from tocsin.alerts import metrics
from tocsin.alerts.assign import Assigned, Located, assign, key_of
from tocsin.alerts.change import change_of
from tocsin.alerts.correlate import kinds_together, lock_kind
from tocsin.alerts.incident import fold
from tocsin.alerts.model import Incident
from tocsin.alerts.policy_book import PolicyBook
from tocsin.alerts.ports import AlertsUnit, Change, Intake, OpenIncident, Site
from tocsin.core.detections import Kind, Phase
from tocsin.core.errors import NotFound
from tocsin.core.ids import GridCode, IncidentId, collector_of
from tocsin.core.incidents import SYSTEM, Actor

log = structlog.get_logger()


async def take_in(unit: AlertsUnit, policies: PolicyBook, intakes: Sequence[Intake]) -> None:
    """Step alarms, open and join incidents, and save both; raises `Conflict` when the net under correlation holds."""
    batch = await _locate(unit, policies, intakes)
    if not batch:
        return
    await unit.lock_places(
        sorted(
            {(lock_kind(one.intake.detection.kind, one.version.policy), one.site.township) for one in batch}
        )
    )
    known = await unit.alarms(sorted({key_of(one.intake) for one in batch}))
    candidates = await _candidates(unit, batch)
    assigned = assign(batch, known, candidates)
    loaded: dict[IncidentId, Incident] = {}
    if assigned.touched:
        logs = await unit.load(assigned.touched)
        loaded = {name: fold(events) for name, events in logs.items() if events}
        dead = frozenset(
            name for name in assigned.touched if name not in loaded or not loaded[name].state.open
        )
        if dead:  # it ended between the look and the lock; only what is locked may take anything in now
            locked = {
                place: [one for one in found if one.id in loaded] for place, found in candidates.items()
            }
            assigned = assign(batch, known, locked, dead)
    await unit.save_alarms(sorted(assigned.alarms.values(), key=lambda alarm: alarm.id))
    changes = await _changes(unit, policies, assigned, loaded)
    if changes:
        await unit.save(changes)
    _count(assigned, changes)


async def _locate(unit: AlertsUnit, policies: PolicyBook, intakes: Sequence[Intake]) -> list[Located]:
    sites = await unit.sites(sorted({intake.detection.device for intake in intakes})) if intakes else {}
    located = []
    for intake in intakes:
        site = sites.get(intake.detection.device) or await _by_grid(unit, intake)
        if site is None:
            metrics.INTAKE_DETECTIONS.labels("nowhere").inc()
            log.error("intake.nowhere", device=intake.detection.device, grid=intake.grid)
            continue
        located.append(Located(intake, site, policies.for_grid(site.grid)))
    return located


async def _by_grid(unit: AlertsUnit, intake: Intake) -> Site | None:
    try:
        grid = await unit.grid(intake.grid)
        township = await unit.township(intake.grid)
    except NotFound:
        return None
    return Site(device=intake.detection.device, grid=grid, township=township, place=None)


async def _candidates(
    unit: AlertsUnit, batch: Sequence[Located]
) -> dict[tuple[Kind, GridCode], list[OpenIncident]]:
    """Read the open incidents of every family and township from which a raise may choose."""
    wanted = {
        (kinds_together(one.intake.detection.kind, one.version.policy), one.site.township)
        for one in batch
        if one.intake.detection.phase is not Phase.CLEAR
        and one.intake.detection.kind in one.version.policy.opens
    }
    found: dict[tuple[Kind, GridCode], list[OpenIncident]] = {}
    for kinds, township in sorted(wanted):
        for one in await unit.open_incidents(kinds, township):
            listed = found.setdefault((one.kind, township), [])
            if one not in listed:
                listed.append(one)
    return found


async def _changes(
    unit: AlertsUnit, policies: PolicyBook, assigned: Assigned, loaded: dict[IncidentId, Incident]
) -> list[Change]:
    grids = {loaded[name].grid for name in assigned.touched if name in loaded}
    grids |= {one.site.grid.code for one in assigned.opened.values()}
    directories = await unit.directories(sorted(grids)) if grids else {}
    changes = []
    for name in sorted(assigned.commands):
        beginning = assigned.opened.get(name)
        if beginning is not None:
            incident, grid, policy = None, beginning.site.grid.code, beginning.version.policy
            actor = Actor("collector", collector_of(beginning.intake.detection.device))
        elif name in loaded:
            incident, actor = loaded[name], SYSTEM
            grid, policy = incident.grid, await policies.version(unit, incident.policy)
        else:
            continue
        change = change_of(
            name,
            incident,
            assigned.commands[name],
            now=unit.now,
            policy=policy,
            directory=directories[grid],
            actor=actor,
        )
        if change is not None:
            changes.append(change)
    return changes


def _count(assigned: Assigned, changes: Sequence[Change]) -> None:
    for effect, number in assigned.effects.items():
        metrics.INTAKE_DETECTIONS.labels(effect).inc(number)
    metrics.count_events(changes)
