"""The queue, one incident with everything around it, and the figures of the header."""

from typing import Annotated

from fastapi import APIRouter, Query

from tocsin.alerts.evolve import fold
from tocsin.alerts.model import Incident
from tocsin.alerts.ports import IncidentFilter
from tocsin.api import case_views, views
from tocsin.api.access import (
    OWN,
    Caller,
    Desk,
    Watcher,
    narrowed,
    scope_of,
    visible_incident,
    within,
)
from tocsin.api.deps import ApiDeps, Deps, OutlookLike
from tocsin.api.moving import moves
from tocsin.api.params import (
    BeforeIdQuery,
    BeforeQuery,
    DrillQuery,
    GridQuery,
    IncidentPath,
    LevelQuery,
    MatterQuery,
    MostQuery,
    OpenedSinceQuery,
    OpenedUntilQuery,
    OrganisationQuery,
    OverdueQuery,
    ReporterQuery,
    SourceQuery,
    StageQuery,
    StateQuery,
)
from tocsin.api.schemas.incidents import Counts, IncidentDetail, IncidentList, PersonName
from tocsin.core.detections import Kind
from tocsin.core.errors import NotFound
from tocsin.core.ids import GridCode, PersonId
from tocsin.core.incidents import Grade

router = APIRouter(prefix="/api", tags=["incidents"])

NAMES_MAX = 300


@router.get("/incidents", operation_id="listIncidents", summary="The queue")
async def list_incidents(
    *,
    caller: Watcher,
    deps: Deps,
    open: Annotated[  # noqa: A002 the parameter's name on the wire
        bool | None, Query(description="`true`: only those that wait on somebody; `false`: only ended ones.")
    ] = None,
    kind: Annotated[Kind | None, Query(description="Only this kind of happening.")] = None,
    grade: Annotated[Grade | None, Query(description="Only this severity.")] = None,
    states: StateQuery = [],  # noqa: B006 the framework copies it
    matter: MatterQuery = "",
    organisation: OrganisationQuery = None,
    source: SourceQuery = None,
    level: LevelQuery = None,
    stage: StageQuery = None,
    drill: DrillQuery = None,
    overdue: OverdueQuery = None,
    opened_since: OpenedSinceQuery = None,
    opened_until: OpenedUntilQuery = None,
    grid: GridQuery = None,
    reported_by: ReporterQuery = None,
    before: BeforeQuery = None,
    before_id: BeforeIdQuery = None,
    most: MostQuery = 100,
) -> IncidentList:
    """List incidents that the caller may see, newest first.

    A responder's are those they were called to, told of or reported, a department's those routed to it.
    """
    wanted = IncidentFilter(
        scope=await _place(deps, caller, grid),
        open=open,
        kind=kind,
        grade=grade,
        states=tuple(dict.fromkeys(states)),
        matter=matter,
        organisation=organisation,
        source=source,
        level=level,
        stage=stage,
        drill=drill,
        overdue=overdue,
        since=opened_since,
        until=opened_until,
        reported_by=reported_by,
        before=before,
        before_id=before_id,
        most=most + 1,
    )
    rows = await deps.queries.incidents(narrowed(caller, wanted))
    items = [case_views.incident_line(row) for row in rows[:most]]
    return IncidentList(items=items, more=len(rows) > most, now=deps.clock.now())


@router.get("/incidents/{incident}", operation_id="getIncident", summary="One incident")
async def get_incident(incident: IncidentPath, caller: Watcher, deps: Deps) -> IncidentDetail:
    """Give an incident with its log, its life as a case, calls, notices, words, evidence, what comes next, and names."""
    row, log = await visible_incident(deps, caller, incident)
    folded = fold(log)
    own = caller.role in OWN
    notices = list(await deps.queries.notices(incident))
    if own:
        notices = [one for one in notices if one.person == caller.person]
    reports, notes = await deps.queries.words(incident)
    evidence = await deps.queries.evidence(incident)
    outlook = await deps.alerts.outlook(incident)
    people = await _names(deps, views.mentioned(log, notices, reports, outlook.upcoming))
    case = case_views.case(folded, await _around(deps, caller, folded, row.matter_name, outlook))
    return IncidentDetail(
        incident=case_views.incident_line(row),
        standing=views.standing(folded, deps.clock.now()),
        log=[views.log_line(line) for line in log],
        calls=[views.call(one) for one in folded.calls.values()],
        notices=[views.notice(one) for one in notices],
        reports=[views.report(one, with_caller=not own) for one in reports],
        notes=dict(notes),
        evidence=[views.detection(one) for one in evidence],
        preview=[views.upcoming(one) for one in outlook.upcoming],
        people=people,
        now=deps.clock.now(),
        **dict(case),
    )


@router.get("/counts", operation_id="getCounts", summary="Figures of the header")
async def get_counts(caller: Desk, deps: Deps) -> Counts:
    """Count open incidents and their clocks in the caller's scope."""
    counted = await deps.queries.counts(caller.scope)
    return Counts(
        open=counted.open,
        reported=counted.reported,
        unconfirmed=counted.unconfirmed,
        overdue=counted.overdue,
        clocks_running=counted.clocks_running,
        clocks_overdue=counted.clocks_overdue,
        calls_held=await deps.admin.calls_held(caller.scope),
        next_due=counted.next_due,
        now=deps.clock.now(),
    )


async def _place(deps: ApiDeps, caller: Caller, grid: GridCode | None) -> str:
    """Give the path that a list is asked for; raises `NotFound` (`grid.unknown`) for one outside the scope."""
    if grid is None:
        return scope_of(caller)
    found = await deps.town.grid(grid)
    if found is None or not within(scope_of(caller), found.path):
        raise NotFound("grid.unknown", f"there is no grid {grid} in your scope: choose one of /api/grids")
    return found.path


async def _around(
    deps: ApiDeps, caller: Caller, incident: Incident, matter_name: str, outlook: OutlookLike
) -> case_views.Around:
    organisations = sorted(case_views.involved(incident))
    names = await deps.catalogue.organisation_names(organisations) if organisations else {}
    return case_views.Around(
        names=names,
        matter_name=matter_name,
        moves=moves(caller, incident),
        plan=case_views.plan(outlook.plan, incident),
        reports_due=[case_views.report_due(one) for one in outlook.reports_due],
        waits_on=[case_views.waiting(one) for one in outlook.waits_on],
        now=deps.clock.now(),
    )


async def _names(deps: ApiDeps, wanted: set[PersonId]) -> dict[str, PersonName]:
    names: dict[str, PersonName] = {}
    for person in sorted(wanted)[:NAMES_MAX]:
        found = await deps.town.person(person)
        if found is not None:
            names[person] = views.person_name(found)
    return names
