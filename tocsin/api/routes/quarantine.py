"""Messages that failed alone, for those who look after the boxes; those of the alarm lane for operators too."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from tocsin.api import views
from tocsin.api.access import Staff
from tocsin.api.deps import Deps
from tocsin.api.params import MostQuery
from tocsin.api.schemas.field import QuarantineList
from tocsin.core.wire import Lane
from tocsin.town.ports import Role

router = APIRouter(prefix="/api/quarantine", tags=["quarantine"])


@router.get("", operation_id="listQuarantine", summary="Messages that failed alone")
async def list_quarantine(
    caller: Staff,
    deps: Deps,
    state: Annotated[
        Literal["held", "retried", "dropped"], Query(description="What became of them.")
    ] = "held",
    most: MostQuery = 100,
) -> QuarantineList:
    """List quarantined messages of the caller's collectors, oldest first.

    Operators and supervisors see those of the alarm lane: each may be a call for help. Messages of unknown collectors belong to no grid: only an account of a top-level scope sees them.
    """
    lane = Lane.ALARM if caller.role in {Role.OPERATOR, Role.SUPERVISOR} else None
    rows = await deps.admin.quarantined(state=state, most=most, scope=caller.scope, lane=lane)
    return QuarantineList(items=[views.quarantined(row) for row in rows])
