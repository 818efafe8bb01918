"""The tree of places with what it was before, on PostgreSQL; a change is one transaction, one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from psycopg import errors
from psycopg.rows import dict_row
from typing_extensions import override

from tocsin.core.errors import Rejected
from tocsin.core.grids import Position
from tocsin.core.ids import GridCode, PersonId
from tocsin.store.connect import Connection, Pool, connection
from tocsin.store.rows import Fields, as_rows, grid_of
from tocsin.store.sql import queries
from tocsin.town.grid_plan import Plan, plan
from tocsin.town.grid_ports import (
    GRIDS_MAX,
    Around,
    GridDraft,
    GridLevel,
    GridRecord,
    GridVersion,
    KeyPlace,
    PlaceKind,
    PlacesStore,
    Watched,
    Written,
)

_TYPES: Final = (
    "text", "text", "text", "text", "text", "text", "int2", "text", "text", "text", "float8", "float8", "float8",
    "float8", "bytea", "timestamptz", "timestamptz",
)  # fmt: skip
ROWS_AT_ONCE: Final = 1_000
"""Made into records within some milliseconds: for so long the event loop stands still."""
CHANGE_SECONDS_MAX: Final = 300
"""A change of a whole city may take longer than a statement usually does."""


class PgPlacesStore(PlacesStore):
    """Keeps places on the pool of this process."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def version(self) -> int:
        rows = await self._read("version")
        return int(rows[0]["version"])

    @override
    async def records(
        self,
        scope: str,
        *,
        at: datetime | None = None,
        under: GridCode | None = None,
        outlines: bool = False,
        most: int = GRIDS_MAX,
    ) -> Sequence[GridRecord]:
        query = "records" if at is None else "records_at"
        rows = await self._read(query, scope=scope, at=at, under=under, outlines=outlines, most=most)
        return await _records(rows)

    @override
    async def record(self, code: GridCode) -> GridRecord | None:
        rows = await self._read("record", code=code)
        return record_of(rows[0]) if rows else None

    @override
    async def versions(self, code: GridCode, most: int = 100) -> Sequence[GridVersion]:
        rows = await self._read("versions", code=code, most=most)
        return [
            GridVersion(record=record_of(row), person=row["person"], reason=row["reason"]) for row in rows
        ]

    @override
    async def write(
        self,
        drafts: Sequence[GridDraft],
        *,
        close: Sequence[GridCode] = (),
        person: PersonId | None = None,
        reason: str = "",
        since: datetime | None = None,
    ) -> Written:
        async with connection(self._pool) as database:
            return await change(database, drafts, close=close, person=person, reason=reason, since=since)

    @override
    async def all(self, *, outlines: bool = True) -> Mapping[GridCode, GridRecord]:
        async with connection(self._pool) as database:
            return await _all(database, outlines=outlines)

    @override
    async def levels(self, root: GridCode) -> Sequence[GridLevel]:
        rows = await self._read("levels", root=root)
        return [GridLevel(**row) for row in rows]

    @override
    async def set_levels(self, root: GridCode, levels: Sequence[GridLevel]) -> None:
        async with connection(self._pool) as database:
            found = await _ask(database, "record", code=root)
            if not found or found[0]["parent"] is not None:
                raise Rejected("grid.root", f"{root} is no root of a tree: name the grid that has no parent")
            rows = [
                {"level": one.level, "name": one.name, "name_en": one.name_en, "most": one.most}
                for one in levels
            ]
            await _do(database, "clear_levels", root=root)
            await _do(database, "save_levels", root=root, rows=as_rows(rows))

    @override
    async def around(self, code: GridCode) -> Around:
        (row,) = await self._read("around", code=code)
        return Around(**row)

    @override
    async def watched(self, scope: str) -> Sequence[Watched]:
        return [Watched(**row) for row in await self._read("watched", scope=scope)]

    @override
    async def institutions(self) -> Collection[GridCode]:
        return {GridCode(row["grid"]) for row in await self._read("institutions")}

    @override
    async def add_places(self, places: Sequence[KeyPlace], person: PersonId | None) -> None:
        newest = {place.id: place for place in places}
        rows = [
            {
                "id": one.id,
                "kind": one.kind,
                "name": one.name,
                "grid": one.grid,
                "latitude": one.position.latitude,
                "longitude": one.position.longitude,
                "note": one.note,
                "since": one.since,
            }
            for one in newest.values()
        ]
        async with connection(self._pool) as database:
            await _do(database, "save_places", rows=as_rows(rows), person=person or "")

    @override
    async def places(self, scope: str, grid: GridCode | None, most: int) -> Sequence[KeyPlace]:
        return [_place(row) for row in await self._read("places", scope=scope, grid=grid, most=most)]

    @override
    async def end_place(self, place: str, scope: str, person: PersonId | None) -> bool:
        return bool(await self._read("end_place", id=place, scope=scope, person=person or ""))

    async def _read(self, query: str, **arguments: object) -> list[Fields]:
        async with connection(self._pool) as database:
            return await _ask(database, query, **arguments)


