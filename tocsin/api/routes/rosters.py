"""Rotations of duty, and what is otherwise than they say; shifts are written with the answer."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from tocsin.api.access import Caller, within
from tocsin.api.deps import ApiDeps, Deps
from tocsin.api.params import NAME
from tocsin.api.routes.duty import GridQuery, Keeper
from tocsin.api.routes.people import (
    Administrator,
    PageQuery,
    Reader,
    check_organisation,
    check_visible,
    own_grid,
    visible_person,
)
from tocsin.api.schemas.duty import (
    ChangeBody,
    ChangeView,
    GroupBody,
    RosterBody,
    RosterList,
    RosterView,
    SlotBody,
)
from tocsin.core.errors import Conflict, NotFound, Rejected
from tocsin.core.grids import Grid
from tocsin.core.ids import GridCode, OrganisationCode, PersonId, new_id
from tocsin.core.working_time import LOCAL
from tocsin.town.people_ports import RosterRow
from tocsin.town.roster import DAY_MINUTES, HORIZON, Pattern, Roster, RosterChange, Slot
from tocsin.town.roster_check import check_change, check_pattern, check_people

router = APIRouter(prefix="/api/rosters", tags=["people"])

RosterPath = Annotated[str, Path(description="The roster's id.", min_length=1, max_length=64, pattern=NAME)]
AWAY_MAX = timedelta(days=366)


@router.get("", operation_id="listRosters", summary="Rotations")
async def list_rosters(
    caller: Reader,
    deps: Deps,
    *,
    grid: GridQuery = None,
    most: PageQuery = 200,
    after: Annotated[str, Query(description="The last id shown.", max_length=64)] = "",
) -> RosterList:
    """List the rotations for grids of the caller's scope that have not ended, by id."""
    scope = caller.scope if grid is None else (await own_grid(deps, caller, grid)).path
    return RosterList(items=[_view(row) for row in await deps.duty.rosters(scope, most, after)])


@router.post("", operation_id="saveRoster", summary="Make or change a rotation", status_code=201)
async def save_roster(body: RosterBody, caller: Administrator, deps: Deps) -> RosterView:
    """Make a rotation for a grid of the caller's scope, or change one; its shifts from now on are written at once."""
    place = await own_grid(deps, caller, GridCode(body.grid))
    before = None if body.id is None else await deps.duty.roster(body.id)
    if body.id is not None and before is not None and not within(caller.scope, before.grid_path):
        raise Conflict(f"the id {body.id} is taken by another roster: leave it out, or choose another")
    roster = _roster(body, place, deps, before)
    held = None if before is None else before.roster.organisation
    await check_organisation(deps, caller, body.organisation, held)
    check_pattern(roster.pattern)
    rows = await deps.people.staff_named(sorted(roster.pattern.people()))
    check_people(roster, place.path, {row.person.id: row for row in rows})
    for row in rows:
        check_visible(caller, row)
    await deps.duty.save_roster(roster, caller.person)
    await deps.duty.write_rosters(HORIZON, 1, only=roster.id)
    return _view(await _find(deps, caller, roster.id))


@router.post(
    "/{roster}/changes", operation_id="changeRoster", summary="Swap, absence, extra duty", status_code=201
)
async def change_roster(roster: RosterPath, body: ChangeBody, caller: Keeper, deps: Deps) -> RosterView:
    """Note what is otherwise than a rotation says; its shifts from now on are written at once."""
    row = await _find(deps, caller, roster)
    change = RosterChange(
        id=f"{roster}:{body.act}",
        roster=roster,
        kind=body.kind,
        person=PersonId(body.person),
        other=None if body.other is None else PersonId(body.other),
        since=body.since,
        until=body.until,
        reason=body.reason,
    )
    check_change(change, row.roster, deps.clock.now())
    for person in (change.person, change.other):
        if person is not None:
            await visible_person(deps, caller, person)
    await deps.duty.change_roster(change, caller.person)
    await deps.duty.write_rosters(HORIZON, 1, only=roster)
    return _view(await _find(deps, caller, roster))


