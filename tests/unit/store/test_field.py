"""What PostgreSQL adds to the contract of `FlushStore` (tests/contract/test_flush_store.py)."""

import asyncio
import signal
import sys
from datetime import timedelta

import pytest

from tests.support.database import Database
from tests.support.field import chunks, collector, delivery, detection, lease_of, reading, settle
from tocsin.core.clock import from_us
from tocsin.core.errors import LeaseLost, Rejected
from tocsin.core.ids import CollectorId
from tocsin.core.wire import DeviceHealth, Heartbeat, Lane, LinkState, Tombstone
from tocsin.ingest.ports import Lease
from tocsin.store.field import PgFlushStore

WEIR = CollectorId("weir")


@pytest.fixture
async def store(database: Database) -> PgFlushStore:
    await settle(database, collector("weir", 3))
    return PgFlushStore(database.pool)


@pytest.fixture
async def lease(store: PgFlushStore) -> Lease:
    return await lease_of(store)


async def test_what_the_pipeline_adds_is_committed_with_the_flush(
    database: Database, store: PgFlushStore, lease: Lease
) -> None:
    async with store.flush(lease, [3]) as flush:
        await flush.connection.execute("create table added as select 1")
        assert await database.execute("select to_regclass('added')") == [(None,)]
    assert await database.execute("select to_regclass('added')::text") == [("added",)]


async def test_a_take_over_waits_for_the_running_flush_and_shuts_the_next_one_out(
    database: Database, store: PgFlushStore, lease: Lease
) -> None:
    await store.acquire(0, lease.holder, 0)
    async with store.flush(lease, [3]) as flush:
        taking = asyncio.create_task(store.acquire(0, "worker-9", 30))
        await _until_somebody_waits_for_a_lock(database)
        assert not taking.done()
        await flush.store_readings([reading(flush.at, received=flush.at)])
    assert await taking == Lease(0, "worker-9", lease.term + 1)
    with pytest.raises(LeaseLost):
        async with store.flush(lease, [3]):
            pytest.fail("a flush without a lease was opened")
    assert await database.execute("select count(*) from reading") == [(1,)]


PAUSED = """
import asyncio, sys
from tests.support.field import collector, lease_of, reading
from tocsin.store.connect import pool
from tocsin.store.field import PgFlushStore

async def main() -> None:
    async with pool(sys.argv[1]) as connections:
        store = PgFlushStore(connections, idle_seconds=1.0)
        lease = await store.acquire(0, "paused", 0.5)
        try:
            async with store.flush(lease, [3]) as flush:
                await flush.store_readings([reading(flush.at, received=flush.at)])
                print("inside", flush=True)
                await asyncio.to_thread(sys.stdin.readline)
        except Exception as error:
            print(type(error).__name__, flush=True)
        try:
            async with store.flush(lease, [3]):
                print("committed", flush=True)
        except Exception as error:
            print(type(error).__name__, flush=True)

asyncio.run(main())
"""


@pytest.mark.heavy
async def test_a_worker_stopped_inside_a_flush_holds_nobody_up_and_commits_nothing(
    database: Database, store: PgFlushStore
) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PAUSED,
        database.dsn,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert await asyncio.wait_for(child.stdout.readline(), 20) == b"inside\n"
        child.send_signal(signal.SIGSTOP)
        async with asyncio.timeout(20):
            while (lease := await store.acquire(0, "successor", 30)) is None:
                await asyncio.sleep(0.05)
        assert lease.term == 2
        async with store.flush(lease, [3]) as flush:
            await flush.store_readings([reading(flush.at, received=flush.at, value=2.0)])
        child.send_signal(signal.SIGCONT)
        out, _ = await asyncio.wait_for(child.communicate(b"go on\n"), 20)
        assert out.split() == [b"Transient", b"LeaseLost"]
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    assert await database.execute("select value from reading") == [(2.0,)]


async def _until_somebody_waits_for_a_lock(database: Database) -> None:
    async with asyncio.timeout(10):
        while await database.execute(
            "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
        ) == [(0,)]:
            await asyncio.sleep(0)


async def test_a_new_session_begins_after_the_flushes_of_all_others(
    database: Database, store: PgFlushStore, lease: Lease
) -> None:
    await database.execute("update session_lease set last_at = tocsin_clock() + interval '5 minutes'")
    async with store.flush(lease, [3]) as flush:
        first = flush.at
    async with store.flush(await lease_of(store, 1), [4]) as flush:
        assert flush.at > first


