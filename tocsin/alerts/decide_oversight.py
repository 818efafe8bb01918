"""What people do to an incident as something that is overseen: grade, report up, call back, evaluate, reopen.

Each function takes a `Draft` and one command, and adds events; it raises `Rejected` with a sentence that a
person reads.  None of it stops or moves a clock, except that a reopened case begins again.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from msgspec import structs

from tocsin.alerts import commands as ask
from tocsin.alerts.casework import demand_span
from tocsin.alerts.decide_source import change_grade
from tocsin.alerts.draft import Draft, demand_code, how_it_ended
from tocsin.alerts.oversight import called_back_enough, plan_of
from tocsin.core import incidents as happened
from tocsin.core.errors import Rejected
from tocsin.core.incidents import Stage, State, UpStage

OversightCommand: TypeAlias = (
    ask.Reopen | ask.Transfer | ask.CallBack | ask.Evaluate | ask.ReportUp | ask.ConfirmGrade | ask.TickStep
)

REOPENINGS: Final[dict[State, frozenset[str]]] = {
    State.CLOSED: frozenset({"recurred", "unsatisfied", "mistake"}),
    State.EVALUATED: frozenset({"recurred", "unsatisfied", "mistake"}),
    State.REJECTED: frozenset({"recurred", "wrongly_rejected", "mistake"}),
    State.MERGED: frozenset({"wrongly_merged", "mistake"}),
}
"""Why something that ended in a state may be opened again."""
TRANSFERS: Final = frozenset({"their_task", "reinforcement", "asked_by_caller"})
SATISFACTION: Final = range(1, 6)
SCORES: Final = range(101)
_DONE: Final = frozenset({State.HANDLED, State.CHECKED, State.CLOSED})
"""States in which somebody may be asked how it was dealt with."""


def act(draft: Draft, command: OversightCommand) -> None:
    """Add the events that a command leads to; raises `Rejected` with a sentence for a person."""
    match command:
        case ask.Reopen():
            _reopen(draft, command)
        case ask.Transfer():
            _transfer(draft, command)
        case ask.CallBack():
            _call_back(draft, command)
        case ask.Evaluate():
            _evaluate(draft, command)
        case ask.ReportUp():
            _report_up(draft, command)
        case ask.ConfirmGrade():
            _confirm_grade(draft, command)
        case ask.TickStep():
            _tick(draft, command)


def _reopen(draft: Draft, command: ask.Reopen) -> None:
    """Go on with it: what was rejected or merged waits for the desk again, what was closed to be dispatched."""
    incident = draft.incident
    codes = REOPENINGS.get(incident.state)
    if codes is None:
        raise Rejected(
            "incident.open",
            f"cannot reopen: incident {incident.id} is still {incident.state}; it goes on already",
        )
    demand_code(command.reason_code, codes, "reopen.reason", f"reopen what was {incident.state}")
    again = happened.Reopened(was=incident.state, reason_code=command.reason_code, terms=command.terms)
    if incident.state in {State.CLOSED, State.EVALUATED}:
        span = demand_span(command.terms, Stage.DISPATCH, draft.now)
        again = structs.replace(again, due=span.due, warn=span.warn)
    draft.emit(again)


def _transfer(draft: Draft, command: ask.Transfer) -> None:
    incident = draft.demand_open("transfer")
    demand_code(command.reason_code, TRANSFERS, "transfer.reason", "transfer")
    if command.service not in incident.transferred:
        draft.emit(happened.TransferredOut(service=command.service, reason_code=command.reason_code))


def _call_back(draft: Draft, command: ask.CallBack) -> None:
    incident = draft.incident
    if incident.state not in _DONE:
        raise Rejected(
            "call_back.state",
            f"cannot call back: incident {incident.id} is {incident.state}; wait until it is handled, and before "
            "it is evaluated",
        )
    said = command.satisfaction
    if said is not None and not command.reached:
        raise Rejected(
            "call_back.unreached", "nobody was reached, so nobody was satisfied: leave `satisfaction` out"
        )
    if said is not None and said not in SATISFACTION:
        raise Rejected("call_back.satisfaction", f"satisfaction is 1 (very unsatisfied) to 5, not {said}")
    draft.emit(happened.CalledBack(reached=command.reached, satisfaction=said, step=incident.called_back + 1))


def _evaluate(draft: Draft, command: ask.Evaluate) -> None:
    incident = draft.incident
    if incident.state is not State.CLOSED:
        how = how_it_ended(incident) if incident.ended else f"incident {incident.id} is {incident.state}"
        raise Rejected("evaluate.state", f"cannot evaluate: {how}; only what is closed is evaluated")
    if command.score is not None and command.score not in SCORES:
        raise Rejected("evaluate.score", f"a score is 0 to 100, not {command.score}")
    missing = called_back_enough(incident)
    if missing:
        raise Rejected(f"evaluate.{missing}", f"cannot evaluate incident {incident.id}: {_FIRST[missing]}")
    draft.emit(happened.Evaluated(satisfaction=incident.satisfaction, score=command.score))


_FIRST: Final = {
    "not_called_back": "call back whoever reported it; after three calls that nobody answers it can be evaluated",
    "unsatisfied": "whoever reported it is not satisfied; reopen it, or call back again",
}


def _report_up(draft: Draft, command: ask.ReportUp) -> None:
    """Note a report to the level above: first, then again while it is open, and once after its end."""
    incident = draft.incident
    if incident.state in {State.REJECTED, State.MERGED}:
        raise Rejected(f"incident.{incident.state}", f"cannot report up: {how_it_ended(incident)}")
    made = [stage for stage, _ in incident.reported_up]
    if command.stage is UpStage.FINAL:
        if incident.ended is None:
            raise Rejected(
                "report_up.final", f"incident {incident.id} is not closed yet: make a follow-up report"
            )
        if any(stage is UpStage.FINAL and at >= incident.ended for stage, at in incident.reported_up):
            raise Rejected("report_up.final", f"the final report of incident {incident.id} was made already")
    elif incident.ended is not None:
        raise Rejected("report_up.ended", f"incident {incident.id} is over: make the final report")
    elif (command.stage is UpStage.INITIAL) is (UpStage.INITIAL in made):
        first = command.stage is UpStage.FOLLOW_UP
        raise Rejected(
            "report_up.order",
            f"incident {incident.id} was {'never' if first else 'already'} reported up: "
            f"make {'the initial' if first else 'a follow-up'} report",
        )
    draft.emit(
        happened.ReportedUp(stage=command.stage, note=command.note, step=made.count(command.stage) + 1)
    )


def _confirm_grade(draft: Draft, command: ask.ConfirmGrade) -> None:
    """Let a named person answer for the grade; another grade is changed first, as if they had changed it."""
    incident = draft.incident
    if incident.state is State.CLOSED:
        # Its clocks have their verdicts: the grade is only what the books say.
        if command.grade is not incident.grade:
            draft.emit(happened.GradeChanged(grade=command.grade, was=incident.grade, mode=incident.mode))
    else:
        draft.demand_open("confirm the grade")
        change_grade(draft, ask.ChangeGrade(grade=command.grade))
    if incident.grade_by is None or command.grade is not incident.grade:
        draft.emit(happened.GradeConfirmed(grade=command.grade))


def _tick(draft: Draft, command: ask.TickStep) -> None:
    incident = draft.demand_open("tick a step")
    plan = plan_of(incident, draft.policy)
    steps = () if plan is None else tuple(step.id for step in plan.steps)
    if command.step not in steps:
        known = (
            f"use one of {', '.join(steps)}" if steps else "its policy has no plan for this kind and grade"
        )
        raise Rejected("plan.step", f"{command.step[:40]!r} is no step of incident {incident.id}: {known}")
    if (command.step in incident.ticked) is not command.done:
        draft.emit(happened.StepTicked(step=command.step, done=command.done, person=command.person))
