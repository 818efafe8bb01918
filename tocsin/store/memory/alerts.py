"""The response engine's store in memory: incidents, deadlines, acts and the outbox of notices.

For tests and simulations: one transaction at a time, rolled back by restoring what was there.  The same
promises as the database: a wrong base version or a repeated act raises `Conflict`, a deadline fires
once, a notice is leased to one relay, and nothing of a failed transaction remains.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Final

from typing_extensions import override

from tocsin.alerts.model import Incident, Notice
from tocsin.alerts.ports import AlertsStore, AlertsUnit, Change, OpenIncident, Report, Site
from tocsin.core.clock import Clock
from tocsin.core.detections import Kind
from tocsin.core.errors import Conflict, NotFound, Rejected
from tocsin.core.grids import TIERS, Grid, Position, Tier
from tocsin.core.ids import (
    AlarmId,
    DeviceId,
    GridCode,
    IncidentId,
    NoticeId,
    PersonId,
    PolicyId,
    ReportId,
    collector_of,
)
from tocsin.core.incidents import AlarmAttached, Lateness, Readiness, Recorded
from tocsin.core.responders import Channel, Directory, Responder
from tocsin.store.memory.alarms import AlarmTables, MemoryAlarmUnit
from tocsin.store.memory.catalogue import MemoryCatalogue
from tocsin.store.memory.proofs import MemoryProofUnit, ProofTables

LIVE_STATES: Final = frozenset({"pending", "leased"})


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredIncident:
    """An incident with all that its row lock guards."""

    incident: Incident
    events: tuple[Recorded, ...] = ()
    deadlines: Mapping[str, datetime] = field(default_factory=dict)
    """Open ones only, by key."""
    acts: frozenset[str] = frozenset()
    last_alarm: datetime
    opened_by: tuple[AlarmId, datetime] | None = None
    """The alarm that opened it and the instant of its raise; None for a report by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredNotice:
    """One row of the outbox."""

    notice: Notice
    created: datetime
    state: str = "pending"
    ready_at: datetime | None
    """When a relay may take it; while leased, when the lease ends; None when it is over."""
    holder: str = ""
    attempt: int = 0
    reason: str = ""
    provider_id: str = ""
    provider: str = ""
    cancelled: bool = False


@dataclass(slots=True)
class Tables(AlarmTables):
    """Everything that a transaction may change; values are immutable, so a shallow copy is a savepoint."""

    incidents: dict[IncidentId, StoredIncident] = field(default_factory=dict)
    notices: dict[NoticeId, StoredNotice] = field(default_factory=dict)
    policies: dict[PolicyId, tuple[str, str]] = field(default_factory=dict)
    reports: dict[str, Report] = field(default_factory=dict)
    notes: dict[str, tuple[IncidentId, PersonId | None, str]] = field(default_factory=dict)
    positions: list[tuple[IncidentId, PersonId, Position, datetime]] = field(default_factory=list)
    readiness: list[tuple[GridCode, Readiness, PersonId, str, datetime]] = field(default_factory=list)
    of_proofs: ProofTables = field(default_factory=ProofTables)

    def copy(self) -> Tables:
        """Make a savepoint."""
        return Tables(**{one.name: getattr(self, one.name).copy() for one in fields(self)})

    def restore(self, saved: Tables) -> None:
        """Go back to a savepoint."""
        for one in fields(self):
            setattr(self, one.name, getattr(saved, one.name))


