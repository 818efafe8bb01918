"""Takes detections in, inside the transaction of the ingest flush that stores them.

Order of locks: places of (kind, township), alarms, incidents by ascending id.  What is decided stands in
`alerts.assign` and `alerts.change`; here is only what must be read and written, in that order. The second
half, from `settle` on, also serves alarms whose time has come (`alerts.alarm_review`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import structlog
from msgspec import structs

from tocsin.alerts import metrics, sighting
from tocsin.alerts.alarm_model import Alarm, Turn
from tocsin.alerts.alarm_silence import Around, consequences, reach, roots_for
from tocsin.alerts.assign import Assigned, Candidates, Located, assign, key_of
from tocsin.alerts.change import change_of
from tocsin.alerts.commands import Command, Open
from tocsin.alerts.correlate import kinds_together, lock_kind
from tocsin.alerts.incident import fold
from tocsin.alerts.model import Incident
from tocsin.alerts.policy_book import PolicyBook, PolicyVersion
from tocsin.alerts.ports import AlertsUnit, Change, Intake, OpenIncident, Site
from tocsin.core.detections import Kind, Phase
from tocsin.core.errors import NotFound
from tocsin.core.ids import DeviceId, GridCode, IncidentId, collector_of
from tocsin.core.incidents import SYSTEM, Readiness

log = structlog.get_logger()

Decide = Callable[[Candidates, frozenset[IncidentId]], Assigned]
"""Decides on open incidents; asked again with those that turned out to have ended."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A kind of condition at a place, for locks and looks."""

    kind: Kind
    site: Site
    version: PolicyVersion

    @property
    def roots(self) -> frozenset[Kind]:
        """Give the root kinds that this kind has to do with, itself included when it is one."""
        policy = self.version.policy
        own = {self.kind} if consequences(self.kind, policy) else set()
        return roots_for(self.kind, policy) | own

    @property
    def locks(self) -> set[tuple[Kind, GridCode]]:
        """Give the locks under which its alarms are stepped: its family's, and its roots'."""
        policy, township = self.version.policy, self.site.township
        return {(lock_kind(kind, policy), township) for kind in {self.kind} | self.roots}


async def take_in(unit: AlertsUnit, policies: PolicyBook, intakes: Sequence[Intake]) -> None:
    """Step alarms, open and join incidents, and save both; raises `Conflict` when the net under correlation holds."""
    batch = await _locate(unit, policies, intakes)
    if not batch:
        return
    spots = [Spot(one.intake.detection.kind, one.site, one.version) for one in batch]
    await lock(unit, spots)
    known = await unit.alarms(sorted({key_of(one.intake) for one in batch}))
    false = await unit.false_spots(sorted({one.intake.detection.device for one in batch}))
    around = await look_around(unit, spots)
    waiting = {key for key, alarm in known.items() if alarm.pending is not None or alarm.due is not None}
    asking = [
        spot
        for spot, one in zip(spots, batch, strict=True)
        if one.intake.detection.phase is not Phase.CLEAR or one.key in waiting
    ]
    candidates = await open_near(unit, asking)

    seen = await sighting.sightings(unit, batch, false)

    def decide(candidates: Candidates, dead: frozenset[IncidentId]) -> Assigned:
        assigned = assign(batch, known, candidates, dead, now=unit.now, around=around, spots=false)
        return sighting.add(assigned, seen, dead)

    await settle(unit, policies, candidates, decide)


async def locate(unit: AlertsUnit, policies: PolicyBook, alarms: Iterable[Alarm]) -> dict[Alarm, Spot]:
    """Find where alarms are and which policy holds there; one whose grid is gone is left out."""
    known = list(alarms)
    sites = await unit.sites(sorted({alarm.device for alarm in known})) if known else {}
    found = {}
    for alarm in known:
        site = sites.get(alarm.device) or await _by_grid(unit, alarm.device, alarm.grid)
        if site is not None:
            found[alarm] = Spot(alarm.kind, site, policies.for_grid(site.grid))
    return found


async def lock(unit: AlertsUnit, spots: Iterable[Spot]) -> None:
    """Take the locks of places, in their order."""
    await unit.lock_places(sorted({one for spot in spots for one in spot.locks}))


async def look_around(unit: AlertsUnit, spots: Sequence[Spot]) -> Around:
    """Read what may silence alarms at some places."""
    concerned = [spot for spot in spots if spot.roots]
    roots: Sequence[Alarm] = ()
    if concerned:
        roots = await unit.standing(
            sorted({kind for spot in concerned for kind in spot.roots}),
            sorted({collector_of(spot.site.device) for spot in concerned}),
            sorted({spot.site.grid.code for spot in concerned}),
        )
    return Around(tuple(await unit.windows()), tuple(roots))


