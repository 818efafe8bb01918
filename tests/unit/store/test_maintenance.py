from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.database import Database
from tests.support.field import chunks, collector, delivery, lease_of, reading, settle
from tocsin.core.errors import Transient
from tocsin.store import maintenance
from tocsin.store.config import StoreConfig
from tocsin.store.field import PgFlushStore
from tocsin.store.field_queries import PgFieldAdmin
from tocsin.store.pictures import DirectoryPictures

TRAVEL = (
    "create or replace function tocsin_clock() returns timestamptz language sql volatile "
    "as 'select clock_timestamp() + interval ''{}'''"
)
PARTITIONS = "select relname from pg_class join pg_inherits on inhrelid = pg_class.oid where inhparent = %s::text::regclass order by 1"


@pytest.fixture
async def store(database: Database) -> PgFlushStore:
    await settle(database, collector("weir", 3))
    return PgFlushStore(database.pool)


async def hypertables(database: Database) -> bool:
    [(answer,)] = await database.execute("select tocsin_timescale()")
    return answer


async def test_partitions_are_made_a_week_ahead_as_days_go_by(database: Database) -> None:
    if await hypertables(database):
        pytest.skip("hypertables make their own chunks")
    await maintenance.make_partitions(database.pool, StoreConfig())
    await database.execute(TRAVEL.format("3 days"))
    assert await maintenance.make_partitions(database.pool, StoreConfig()) == 5 * 3
    assert await maintenance.make_partitions(database.pool, StoreConfig()) == 0
    last = datetime.now(UTC) + timedelta(days=10)
    assert (await database.execute(PARTITIONS, "health"))[-1] == (f"health_{last:%Y%m%d}",)


async def test_days_that_are_over_are_dropped_and_no_others(database: Database, store: PgFlushStore) -> None:
    async with store.flush(await lease_of(store), [3]) as flush:
        now = flush.at
        await flush.store_readings([reading(now - timedelta(days=59), 1.0), reading(now, 2.0)])
    assert await maintenance.drop_old(database.pool) == []
    await database.execute(TRAVEL.format("3 days"))
    await maintenance.make_partitions(database.pool, StoreConfig())
    dropped = await maintenance.drop_old(database.pool)
    assert any(name.startswith("reading") for name in dropped)
    assert await database.execute("select value from reading") == [(2.0,)]


async def test_a_held_lock_delays_dropping_by_a_second_and_harms_nobody(
    database: Database, store: PgFlushStore
) -> None:
    async with store.flush(await lease_of(store), [3]) as flush:
        await flush.store_readings([reading(flush.at - timedelta(days=59))])
    await database.execute(TRAVEL.format("3 days"))
    async with database.pool.connection() as reader:
        await reader.execute("select count(*) from reading")
        with pytest.raises(Transient):
            await maintenance.drop_old(database.pool)
    assert await maintenance.drop_old(database.pool)


async def test_rollups_are_what_the_readings_say_also_after_late_ones(
    database: Database, store: PgFlushStore
) -> None:
    lease = await lease_of(store)
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=2)
    async with store.flush(lease, [3]) as flush:
        await flush.store_readings([reading(noon, 1.0), reading(noon + timedelta(seconds=90), 4.0)])
        await flush.store_readings([reading(noon + timedelta(seconds=91), None, text="off", quality=16)])
    assert await maintenance.repair_rollups(database.pool) == 0
    await database.execute(TRAVEL.format("11 minutes"))
    assert await maintenance.repair_rollups(database.pool) == 1
    minutes = "select at, samples, least, most, mean, newest from reading_1m order by at"
    hours = "select at, samples, least, most, mean, newest from reading_1h"
    assert await database.execute(minutes) == [
        (noon, 1, 1.0, 1.0, 1.0, 1.0),
        (noon + timedelta(minutes=1), 1, 4.0, 4.0, 4.0, 4.0),
    ]
    assert await database.execute(hours) == [(noon, 2, 1.0, 4.0, 2.5, 4.0)]
    async with store.flush(lease, [3]) as flush:
        await flush.store_readings([reading(noon + timedelta(seconds=30), 7.0)])
    await database.execute(TRAVEL.format("25 minutes"))
    assert await maintenance.repair_rollups(database.pool) == 1
    assert await maintenance.repair_rollups(database.pool) == 0
    assert (await database.execute(minutes))[0] == (noon, 2, 1.0, 7.0, 4.0, 7.0)
    assert await database.execute(hours) == [(noon, 3, 1.0, 7.0, 4.0, 4.0)]


