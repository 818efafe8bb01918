"""Matters, organisations and working time on PostgreSQL; each call is one transaction.

`serving` and `kinds` also give the response engine what a directory holds of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from psycopg.rows import dict_row
from typing_extensions import override

from tocsin.core.detections import Kind
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode, OrganisationCode
from tocsin.core.incident_words import Grade, Stage
from tocsin.core.organisations import Authority, Organisation
from tocsin.core.working_time import Calendar, Limit, Terms, Unit
from tocsin.store.connect import Connection, Pool, connection
from tocsin.store.rows import Fields, as_rows
from tocsin.store.sql import queries
from tocsin.town.catalogue import CatalogueSheet, Known
from tocsin.town.matters import (
    Category,
    Matter,
    Platform,
    WorkingTime,
    coarser_codes,
    kinds_of,
    terms_of,
)
from tocsin.town.organisations import OrganisationEntry, OrganisationKind, Serving
from tocsin.town.ports import Catalogue, OrganisationRow
from tocsin.town.routing import along, directories_of


class PgCatalogue(Catalogue):
    """Keeps the catalogue on the pool of this process."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def matter(self, code: str) -> Matter | None:
        rows = await self._read("matter", codes=[code])
        return _matter(rows[0]) if rows else None

    @override
    async def terms(self, code: str) -> Terms:
        async with connection(self._pool) as database:
            time = _time(await ask(database, "calendar"))
            if not code:
                return terms_of(None, (), time)
            rows = await ask(database, "matter", codes=[*coarser_codes(code), code])
        found = [_matter(row) for row in rows]
        if not found or found[-1].code != code:
            raise no_matter(code)
        return terms_of(found[-1], found[:-1], time)

    @override
    async def matters(self) -> Sequence[Matter]:
        return [_matter(row) for row in await self._read("matters")]

    @override
    async def categories(self) -> Sequence[Category]:
        return [Category(**row) for row in await self._read("categories")]

    @override
    async def platforms(self) -> Sequence[Platform]:
        return [Platform(**row) for row in await self._read("platforms")]

    @override
    async def working_time(self) -> WorkingTime:
        return _time(await self._read("calendar"))

    @override
    async def known(self) -> Known:
        async with connection(self._pool) as database:
            return Known(
                platforms=frozenset(row["code"] for row in await ask(database, "platforms")),
                categories=frozenset(row["code"] for row in await ask(database, "categories")),
                matters={row["code"]: _kinds(row) for row in await ask(database, "matter_kinds")},
                organisations={
                    OrganisationCode(row["code"]): row["parent"]
                    for row in await ask(database, "organisation_parents")
                },
            )

    @override
    async def save(self, sheet: CatalogueSheet) -> None:
        async with connection(self._pool) as database:
            await _do(database, "lock_catalogue")
            for query, entries in (
                ("save_platforms", sheet.platforms),
                ("save_categories", sheet.categories),
            ):
                if entries:
                    rows = [{"code": one.code, "name": one.name, "name_en": one.name_en} for one in entries]
                    await _do(database, query, rows=as_rows(rows))
            if sheet.matters:
                await _do(database, "save_matters", rows=as_rows([_matter_row(one) for one in sheet.matters]))
            if sheet.organisations:
                await _save_organisations(database, sheet.organisations)
            if sheet.time is not None:
                await _do(
                    database,
                    "save_calendar",
                    hours=json.dumps(sheet.time.calendar.hours),
                    closed=list(sheet.time.calendar.closed),
                    worked=list(sheet.time.calendar.worked),
                    warn_at=sheet.time.warn_at,
                )

    @override
    async def organisation(self, code: OrganisationCode) -> OrganisationRow | None:
        rows = await self._read("organisation", code=code)
        return _organisation_row(rows[0]) if rows else None

    @override
    async def organisations(
        self, scope: str, *, after: OrganisationCode | None, most: int, platform: str = ""
    ) -> Sequence[OrganisationRow]:
        rows = await self._read("organisations", scope=scope, after=after, most=most, platform=platform)
        return [_organisation_row(row) for row in rows]

    @override
    async def serving(self, grid: GridCode) -> Sequence[Serving]:
        async with connection(self._pool) as database:
            found = await ask(database, "line", grid=grid)
            line = found[0]["met"] if found else []
            rows = await ask(database, "organisations_at", grids=line)
        return along(line, [entry_of(row) for row in rows])

    @override
    async def organisation_names(self, codes: Sequence[OrganisationCode]) -> Mapping[OrganisationCode, str]:
        rows = await self._read("organisation_names", codes=sorted(set(codes)))
        return {OrganisationCode(row["code"]): row["name"] for row in rows}

    async def _read(self, query: str, **arguments: object) -> list[Fields]:
        async with connection(self._pool) as database:
            return await ask(database, query, **arguments)