async def open_near(
    unit: AlertsUnit, spots: Iterable[Spot]
) -> dict[tuple[Kind, GridCode], list[OpenIncident]]:
    """Read the open incidents of every family and township from which a raise may choose."""
    wanted = {
        (kinds_together(spot.kind, spot.version.policy), spot.site.township)
        for spot in spots
        if spot.kind in spot.version.policy.opens
    }
    found: dict[tuple[Kind, GridCode], list[OpenIncident]] = {}
    for kinds, township in sorted(wanted):
        for one in await unit.open_incidents(kinds, township):
            listed = found.setdefault((one.kind, township), [])
            if one not in listed:
                listed.append(one)
    return found


async def settle(
    unit: AlertsUnit,
    policies: PolicyBook,
    candidates: dict[tuple[Kind, GridCode], list[OpenIncident]],
    decide: Decide,
) -> Assigned:
    """Decide, lock the incidents concerned, decide again where one has ended, and save all that follows."""
    assigned = decide(candidates, frozenset())
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
            assigned = decide(locked, dead)
    await unit.save_alarms(sorted(assigned.alarms.values(), key=lambda alarm: alarm.id))
    await unit.journal(assigned.journal)
    await _wake(unit, policies, assigned)
    changes = await _changes(unit, policies, assigned, loaded)
    if changes:
        await unit.save(changes)
    _count(assigned, changes)
    return assigned


async def _wake(unit: AlertsUnit, policies: PolicyBook, assigned: Assigned) -> None:
    """Let the keeper look at alarms that a root explains from now on, or no longer."""
    for root in assigned.roots_raised:
        policy = policies.for_grid(await unit.grid(root.grid)).policy
        collectors, grids = reach([root])
        await unit.wake_explained(sorted(consequences(root.kind, policy)), collectors, grids)
    if assigned.roots_cleared:
        await unit.wake_suppressed(sorted(root.id for root in assigned.roots_cleared))


async def _locate(unit: AlertsUnit, policies: PolicyBook, intakes: Sequence[Intake]) -> list[Located]:
    sites = await unit.sites(sorted({intake.detection.device for intake in intakes})) if intakes else {}
    located = []
    for intake in intakes:
        device = intake.detection.device
        site = sites.get(device) or await _by_grid(unit, device, intake.grid)
        if site is None:
            metrics.INTAKE_DETECTIONS.labels("nowhere").inc()
            log.error("intake.nowhere", device=device, grid=intake.grid)
            continue
        located.append(Located(intake, site, policies.for_grid(site.grid)))
    return located


async def _by_grid(unit: AlertsUnit, device: DeviceId, code: GridCode) -> Site | None:
    try:
        grid = await unit.grid(code)
        township = await unit.township(code)
    except NotFound:
        return None
    return Site(device=device, grid=grid, township=township, place=None)


async def _changes(
    unit: AlertsUnit, policies: PolicyBook, assigned: Assigned, loaded: dict[IncidentId, Incident]
) -> list[Change]:
    grids = {loaded[name].grid for name in assigned.touched if name in loaded}
    grids |= {one.site.grid.code for one in assigned.opened.values()}
    directories = await unit.directories(sorted(grids)) if grids else {}
    begun = sorted({one.site.grid.code for one in assigned.opened.values()})
    readiness = await unit.readiness(begun) if begun else {}
    changes = []
    for name in sorted(assigned.commands):
        beginning = assigned.opened.get(name)
        if beginning is not None:
            incident, grid, policy = None, beginning.site.grid.code, beginning.version.policy
            actor = beginning.actor
        elif name in loaded:
            incident, actor = loaded[name], SYSTEM
            grid, policy = incident.grid, await policies.version(unit, incident.policy)
        else:
            continue
        change = change_of(
            name,
            incident,
            assigned.commands[name]
            if beginning is None
            else [_in_time(command, readiness[grid]) for command in assigned.commands[name]],
            now=unit.now,
            policy=policy,
            directory=directories[grid],
            actor=actor,
        )
        if change is not None:
            changes.append(change)
    return changes


def _in_time(command: Command, readiness: Readiness) -> Command:
    """Say in an opening in what time its place is, peace or alert."""
    return structs.replace(command, readiness=readiness) if isinstance(command, Open) else command


def _count(assigned: Assigned, changes: Sequence[Change]) -> None:
    for effect, number in assigned.effects.items():
        metrics.INTAKE_DETECTIONS.labels(effect).inc(number)
    for line in assigned.journal:
        if line.what is Turn.RAISED:
            metrics.ANNUNCIATIONS.labels(line.kind.value).inc()
    metrics.count_events(changes)
