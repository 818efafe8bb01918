"""Maintenance windows: places whose alarms are out of service for a while."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from tocsin.api import views
from tocsin.api.access import Operator, Staff
from tocsin.api.deps import Deps
from tocsin.api.params import NAME, MostQuery
from tocsin.api.schemas.alarms import MaintenanceBody, MaintenanceList, MaintenanceView
from tocsin.core.ids import DeviceId, GridCode

router = APIRouter(prefix="/api/maintenance", tags=["alarms"])

WindowPath = Annotated[
    str, Path(alias="id", description="The window's id.", min_length=1, max_length=64, pattern=NAME)
]


@router.get("", operation_id="listMaintenance", summary="Maintenance windows")
async def list_maintenance(caller: Staff, deps: Deps, most: MostQuery = 200) -> MaintenanceList:
    """List maintenance windows in the caller's scope, newest first, those that are over too."""
    rows = await deps.board.maintenance(caller.scope, most)
    return MaintenanceList(
        items=[views.maintenance(row.window, row.name) for row in rows], now=deps.clock.now()
    )


@router.post("", operation_id="addMaintenance", summary="Take a place out of service")
async def add_maintenance(body: MaintenanceBody, caller: Operator, deps: Deps) -> MaintenanceView:
    """Take a grid, a collector or a device out of service for a while; the same again is the same window.

    One-button calls are heard all the same. What still stands at the end asks for attention then.
    """
    window = await deps.desk.add_window(
        caller.scope,
        caller.person,
        grid=None if body.grid is None else GridCode(body.grid),
        device=None if body.device is None else DeviceId(body.device),
        since=body.since,
        until=body.until,
        reason=body.reason,
    )
    return views.maintenance(window, "")


@router.post("/{id}/end", operation_id="endMaintenance", summary="Back in service", status_code=204)  # noqa: FAST003 by its alias
async def end_maintenance(window: WindowPath, caller: Operator, deps: Deps) -> Response:
    """End a window before its time; again changes nothing."""
    await deps.desk.end_window(caller.scope, window, caller.person)
    return Response(status_code=204)
