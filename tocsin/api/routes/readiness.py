"""In what time grids are, peace (平时) or alert (战时): policies may answer differently."""

from fastapi import APIRouter, Response

from tocsin.api.access import Desk, Keeper, within
from tocsin.api.deps import Deps
from tocsin.api.schemas.policies import ReadinessBody, ReadinessList, ReadinessView
from tocsin.core.errors import NotFound
from tocsin.core.ids import GridCode

router = APIRouter(prefix="/api/readiness", tags=["policies"])


@router.get("", operation_id="listReadiness", summary="Readiness of grids")
async def list_readiness(caller: Desk, deps: Deps) -> ReadinessList:
    """List the newest word on each grid of the caller's scope, and on those above it, which hold there too."""
    items = [
        ReadinessView(
            grid=row.grid,
            grid_name=row.grid_name,
            readiness=row.readiness,
            since=row.since,
            person=row.person,
            person_name=row.person_name,
            reason=row.reason,
        )
        for row in await deps.policies.readiness(caller.scope)
    ]
    return ReadinessList(items=items, now=deps.clock.now())


@router.post("", operation_id="setReadiness", summary="Peace or alert", status_code=204)
async def set_readiness(body: ReadinessBody, caller: Keeper, deps: Deps) -> Response:
    """Say in what time a grid and all below it are from now on; the same again changes nothing.

    Open incidents keep the time in which they were opened.
    """
    grid = await deps.town.grid(GridCode(body.grid))
    if grid is None or not within(caller.scope, grid.path):
        raise NotFound("grid.unknown", f"there is no grid {body.grid} in your area: choose one of the tree")
    await deps.alerts.set_readiness(grid.code, body.readiness, caller.person, body.reason)
    return Response(status_code=204)
