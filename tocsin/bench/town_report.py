"""How long the report of a city's month takes: 32,000 grids, 16,000 incidents with 20 events each.

Cold, nothing of any log has been read before; warm, only what has gone on since is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from tocsin.alerts.evolve import fold
from tocsin.alerts.model import Incident
from tocsin.bench.response import Figure
from tocsin.bench.town import Ground
from tocsin.bench.town_logs import moved, some
from tocsin.core.clock import SystemClock
from tocsin.core.ids import GridCode, IncidentId
from tocsin.core.incidents import Recorded
from tocsin.store import chain
from tocsin.store.changes import actor_text
from tocsin.store.connect import Connection, connection
from tocsin.store.figures import PgFigureStore
from tocsin.store.rows import as_rows
from tocsin.store.sql import queries
from tocsin.town.figure_catalogue import definition
from tocsin.town.periods import PeriodKind, parse
from tocsin.town.report_model import TABLES, TABLES_MOST, Wanted
from tocsin.town.reporting import Reporting
from tocsin.town.workbook import xlsx_file

GRIDS: Final = 32_000
INCIDENTS: Final = 16_000
DISTINCT: Final = 400
"""Logs that are really played; the others are these at other places and instants."""
MONTH: Final = "2026-10"
BEGIN: Final = datetime(2026, 9, 30, 16, tzinfo=UTC)
"""The first instant of that month by the town's wall clock."""
DAYS: Final = 31
CITY: Final = "110100"
AT_ONCE: Final = 1_000
_COUNTIES, _TOWNSHIPS, _VILLAGES = 16, 300, 3_600


async def measure(
    ground: Ground,
    part: str,  # noqa: ARG001 the only part of this module
    *,
    grids: int = GRIDS,
    incidents: int = INCIDENTS,
) -> Mapping[str, Figure]:
    """Fill the database and ask for reports."""
    clock = SystemClock()
    events = await _fill(ground, grids, incidents)
    reporting = Reporting(PgFigureStore(ground.pool), clock)
    month = Wanted(period=parse(PeriodKind.MONTH, MONTH), scope=CITY)

    async def timed(wanted: Wanted) -> tuple[float, int]:
        began = clock.monotonic()
        made = await reporting.report(wanted)
        return round(clock.monotonic() - began, 2), made.incidents + sum(made.left_out.values())

    cold, counted = await timed(month)
    warm, _ = await timed(month)
    everything, _ = await timed(replace(month, by=TABLES[:TABLES_MOST]))
    began = clock.monotonic()
    await reporting.rows(definition("on_scene_village"), month, most=500)
    rows = round(clock.monotonic() - began, 2)
    made = await reporting.report(month)
    began = clock.monotonic()
    await asyncio.to_thread(xlsx_file, made)
    file = round(clock.monotonic() - began, 2)
    return {
        "report_incidents": Figure(counted, least=incidents),
        "report_events_each": Figure(round(events / incidents, 1), least=20),
        "report_cold_s": Figure(cold, most=10),
        "report_warm_s": Figure(warm, most=10),
        "report_six_tables_s": Figure(everything, most=10),
        "report_rows_s": Figure(rows, most=10),
        "report_xlsx_s": Figure(file, most=10),
    }


async def _fill(ground: Ground, grids: int, incidents: int) -> int:
    """Make a city with a month behind it; give the number of events."""
    random = Random(11)  # noqa: S311 a simulation, no secret
    places = list(_places(grids))
    played = some(random, DISTINCT, BEGIN)
    events = 0
    async with connection(ground.pool) as database:
        await database.execute(
            "insert into policy (id, name, text, saved) values ('default@1', 'x', 'x', now())"
        )
        await _copy_grids(database, places)
        leaves = [place for place in places if place[2].count(".") == 4] or places
        for first in range(0, incidents, AT_ONCE):
            logs: list[Sequence[Recorded]] = []
            for number in range(first, min(first + AT_ONCE, incidents)):
                grid, _, path, _ = random.choice(leaves)
                by = timedelta(seconds=random.uniform(0, DAYS * 86_400 - 1))
                name = IncidentId(f"month-{number:06}")
                logs.append(moved(played[number % len(played)], name, by, GridCode(grid), path))
            await put(database, logs)
            events += sum(len(log) for log in logs)
        await database.execute("analyze incident")
        await database.execute("analyze incident_event")
    return events


def _places(number: int) -> Iterator[tuple[str, str, str, str]]:
    """Give code, parent, path and tier of a city of five levels, parents first."""
    yield CITY, "", CITY, "city"
    levels = [("city", _COUNTIES), ("township", _TOWNSHIPS), ("village", _VILLAGES), ("village", number)]
    above, left = [(CITY, CITY)], number - 1
    for tier, most in levels:
        here = []
        for place in range(min(most, left)):
            parent, path = above[place % len(above)]
            code = f"{parent}{place // len(above) + 1:03}"
            yield code, parent, f"{path}.{code}", tier
            here.append((code, f"{path}.{code}"))
        left -= len(here)
        above = here or above


async def _copy_grids(database: Connection, places: Sequence[tuple[str, str, str, str]]) -> None:
    async with (
        database.cursor() as cursor,
        cursor.copy("copy grid (code, name, parent, tier, kind, path, level, radius_m) from stdin") as copy,
    ):
        for code, parent, path, tier in places:
            level = path.count(".") + 1
            await copy.write_row((code, f"grid {code}", parent or None, tier, "basic", path, level, 500.0))


async def put(database: Connection, logs: Sequence[Sequence[Recorded]]) -> None:
    """Put whole logs into a store that has their grids and policy: what lists and figures read of them."""
    rows = [_row(fold(log), log) for log in logs]
    await database.execute(queries("alerts")["insert_incidents"], {"rows": as_rows(rows)})
    columns = "incident, version, kind, actor, occurred, recorded, body, prev_hash, hash"
    async with (
        database.cursor() as cursor,
        cursor.copy(f"copy incident_event ({columns}) from stdin".encode()) as copy,
    ):
        for log in logs:
            links = chain.forge(chain.origin(log[0].incident), log)
            for line, link in zip(log, links, strict=True):
                tag = str(line.event.__struct_config__.tag)
                await copy.write_row(
                    (
                        line.incident,
                        line.version,
                        tag,
                        actor_text(line.actor),
                        line.occurred,
                        line.recorded,
                        *tuple(link),
                    )
                )


def _row(state: Incident, log: Sequence[Recorded]) -> Mapping[str, Any]:
    work = state.work
    return {
        "id": log[0].incident,
        "version": state.version,
        "state": state.state,
        "kind": state.kind,
        "grade": state.grade,
        "grid": state.grid,
        "device": state.device,
        "opened": state.opened,
        "began": state.began,
        "confirmed": state.confirmed,
        "ended": state.ended,
        "lateness": state.lateness,
        "drill": state.drill,
        "policy": state.policy,
        "alarms": len(state.alarms),
        "reports": 0,
        "head": bytes(32),
        "readiness": state.readiness,
        "source": state.source,
        "matter": state.matter,
        "level": None if work is None else work.level,
        "lead": None if work is None else work.lead,
        "stage": None if work is None else work.stage,
        "stage_due": None if work is None else work.due,
        "beyond": state.beyond,
        "exercise": state.exercise,
        "satisfaction": state.satisfaction,
        "changed": log[-1].recorded,
    }