async def test_the_instant_rises_when_the_clock_of_the_database_goes_back(
    database: Database, store: PgFlushStore, lease: Lease
) -> None:
    async with store.flush(lease, [3]) as flush:
        first = flush.at
    await database.execute(
        "create or replace function tocsin_clock() returns timestamptz language sql volatile "
        "as 'select clock_timestamp() - interval ''1 hour'''"
    )
    async with store.flush(lease, [3]) as flush:
        assert flush.at == first + timedelta(microseconds=1)


async def test_a_stream_whose_registration_was_rolled_back_is_registered_again(
    store: PgFlushStore, lease: Lease
) -> None:
    with pytest.raises(ZeroDivisionError):  # noqa: PT012  what was done before is what must vanish
        async with store.flush(lease, [3]) as flush:
            await flush.store_readings([reading(flush.at, received=flush.at)])
            raise ZeroDivisionError
    async with store.flush(lease, [3]) as flush:
        await flush.store_readings([reading(flush.at, received=flush.at)])
        await flush.store_latest([reading(flush.at, received=flush.at)])


async def test_a_stream_in_another_unit_is_another_stream(
    database: Database, store: PgFlushStore, lease: Lease
) -> None:
    async with store.flush(lease, [3]) as flush:
        await flush.store_readings(
            [reading(flush.at, unit="m"), reading(flush.at, unit="cm"), reading(flush.at, unit="m")]
        )
    assert await database.execute(
        "select unit, count(*) from reading join stream on stream.id = stream group by 1 order by 1"
    ) == [("cm", 1), ("m", 2)]


async def test_a_reading_of_an_unknown_collector_is_refused(
    database: Database, store: PgFlushStore, lease: Lease
) -> None:
    with pytest.raises(Rejected, match="tocsin collector add ghost") as caught:
        async with store.flush(lease, [3]) as flush:
            await flush.store_readings([reading(flush.at, stream="ghost/t-1/temperature")])
    assert caught.value.code == "collector.unknown"
    assert await database.execute("select count(*) from flush_log") == [(0,)]


async def test_a_reading_before_all_partitions_is_refused_not_lost(
    database: Database, store: PgFlushStore, lease: Lease
) -> None:
    [(hyper,)] = await database.execute("select tocsin_timescale()")
    if hyper:
        pytest.skip("a hypertable takes any day")
    with pytest.raises(Rejected):
        async with store.flush(lease, [3]) as flush:
            await flush.store_readings([reading(flush.at - timedelta(days=62))])


async def test_ingest_makes_the_days_ahead_when_nobody_does_maintenance(
    database: Database, store: PgFlushStore
) -> None:
    [(hyper,)] = await database.execute("select tocsin_timescale()")
    if hyper:
        pytest.skip("hypertables make their own chunks")
    await database.execute(
        "create or replace function tocsin_clock() returns timestamptz language sql volatile "
        "as 'select clock_timestamp() + interval ''30 days'''"
    )
    async with store.flush(await lease_of(store), [3]) as flush:
        await flush.store_readings([reading(flush.at, received=flush.at)])
    assert await database.execute("select at from reading") == [(flush.at,)]


async def test_the_latest_value_never_goes_back(
    database: Database, store: PgFlushStore, lease: Lease
) -> None:
    async with store.flush(lease, [3]) as flush:
        now = flush.at
        await flush.store_latest([reading(now, 2.0), reading(now - timedelta(seconds=1), 1.0)])
    async with store.flush(lease, [3]) as flush:
        await flush.store_latest([reading(now - timedelta(seconds=1), 3.0)])
        await flush.store_latest([])
    assert await database.execute("select at, value, observed from latest") == [
        (now, 2.0, now - timedelta(microseconds=7))
    ]


async def test_every_hour_that_got_readings_is_marked_dirty(
    database: Database, store: PgFlushStore, lease: Lease
) -> None:
    async with store.flush(lease, [3]) as flush:
        now = flush.at
        await flush.store_readings([reading(now), reading(now - timedelta(days=2)), reading(now)])
    assert await database.execute("select hour from dirty_bucket order by hour") == [
        (one.replace(minute=0, second=0, microsecond=0),) for one in (now - timedelta(days=2), now)
    ]


