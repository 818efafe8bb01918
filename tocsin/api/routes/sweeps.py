"""Sweeps: order one, follow its roll-call, answer, end."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import AwareDatetime

from tocsin.api.access import EVERYWHERE, Access, Caller, OnScene, within
from tocsin.api.deps import ApiDeps, Deps
from tocsin.api.params import NAME, MostQuery
from tocsin.api.schemas.sweeps import (
    RollView,
    SweepAnswerBody,
    SweepBody,
    SweepCountsView,
    SweepDetail,
    SweepList,
    SweepPart,
    SweepView,
)
from tocsin.core.errors import NotFound
from tocsin.core.ids import GridCode, derived_id
from tocsin.town.ports import Role
from tocsin.town.sweeps import (
    Answer,
    NewSweep,
    RollRow,
    RollState,
    Sweep,
    SweepCounts,
    check,
    check_answer,
    state_of,
)

router = APIRouter(prefix="/api/sweeps", tags=["sweeps"])

PATH: Final = r"^[^/\s\x00]{1,600}$"
Orderer = Annotated[Caller, Depends(Access(Role.OPERATOR, Role.SUPERVISOR))]
"""Those who order sweeps and end them."""
Follower = Annotated[
    Caller, Depends(Access(Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.RESPONDER))
]
"""Those who follow sweeps; a responder those that ask them."""
SweepPath = Annotated[str, Path(description="The sweep's id.", min_length=1, max_length=64, pattern=NAME)]


@router.get("", operation_id="listSweeps", summary="Sweeps")
async def list_sweeps(
    caller: Follower,
    deps: Deps,
    before: Annotated[
        AwareDatetime | None, Query(description="Only those begun before this instant: for the next page.")
    ] = None,
    most: Annotated[int, Query(description="How many at most, 1 to 100.", ge=1, le=100)] = 50,
) -> SweepList:
    """List sweeps of the caller's scope and of places above it, newest first; a responder's ask them."""
    if caller.role is Role.RESPONDER:
        rows = await deps.sweeps.sweeps_of(caller.person, most=most + 1)
    else:
        rows = await deps.sweeps.sweeps(caller.scope, before=before, most=most + 1)
    return SweepList(
        items=[_view(deps, row) for row in rows[:most]], more=len(rows) > most, now=deps.clock.now()
    )


@router.post("", operation_id="startSweep", summary="Ask all grids", status_code=201)
async def start_sweep(body: SweepBody, caller: Orderer, deps: Deps) -> SweepView:
    """Ask all grids under a place of the caller's scope; the same act is one sweep."""
    grid = await deps.town.grid(GridCode(body.grid))
    if grid is None or not within(caller.scope, grid.path):
        raise NotFound("grid.unknown", f"there is no grid {body.grid} in your area: choose one of the tree")
    lasts = timedelta(minutes=body.minutes)
    wanted = timedelta(minutes=body.remind_minutes) if body.remind_minutes is not None else lasts / 2
    order = NewSweep(
        id=derived_id("sweep", caller.person, body.act),
        grid=grid.code,
        kind=body.kind,
        title=body.title,
        words=body.words,
        level=body.level,
        lasts=lasts,
        remind_after=wanted if body.remind else None,
        drill=body.drill,
        by=caller.person,
    )
    check(order)
    await deps.sweeps.start(order)
    return _view(deps, await _visible(deps, caller, order.id))


@router.get("/{sweep}", operation_id="getSweep", summary="One sweep with its roll-call")
async def get_sweep(  # noqa: PLR0917 FastAPI hands them over by name
    sweep: SweepPath,
    caller: Follower,
    deps: Deps,
    state: Annotated[RollState | None, Query(description="Only grids that stand so.")] = None,
    after: Annotated[
        str | None,
        Query(description="Only paths after this one: for the next page.", max_length=600, pattern=PATH),
    ] = None,
    most: MostQuery = 200,
) -> SweepDetail:
    """Give a sweep, how far each part has come, and its roll-call by path."""
    responder = caller.role is Role.RESPONDER
    found = await _visible(deps, caller, sweep)
    scope = EVERYWHERE if responder else caller.scope
    roll = await deps.sweeps.roll(
        scope, sweep, person=caller.person if responder else None, state=state, after=after, most=most + 1
    )
    parts = [] if responder else await deps.sweeps.parts(scope, sweep)
    return SweepDetail(
        sweep=_view(deps, found),
        parts=[SweepPart(grid=one.grid, name=one.name, counts=_counts(one.counts)) for one in parts],
        roll=[_row(row) for row in roll[:most]],
        more=len(roll) > most,
        now=deps.clock.now(),
    )


@router.post("/{sweep}/answer", operation_id="answerSweep", summary="Answer for a grid")
async def answer_sweep(sweep: SweepPath, body: SweepAnswerBody, caller: OnScene, deps: Deps) -> RollView:
    """Answer for a grid: a responder for their own, an operator for any of the scope; again corrects it."""
    said = Answer(answer=body.answer, found=body.found, words=body.words)
    check_answer(said)
    scope = None if caller.role is Role.RESPONDER else caller.scope
    return _row(await deps.sweeps.answer(sweep, GridCode(body.grid), said, caller.person, scope=scope))


@router.post("/{sweep}/end", operation_id="endSweep", summary="End a sweep", status_code=204)
async def end_sweep(sweep: SweepPath, caller: Orderer, deps: Deps) -> Response:
    """End a sweep of the caller's scope: nobody is told any more; again changes nothing."""
    found = await _visible(deps, caller, sweep)
    if not within(caller.scope, found.path):
        raise NotFound(
            "sweep.unknown", "the sweep was ordered above your area: ask whoever ordered it to end it"
        )
    await deps.sweeps.end(sweep, caller.person)
    return Response(status_code=204)


async def _visible(deps: ApiDeps, caller: Caller, sweep: str) -> Sweep:
    """Read a sweep that the caller may see; raises `NotFound` (`sweep.unknown`) in every other case."""
    responder = caller.role is Role.RESPONDER
    found = await deps.sweeps.sweep(EVERYWHERE if responder else caller.scope, sweep)
    if found is not None and responder:
        own = await deps.sweeps.sweeps_of(caller.person, most=1, sweep=sweep)
        found = own[0] if own else None
    if found is None:
        raise NotFound("sweep.unknown", f"there is no sweep {sweep[:64]} that you may see")
    return found


def _view(deps: ApiDeps, one: Sweep) -> SweepView:
    return SweepView(
        id=one.id,
        grid=one.grid,
        grid_name=one.grid_name,
        kind=one.kind,
        title=one.title,
        words=one.words,
        drill=one.drill,
        state=state_of(one, deps.clock.now()),
        started=one.started,
        started_by=one.started_by,
        started_by_name=one.started_by_name,
        until=one.until,
        ended=one.ended,
        counts=_counts(one.counts),
    )


def _counts(one: SweepCounts) -> SweepCountsView:
    return SweepCountsView(
        total=one.total,
        looking=one.looking,
        nobody=one.nobody,
        answered=one.answered,
        late=one.late,
        clear=one.clear,
        found=one.found,
        unable=one.unable,
        items=one.items,
    )


def _row(row: RollRow) -> RollView:
    return RollView(
        grid=row.grid,
        name=row.name,
        path=row.path,
        state=row.state,
        person=row.person,
        person_name=row.person_name,
        told=row.told,
        reminded=row.reminded,
        answered=row.answered,
        answered_by=row.answered_by,
        answer=row.answer,
        found=row.found,
        words=row.words,
    )
