"""What people ask of an incident as a case: taken up, filed, given out, dealt with, checked, evaluated.

A repeated act is answered with the incident as it stands. Rules stand in `alerts.incident`; here it is only
said who may ask what, and for whom they speak.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter

from tocsin.alerts import commands as ask
from tocsin.alerts.commands import Command
from tocsin.alerts.ports import IncidentRow
from tocsin.alerts.service import Demand
from tocsin.api import acting, views
from tocsin.api.access import Caller, Handler, OnScene, Operator, Overseer, visible_incident
from tocsin.api.deps import ApiDeps, Deps
from tocsin.api.moving import called, leading, speaking_for, unmoved
from tocsin.api.params import IncidentPath
from tocsin.api.routes.organisations import seen as in_reach
from tocsin.api.schemas.case import (
    AnswerExtensionBody,
    AskExtensionBody,
    CallBackBody,
    CaseBody,
    CheckBody,
    ConfirmGradeBody,
    DispatchBody,
    EvaluateBody,
    FileBody,
    HandUpBody,
    JoinBody,
    NotedBody,
    OwnBody,
    ReopenBody,
    ReportUpBody,
    ReturnBody,
    SuperviseBody,
    TickBody,
    TransferBody,
)
from tocsin.api.schemas.incidents import IncidentStanding
from tocsin.core.errors import Rejected
from tocsin.core.ids import IncidentId, OrganisationCode
from tocsin.town.ports import Role

router = APIRouter(prefix="/api/incidents/{incident}", tags=["case"])

EXTENSION_DAYS_MAX: Final = 400


@dataclass(frozen=True, slots=True)
class _Seen:
    """An incident that the caller may see, to be asked for something."""

    deps: ApiDeps
    caller: Caller
    row: IncidentRow

    async def move(
        self, command: Command, body: CaseBody, *, words: str | None = None, demand: Demand | None = None
    ) -> IncidentStanding:
        """Give the command, with the words of the body."""
        after = await acting.submit(
            self.deps,
            self.row.id,
            command,
            self.caller.actor,
            act=body.act,
            words=body.note if isinstance(body, NotedBody) else words,
            demand=unmoved(self.caller, body, demand),
        )
        return views.standing(after, self.deps.clock.now())


async def _look(deps: ApiDeps, caller: Caller, incident: IncidentId) -> _Seen:
    row, _ = await visible_incident(deps, caller, incident)
    return _Seen(deps, caller, row)


@router.post("/receive", operation_id="receiveReport", summary="Taken up (受理)")
async def receive(incident: IncidentPath, body: NotedBody, caller: Operator, deps: Deps) -> IncidentStanding:
    """Take a report from the field up."""
    seen = await _look(deps, caller, incident)
    return await seen.move(ask.Receive(), body)


@router.post("/file", operation_id="fileCase", summary="A case of the catalogue (立案)")
async def file(incident: IncidentPath, body: FileBody, caller: Operator, deps: Deps) -> IncidentStanding:
    """File an incident under a matter: without running clocks it goes by working time from here."""
    seen = await _look(deps, caller, incident)
    matter = await deps.catalogue.matter(body.matter)
    if matter is None or not matter.active:
        raise Rejected(
            "matter.unknown", f"there is no matter {body.matter} in force: choose one of /api/matters"
        )
    command = ask.File(matter=body.matter, terms=await deps.catalogue.terms(body.matter), grade=body.grade)
    return await seen.move(command, body)


@router.post("/dispatch", operation_id="dispatchCase", summary="Given to an organisation (派遣)")
async def dispatch(
    incident: IncidentPath, body: DispatchBody, caller: Operator, deps: Deps
) -> IncidentStanding:
    """Give a case to the organisation that leads, and to those that help."""
    seen = await _look(deps, caller, incident)
    partners = tuple(OrganisationCode(one) for one in body.partners)
    lead = None if body.lead is None else OrganisationCode(body.lead)
    await _demand_organisations(seen, (*partners, *(() if lead is None else (lead,))))
    return await seen.move(ask.Dispatch(lead=lead, partners=partners), body)


@router.post("/take-on", operation_id="takeOnCase", summary="The organisation takes it on (签收)")
async def take_on(incident: IncidentPath, body: OwnBody, caller: Handler, deps: Deps) -> IncidentStanding:
    """Note that the lead organisation takes the case on."""
    seen = await _look(deps, caller, incident)
    command = ask.TakeOn(organisation=speaking_for(caller, body))
    return await seen.move(command, body)


@router.post("/begin-work", operation_id="beginWork", summary="Somebody is at work on it")
async def begin_work(incident: IncidentPath, body: OwnBody, caller: Handler, deps: Deps) -> IncidentStanding:
    """Note that somebody of the organisation is at work on the case."""
    seen = await _look(deps, caller, incident)
    command = ask.BeginWork(organisation=speaking_for(caller, body))
    return await seen.move(command, body)


@router.post("/finish-work", operation_id="finishWork", summary="Its part is done (处置反馈)")
async def finish_work(incident: IncidentPath, body: OwnBody, caller: Handler, deps: Deps) -> IncidentStanding:
    """Note that the organisation has done its part; the lead's word makes the case handled."""
    seen = await _look(deps, caller, incident)
    command = ask.FinishWork(organisation=speaking_for(caller, body))
    return await seen.move(command, body)