async def test_complete_pictures_move_into_the_picture_store_once(
    database: Database, store: PgFlushStore, tmp_path: Path
) -> None:
    data = bytes(5000)
    pieces = chunks(data, 999)
    pictures = DirectoryPictures(tmp_path)
    async with store.flush(await lease_of(store), [3]) as flush:
        await flush.store_chunks(pieces[1:])
    assert await maintenance.keep_pictures(database.pool, pictures) == []
    async with store.flush(await lease_of(store), [3]) as flush:
        await flush.store_chunks(pieces[:1])
    assert await maintenance.keep_pictures(database.pool, pictures) == [pieces[0][1].sha256]
    assert await pictures.get(pieces[0][1].sha256) == data
    assert await database.execute("select count(*) from picture_chunk") == [(0,)]
    assert await maintenance.keep_pictures(database.pool, pictures) == []


async def test_clearing_keeps_what_a_restart_replays(database: Database, store: PgFlushStore) -> None:
    lease = await lease_of(store)
    async with store.flush(lease, [3]):
        pass
    async with store.flush(lease, [3]) as flush:
        await database.execute("insert into detector_state values (3, %s, 'c', '')", flush.at)
    async with store.flush(lease, [3]) as last:
        await last.quarantine(delivery(), "c", "r", "")
        await last.store_chunks(chunks(bytes(100), 60)[:1])
    await maintenance.clear(database.pool)
    assert await database.execute("select count(*) from flush_log") == [(3,)]
    await PgFieldAdmin(database.pool).drop_quarantined([1])
    await database.execute(TRAVEL.format("31 days"))
    await maintenance.clear(database.pool)
    assert (flush.at,) in await database.execute("select at from flush_log")
    assert (last.at,) in await database.execute("select at from flush_log")
    assert await database.execute("select count(*) from quarantine") == [(0,)]
    assert await database.execute("select count(*) from picture_chunk") == [(0,)]


async def test_of_old_flushes_one_a_minute_is_left_while_their_readings_are(
    database: Database, store: PgFlushStore
) -> None:
    minute = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(hours=5)
    ticks = [minute + timedelta(seconds=20 * number) for number in range(9)]
    for at in ticks:
        await database.execute("insert into flush_log values (%s, 0, '{3}'), (%s, 1, '{4}')", at, at)
    await database.execute(
        "insert into detector_state values (3, %s, 'c', '')", minute + timedelta(seconds=150)
    )
    await maintenance.clear(database.pool)
    kept = await database.execute("select at from flush_log where session = 0 order by at")
    assert [at for (at,) in kept] == [ticks[0], ticks[3], ticks[6], ticks[8]]
    assert await database.execute("select count(*) from flush_log where session = 1") == [(4,)]
    await database.execute(TRAVEL.format("70 days"))
    await maintenance.clear(database.pool)
    assert await database.execute("select count(*) from flush_log") == [(0,)]


