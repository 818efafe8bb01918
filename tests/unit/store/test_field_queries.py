from datetime import datetime, timedelta

import pytest

from tests.support.database import Database
from tests.support.field import GRID, chunks, collector, delivery, lease_of, reading, settle
from tocsin.core.errors import Rejected
from tocsin.core.ids import CollectorId, DeviceId, GridCode, PictureHash, StreamId
from tocsin.core.wire import ClockState, DeviceHealth, Heartbeat, Lane, LinkState
from tocsin.ingest.ports import CollectorEntry
from tocsin.store.field import PgFlushStore
from tocsin.store.field_queries import PgFieldAdmin, PgFieldQueries

ELSEWHERE = "999999"
WEIR = CollectorId("weir")
LEVEL = StreamId("weir/gauge-1/level")
DATA = b"a picture of the weir"


@pytest.fixture
async def now(database: Database) -> datetime:
    """A weir with a heartbeat, three readings, a placed gauge and a camera's picture."""
    await settle(database, collector("weir", 3))
    await database.execute(
        "insert into device (id, collector, kind, name, grid, latitude, longitude) "
        "values ('weir/gauge-1', 'weir', 'sensor', '闸口水位', %s, 39.9, 116.4)",
        GRID,
    )
    store = PgFlushStore(database.pool)
    beat = Heartbeat(
        uptime_seconds=9, outbox_depth=4, outbox_bytes=5, outbox_oldest_us=1_000_000, clock=ClockState.DRIFTING,
        disk_free_bytes=77, software="0.1.0", revision="abc", lost=0,
        devices=[DeviceHealth(DeviceId("weir/cam-1"), "camera", last_us=2_000_000, changed=False, fault="frozen")],
    )  # fmt: skip
    async with store.flush(await lease_of(store), [3]) as flush:
        given = [reading(flush.at - timedelta(seconds=n), float(n), received=flush.at) for n in range(3)]
        await flush.store_readings(given)
        await flush.store_latest(given)
        await flush.store_heartbeats([(WEIR, flush.at, beat)])
        await flush.store_link(WEIR, LinkState.ONLINE)
        await flush.store_chunks(chunks(DATA, 100))
        await flush.quarantine(delivery(), "envelope.form", "no envelope", "")
    return flush.at


async def test_collectors_show_their_last_signs_of_life(database: Database, now: datetime) -> None:
    queries = PgFieldQueries(database.pool)
    [row] = await queries.collectors_health("")
    assert (row.id, row.grid, row.partition, row.link, row.last_heartbeat) == (
        WEIR,
        GRID,
        3,
        LinkState.ONLINE,
        now,
    )
    assert (row.outbox_depth, row.clock, row.disk_free_bytes, row.quarantined) == (4, "drifting", 77, 1)
    assert (row.software, row.revision, row.lost) == ("0.1.0", "abc", 0)
    assert await queries.collectors_health(ELSEWHERE) == []


async def test_a_collector_that_never_spoke_is_listed(database: Database) -> None:
    await settle(database, collector("mute", 1))
    [row] = await PgFieldQueries(database.pool).collectors_health(GRID)
    assert (row.id, row.link, row.last_heartbeat, row.clock) == ("mute", None, None, "")


async def test_devices_are_listed_placed_or_only_heard_of(database: Database, now: datetime) -> None:
    queries = PgFieldQueries(database.pool)
    camera, gauge = await queries.devices(GRID, collector=None, most=10)
    assert (camera.id, camera.grid, camera.fault, camera.changed, camera.latitude) == (
        "weir/cam-1", GRID, "frozen", False, None,
    )  # fmt: skip
    assert (gauge.id, gauge.name, gauge.latitude, gauge.last_seen) == ("weir/gauge-1", "闸口水位", 39.9, None)
    assert await queries.devices(GRID, collector=CollectorId("other"), most=10) == []
    assert await queries.devices(ELSEWHERE, collector=None, most=10) == []
    assert len(await queries.devices(GRID, collector=WEIR, most=1)) == 1


async def test_latest_gives_the_newest_value_in_its_newest_unit(database: Database, now: datetime) -> None:
    queries = PgFieldQueries(database.pool)
    [row] = await queries.latest(GRID, device=None, most=10)
    assert (row.stream, row.unit, row.value, row.at) == (LEVEL, "m", 0.0, now)
    store = PgFlushStore(database.pool)
    async with store.flush(await lease_of(store), [3]) as flush:
        await flush.store_latest([reading(flush.at, 150.0, unit="cm")])
    [row] = await queries.latest("", device=DeviceId("weir/gauge-1"), most=10)
    assert (row.unit, row.value) == ("cm", 150.0)
    assert await queries.latest(ELSEWHERE, device=None, most=10) == []
    assert await queries.latest(GRID, device=DeviceId("weir/gauge-9"), most=10) == []