async def change(
    database: Connection,
    drafts: Sequence[GridDraft],
    *,
    close: Sequence[GridCode] = (),
    person: PersonId | None = None,
    reason: str = "",
    since: datetime | None = None,
) -> Written:
    """Do `PlacesStore.write` inside of a transaction that the caller holds."""
    await database.execute(f"set local statement_timeout = '{CHANGE_SECONDS_MAX}s'".encode())
    (row,) = await _ask(database, "lock")
    now: datetime = row["now"]
    known = await _all(database, outlines=True)
    made = await asyncio.to_thread(plan, known, drafts, close, now, since=since)
    if made.faults:
        raise Rejected(made.faults[0].code, "; ".join(one.message for one in made.faults[:20]))
    if made.rows:
        await _write(database, made, now, person or "", reason)
    stranded = [row["name"] for row in await _ask(database, "stranded")] if made.closed else []
    return Written(
        new=len(made.new),
        changed=len(made.changed),
        moved=made.below,
        closed=len(made.closed),
        same=made.same,
        stranded=tuple(stranded),
    )


async def _write(database: Connection, made: Plan, now: datetime, person: str, reason: str) -> None:
    await _do(database, "stage")
    async with database.cursor().copy(queries("places")["copy"]) as copy:
        copy.set_types(_TYPES)
        for one in made.rows:
            await copy.write_row(_row(one))
    await _do(database, "keep_versions", now=now, person=person, reason=reason)
    await _do(database, "save", now=now)
    await database.execute(b"drop table grid_wanted")
    if made.moved:
        rows = [{"old": old, "new": new} for old, new in made.moved]
        await _do(database, "move_scopes", rows=as_rows(rows))


async def _all(database: Connection, *, outlines: bool) -> dict[GridCode, GridRecord]:
    records = await _records(await _ask(database, "all", outlines=outlines))
    return {one.code: one for one in records}


async def _records(rows: Sequence[Fields]) -> list[GridRecord]:
    """Make records of rows, those of a whole city beside the loop, which has calls to answer."""
    if len(rows) <= ROWS_AT_ONCE:
        return [record_of(row) for row in rows]
    return await asyncio.to_thread(lambda: [record_of(row) for row in rows])


async def _ask(database: Connection, query: str, **arguments: object) -> list[Fields]:
    async with database.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(queries("places")[query], arguments)
        return await cursor.fetchall()


async def _do(database: Connection, query: str, **arguments: object) -> None:
    try:
        await database.execute(queries("places")[query], arguments or None)
    except errors.ForeignKeyViolation as error:
        raise Rejected(
            "town.reference",
            f"the {error.diag.table_name} names something that does not exist: {error.diag.message_detail}",
        ) from error


def record_of(row: Fields) -> GridRecord:
    """Make a record of a row with its columns."""
    return GridRecord(
        grid=grid_of(row),
        level=row["level"],
        region=row["region"],
        report_to=row["report_to"],
        grid_class=row["class"],
        has_outline=row["has_outline"],
        outline=row["outline"],
        since=row["since"],
        until=row["until"],
    )


def _row(one: GridRecord) -> tuple[object, ...]:
    grid = one.grid
    centre = grid.centre
    return (
        grid.code, grid.name, grid.parent, grid.tier.value, grid.kind.value, grid.path, one.level, one.region,
        one.report_to, one.grid_class, None if centre is None else centre.latitude,
        None if centre is None else centre.longitude, None if centre is None else centre.accuracy_m, grid.radius_m,
        one.outline, one.since, one.until,
    )  # fmt: skip


def _place(row: Fields) -> KeyPlace:
    return KeyPlace(
        id=row["id"],
        kind=PlaceKind(row["kind"]),
        name=row["name"],
        grid=GridCode(row["grid"]),
        position=Position(row["latitude"], row["longitude"]),
        note=row["note"],
        since=row["since"],
        until=row["until"],
    )