@router.post("/return", operation_id="returnCase", summary="Given back (退回)")
async def give_back(
    incident: IncidentPath, body: ReturnBody, caller: Handler, deps: Deps
) -> IncidentStanding:
    """Give a case back with a reason: it waits to be given to somebody else."""
    seen = await _look(deps, caller, incident)
    command = ask.Return(organisation=speaking_for(caller, body), reason_code=body.reason)
    return await seen.move(command, body)


@router.post("/join", operation_id="joinCase", summary="Another organisation helps (协办)")
async def join(incident: IncidentPath, body: JoinBody, caller: Handler, deps: Deps) -> IncidentStanding:
    """Let another organisation help; a department may ask for it when it leads."""
    seen = await _look(deps, caller, incident)
    organisation = OrganisationCode(body.organisation)
    await _demand_organisations(seen, (organisation,))
    return await seen.move(ask.Join(organisation=organisation), body, demand=leading(caller))


@router.post("/hand-up", operation_id="handUpCase", summary="To the next level (上报)")
async def hand_up(incident: IncidentPath, body: HandUpBody, caller: Handler, deps: Deps) -> IncidentStanding:
    """Give a case to the next level with a reason; a department may when it leads."""
    seen = await _look(deps, caller, incident)
    return await seen.move(ask.HandUp(reason_code=body.reason), body, demand=leading(caller))


@router.post("/ask-extension", operation_id="askExtension", summary="More time is asked for")
async def ask_extension(
    incident: IncidentPath, body: AskExtensionBody, caller: Handler, deps: Deps
) -> IncidentStanding:
    """Ask for more time, for the organisation that leads."""
    seen = await _look(deps, caller, incident)
    if (body.until - deps.clock.now()).days > EXTENSION_DAYS_MAX:
        raise Rejected(
            "case.extension_far", f"`until` lies more than {EXTENSION_DAYS_MAX} days ahead: ask for less"
        )
    command = ask.AskExtension(
        organisation=speaking_for(caller, body), until=body.until, reason_code=body.reason
    )
    return await seen.move(command, body)


@router.post("/answer-extension", operation_id="answerExtension", summary="More time is granted, or not")
async def answer_extension(
    incident: IncidentPath, body: AnswerExtensionBody, caller: Overseer, deps: Deps
) -> IncidentStanding:
    """Answer a request for more time."""
    seen = await _look(deps, caller, incident)
    command = ask.AnswerExtension(granted=body.granted, reason_code=body.reason or "")
    return await seen.move(command, body)


@router.post("/urge", operation_id="urgeCase", summary="A reminder (催办)")
async def urge(incident: IncidentPath, body: NotedBody, caller: Overseer, deps: Deps) -> IncidentStanding:
    """Remind whom the incident waits on."""
    seen = await _look(deps, caller, incident)
    return await seen.move(ask.Urge(), body)


@router.post("/supervise", operation_id="superviseCase", summary="A leader looks on (督办)")
async def supervise(
    incident: IncidentPath, body: SuperviseBody, caller: Overseer, deps: Deps
) -> IncidentStanding:
    """Put an incident under supervision."""
    seen = await _look(deps, caller, incident)
    return await seen.move(ask.Supervise(reason_code=body.reason), body)


