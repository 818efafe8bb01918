"""Exercises: prepare one, start it, see who answered."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import AwareDatetime

from tocsin.alerts.evolve import fold
from tocsin.alerts.exercising import Drill
from tocsin.alerts.model import Call
from tocsin.api import case_views
from tocsin.api.access import Caller, Desk, Overseer, within
from tocsin.api.deps import ApiDeps, Deps
from tocsin.api.params import NAME, MostQuery
from tocsin.api.schemas.case import PlanView
from tocsin.api.schemas.exercises import (
    ExerciseBody,
    ExerciseDetail,
    ExerciseList,
    ExerciseView,
    ParticipantView,
)
from tocsin.api.schemas.incidents import IncidentLine
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.ids import GridCode, PersonId, derived_id
from tocsin.town.exercises import Exercise, ExerciseState, NewExercise, check

router = APIRouter(prefix="/api/exercises", tags=["exercises"])

ExercisePath = Annotated[
    str, Path(description="The exercise's id.", min_length=1, max_length=64, pattern=NAME)
]


@router.get("", operation_id="listExercises", summary="Exercises")
async def list_exercises(
    caller: Desk,
    deps: Deps,
    before: Annotated[
        AwareDatetime | None, Query(description="Only those made before this instant: for the next page.")
    ] = None,
    most: MostQuery = 50,
) -> ExerciseList:
    """List the exercises of the caller's scope, newest first."""
    rows = await deps.exercises.exercises(caller.scope, before=before, most=most + 1)
    return ExerciseList(
        items=[_view(row) for row in rows[:most]], more=len(rows) > most, now=deps.clock.now()
    )


@router.post("", operation_id="prepareExercise", summary="Prepare an exercise", status_code=201)
async def prepare_exercise(body: ExerciseBody, caller: Overseer, deps: Deps) -> ExerciseView:
    """Prepare an exercise in the caller's scope; the same act is one exercise."""
    grid = await deps.town.grid(GridCode(body.grid))
    if grid is None or not within(caller.scope, grid.path):
        raise NotFound("grid.unknown", f"there is no grid {body.grid} in your area: choose one of the tree")
    made = NewExercise(
        id=derived_id("exercise", caller.person, body.act),
        title=body.title,
        words=body.words,
        kind=body.kind,
        grade=body.grade,
        grid=grid.code,
        participants=tuple(PersonId(one) for one in body.participants),
        plan=body.plan,
        planned=body.planned,
        by=caller.person,
    )
    check(made, deps.clock.now())
    await deps.exercises.make(made, caller.scope)
    return _view(await _visible(deps, caller, made.id))


@router.get("/{exercise}", operation_id="getExercise", summary="One exercise")
async def get_exercise(exercise: ExercisePath, caller: Desk, deps: Deps) -> ExerciseDetail:
    """Give an exercise with its incident, the clocks of its tiers, who answered, and the checklist."""
    found = await _visible(deps, caller, exercise)
    incidents: list[IncidentLine] = []
    calls: dict[PersonId, Call] = {}
    plan: PlanView | None = None
    if found.incident is not None:
        row = await deps.queries.incident(caller.scope, found.incident)
        if row is not None:
            incidents.append(case_views.incident_line(row))
            folded = fold(list(await deps.queries.log(found.incident)))
            calls = folded.calls
            plan = case_views.plan((await deps.alerts.outlook(found.incident)).plan, folded)
    return ExerciseDetail(
        exercise=_view(found),
        incidents=incidents,
        people=[_participant(person, name, calls.get(person)) for person, name in found.participants],
        plan=plan,
        now=deps.clock.now(),
    )


@router.post("/{exercise}/start", operation_id="startExercise", summary="Start an exercise")
async def start_exercise(exercise: ExercisePath, caller: Overseer, deps: Deps) -> ExerciseView:
    """Open the drill; again gives the same incident."""
    found = await _visible(deps, caller, exercise)
    if found.state is ExerciseState.CANCELLED:
        raise Rejected("exercise.cancelled", "this exercise was given up: prepare another one")
    if found.incident is None:
        drill = Drill(
            exercise=found.id,
            kind=found.kind,
            grade=found.grade,
            grid=found.grid,
            participants=tuple(person for person, _ in found.participants),
        )
        incident = await deps.alerts.start_exercise(drill, caller.actor)
        await deps.exercises.begun(found.id, incident, caller.person)
    return _view(await _visible(deps, caller, exercise))


@router.post("/{exercise}/cancel", operation_id="cancelExercise", summary="Give it up", status_code=204)
async def cancel_exercise(exercise: ExercisePath, caller: Overseer, deps: Deps) -> Response:
    """Give up an exercise that has not begun; again changes nothing. One that runs is ended as its incident is."""
    found = await _visible(deps, caller, exercise)
    if found.started is not None:
        raise Rejected("exercise.started", "it has begun: end its incident instead")
    await deps.exercises.cancel(found.id)
    return Response(status_code=204)


async def _visible(deps: ApiDeps, caller: Caller, exercise: str) -> Exercise:
    found = await deps.exercises.exercise(caller.scope, exercise)
    if found is None:
        raise NotFound("exercise.unknown", f"there is no exercise {exercise[:64]} that you may see")
    return found


def _participant(person: PersonId, name: str, call: Call | None) -> ParticipantView:
    return ParticipantView(
        person=person,
        name=name,
        called=None if call is None else call.called,
        seen=None if call is None else call.seen,
        accepted=None if call is None else call.accepted,
        refused=None if call is None else call.refused,
        arrived=None if call is None else call.arrived,
    )


def _view(one: Exercise) -> ExerciseView:
    return ExerciseView(
        id=one.id,
        title=one.title,
        words=one.words,
        kind=one.kind,
        grade=one.grade,
        grid=one.grid,
        grid_name=one.grid_name,
        participants=len(one.participants),
        plan=one.plan,
        state=one.state,
        planned=one.planned,
        made=one.made,
        made_by=one.made_by,
        started=one.started,
        started_by=one.started_by,
        incident=one.incident,
        ended=one.ended,
    )
