"""Key places: what a grid looks after."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from tocsin.api import views
from tocsin.api.access import Access, Caller
from tocsin.api.deps import Deps
from tocsin.api.params import NAME, MostQuery
from tocsin.api.routes.grids import CODE, find_grid
from tocsin.api.schemas.grids import KeyPlaceBody, KeyPlaceList, KeyPlaceView
from tocsin.api.upkeep import upkept
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.grids import Position
from tocsin.core.ids import GridCode, derived_id
from tocsin.town.grid_ports import KeyPlace
from tocsin.town.ports import Role

router = APIRouter(prefix="/api/key-places", tags=["town"])

PlacePath = Annotated[str, Path(description="The place's id.", min_length=1, max_length=64, pattern=NAME)]
OfGrid = Annotated[
    GridCode | None,
    Query(alias="grid", description="Only of this grid and below.", max_length=64, pattern=CODE),
]
Reader = Annotated[Caller, Depends(Access(Role.OPERATOR, Role.SUPERVISOR, Role.ENGINEER, Role.ADMINISTRATOR))]
"""Those who may see what is looked after."""
Keeper = Annotated[Caller, Depends(Access(Role.OPERATOR, Role.ADMINISTRATOR))]
"""Those who may say what is looked after."""


@router.get("", operation_id="listKeyPlaces", summary="Key places")
async def list_key_places(
    caller: Reader, deps: Deps, grid: OfGrid = None, most: MostQuery = 500
) -> KeyPlaceList:
    """List the key places of the caller's scope by name."""
    found = await deps.places.store.places(caller.scope, grid, most)
    return KeyPlaceList(items=[_view(one) for one in found])


@router.post("", operation_id="addKeyPlace", summary="Add a key place", status_code=201)
async def add_key_place(body: KeyPlaceBody, caller: Keeper, deps: Deps) -> KeyPlaceView:
    """Add a place to look after; without a grid it belongs to that in which it lies."""
    at = body.place
    if body.grid is None:
        found = (await deps.places.locator()).find(at.latitude, at.longitude)
        if found is None:
            raise Rejected("grid.nowhere", "no grid holds this point: send `grid`")
        code = found.grid.code
    else:
        code = GridCode(body.grid)
    one = await find_grid(deps, caller, code)
    if one.until is not None:
        raise Rejected("grid.closed", f"the grid {code} is given up: choose another")
    place = KeyPlace(
        id=derived_id("key-place", caller.person, body.act),
        kind=body.kind,
        name=body.name,
        grid=code,
        position=Position(at.latitude, at.longitude),
        note=body.note,
        since=deps.clock.now(),
    )
    await deps.places.store.add_places([place], caller.person)
    await upkept(deps, caller, f"key_place:{place.id}")
    return _view(place)


@router.delete("/{place}", operation_id="endKeyPlace", summary="End a key place", status_code=204)
async def end_key_place(place: PlacePath, caller: Keeper, deps: Deps) -> Response:
    """Say that a place is not looked after any more; what it was stays known."""
    if not await deps.places.store.end_place(place, caller.scope, caller.person):
        raise NotFound("place.unknown", f"there is no key place {place} in your scope: look at the list")
    await upkept(deps, caller, f"key_place:{place}")
    return Response(status_code=204)


def _view(one: KeyPlace) -> KeyPlaceView:
    at = views.place(one.position)
    assert at is not None  # noqa: S101 a key place has a position
    return KeyPlaceView(
        id=one.id, kind=one.kind, name=one.name, grid=one.grid, place=at, note=one.note, since=one.since
    )
