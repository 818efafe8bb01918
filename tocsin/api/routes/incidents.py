"""The queue, one incident with everything around it, and the figures of the header."""

from typing import Annotated

from fastapi import APIRouter, Query

from tocsin.alerts.evolve import fold
from tocsin.alerts.ports import IncidentFilter
from tocsin.api import views
from tocsin.api.access import EVERYWHERE, Caller, Desk, Watcher, visible_incident
from tocsin.api.deps import ApiDeps, Deps
from tocsin.api.params import BeforeQuery, IncidentPath, MostQuery
from tocsin.api.schemas.incidents import Counts, IncidentDetail, IncidentList, PersonName
from tocsin.core.detections import Kind
from tocsin.core.ids import PersonId
from tocsin.core.incidents import Grade, State, Verdict
from tocsin.town.ports import Role

router = APIRouter(prefix="/api", tags=["incidents"])

COUNTED_MAX = 500
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
    before: BeforeQuery = None,
    most: MostQuery = 100,
) -> IncidentList:
    """List incidents in the caller's scope, newest first; a responder's are those they were called to."""
    wanted = IncidentFilter(
        scope=scope_of(caller),
        open=open,
        kind=kind,
        grade=grade,
        person=caller.person if caller.role is Role.RESPONDER else None,
        before=before,
        most=most + 1,
    )
    rows = await deps.queries.incidents(wanted)
    items = [views.incident_line(row) for row in rows[:most]]
    return IncidentList(items=items, more=len(rows) > most, now=deps.clock.now())


@router.get("/incidents/{incident}", operation_id="getIncident", summary="One incident")
async def get_incident(incident: IncidentPath, caller: Watcher, deps: Deps) -> IncidentDetail:
    """Give an incident with its log, calls, notices, words, evidence, what comes next, and names."""
    row, log = await visible_incident(deps, caller, incident)
    folded = fold(log)
    responder = caller.role is Role.RESPONDER
    notices = list(await deps.queries.notices(incident))
    if responder:
        notices = [one for one in notices if one.person == caller.person]
    reports, notes = await deps.queries.words(incident)
    evidence = await deps.queries.evidence(incident)
    preview = list(await deps.alerts.preview(incident)) if row.state.open else []
    people = await _names(deps, views.mentioned(log, notices, reports, preview))
    return IncidentDetail(
        incident=views.incident_line(row),
        standing=views.standing(folded, deps.clock.now()),
        log=[views.log_line(line) for line in log],
        calls=[views.call(one) for one in folded.calls.values()],
        notices=[views.notice(one) for one in notices],
        reports=[views.report(one, with_caller=not responder) for one in reports],
        notes=dict(notes),
        evidence=[views.detection(one) for one in evidence],
        preview=[views.upcoming(one) for one in preview],
        people=people,
        now=deps.clock.now(),
    )


@router.get("/counts", operation_id="getCounts", summary="Figures of the header")
async def get_counts(caller: Desk, deps: Deps) -> Counts:
    """Count open incidents and their clocks in the caller's scope."""
    rows = await deps.queries.incidents(IncidentFilter(scope=caller.scope, open=True, most=COUNTED_MAX))
    clocks = [clock for row in rows for clock in row.clocks]
    running = [clock for clock in clocks if clock.verdict is None]
    return Counts(
        open=len(rows),
        unconfirmed=sum(row.state is State.RECEIVED for row in rows),
        clocks_running=len(running),
        clocks_overdue=sum(clock.verdict == Verdict.MISSED for clock in clocks),
        calls_held=await deps.admin.calls_held(caller.scope),
        next_due=min((clock.due for clock in running), default=None),
        more=len(rows) >= COUNTED_MAX,
        now=deps.clock.now(),
    )


def scope_of(caller: Caller) -> str:
    """Give where a caller's incidents lie: a responder's may lie anywhere they were called to."""
    return EVERYWHERE if caller.role is Role.RESPONDER else caller.scope


async def _names(deps: ApiDeps, wanted: set[PersonId]) -> dict[str, PersonName]:
    names: dict[str, PersonName] = {}
    for person in sorted(wanted)[:NAMES_MAX]:
        found = await deps.town.person(person)
        if found is not None:
            names[person] = views.person_name(found)
    return names
