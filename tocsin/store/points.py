"""The ledger of points on PostgreSQL.

Whatever changes what a holder may spend first locks the holder: two at once come one after the other, and
the rules see all that was entered before.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from psycopg.rows import dict_row

from tocsin.core.errors import NotFound, Rejected
from tocsin.core.ids import PersonId
from tocsin.store.connect import Connection, Pool, connection
from tocsin.store.rows import Fields
from tocsin.store.sql import queries
from tocsin.town.points import (
    Category,
    Entry,
    EntryKind,
    balance,
    check_answer,
    check_award,
    check_correction,
    check_redemption,
)


class PgPoints:
    """The part of `EvaluationStore` that keeps points."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def categories(self) -> Sequence[Category]:
        """Give the categories, in order."""
        return [Category(row["code"], row["zh"], row["en"]) for row in await self._read("categories")]

    async def entries(
        self, scope: str, holder: PersonId | None, *, waiting: bool, most: int, before: datetime | None
    ) -> Sequence[Entry]:
        """Give entries of holders of a scope, newest first."""
        rows = await self._read(
            "entries", scope=scope, holder=holder, waiting=waiting, most=most, before=before
        )
        return [_entry(row) for row in rows]

    async def entry(self, scope: str, entry: str) -> Entry | None:
        """Find an entry whose holder is of a scope."""
        rows = await self._read("entry", scope=scope, id=entry)
        return _entry(rows[0]) if rows else None

    async def balance(self, holder: PersonId) -> int:
        """Give what a holder may spend."""
        points: int = (await self._read("balance", holder=holder))[0]["points"]
        return points

    async def award(self, entry: Entry) -> None:
        """Keep an award that waits for an answer."""
        check_award(entry.holder, entry.points, entry.made_by)
        known = {one.code for one in await self.categories()}
        if entry.category not in known:
            raise Rejected("points.category", f"use a category of {', '.join(sorted(known))}")
        async with connection(self._pool) as database:
            if not _holds(await _of(database, entry.holder), entry.id):
                await _add(database, entry)

    async def correct(self, entry: Entry) -> None:
        """Keep a counter-entry that waits for an answer."""
        async with connection(self._pool) as database:
            before = await _of(database, entry.holder)
            if not _holds(before, entry.id):
                corrected = next((one for one in before if one.id == entry.corrects), None)
                if corrected is None:
                    raise Rejected("points.corrects", f"there is no entry {entry.corrects} of this holder")
                check_correction(corrected, before, entry.made_by)
                await _add(database, entry)

    async def answer(self, entry: str, person: PersonId, *, granted: bool) -> None:
        """Grant or refuse what waits."""
        async with connection(self._pool) as database:
            rows = await ask(database, "holder_of", id=entry)
            if not rows:
                raise NotFound("points.unknown", f"there is no entry {entry}")
            before = await _of(database, PersonId(rows[0]["holder"]))
            one = next(found for found in before if found.id == entry)
            if (one.granted, one.answered_by) == (granted, person):
                return
            check_answer(one, person, granted=granted, left=balance(before))
            await do(database, "answer", entry=entry, granted=granted, person=person)

    async def redeem(self, entry: Entry) -> None:
        """Keep a redemption."""
        async with connection(self._pool) as database:
            before = await _of(database, entry.holder)
            if not _holds(before, entry.id):
                check_redemption(entry.holder, -entry.points, balance(before), entry.made_by)
                await _add(database, entry)

    async def _read(self, query: str, **arguments: object) -> list[Fields]:
        async with connection(self._pool) as database:
            return await ask(database, query, **arguments)


async def ask(database: Connection, query: str, **arguments: object) -> list[Fields]:
    """Read rows by a query of evaluation."""
    async with database.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(queries("evaluation")[query], arguments)
        return await cursor.fetchall()


async def do(database: Connection, query: str, **arguments: object) -> None:
    """Change rows by a query of evaluation."""
    await database.execute(queries("evaluation")[query], arguments)


async def _of(database: Connection, holder: PersonId) -> list[Entry]:
    """Lock a holder and give all their entries."""
    if not await ask(database, "lock_holder", holder=holder):
        raise NotFound("person.unknown", f"there is no person {holder}")
    return [_entry(row) for row in await ask(database, "of_holder", holder=holder)]


def _holds(entries: Sequence[Entry], entry: str) -> bool:
    return any(one.id == entry for one in entries)


async def _add(database: Connection, entry: Entry) -> None:
    await do(
        database,
        "add_entry",
        id=entry.id,
        holder=entry.holder,
        kind=entry.kind,
        category=entry.category,
        points=entry.points,
        reason=entry.reason,
        source=entry.source,
        corrects=entry.corrects,
        made=entry.made,
        made_by=entry.made_by,
    )


def _entry(row: Fields) -> Entry:
    return Entry(
        id=row["id"],
        holder=PersonId(row["holder"]),
        kind=EntryKind(row["kind"]),
        category=row["category"],
        points=row["points"],
        reason=row["reason"],
        source=row["source"],
        corrects=row["corrects"],
        made=row["made"],
        made_by=PersonId(row["made_by"]),
        granted=row["granted"],
        answered=row["answered"],
        answered_by=None if row["answered_by"] is None else PersonId(row["answered_by"]),
    )
