"""Lists and the live feed, which have no twin in memory."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import msgspec
import pytest

from tests.support.database import Database, Server
from tests.support.field import detection
from tests.support.response import (
    ANN,
    BOB,
    CAMERA,
    CAT,
    CITY,
    OTHER,
    START,
    STREET,
    TOWN,
    VILLAGE,
    alarm,
    attached,
    change,
    confirmed,
    emptied,
    incident_id,
    notice,
    opened,
    settle,
    shared,
    travel,
)
from tocsin.alerts.ports import Change, IncidentFilter, LiveEvent, Report
from tocsin.core.clock import ManualClock
from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected, Transient
from tocsin.core.grids import Tier
from tocsin.core.ids import AlarmId, OrganisationCode, ReportId
from tocsin.core.incidents import (
    Actor,
    Closed,
    Dispatched,
    Filed,
    Grade,
    NoteAdded,
    ReportAttached,
    Source,
    Stage,
    State,
)
from tocsin.core.working_time import Limit, Terms, Unit
from tocsin.store.alert_queries import LIVE_BATCH, PgAlertQueries
from tocsin.store.alerts import PgAlertsStore, PgAlertsUnit
from tocsin.store.connect import connection
from tocsin.store.wakeups import Wakeups

EVERYWHERE = IncidentFilter(scope="")
TOWN_PATH = f"{CITY}.{TOWN}"


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@dataclass
class Subject:
    database: Database
    store: PgAlertsStore
    queries: PgAlertQueries
    clock: ManualClock

    async def save(self, *changes: Change) -> None:
        async with self.store.unit() as unit:
            await unit.save(changes)

    async def settled(self) -> None:
        """Wait until nothing of the whole server is older than what was written: databases share one count."""
        settled = "select pg_snapshot_xmin(pg_current_snapshot()) > max(xid) from incident_event"
        async with asyncio.timeout(10):
            while not (await self.database.execute(settled))[0][0]:
                await asyncio.sleep(0.01)


@pytest.fixture
async def subject(shared_database: str) -> AsyncIterator[Subject]:
    async with emptied(shared_database) as database:
        await settle(database)
        wakeups, clock = Wakeups(database.dsn), ManualClock(START)
        yield Subject(
            database,
            PgAlertsStore(database.pool, wakeups),
            PgAlertQueries(database.pool, wakeups, clock),
            clock,
        )


async def test_a_list_shows_an_incident_with_its_clocks(subject: Subject) -> None:
    await subject.save(change(1, opened(), attached(), *confirmed()))
    (row,) = await subject.queries.incidents(EVERYWHERE)
    assert (row.id, row.state, row.kind, row.grade, row.version) == (
        incident_id(1),
        State.VERIFIED,
        Kind.SMOKE,
        Grade.III,
        5,
    )
    assert (row.grid_name, row.grid_path) == (f"name of {VILLAGE}", f"{TOWN_PATH}.{VILLAGE}")
    assert (row.alarms, row.reports, row.device, row.confirmed) == (1, 0, CAMERA, START)
    (clock,) = row.clocks
    assert (clock.tier, clock.due, clock.verdict) == ("village", START + timedelta(minutes=3), None)
    assert await subject.queries.incident(TOWN_PATH, row.id) == row


async def test_a_list_is_narrowed_by_every_part_of_the_filter(subject: Subject) -> None:
    await subject.save(change(1, opened(), *confirmed()))
    await subject.save(change(2, opened(kind=Kind.FIRE, grid=OTHER), Closed(reason_code="no_action")))
    await travel(subject.database, START + timedelta(seconds=1))
    await subject.save(change(3, opened(kind=Kind.FLOOD, grid=STREET), at=START + timedelta(seconds=1)))

    async def found(**wanted: object) -> list[int]:
        rows = await subject.queries.incidents(IncidentFilter(**{"scope": "", **wanted}))  # type: ignore[arg-type]
        return [int(row.id[-5:]) for row in rows]

    assert await found() == [3, 2, 1]
    assert await found(scope=TOWN_PATH) == [3, 1]
    assert await found(scope=f"{TOWN_PATH}.{VILLAGE}.{STREET}") == [3]
    assert await found(scope=f"{CITY}.33011") == []
    assert await found(open=False) == [2]
    assert await found(kind=Kind.FIRE) == [2]
    assert await found(grade=Grade.I) == []
    assert await found(person=ANN) == [1]
    assert await found(person=BOB) == []
    assert await found(before=START + timedelta(seconds=1)) == [2, 1]
    assert await found(most=1) == [3]


FIRE, ROADS = OrganisationCode("fire"), OrganisationCode("roads")
TERMS = Terms(limits={Stage.DISPATCH: Limit(1, Unit.HOUR)})


def case(number: int, matter: str, source: Source = Source.MEMBER, *, drill: bool = False) -> Change:
    """A case of a matter that waits to be dispatched within the hour."""
    due = TERMS.due(Stage.DISPATCH, START)
    begin = msgspec.structs.replace(opened(drill=drill), source=source)
    return change(number, begin, Filed(matter=matter, terms=TERMS, due=due))


async def test_cases_are_narrowed_by_what_is_known_of_them_as_cases(subject: Subject) -> None:
    await subject.save(case(1, "0101"), case(2, "0102", Source.HOTLINE, drill=True), case(3, "0201"))
    dispatched = Dispatched(lead=FIRE, partners=(ROADS,), level=Tier.CITY, due=START + timedelta(days=1))
    await subject.save(change(3, dispatched, before=case(3, "0201").incident))

    async def found(**wanted: object) -> list[int]:
        rows = await subject.queries.incidents(IncidentFilter(**{"scope": "", **wanted}))  # type: ignore[arg-type]
        return [int(row.id[-5:]) for row in rows]

    assert await found(matter="01") == [2, 1]
    assert await found(matter="0102") == [2]
    assert await found(matter="010") == [2, 1]
    assert await found(matter="02") == await found(organisation=FIRE) == await found(level=Tier.CITY) == [3]
    assert await found(organisation=ROADS) == []
    assert await found(routed=FIRE) == await found(routed=ROADS) == [3]
    assert await found(routed=FIRE, kind=Kind.FIRE) == await found(routed=OrganisationCode("none")) == []
    assert await found(source=Source.HOTLINE) == await found(drill=True) == [2]
    assert await found(drill=False) == [3, 1]
    assert await found(stage=Stage.DISPATCH) == await found(states=(State.FILED,)) == [2, 1]
    assert await found(states=(State.FILED, State.DISPATCHED)) == [3, 2, 1]
    assert await found(states=(State.CLOSED,)) == []
    assert await found(since=START, until=START + timedelta(seconds=1)) == [3, 2, 1]
    assert await found(since=START + timedelta(seconds=1)) == await found(until=START) == []
    assert await found(overdue=True) == []
    await travel(subject.database, START + timedelta(hours=2))
    assert await found(overdue=True) == [2, 1]
    assert await found(overdue=True, routed=FIRE) == []
    assert await found(overdue=False) == [3]
    assert await subject.queries.routed(ROADS, most=5) == [incident_id(3)]
    assert await subject.queries.routed(ROADS, most=0) == []


async def test_a_line_of_a_case_has_its_names(subject: Subject) -> None:
    await subject.database.execute("insert into matter_category (code, name) values ('01', '市容')")
    await subject.database.execute("insert into matter (code, name) values ('0101', '垃圾')")
    await subject.database.execute(
        "insert into organisation (code, name, kind, tier, grid) values ('fire', '消防队', 'team', 'city', %s)",
        CITY,
    )
    await subject.save(case(1, "0101"))
    before = case(1, "0101").incident
    await subject.save(change(1, Dispatched(lead=FIRE, level=Tier.CITY), before=before))
    (row,) = await subject.queries.incidents(EVERYWHERE)
    assert (row.matter, row.matter_name, row.lead, row.lead_name) == ("0101", "垃圾", FIRE, "消防队")
    assert (row.level, row.stage, row.stage_due, row.source) == (Tier.CITY, Stage.ACCEPT, None, Source.MEMBER)
    await subject.database.execute("delete from organisation")
    await subject.database.execute("delete from matter")
    await subject.database.execute("delete from matter_category")


async def test_a_page_follows_the_last_line_even_at_one_instant(subject: Subject) -> None:
    await subject.save(*(change(number, opened(device=None)) for number in range(1, 8)))
    seen: list[str] = []
    wanted = IncidentFilter(scope="", most=3)
    while rows := await subject.queries.incidents(wanted):
        seen += [row.id for row in rows]
        wanted = replace(wanted, before=rows[-1].opened, before_id=rows[-1].id)
    assert seen == [incident_id(number) for number in range(7, 0, -1)]


async def test_who_reports_is_listed_it_and_stands_in_its_line(subject: Subject) -> None:
    by_hand = change(1, opened(device=None), ReportAttached(report=ReportId("r")))
    await subject.save(replace(by_hand, actor=Actor("person", BOB)), change(2, opened(device=None)))
    assert [row.id for row in await subject.queries.incidents(IncidentFilter(scope="", person=BOB))] == [
        incident_id(1)
    ]
    mine = await subject.queries.incidents(IncidentFilter(scope="", reported_by=BOB))
    assert [row.id for row in mine] == [incident_id(1)]
    assert await subject.queries.incidents(IncidentFilter(scope="", reported_by=CAT)) == []


async def test_what_stands_open_is_counted_with_its_clocks(subject: Subject) -> None:
    reported = msgspec.structs.replace(opened(device=None), reported=True)
    await subject.save(
        change(1, opened(), *confirmed()),
        change(2, opened(device=None, grid=OTHER)),
        change(3, opened(device=None), Closed(reason_code="no_action")),
        change(4, reported),
        case(5, "0101"),
    )
    counted = await subject.queries.counts("")
    assert (counted.open, counted.reported, counted.unconfirmed, counted.overdue) == (4, 1, 1, 0)
    assert (counted.clocks_running, counted.clocks_overdue) == (1, 0)
    assert counted.next_due == START + timedelta(minutes=3)
    await travel(subject.database, START + timedelta(hours=2))
    assert (await subject.queries.counts(TOWN_PATH)).overdue == 1
    elsewhere = await subject.queries.counts(f"{CITY}.{OTHER}")
    assert (elsewhere.open, elsewhere.clocks_running, elsewhere.next_due) == (1, 0, None)


async def test_an_incident_outside_the_scope_is_not_found(subject: Subject) -> None:
    await subject.save(change(1, opened()))
    assert await subject.queries.incident(f"{CITY}.{OTHER}", incident_id(1)) is None
    assert await subject.queries.incident("", incident_id(2)) is None


async def test_the_log_notices_and_words_of_an_incident_are_read_in_order(subject: Subject) -> None:
    report = Report(
        id=ReportId("report-1"),
        kind=Kind.FIRE,
        grid=VILLAGE,
        words="着火了",
        caller="13800000000",
        place=None,
        reported_by=CAT,
        at=START,
    )
    async with subject.store.unit() as unit:
        await unit.store_report(report)
        await unit.store_note("note-1", incident_id(1), ANN, "smells of plastic")
        events = (opened(), ReportAttached(report=report.id), NoteAdded(note="note-1"))
        await unit.save([change(1, *events, notices=(notice(1), notice(1, step=1, priority=0)))])
    assert tuple(one.event for one in await subject.queries.log(incident_id(1))) == events
    assert await subject.queries.words(incident_id(1)) == ([report], {"note-1": "smells of plastic"})
    first, second = await subject.queries.notices(incident_id(1))
    assert [first.id, second.id] == [notice(1, step=1).id, notice(1).id]
    assert (first.person_name, first.state, first.attempts, first.sent) == ("Ann", "pending", 0, None)


async def test_erased_words_leave_the_log_whole(subject: Subject) -> None:
    async with subject.store.unit() as unit:
        await unit.store_note("note-1", incident_id(1), ANN, "smells of plastic")
        await unit.save([change(1, opened(), NoteAdded(note="note-1"))])
    await subject.database.execute("delete from note")
    assert await subject.queries.words(incident_id(1)) == ([], {})
    assert await subject.queries.verify_chain(incident_id(1))


async def test_alarms_are_listed_newest_first_within_the_scope(subject: Subject) -> None:
    later = alarm("alarm-2", detector="other", raised=False, raised_at=START + timedelta(seconds=9))
    async with subject.store.unit() as unit:
        await unit.save_alarms([alarm(), later])
    rows = await subject.queries.alarms("", raised=None, most=10)
    assert [row.alarm for row in rows] == [later, alarm()]
    assert (rows[0].grid_name, rows[0].grid_path) == (f"name of {VILLAGE}", f"{TOWN_PATH}.{VILLAGE}")
    assert [row.alarm.id for row in await subject.queries.alarms("", raised=True, most=10)] == ["alarm-1"]
    assert await subject.queries.alarms(f"{CITY}.{OTHER}", raised=None, most=10) == []


async def test_an_alarm_is_found_by_id_within_the_scope_however_many_are_newer(subject: Subject) -> None:
    newer = [
        alarm(f"newer-{number}", detector=f"d{number}", raised_at=START + timedelta(seconds=number))
        for number in range(3)
    ]
    async with subject.store.unit() as unit:
        await unit.save_alarms([alarm(), *newer])
    found = await subject.queries.alarm(TOWN_PATH, alarm().id)
    assert (found.alarm, found.grid_path) == (alarm(), f"{TOWN_PATH}.{VILLAGE}") if found else False
    assert await subject.queries.alarm(f"{CITY}.{OTHER}", alarm().id) is None
    assert await subject.queries.alarm("", AlarmId("none")) is None


async def test_evidence_is_the_detections_behind_the_alarms(subject: Subject) -> None:
    seen = detection().detection
    behind = alarm(device=seen.device, kind=seen.kind, detector=seen.detector)
    async with subject.store.unit() as unit:
        await unit.save_alarms([behind])
        await unit.save([change(1, opened(), attached(device=seen.device, kind=seen.kind))])
    for number, at in enumerate((START, START + timedelta(seconds=5), START - timedelta(days=1))):
        await store_detection(subject, msgspec.structs.replace(seen, id=f"d-{number}"), at)
    rows = await subject.queries.evidence(incident_id(1))
    assert [(row.detection.id, row.alarm) for row in rows] == [("d-1", "alarm-1"), ("d-0", "alarm-1")]


async def store_detection(subject: Subject, seen: object, at: object) -> None:
    await subject.database.execute("select tocsin_make_partitions(%s, 2)", at)
    await subject.database.execute(
        "insert into detection (at, id, collector, device, stream, detector, kind, phase, grid, observed, began, raised, score, body)"
        " values (%s, %s, %s, %s, %s, %s, %s, 'raise', %s, %s, %s, true, 1, %s)",
        at,
        seen.id,
        seen.collector,
        seen.device,
        seen.stream,
        seen.detector,
        seen.kind.value,
        VILLAGE,
        seen.observed,
        seen.observed,
        msgspec.json.encode(seen),
    )


async def test_an_incident_shows_the_newest_complete_picture_of_its_evidence(subject: Subject) -> None:
    await subject.save(change(1, opened(), attached(), notices=(notice(1),)))
    for name, seconds, complete in (("a", 1, True), ("b", 2, True), ("c", 3, False)):
        await subject.database.execute(
            "insert into picture (sha256, camera, collector, observed, received, bytes_total, complete, detection)"
            " values (%s, %s, 'box', %s, %s, 9, %s, 'd')",
            name * 64,
            CAMERA,
            START + timedelta(seconds=seconds),
            START,
            complete,
        )
    (row,) = await subject.queries.incidents(EVERYWHERE)
    assert row.picture == "b" * 64


async def test_a_chain_that_was_tampered_with_is_found(subject: Subject) -> None:
    await subject.save(change(1, opened(), attached()), change(2, opened(kind=Kind.FIRE)))
    assert await subject.queries.verify_chain(incident_id(1))
    async with subject.database.pool.connection() as database:
        await database.execute("set local session_replication_role = replica")
        await database.execute(
            "update incident_event set body = convert_to(replace(convert_from(body, 'UTF8'), 'alarm-1', 'alarm-9'), 'UTF8')"
        )
    assert not await subject.queries.verify_chain(incident_id(1))
    assert await subject.queries.verify_chain(incident_id(2))
    assert await subject.queries.verify_chain(incident_id(3))


async def test_a_chain_that_lost_its_end_is_found(subject: Subject) -> None:
    await subject.save(change(1, opened(), attached()))
    async with subject.database.pool.connection() as database:
        await database.execute("set local session_replication_role = replica")
        await database.execute("delete from incident_event where version = 2")
    assert not await subject.queries.verify_chain(incident_id(1))


async def take(feed: AsyncIterator[LiveEvent | None], count: int) -> list[LiveEvent]:
    found: list[LiveEvent] = []
    async with asyncio.timeout(10):
        while len(found) < count:
            event = await anext(feed)
            if event is not None:
                found.append(event)
    return found


async def begun(feed: AsyncIterator[LiveEvent | None]) -> AsyncIterator[LiveEvent | None]:
    """Take the first sign of life: the feed has its place now."""
    assert await anext(feed) is None
    return feed


async def silent(feed: AsyncIterator[LiveEvent | None]) -> asyncio.Task[LiveEvent | None]:
    """Ask for the next event and show that there is none yet; the answer is the task's."""
    task = asyncio.ensure_future(anext(feed))
    done, _ = await asyncio.wait({task}, timeout=0.3)
    assert not done
    return task


