"""Lists of policies, readiness and the past, which have no twin in memory."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from tests.support.database import Database, Server
from tests.support.response import (
    ANN,
    BOB,
    CITY,
    OTHER,
    POLICY,
    START,
    STREET,
    TOWN,
    VILLAGE,
    change,
    confirmed,
    emptied,
    incident_id,
    opened,
    settle,
    shared,
    travel,
)
from tocsin.alerts.evolve import fold
from tocsin.alerts.ports import Change
from tocsin.core.errors import NotFound
from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode, PolicyId
from tocsin.core.incidents import Closed, Readiness
from tocsin.store.alerts import PgAlertsStore
from tocsin.store.policies import PgPolicyRecords
from tocsin.store.town import PgTownStore
from tocsin.store.wakeups import Wakeups
from tocsin.town.ports import DutyShift

TOWN_PATH = f"{CITY}.{TOWN}"
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@dataclass
class Subject:
    database: Database
    store: PgAlertsStore
    records: PgPolicyRecords

    async def save(self, *changes: Change) -> None:
        async with self.store.unit() as unit:
            await unit.save(changes)

    async def end(self, number: int) -> None:
        async with self.store.unit() as unit:
            state = fold((await unit.load([incident_id(number)]))[incident_id(number)])
            await unit.save([change(number, Closed(reason_code="handled"), before=state)])


@pytest.fixture
async def subject(shared_database: str) -> AsyncIterator[Subject]:
    async with emptied(shared_database) as database:
        await settle(database)
        store = PgAlertsStore(database.pool, Wakeups(database.dsn))
        yield Subject(database, store, PgPolicyRecords(database.pool))


async def test_versions_are_listed_newest_first_with_their_open_incidents(subject: Subject) -> None:
    await travel(subject.database, START + HOUR)
    async with subject.store.unit() as unit:
        await unit.save_policy(PolicyId("new@2"), "new", "name: new")
    await subject.save(change(1, opened()), change(2, opened(grid=TOWN)))
    await subject.end(2)
    rows = await subject.records.policies(10)
    assert [(row.id, row.name, row.saved, row.open_incidents) for row in rows] == [
        ("new@2", "new", START + HOUR, 0),
        (POLICY, "default", START, 1),
    ]
    assert [row.id for row in await subject.records.policies(1)] == ["new@2"]


async def test_a_version_is_read_as_it_was_stored(subject: Subject) -> None:
    assert await subject.records.policy_text(POLICY) == "name: default"
    with pytest.raises(NotFound, match="tocsin policy list"):
        await subject.records.policy_text(PolicyId("lost@1"))


async def test_readiness_is_listed_for_a_subtree_and_what_lies_above_it(subject: Subject) -> None:
    for grid, readiness in (
        (CITY, Readiness.ALERT),
        (VILLAGE, Readiness.ALERT),
        (VILLAGE, Readiness.PEACE),
        (OTHER, Readiness.ALERT),
    ):
        async with subject.store.unit() as unit:
            await unit.set_readiness(grid, readiness, ANN, "flood")
    rows = await subject.records.readiness(TOWN_PATH)
    assert [(row.grid, row.readiness, row.person_name, row.since) for row in rows] == [
        (CITY, Readiness.ALERT, "Ann", START),
        (VILLAGE, Readiness.PEACE, "Ann", START),
    ]
    assert {row.grid for row in await subject.records.readiness("")} == {CITY, VILLAGE, OTHER}


async def test_logs_are_of_ended_incidents_of_a_span_and_subtree_that_were_no_drills(
    subject: Subject,
) -> None:
    await subject.save(
        change(1, opened(), *confirmed()),
        change(2, opened(grid=OTHER)),
        change(3, opened(), *confirmed()),
        change(4, opened(drill=True)),
    )
    for number in (1, 2, 4):
        await subject.end(number)

    async def ids(scope: str, since: timedelta, until: timedelta, most: int = 10) -> list[str]:
        logs = await subject.records.logs(scope, START + since, START + until, most)
        return [log[0].incident for log in logs]

    assert await ids("", -DAY, DAY) == [incident_id(1), incident_id(2)]
    assert await ids(TOWN_PATH, -DAY, DAY) == [incident_id(1)]
    assert await ids("", -DAY, timedelta()) == []
    assert await ids("", -DAY, DAY, 1) == [incident_id(1)]
    (log, _) = await subject.records.logs("", START - DAY, START + DAY, 10)
    assert [one.version for one in log] == [1, 2, 3, 4, 5]


async def test_who_was_on_duty_is_said_for_each_instant(subject: Subject) -> None:
    end = START + HOUR
    await PgTownStore(subject.database.pool).add_duty(
        [DutyShift(person=BOB, grid=VILLAGE, since=START - DAY, until=end)]
    )
    asked = [(STREET, end - HOUR), (STREET, end), (GridCode("9"), end)]
    found = await subject.records.directories_at(asked)
    assert {
        at: [one.person for one in directory.on(Tier.VILLAGE)] for (_, at), directory in found.items()
    } == {
        end - HOUR: [ANN, BOB],
        end: [ANN],
    }
    async with subject.store.unit() as unit:
        assert found[STREET, end - HOUR] == await unit.directory(STREET)


async def test_changes_of_shift_are_listed_within_a_span(subject: Subject) -> None:
    await PgTownStore(subject.database.pool).add_duty(
        [DutyShift(person=BOB, grid=VILLAGE, since=START + HOUR, until=START + 2 * HOUR)]
    )
    changes = subject.records.duty_changes
    assert await changes(TOWN_PATH, START, START + DAY) == [START + HOUR, START + 2 * HOUR]
    assert await changes(f"{CITY}.{OTHER}", START, START + DAY) == []
    assert await changes("", START, START + 2 * HOUR) == [START + HOUR]
