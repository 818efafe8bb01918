"""The response engine's transactions on PostgreSQL.

A `PgAlertsUnit` works on a connection that is inside a transaction, its own or ingest's flush.
Every write is batch-shaped: a save is some fourteen statements, however many incidents it changes.
Locks: advisory place locks, then incidents by ascending id, then what belongs to them; `due` takes
incidents without waiting, so it cannot close a circle.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Final

from msgspec.structs import replace
from psycopg.rows import dict_row
from typing_extensions import override

from tocsin.alerts.ports import AlertsStore, AlertsUnit, Change, OpenIncident, Report, Site
from tocsin.core.detections import Kind
from tocsin.core.errors import Conflict, InvariantBroken, NotFound, Rejected
from tocsin.core.grids import Grid, GridKind, Position, Tier
from tocsin.core.ids import (
    DeviceId,
    GridCode,
    IncidentId,
    PersonId,
    PolicyId,
    ReportId,
)
from tocsin.core.incidents import Readiness, Recorded
from tocsin.core.responders import Channel, Directory
from tocsin.store import chain
from tocsin.store.alarms import PgAlarmUnit
from tocsin.store.catalogue import serving_of
from tocsin.store.changes import batch, waves
from tocsin.store.connect import Connection, Pool, connection, translate
from tocsin.store.proofs import PgProofUnit
from tocsin.store.rows import Fields, as_rows, grid_of, place_of
from tocsin.store.sql import queries
from tocsin.store.wakeups import Wakeups
from tocsin.town.duty import OnDuty, directory

DUE_MOST: Final = 2000
"""More incidents than this are never claimed at once, so that one transaction stays short."""


class PgAlertsUnit(PgProofUnit, PgAlarmUnit, AlertsUnit):
    """One transaction's view; made by `PgAlertsStore`, or by a flush on its own connection."""

    def __init__(self, database: Connection, now: datetime) -> None:
        self._database = database
        self._now = now
        self._claimed: set[IncidentId] = set()
        self._locked: dict[IncidentId, Fields] = {}
        """Version and head of incidents that this transaction has locked and not saved since."""

    @property
    @override
    def now(self) -> datetime:
        return self._now

    @override
    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        claimed, locked = self._claimed.copy(), self._locked.copy()
        try:
            with translate():
                async with self._database.transaction():
                    yield
        except BaseException:
            self._claimed, self._locked = claimed, locked
            raise

    @override
    async def lock_places(self, places: Sequence[tuple[Kind, GridCode]]) -> None:
        if places:
            kinds, townships = zip(*places, strict=True)
            await self._ask("lock_places", kinds=[kind.value for kind in kinds], townships=list(townships))

    @override
    async def sites(self, devices: Sequence[DeviceId]) -> Mapping[DeviceId, Site]:
        rows = await self._ask("sites", devices=sorted(set(devices)))
        return {row["device"]: _site(row) for row in rows}

    @override
    async def grid(self, code: GridCode) -> Grid:
        rows = await self._ask("grid", code=code, file="town")
        if not rows:
            raise _no_grid(code)
        return grid_of(rows[0])

    @override
    async def township(self, code: GridCode) -> GridCode:
        rows = await self._ask("township", code=code)
        if not rows:
            raise _no_grid(code)
        return GridCode(rows[0]["township"])

    @override
    async def open_incidents(self, kinds: Sequence[Kind], township: GridCode) -> Sequence[OpenIncident]:
        rows = await self._ask("open_incidents", kinds=[kind.value for kind in kinds], township=township)
        return [_open_incident(row) for row in rows]

    @override
    async def load(self, incidents: Sequence[IncidentId]) -> Mapping[IncidentId, Sequence[Recorded]]:
        wanted = sorted(set(incidents))
        locked = await self._ask("lock_incidents", incidents=wanted)
        self._locked.update((row["id"], row) for row in locked)
        found: dict[IncidentId, list[Recorded]] = {row["id"]: [] for row in locked}
        for row in await self._ask("events", incidents=list(found)):
            found[row["incident"]].append(chain.read(row["body"]))
        return found

    @override
    async def save(self, changes: Sequence[Change]) -> Sequence[Sequence[Recorded]]:
        recorded: list[Sequence[Recorded]] = [()] * len(changes)
        for places in waves(changes):
            written = await self._save([changes[place] for place in places])
            for place, records in zip(places, written, strict=True):
                recorded[place] = records
        if any(recorded):
            await self._ask("announce")
        return recorded

    async def _save(self, changes: Sequence[Change]) -> list[list[Recorded]]:
        heads = await self._check(changes)
        made = batch(changes, heads, self._now)
        incidents = sorted(change.incident.id for change in changes)
        if made.begun and await self._do("insert_incidents", rows=as_rows(made.begun)) < len(made.begun):
            raise _no_grid(", ".join(sorted({str(row["grid"]) for row in made.begun})))
        for name, rows in (
            ("update_incidents", made.changed),
            ("insert_events", made.events),
            ("forget_clocks", made.reopened),
            ("save_clocks", made.clocks),
            ("save_called", made.called),
            ("save_attached", made.attached),
            ("save_reported", made.reported),
            ("save_routed", made.routed),
        ):
            if rows:
                await self._do(name, rows=as_rows(rows))
        if made.acts:
            await self._do("save_acts", rows=as_rows(made.acts), now=self._now)
        deadlines = as_rows(made.deadlines)
        if heads:
            await self._do("cancel_deadlines", rows=deadlines, incidents=incidents, now=self._now)
        if made.deadlines:
            await self._do("save_deadlines", rows=deadlines)
        if made.cancelled:  # before the new ones: the recall of people is a notice of the same change
            await self._do("cancel_notices", incidents=made.cancelled, now=self._now)
        if made.notices:
            await self._do("save_notices", rows=as_rows(made.notices), now=self._now)
        self._claimed.difference_update(incidents)
        return made.recorded

    async def _check(self, changes: Sequence[Change]) -> dict[IncidentId, bytes]:
        """Lock the incidents and compare versions; gives the ends of the chains of those that exist."""
        ids = sorted(change.incident.id for change in changes)
        stored = {name: self._locked.pop(name) for name in ids if name in self._locked}
        if len(stored) < len(ids):  # what was loaded in this transaction is locked and known
            others = [name for name in ids if name not in stored]
            stored |= {row["id"]: row for row in await self._ask("lock_incidents", incidents=others)}
        for change in changes:
            row = stored.get(change.incident.id)
            version = 0 if row is None else row["version"]
            if version != change.base_version:
                raise Conflict(
                    f"incident {change.incident.id} is at version {version}, the decision was made on {change.base_version}"
                )
            if version == 0 and not change.events:
                raise InvariantBroken(f"incident {change.incident.id} would begin without an event")
        return {incident: row["head"] for incident, row in stored.items()}

    @override
    async def push_back(self, incident: IncidentId, until: datetime) -> None:
        await self._ask("lock_incidents", incidents=[incident])
        await self._do("push_back", incident=incident, until=until, now=self._now)
        await self._do("refresh_due", incidents=[incident])
        self._claimed.discard(incident)

    @override
    async def answered(self, incident: IncidentId, act: str) -> bool:
        rows = await self._ask("answered", incident=incident, act=act)
        return bool(rows[0]["answered"])

    @override
    async def reported(self, report: ReportId) -> IncidentId | None:
        rows = await self._ask("reported", report=report)
        return IncidentId(rows[0]["incident"]) if rows else None

    @override
    async def directory(self, grid: GridCode) -> Directory:
        return (await self.directories([grid]))[grid]

    @override
    async def directories(self, grids: Sequence[GridCode]) -> Mapping[GridCode, Directory]:
        wanted = sorted(set(grids))
        staff: dict[tuple[GridCode, GridKind], list[OnDuty]] = {}
        for row in await self._ask("on_duty", grids=wanted, now=self._now):
            on_duty = staff.setdefault((GridCode(row["place"]), GridKind(row["place_kind"])), [])
            if row["person"] is not None:
                on_duty.append(on_duty_of(row))
        with translate():
            organisations, matters = await serving_of(self._database, wanted)
        found = {
            grid: replace(
                directory(grid, kind, people), organisations=organisations.get(grid, ()), matters=matters
            )
            for (grid, kind), people in staff.items()
        }
        for grid in wanted:
            if grid not in found:
                raise _no_grid(grid)
        return found

    @override
    async def policy_text(self, policy: PolicyId) -> str:
        rows = await self._ask("policy", policy=policy)
        if not rows:
            raise NotFound("policy.unknown", f"there is no policy version {policy}: store it first")
        return str(rows[0]["text"])

    @override
    async def save_policy(self, policy: PolicyId, name: str, text: str) -> None:
        await self._do("save_policy", policy=policy, name=name, text=text, now=self._now)
        if await self.policy_text(policy) != text:
            raise Rejected(
                "policy.changed",
                f"policy version {policy} exists with another text: give the new text a new version",
            )

    @override
    async def readiness(self, grids: Sequence[GridCode]) -> Mapping[GridCode, Readiness]:
        rows = await self._ask("readiness_of", file="policies", grids=sorted(set(grids)))
        said = {GridCode(row["grid"]): Readiness(row["readiness"]) for row in rows}
        return {grid: said.get(grid, Readiness.PEACE) for grid in grids}

    @override
    async def set_readiness(
        self, grid: GridCode, readiness: Readiness, person: PersonId, reason: str
    ) -> None:
        await self._do(
            "set_readiness",
            file="policies",
            grid=grid,
            readiness=readiness.value,
            person=person,
            reason=reason,
            now=self._now,
        )

    @override
    async def store_report(self, report: Report) -> None:
        await self._do(
            "store_report",
            id=report.id,
            kind=report.kind.value,
            grid=report.grid,
            words=report.words,
            caller=report.caller,
            reported_by=report.reported_by,
            at=report.at,
            **_place_fields(report.place),
        )

    @override
    async def store_note(self, note: str, incident: IncidentId, person: PersonId | None, text: str) -> None:
        await self._do("store_note", note=note, incident=incident, person=person, text=text, now=self._now)

    @override
    async def store_position(
        self, incident: IncidentId, person: PersonId, position: Position, observed: datetime
    ) -> None:
        await self._do(
            "store_position",
            incident=incident,
            person=person,
            observed=observed,
            now=self._now,
            **_place_fields(position),
        )

    async def claim(self, most: int) -> list[tuple[IncidentId, str, datetime]]:
        """Lock incidents that are due and mark their due deadlines as fired, earliest first."""
        rows = await self._ask("claim_due", most=min(most, DUE_MOST), now=self._now)
        claimed = [IncidentId(row["id"]) for row in rows]
        if not claimed:
            return []
        self._claimed.update(claimed)
        fired = await self._ask("fire_deadlines", incidents=claimed, now=self._now)
        due = [(IncidentId(row["incident"]), str(row["key"]), row["due_at"]) for row in fired]
        return sorted(due, key=lambda one: (one[2], one[0], one[1]))

    async def settle_claims(self) -> None:
        """Bring claimed incidents that nobody saved up to date: what fired is not due again."""
        if self._claimed:
            await self._do("refresh_due", incidents=sorted(self._claimed))

    async def _ask(self, query: str, *, file: str = "alerts", **arguments: object) -> list[Fields]:
        with translate():
            async with self._database.cursor(row_factory=dict_row, binary=True) as cursor:
                await cursor.execute(queries(file)[query], arguments)
                return await cursor.fetchall()

    async def _do(self, query: str, *, file: str = "alerts", **arguments: object) -> int:
        with translate():
            return (await self._database.execute(queries(file)[query], arguments)).rowcount


