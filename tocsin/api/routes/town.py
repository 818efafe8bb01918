"""People."""

from fastapi import APIRouter

from tocsin.api import views
from tocsin.api.access import Desk
from tocsin.api.deps import Deps
from tocsin.api.schemas.town import PersonList

router = APIRouter(prefix="/api", tags=["town"])


@router.get("/people", operation_id="listPeople", summary="Staff")
async def list_people(caller: Desk, deps: Deps) -> PersonList:
    """List the people of the caller's scope by name, without telephone numbers."""
    return PersonList(items=[views.person(one) for one in await deps.town.people(caller.scope)])
