"""The record for a replay, read back in pieces."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.database import Database
from tests.support.field import collector, lease_of, reading, settle
from tocsin.core.ids import DeviceId
from tocsin.ingest.ports import Lease
from tocsin.ingest.replay_ports import CameraRecord, KeptPicture
from tocsin.store.field import PgFlushStore
from tocsin.store.replay import PgReplay

CAMERA = DeviceId("weir/cam-1")
GRID = "110105001001001"


@pytest.fixture
async def store(database: Database) -> PgFlushStore:
    await settle(database, collector("weir", 3), collector("mill", 4))
    return PgFlushStore(database.pool)


@pytest.fixture
async def lease(store: PgFlushStore) -> Lease:
    return await lease_of(store)


async def test_flushes_are_read_as_they_came(database: Database, store: PgFlushStore, lease: Lease) -> None:
    record = PgReplay(database.pool)
    assert await record.kept_since() is None
    flushes = []
    for number in range(3):
        async with store.flush(lease, [3, 4]) as flush:
            at = flush.at
            flushes.append(at)
            if number != 1:
                values = [
                    reading(at - timedelta(seconds=2), number + 0.5, received=at),
                    reading(at - timedelta(seconds=9), number, received=at, quality=32),
                    reading(at, 7.0, stream="mill/a/b", received=at),
                ]
                await flush.store_readings(values)
    first, last = flushes[0], flushes[2]
    after = last + timedelta(microseconds=1)

    whole = await record.piece("", first, after, 100)

    assert whole is not None
    assert {partition: list(found) for partition, found in whole.readings.items()} == {
        3: [first, last],
        4: [first, last],
    }
    assert [one.value for one in whole.readings[3][last]] == [2.5, 2]
    assert [one.quality for one in whole.readings[3][last]] == [0, 32]
    assert [(mark.at, mark.session, mark.partitions) for mark in whole.marks] == [
        (at, 0, frozenset({3, 4})) for at in flushes
    ]
    assert await record.piece("", first, after, 5) is None
    part = await record.piece("", first, last, 6)
    assert part is not None
    assert [list(found) for found in part.readings.values()] == [[first], [first]]
    assert await record.kept_since() == first
    elsewhere = await record.piece("other", first, after, 5)
    assert elsewhere is not None
    assert elsewhere.readings == {}


async def test_partitions_are_those_of_a_subtree(database: Database, store: PgFlushStore) -> None:
    record = PgReplay(database.pool)

    assert await record.partitions(GRID) == {3: ["weir"], 4: ["mill"]}
    assert await record.homes("") == {"weir": GRID, "mill": GRID}
    assert await record.partitions("other") == {}


async def test_the_log_is_whole_behind_the_oldest_snapshot(database: Database, store: PgFlushStore) -> None:
    record = PgReplay(database.pool)
    ((now,),) = await database.execute("select tocsin_clock()")
    assert abs(await record.whole_since() - (now - timedelta(hours=1))) < timedelta(minutes=1)

    await database.execute("insert into detector_state values (3, %s, 'c', '')", now - timedelta(hours=3))

    assert await record.whole_since() == now - timedelta(hours=3)


async def test_kept_pictures_are_paged_in_order_of_observation(
    database: Database, store: PgFlushStore
) -> None:
    record = PgReplay(database.pool)
    ((now,),) = await database.execute("select tocsin_clock()")
    for number, kept in enumerate((True, True, False, True)):
        await database.execute(
            "insert into picture (sha256, camera, collector, observed, received, bytes_total, complete, kept) "
            "values (%s, %s, 'weir', %s, %s, 10, true, %s)",
            f"{number:064x}", CAMERA, now - timedelta(seconds=number // 2), now, kept,
        )  # fmt: skip
    since, until = now - timedelta(minutes=1), now + timedelta(seconds=1)

    first = await record.pictures(CAMERA, since, until, None, 2)
    rest = await record.pictures(CAMERA, since, until, first[-1], 2)

    assert [one.sha256[-1] for one in [*first, *rest]] == ["3", "0", "1"]
    assert first[0] == KeptPicture(now - timedelta(seconds=1), first[0].sha256)
    assert await record.cameras("", since, until) == [CameraRecord(camera=CAMERA, announced=4, kept=3)]
    assert await record.cameras("other", since, until) == []
    assert await record.pictures(CAMERA, since, now - timedelta(seconds=1), None, 2) == []