async def test_a_mark_is_renewed_after_a_minute_not_with_every_flush(
    database: Database, store: PgFlushStore, lease: Lease
) -> None:
    async with store.flush(lease, [3]) as flush:
        now = flush.at
        await flush.store_readings([reading(now)])
    [(marked,)] = await database.execute("select marked from dirty_bucket")
    async with store.flush(lease, [3]) as flush:
        await flush.store_readings([reading(now)])
    assert await database.execute("select marked from dirty_bucket") == [(marked,)]
    await database.execute("update session_lease set last_at = last_at + interval '61 seconds'")
    async with store.flush(lease, [3]) as flush:
        await flush.store_readings([reading(now)])
    [(again,)] = await database.execute("select marked from dirty_bucket")
    assert again > marked


async def test_a_detection_keeps_its_columns_and_its_whole_body(
    database: Database, store: PgFlushStore, lease: Lease
) -> None:
    incoming = detection()
    async with store.flush(lease, [3]) as flush:
        await flush.store_detections([incoming])
    [row] = await database.execute(
        "select at, id, device, kind, phase, raised, age_seconds, convert_from(body, 'UTF8')::json->>'reason' from detection"
    )
    assert row == (
        flush.at,
        incoming.detection.id,
        "weir/gauge-1",
        "flood",
        "raise",
        True,
        2.0,
        incoming.detection.reason,
    )


async def test_signs_of_life_move_forward_only(database: Database, store: PgFlushStore, lease: Lease) -> None:
    def beat(depth: int, last_us: int, device: str = "weir/cam-1") -> Heartbeat:
        return Heartbeat(
            uptime_seconds=1,
            outbox_depth=depth,
            outbox_bytes=0,
            devices=[DeviceHealth(device, "camera", last_us=last_us)],
        )

    async with store.flush(lease, [3]) as flush:
        now = flush.at
        await flush.store_heartbeats([(WEIR, now, beat(1, 5_000_000))])
        await flush.store_heartbeats([(WEIR, now - timedelta(hours=1), beat(2, 1_000_000))])
        await flush.store_heartbeats([(WEIR, now, beat(3, 2**62)), (WEIR, now, beat(4, 9, "other/cam-1"))])
    assert await database.execute(
        "select heartbeat_at, convert_from(heartbeat, 'UTF8')::json->>'outbox_depth' from collector"
    ) == [(now, "4")]
    assert await database.execute("select device, last_seen from device_health") == [
        ("weir/cam-1", from_us(5_000_000))
    ]
    assert await database.execute("select outbox_depth from health order by 1") == [(1,), (2,), (3,), (4,)]


async def test_the_state_of_the_link_is_kept_since_it_changed(
    database: Database, store: PgFlushStore, lease: Lease
) -> None:
    for state in (LinkState.ONLINE, LinkState.ONLINE, LinkState.OFFLINE):
        async with store.flush(lease, [3]) as flush:
            await flush.store_link(WEIR, state)
    assert await database.execute("select link, link_since from collector") == [("offline", flush.at)]


async def test_losses_add_up(database: Database, store: PgFlushStore, lease: Lease) -> None:
    async with store.flush(lease, [3]) as flush:
        await flush.count_lost(WEIR, Lane.DATA, [Tombstone(1, 3, "full", 30), Tombstone(5, 5, "age", 2)])
    assert await database.execute("select lost from collector") == [(32,)]
    assert await database.execute("select lane, first, last, reason, items from lost order by id") == [
        ("data", 1, 3, "full", 30),
        ("data", 5, 5, "age", 2),
    ]


async def test_a_damaged_picture_is_forgotten_and_may_come_again(
    database: Database, store: PgFlushStore, lease: Lease
) -> None:
    data = bytes(3000)
    good = chunks(data, 1000)
    bad = chunks(data[:-1] + b"x", 1000)[-1]
    broken = [*good[:2], (bad[0], type(bad[1])(good[0][1].sha256, bad[1].camera, 0, 3000, 2000, bad[1].data))]
    async with store.flush(lease, [3]) as flush:
        assert await flush.store_chunks(broken) == []
    assert await database.execute("select count(*) from picture_chunk") == [(0,)]
    async with store.flush(lease, [3]) as flush:
        assert await flush.store_chunks(good) == [good[0][1].sha256]


async def test_any_bytes_can_be_quarantined(database: Database, store: PgFlushStore, lease: Lease) -> None:
    payload = bytes(range(256))
    async with store.flush(lease, [3]) as flush:
        await flush.quarantine(delivery(payload=payload), "x", "nul \0 and \ud800", "t" * 100_000)
    [row] = await database.execute(
        "select payload, collector, lane, reason, length(trace), state from quarantine"
    )
    assert row == (payload, "weir", "data", "nul \ufffd and ?", 16_384, "held")
