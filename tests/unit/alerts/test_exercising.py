"""A drill begins once, calls only its participants, and a planned one starts by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs
from typing_extensions import override

from tests.support.site import VILLAGE, Site
from tocsin.alerts.commands import Confirm
from tocsin.alerts.evolve import fold
from tocsin.alerts.exercising import Drill, DueExercises, ExerciseStarter, incident_of
from tocsin.alerts.model import Incident
from tocsin.core.detections import Kind
from tocsin.core.ids import GridCode, IncidentId, PersonId
from tocsin.core.incidents import SYSTEM, Actor, Grade, State

ANN = Actor("person", "ann")
LI, WANG = PersonId("li"), PersonId("wang")
DRILL = Drill(exercise="e-1", kind=Kind.FIRE, grade=Grade.II, grid=VILLAGE, participants=(WANG,))


class Due(DueExercises):
    """Exercises that are due, until they have begun."""

    def __init__(self, *drills: Drill) -> None:
        self.waiting = list(drills)
        self.began: list[tuple[str, IncidentId, str]] = []
        self.cancelled: list[str] = []

    @override
    async def due(self, most: int) -> Sequence[Drill]:
        return self.waiting[:most]

    @override
    async def begun(self, exercise: str, incident: IncidentId, by: str) -> None:
        self.began.append((exercise, incident, by))
        self.waiting = [one for one in self.waiting if one.exercise != exercise]

    @override
    async def cancel(self, exercise: str) -> None:
        self.cancelled.append(exercise)
        self.waiting = [one for one in self.waiting if one.exercise != exercise]


async def site() -> Site:
    made = Site()
    await made.policies.keep(made.store)
    return made


async def read(where: Site, name: IncidentId) -> Incident:
    async with where.store.unit() as unit:
        return fold((await unit.load([name]))[name])


async def test_a_drill_begins_as_it_was_prepared_and_only_once() -> None:
    where = await site()
    first = await where.service.start_exercise(DRILL, ANN)
    assert await where.service.start_exercise(DRILL, ANN) == first == incident_of("e-1")
    drill = await read(where, first)
    assert (drill.drill, drill.exercise, drill.participants) == (True, "e-1", (WANG,))
    assert (drill.kind, drill.grade, drill.grid, drill.state) == (
        Kind.FIRE,
        Grade.II,
        VILLAGE,
        State.RECEIVED,
    )
    assert drill.version == 1


async def test_several_starts_at_one_moment_are_one_drill() -> None:
    where = await site()
    names = await asyncio.gather(*(where.service.start_exercise(DRILL, ANN) for _ in range(5)))
    assert len(set(names)) == 1
    assert (await read(where, names[0])).version == 1


async def test_nobody_but_the_participants_is_called() -> None:
    where = await site()
    name = await where.service.start_exercise(DRILL, ANN)
    await where.service.command(name, Confirm(), ANN)
    assert set((await read(where, name)).calls) == {WANG}
    everybody = await where.service.start_exercise(
        Drill(exercise="e-2", kind=Kind.FIRE, grade=Grade.II, grid=VILLAGE, participants=(LI, WANG)), ANN
    )
    await where.service.command(everybody, Confirm(), ANN)
    assert set((await read(where, everybody)).calls) == {LI, WANG}, "silence above is no accident"


async def test_a_drill_takes_no_real_report_in_and_joins_no_incident() -> None:
    where = await site()
    await where.at("00:00").sees("cam-1")
    assert where.incident().version
    before = len(where.store.tables.incidents)
    await where.service.start_exercise(DRILL, ANN)
    assert len(where.store.tables.incidents) == before + 1


async def test_a_planned_exercise_starts_by_itself_once() -> None:
    where = await site()
    due = Due(DRILL)
    starter = ExerciseStarter(due, where.service)
    for _ in range(2):
        async with asyncio.TaskGroup() as group:
            await starter.turn(group)
    assert due.began == [("e-1", incident_of("e-1"), "system")]


async def test_one_that_cannot_begin_is_given_up_and_the_others_go_on() -> None:
    where = await site()
    lost = Drill(exercise="lost", kind=Kind.FIRE, grade=Grade.II, grid=GridCode("99"), participants=(WANG,))
    due = Due(lost, DRILL)
    with capture_logs() as lines:
        async with asyncio.TaskGroup() as group:
            await ExerciseStarter(due, where.service).turn(group)
    assert due.cancelled == ["lost"]
    assert [one for one, _, _ in due.began] == ["e-1"]
    assert [line["event"] for line in lines if line["log_level"] == "warning"] == ["exercise.not_started"]


async def test_a_start_that_fails_for_now_is_tried_again_next_time() -> None:
    class Away:
        async def start_exercise(self, drill: Drill, actor: Actor) -> IncidentId:
            assert actor is SYSTEM
            raise OSError("away")

    due = Due(DRILL)
    async with asyncio.TaskGroup() as group:
        with pytest.raises(OSError, match="away"):
            await ExerciseStarter(due, Away()).turn(group)
    assert due.waiting == [DRILL]
