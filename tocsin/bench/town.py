"""What is asked of the town's part of the centre, measured on this machine, each figure with its target.

A part is a module with `async def measure(ground: Ground, part: str) -> Mapping[str, Figure]`, named in
`PARTS`; one module may serve several parts. Each part is given a fresh, migrated database of its own on one
embedded server, durable as in production, and fills it itself.
"""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final, TypeAlias, cast

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tocsin.bench.response import Figure, judged
from tocsin.core.errors import Rejected
from tocsin.store import embedded
from tocsin.store.connect import Pool, pool
from tocsin.store.migrate import migrate

PARTS: Final[dict[str, str]] = {
    "lists": "town_lists",
    "import": "town_places",
    "locate": "town_places",
    "report": "town_report",
    "coverage": "town_duty",
}
"""Part → module of this package that measures it."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A part's own database."""

    dsn: str
    pool: Pool


Measure: TypeAlias = Callable[[Ground, str], Awaitable[Mapping[str, Figure]]]


async def run(part: str | None = None) -> dict[str, object]:
    """Measure one part, or all; raises `Rejected` (`bench.part`) for one that is not there."""
    if part is not None and part not in PARTS:
        raise Rejected("bench.part", f"there is no part {part[:40]!r}: name one of {', '.join(PARTS)}")
    figures: dict[str, Figure] = {}
    directory = Path(tempfile.mkdtemp(prefix="tocsin-bench-"))
    try:
        server = await asyncio.to_thread(embedded.start, directory / "pg")
        for name in [part] if part is not None else PARTS:
            figures |= await _measure(server.dsn, name)
    finally:
        await asyncio.to_thread(embedded.stop, directory / "pg")
        await asyncio.to_thread(shutil.rmtree, directory, ignore_errors=True)
    return judged(figures) | {
        "ran_on": {
            "cpus": os.cpu_count(),
            "machine": platform.machine(),
            "python": platform.python_version(),
            "database": "embedded PostgreSQL, synchronous_commit on",
        },
    }


async def _measure(server: str, part: str) -> Mapping[str, Figure]:
    """Measure a part on a database of its own."""
    measure = cast("Measure", import_module(f"tocsin.bench.{PARTS[part]}").measure)
    name = f"bench_{part}"
    async with await psycopg.AsyncConnection.connect(server, autocommit=True) as database:
        await database.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    dsn = make_conninfo(server, dbname=name)
    await migrate(dsn)
    async with pool(dsn) as connections:
        return await measure(Ground(dsn, connections), part)
