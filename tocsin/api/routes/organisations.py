"""Organisations: who collects, who handles, with what authority; and who would get a matter at a place."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query

from tocsin.api.access import Access, Administrator, Caller, within
from tocsin.api.deps import ApiDeps, Deps
from tocsin.api.schemas.organisations import (
    AuthorityView,
    NewOrganisationBody,
    OrganisationBody,
    OrganisationList,
    OrganisationView,
    RouteAsked,
    RouteTier,
    RouteView,
)
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.grids import Grid
from tocsin.core.ids import GridCode, OrganisationCode
from tocsin.core.incident_words import Grade
from tocsin.core.organisations import Authority
from tocsin.town.catalogue import CatalogueSheet, check_sheet, demand_sound
from tocsin.town.organisations import OrganisationEntry
from tocsin.town.ports import OrganisationRow, Role
from tocsin.town.routing import preview

router = APIRouter(prefix="/api", tags=["organisations"])

CODE: Final = r"^[^./\s\x00]{1,64}$"
Reader = Annotated[
    Caller, Depends(Access(Role.OPERATOR, Role.DEPARTMENT, Role.SUPERVISOR, Role.ADMINISTRATOR))
]
"""Those who give cases to organisations, and these themselves."""
CodePath = Annotated[
    str, Path(description="The organisation's code.", min_length=1, max_length=64, pattern=CODE)
]


@router.get("/organisations", operation_id="listOrganisations", summary="Organisations")
async def list_organisations(
    caller: Reader,
    deps: Deps,
    after: Annotated[
        str | None,
        Query(description="Only codes after this one: for the next page.", max_length=64, pattern=CODE),
    ] = None,
    platform: Annotated[
        str,
        Query(description="Only those that work on this platform.", max_length=32, pattern=r"^[a-z0-9_]*$"),
    ] = "",
    most: Annotated[int, Query(description="How many at most, 1 to 2000.", ge=1, le=2000)] = 500,
) -> OrganisationList:
    """List the organisations of the caller's scope and those above it, which answer for it too."""
    rows = await deps.catalogue.organisations(
        caller.scope,
        after=None if after is None else OrganisationCode(after),
        most=most + 1,
        platform=platform,
    )
    return OrganisationList(items=[_view(row) for row in rows[:most]], more=len(rows) > most)


@router.post("/organisations", operation_id="addOrganisation", summary="New organisation", status_code=201)
async def add_organisation(body: NewOrganisationBody, caller: Administrator, deps: Deps) -> OrganisationView:
    """Add an organisation to the caller's scope."""
    if await deps.catalogue.organisation(OrganisationCode(body.code)) is not None:
        raise Rejected(
            "organisation.exists", f"there is an organisation {body.code} already: change that one"
        )
    return await _save(deps, caller, OrganisationCode(body.code), body)


@router.put("/organisations/{code}", operation_id="saveOrganisation", summary="Change an organisation")
async def save_organisation(
    code: CodePath, body: OrganisationBody, caller: Administrator, deps: Deps
) -> OrganisationView:
    """Change an organisation of the caller's scope; running cases keep the route that they have."""
    found = await deps.catalogue.organisation(OrganisationCode(code))
    if found is None or not within(caller.scope, found.grid_path):
        raise NotFound("organisation.unknown", f"there is no organisation {code} that you may change")
    return await _save(deps, caller, OrganisationCode(code), body)