class PgAlertsStore(AlertsStore):
    """Opens units of work on the pool of this process."""

    def __init__(self, pool: Pool, wakeups: Wakeups) -> None:
        self._pool = pool
        self._wakeups = wakeups

    @override
    def unit(self) -> AbstractAsyncContextManager[AlertsUnit]:
        return self._unit()

    @override
    def due(
        self, most: int
    ) -> AbstractAsyncContextManager[tuple[AlertsUnit, Sequence[tuple[IncidentId, str, datetime]]]]:
        return self._due(most)

    @override
    async def next_due(self) -> tuple[datetime, datetime] | None:
        async with connection(self._pool) as database:
            row = await (await database.execute(queries("alerts")["next_due"])).fetchone()
        return None if row is None or row[1] is None else (row[0], row[1])

    @override
    async def next_alarm(self) -> tuple[datetime, datetime] | None:
        async with connection(self._pool) as database:
            row = await (await database.execute(queries("alarms")["next_due"])).fetchone()
        return None if row is None or row[1] is None else (row[0], row[1])

    @override
    async def wait(self, seconds: float) -> None:
        await self._wakeups.wait(seconds)

    @asynccontextmanager
    async def _unit(self) -> AsyncIterator[PgAlertsUnit]:
        async with connection(self._pool) as database:
            row = await (await database.execute(queries("alerts")["now"])).fetchone()
            if row is None:
                raise InvariantBroken("tocsin_clock() gave no row")
            yield PgAlertsUnit(database, row[0])

    @asynccontextmanager
    async def _due(
        self, most: int
    ) -> AsyncIterator[tuple[AlertsUnit, Sequence[tuple[IncidentId, str, datetime]]]]:
        async with self._unit() as unit:
            yield unit, await unit.claim(most)
            await unit.settle_claims()


