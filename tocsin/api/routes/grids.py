"""The tree of places: as it is, as it was, what its levels are called, where a point lies."""

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import shapely
from fastapi import APIRouter, Depends, Path, Query, Response
from msgspec import UNSET
from pydantic import AwareDatetime

from tocsin.api import views
from tocsin.api.access import Access, Anyone, Caller, within
from tocsin.api.deps import ApiDeps, Deps
from tocsin.api.schemas.grids import (
    GridChange,
    GridDetail,
    GridLevelView,
    GridList,
    GridVersionView,
    GridView,
    LevelsBody,
    LevelsList,
    LocateAnswer,
    TierGrid,
    TreeLevels,
)
from tocsin.api.upkeep import upkept
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.ids import GridCode
from tocsin.town.grid_ports import GRIDS_MAX, GridDraft, GridLevel, GridRecord
from tocsin.town.ports import Role

router = APIRouter(prefix="/api", tags=["town"])

CODE = r"^[^./\s]+$"
GridPath = Annotated[
    GridCode, Path(description="The grid's code.", min_length=1, max_length=64, pattern=CODE)
]
UnderQuery = Annotated[
    GridCode | None, Query(description="Only this grid and what lies below it.", max_length=64, pattern=CODE)
]
AtQuery = Annotated[AwareDatetime | None, Query(description="As it was at this instant, with offset.")]
GridsQuery = Annotated[int, Query(description="How many at most.", ge=1, le=GRIDS_MAX)]
Latitude = Annotated[float, Query(description="Degrees north, WGS 84.", ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Query(description="Degrees east, WGS 84.", ge=-180, le=180, allow_inf_nan=False)]
Administrator = Annotated[Caller, Depends(Access(Role.ADMINISTRATOR))]
"""Those who may change the tree."""


@router.get("/grids", operation_id="listGrids", summary="The tree of places", response_model=GridList)
async def list_grids(
    caller: Anyone, deps: Deps, at: AtQuery = None, under: UnderQuery = None, most: GridsQuery = GRIDS_MAX
) -> Response:
    """List the grids of the caller's scope, each after the one above it; with the paths of that time."""
    found = await deps.places.store.records(caller.scope, at=_instant(at), under=under, most=most)
    body = await asyncio.to_thread(_list, found)  # a city's tree takes a second to write
    return Response(body, media_type="application/json")


@router.get("/grids/{code}", operation_id="getGrid", summary="One grid")
async def get_grid(code: GridPath, caller: Anyone, deps: Deps) -> GridDetail:
    """Show a grid with its outline, what it was before, and what belongs to it."""
    one = await find_grid(deps, caller, code)
    store = deps.places.store
    around = await store.around(code)
    shape = None if one.outline is None else json.loads(shapely.to_geojson(shapely.from_wkb(one.outline)))
    return GridDetail(
        grid=view(one),
        outline=shape,
        versions=[
            GridVersionView(**view(old.record).model_dump(), person=old.person, reason=old.reason)
            for old in await store.versions(code)
        ],
        levels=[_level(level) for level in await store.levels(_root(one.grid.path))],
        people=around.people,
        devices=around.devices,
        key_places=around.places,
    )


@router.patch("/grids/{code}", operation_id="changeGrid", summary="Change a grid")
async def change_grid(code: GridPath, body: GridChange, caller: Administrator, deps: Deps) -> GridView:
    """Change the name, the class or where a grid reports; what it was before is kept."""
    await find_grid(deps, caller, code)
    if body.report_to:
        await find_grid(deps, caller, GridCode(body.report_to))
    draft = GridDraft(
        code=code,
        name=UNSET if body.name is None else body.name,
        grid_class=UNSET if body.grid_class is None else body.grid_class,
        report_to=UNSET if body.report_to is None else (GridCode(body.report_to) or None),
    )
    await deps.places.store.write([draft], person=caller.person, reason=body.reason)
    await upkept(deps, caller, f"grid:{code}")
    return view(await find_grid(deps, caller, code))


@router.get("/grid-levels", operation_id="listGridLevels", summary="Names of levels")
async def list_grid_levels(caller: Anyone, deps: Deps) -> LevelsList:
    """Say what the levels of the caller's trees are called, by root."""
    if caller.scope:
        roots = [_root(caller.scope)]
    else:
        roots = [one.code for one in await deps.places.store.records("") if one.grid.parent is None]
    return LevelsList(items=[await _levels(deps, root) for root in roots])


@router.put("/grid-levels", operation_id="setGridLevels", summary="Name the levels")
async def set_grid_levels(body: LevelsBody, caller: Administrator, deps: Deps) -> TreeLevels:
    """Name the levels of a tree, and how many children each should have at most."""
    root = GridCode(body.root)
    await find_grid(deps, caller, root)
    if len({one.level for one in body.items}) < len(body.items):
        raise Rejected("grid.levels", "a level stands twice: name each level once")
    levels = [
        GridLevel(level=one.level, name=one.name, name_en=one.name_en, most=one.most) for one in body.items
    ]
    await deps.places.store.set_levels(root, levels)
    return await _levels(deps, root)


@router.get("/locate", operation_id="locate", summary="Where a point lies")
async def locate(latitude: Latitude, longitude: Longitude, caller: Anyone, deps: Deps) -> LocateAnswer:
    """Find the grid that answers for a point, and who answers above it along the line of reports."""
    locator = await deps.places.locator()
    found = locator.find(latitude, longitude)
    if found is None or not within(caller.scope, found.grid.path):
        raise NotFound("grid.nowhere", "no grid of your scope holds this point: look at the map")
    records = {one.code: one for grid in locator.line(found.grid.code) if (one := locator.record(grid.code))}
    return LocateAnswer(
        grid=view(records[found.grid.code]),
        path=[view(one) for one in records.values()],
        tiers=[
            TierGrid(tier=tier, grid=view(records[grid.code]))
            for tier, grid in locator.tiers(found.grid.code)
        ],
        by_outline=found.by_outline,
        near_m=round(found.near_m, 1),
    )


def view(one: GridRecord) -> GridView:
    """Show one grid."""
    return GridView(
        code=one.grid.code,
        name=one.grid.name,
        parent=one.grid.parent,
        tier=one.grid.tier,
        kind=one.grid.kind,
        path=one.grid.path,
        centre=views.place(one.grid.centre),
        radius_m=one.grid.radius_m,
        level=one.level,
        region=one.region,
        report_to=one.report_to,
        grid_class=one.grid_class,
        has_outline=one.has_outline,
        since=one.since,
        until=one.until,
    )


def _list(found: Sequence[GridRecord]) -> str:
    return GridList(items=[view(one) for one in found]).model_dump_json()


async def find_grid(deps: ApiDeps, caller: Caller, code: GridCode) -> GridRecord:
    """Find a grid of the caller's scope; raises `NotFound` (`grid.unknown`)."""
    one = await deps.places.store.record(code)
    if one is None or not within(caller.scope, one.grid.path):
        raise NotFound("grid.unknown", f"there is no grid {code} in your scope: choose one of /api/grids")
    return one


async def _levels(deps: ApiDeps, root: GridCode) -> TreeLevels:
    return TreeLevels(root=root, items=[_level(one) for one in await deps.places.store.levels(root)])


def _level(one: GridLevel) -> GridLevelView:
    return GridLevelView(level=one.level, name=one.name, name_en=one.name_en, most=one.most)


def _root(path: str) -> GridCode:
    return GridCode(path.partition(".")[0])


def _instant(at: datetime | None) -> datetime | None:
    if at is not None and not 2000 <= at.year < 3000:
        raise Rejected("grid.at", "`at` lies outside the years 2000 to 2999: write another instant")
    return at