async def test_one_process_at_a_time_makes_a_round_and_a_failing_step_harms_no_other(
    database: Database, store: PgFlushStore, tmp_path: Path
) -> None:
    async with database.pool.connection() as other:
        await other.execute("select pg_advisory_xact_lock(7020316002)")
        assert not await maintenance.run_round(database.pool, DirectoryPictures(tmp_path), StoreConfig())
    async with store.flush(await lease_of(store), [3]) as flush:
        await flush.store_chunks(chunks(bytes(100), 100))
        await flush.store_readings([reading(flush.at)])
    (tmp_path / "file").write_text("in the way")
    await database.execute(TRAVEL.format("11 minutes"))
    failures = maintenance.metrics.MAINTENANCE_FAILURES.labels(step="pictures")
    before = failures._value.get()
    assert await maintenance.run_round(database.pool, DirectoryPictures(tmp_path / "file"), StoreConfig())
    assert failures._value.get() == before + 1
    assert await database.execute("select count(*) from dirty_bucket") == [(0,)]


async def test_where_people_were_is_forgotten_a_month_after_the_end_and_the_grade_stays(
    database: Database,
) -> None:
    await database.execute(
        "insert into grid (code, name, tier, kind, path, radius_m) values ('1', 'x', 'city', 'basic', '1', 500)"
    )
    await database.execute(
        "insert into policy (id, name, text, saved) values ('p', 'p', 'p', tocsin_clock())"
    )
    for name, ended in (("old", "30 days 1 minute"), ("new", "29 days"), ("open", None)):
        await database.execute(
            "insert into incident (id, version, state, kind, grade, grid, grid_path, township, opened, began, ended, "
            "changed, lateness, drill, policy, alarms, reports, head) values (%s, 1, %s, 'fire', 'I', '1', '1', '1', "
            "tocsin_clock(), tocsin_clock(), tocsin_clock() - %s::interval, tocsin_clock(), 'live', false, 'p', 0, 0, sha256('x'))",
            name,
            "received" if ended is None else "closed",
            ended,
        )
        await database.execute(
            "insert into position (incident, person, latitude, longitude, observed, recorded) "
            "values (%s, 'li', 30, 120, tocsin_clock(), tocsin_clock())",
            name,
        )
        await database.execute(
            "insert into proof (id, incident, tier, person, basis, at, recorded, details) "
            """values (%s, %s, 'village', 'li', 'position', tocsin_clock(), tocsin_clock(), '{"distance_m": 12}')""",
            f"proof-{name}",
            name,
        )
        await database.execute(
            "insert into photo_challenge (id, incident, person, code, made, expires) "
            "values (%s, %s, 'li', '4711', tocsin_clock(), tocsin_clock())",
            f"code-{name}",
            name,
        )
    assert await maintenance.forget_positions(database.pool, StoreConfig()) == 3
    assert await maintenance.forget_positions(database.pool, StoreConfig()) == 0
    kept = await database.execute("select incident from position order by 1")
    assert kept == [("new",), ("open",)]
    proofs = await database.execute("select incident, basis, details from proof order by 1")
    assert proofs == [
        ("new", "position", {"distance_m": 12}),
        ("old", "position", {}),
        ("open", "position", {"distance_m": 12}),
    ]
    assert await maintenance.forget_positions(database.pool, StoreConfig(position_days=20)) == 3


async def test_signs_of_life_and_findings_are_forgotten_when_they_are_old(database: Database) -> None:
    await database.execute(
        """insert into beat (name, role, host, at, clock)
           select name, 'relay', 'a', tocsin_clock() - age, tocsin_clock() - age
             from (values ('gone', interval '3 days'), ('here', interval '1 day')) as b (name, age)"""
    )
    await database.execute(
        """insert into watch_finding (code, subject, since, seen, until, sentence)
           select code, 's', tocsin_clock() - age, tocsin_clock() - age, case when over then tocsin_clock() - age end, 'x'
             from (values ('old', interval '401 days', true), ('stands', interval '500 days', false),
                          ('fresh', interval '399 days', true)) as f (code, age, over)"""
    )
    await maintenance.clear(database.pool)
    assert await database.execute("select name from beat") == [("here",)]
    assert await database.execute("select code from watch_finding order by code") == [("fresh",), ("stands",)]
