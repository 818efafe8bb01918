"""Grids and people."""

from fastapi import APIRouter

from tocsin.api import views
from tocsin.api.access import Anyone, Desk
from tocsin.api.deps import Deps
from tocsin.api.schemas.town import GridList, PersonList

router = APIRouter(prefix="/api", tags=["town"])


@router.get("/grids", operation_id="listGrids", summary="The tree of places")
async def list_grids(caller: Anyone, deps: Deps) -> GridList:
    """List the grids of the caller's scope, each after the one above it."""
    return GridList(items=[views.grid(one) for one in await deps.town.grids(caller.scope)])


@router.get("/people", operation_id="listPeople", summary="Staff")
async def list_people(caller: Desk, deps: Deps) -> PersonList:
    """List the people of the caller's scope by name, without telephone numbers."""
    return PersonList(items=[views.person(one) for one in await deps.town.people(caller.scope)])