async def test_readings_come_oldest_first_within_a_half_open_span(database: Database, now: datetime) -> None:
    queries = PgFieldQueries(database.pool)
    begin = now - timedelta(seconds=2)
    assert [one.value for one in await queries.readings(GRID, LEVEL, begin, now, 10)] == [2.0, 1.0]
    assert [one.value for one in await queries.readings(GRID, LEVEL, begin, now, 1)] == [2.0]
    assert await queries.readings(ELSEWHERE, LEVEL, begin, now, 10) == []


async def test_a_picture_is_found_within_its_scope(database: Database, now: datetime) -> None:
    queries = PgFieldQueries(database.pool)
    [row] = await queries.pictures(GRID, camera=DeviceId("weir/cam-1"), most=10)
    assert (row.camera, row.bytes_total, row.complete, row.detection) == ("weir/cam-1", len(DATA), True, None)
    assert await queries.picture(GRID, row.sha256) == row
    assert await queries.picture(ELSEWHERE, row.sha256) is None
    assert await queries.picture(GRID, PictureHash("0" * 64)) is None
    assert await queries.pictures(ELSEWHERE, camera=DeviceId("weir/cam-1"), most=10) == []


async def test_a_collector_is_added_once_and_only_to_a_known_grid(database: Database, now: datetime) -> None:
    admin = PgFieldAdmin(database.pool)
    with pytest.raises(Rejected) as caught:
        await admin.add_collector(collector("weir", 9))
    assert caught.value.code == "collector.exists"
    with pytest.raises(Rejected) as caught:
        await admin.add_collector(
            CollectorEntry(CollectorId("new"), 1, GridCode("nowhere"), "New", True, "x")
        )
    assert caught.value.code == "grid.unknown"
    entry = CollectorEntry(CollectorId("new"), 63, GRID, "New", False, "x", b"\x01" * 32)
    await admin.add_collector(entry)
    assert (await PgFlushStore(database.pool).collectors())[CollectorId("new")] == entry


async def test_a_quarantined_message_is_settled_once(database: Database, now: datetime) -> None:
    admin = PgFieldAdmin(database.pool)
    [held] = await admin.quarantined(state="held", most=10)
    assert (held.topic, held.payload, held.code) == ("tocsin/v1/03/weir/data", b"\xc1", "envelope.form")
    assert await admin.held([held.id, 999]) == [held]
    store = PgFlushStore(database.pool)
    lease = await store.acquire(9, "retry", 30)
    assert lease is not None

    async def dies() -> None:
        async with store.flush(lease, []) as flush:
            assert await flush.settle_quarantined(held.id)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await dies()
    assert await admin.held([held.id]) == [held], "what is rolled back stays held"
    async with store.flush(lease, []) as flush:
        assert await flush.settle_quarantined(held.id)
        assert not await flush.settle_quarantined(held.id)
    assert await admin.held([held.id]) == []
    await database.execute("update quarantine set state = 'held' where id = %s", held.id)
    assert await admin.drop_quarantined([held.id]) == 1
    assert await admin.held([held.id]) == []
    assert await admin.drop_quarantined([held.id]) == 0
    assert await admin.quarantined(state="held", most=10) == []


async def test_calls_for_help_that_could_not_be_read_are_counted_and_listed_apart(
    database: Database, now: datetime
) -> None:
    for lane, who in (("alarm", "weir"), ("data", "weir"), ("alarm", "nobody")):
        await database.execute(
            "insert into quarantine (received, topic, collector, lane, code, reason, trace, payload)"
            " values (now(), 't', %s, %s, 'envelope.form', '', '', '')",
            who,
            lane,
        )
    admin = PgFieldAdmin(database.pool)
    assert await admin.calls_held("") == 2
    assert await admin.calls_held(GRID + ".x") == 0
    listed = await admin.quarantined(state="held", most=10, lane=Lane.ALARM)
    assert {(one.lane, one.collector) for one in listed} == {("alarm", "weir"), ("alarm", "nobody")}


async def test_quarantined_messages_are_narrowed_to_the_scope_before_they_are_counted_out(
    database: Database, now: datetime
) -> None:
    await database.execute(
        "insert into quarantine (received, topic, collector, lane, code, reason, trace, payload)"
        " values (%s, 't', 'stranger', 'data', 'c', 'r', '', '')",
        now,
    )
    await database.execute("update quarantine set id = default where collector = 'weir'")
    admin = PgFieldAdmin(database.pool)

    async def seen(scope: str, most: int = 10) -> list[str]:
        return [one.collector for one in await admin.quarantined(state="held", most=most, scope=scope)]

    assert await seen("") == ["stranger", "weir"]
    assert await seen(GRID) == ["stranger", "weir"]
    assert await seen(ELSEWHERE) == ["stranger"]
    assert await seen(f"{ELSEWHERE}.1") == []
    await database.execute(
        "insert into grid (code, name, tier, kind, path, radius_m) values ('7', 'T', 'township', 'basic', '7', 500)"
    )
    await database.execute("update grid set parent = '7', path = '7.' || code where code = %s", GRID)
    assert await seen(f"7.{GRID}", most=1) == ["weir"]
