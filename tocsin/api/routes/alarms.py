"""Alarms: the list, and *seen*."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from tocsin.api import views
from tocsin.api.access import Operator, Staff
from tocsin.api.deps import Deps
from tocsin.api.params import AlarmPath, MostQuery
from tocsin.api.schemas.field import AlarmList
from tocsin.core.errors import NotFound

router = APIRouter(prefix="/api/alarms", tags=["alarms"])


@router.get("", operation_id="listAlarms", summary="Alarms")
async def list_alarms(
    caller: Staff,
    deps: Deps,
    raised: Annotated[
        bool | None,
        Query(description="`true`: only those whose condition stands; `false`: only cleared ones."),
    ] = None,
    most: MostQuery = 200,
) -> AlarmList:
    """List alarms in the caller's scope, newest first."""
    rows = await deps.queries.alarms(caller.scope, raised=raised, most=most)
    return AlarmList(items=[views.alarm(row) for row in rows], now=deps.clock.now())


@router.post("/{alarm}/acknowledge", operation_id="acknowledgeAlarm", summary="Seen", status_code=204)
async def acknowledge(alarm: AlarmPath, caller: Operator, deps: Deps) -> Response:
    """Note that the caller has seen an alarm; again changes nothing."""
    if await deps.queries.alarm(caller.scope, alarm) is None:
        raise NotFound("alarm.unknown", f"there is no alarm {alarm} that you may see")
    await deps.alerts.acknowledge(alarm, caller.person)
    return Response(status_code=204)
