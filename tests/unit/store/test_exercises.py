"""Exercises on PostgreSQL: kept once, seen within the scope, due at their instant."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.database import Database, Server
from tests.support.response import (
    ANN,
    BOB,
    CAT,
    CITY,
    OTHER,
    START,
    TOWN,
    VILLAGE,
    emptied,
    settle,
    shared,
    travel,
)
from tocsin.alerts.commands import Confirm
from tocsin.alerts.config import PolicyConfig
from tocsin.alerts.evolve import fold
from tocsin.alerts.exercising import ExerciseStarter, incident_of
from tocsin.alerts.policy_book import PolicyBook
from tocsin.alerts.service import AlertService
from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected
from tocsin.core.ids import PersonId
from tocsin.core.incidents import Actor, Grade
from tocsin.store.alerts import PgAlertsStore
from tocsin.store.exercises import PgExercises
from tocsin.store.wakeups import Wakeups
from tocsin.town.exercises import ExerciseState, NewExercise

TOWN_PATH = f"{CITY}.{TOWN}"
NEW = NewExercise(
    id="e-1", title="夜间火情", words="仓库起火", kind=Kind.FIRE, grade=Grade.II, grid=VILLAGE,
    participants=(BOB, ANN), plan="仓库预案", by=CAT,
)  # fmt: skip


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture
async def database(shared_database: str) -> AsyncIterator[Database]:
    async with emptied(shared_database) as made:
        await settle(made)
        yield made


async def service(database: Database) -> AlertService:
    store = PgAlertsStore(database.pool, Wakeups(database.dsn))
    policies = PolicyBook.read(PolicyConfig())
    await policies.keep(store)
    return AlertService(store, policies)


async def test_an_exercise_is_kept_once_with_its_people_in_order(database: Database) -> None:
    store = PgExercises(database.pool)
    await store.make(NEW, TOWN_PATH)
    await store.make(replace(NEW, title="other"), TOWN_PATH)
    found = await store.exercise(TOWN_PATH, "e-1")
    assert found is not None
    assert (found.title, found.participants, found.state) == (
        "夜间火情", ((BOB, "Bob"), (ANN, "Ann")), ExerciseState.READY,
    )  # fmt: skip
    assert (found.plan, found.words, found.grid_name) == ("仓库预案", "仓库起火", f"name of {VILLAGE}")


async def test_strangers_do_not_take_part(database: Database) -> None:
    store = PgExercises(database.pool)
    for scope, stranger in ((TOWN_PATH, PersonId("nobody")), (f"{CITY}.{OTHER}", ANN)):
        with pytest.raises(Rejected, match=f"take part: {stranger}"):
            await store.make(replace(NEW, participants=(stranger,)), scope)
    assert await store.exercises("", before=None, most=10) == []
    await store.make(replace(NEW, participants=(CAT,)), f"{TOWN_PATH}.{VILLAGE}")  # of the township above


async def test_a_township_sees_nothing_of_its_neighbour(database: Database) -> None:
    store = PgExercises(database.pool)
    await store.make(NEW, "")
    assert await store.exercise(f"{CITY}.{OTHER}", "e-1") is None
    assert await store.exercises(f"{CITY}.{OTHER}", before=None, most=10) == []
    assert [one.id for one in await store.exercises(TOWN_PATH, before=None, most=10)] == ["e-1"]
    assert await store.exercises("", before=START, most=10) == []


async def test_a_planned_exercise_begins_at_its_instant_once_and_calls_its_people_alone(
    database: Database,
) -> None:
    store, alerts = PgExercises(database.pool), await service(database)
    await store.make(replace(NEW, planned=START + timedelta(hours=1), participants=(BOB,)), "")
    starters = [ExerciseStarter(store, alerts) for _ in range(3)]

    async def turn() -> None:
        async with asyncio.TaskGroup() as group:
            for starter in starters:
                group.create_task(starter.turn(group))

    await travel(database, START + timedelta(minutes=59))
    await turn()
    waiting = await store.exercise("", "e-1")
    assert waiting is not None
    assert waiting.state is ExerciseState.PLANNED
    await travel(database, START + timedelta(hours=1))
    await turn()
    await turn()
    begun = await store.exercise("", "e-1")
    assert begun is not None
    assert (begun.state, begun.started_by, begun.incident) == (
        ExerciseState.RUNNING, "system", incident_of("e-1"),
    )  # fmt: skip
    await alerts.command(incident_of("e-1"), Confirm(), Actor("person", CAT))
    async with PgAlertsStore(database.pool, Wakeups(database.dsn)).unit() as unit:
        drill = fold((await unit.load([incident_of("e-1")]))[incident_of("e-1")])
    assert set(drill.calls) == {BOB}, "Ann would be called first, and Cat as well, were it real"
    rows = await database.execute("select drill, exercise from incident")
    assert rows == [(True, "e-1")]
    told = await database.execute("select distinct person, drill from notice where person is not null")
    assert [one for one in told if one != (BOB, True)] == []


async def test_what_has_begun_is_not_given_up_and_what_was_given_up_does_not_begin(
    database: Database,
) -> None:
    store, alerts = PgExercises(database.pool), await service(database)
    planned = START + timedelta(hours=1)
    await store.make(replace(NEW, planned=planned), "")
    await store.cancel("e-1")
    await travel(database, planned)
    assert await store.due(10) == []
    await store.make(replace(NEW, id="e-2", planned=planned), "")
    (drill,) = await store.due(10)
    incident = await alerts.start_exercise(drill, Actor("person", CAT))
    await store.begun("e-2", incident, CAT)
    await store.begun("e-2", incident, "system")
    await store.cancel("e-2")
    found = await store.exercise("", "e-2")
    assert found is not None
    assert (found.state, found.started_by) == (ExerciseState.RUNNING, CAT)
