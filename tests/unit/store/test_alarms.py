"""What only PostgreSQL shows of alarms: several keepers, links out of ingest's tables, the lists of the faces."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from tests.support.database import Database, Server
from tests.support.field import detection
from tests.support.response import (
    ANN,
    CAMERA,
    CITY,
    OTHER,
    START,
    STREET,
    TOWN,
    VILLAGE,
    alarm,
    emptied,
    settle,
    shared,
    travel,
)
from tocsin.alerts.alarm import state_of
from tocsin.alerts.alarm_link import Patience, judge
from tocsin.alerts.alarm_model import AlarmState, FalseSpot, Link, Turn, Window, line_of
from tocsin.alerts.alarm_review import review_due
from tocsin.alerts.policy_book import PolicyBook
from tocsin.alerts.ports import Alarm
from tocsin.alerts.service import AlertService
from tocsin.core.clock import ManualClock
from tocsin.core.detections import Kind
from tocsin.core.ids import AlarmId, CollectorId, DeviceId
from tocsin.store.alarms import PgAlarmQueries
from tocsin.store.alert_queries import PgAlertQueries
from tocsin.store.alerts import PgAlertsStore
from tocsin.store.wakeups import Wakeups

SOON = START + timedelta(seconds=60)
VILLAGE_PATH = f"{CITY}.{TOWN}.{VILLAGE}"


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture
async def database(shared_database: str) -> AsyncIterator[Database]:
    async with emptied(shared_database) as made:
        await settle(made)
        yield made


@pytest.fixture
def store(database: Database) -> PgAlertsStore:
    return PgAlertsStore(database.pool, Wakeups(database.dsn))


@pytest.fixture
def lists(database: Database) -> PgAlarmQueries:
    return PgAlarmQueries(database.pool)


async def keep(store: PgAlertsStore, *alarms: Alarm) -> None:
    async with store.unit() as unit:
        await unit.save_alarms(alarms)


async def test_two_keepers_never_hold_the_same_alarm(store: PgAlertsStore) -> None:
    names = [AlarmId(f"alarm-{number}") for number in range(4)]
    await keep(store, *(alarm(name, detector=name, due=START) for name in names))
    async with store.unit() as first, store.unit() as second:
        assert [one.id for one in await first.hold_alarms(names[:2])] == names[:2]
        assert [one.id for one in await second.due_alarms(10)] == names
        assert [one.id for one in await second.hold_alarms(names)] == names[2:]


async def test_the_link_of_a_box_is_what_ingest_wrote_of_it(database: Database, store: PgAlertsStore) -> None:
    await database.execute("update collector set link = 'offline', link_since = %s where id = 'box'", START)
    await database.execute(
        "insert into session_lease (session, holder, term, expires, last_at) values (0, 'a', 1, %s, %s), (7, 'old', 1, %s, %s)",
        *(START, SOON, START, START - timedelta(days=9)),
    )
    try:
        async with store.unit() as unit:
            flushed, [link] = await unit.links(1)
            assert (await unit.links(2))[0] is None
    finally:
        await database.execute("delete from session_lease")
    assert flushed == SOON
    assert (link.collector, link.grid, link.state, link.since) == ("box", VILLAGE, "offline", START)
    assert (link.heard, link.interval_seconds, link.lost) == (None, 10.0, False)


async def test_a_session_that_has_not_written_yet_has_flushed_at_no_instant(
    database: Database, store: PgAlertsStore
) -> None:
    await database.execute(
        "insert into session_lease (session, holder, term, expires, last_at) values (0, 'a', 1, %s, '-infinity')",
        SOON,
    )
    try:
        async with store.unit() as unit:
            assert (await unit.links(1))[0] is None
    finally:
        await database.execute("delete from session_lease")


async def test_a_box_is_lost_while_its_alarm_stands(store: PgAlertsStore) -> None:
    lost = alarm("link", device=DeviceId("box/link"), kind=Kind.LINK_LOSS, detector="link")
    for one, expected in (
        (lost, True),
        (replace(lost, pending=START), False),
        (replace(lost, raised=False), False),
    ):
        await keep(store, one)
        async with store.unit() as unit:
            _, [link] = await unit.links(1)
        assert link.lost is expected


async def test_the_newest_detection_is_the_last_that_was_no_end(
    database: Database, store: PgAlertsStore
) -> None:
    async with store.unit() as unit:
        assert await unit.newest_detection(alarm()) is None
    made = detection().detection
    [(at,)] = await database.execute("select clock_timestamp()")  # a day that has its partition
    for phase, name, after in (("raise", "first", 0), ("update", "newest", 1), ("clear", "end", 2)):
        body = msgspec.json.encode(msgspec.structs.replace(made, id=name))
        await database.execute(
            "insert into detection (at, id, collector, device, stream, detector, kind, phase, grid, observed, began, raised,"
            " score, body) values (%s, %s, 'box', %s, 'box/camera-1/picture', 'smoke', 'smoke', %s, %s, %s, %s, true, 1, %s)",
            *(at + timedelta(milliseconds=after), name, CAMERA, phase, VILLAGE, at, at, body),
        )
    async with store.unit() as unit:
        found = await unit.newest_detection(alarm())
    assert found is not None
    assert found.id == "newest"


async def test_the_journal_and_its_annunciations_are_listed_within_a_subtree(
    store: PgAlertsStore, lists: PgAlarmQueries
) -> None:
    smoke, far = alarm(), alarm("far", grid=OTHER)
    async with store.unit() as unit:
        await unit.journal(
            [
                line_of(smoke, Turn.RAISED, "smoke.seen", START, "system"),
                line_of(smoke, Turn.ACKNOWLEDGED, "", SOON, ANN),
                line_of(far, Turn.RAISED, "smoke.seen", SOON, "system"),
            ]
        )
    lines = await lists.journal(VILLAGE_PATH, smoke.id, 10)
    assert [(line.what, line.actor, line.grid) for line in lines] == [
        (Turn.ACKNOWLEDGED, ANN, VILLAGE),
        (Turn.RAISED, "system", VILLAGE),
    ]
    assert await lists.journal(f"{CITY}.{OTHER}", smoke.id, 10) == []
    everywhere = await lists.annunciations("", START, SOON + timedelta(seconds=1), 10)
    assert [(one.alarm, one.at, one.device, one.kind) for one in everywhere] == [
        ("alarm-1", START, CAMERA, Kind.SMOKE),
        ("far", SOON, CAMERA, Kind.SMOKE),
    ]
    assert await lists.annunciations("", START, SOON, 10) == everywhere[:1]
    assert await lists.annunciations(VILLAGE_PATH, START, SOON + timedelta(days=1), 10) == everywhere[:1]


async def test_what_stands_or_is_silenced_is_listed(store: PgAlertsStore, lists: PgAlarmQueries) -> None:
    calm = alarm("calm", detector="a", raised=False)
    await keep(
        store,
        calm,
        alarm("raised", detector="b"),
        replace(calm, id=AlarmId("shelved"), detector="c", shelved_until=SOON),
        replace(calm, id=AlarmId("held"), detector="d", maintenance="w-1"),
        replace(calm, id=AlarmId("far"), detector="e", grid=OTHER, suppressed_by=AlarmId("root")),
    )
    assert {row.alarm.id for row in await lists.standing("", 10)} == {"raised", "shelved", "held", "far"}
    assert {(row.alarm.id, row.grid_path) for row in await lists.standing(f"{CITY}.{OTHER}", 10)} == {
        ("far", f"{CITY}.{OTHER}")
    }
    assert await lists.names([CAMERA, DeviceId("box/unknown")]) == {CAMERA: "Gate"}


async def test_the_list_gives_the_state_that_the_core_gives(database: Database, store: PgAlertsStore) -> None:
    made = [
        alarm(
            f"alarm-{number}",
            detector=f"d-{number}",
            raised=bool(number & 1),
            acknowledged=bool(number & 2),
            shelved_until=SOON if number & 4 else START - timedelta(seconds=1) if number & 1 else None,
            suppressed_by=AlarmId("root") if number & 8 else None,
            maintenance="w-1" if number & 16 else "",
        )
        for number in range(32)
    ]
    await keep(store, *made)
    queries = PgAlertQueries(database.pool, Wakeups(database.dsn), ManualClock(START))
    for state in AlarmState:
        rows = await queries.alarms("", raised=None, most=100, state=state)
        assert {row.alarm.id for row in rows} == {one.id for one in made if state_of(one, START) is state}
        assert rows


async def test_windows_and_spots_are_listed_where_their_place_is(
    database: Database, store: PgAlertsStore, lists: PgAlarmQueries
) -> None:
    by_grid = Window(
        id="w-1",
        grid=STREET,
        grid_path=f"{VILLAGE_PATH}.{STREET}",
        since=START,
        until=SOON,
        reason="works",
        person=ANN,
        made=START,
    )
    by_device = replace(by_grid, id="w-2", grid=None, grid_path="", device=CAMERA, made=SOON)
    by_box = replace(by_device, id="w-3", device=DeviceId("box"), made=SOON + timedelta(seconds=1))
    taught = FalseSpot(
        id="s-1",
        device=CAMERA,
        kind=Kind.SMOKE,
        box=None,
        until=SOON,
        reason="chimney",
        person=ANN,
        made=START,
    )
    async with store.unit() as unit:
        for one in (by_grid, by_device, by_box):
            await unit.save_window(one)
        await unit.save_spot(taught)
        await unit.journal([line_of(alarm(), Turn.FILTERED, "s-1", START, "system")] * 2)
    rows = await lists.maintenance(VILLAGE_PATH, 10)
    assert [(row.window, row.name) for row in rows] == [
        (by_box, "Box"),
        (by_device, "Gate"),
        (by_grid, f"name of {STREET}"),
    ]
    assert await lists.maintenance(f"{CITY}.{OTHER}", 10) == []
    [row] = await lists.spots(VILLAGE_PATH, 10)
    assert (row.spot, row.device_name, row.filtered) == (taught, "Gate", 2)
    assert await lists.spots(f"{CITY}.{OTHER}", 10) == []
    await travel(database, SOON)
    assert len(await lists.maintenance("", 10)) == 3


async def test_many_keepers_step_each_alarm_once(
    database: Database, store: PgAlertsStore, lists: PgAlarmQueries
) -> None:
    policies = PolicyBook({})
    await policies.keep(store)
    made = [
        alarm(
            f"alarm-{number:02}",
            device=DeviceId(f"box/camera-{number}"),
            kind=Kind.VIDEO_LOSS if number % 2 else Kind.SILENCE,
            detector="d",
            raised=False,
            acknowledged=True,
            count=0,
            pending=START - timedelta(minutes=5),
            due=START,
        )
        for number in range(24)
    ]
    await keep(store, *made)

    async def work() -> int:
        stepped = 0
        for _ in range(12):
            async with store.unit() as unit:
                stepped += len(await review_due(unit, policies, 6))
        return stepped

    assert sum(await asyncio.gather(*(work() for _ in range(3)))) == 24
    called = await lists.annunciations("", START, SOON, 100)
    assert sorted(one.alarm for one in called) == [one.id for one in made]


async def test_a_root_that_comes_and_goes_on_the_database_is_one_incident(
    database: Database, store: PgAlertsStore
) -> None:
    """The whole path: silences that asked, a link that is lost, one incident; the link back, one that still stands."""
    policies = PolicyBook({})
    await policies.keep(store)
    alerts = AlertService(store, policies)
    devices = [DeviceId(f"box/sensor-{number}") for number in range(6)]
    await keep(
        store,
        *(
            alarm(device, device=device, kind=Kind.SILENCE, detector="silence", acknowledged=False)
            for device in devices
        ),
    )
    link = Link(
        collector=CollectorId("box"),
        grid=VILLAGE,
        state="offline",
        since=START,
        heard=START,
        interval_seconds=10.0,
        lost=False,
    )
    patience = Patience(offline=timedelta(seconds=60), missed=3, stopped=timedelta(minutes=10))

    async def keeper() -> None:
        async with store.unit() as unit:
            await review_due(unit, policies, 100)

    await travel(database, SOON)
    async with store.unit() as unit:
        await alerts.intake(unit, judge([link], START, unit.now, patience))
    await keeper()
    [(incident, alarms)] = await database.execute("select id, alarms from incident")
    assert alarms == 7
    assert await database.execute("select count(*) from alarm where suppressed_by is not null") == [(6,)]

    back = replace(link, state="online", heard=SOON + timedelta(minutes=1), lost=True)
    await travel(database, SOON + timedelta(minutes=1))
    async with store.unit() as unit:
        await alerts.intake(unit, judge([back], START, unit.now, patience))
    await travel(database, SOON + timedelta(minutes=6))
    await keeper()
    await keeper()
    assert await database.execute("select count(*) from alarm where suppressed_by is not null") == [(0,)]
    assert await database.execute("select id from incident") == [(incident,)]
