"""What PostgreSQL adds to the contract of people: old data, one transaction."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.support.database import Database, Server
from tests.support.response import ANN, CAT, CONTACTS, GRIDS, PEOPLE, TOWN, VILLAGE
from tocsin.core.grids import Tier
from tocsin.core.ids import PersonId
from tocsin.store import migrate as module
from tocsin.store.connect import pool
from tocsin.store.migrate import migrate, migrations
from tocsin.store.people import PgPeopleStore
from tocsin.store.town import PgTownStore
from tocsin.town.appointments import ALWAYS


@pytest.fixture
def empty(database_server: Server) -> Iterator[str]:
    name = database_server.create()
    yield database_server.address(name)
    database_server.drop(name)


async def test_people_of_an_older_version_keep_what_they_answer_for(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        before = [one for one in migrations() if one.number < 6]
        patch.setattr(module, "migrations", lambda: before)
        await migrate(empty)
    with psycopg.connect(empty) as database:
        database.execute(
            "insert into grid (code, name, tier, kind, path, radius_m) values ('1', 'x', 'city', 'basic', '1', 500)"
        )
        database.execute(
            """insert into person (id, name, grid, tier, department, supervisor, call_order, language, active) values
            ('fay', 'Fay', '1', 'city', 'fire brigade', true, 3, 'en', true),
            ('gus', 'Gus', '1', null, '', false, 0, 'zh', false)"""
        )
    await migrate(empty)
    async with pool(empty) as connections:
        town = PgTownStore(connections)
        fay, gus = await town.people("")
        assert (fay.tier, fay.department, fay.supervisor, fay.order) == (Tier.CITY, "fire-brigade", True, 3)
        assert (gus.tier, gus.department, gus.order, gus.active) == (None, "", 1, False)
        (row,) = await PgPeopleStore(connections).appointments("", at=ALWAYS, person=PersonId("fay"))
        assert (row.organisation_name, row.appointment.since) == ("fire brigade", ALWAYS)


async def test_numbers_that_nobody_could_note_are_not_given(database: Database) -> None:
    town = PgTownStore(database.pool)
    await town.add_grids(GRIDS)
    await town.add_people(PEOPLE, CONTACTS)
    await database.execute("alter table contact_reading add constraint full_disk check (false) not valid")
    store = PgPeopleStore(database.pool)
    with pytest.raises(Exception, match="full_disk"):
        await store.contacts([ANN], CAT, "cat", "drill")
    assert await store.contact_readings(ANN, 10) == []


async def test_a_change_of_the_main_appointment_keeps_what_it_was(database: Database) -> None:
    town = PgTownStore(database.pool)
    await town.add_grids(GRIDS)
    await town.add_people(PEOPLE, [])
    await town.add_people(PEOPLE, [])
    assert await database.execute("select count(*) from appointment") == [(3,)]
    moved = [
        one if one.id != ANN else one.__class__(id=ANN, name="Ann", grid=TOWN, tier=Tier.TOWNSHIP)
        for one in PEOPLE
    ]
    await town.add_people(moved, [])
    rows = await database.execute(
        "select grid, until is null from appointment where person = 'ann' order by since"
    )
    assert rows == [(VILLAGE, False), (TOWN, True)]
