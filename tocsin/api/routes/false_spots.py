"""False spots: what an operator has called false at a spot of a picture until an instant."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from tocsin.api import views
from tocsin.api.access import Operator, Staff
from tocsin.api.deps import Deps
from tocsin.api.params import NAME, MostQuery
from tocsin.api.schemas.alarms import FalseSpotBody, FalseSpotList, FalseSpotView
from tocsin.core.ids import AlarmId

router = APIRouter(prefix="/api/false-spots", tags=["alarms"])

SpotPath = Annotated[
    str, Path(alias="id", description="The spot's id.", min_length=1, max_length=64, pattern=NAME)
]


@router.get("", operation_id="listFalseSpots", summary="False spots")
async def list_false_spots(caller: Staff, deps: Deps, most: MostQuery = 200) -> FalseSpotList:
    """List false spots in the caller's scope, newest first, those that are over too."""
    rows = await deps.board.spots(caller.scope, most)
    return FalseSpotList(
        items=[views.false_spot(row.spot, row.device_name, row.filtered) for row in rows],
        now=deps.clock.now(),
    )


@router.post("", operation_id="addFalseSpot", summary="False at this spot")
async def add_false_spot(body: FalseSpotBody, caller: Operator, deps: Deps) -> FalseSpotView:
    """Teach that an alarm's newest detection was false at its spot; the same again is the same spot.

    Detections that lie there are left out from now on, and counted. A one-button call is never false.
    """
    spot = await deps.desk.add_spot(
        caller.scope,
        AlarmId(body.alarm),
        caller.person,
        whole=body.whole,
        days=body.days,
        reason=body.reason,
    )
    return views.false_spot(spot, "", 0)


@router.post("/{id}/end", operation_id="endFalseSpot", summary="Hear it again", status_code=204)  # noqa: FAST003 by its alias
async def end_false_spot(spot: SpotPath, caller: Operator, deps: Deps) -> Response:
    """Forget a false spot before its time; again changes nothing."""
    await deps.desk.end_spot(caller.scope, spot, caller.person)
    return Response(status_code=204)
