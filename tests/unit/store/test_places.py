"""What the contract suite cannot ask of both: scopes and open incidents follow a grid that moves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest

from tests.support.database import Database, Server
from tests.support.places import CITY, EAST, TOWN, WEST, record, tree
from tests.support.response import START, emptied, shared, travel
from tocsin.core.ids import GridCode, PersonId
from tocsin.store.jobs import PgJobStore
from tocsin.store.places import PgPlacesStore, record_of
from tocsin.store.town import PgTownStore
from tocsin.town.grid_ports import GridDraft
from tocsin.town.jobs import JobKind

OLD = f"{CITY}.{TOWN}.{EAST}"


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture
async def database(shared_database: str) -> AsyncIterator[Database]:
    async with emptied(shared_database) as found:
        await travel(found, START)
        await PgTownStore(found.pool).add_grids([one.grid for one in tree()])
        await found.execute("insert into person (id, name, grid) values ('ada', 'Ada', %s)", CITY)
        yield found


async def account(database: Database, name: str, scope: str) -> None:
    await database.execute(
        "insert into account (name, person, role, scope, password_hash) values (%s, 'ada', 'operator', %s, 'x')",
        name,
        scope,
    )


async def incident(database: Database, name: str, path: str, state: str) -> None:
    ended = START if state == "closed" else None
    await database.execute(
        """insert into incident (id, version, state, kind, grade, grid, grid_path, township, opened, began, ended, lateness,
               drill, policy, alarms, reports, head, changed)
           values (%s, 1, %s, 'smoke', 'III', %s, %s, %s, %s, %s, %s, 'live', true, 'p', 0, 0, sha256('x'), %s)""",
        name, state, path.rsplit(".", 1)[-1], path, TOWN, START, START, ended, START,
    )  # fmt: skip


async def test_accounts_jobs_and_open_incidents_follow_a_grid_that_moves(database: Database) -> None:
    store = PgPlacesStore(database.pool)
    scopes = {
        "all": "",
        "town": f"{CITY}.{TOWN}",
        "east": OLD,
        "group": f"{OLD}.{EAST}001",
        "other": f"{OLD}.{EAST}002",
    }
    for name, scope in scopes.items():
        await account(database, name, scope)
    await database.execute("insert into policy (id, name, text, saved) values ('p', 'p', 'p', %s)", START)
    await incident(database, "open", f"{OLD}.{EAST}001", "verified")
    await incident(database, "closed", f"{OLD}.{EAST}001", "closed")
    await PgJobStore(database.pool).add("job", JobKind.GRID_CHECK, PersonId("ada"), OLD, "here")
    await travel(database, START + timedelta(hours=1))
    await store.write(
        [
            GridDraft(code=GridCode(EAST), parent=GridCode(CITY)),
            GridDraft(code=GridCode(f"{EAST}001"), parent=GridCode(WEST)),
        ]
    )
    rows = await database.execute("select name, scope from account")
    assert dict(rows) == {
        "all": "", "town": f"{CITY}.{TOWN}", "east": f"{CITY}.{EAST}",
        "group": f"{CITY}.{TOWN}.{WEST}.{EAST}001", "other": f"{CITY}.{EAST}.{EAST}002",
    }  # fmt: skip
    assert dict(await database.execute("select id, grid_path from incident")) == {
        "open": f"{CITY}.{TOWN}.{WEST}.{EAST}001", "closed": f"{OLD}.{EAST}001",
    }  # fmt: skip
    assert await database.execute("select scope from bulk_job") == [(f"{CITY}.{EAST}",)]


async def test_accounts_that_see_only_what_is_given_up_are_named(database: Database) -> None:
    await account(database, "group", f"{OLD}.{EAST}001")
    await account(database, "town", f"{CITY}.{TOWN}")
    await travel(database, START + timedelta(hours=1))
    written = await PgPlacesStore(database.pool).write([], close=[GridCode(f"{EAST}001")])
    assert written.stranded == ("group",)


async def test_two_changes_at_one_time_happen_one_after_the_other(database: Database) -> None:
    store = PgPlacesStore(database.pool)
    drafts = [GridDraft(code=GridCode(f"{EAST}00{n}"), name=f"n{n}") for n in (1, 2)]
    await asyncio.gather(*(store.write([draft]) for draft in drafts))
    found = {one.code: one.grid.name for one in await store.records("")}
    assert (found[GridCode(f"{EAST}001")], found[GridCode(f"{EAST}002")]) == ("n1", "n2")


async def test_a_town_file_loaded_over_an_import_keeps_what_it_does_not_say(database: Database) -> None:
    store = PgPlacesStore(database.pool)
    await store.write(
        [GridDraft(code=GridCode(EAST), region=EAST, grid_class="甲", report_to=GridCode(CITY), outline=b"x")]
    )
    await PgTownStore(database.pool).add_grids([record(EAST, name="东村").grid])
    one = await store.record(GridCode(EAST))
    assert one is not None
    assert (one.grid.name, one.region, one.grid_class, one.report_to, one.outline, one.level) == (
        "东村",
        EAST,
        "甲",
        CITY,
        b"x",
        3,
    )


async def test_people_and_devices_of_a_subtree_are_counted(database: Database) -> None:
    await database.execute(
        "insert into device (id, collector, kind, name, grid, latitude, longitude) values ('w/1', 'w', 'camera', 'c', %s, 36, 117)",
        f"{EAST}001",
    )
    store = PgPlacesStore(database.pool)
    around = [await store.around(GridCode(code)) for code in (CITY, EAST, WEST)]
    assert [(one.people, one.devices) for one in around] == [(1, 1), (0, 1), (0, 0)]
    assert [one.id for one in await store.watched(OLD)] == ["w/1"]
    assert await store.institutions() == set()


def test_a_row_becomes_a_record() -> None:
    row = {"code": "a", "name": "n", "parent": None, "tier": "city", "kind": "basic", "path": "a", "level": 1, "region": "",
           "report_to": None, "class": "", "latitude": 36.0, "longitude": 117.0, "accuracy_m": None, "radius_m": 5.0,
           "has_outline": False, "outline": None, "since": START, "until": None}  # fmt: skip
    assert record_of(row).grid.centre is not None