@router.post("/check", operation_id="checkCase", summary="Found done, or sent back (核查)")
async def check(incident: IncidentPath, body: CheckBody, caller: Operator, deps: Deps) -> IncidentStanding:
    """Find a case done as it should be, or send it back with a reason."""
    seen = await _look(deps, caller, incident)
    if body.passed is (body.reason is not None):
        raise Rejected(
            "case.check_reason", "send a `reason` when it is sent back, and none when it has passed"
        )
    command = ask.Check(passed=body.passed, reason_code=body.reason or "")
    return await seen.move(command, body)


@router.post("/reopen", operation_id="reopenCase", summary="It goes on")
async def reopen(incident: IncidentPath, body: ReopenBody, caller: Overseer, deps: Deps) -> IncidentStanding:
    """Go on with an incident that had ended, wrongly or too early."""
    seen = await _look(deps, caller, incident)
    command = ask.Reopen(reason_code=body.reason, terms=await deps.catalogue.terms(seen.row.matter))
    return await seen.move(command, body)


@router.post("/transfer", operation_id="transferIncident", summary="Another service is called in")
async def transfer(
    incident: IncidentPath, body: TransferBody, caller: Operator, deps: Deps
) -> IncidentStanding:
    """Note that police, fire brigade or another service was called in; it stays ours until it is closed."""
    seen = await _look(deps, caller, incident)
    command = ask.Transfer(service=body.service, reason_code=body.reason)
    return await seen.move(command, body)


@router.post("/call-back", operation_id="callBack", summary="Asked how it was dealt with (回访)")
async def call_back(
    incident: IncidentPath, body: CallBackBody, caller: Operator, deps: Deps
) -> IncidentStanding:
    """Note what somebody said when asked how their case was dealt with."""
    seen = await _look(deps, caller, incident)
    if body.satisfaction is not None and not body.reached:
        raise Rejected("case.not_reached", "whoever was not reached said nothing: leave `satisfaction` out")
    command = ask.CallBack(reached=body.reached, satisfaction=body.satisfaction)
    return await seen.move(command, body)


@router.post("/evaluate", operation_id="evaluateCase", summary="Its life ends (评价)")
async def evaluate(
    incident: IncidentPath, body: EvaluateBody, caller: Operator, deps: Deps
) -> IncidentStanding:
    """Evaluate how a closed incident was dealt with."""
    seen = await _look(deps, caller, incident)
    return await seen.move(ask.Evaluate(score=body.score), body)


@router.post("/report-up", operation_id="reportUp", summary="The level above was told (初报, 续报, 终报)")
async def report_up(
    incident: IncidentPath, body: ReportUpBody, caller: Operator, deps: Deps
) -> IncidentStanding:
    """Keep what the level above was told, and when."""
    seen = await _look(deps, caller, incident)
    return await seen.move(ask.ReportUp(stage=body.stage), body, words=body.words)


@router.post("/confirm-grade", operation_id="confirmGrade", summary="Answers for the grade")
async def confirm_grade(
    incident: IncidentPath, body: ConfirmGradeBody, caller: Overseer, deps: Deps
) -> IncidentStanding:
    """Answer for the grade of an incident as a named person."""
    seen = await _look(deps, caller, incident)
    return await seen.move(ask.ConfirmGrade(grade=body.grade), body)


@router.post("/tick", operation_id="tickStep", summary="An item of the plan's checklist")
async def tick(incident: IncidentPath, body: TickBody, caller: OnScene, deps: Deps) -> IncidentStanding:
    """Tick an item of the plan's checklist, or take the tick back."""
    seen = await _look(deps, caller, incident)
    person = caller.person if caller.role is Role.RESPONDER else None
    command = ask.TickStep(step=body.step, done=body.done, person=person)
    return await seen.move(command, body, demand=called(caller))


async def _demand_organisations(seen: _Seen, codes: tuple[OrganisationCode, ...]) -> None:
    """Refuse organisations that do not handle: what they were given would wait for ever.

    And those that answer neither for a place of the caller's scope nor for that of the incident.
    """
    catalogue, scope = seen.deps.catalogue, seen.caller.scope
    serving = {one.entry.code for one in await catalogue.serving(seen.row.grid)} if codes else set()
    for code in codes:
        found = await catalogue.organisation(code)
        if (
            found is None
            or not (found.entry.active and found.entry.handles)
            or not (in_reach(scope, found.grid_path) or code in serving)
        ):
            raise Rejected(
                "organisation.unknown",
                f"organisation {code} is not there, or does not handle: choose one of /api/organisations",
            )