@dataclass(slots=True)
class Town:
    """Places and people as the engine sees them; tests change it between transactions."""

    grids: dict[GridCode, Grid] = field(default_factory=dict)
    sites: dict[DeviceId, Site] = field(default_factory=dict)
    people: list[Responder] = field(default_factory=list)
    addresses: dict[tuple[PersonId, Channel], str] = field(default_factory=dict)
    names: dict[PersonId, str] = field(default_factory=dict)
    catalogue: MemoryCatalogue = field(init=False)

    def __post_init__(self) -> None:
        self.catalogue = MemoryCatalogue(lambda: self.grids)

    def grid(self, code: GridCode) -> Grid:
        """Read one grid; raises `NotFound` (`grid.unknown`)."""
        try:
            return self.grids[code]
        except KeyError:
            raise NotFound(
                "grid.unknown", f"there is no grid {code!r}: use a code of the tree of grids"
            ) from None

    def township(self, code: GridCode) -> GridCode:
        """Find the nearest ancestor for the township tier, the grid itself included."""
        for ancestor in reversed(self.grid(code).path.split(".")):
            grid = self.grids.get(GridCode(ancestor))
            if grid is not None and grid.tier is Tier.TOWNSHIP:
                return grid.code
        return code

    def directory(self, code: GridCode) -> Directory:
        """Give everybody who answers for a grid: belonging to it or above, sorted by tier and order."""
        above = set(self.grid(code).path.split("."))
        found = [person for person in self.people if person.grid in above]
        people = tuple(sorted(found, key=lambda r: (TIERS.index(r.tier), r.order, r.person)))
        return Directory(code, people, *self.catalogue.for_directory(code))


class MemoryAlertsStore(AlertsStore):
    """Run one transaction at a time over `tables`."""

    def __init__(self, clock: Clock, town: Town | None = None) -> None:
        self.clock = clock
        self.town = town if town is not None else Town()
        self.tables = Tables()
        self.written = asyncio.Event()
        self._lock = asyncio.Lock()

    @override
    def unit(self) -> AbstractAsyncContextManager[AlertsUnit]:
        return self._transaction()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[MemoryAlertsUnit]:
        async with self._lock:
            saved = self.tables.copy()
            unit = MemoryAlertsUnit(self)
            try:
                yield unit
            except BaseException:
                self.tables.restore(saved)
                raise
            if unit.wrote:
                self.written.set()

    @override
    def due(
        self, most: int
    ) -> AbstractAsyncContextManager[tuple[AlertsUnit, Sequence[tuple[IncidentId, str, datetime]]]]:
        return self._due(most)

    @asynccontextmanager
    async def _due(
        self, most: int
    ) -> AsyncIterator[tuple[AlertsUnit, Sequence[tuple[IncidentId, str, datetime]]]]:
        async with self._transaction() as unit:
            claimed = sorted(
                (min(row.deadlines.values()), name)
                for name, row in self.tables.incidents.items()
                if row.deadlines and min(row.deadlines.values()) <= unit.now
            )[:most]
            yield unit, unit.fire([name for _, name in claimed])

    @override
    async def next_due(self) -> tuple[datetime, datetime] | None:
        due = [at for row in self.tables.incidents.values() for at in row.deadlines.values()]
        return (self.clock.now(), min(due)) if due else None

    @override
    async def next_alarm(self) -> tuple[datetime, datetime] | None:
        due = [alarm.due for alarm in self.tables.alarms.values() if alarm.due is not None]
        return (self.clock.now(), min(due)) if due else None

    @override
    async def wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(seconds, 1.0)):
                await self.written.wait()
        self.written.clear()


