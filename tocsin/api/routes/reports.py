"""Reports by hand."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from fastapi import APIRouter

from tocsin.alerts.ports import Report
from tocsin.alerts.reporting import Said
from tocsin.api import views
from tocsin.api.access import Caller, Reporter
from tocsin.api.deps import ApiDeps, Deps
from tocsin.api.locate import grid_of
from tocsin.api.schemas.reports import ReportAnswer, ReportBody
from tocsin.core.errors import Rejected
from tocsin.core.ids import GridCode, ReportId, derived_id
from tocsin.core.incidents import Source
from tocsin.town.ports import Role

router = APIRouter(prefix="/api/reports", tags=["reports"])

BEHIND_MAX: Final = timedelta(days=366)
"""How long ago something may have begun: drought is slow, the first year of all calendars is a mistake."""

FIELD: Final = frozenset({Source.MEMBER, Source.CITIZEN})
SOURCES: Final[Mapping[Role, frozenset[Source]]] = {
    Role.OPERATOR: frozenset(
        {Source.DESK, Source.MEMBER, Source.CITIZEN, Source.HOTLINE, Source.SUPERIOR, Source.FEED}
    ),
    Role.RESPONDER: FIELD,
    Role.DEPARTMENT: FIELD,
    Role.SUPERVISOR: FIELD | {Source.SUPERIOR},
}
"""Where somebody may have heard of it: devices speak for themselves."""
USUAL: Final[Mapping[Role, Source]] = {
    Role.OPERATOR: Source.DESK,
    Role.RESPONDER: Source.MEMBER,
    Role.DEPARTMENT: Source.MEMBER,
    Role.SUPERVISOR: Source.SUPERIOR,
}


@router.post("", operation_id="createReport", summary="Report by hand", status_code=201)
async def create_report(body: ReportBody, caller: Reporter, deps: Deps) -> ReportAnswer:
    """Write down what somebody reported: opens an incident, or joins the one of the same happening.

    What the desk did not write down itself waits there to be taken up.
    """
    now = deps.clock.now()
    if body.at is not None and body.at > now:
        raise Rejected("report.future", "`at` lies in the future: leave it out when it is now")
    if body.at is not None and body.at < now - BEHIND_MAX:
        raise Rejected("report.past", f"`at` lies more than {BEHIND_MAX.days} days back: write when it began")
    place = views.position(body.place)
    said = await _said(deps, caller, body)
    locator = await deps.places.locator()
    report = Report(
        id=ReportId(derived_id("report", caller.person, body.act)),
        kind=body.kind,
        grid=grid_of(locator, caller.scope, None if body.grid is None else GridCode(body.grid), place),
        words=body.words,
        caller=body.caller,
        place=place,
        reported_by=caller.person,
        at=body.at or now,
    )
    incident = await deps.alerts.report(
        report,
        severity=body.severity,
        grade=body.grade,
        actor=caller.actor,
        act=report.id,  # one's own: the same act of somebody else is another report
        said=said,
    )
    return ReportAnswer(incident=incident, report=report.id)


async def _said(deps: ApiDeps, caller: Caller, body: ReportBody) -> Said:
    """Say where it was heard of; raises `Rejected` (`report.source`, `matter.unknown`)."""
    desk = caller.role is Role.OPERATOR
    source = Source(body.source) if body.source is not None else USUAL[caller.role]
    if source not in SOURCES[caller.role]:
        allowed = ", ".join(sorted(SOURCES[caller.role]))
        raise Rejected("report.source", f"a {caller.role} does not report as {source}: name {allowed}")
    if body.matter:
        matter = await deps.catalogue.matter(body.matter)
        if matter is None or not matter.active:
            raise Rejected(
                "matter.unknown", f"there is no matter {body.matter} in force: choose one of /api/matters"
            )
    return Said(source=source, reported=not desk, matter=body.matter)
