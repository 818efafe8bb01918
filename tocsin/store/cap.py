"""Incidents for other authorities, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import shapely
from psycopg.rows import dict_row
from typing_extensions import override

from tocsin.alerts.cap import CapPlace
from tocsin.alerts.cap_ports import CapSource, CapStore
from tocsin.core.ids import GridCode, IncidentId
from tocsin.store import chain
from tocsin.store.connect import Pool, connection
from tocsin.store.rows import Fields, place_of
from tocsin.store.sql import queries

POINTS_MOST: Final = 200
"""Of an outline in a message."""
_COARSER: Final = (0.0, 0.0001, 0.0003, 0.001, 0.003, 0.01)
"""Degrees by which an outline may be simplified until it is short enough."""


class PgCap(CapStore):
    """Reads on the pool of this process."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def recent(self, scope: str, within: timedelta, most: int) -> Sequence[CapSource]:
        return await self._ask("recent", scope=scope, within=within, most=most)

    @override
    async def find(self, scope: str, incident: IncidentId) -> CapSource | None:
        return next(iter(await self._ask("find", scope=scope, incident=incident)), None)

    async def _ask(self, query: str, **arguments: object) -> list[CapSource]:
        async with (
            connection(self._pool) as database,
            database.cursor(row_factory=dict_row) as cursor,
        ):
            await cursor.execute(queries("cap")[query], arguments)
            return [_source(row) for row in await cursor.fetchall()]


def _source(row: Fields) -> CapSource:
    place = CapPlace(
        code=GridCode(row["code"]),
        name=row["name"],
        centre=place_of(row["latitude"], row["longitude"], row["accuracy_m"]),
        radius_m=row["radius_m"],
        outline=() if row["outline"] is None else border(bytes(row["outline"])),
    )
    return CapSource(place, [chain.read(bytes(body)) for body in row["log"] or ()])


def border(outline: bytes) -> tuple[tuple[float, float], ...]:
    """Give the border of an outline (WKB) as latitude and longitude, simplified; of several parts the largest."""
    shape = shapely.from_wkb(outline)
    parts = shapely.get_parts(shape)
    largest = max(parts, key=shapely.area, default=None)
    if largest is None or largest.is_empty:
        return ()
    for coarser in _COARSER:
        ring = shapely.get_coordinates(shapely.simplify(largest, coarser).exterior)
        if len(ring) <= POINTS_MOST:
            break
    return tuple((float(latitude), float(longitude)) for longitude, latitude in ring)
