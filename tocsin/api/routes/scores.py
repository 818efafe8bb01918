"""Evaluation of grid staff: scores with their rows, weights, publication, contests, check-ins on patrol.

A member sees their own score, the formula and every row of it; leaders see those of their scope.
"""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from tocsin.alerts.proving import tag_hash
from tocsin.api.access import Access, Administrator, Caller, Desk, Responder, within
from tocsin.api.deps import ApiDeps, Deps
from tocsin.api.params import NAME, MostQuery
from tocsin.api.schemas.evaluation import (
    ActView,
    ContestBody,
    ContestList,
    ContestView,
    PartView,
    PatrolBody,
    PatrolView,
    PublishBody,
    PublishedView,
    ScoreList,
    ScoreRows,
    ScoreView,
    StandingMonthView,
    StandingView,
    WeightList,
    WeightsBody,
    WeightView,
)
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.grids import Grid
from tocsin.core.ids import GridCode, PersonId
from tocsin.town.evaluation import HUNDREDTHS, Score, Standing, Weight, Weights, check_weights
from tocsin.town.evaluation_ports import Contest, Publication
from tocsin.town.periods import Period, PeriodKind, containing, parse
from tocsin.town.ports import Person, Role

router = APIRouter(prefix="/api", tags=["evaluation"])

Scored = Annotated[
    Caller, Depends(Access(Role.OPERATOR, Role.RESPONDER, Role.SUPERVISOR, Role.ADMINISTRATOR))
]
"""Those who see scores: responders their own, the others those of their scope."""
MonthQuery = Annotated[
    str, Query(alias="month", description="`2026-10`.", pattern=r"^[0-9]{4}-[0-9]{2}$", max_length=7)
]
AreaQuery = Annotated[
    GridCode | None,
    Query(
        alias="grid", description="Of this grid and what lies below.", max_length=64, pattern=r"^[^./\s]+$"
    ),
]
ClassQuery = Annotated[
    str | None, Query(alias="class", description="Only grids of this class.", max_length=64)
]
PersonPath = Annotated[
    PersonId, Path(description="The person's id.", min_length=1, max_length=64, pattern=NAME)
]


@router.get("/scores", operation_id="listScores", summary="Scores of a month")
async def list_scores(  # noqa: PLR0917 what can be asked for
    caller: Scored,
    deps: Deps,
    month: MonthQuery,
    grid: AreaQuery = None,
    grid_class: ClassQuery = None,
    most: MostQuery = 500,
    skip: Annotated[int, Query(description="So many are left out before.", ge=0, le=100_000)] = 0,
) -> ScoreList:
    """List the scores of a grid's members by class and rank; a responder gets their own alone."""
    period = parse(PeriodKind.MONTH, month)
    if caller.role is Role.RESPONDER:
        own = await deps.evaluation.own(caller.person, await _path(deps, caller.person), period)
        return ScoreList(
            month=period.name,
            published=_published(own.publication),
            formula=_formula(own.weights),
            items=[_score(own.score)],
        )
    root = await _root(deps, caller, grid)
    board = await deps.evaluation.board(root, period, grid_class=grid_class, most=most, skip=skip)
    return ScoreList(
        month=period.name,
        published=_published(board.publication),
        formula=_formula(board.weights),
        items=[_score(one) for one in board.scores],
    )


@router.get("/scores/{person}/rows", operation_id="getScoreRows", summary="What makes a score")
async def get_score_rows(person: PersonPath, caller: Scored, deps: Deps, month: MonthQuery) -> ScoreRows:
    """Give one member's score with every row that was counted, and the formula."""
    period = parse(PeriodKind.MONTH, month)
    if caller.role is Role.RESPONDER:
        if person != caller.person:
            raise _no_person(person)
        path = await _path(deps, person)
    else:
        path = await path_of(deps, caller, person)
    own = await deps.evaluation.own(person, path, period)
    return ScoreRows(
        month=period.name,
        published=_published(own.publication),
        formula=_formula(own.weights),
        score=_score(own.score),
        items=[ActView(indicator=act.indicator, at=act.at, subject=act.subject) for act in own.acts],
    )


@router.post("/scores/publish", operation_id="publishScores", summary="Publish a month")
async def publish_scores(body: PublishBody, caller: Administrator, deps: Deps) -> PublishedView:
    """Freeze a month's scores for a grid and what lies below; they are never changed after."""
    root = await _grid(deps, caller, GridCode(body.grid))
    made = await deps.evaluation.publish(root, parse(PeriodKind.MONTH, body.month), caller.person)
    return PublishedView(at=made.published, by=made.published_by, grid=made.root)


@router.get("/score-weights", operation_id="getScoreWeights", summary="Weights of a grid")
async def get_score_weights(caller: Administrator, deps: Deps, grid: AreaQuery = None) -> WeightList:
    """Give the weights that hold for a grid: its own, or those of the nearest above."""
    root = await _root(deps, caller, grid)
    return WeightList(items=_formula(await deps.evaluation.store.weights(root.path)))


