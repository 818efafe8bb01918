"""Begins the incident of an exercise: a drill that calls only its participants, once whatever dies between.

The incident's name is derived from the exercise's, so that a second start finds the first; `ExerciseStarter`
starts those whose planned instant has come, as a chore of the relay.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from tocsin.alerts.change import change_of
from tocsin.alerts.commands import Open
from tocsin.alerts.policy_book import PolicyBook
from tocsin.alerts.ports import AlertsUnit, Change
from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected
from tocsin.core.ids import GridCode, IncidentId, PersonId, derived_id
from tocsin.core.incidents import SYSTEM, Actor, Grade, Lateness, Source

log = structlog.get_logger()

STARTED_MOST: Final = 10
"""More exercises than this are not started in one turn."""
SEVERITY: Final = 1.0
"""Of no weight beside the grade that an exercise names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """What an exercise plays."""

    exercise: str
    kind: Kind
    grade: Grade
    grid: GridCode
    participants: tuple[PersonId, ...]


class DueExercises(Protocol):
    """Exercises whose planned instant has come."""

    async def due(self, most: int) -> Sequence[Drill]:
        """Give them, earliest first."""
        ...

    async def begun(self, exercise: str, incident: IncidentId, by: str) -> None:
        """Note which incident one is; the first one stays."""
        ...

    async def cancel(self, exercise: str) -> None:
        """Give one up that has not begun."""
        ...


class Starts(Protocol):
    """The part of `AlertService` that begins drills."""

    async def start_exercise(self, drill: Drill, actor: Actor) -> IncidentId:
        """Begin the incident of an exercise; again gives the same one."""
        ...


def incident_of(exercise: str) -> IncidentId:
    """Name the incident of an exercise."""
    return IncidentId(derived_id("incident", "exercise", exercise))


async def begin_drill(unit: AlertsUnit, policies: PolicyBook, drill: Drill, actor: Actor) -> Change | None:
    """Decide the beginning of a drill; None when it has begun before. Raises `NotFound` (`grid.unknown`)."""
    name = incident_of(drill.exercise)
    if (await unit.load([name])).get(name):
        return None
    grid = await unit.grid(drill.grid)
    version = policies.for_grid(grid)
    command = Open(
        kind=drill.kind,
        severity=SEVERITY,
        grade=drill.grade,
        grid=grid.code,
        centre=grid.centre,
        radius_m=grid.radius_m,
        began=unit.now,
        lateness=Lateness.LIVE,
        policy=version.id,
        path=grid.path,
        readiness=(await unit.readiness([grid.code]))[grid.code],
        drill=True,
        source=Source.DESK,
        exercise=drill.exercise,
        participants=drill.participants,
    )
    return change_of(
        name,
        None,
        [command],
        now=unit.now,
        policy=version.policy,
        directory=await unit.directory(grid.code),
        actor=actor,
    )


class ExerciseStarter:
    """Start what is planned, at most a second late; any number of relays may do it."""

    def __init__(self, exercises: DueExercises, alerts: Starts) -> None:
        self._exercises = exercises
        self._alerts = alerts

    async def turn(self, _group: asyncio.TaskGroup) -> None:
        """Start what is due now; one that cannot be is given up, so that the others go on."""
        for drill in await self._exercises.due(STARTED_MOST):
            try:
                incident = await self._alerts.start_exercise(drill, SYSTEM)
            except Rejected as rejected:
                log.warning("exercise.not_started", exercise=drill.exercise, reason=rejected.reason)
                await self._exercises.cancel(drill.exercise)
                continue
            await self._exercises.begun(drill.exercise, incident, "system")
            log.info("exercise.started", exercise=drill.exercise, incident=incident)
