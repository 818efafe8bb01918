"""Shifts, rosters and gaps in duty, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Final, TypeVar

import msgspec
from psycopg import errors
from psycopg.rows import dict_row
from typing_extensions import override

from tocsin.core.errors import Rejected
from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode, OrganisationCode, PersonId
from tocsin.core.responders import Channel
from tocsin.core.working_time import Calendar
from tocsin.store.connect import Connection, Pool, connection, translate
from tocsin.store.rows import Fields, as_rows
from tocsin.store.sql import queries
from tocsin.town.coverage import Cover, Gap, Place
from tocsin.town.people_ports import DutyStore, RosterRow, ShiftRow
from tocsin.town.ports import DutyShift
from tocsin.town.roster import ChangeKind, Pattern, Roster, RosterChange, expand, rewrite

ROSTERS_MOST: Final = 500
"""More rosters than this are never written in one transaction."""
DUE_BEFORE: Final = timedelta(days=1)
"""A roster is written again when its shifts end so much before the horizon: once a day."""
_Of = TypeVar("_Of", DutyShift, RosterChange)
CHANGES_KEPT: Final = timedelta(days=2)
"""Changes that ended longer ago touch no shift that may still be rewritten."""


class PgDutyStore(DutyStore):
    """Keeps duty on the pool of this process; each call is one transaction."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def shifts(
        self,
        scope: str,
        since: datetime,
        until: datetime,
        *,
        most: int,
        after: tuple[datetime, PersonId, GridCode] | None = None,
    ) -> Sequence[ShiftRow]:
        at, person, grid = (None, None, None) if after is None else after
        async with connection(self._pool) as database:
            rows = await _ask(
                database,
                "shifts",
                scope=scope,
                since=since,
                until=until,
                most=most,
                after=at,
                person=person,
                grid=grid,
            )
        return [
            ShiftRow(
                shift=_shift(row),
                person_name=row["person_name"],
                grid_name=row["grid_name"],
                grid_path=row["grid_path"],
            )
            for row in rows
        ]

    @override
    async def end_shift(self, shift: DutyShift, at: datetime) -> bool:
        named = {"person": shift.person, "grid": shift.grid, "since": shift.since, "at": at}
        async with connection(self._pool) as database:
            gone = await _do(database, "drop_shift", **named)
            return gone + await _do(database, "end_shift", **named) > 0

    @override
    async def save_roster(self, roster: Roster, made_by: PersonId) -> None:
        async with connection(self._pool) as database:
            await _do(
                database,
                "save_roster",
                id=roster.id,
                grid=roster.grid,
                organisation=roster.organisation,
                name=roster.name,
                tier=roster.tier,
                pattern=msgspec.json.encode(roster.pattern).decode(),
                since=roster.since,
                until=roster.until,
                made_by=made_by,
            )

    @override
    async def end_roster(self, roster: str, made_by: PersonId) -> bool:
        async with connection(self._pool) as database:
            return await _do(database, "end_roster", roster=roster, made_by=made_by) > 0

    @override
    async def rosters(self, scope: str, most: int, after: str = "") -> Sequence[RosterRow]:
        async with connection(self._pool) as database:
            return await _rosters(database, scope, None, after, most)

    @override
    async def roster(self, roster: str) -> RosterRow | None:
        async with connection(self._pool) as database:
            rows = await _rosters(database, "", roster, "", 1)
        return rows[0] if rows else None

    @override
    async def change_roster(self, change: RosterChange, made_by: PersonId) -> None:
        async with connection(self._pool) as database:
            await _do(
                database,
                "add_change",
                id=change.id,
                roster=change.roster,
                kind=change.kind.value,
                person=change.person,
                other=change.other,
                since=change.since,
                until=change.until,
                reason=change.reason,
                made_by=made_by,
            )
            await _do(database, "rewrite_roster", roster=change.roster)

    @override
    async def write_rosters(self, horizon: timedelta, most: int, only: str | None = None) -> int:
        async with connection(self._pool) as database:
            now = (await _ask(database, "now"))[0]["now"]
            if only is None:
                rows = await _ask(
                    database,
                    "lock_rosters",
                    due=now + horizon - DUE_BEFORE,
                    most=min(most, ROSTERS_MOST),
                )
            else:
                rows = await _ask(database, "lock_roster", only=only)
            if rows:
                await _write(database, [_roster(row) for row in rows], now, now + horizon)
            return len(rows)

    @override
    async def covers(
        self, scope: str, since: datetime, until: datetime, channels: Collection[Channel]
    ) -> tuple[Sequence[Place], Sequence[Cover]]:
        async with connection(self._pool) as database:
            await _do(database, "give_room")
            places = await _ask(database, "places", scope=scope, since=since)
            rows = await _ask(
                database,
                "covers",
                scope=scope,
                since=since,
                until=until,
                channels=sorted(channel.value for channel in channels),
            )
        return (
            [
                Place(code=GridCode(row["code"]), name=row["name"], path=row["path"], tier=Tier(row["tier"]))
                for row in places
            ],
            [
                Cover(
                    path=row["path"],
                    tier=Tier(row["tier"]),
                    reachable=row["reachable"],
                    spans=tuple(zip(row["begins"], row["ends"], strict=True)),
                )
                for row in rows
            ],
        )

    @override
    async def keep_gaps(self, gaps: Sequence[Gap], grids: int, until: datetime) -> None:
        rows = [{"grid": one.grid, "code": one.code, "since": one.since, "until": one.until} for one in gaps]
        async with connection(self._pool) as database:
            await _ask(database, "lock_gaps")
            await _do(database, "clear_gaps")
            await _do(database, "save_gaps", rows=as_rows(rows))
            await _do(database, "looked", until=until, grids=grids)