@router.put("/score-weights", operation_id="setScoreWeights", summary="Set the weights of a grid")
async def set_score_weights(body: WeightsBody, caller: Administrator, deps: Deps) -> WeightList:
    """Set weights for a grid and what lies below; months that were published keep theirs."""
    root = await _grid(deps, caller, GridCode(body.grid))
    weights = {one.indicator: Weight(one.points, one.full) for one in body.items}
    check_weights(weights)
    await deps.evaluation.store.set_weights(root.code, weights, caller.person)
    return WeightList(items=_formula(weights))


@router.get("/contests", operation_id="listContests", summary="Contests")
async def list_contests(caller: Desk, deps: Deps, most: MostQuery = 20) -> ContestList:
    """List the contests that were fixed for grids of the caller's scope, newest first."""
    return ContestList(
        items=[_contest(one) for one in await deps.evaluation.store.contests(caller.scope, most)]
    )


@router.post("/contests", operation_id="fixContest", summary="Fix a quarter's contest", status_code=201)
async def fix_contest(body: ContestBody, caller: Administrator, deps: Deps) -> ContestView:
    """Compare the grids below one within their classes over a quarter; fixed once, with its rows."""
    root = await _grid(deps, caller, GridCode(body.grid))
    made = await deps.evaluation.fix(root, parse(PeriodKind.QUARTER, body.quarter), caller.person)
    return _contest(made)


@router.post("/patrols", operation_id="checkIn", summary="Check in at a place")
async def check_in(body: PatrolBody, caller: Responder, deps: Deps) -> PatrolView:
    """Note that the caller scanned the code of a place today; nothing else of their way is kept."""
    secret = tag_hash(body.tag)
    found = None if secret is None else await deps.evaluation.store.patrol(caller.person, secret)
    if found is None:
        raise NotFound("tag.unknown", "this code is unknown or out of use: ask for a new one at the place")
    return PatrolView(name=found[0], grid=found[1])


async def path_of(deps: ApiDeps, caller: Caller, person: PersonId) -> str:
    """Give the path of a person's grid; raises `NotFound` (`person.unknown`) outside the caller's scope."""
    known = await deps.town.person(person)
    grid = None if known is None else await deps.town.grid(known.grid)
    if grid is None or not within(caller.scope, grid.path):
        raise _no_person(person)
    return grid.path


async def _path(deps: ApiDeps, person: PersonId) -> str:
    known: Person | None = await deps.town.person(person)
    grid = None if known is None else await deps.town.grid(known.grid)
    return "" if grid is None else grid.path


async def _grid(deps: ApiDeps, caller: Caller, code: GridCode) -> Grid:
    grid = await deps.town.grid(code)
    if grid is None or not within(caller.scope, grid.path):
        raise NotFound("grid.unknown", f"there is no grid {code} in your scope")
    return grid


async def _root(deps: ApiDeps, caller: Caller, grid: GridCode | None) -> Grid:
    """Find the grid that is meant; without one it is that of the caller's scope."""
    if grid is None and not caller.scope:
        raise Rejected("grid.missing", "you see everything: name the grid whose scores you want with `grid`")
    return await _grid(deps, caller, grid or GridCode(caller.scope.rpartition(".")[2]))


def _no_person(person: PersonId) -> NotFound:
    return NotFound("person.unknown", f"there is no person {person} whose score you may see")


def _published(publication: Publication | None) -> PublishedView | None:
    if publication is None:
        return None
    return PublishedView(at=publication.published, by=publication.published_by, grid=publication.root)


def _formula(weights: Weights) -> list[WeightView]:
    return [WeightView(indicator=one, points=of.points, full=of.full) for one, of in weights.items()]


def _score(one: Score) -> ScoreView:
    member = one.member
    return ScoreView(
        person=member.person,
        person_name=member.name,
        grid=member.grid,
        grid_name=member.grid_name,
        grid_class=member.grid_class,
        total=one.total / HUNDREDTHS,
        rank=one.place or None,
        among=one.among or None,
        parts=[
            PartView(indicator=indicator, count=one.counts.get(indicator, 0), points=points / HUNDREDTHS)
            for indicator, points in one.parts.items()
        ],
    )


def _contest(one: Contest) -> ContestView:
    return ContestView(
        id=one.id,
        grid=one.root,
        quarter=_quarter(one.quarter).name,
        fixed=one.fixed,
        fixed_by=one.fixed_by,
        items=[_standing(standing) for standing in one.standings],
    )


def _quarter(first: date) -> Period:
    return containing(PeriodKind.QUARTER, first)


def _standing(one: Standing) -> StandingView:
    return StandingView(
        grid=one.grid,
        grid_name=one.grid_name,
        grid_class=one.grid_class,
        total=one.total / HUNDREDTHS,
        rank=one.place,
        months=[
            StandingMonthView(month=month, members=of.members, total=of.total / HUNDREDTHS)
            for month, of in one.months.items()
        ],
    )
