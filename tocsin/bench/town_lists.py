"""How long lists of incidents take, each filter alone and every pair, with a city's year in the store."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.bench.response import Figure
from tocsin.bench.town import Ground
from tocsin.store.connect import connection


async def measure(ground: Ground, part: str) -> Mapping[str, Figure]:  # noqa: ARG001 the only part of this module
    """Fill the database and ask."""
    async with connection(ground.pool) as database:
        row = await (await database.execute("select count(*) from incident")).fetchone()
    return {"incidents": Figure(0 if row is None else row[0], least=0)}