async def _write(database: Connection, rosters: Sequence[Roster], now: datetime, until: datetime) -> None:
    """Replace what lies ahead of rosters that are locked."""
    names = [one.id for one in rosters]
    calendar = await _calendar(database)
    changes = _by_roster(
        _change(row) for row in await _ask(database, "changes", rosters=names, since=now - CHANGES_KEPT)
    )
    existing = _by_roster(
        _shift(row) for row in await _ask(database, "written_shifts", rosters=names, now=now)
    )
    gone: list[DutyShift] = []
    put: list[DutyShift] = []
    for roster in rosters:
        wanted = expand(roster, changes.get(roster.id, []), now, until, calendar)
        made = rewrite(existing.get(roster.id, []), wanted, now)
        gone += made.gone
        put += made.put
    if gone:
        await _do(database, "drop_shifts", rows=as_rows([_shift_row(one) for one in gone]))
    if put:
        await _do(database, "put_shifts", rows=as_rows([_shift_row(one) for one in put]))
    await _do(database, "rosters_written", rosters=names, written=until)


async def _calendar(database: Connection) -> Calendar:
    rows = await _ask(database, "calendar")
    return Calendar(closed=tuple(rows[0]["closed"]), worked=tuple(rows[0]["worked"])) if rows else Calendar()


async def _rosters(
    database: Connection, scope: str, roster: str | None, after: str, most: int
) -> list[RosterRow]:
    rows = await _ask(database, "rosters", scope=scope, roster=roster, after=after, most=most)
    now = (await _ask(database, "now"))[0]["now"]
    changes = _by_roster(
        _change(row)
        for row in await _ask(database, "changes", rosters=[row["id"] for row in rows], since=now)
    )
    return [
        RosterRow(
            roster=_roster(row),
            grid_name=row["grid_name"],
            grid_path=row["grid_path"],
            changes=tuple(changes.get(row["id"], ())),
            written=row["written"],
            made_by=row["made_by"],
            changed=row["changed"],
        )
        for row in rows
    ]


def _by_roster(items: Iterable[_Of]) -> dict[str, list[_Of]]:
    """Group by roster, the order kept."""
    ordered = sorted(items, key=attrgetter("roster"))
    return {roster: list(theirs) for roster, theirs in groupby(ordered, key=attrgetter("roster"))}


def _roster(row: Fields) -> Roster:
    return Roster(
        id=row["id"],
        grid=GridCode(row["grid"]),
        name=row["name"],
        pattern=msgspec.convert(row["pattern"], Pattern),
        since=row["since"],
        until=row["until"],
        tier=None if row["tier"] is None else Tier(row["tier"]),
        organisation=None if row["organisation"] is None else OrganisationCode(row["organisation"]),
    )


def _change(row: Fields) -> RosterChange:
    return RosterChange(
        id=row["id"],
        roster=row["roster"],
        kind=ChangeKind(row["kind"]),
        person=PersonId(row["person"]),
        other=None if row["other"] is None else PersonId(row["other"]),
        since=row["since"],
        until=row["until"],
        reason=row["reason"],
    )


def _shift(row: Fields) -> DutyShift:
    return DutyShift(
        person=PersonId(row["person"]),
        grid=GridCode(row["grid"]),
        since=row["since"],
        until=row["until"],
        roster=row["roster"],
    )


def _shift_row(one: DutyShift) -> Fields:
    return {
        "person": one.person,
        "grid": one.grid,
        "since": one.since,
        "until": one.until,
        "roster": one.roster,
    }


async def _ask(database: Connection, query: str, **arguments: object) -> list[Fields]:
    with translate():
        async with database.cursor(row_factory=dict_row, binary=True) as cursor:
            await cursor.execute(queries("duty")[query], arguments)
            return await cursor.fetchall()


async def _do(database: Connection, query: str, **arguments: object) -> int:
    try:
        return (await database.execute(queries("duty")[query], arguments)).rowcount
    except errors.ForeignKeyViolation as error:
        raise Rejected(
            "town.reference",
            f"the {error.diag.table_name} names something that does not exist: {error.diag.message_detail}",
        ) from error