def _site(row: Fields) -> Site:
    grid = grid_of(row)
    return Site(
        device=DeviceId(row["device"]),
        grid=grid,
        township=GridCode(row["township"]) if row["township"] is not None else grid.code,
        place=place_of(row["device_latitude"], row["device_longitude"], None),
        certified=row["certified"],
        device_kind=row["device_kind"],
    )


def _open_incident(row: Fields) -> OpenIncident:
    devices = set(row["devices"]) | ({row["device"]} if row["device"] is not None else set())
    return OpenIncident(
        id=IncidentId(row["id"]),
        kind=Kind(row["kind"]),
        grid=GridCode(row["grid"]),
        place=place_of(row["latitude"], row["longitude"], row["accuracy_m"]),
        began=row["began"],
        last_alarm=row["last_alarm"],
        devices=tuple(DeviceId(device) for device in sorted(devices)),
        filed=row["filed"],
    )


def on_duty_of(row: Fields) -> OnDuty:
    """Make a person on duty of a row with the columns of `on_duty`."""
    return OnDuty(
        person=PersonId(row["person"]),
        tier=Tier(row["tier"]),
        home=GridCode(row["grid"]),
        depth=row["depth"],
        order=row["call_order"],
        supervisor=row["supervisor"],
        department=row["department"],
        channels=tuple(Channel(channel) for channel in row["channels"]),
    )


def _place_fields(place: Position | None) -> Fields:
    if place is None:
        return {"latitude": None, "longitude": None, "accuracy_m": None}
    return {"latitude": place.latitude, "longitude": place.longitude, "accuracy_m": place.accuracy_m}


def _no_grid(code: str) -> NotFound:
    return NotFound("grid.unknown", f"there is no grid {code}: add it first")