@router.get("/route", operation_id="previewRoute", summary="Who would get it")
async def preview_route(
    caller: Reader,
    deps: Deps,
    matter: Annotated[str, Query(description="Code of the matter.", pattern=r"^[0-9]{4,8}$", max_length=8)],
    *,
    grid: Annotated[
        str | None,
        Query(description="Code of the grid; else the point says it.", max_length=64, pattern=CODE),
    ] = None,
    latitude: Annotated[
        float | None, Query(description="Degrees north, WGS 84.", ge=-90, le=90, allow_inf_nan=False)
    ] = None,
    longitude: Annotated[
        float | None, Query(description="Degrees east, WGS 84.", ge=-180, le=180, allow_inf_nan=False)
    ] = None,
    grade: Annotated[Grade | None, Query(description="The grade; the matter's own without.")] = None,
) -> RouteView:
    """Say who would answer for a matter of a grade at a place, and why; nothing is changed."""
    place = await _grid(deps, caller, grid or await _located(deps, latitude, longitude))
    found = await deps.catalogue.matter(matter)
    if found is None:
        raise NotFound("matter.unknown", f"there is no matter {matter}: choose one of the catalogue")
    wanted = grade or found.grade
    shown = preview(found.code, wanted, await deps.catalogue.serving(place.code))
    names = {one.organisation: one.name for one in shown.asked}
    return RouteView(
        grid=place.code,
        grid_name=place.name,
        matter=found.code,
        matter_name=found.name,
        grade=wanted,
        tiers=[
            RouteTier(tier=tier, organisation=code, name=names[code])
            for tier, code in shown.route.organisations
        ],
        lead=shown.route.lead,
        beyond=shown.route.beyond,
        next=shown.next,
        asked=[
            RouteAsked(
                organisation=one.organisation,
                name=one.name,
                tier=one.tier,
                grid=one.grid,
                authority=None if one.authority is None else _authority(one.authority),
                why=one.why,
                before=one.before,
            )
            for one in shown.asked
        ],
    )


def seen(scope: str, path: str) -> bool:
    """Say whether an organisation at a path is one of a scope or above it."""
    return within(scope, path) or within(path, scope)


async def _located(deps: ApiDeps, latitude: float | None, longitude: float | None) -> str:
    if latitude is None or longitude is None:
        raise Rejected("route.place", "say where: `grid`, or `latitude` and `longitude`")
    found = (await deps.places.locator()).find(latitude, longitude)
    if found is None:
        raise NotFound("grid.nowhere", "no grid holds this point: look at the map")
    return found.grid.code


async def _grid(deps: ApiDeps, caller: Caller, code: str) -> Grid:
    grid = await deps.town.grid(GridCode(code))
    if grid is None or not within(caller.scope, grid.path):
        raise NotFound("grid.unknown", f"there is no grid {code} in your area: choose one of the tree")
    return grid


async def _save(
    deps: ApiDeps, caller: Caller, code: OrganisationCode, body: OrganisationBody
) -> OrganisationView:
    grid = await _grid(deps, caller, body.grid)
    if body.parent is not None:
        above = await deps.catalogue.organisation(OrganisationCode(body.parent))
        if above is None or not seen(caller.scope, above.grid_path):
            raise NotFound(
                "organisation.unknown", f"there is no organisation {body.parent} that can stand above"
            )
    entry = OrganisationEntry(
        code=code,
        name=body.name,
        name_en=body.name_en,
        kind=body.kind,
        tier=body.tier,
        grid=grid.code,
        parent=None if body.parent is None else OrganisationCode(body.parent),
        collects=body.collects,
        handles=body.handles,
        platforms=tuple(body.platforms),
        order=body.order,
        active=body.active,
        authorities=tuple(Authority(one.category, one.highest) for one in body.authorities),
    )
    sheet = CatalogueSheet(organisations=(entry,))
    demand_sound(check_sheet(sheet, await deps.catalogue.known()))
    await deps.catalogue.save(sheet)
    return _view(OrganisationRow(entry=entry, grid_name=grid.name, grid_path=grid.path))


def _authority(one: Authority) -> AuthorityView:
    return AuthorityView(category=one.category, highest=one.highest)


def _view(row: OrganisationRow) -> OrganisationView:
    one = row.entry
    return OrganisationView(
        code=one.code,
        name=one.name,
        name_en=one.name_en,
        kind=one.kind,
        tier=one.tier,
        grid=one.grid,
        grid_name=row.grid_name,
        parent=one.parent,
        collects=one.collects,
        handles=one.handles,
        platforms=list(one.platforms),
        order=one.order,
        active=one.active,
        authorities=[_authority(held) for held in one.authorities],
    )
