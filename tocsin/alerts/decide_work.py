"""What people do to an incident as a case: receive, file, dispatch, take on, deal with, return, hand up, check.

Each function takes a `Draft` and one command, and adds events; it raises `Rejected` with a sentence that a
person reads. An act that says nothing new adds nothing. On the urgent track, where clocks run, an
organisation is named and called, and no state moves.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from tocsin.alerts import commands as ask
from tocsin.alerts import decide_pace
from tocsin.alerts.calling import activate
from tocsin.alerts.casework import (
    begin,
    call_organisation,
    demand,
    demand_lead,
    demand_part,
    organisation_of,
)
from tocsin.alerts.decide_source import change_grade
from tocsin.alerts.draft import Draft, demand_code
from tocsin.alerts.evolve_work import files_as_case
from tocsin.alerts.model import Incident
from tocsin.alerts.routing import routed
from tocsin.alerts.transitions import Track, track
from tocsin.core import incidents as happened
from tocsin.core.errors import Rejected
from tocsin.core.grids import TIERS, Tier
from tocsin.core.ids import OrganisationCode
from tocsin.core.incidents import Stage, State

WorkCommand: TypeAlias = (
    ask.Receive
    | ask.File
    | ask.Dispatch
    | ask.TakeOn
    | ask.BeginWork
    | ask.FinishWork
    | ask.Return
    | ask.Join
    | ask.HandUp
    | ask.AskExtension
    | ask.AnswerExtension
    | ask.Urge
    | ask.Supervise
    | ask.Check
)

RETURNS: Final = frozenset({"not_ours", "wrong_place", "lacks_information", "duplicate", "other"})
HAND_UPS: Final = frozenset({"beyond_authority", "beyond_means", "cross_boundary", "grade"})
FAULTS: Final = frozenset({"not_done", "partly_done", "wrong_thing", "no_proof", "unsatisfied"})
"""Why a check sends it back."""
PARTNERS_MAX: Final = 12


def act(draft: Draft, command: WorkCommand) -> None:  # noqa: C901, PLR0912 one line per command
    """Add the events that a command leads to; raises `Rejected` with a sentence for a person."""
    match command:
        case ask.Receive():
            _receive(draft)
        case ask.File():
            _file(draft, command)
        case ask.Dispatch():
            _dispatch(draft, command)
        case ask.TakeOn():
            _take_on(draft, command.organisation)
        case ask.BeginWork():
            _begin_work(draft, command.organisation)
        case ask.FinishWork():
            _finish_work(draft, command.organisation)
        case ask.Return():
            _return(draft, command)
        case ask.Join():
            _join(draft, command.organisation)
        case ask.HandUp():
            _hand_up(draft, command.reason_code)
        case ask.Check():
            _check(draft, command)
        case ask.AskExtension():
            decide_pace.ask_extension(draft, command)
        case ask.AnswerExtension():
            decide_pace.answer_extension(draft, command)
        case ask.Urge():
            decide_pace.urge(draft)
        case ask.Supervise():
            decide_pace.supervise(draft, command.reason_code)


def _receive(draft: Draft) -> None:
    if draft.incident.state is not State.RECEIVED:
        demand(draft, "receive", "receive it")
        draft.emit(happened.Received())


def _file(draft: Draft, command: ask.File) -> None:
    """Make it a case of the catalogue; without clocks it waits to be dispatched from now on.

    The same matter again adds nothing; another one, before it is dispatched, begins anew.
    """
    incident = demand(draft, "file", "file it")
    if not command.matter:
        raise Rejected("file.matter", "cannot file it without a matter: name one of the catalogue")
    if incident.state is State.REPORTED:
        draft.emit(happened.Received())
    if command.grade is not None:
        change_grade(draft, ask.ChangeGrade(grade=command.grade))
    known = incident.work is not None and incident.matter == command.matter
    if not known or incident.work is None or incident.work.terms != command.terms:
        span = begin(draft, Stage.DISPATCH, command.terms if files_as_case(draft.incident) else None)
        draft.emit(happened.Filed(matter=command.matter, terms=command.terms, due=span.due, warn=span.warn))
    routed(draft)


def _dispatch(draft: Draft, command: ask.Dispatch) -> None:
    """Give it to an organisation, which is called; without one named, to the nearest of the route that may."""
    incident = demand(draft, "dispatch", "dispatch it")
    if len(command.partners) > PARTNERS_MAX:
        raise Rejected("dispatch.partners", f"name at most {PARTNERS_MAX} partners; the lead can add more")
    lead = organisation_of(draft, command.lead or _of_route(draft))
    partners = tuple(
        organisation_of(draft, one).code for one in dict.fromkeys(command.partners) if one != lead.code
    )
    work = incident.work
    same = work is not None and (work.lead, work.partners) == (lead.code, partners)
    if same and incident.state is not State.FILED:
        return
    span = begin(draft, Stage.ACCEPT)
    draft.emit(
        happened.Dispatched(lead=lead.code, partners=partners, level=lead.tier, due=span.due, warn=span.warn)
    )
    for code in (lead.code, *partners):
        call_organisation(draft, code, draft.now, "task")


def _of_route(draft: Draft) -> OrganisationCode:
    """Choose from the route: at the level that has it now or above, the first that may deal with it by itself."""
    incident = draft.incident
    level = incident.work.level if incident.work is not None else None
    least = 0 if level is None else TIERS.index(level)
    named = [code for tier, code in incident.route if TIERS.index(tier) >= least]
    able = {one.code for one in draft.directory.organisations if one.may(incident.matter, incident.grade)}
    found = next((code for code in named if code in able), named[0] if named else None)
    if found is None:
        raise Rejected(
            "dispatch.lead",
            f"cannot dispatch incident {incident.id}: no organisation is known to answer for it; name one",
        )
    return found


def _take_on(draft: Draft, organisation: OrganisationCode) -> None:
    work = draft.demand_open("take it on").work
    if draft.incident.state is State.ACCEPTED and work is not None and work.lead == organisation:
        return
    demand_lead(demand(draft, "take_on", "take it on"), organisation, "take it on")
    span = begin(draft, Stage.HANDLE)
    draft.emit(happened.TakenOn(organisation=organisation, due=span.due, warn=span.warn))


def _begin_work(draft: Draft, organisation: OrganisationCode) -> None:
    incident = demand(draft, "begin_work", "begin work")
    work = demand_part(incident, organisation, "begin work")
    if not (organisation == work.lead and incident.state is State.HANDLING):
        draft.emit(happened.WorkBegun(organisation=organisation))


def _finish_work(draft: Draft, organisation: OrganisationCode) -> None:
    """Note that a part is done; the lead's word ends the handling."""
    incident = draft.demand_open("say that it is done")
    work = incident.work
    if work is not None and organisation in work.done:
        return
    work = demand_part(
        demand(draft, "finish_work", "say that it is done"), organisation, "say that it is done"
    )
    lead = organisation == work.lead
    if lead and incident.state is State.DISPATCHED:
        raise Rejected(
            "move.finish_work",
            f"cannot say that it is done: incident {incident.id} is dispatched to {organisation}; take it on first",
        )
    span = begin(draft, Stage.CHECK) if lead else None
    draft.emit(
        happened.WorkDone(
            organisation=organisation,
            lead=lead,
            due=None if span is None else span.due,
            warn=None if span is None else span.warn,
        )
    )


