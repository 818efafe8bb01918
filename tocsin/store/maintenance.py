"""What keeps the database healthy, a round every minute in one process at a time.

A round makes the partitions of the coming days, drops the days that are over, repairs roll-ups,
moves complete pictures into the picture store and clears what staged data is left.  Every step is
a transaction of its own, waits at most a second for a lock, and is tried again in the next round.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

import structlog
from psycopg import sql

from tocsin.core.errors import Rejected, Transient
from tocsin.core.ids import PictureHash
from tocsin.ingest.ports import PictureStore
from tocsin.store import metrics
from tocsin.store.config import StoreConfig
from tocsin.store.connect import Connection, Pool, connection
from tocsin.store.sql import queries

log = structlog.get_logger()

Q: Final = queries("maintenance")
ROUND_SECONDS: Final = 60.0
BUCKETS_MAX: Final = 500
"""Hours of streams computed in one transaction: about a second of work at a reading a second."""
BUCKETS_ROUND_MAX: Final = 20_000
PICTURES_MAX: Final = 100
_HOUR: Final = timedelta(hours=1)


async def maintain(pool: Pool, pictures: PictureStore, config: StoreConfig) -> None:
    """Run rounds until cancelled."""
    while True:
        await run_round(pool, pictures, config)
        await asyncio.sleep(ROUND_SECONDS)


async def run_round(pool: Pool, pictures: PictureStore, config: StoreConfig) -> bool:
    """Do everything once; False when another process is at it. A failing step harms no other."""
    try:
        async with connection(pool) as guard:
            row = await (await guard.execute(Q["try_round"])).fetchone()
            if row is None or not row[0]:
                return False
            await _step("partitions", lambda: make_partitions(pool, config))
            await _step("retention", lambda: drop_old(pool))
            await _step("pictures", lambda: keep_pictures(pool, pictures))
            await _step("rollups", lambda: repair_rollups(pool))
            await _step("clearing", lambda: clear(pool))
            await _step("positions", lambda: forget_positions(pool, config))
    except Transient as error:
        metrics.MAINTENANCE_FAILURES.labels(step="round").inc()
        log.warning("maintenance.failed", step="round", reason=str(error))
        return False
    return True


async def _step(name: str, work: Callable[[], Awaitable[object]]) -> None:
    try:
        await work()
    except (Transient, Rejected) as error:
        metrics.MAINTENANCE_FAILURES.labels(step=name).inc()
        log.warning("maintenance.failed", step=name, reason=str(error))


@asynccontextmanager
async def _hurried(pool: Pool) -> AsyncIterator[Connection]:
    async with connection(pool) as database:
        await database.execute(Q["hurry"])
        yield database


async def make_partitions(pool: Pool, config: StoreConfig) -> int:
    """Take the configured retention over and make missing partitions; give how many."""
    async with _hurried(pool) as database:
        for days, names in (
            (config.reading_days, ["reading", "reading_1m", "health"]),
            (config.detection_days, ["detection"]),
        ):
            await database.execute(Q["set_retention"], {"days": days, "names": names})
        row = await (await database.execute(Q["make_partitions"])).fetchone()
        return 0 if row is None else int(row[0])


async def drop_old(pool: Pool) -> list[str]:
    """Drop the days that are over, one transaction each; give the names of what went."""
    async with connection(pool) as database:
        partitions = await (await database.execute(Q["old_partitions"])).fetchall()
        hypertables = await (await database.execute(Q["hypertables"])).fetchall()
    dropped = []
    for table, partition in partitions:
        async with _hurried(pool) as database:
            await database.execute(sql.SQL("drop table {}").format(sql.Identifier(partition)))
        metrics.PARTITIONS_DROPPED.labels(table=table).inc()
        log.info("retention.dropped", table=table, partition=partition)
        dropped.append(partition)
    for table, before in hypertables:
        async with _hurried(pool) as database:
            row = await (
                await database.execute(Q["drop_chunks"], {"name": table, "before": before})
            ).fetchone()
        count = 0 if row is None else int(row[0])
        if count:
            metrics.PARTITIONS_DROPPED.labels(table=table).inc(count)
            log.info("retention.dropped", table=table, chunks=count)
            dropped += [table] * count
    return dropped


async def repair_rollups(pool: Pool) -> int:
    """Compute the roll-ups of quiet dirty hours again; give how many hours."""
    done = 0
    while done < BUCKETS_ROUND_MAX:
        async with connection(pool) as database:
            due = await (await database.execute(Q["due_buckets"], {"most": BUCKETS_MAX})).fetchall()
            if due:
                hours = [hour for _, hour in due]
                values = {
                    "streams": [stream for stream, _ in due],
                    "hours": hours,
                    # Plain bounds beside the join let the planner leave other days alone.
                    "first": min(hours),
                    "last": max(hours) + _HOUR,
                }
                for name in ("clear_minutes", "compute_minutes", "compute_hours"):
                    await database.execute(Q[name], values)
        done += len(due)
        if len(due) < BUCKETS_MAX:
            break
    async with connection(pool) as database:
        row = await (await database.execute(Q["count_dirty"])).fetchone()
        metrics.DIRTY_HOURS.set(0 if row is None else row[0])
    return done


async def keep_pictures(pool: Pool, pictures: PictureStore, most: int = PICTURES_MAX) -> list[PictureHash]:
    """Move complete pictures into the picture store, oldest first; give their names.

    The pipeline calls it after a flush that completed one; the rounds catch up with what a crash left.
    """
    async with connection(pool) as database:
        rows = await (await database.execute(Q["pictures_to_keep"], {"most": most})).fetchall()
    kept = []
    for (name,) in rows:
        sha256 = PictureHash(name)
        async with connection(pool) as database:
            row = await (await database.execute(Q["picture_bytes"], {"sha256": sha256})).fetchone()
        if row is None or row[0] is None:
            # Another process was faster and has dropped the pieces.
            continue
        await pictures.put(sha256, bytes(row[0]))
        async with connection(pool) as database:
            await database.execute(Q["picture_kept"], {"sha256": sha256})
        metrics.PICTURES_KEPT.inc()
        kept.append(sha256)
    return kept


async def clear(pool: Pool) -> None:
    """Delete staged data that nobody will ask for again."""
    for name in (
        "thin_flushes",
        "forget_flushes",
        "forget_flushes_without_detectors",
        "forget_chunks",
        "forget_quarantine",
        "forget_budgets",
        "forget_receipts",
        "forget_codes",
        "forget_tests",
        "forget_beats",
        "forget_findings",
    ):
        async with _hurried(pool) as database:
            await database.execute(Q[name])


async def forget_positions(pool: Pool, config: StoreConfig) -> int:
    """Delete where people were, and the details of their proofs, some days after their incident ended; give how many."""
    gone = 0
    for name in ("forget_positions", "forget_proof_details", "forget_challenges"):
        async with _hurried(pool) as database:
            gone += (await database.execute(Q[name], {"days": config.position_days})).rowcount
    if gone:
        log.info("retention.positions", rows=gone)
    return gone
