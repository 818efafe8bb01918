"""Alarms: the list, *seen*, shelves, the journal, and the load that they are."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from tocsin.alerts import alarm_load
from tocsin.alerts.alarm_model import AlarmState
from tocsin.api import views
from tocsin.api.access import Desk, Operator, Staff
from tocsin.api.deps import Deps
from tocsin.api.params import AlarmPath, MostQuery
from tocsin.api.schemas.alarms import AlarmLoadView, JournalLineView, JournalList, ShelveBody
from tocsin.api.schemas.field import AlarmList
from tocsin.core.errors import NotFound

router = APIRouter(prefix="/api", tags=["alarms"])

COUNTED_MOST: Final = 100_000
"""More annunciations than this in one span are cut off; a hundred a minute for sixteen hours."""
STANDING_MOST: Final = 20_000


@router.get("/alarms", operation_id="listAlarms", summary="Alarms")
async def list_alarms(
    caller: Staff,
    deps: Deps,
    raised: Annotated[
        bool | None,
        Query(description="`true`: only those whose condition stands; `false`: only cleared ones."),
    ] = None,
    state: Annotated[AlarmState | None, Query(description="Only those in this state of ISA-18.2.")] = None,
    most: MostQuery = 200,
) -> AlarmList:
    """List alarms in the caller's scope, newest first."""
    rows = await deps.queries.alarms(caller.scope, raised=raised, most=most, state=state)
    now = deps.clock.now()
    items = [views.alarm(row, deps.desk.marks(row.alarm, row.grid_path, now)) for row in rows]
    return AlarmList(items=items, now=now)


@router.post("/alarms/{alarm}/acknowledge", operation_id="acknowledgeAlarm", summary="Seen", status_code=204)
async def acknowledge(alarm: AlarmPath, caller: Operator, deps: Deps) -> Response:
    """Note that the caller has seen an alarm; again changes nothing."""
    if await deps.queries.alarm(caller.scope, alarm) is None:
        raise NotFound("alarm.unknown", f"there is no alarm {alarm} that you may see")
    await deps.alerts.acknowledge(alarm, caller.person)
    return Response(status_code=204)


@router.post("/alarms/{alarm}/shelve", operation_id="shelveAlarm", summary="Put aside", status_code=204)
async def shelve(alarm: AlarmPath, body: ShelveBody, caller: Operator, deps: Deps) -> Response:
    """Put an alarm aside for a while; what still stands at the end asks for attention again."""
    span = timedelta(minutes=body.minutes)
    await deps.desk.shelve(caller.scope, alarm, caller.person, reason=body.reason, span=span)
    return Response(status_code=204)


@router.post("/alarms/{alarm}/unshelve", operation_id="unshelveAlarm", summary="Take back", status_code=204)
async def unshelve(alarm: AlarmPath, caller: Operator, deps: Deps) -> Response:
    """Take an alarm off its shelf; again changes nothing."""
    await deps.desk.unshelve(caller.scope, alarm, caller.person)
    return Response(status_code=204)


@router.get("/alarms/{alarm}/journal", operation_id="alarmJournal", summary="What became of an alarm")
async def journal(alarm: AlarmPath, caller: Staff, deps: Deps, most: MostQuery = 200) -> JournalList:
    """List the changes of state of an alarm, newest first."""
    if await deps.queries.alarm(caller.scope, alarm) is None:
        raise NotFound("alarm.unknown", f"there is no alarm {alarm} that you may see")
    lines = await deps.board.journal(caller.scope, alarm, most)
    return JournalList(
        items=[
            JournalLineView(at=line.at, what=line.what, actor=line.actor, reason=line.reason)
            for line in lines
        ],
        now=deps.clock.now(),
    )


@router.get("/alarm-load", operation_id="alarmLoad", summary="Load of the caller's position")
async def load(
    caller: Desk,
    deps: Deps,
    hours: Annotated[int, Query(description="How many hours back, 1 to 744.", ge=1, le=744)] = 24,
) -> AlarmLoadView:
    """Reckon what alarms asked of whoever looks after the caller's scope, against EEMUA 191."""
    now = deps.clock.now()
    since = now - timedelta(hours=hours)
    found = await deps.board.annunciations(caller.scope, since, now, COUNTED_MOST)
    reckoned = alarm_load.load(found, since, now)
    standing = await deps.board.standing(caller.scope, STANDING_MOST)
    names = await deps.board.names([one.device for one in reckoned.top])
    return views.load(
        reckoned,
        since,
        now,
        [deps.desk.marks(row.alarm, row.grid_path, now) for row in standing],
        names,
    )
