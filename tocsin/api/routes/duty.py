"""Who is on duty when, and where nobody is."""

import asyncio
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime

from tocsin.api.access import Access, Caller
from tocsin.api.deps import Deps
from tocsin.api.params import NAME
from tocsin.api.routes.people import PageQuery, Reader, own_grid, visible_person
from tocsin.api.schemas.duty import Coverage, GapView, ShiftBody, ShiftList, ShiftView, StaffingView
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.ids import GridCode, PersonId
from tocsin.town.duty_report import DEFAULT_SPAN, SPAN_MAX, check_span, report
from tocsin.town.people_ports import ShiftRow
from tocsin.town.ports import DutyShift, Role

router = APIRouter(prefix="/api", tags=["people"])

Keeper = Annotated[Caller, Depends(Access(Role.OPERATOR, Role.ADMINISTRATOR))]
"""Those who may change duty."""
YEARS = (2000, 3000)
"""Beyond them an instant has no week after it."""
_ONE_AT_A_TIME = asyncio.Semaphore(1)
"""A city's coverage is seconds of work, and memory for each that is looked for at once."""
GridQuery = Annotated[
    GridCode | None,
    Query(description="Only this grid and what lies below.", max_length=64, pattern=r"^[^./\s]+$"),
]
OneGrid = Annotated[
    GridCode, Query(alias="grid", description="Its grid.", min_length=1, max_length=64, pattern=r"^[^./\s]+$")
]
SinceQuery = Annotated[
    AwareDatetime | None, Query(description="Begin of the period, with offset; now without.")
]
UntilQuery = Annotated[
    AwareDatetime | None, Query(description="End of the period, with offset; a week later without.")
]


@router.get("/duty", operation_id="listDuty", summary="Who is on duty")
async def list_duty(
    caller: Reader,
    deps: Deps,
    *,
    grid: GridQuery = None,
    since: SinceQuery = None,
    until: UntilQuery = None,
    most: PageQuery = 1000,
    after: Annotated[AwareDatetime | None, Query(description="Beginning of the last shift shown.")] = None,
    after_person: Annotated[
        PersonId | None, Query(description="Its person.", max_length=64, pattern=NAME)
    ] = None,
    after_grid: Annotated[GridCode | None, Query(description="Its grid.", max_length=64)] = None,
) -> ShiftList:
    """List the shifts for grids of the caller's scope that touch a period of at most 62 days, by beginning."""
    scope = caller.scope if grid is None else (await own_grid(deps, caller, grid)).path
    begin, end = _period(since, until, deps.clock.now())
    page = (
        None
        if after is None or after_person is None or after_grid is None
        else (after, after_person, after_grid)
    )
    rows = await deps.duty.shifts(scope, begin, end, most=most, after=page)
    return ShiftList(items=[_shift(row) for row in rows])


@router.post("/duty", operation_id="addShift", summary="Put somebody on duty", status_code=204)
async def add_shift(body: ShiftBody, caller: Keeper, deps: Deps) -> Response:
    """Enter a shift by hand, for a grid of the caller's scope; the same beginning again moves the end."""
    place = await own_grid(deps, caller, GridCode(body.grid))
    row = await visible_person(deps, caller, PersonId(body.person))
    if body.until is not None and body.until <= max(body.since, deps.clock.now()):
        raise Rejected("duty.until", "`until` comes after `since`, and after now")
    await deps.town.add_duty(
        [DutyShift(person=row.person.id, grid=place.code, since=body.since, until=body.until)]
    )
    return Response(status_code=204)


@router.delete("/duty", operation_id="endShift", summary="Take somebody off duty", status_code=204)
async def end_shift(
    caller: Keeper,
    deps: Deps,
    person: Annotated[PersonId, Query(description="Whose shift.", min_length=1, max_length=64, pattern=NAME)],
    grid: OneGrid,
    since: Annotated[AwareDatetime, Query(description="Its beginning, with offset.")],
) -> Response:
    """End a shift that was entered by hand now, or take it away before it begins; what was stays known."""
    place = await own_grid(deps, caller, grid)
    shift = DutyShift(person=person, grid=place.code, since=since, until=None)
    if not await deps.duty.end_shift(shift, deps.clock.now()):
        raise NotFound(
            "duty.unknown",
            "there is no such shift by hand that has not ended; one of a roster changes by its roster",
        )
    return Response(status_code=204)


@router.get("/coverage", operation_id="getCoverage", summary="Where nobody is on duty")
async def get_coverage(
    caller: Reader,
    deps: Deps,
    *,
    grid: GridQuery = None,
    since: SinceQuery = None,
    until: UntilQuery = None,
    any_tier: Annotated[
        bool,
        Query(description="`true`: somebody of any tier is enough; else the grid's own tier shall be there."),
    ] = False,
    most: PageQuery = 200,
) -> Coverage:
    """Look for spans without anybody on duty, or with nobody who can be reached, in the caller's scope.

    Shifts are looked at as they are written, at most 44 days ahead; appointments as they are now.
    """
    scope = caller.scope if grid is None else (await own_grid(deps, caller, grid)).path
    now = deps.clock.now()
    begin, end = _period(since, until, now)
    check_span(begin, end, now)
    async with _ONE_AT_A_TIME:
        found = await report(
            deps.duty,
            deps.people,
            deps.set_up,
            scope=scope,
            since=begin,
            until=end,
            now=now,
            own_tier=not any_tier,
        )
    return Coverage(
        since=begin,
        until=end,
        grids=len(found.names),
        faults=[
            GapView(
                grid=one.grid, name=found.names[one.grid], code=one.code, since=one.since, until=one.until
            )
            for one in found.gaps[:most]
        ],
        faulty=len(found.gaps),
        warnings=[
            StaffingView(
                grid=one.grid, name=found.names[one.grid], code=one.code, person=one.person, until=one.until
            )
            for one in found.warnings[:most]
        ],
        warned=len(found.warnings),
    )


def _period(since: datetime | None, until: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    """Give the period that is asked for; raises `Rejected` (`duty.span`)."""
    begin = since or now
    if not YEARS[0] <= begin.year < YEARS[1]:
        raise Rejected(
            "duty.span", f"`since` lies outside the years {YEARS[0]} to {YEARS[1] - 1}: write another"
        )
    end = until or begin + DEFAULT_SPAN
    if not begin < end <= begin + SPAN_MAX:
        raise Rejected("duty.span", f"`until` comes after `since`, at most {SPAN_MAX.days} days later")
    return begin, end


def _shift(row: ShiftRow) -> ShiftView:
    return ShiftView(
        person=row.shift.person,
        person_name=row.person_name,
        grid=row.shift.grid,
        grid_name=row.grid_name,
        since=row.shift.since,
        until=row.shift.until,
        roster=row.shift.roster,
    )
