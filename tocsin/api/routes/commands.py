"""What people ask of an incident: operators steer it, responders speak for themselves.

A repeated act is answered with the incident as it stands. Rules stand in `alerts.incident`; here
it is only said who may ask what.
"""

from datetime import datetime

from fastapi import APIRouter, Request

from tocsin.alerts.commands import (
    Accept,
    Activate,
    Arrive,
    AskHelp,
    ChangeGrade,
    Close,
    Command,
    Confirm,
    Merge,
    Refuse,
    Reject,
    ReportDone,
    SayReal,
    See,
)
from tocsin.alerts.proving import NOTHING, Shown
from tocsin.api import acting, views
from tocsin.api.access import Caller, Handler, OnScene, Operator, Responder, visible_incident
from tocsin.api.deps import ApiDeps, Deps
from tocsin.api.params import IncidentPath
from tocsin.api.routes.incidents import get_incident
from tocsin.api.schemas.commands import (
    ActBody,
    ActivateBody,
    ArriveBody,
    CloseBody,
    ConfirmBody,
    GradeBody,
    MergeBody,
    NoteBody,
    NothingHereBody,
    RefuseBody,
    RejectBody,
)
from tocsin.api.schemas.incidents import IncidentDetail, IncidentStanding
from tocsin.api.signing import signed
from tocsin.core.errors import Rejected
from tocsin.core.ids import IncidentId
from tocsin.core.incidents import Basis
from tocsin.town.ports import Role

router = APIRouter(prefix="/api/incidents/{incident}", tags=["commands"])


@router.post("/confirm", operation_id="confirmIncident", summary="It is real")
async def confirm(
    incident: IncidentPath, body: ConfirmBody, caller: Operator, deps: Deps
) -> IncidentStanding:
    """Confirm an incident: the clocks start now and the village is called."""
    return await _command(deps, caller, incident, Confirm(grade=body.grade), act=body.act)


@router.post("/reject", operation_id="rejectIncident", summary="It is nothing")
async def reject(incident: IncidentPath, body: RejectBody, caller: Operator, deps: Deps) -> IncidentStanding:
    """Reject an incident: running clocks stand down, those called are told."""
    return await _command(deps, caller, incident, Reject(reason_code=body.reason), act=body.act)


@router.post("/grade", operation_id="changeGrade", summary="Another severity")
async def grade(incident: IncidentPath, body: GradeBody, caller: Operator, deps: Deps) -> IncidentStanding:
    """Change the severity; only deadlines not yet passed move."""
    return await _command(deps, caller, incident, ChangeGrade(grade=body.grade), act=body.act)


@router.post("/activate", operation_id="activateTier", summary="Call a tier now")
async def activate(
    incident: IncidentPath, body: ActivateBody, caller: Operator, deps: Deps
) -> IncidentStanding:
    """Call a tier without waiting for the one below."""
    return await _command(deps, caller, incident, Activate(tier=body.tier), act=body.act)


@router.post("/close", operation_id="closeIncident", summary="It is over")
async def close(incident: IncidentPath, body: CloseBody, caller: Operator, deps: Deps) -> IncidentStanding:
    """Close an incident; alarms that still stand stay raised."""
    return await _command(deps, caller, incident, Close(reason_code=body.reason), act=body.act)


@router.post("/merge", operation_id="mergeIncident", summary="The same happening as another")
async def merge(incident: IncidentPath, body: MergeBody, caller: Operator, deps: Deps) -> IncidentStanding:
    """Merge an incident into another one of the caller's scope."""
    into = IncidentId(body.into)
    if into == incident:
        raise Rejected(
            "incident.merge_itself", "an incident cannot be merged into itself: name the other one"
        )
    remaining, _ = await visible_incident(deps, caller, into)
    merged, _ = await visible_incident(deps, caller, incident)
    if merged.state.open and not remaining.state.open:
        raise Rejected(
            "merge.ended",
            f"incident {into} was {remaining.state}: nobody would go on with it; name an open one",
        )
    return await _command(deps, caller, incident, Merge(into=into), act=body.act)


@router.post("/note", operation_id="addNote", summary="Words for the log")
async def note(incident: IncidentPath, body: NoteBody, caller: Handler, deps: Deps) -> IncidentDetail:
    """Add words to the log; the answer is the incident as `getIncident` gives it."""
    await visible_incident(deps, caller, incident)
    await deps.alerts.note(incident, caller.person, body.text, act=body.act)
    return await get_incident(incident, caller, deps)


