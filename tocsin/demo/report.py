"""What came of a demo: counted from the database's rows, not from what the demo believes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg.rows import dict_row

from tocsin.core.grids import TIERS
from tocsin.store.sql import queries
from tocsin.wiring import Centre


async def gather(
    centre: Centre, since: datetime, sent: int, memory_mb: Mapping[str, float]
) -> dict[str, object]:
    """Make the report of everything received or opened since an instant; `sent` is the collectors' own count."""
    found: dict[str, list[dict[str, Any]]] = {}
    async with centre.pool.connection() as database, database.cursor(row_factory=dict_row) as cursor:
        for name, query in queries("report").items():
            await cursor.execute(query, {"since": since})
            found[name] = await cursor.fetchall()
    readings = found["readings"][0]
    clocks = {row["tier"]: row for row in found["clocks"]}
    return {
        "readings": {
            "sent": sent,
            "stored": readings["stored"],
            "duplicated": readings["stored"] - readings["distinct_readings"],
            "missing": max(0, sent - readings["distinct_readings"]),
        },
        "detections": found["detections"][0]["n"],
        "alarms": found["alarms"][0]["n"],
        "incidents": {row["kind"]: row["n"] for row in found["incidents"]},
        "clocks": {
            tier.value: {
                key: clocks.get(tier.value, {}).get(key, 0)
                for key in ("started", "arrived", "late", "missed", "stood_down")
            }
            for tier in TIERS
        },
        "notices": {row["state"]: row["n"] for row in found["notices"]},
        "stored_ms": _rounded(found["stored_ms"][0]),
        "notice_ms": _rounded(found["notice_ms"][0]),
        "lateness_ms": _rounded(found["lateness_ms"][0]),
        "memory_mb": {name: round(size, 1) for name, size in memory_mb.items()},
    }


def _rounded(row: Mapping[str, Any]) -> dict[str, float | None]:
    return {key: None if value is None else round(float(value), 1) for key, value in row.items()}