async def serving_of(
    database: Connection, grids: Sequence[GridCode]
) -> tuple[Mapping[GridCode, tuple[Organisation, ...]], tuple[tuple[Kind, str], ...]]:
    """Give the organisations of each grid and the matters of kinds, in the caller's transaction.

    One statement that gives nothing in a town without organisations that handle, two in another.
    """
    rows = await ask(database, "lines", grids=sorted(set(grids)))
    if not rows:
        return {}, ()
    lines = {GridCode(row["place"]): tuple(row["line"]) for row in rows if row["place"] is not None}
    kinds = next(row["kinds"] for row in rows if row["place"] is None)
    wanted = sorted({grid for line in lines.values() for grid in line})
    entries = [entry_of(row) for row in await ask(database, "organisations_at", grids=wanted)]
    matters = [
        Matter(code=code, name=code, kinds=tuple(Kind(kind) for kind in held)) for code, held in kinds.items()
    ]
    return directories_of(lines, entries), kinds_of(matters)


async def ask(database: Connection, query: str, **arguments: object) -> list[Fields]:
    """Run a query of `catalogue.sql` in the caller's transaction."""
    async with database.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(queries("catalogue")[query], arguments)
        return await cursor.fetchall()


def no_matter(code: str) -> NotFound:
    """Say that the catalogue has no such matter."""
    return NotFound("matter.unknown", f"there is no matter {code[:40]!r}: choose one of the catalogue")


def no_grids(codes: Sequence[str]) -> Rejected:
    """Say that organisations stand at grids that do not exist."""
    return Rejected("organisation.grid", f"there is no grid {', '.join(codes)}: import the grids first")


async def _do(database: Connection, query: str, **arguments: object) -> None:
    await database.execute(queries("catalogue")[query], arguments)


async def _save_organisations(database: Connection, entries: Sequence[OrganisationEntry]) -> None:
    missing = await ask(database, "missing_grids", grids=sorted({one.grid for one in entries}))
    if missing:
        raise no_grids([row["code"] for row in missing])
    await _do(database, "save_organisations", rows=as_rows([_organisation_fields(one) for one in entries]))
    parents = [{"code": one.code, "parent": one.parent} for one in entries]
    await _do(database, "save_parents", rows=as_rows(parents))
    await _do(database, "clear_authorities", organisations=[one.code for one in entries])
    authorities = [
        {"organisation": one.code, "category": held.category, "highest": held.highest}
        for one in entries
        for held in one.authorities
    ]
    await _do(database, "save_authorities", rows=as_rows(authorities))


def _matter(row: Fields) -> Matter:
    limits = {
        Stage(stage): Limit(limit["amount"], Unit(limit["unit"])) for stage, limit in row["limits"].items()
    }
    return Matter(
        code=row["code"],
        name=row["name"],
        name_en=row["name_en"],
        platform=row["platform"],
        kinds=_kinds(row),
        grade=Grade(row["grade"]),
        urgent=row["urgent"],
        limits=limits,
        active=row["active"],
    )


def _matter_row(one: Matter) -> Fields:
    return {
        "code": one.code,
        "name": one.name,
        "name_en": one.name_en,
        "platform": one.platform,
        "kinds": list(one.kinds),
        "grade": one.grade,
        "urgent": one.urgent,
        "limits": one.limits,
        "active": one.active,
    }


def _kinds(row: Fields) -> tuple[Kind, ...]:
    return tuple(Kind(kind) for kind in row["kinds"])


def _time(rows: Sequence[Fields]) -> WorkingTime:
    if not rows:
        return WorkingTime()
    row = rows[0]
    calendar = Calendar(
        hours=tuple((begin, end) for begin, end in row["hours"]),
        closed=tuple(row["closed"]),
        worked=tuple(row["worked"]),
    )
    return WorkingTime(calendar=calendar, warn_at=row["warn_at"])


def entry_of(row: Fields) -> OrganisationEntry:
    """Make an organisation of a row with its columns."""
    return OrganisationEntry(
        code=OrganisationCode(row["code"]),
        name=row["name"],
        name_en=row["name_en"],
        kind=OrganisationKind(row["kind"]),
        tier=Tier(row["tier"]),
        grid=GridCode(row["grid"]),
        parent=row["parent"],
        collects=row["can_collect"],
        handles=row["can_handle"],
        platforms=tuple(row["platforms"]),
        order=row["call_order"],
        active=row["active"],
        authorities=tuple(Authority(category, Grade(highest)) for category, highest in row["authorities"]),
    )


def _organisation_row(row: Fields) -> OrganisationRow:
    return OrganisationRow(entry=entry_of(row), grid_name=row["grid_name"], grid_path=row["grid_path"])


def _organisation_fields(one: OrganisationEntry) -> Fields:
    return {
        "code": one.code,
        "name": one.name,
        "name_en": one.name_en,
        "kind": one.kind,
        "tier": one.tier,
        "grid": one.grid,
        "can_collect": one.collects,
        "can_handle": one.handles,
        "platforms": list(one.platforms),
        "call_order": one.order,
        "active": one.active,
    }