@router.post("/arrive", operation_id="arriveAtScene", summary="Somebody is at the scene")
async def arrive(
    incident: IncidentPath, body: ArriveBody, caller: OnScene, deps: Deps, request: Request
) -> IncidentStanding:
    """Note an arrival: an operator for a tier with a reason, a responder their own with or without a proof."""
    await visible_incident(deps, caller, incident)
    if caller.role is Role.RESPONDER:
        shown = acting.with_tag(await signed(request, deps.proofs, caller.person), body.tag)
        command = _own_arrival(body, caller)
        return await _command(deps, caller, incident, command, act=body.act, at=body.at, shown=shown)
    if body.tier is None or body.reason is None or body.position is not None or body.tag is not None:
        raise Rejected(
            "arrive.operator", "as an operator send `tier` and `reason`, and no `position` or `tag`"
        )
    command = Arrive(tier=body.tier, at=body.at, basis=Basis.OPERATOR)
    answer = await _command(deps, caller, incident, command, act=body.act, at=body.at)
    await deps.alerts.note(incident, caller.person, body.reason, act=f"{body.act}:reason")
    return answer


@router.post("/see", operation_id="seeCall", summary="The call was opened")
async def see(
    incident: IncidentPath, body: ActBody, caller: Responder, deps: Deps, request: Request
) -> IncidentStanding:
    """Note that the caller opened the call: posted by the page, never by a link."""
    return await _own(deps, caller, incident, See(person=caller.person), body=body, request=request)


@router.post("/accept", operation_id="acceptCall", summary="Going")
async def accept(
    incident: IncidentPath, body: ActBody, caller: Responder, deps: Deps, request: Request
) -> IncidentStanding:
    """Say *going*; no deadline stops."""
    return await _own(deps, caller, incident, Accept(person=caller.person), body=body, request=request)


@router.post("/refuse", operation_id="refuseCall", summary="Cannot go")
async def refuse(
    incident: IncidentPath, body: RefuseBody, caller: Responder, deps: Deps, request: Request
) -> IncidentStanding:
    """Say *cannot go*: the next person is called."""
    command = Refuse(person=caller.person, reason_code=body.reason)
    return await _own(deps, caller, incident, command, body=body, request=request)


@router.post("/help", operation_id="askHelp", summary="Need help")
async def ask_help(
    incident: IncidentPath, body: ActBody, caller: Responder, deps: Deps, request: Request
) -> IncidentStanding:
    """Ask for help: the next tier is called."""
    return await _own(deps, caller, incident, AskHelp(person=caller.person), body=body, request=request)


@router.post("/done", operation_id="reportDone", summary="Done")
async def done(
    incident: IncidentPath, body: ActBody, caller: Responder, deps: Deps, request: Request
) -> IncidentStanding:
    """Say that it is handled; an operator closes."""
    return await _own(deps, caller, incident, ReportDone(person=caller.person), body=body, request=request)


@router.post("/real", operation_id="sayReal", summary="From the scene: it is real")
async def real(
    incident: IncidentPath, body: ActBody, caller: Responder, deps: Deps, request: Request
) -> IncidentStanding:
    """Say that it is real; confirms an incident that still waits."""
    return await _own(deps, caller, incident, SayReal(person=caller.person), body=body, request=request)


@router.post("/nothing-here", operation_id="sayNothingHere", summary="From the scene: nothing here")
async def nothing_here(
    incident: IncidentPath, body: NothingHereBody, caller: Responder, deps: Deps, request: Request
) -> IncidentStanding:
    """Say that nothing is here; with a proof that rejects, a word alone is noted wherever it matters."""
    command = acting.nothing_here(caller.person, body)
    return await _own(deps, caller, incident, command, body=body, request=request, tag=body.tag)


async def _own(
    deps: ApiDeps,
    caller: Caller,
    incident: IncidentId,
    command: Command,
    *,
    body: ActBody | RefuseBody,
    request: Request,
    tag: str | None = None,
) -> IncidentStanding:
    """Give what a responder says for themselves, signed by their phone or not."""
    await visible_incident(deps, caller, incident)
    shown = acting.with_tag(await signed(request, deps.proofs, caller.person), tag)
    return await _command(deps, caller, incident, command, act=body.act, at=body.at, shown=shown)


def _own_arrival(body: ArriveBody, caller: Caller) -> Arrive:
    if body.tier is not None or body.reason is not None:
        raise Rejected(
            "arrive.responder", "as a responder send no `tier` and no `reason`: you speak for yourself"
        )
    return acting.arrival(caller.person, body)


async def _command(
    deps: ApiDeps,
    caller: Caller,
    incident: IncidentId,
    command: Command,
    *,
    act: str,
    at: datetime | None = None,
    shown: Shown = NOTHING,
) -> IncidentStanding:
    await visible_incident(deps, caller, incident)
    after = await acting.submit(deps, incident, command, caller.actor, act=act, at=at, shown=shown)
    return views.standing(after, deps.clock.now())