class MemoryAlertsUnit(MemoryAlarmUnit, MemoryProofUnit, AlertsUnit):
    """One transaction; opened by `MemoryAlertsStore` only."""

    def __init__(self, store: MemoryAlertsStore) -> None:
        super().__init__(store.tables, store.town, store.clock.now())
        self._tables = store.tables
        self._of_proofs = store.tables.of_proofs
        self._town = self._proof_places = store.town
        self._now = store.clock.now()
        self._fired: dict[IncidentId, dict[str, datetime]] = {}
        self.wrote = False

    @property
    @override
    def now(self) -> datetime:
        return self._now

    @override
    async def watched(self, devices: Sequence[DeviceId]) -> Mapping[DeviceId, Sequence[IncidentId]]:
        found: dict[DeviceId, list[IncidentId]] = {}
        for name, row in sorted(self._tables.incidents.items()):
            if row.incident.state.open and row.incident.confirmed is not None:
                for device in sorted(set(devices) & set(row.incident.devices)):
                    found.setdefault(device, []).append(name)
        return found

    def fire(self, incidents: Sequence[IncidentId]) -> list[tuple[IncidentId, str, datetime]]:
        """Take the due deadlines of claimed incidents away, earliest first; each fires once, if this commits."""
        fired: list[tuple[IncidentId, str, datetime]] = []
        for name in incidents:
            row = self._tables.incidents[name]
            due = {key: at for key, at in row.deadlines.items() if at <= self._now}
            rest = {key: at for key, at in row.deadlines.items() if at > self._now}
            self._tables.incidents[name] = replace(row, deadlines=rest)
            self._fired[name] = due
            fired.extend((name, key, at) for key, at in due.items())
        return sorted(fired, key=lambda one: (one[2], one[0], one[1]))

    @override
    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        saved, fired = self._tables.copy(), self._fired.copy()
        try:
            yield
        except BaseException:
            self._tables.restore(saved)
            self._of_proofs, self._fired = self._tables.of_proofs, fired
            raise

    @override
    async def push_back(self, incident: IncidentId, until: datetime) -> None:
        row = self._tables.incidents.get(incident)
        if row is None:
            return
        due = {key for key, at in row.deadlines.items() if at <= self._now} | set(
            self._fired.get(incident, ())
        )
        self._tables.incidents[incident] = replace(
            row, deadlines={**row.deadlines, **dict.fromkeys(due, until)}
        )

    @override
    async def lock_places(self, places: Sequence[tuple[Kind, GridCode]]) -> None:
        return  # one transaction at a time: every place is locked already

    @override
    async def sites(self, devices: Sequence[DeviceId]) -> Mapping[DeviceId, Site]:
        found = {}
        for device in devices:
            site = self._town.sites.get(device)
            if site is None and (home := self._town.sites.get(DeviceId(collector_of(device)))) is not None:
                site = replace(home, device=device, certified=False, device_kind="")
            if site is not None:
                found[device] = site
        return found

    @override
    async def grid(self, code: GridCode) -> Grid:
        return self._town.grid(code)

    @override
    async def township(self, code: GridCode) -> GridCode:
        return self._town.township(code)

    @override
    async def open_incidents(self, kinds: Sequence[Kind], township: GridCode) -> Sequence[OpenIncident]:
        found = [
            row
            for row in self._tables.incidents.values()
            if _correlates(row.incident)
            and row.incident.kind in kinds
            and self._town.township(row.incident.grid) == township
        ]
        return [
            OpenIncident(
                id=row.incident.id,
                kind=row.incident.kind,
                grid=row.incident.grid,
                place=row.incident.place,
                began=row.incident.began,
                last_alarm=row.last_alarm,
                devices=row.incident.devices,
                filed=row.incident.work is not None and row.incident.work.stage is not None,
            )
            for row in sorted(found, key=lambda row: (row.incident.opened, row.incident.id))
        ]

    @override
    async def load(self, incidents: Sequence[IncidentId]) -> Mapping[IncidentId, Sequence[Recorded]]:
        wanted = sorted(set(incidents))
        return {
            name: self._tables.incidents[name].events for name in wanted if name in self._tables.incidents
        }

    @override
    async def save(self, changes: Sequence[Change]) -> Sequence[Sequence[Recorded]]:
        self.wrote = self.wrote or any(change.events for change in changes)
        return [self._save(change) for change in changes]

    def _save(self, change: Change) -> tuple[Recorded, ...]:
        name = change.incident.id
        row = self._tables.incidents.get(name)
        before = len(row.events) if row else 0
        acts = row.acts if row else frozenset[str]()
        if before != change.base_version:
            raise Conflict(f"incident {name} is at version {before}, not {change.base_version}")
        if change.act is not None and change.act in acts:
            raise Conflict(f"act {change.act} was committed before")
        opened_by = row.opened_by if row else self._raise_of(change.incident)
        self._check_one_open(change.incident, opened_by)
        recorded = tuple(
            Recorded(
                incident=name,
                version=before + number,
                event=event,
                actor=change.actor,
                occurred=change.occurred,
                recorded=self._now,
            )
            for number, event in enumerate(change.events, start=1)
        )
        attached = any(isinstance(event, AlarmAttached) for event in change.events)
        self._tables.incidents[name] = StoredIncident(
            incident=change.incident,
            events=(row.events if row else ()) + recorded,
            deadlines=dict(change.deadlines),
            acts=acts | {change.act} if change.act is not None else acts,
            last_alarm=self._now if attached or row is None else row.last_alarm,
            opened_by=opened_by,
        )
        if change.cancel:
            self._cancel_notices(name)
        self._put_notices(change.notices)
        return recorded

    def _raise_of(self, incident: Incident) -> tuple[AlarmId, datetime] | None:
        first = incident.alarms[:1]
        return next(
            ((one.id, one.raised_at) for one in self._tables.alarms.values() if one.id in first), None
        )

    def _check_one_open(self, incident: Incident, opened_by: tuple[AlarmId, datetime] | None) -> None:
        """Be the net under correlation, as the database's unique partial index is: one raise, one open incident."""
        if opened_by is None or not _correlates(incident):
            return
        for other in self._tables.incidents.values():
            one = other.incident
            if one.id != incident.id and other.opened_by == opened_by and _correlates(one):
                raise Conflict(f"this raise of alarm {opened_by[0]} has an open incident: {one.id}")

    def _cancel_notices(self, incident: IncidentId) -> None:
        for name, row in self._tables.notices.items():
            if row.notice.incident != incident or row.state not in LIVE_STATES or row.cancelled:
                continue
            held = row.state == "leased" and row.ready_at is not None and row.ready_at > self._now
            self._tables.notices[name] = (
                replace(row, cancelled=True)
                if held
                else replace(row, cancelled=True, state="cancelled", ready_at=None)
            )

    def _put_notices(self, notices: Iterable[Notice]) -> None:
        for notice in notices:
            fresh = StoredNotice(notice=notice, created=self._now, ready_at=notice.not_before)
            self._tables.notices.setdefault(notice.id, fresh)

    @override
    async def answered(self, incident: IncidentId, act: str) -> bool:
        row = self._tables.incidents.get(incident)
        return row is not None and act in row.acts

    @override
    async def reported(self, report: ReportId) -> IncidentId | None:
        rows = self._tables.incidents.items()
        return next((name for name, row in rows if report in row.incident.reports), None)

    @override
    async def directory(self, grid: GridCode) -> Directory:
        return self._town.directory(grid)

    @override
    async def directories(self, grids: Sequence[GridCode]) -> Mapping[GridCode, Directory]:
        return {grid: self._town.directory(grid) for grid in set(grids)}

    @override
    async def policy_text(self, policy: PolicyId) -> str:
        try:
            return self._tables.policies[policy][1]
        except KeyError:
            raise NotFound("policy.unknown", f"there is no policy version {policy!r}") from None

    @override
    async def save_policy(self, policy: PolicyId, name: str, text: str) -> None:
        kept = self._tables.policies.setdefault(policy, (name, text))
        if kept[1] != text:
            raise Rejected(
                "policy.changed",
                f"policy version {policy} exists with another text: give the new text a new version",
            )

    @override
    async def readiness(self, grids: Sequence[GridCode]) -> Mapping[GridCode, Readiness]:
        found = {}
        for code in grids:
            grid = self._town.grids.get(code)
            above = grid.path.split(".") if grid is not None else [code]
            said = {row[0]: row[1] for row in self._tables.readiness}
            found[code] = next(
                (said[GridCode(one)] for one in reversed(above) if one in said), Readiness.PEACE
            )
        return found

    @override
    async def set_readiness(
        self, grid: GridCode, readiness: Readiness, person: PersonId, reason: str
    ) -> None:
        last = next((row for row in reversed(self._tables.readiness) if row[0] == grid), None)
        if last is None or (last[1], last[3]) != (readiness, reason):
            self._tables.readiness.append((grid, readiness, person, reason, self._now))

    @override
    async def store_report(self, report: Report) -> None:
        self._tables.reports[report.id] = report

    @override
    async def store_note(self, note: str, incident: IncidentId, person: PersonId | None, text: str) -> None:
        self._tables.notes[note] = (incident, person, text)

    @override
    async def store_position(
        self, incident: IncidentId, person: PersonId, position: Position, observed: datetime
    ) -> None:
        self._tables.positions.append((incident, person, position, observed))


def _correlates(incident: Incident) -> bool:
    return incident.state.open and not incident.drill and incident.lateness is not Lateness.RETROSPECTIVE