async def test_the_feed_begins_now_and_gives_what_is_written_after(subject: Subject) -> None:
    await subject.save(change(1, opened()))
    await subject.settled()
    feed = await begun(subject.queries.live("", None))
    waiting = await silent(feed)
    await subject.save(change(2, opened(kind=Kind.FIRE), attached()))
    async with asyncio.timeout(5):
        first = await waiting
    (second,) = await take(feed, 1)
    assert first is not None
    assert [(one.recorded.incident, one.recorded.version) for one in (first, second)] == [
        (incident_id(2), 1),
        (incident_id(2), 2),
    ]
    assert first.grid_path == f"{TOWN_PATH}.{VILLAGE}"


async def test_what_is_written_after_the_first_sign_of_life_is_not_missed(subject: Subject) -> None:
    feed = await begun(subject.queries.live("", None))
    await subject.save(change(1, opened()))
    (event,) = await take(feed, 1)
    assert event.recorded.incident == incident_id(1)


async def test_the_feed_waits_for_a_database_that_is_away_and_goes_on(
    subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = await begun(subject.queries.live("", None))
    ask, failures = PgAlertQueries._ask, iter(range(2))

    async def fail_twice(self: PgAlertQueries, query: str, **arguments: object) -> object:
        if next(failures, None) is not None:
            raise Transient("the database does not answer")
        return await ask(self, query, **arguments)

    monkeypatch.setattr(PgAlertQueries, "_ask", fail_twice)
    await subject.save(change(1, opened()))
    (event,) = await take(feed, 1)
    assert event.recorded.incident == incident_id(1)


async def test_the_feed_goes_on_after_a_cursor(subject: Subject) -> None:
    feed = subject.queries.live("", "0-0")
    await subject.save(change(1, opened(), attached(), *confirmed()))
    events = await take(feed, 5)
    again = await take(subject.queries.live("", events[2].cursor), 2)
    assert again == events[3:]


async def test_a_row_that_commits_later_under_a_lower_number_is_not_lost(subject: Subject) -> None:
    feed = await begun(subject.queries.live("", None))
    waiting = await silent(feed)
    async with connection(subject.database.pool) as slow:
        await PgAlertsUnit(slow, START).save([change(1, opened())])
        await subject.save(change(2, opened(kind=Kind.FIRE)))
        still_waiting, _ = await asyncio.wait({waiting}, timeout=0.3)
        assert not still_waiting
    async with asyncio.timeout(5):
        first = await waiting
    (second,) = await take(feed, 1)
    assert first is not None
    assert {first.recorded.incident, second.recorded.incident} == {incident_id(1), incident_id(2)}


async def test_a_transaction_that_took_its_number_early_and_wrote_late_is_not_lost(subject: Subject) -> None:
    feed = await begun(subject.queries.live("", "0-0"))
    async with connection(subject.database.pool) as slow:
        await slow.execute("select pg_current_xact_id()")
        await subject.save(change(2, opened(kind=Kind.FIRE)))
        waiting = await silent(feed)
        await PgAlertsUnit(slow, START).save([change(1, opened())])
    async with asyncio.timeout(5):
        first = await waiting
    (second,) = await take(feed, 1)
    assert first is not None
    assert [first.recorded.incident, second.recorded.incident] == [incident_id(1), incident_id(2)]


async def test_writers_at_random_lose_nothing_and_repeat_nothing(subject: Subject) -> None:
    feed = subject.queries.live("", "0-0")

    async def write(number: int) -> None:
        async with connection(subject.database.pool) as database:
            await database.execute("select pg_current_xact_id()")
            await asyncio.sleep(0.01 * ((number * 7) % 5))
            await PgAlertsUnit(database, START).save([change(number, opened(device=None), attached())])
            await asyncio.sleep(0.01 * ((number * 3) % 4))

    async with asyncio.TaskGroup() as group:
        for number in range(40):
            group.create_task(write(number))
        events = await take(feed, 80)
    places = [(one.recorded.incident, one.recorded.version) for one in events]
    assert sorted(places) == sorted((incident_id(n), v) for n in range(40) for v in (1, 2))
    assert len({one.cursor for one in events}) == 80


async def test_the_feed_shows_the_scope_only_and_still_moves_on(subject: Subject) -> None:
    count = LIVE_BATCH + 20
    await subject.save(*(change(n, opened(device=None, grid=OTHER)) for n in range(count)))
    feed = subject.queries.live(TOWN_PATH, "0-0")
    await subject.save(change(count, opened()))
    (event,) = await take(feed, 1)
    assert event.recorded.incident == incident_id(count)


async def test_a_long_absence_is_made_up_in_pieces(subject: Subject) -> None:
    count = LIVE_BATCH * 2 + 1
    await subject.save(*(change(n, opened(device=None)) for n in range(count)))
    events = await take(subject.queries.live("", "0-0"), count)
    assert len({one.recorded.incident for one in events}) == count


async def test_a_quiet_feed_gives_a_sign_of_life_every_ten_seconds(subject: Subject) -> None:
    feed = await begun(subject.queries.live("", None))
    waiting = await silent(feed)
    subject.clock.advance(timedelta(seconds=10))
    async with asyncio.timeout(5):
        assert await waiting is None


@pytest.mark.parametrize("cursor", ["", "1", "x-1", "-1-2", "1-2-3", f"{1 << 63}-1", "1-" + "9" * 30])
async def test_a_cursor_that_is_none_is_refused(subject: Subject, cursor: str) -> None:
    with pytest.raises(Rejected, match=r"live\.cursor"):
        subject.queries.live("", cursor)
