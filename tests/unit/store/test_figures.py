"""Kept facts are what the log says, at any time; what is open is listed place by place."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from msgspec import structs

from tests.support.database import Database
from tests.support.wild_logs import wild
from tocsin.alerts import commands as ask
from tocsin.alerts.change import change_of
from tocsin.alerts.evolve import fold
from tocsin.bench.town_logs import DESK, GRID, alarm, case, moved, policy_of_shipped, staff
from tocsin.bench.town_report import put
from tocsin.core.clock import ManualClock
from tocsin.core.detections import Kind
from tocsin.core.ids import GridCode, IncidentId, OrganisationCode, PersonId, PolicyId
from tocsin.core.incidents import Basis, Lateness, Opened, Recorded, ReportedUp, Verdict
from tocsin.store import figures as module
from tocsin.store.alerts import PgAlertsStore
from tocsin.store.figures import PgFigureStore
from tocsin.store.wakeups import Wakeups
from tocsin.town.fact_reader import facts_of
from tocsin.town.facts import End
from tocsin.town.figure_ports import OpenWanted, Selection
from tocsin.town.figures import Counted
from tocsin.town.periods import PeriodKind, parse
from tocsin.town.report_model import Wanted
from tocsin.town.reporting import Reporting

BEGIN = datetime(2026, 9, 30, 16, tzinfo=UTC)
NOW = datetime(2026, 11, 20, tzinfo=UTC)
ALL = Selection(since=BEGIN, until=BEGIN + timedelta(days=40))
GRIDS = {"1": "1", "10": "1.10", "101": "1.10.101", "102": "1.10.102", "20": "1.20", "201": "1.20.201"}
LEAVES = ("101", "102", "201")


@pytest.fixture
async def store(database: Database) -> PgFigureStore:
    await database.execute("insert into policy values ('default@1', 'x', 'x', tocsin_clock())")
    for code, path in GRIDS.items():
        tier = ("city", "township", "village")[path.count(".")]
        parent = path.split(".")[-2] if "." in path else None
        await database.execute(
            "insert into grid (code, name, parent, tier, kind, path, level, radius_m, class)"
            " values (%s, %s, %s, %s, 'basic', %s, %s, 500, %s)",
            *(code, f"grid {code}", parent, tier, path, path.count(".") + 1, f"class {code[0]}"),
        )
    return PgFigureStore(database.pool)


def placed(log: Sequence[Recorded], number: int) -> list[Recorded]:
    """Move a log to a grid of the fixture, a little later than the one before."""
    grid = LEAVES[number % len(LEAVES)]
    by = timedelta(hours=number)
    return moved(log, IncidentId(f"i-{number:03}"), by, GridCode(grid), GRIDS[grid])


def some(count: int, *, seed: int = 0) -> list[list[Recorded]]:
    return [placed(wild(Random(seed + n), "x", BEGIN, acts=15), n) for n in range(count)]


async def keep(database: Database, logs: Sequence[Sequence[Recorded]]) -> None:
    async with database.pool.connection() as connection:
        await put(connection, logs)


async def all_of(store: PgFigureStore, wanted: Selection = ALL) -> list[Counted]:
    return [one async for piece in store.counted(wanted) for one in piece]


async def grow(database: Database, logs: Sequence[Sequence[Recorded]]) -> None:
    """Write longer logs over shorter ones, as commands would: new events, a newer list row."""
    async with database.pool.connection() as connection:
        await connection.execute("set local session_replication_role = replica")
        for table in ("incident_event", "incident"):
            column = "incident" if table == "incident_event" else "id"
            await connection.execute(
                f"delete from {table} where {column} = any(%s)".encode(),  # noqa: S608 names of ours
                ([log[0].incident for log in logs],),
            )
        await put(connection, logs)


async def test_kept_facts_equal_those_read_directly_after_any_changes(
    store: PgFigureStore, database: Database
) -> None:
    logs = some(24)
    random = Random(5)
    lengths = [random.randint(1, len(log)) for log in logs]
    await keep(database, [log[:end] for log, end in zip(logs, lengths, strict=True)])
    for _ in range(3):
        await store.bring_up(ALL)
        known = await all_of(store)
        assert {one.facts.incident: one.facts for one in known} == {
            log[0].incident: facts_of(log[:end]) for log, end in zip(logs, lengths, strict=True)
        }
        assert await store.differing(ALL) == (len(logs), [])
        chosen = [n for n in range(len(logs)) if random.random() < 0.4]
        for n in chosen:
            lengths[n] = random.randint(lengths[n], len(logs[n]))
        await grow(database, [logs[n][: lengths[n]] for n in chosen])


async def test_only_what_has_gone_on_is_read_again(store: PgFigureStore, database: Database) -> None:
    logs = [log for log in some(12) if len(log) > 2]
    await keep(database, [log[:2] for log in logs])
    assert await store.bring_up(ALL) == len(logs)
    assert await store.bring_up(ALL) == 0
    await grow(database, [logs[0], logs[1]])
    assert await store.bring_up(ALL) == 2


async def test_another_form_is_read_anew(
    store: PgFigureStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keep(database, some(3))
    await store.bring_up(ALL)
    monkeypatch.setattr(module, "FORM", module.FORM + 1)
    assert await store.bring_up(ALL) == 3
    assert await store.bring_up(ALL) == 0


async def test_two_who_bring_up_at_once_leave_the_same(store: PgFigureStore, database: Database) -> None:
    logs = some(10)
    await keep(database, logs)
    await asyncio.gather(store.bring_up(ALL), store.bring_up(ALL))
    assert await store.differing(ALL) == (len(logs), [])


async def test_older_facts_never_replace_newer_ones(store: PgFigureStore, database: Database) -> None:
    logs = [log for log in some(6) if len(log) > 3][:1]
    await keep(database, logs)
    await store.bring_up(ALL)
    await database.execute("update incident_fact set version = version + 5")
    await store._keep([logs[0][0].incident])
    (row,) = await database.execute("select version from incident_fact")
    assert row[0] == len(logs[0]) + 5


async def test_a_kept_fact_that_is_not_what_the_log_says_is_found(
    store: PgFigureStore, database: Database
) -> None:
    await keep(database, some(4))
    await store.bring_up(ALL)
    await database.execute(
        """update incident_fact set body = convert_to(replace(convert_from(body, 'UTF8'), '"grid":"101"', '"grid":"999"'), 'UTF8')
        where incident = 'i-000'"""
    )
    assert await store.differing(ALL) == (4, ["i-000"])


async def test_facts_come_in_order_and_whole_in_pieces(
    store: PgFigureStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = some(11)
    # Two at one instant: the id decides.
    twin = moved(logs[4], IncidentId("i-004b"), timedelta(), GridCode("102"), GRIDS["102"])
    await keep(database, [*logs, twin])
    monkeypatch.setattr(module, "FACTS_AT_ONCE", 2)
    monkeypatch.setattr(module, "LOGS_AT_ONCE", 3)
    await store.bring_up(ALL)
    names = [one.facts.incident for one in await all_of(store)]
    assert names == sorted(log[0].incident for log in [*logs, twin])


async def test_a_selection_chooses_by_place_time_and_kind(store: PgFigureStore, database: Database) -> None:
    logs = some(30, seed=40)
    drills = [placed(wild(Random(n), "x", BEGIN, drill=True), 30 + n) for n in range(3)]
    await keep(database, [*logs, *drills])
    await store.bring_up(ALL)
    everybody = await all_of(store)
    assert len(everybody) == 33

    async def chosen(**narrow: object) -> set[str]:
        return {one.facts.incident for one in await all_of(store, replace(ALL, **narrow))}  # type: ignore[arg-type]

    def those(say: object) -> set[str]:
        return {one.facts.incident for one in everybody if say(one)}  # type: ignore[operator]

    assert await chosen(scope="1.10") == those(lambda one: one.path.startswith("1.10."))
    assert await chosen(scope="1.1") == set()
    assert await chosen(until=BEGIN + timedelta(hours=7)) == those(
        lambda one: one.facts.opened < BEGIN + timedelta(hours=7)
    )
    assert await chosen(since=BEGIN + timedelta(hours=7)) == those(
        lambda one: one.facts.opened >= BEGIN + timedelta(hours=7)
    )
    for kind in {one.facts.kind for one in everybody}:
        assert await chosen(kind=kind) == those(lambda one, kind=kind: one.facts.kind is kind)
    assert await chosen(grade="II") == those(lambda one: one.facts.grade == "II")
    assert await chosen(source="citizen") == those(lambda one: one.facts.source == "citizen")
    assert await chosen(matter="01") == those(lambda one: one.facts.matter.startswith("01"))
    assert await chosen(organisation=OrganisationCode("office")) == those(
        lambda one: one.facts.organisation == "office"
    )
    assert await chosen(drill=True) == {"i-030", "i-031", "i-032"}
    assert await chosen(grid_class="class 2") == those(lambda one: one.path == "1.20.201")


async def test_the_class_of_a_grid_is_the_one_that_it_had_then(
    store: PgFigureStore, database: Database
) -> None:
    await keep(database, [placed(wild(Random(1), "x", BEGIN), n) for n in (0, 6)])
    await store.bring_up(ALL)
    await database.execute(
        "insert into grid_version (code, since, until, name, tier, kind, path, level, region, class, radius_m)"
        " values ('101', %s, %s, 'x', 'village', 'basic', '1.10.101', 3, '', 'old class', 500)",
        *(BEGIN - timedelta(days=9), BEGIN + timedelta(hours=3)),
    )
    assert [one.grid_class for one in await all_of(store)] == ["old class", "class 1"]


async def test_names_are_given_for_what_has_one(store: PgFigureStore, database: Database) -> None:
    await database.execute("insert into matter_category values ('01', '市容')")
    await database.execute("insert into matter (code, name) values ('0101', '暴露垃圾')")
    assert await store.names("grid", ["101", "nowhere"]) == {"101": "grid 101"}
    assert await store.names("category", ["01"]) == {"01": "市容"}
    assert await store.names("matter", ["0101", ""]) == {"0101": "暴露垃圾"}
    assert await store.names("kind", ["smoke"]) == {}
    assert await store.names("organisation", []) == {}


async def test_a_report_is_made_from_the_store(store: PgFigureStore, database: Database) -> None:
    logs = [
        placed((alarm if n % 2 else case)(Random(n), "x", BEGIN, policy_of_shipped()).log, n)
        for n in range(16)
    ]
    await keep(database, logs)
    reporting = Reporting(store, ManualClock(NOW))
    wanted = Wanted(period=parse(PeriodKind.MONTH, "2026-10"), scope="1", by=("grid", "kind", "class"))
    report = await reporting.report(wanted)
    facts = [facts_of(log) for log in logs]
    drills = sum(one.drill for one in facts)
    tests = sum(one.test and not one.drill for one in facts)

    assert report.incidents == 16 - drills - tests
    assert report.left_out == {k: v for k, v in (("drill", drills), ("test", tests)) if v}
    assert report.scope_name == "grid 1"
    by_grid = {group.key: group.incidents for group in report.tables[0].groups}
    assert set(by_grid) == {"10", "20"}
    assert sum(by_grid.values()) == report.incidents
    assert report.names["grid"] == {"10": "grid 10", "20": "grid 20"}
    assert report.previous is not None
    assert report.previous.figures[0].numerator == 0


def opened_only(number: int, **fields: object) -> list[Recorded]:
    (first, *_) = placed(case(Random(1), "x", BEGIN, policy_of_shipped()).log, number)
    assert isinstance(first.event, Opened)
    return [structs.replace(first, event=structs.replace(first.event, **fields))]


async def test_what_is_open_is_listed_by_place_and_page(store: PgFigureStore, database: Database) -> None:
    logs = [opened_only(n) for n in range(7)] + [opened_only(7, drill=True)]
    ended = placed(wild(Random(3), "x", BEGIN, acts=0), 8)
    await keep(database, [*logs, ended])
    wanted = OpenWanted(scope="1", now=NOW, most=3)
    found = []
    while True:
        page = await store.open_items(wanted)
        found += page
        if len(page) < wanted.most:
            break
        wanted = replace(wanted, after=page[-1].incident)
    expected = [log for log in [*logs[:7], ended] if fold(log).state.open]
    assert [one.incident for one in found] == [
        log[0].incident for log in sorted(expected, key=lambda log: (fold(log).path, fold(log).opened))
    ]
    assert found[0].grid_name == "grid 101"
    assert (await store.open_counts(wanted)).open == len(expected)
    here = await store.open_items(OpenWanted(scope="1.20", now=NOW))
    assert {one.grid for one in here} == {"201"}


async def test_grave_ones_of_which_nobody_above_was_told_are_found(
    store: PgFigureStore, database: Database
) -> None:
    confirmed = [
        log
        for n in range(60)
        if (log := placed(wild(Random(n), "x", BEGIN), n))
        and fold(log).state.open
        and fold(log).confirmed
        and fold(log).grade != "IV"
        and not fold(log).drill
    ]
    await keep(database, confirmed)
    silent = {log[0].incident for log in confirmed if not any(isinstance(e.event, ReportedUp) for e in log)}
    assert silent, "the seeds must give some"
    found = await store.open_items(OpenWanted(scope="", now=NOW, report_missing=True))
    assert {one.incident for one in found} == silent
    assert (await store.open_counts(OpenWanted(scope="", now=NOW))).report_missing == len(silent)


async def test_overdue_ones_are_found(store: PgFigureStore, database: Database) -> None:
    logs = [placed(wild(Random(n), "x", BEGIN), n) for n in range(40)]
    late = {
        log[0].incident
        for log in logs
        if (now := fold(log)).state.open
        and not now.drill
        and now.work is not None
        and now.work.due is not None
        and now.work.due < NOW
    }
    assert late, "the seeds must give some"
    await keep(database, logs)
    found = await store.open_items(OpenWanted(scope="", now=NOW, overdue=True))
    assert {one.incident for one in found} == late
    assert (await store.open_counts(OpenWanted(scope="", now=NOW))).overdue == len(late)
    assert GRID not in {one.grid for one in found}


async def test_figures_follow_every_command_that_the_response_store_saves(
    store: PgFigureStore, database: Database
) -> None:
    """The list row's number of events is what says that a log has gone on."""
    response = PgAlertsStore(database.pool, Wakeups(database.dsn))
    policy, people = policy_of_shipped(), staff()
    name, incident = IncidentId("i-1"), None
    opening = ask.Open(
        kind=Kind.SMOKE,
        severity=0.5,
        grid=GridCode("101"),
        began=BEGIN,
        lateness=Lateness.LIVE,
        policy=PolicyId("default@1"),
    )
    ever = Selection(since=BEGIN - timedelta(days=400), until=BEGIN + timedelta(days=40_000))
    for command in (
        opening,
        ask.Confirm(),
        ask.Accept(person=PersonId("village-1")),
        ask.Arrive(person=PersonId("village-1"), basis=Basis.TAG, proof="t"),
        ask.ReportDone(person=PersonId("village-1")),
        ask.Close(reason_code="handled"),
    ):
        async with response.unit() as unit:
            if incident is not None:
                await unit.load([name])
            change = change_of(
                *(name, incident, [command]),
                now=unit.now,
                policy=policy,
                directory=people,
                actor=DESK,
            )
            assert change is not None
            await unit.save([change])
            incident = change.incident
        assert await store.bring_up(ever) == 1
        (known,) = await all_of(store, ever)
        assert known.facts.version == incident.version
        assert known.path == "1.10.101"
        assert await store.differing(ever) == (1, [])
    assert known.facts.end is End.CLOSED
    assert known.facts.clocks[0].verdict is Verdict.ARRIVED