def _return(draft: Draft, command: ask.Return) -> None:
    demand_lead(demand(draft, "return", "return it"), command.organisation, "return it")
    demand_code(command.reason_code, RETURNS, "return.reason", "return it")
    span = begin(draft, Stage.DISPATCH)
    draft.emit(
        happened.Returned(
            organisation=command.organisation, reason_code=command.reason_code, due=span.due, warn=span.warn
        )
    )


def _join(draft: Draft, organisation: OrganisationCode) -> None:
    incident = demand(draft, "join", "add a partner")
    work = incident.work
    if work is None or organisation in {work.lead, *work.partners}:
        return
    if len(work.partners) >= PARTNERS_MAX:
        raise Rejected("join.full", f"incident {incident.id} has {PARTNERS_MAX} partners: no more can help")
    draft.emit(happened.PartnerJoined(organisation=organisation_of(draft, organisation).code))
    call_organisation(draft, organisation, draft.now, "task")


def _hand_up(draft: Draft, reason_code: str) -> None:
    """Give it to the next level: its clock starts, or it waits to be dispatched there."""
    incident = demand(draft, "hand_up", "hand it up")
    demand_code(reason_code, HAND_UPS, "hand_up.reason", "hand it up")
    was = level_of(incident)
    level = was.above
    if level is None:
        raise Rejected("hand_up.top", f"cannot hand it up: the {was} has it already, and nobody is above")
    span = begin(draft, Stage.DISPATCH)
    draft.emit(happened.HandedUp(level=level, was=was, reason_code=reason_code, due=span.due, warn=span.warn))
    if track(incident) is Track.URGENT:
        activate(draft, level, draft.now, "operator")


def level_of(incident: Incident) -> Tier:
    """Give the level that deals with it now: that of its organisation, or the highest that was called."""
    if incident.work is not None and incident.work.level is not None:
        return incident.work.level
    if incident.clocks:
        return max(incident.clocks, key=TIERS.index)
    return incident.route[0][0] if incident.route else Tier.VILLAGE


def _check(draft: Draft, command: ask.Check) -> None:
    """Find it done, or send it back to whoever had it."""
    incident = demand(draft, "check", "check it")
    if command.passed:
        span = begin(draft, Stage.CLOSE)
        draft.emit(happened.Checked(due=span.due, warn=span.warn))
        return
    demand_code(command.reason_code, FAULTS, "check.reason", "send it back")
    span = begin(draft, Stage.HANDLE)
    draft.emit(happened.SentBack(reason_code=command.reason_code, due=span.due, warn=span.warn))
    if incident.work is not None and incident.work.lead is not None:
        call_organisation(draft, incident.work.lead, draft.now, "task")
