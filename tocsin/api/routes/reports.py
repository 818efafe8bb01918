"""Reports by hand."""

from datetime import timedelta
from typing import Final

from fastapi import APIRouter

from tocsin.alerts.ports import Report
from tocsin.api import views
from tocsin.api.access import Operator
from tocsin.api.deps import Deps
from tocsin.api.locate import grid_of
from tocsin.api.schemas.reports import ReportAnswer, ReportBody
from tocsin.core.errors import Rejected
from tocsin.core.ids import GridCode, ReportId, derived_id

router = APIRouter(prefix="/api/reports", tags=["reports"])

BEHIND_MAX: Final = timedelta(days=366)
"""How long ago something may have begun: drought is slow, the first year of all calendars is a mistake."""


@router.post("", operation_id="createReport", summary="Report by hand", status_code=201)
async def create_report(body: ReportBody, caller: Operator, deps: Deps) -> ReportAnswer:
    """Write down what somebody reported: opens an incident, or joins the one of the same happening."""
    now = deps.clock.now()
    if body.at is not None and body.at > now:
        raise Rejected("report.future", "`at` lies in the future: leave it out when it is now")
    if body.at is not None and body.at < now - BEHIND_MAX:
        raise Rejected("report.past", f"`at` lies more than {BEHIND_MAX.days} days back: write when it began")
    place = views.position(body.place)
    grids = await deps.town.grids(caller.scope)
    report = Report(
        id=ReportId(derived_id("report", caller.person, body.act)),
        kind=body.kind,
        grid=grid_of(grids, None if body.grid is None else GridCode(body.grid), place),
        words=body.words,
        caller=body.caller,
        place=place,
        reported_by=caller.person,
        at=body.at or now,
    )
    incident = await deps.alerts.report(
        report, severity=body.severity, grade=body.grade, actor=caller.actor, act=body.act
    )
    return ReportAnswer(incident=incident, report=report.id)