@router.delete("/{roster}", operation_id="endRoster", summary="End a rotation", status_code=204)
async def end_roster(roster: RosterPath, caller: Administrator, deps: Deps) -> Response:
    """Let a rotation end now: its shifts from now on go, what was stays known."""
    await _find(deps, caller, roster)
    if not await deps.duty.end_roster(roster, caller.person):
        raise NotFound("roster.unknown", f"roster {roster} has ended before")
    await deps.duty.write_rosters(HORIZON, 1, only=roster)
    return Response(status_code=204)


async def _find(deps: ApiDeps, caller: Caller, roster: str) -> RosterRow:
    found = await deps.duty.roster(roster)
    if found is None or not within(caller.scope, found.grid_path):
        raise NotFound("roster.unknown", f"there is no roster {roster} that you may see")
    return found


def _roster(body: RosterBody, place: Grid, deps: ApiDeps, before: RosterRow | None) -> Roster:
    """Make a roster of a body; raises `Rejected` (`roster.since`, `roster.first`, `roster.groups`).

    A rotation counts its turns day by day: one that began in another age would keep everybody waiting.
    """
    now = deps.clock.now()
    kept = None if before is None else before.roster
    since = body.since or (now if kept is None else kept.since)
    if body.until is not None and body.until <= max(since, now):
        raise Rejected("roster.since", "`until` comes after `since`, and after now")
    if abs(since - now) > AWAY_MAX and (kept is None or since != kept.since):
        raise Rejected("roster.since", "`since` lies more than a year away: a roster is for what comes")
    begun = since.astimezone(LOCAL).date()
    first = body.first or begun
    if abs(first - begun) > AWAY_MAX and (kept is None or first != kept.pattern.first):
        raise Rejected("roster.first", "`first` lies more than a year from `since`: name a day near to it")
    if len({one.name for one in body.groups}) < len(body.groups):
        raise Rejected("roster.groups", "two groups have the same name: give each its own")
    return Roster(
        id=body.id or new_id(),
        grid=place.code,
        name=body.name,
        pattern=Pattern(
            groups={one.name: tuple(PersonId(person) for person in one.people) for one in body.groups},
            slots=tuple(_slot(one) for one in body.slots),
            first=first,
        ),
        since=since,
        until=body.until,
        tier=body.tier,
        organisation=None if body.organisation is None else OrganisationCode(body.organisation),
    )


def _slot(body: SlotBody) -> Slot:
    begins, ends = _minutes(body.begins), _minutes(body.ends)
    return Slot(
        begins=begins,
        lasts=(ends - begins - 1) % DAY_MINUTES + 1,
        order=tuple(body.order),
        step=body.step,
        days=tuple(body.days),
        weekdays=tuple(body.weekdays),
    )


def _minutes(time: str) -> int:
    hours, minutes = time.split(":")
    return int(hours) * 60 + int(minutes)


def _time(minutes: int) -> str:
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def _view(row: RosterRow) -> RosterView:
    one = row.roster
    return RosterView(
        id=one.id,
        grid=one.grid,
        grid_name=row.grid_name,
        organisation=one.organisation,
        name=one.name,
        tier=one.tier,
        since=one.since,
        until=one.until,
        first=one.pattern.first,
        groups=[GroupBody(name=name, people=list(people)) for name, people in one.pattern.groups.items()],
        slots=[
            SlotBody(
                begins=_time(slot.begins),
                ends=_time(slot.begins + slot.lasts),
                order=list(slot.order),
                step=slot.step,
                days=list(slot.days),
                weekdays=list(slot.weekdays),
            )
            for slot in one.pattern.slots
        ],
        changes=[
            ChangeView(
                id=change.id,
                kind=change.kind,
                person=change.person,
                other=change.other,
                since=change.since,
                until=change.until,
                reason=change.reason,
            )
            for change in row.changes
        ],
        written=row.written,
    )
