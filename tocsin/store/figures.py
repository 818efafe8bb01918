"""Facts for figures on PostgreSQL: kept beside the log, read anew wherever it has gone on.

Decoding a city's month is seconds of work: it is done in a thread, some hundred logs at a time, so that
whoever rings is not kept waiting.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Final

import msgspec
from psycopg.rows import dict_row, tuple_row
from typing_extensions import override

from tocsin.core.errors import InvariantBroken
from tocsin.core.ids import GridCode, IncidentId, OrganisationCode
from tocsin.core.incidents import Recorded
from tocsin.store.connect import Pool, connection
from tocsin.store.rows import Fields
from tocsin.store.sql import queries
from tocsin.town.fact_reader import facts_of
from tocsin.town.facts import FORM, Facts
from tocsin.town.figure_ports import FigureStore, OpenCounts, OpenItem, OpenWanted, Selection
from tocsin.town.figures import Counted

LOGS_AT_ONCE: Final = 500
FACTS_AT_ONCE: Final = 2_000
LIST_MOST: Final = 1_000
KEYS_MOST: Final = 5_000
_NAMED: Final = frozenset({"grid", "organisation", "matter", "category", "device"})

_logs: Final = msgspec.json.Decoder(list[Recorded])
_facts: Final = msgspec.json.Decoder(Facts)
_encoder: Final = msgspec.json.Encoder()


class PgFigureStore(FigureStore):
    """Reads and keeps on the pool of this process."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def bring_up(self, wanted: Selection) -> int:
        stale = await self._incidents("stale", wanted)
        for begin in range(0, len(stale), LOGS_AT_ONCE):
            await self._keep(stale[begin : begin + LOGS_AT_ONCE])
        return len(stale)

    @override
    async def counted(self, wanted: Selection) -> AsyncGenerator[Sequence[Counted], None]:
        arguments = {
            "since": wanted.since,
            "until": wanted.until,
            "scope": wanted.scope,
            "drill": wanted.drill,
            "kind": wanted.kind,
            "grade": wanted.grade,
            "source": wanted.source,
            "matter": wanted.matter,
            "organisation": wanted.organisation,
            "class": wanted.grid_class,
        }
        # One pass of the server: page by page it would join and sort the whole period for each page.
        async with (
            connection(self._pool) as database,
            database.cursor("facts", row_factory=dict_row) as cursor,
        ):
            await cursor.execute(queries("figures")["facts"], arguments, binary=True)
            while rows := await cursor.fetchmany(FACTS_AT_ONCE):
                yield await asyncio.to_thread(_counted, rows)

    @override
    async def differing(self, wanted: Selection) -> tuple[int, Sequence[IncidentId]]:
        incidents = await self._incidents("selected", wanted)
        found: list[IncidentId] = []
        for begin in range(0, len(incidents), LOGS_AT_ONCE):
            chosen = incidents[begin : begin + LOGS_AT_ONCE]
            rows = await self._ask("kept", incidents=chosen)
            fresh = await self._read(chosen)
            found += await asyncio.to_thread(_differing, rows, fresh)
        return len(incidents), found

    @override
    async def names(self, dimension: str, keys: Sequence[str]) -> Mapping[str, str]:
        if dimension not in _NAMED or not keys:
            return {}
        rows = await self._ask(f"names_{dimension}", keys=list(keys)[:KEYS_MOST])
        return {row["key"]: row["name"] for row in rows}

    @override
    async def open_items(self, wanted: OpenWanted) -> Sequence[OpenItem]:
        rows = await self._ask(
            "open_items",
            scope=wanted.scope,
            now=wanted.now,
            organisation=wanted.organisation,
            overdue=wanted.overdue,
            report_missing=wanted.report_missing,
            after=wanted.after,
            most=min(wanted.most, LIST_MOST),
        )
        return [_open_item(row) for row in rows]

    @override
    async def open_counts(self, wanted: OpenWanted) -> OpenCounts:
        (row,) = await self._ask(
            "open_counts", scope=wanted.scope, now=wanted.now, organisation=wanted.organisation
        )
        return OpenCounts(**row)

    async def _incidents(self, query: str, wanted: Selection) -> list[IncidentId]:
        rows = await self._ask(query, since=wanted.since, until=wanted.until, scope=wanted.scope, form=FORM)
        return [IncidentId(row["id"]) for row in rows]

    async def _keep(self, incidents: Sequence[IncidentId]) -> None:
        fresh = await self._read(incidents)
        async with connection(self._pool) as database:
            await database.execute(
                queries("figures")["save_facts"],
                {
                    "form": FORM,
                    "incidents": [one.incident for one in fresh],
                    "versions": [one.version for one in fresh],
                    "organisations": [one.organisation for one in fresh],
                    "bodies": [_encoder.encode(one) for one in fresh],
                },
            )

    async def _read(self, incidents: Sequence[IncidentId]) -> list[Facts]:
        async with (
            connection(self._pool) as database,
            database.cursor(row_factory=tuple_row, binary=True) as cursor,
        ):
            await cursor.execute(queries("figures")["logs"], {"incidents": list(incidents)})
            rows = await cursor.fetchall()
        return await asyncio.to_thread(_read_logs, rows)

    async def _ask(self, query: str, **arguments: object) -> list[Fields]:
        # Facts are megabytes: in text PostgreSQL would write every byte as two digits.
        async with (
            connection(self._pool) as database,
            database.cursor(row_factory=dict_row, binary=True) as cursor,
        ):
            await cursor.execute(queries("figures")[query], arguments)
            return await cursor.fetchall()


def _read_logs(rows: Sequence[tuple[str, bytes]]) -> list[Facts]:
    return [facts_of(_logs.decode(b"[%b]" % bodies)) for _, bodies in rows]


def _counted(rows: Sequence[Fields]) -> list[Counted]:
    return [Counted(_facts.decode(row["body"]), row["grid_path"], row["grid_class"]) for row in rows]


def _differing(kept: Sequence[Fields], fresh: Sequence[Facts]) -> list[IncidentId]:
    """Give whose kept facts are not what the log says; one whose log has gone on is not wrong but old."""
    by_incident = {one.incident: one for one in fresh}
    found = []
    for row in kept:
        now = by_incident.get(row["incident"])
        if now is None:
            raise InvariantBroken(f"incident {row['incident']} has facts and no log")
        if row["version"] == now.version and row["form"] == FORM and row["body"] != _encoder.encode(now):
            found.append(now.incident)
    return found


def _open_item(row: Fields) -> OpenItem:
    return OpenItem(
        **row
        | {
            "incident": IncidentId(row["incident"]),
            "grid": GridCode(row["grid"]),
            "lead": None if row["lead"] is None else OrganisationCode(row["lead"]),
        }
    )
