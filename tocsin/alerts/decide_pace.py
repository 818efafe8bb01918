"""What is done about time on a case: ask for more, grant it, urge, supervise, and what its deadlines bring.

Each function takes a `Draft` and adds events; it raises `Rejected` with a sentence that a person reads.
Whoever it waits on is called: the organisation that has it, and the supervisors where it waits on the desk or
its limit has passed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from tocsin.alerts import commands as ask
from tocsin.alerts.calling import call_again, call_supervisors
from tocsin.alerts.casework import (
    BY_ORGANISATION,
    call_organisation,
    demand,
    demand_lead,
)
from tocsin.alerts.draft import Draft, demand_code
from tocsin.alerts.evolve_oversight import told
from tocsin.alerts.model import Incident, Work
from tocsin.alerts.work_deadlines import newest_overdue, newest_wait, warning
from tocsin.core import incidents as happened
from tocsin.core.errors import Rejected
from tocsin.core.grids import TIERS
from tocsin.core.incidents import Reminded, Stage, State

KEYS: Final = frozenset({"work", "wait"})
"""First words of the deadline keys that `reach` answers."""
DELAYS: Final = frozenset({"weather", "materials", "third_party", "complex", "other"})
"""Why more time is asked for."""
REFUSALS: Final = frozenset({"not_needed", "too_long", "too_important", "other"})
"""Why it is not granted."""
CONCERNS: Final = frozenset({"important", "complaint", "repeated"})
"""Why somebody supervises; a limit that has passed brings it by itself."""
EXTENSION_MAX: Final = timedelta(days=366)


def ask_extension(draft: Draft, command: ask.AskExtension) -> None:
    """Ask for a later end of the handling; the limit holds until somebody grants it."""
    incident = demand(draft, "ask_extension", "ask for more time")
    work = demand_lead(incident, command.organisation, "ask for more time")
    demand_code(command.reason_code, DELAYS, "extension.reason", "ask for more time")
    if work.extension == command.until:
        return
    if work.extension is not None:
        raise Rejected(
            "extension.asked",
            f"{work.lead} has asked for time until {work.extension:%Y-%m-%d %H:%M} UTC already: wait for the answer",
        )
    if work.due is None:
        raise Rejected("extension.no_limit", "this stage has no limit: there is nothing to extend")
    least = max(work.due, draft.now)
    if not least < command.until <= draft.now + EXTENSION_MAX:
        raise Rejected(
            "extension.until",
            f"cannot extend until {command.until:%Y-%m-%d %H:%M} UTC: name an instant after "
            f"{least:%Y-%m-%d %H:%M} UTC and within {EXTENSION_MAX.days} days",
        )
    draft.emit(
        happened.ExtensionAsked(
            organisation=command.organisation, until=command.until, reason_code=command.reason_code
        )
    )


def answer_extension(draft: Draft, command: ask.AnswerExtension) -> None:
    """Grant what was asked for, or leave the limit as it is, with a reason."""
    work = demand(draft, "answer_extension", "answer for more time").work
    if work is None or work.extension is None or work.due is None:
        raise Rejected("extension.none", "nobody has asked for more time: there is nothing to answer")
    if not command.granted:
        demand_code(command.reason_code, REFUSALS, "extension.refusal", "refuse more time")
        draft.emit(
            happened.ExtensionAnswered(
                granted=False, due=work.due, warn=work.warn, reason_code=command.reason_code
            )
        )
        return
    until = work.extension
    limit = work.terms.limits.get(Stage.HANDLE)
    warn = warning(work.terms, limit, draft.now, until) if until > draft.now else until
    draft.emit(happened.ExtensionAnswered(granted=True, due=until, warn=warn, reason_code=""))


def urge(draft: Draft) -> None:
    """Remind whom it waits on: the organisation, the tiers whose clocks run, or the supervisors for the desk."""
    incident = demand(draft, "urge", "urge")
    step = _steps(incident, "urged") + 1
    draft.emit(happened.Urged(stage=stage_of(incident), step=step))
    _call_those_waited_for(draft, draft.now, "urge")


def supervise(draft: Draft, reason_code: str) -> None:
    """Let the level above look on, and say so to whom it waits on."""
    incident = demand(draft, "supervise", "supervise")
    demand_code(reason_code, CONCERNS, "supervise.reason", "supervise")
    step = _steps(incident, "supervised") + 1
    draft.emit(happened.Supervised(stage=stage_of(incident), step=step, reason_code=reason_code))
    _call_those_waited_for(draft, draft.now, "supervise")


def reach(draft: Draft, key: str, at: datetime) -> None:
    """Act on an open deadline of a case that has come; `at` is the instant from which what follows counts."""
    what, _, rest = key.partition(":")
    name, _, number = rest.partition(":")
    if what == "wait":
        newest = newest_wait(draft.incident, name, int(number), draft.now, draft.policy)
        draft.emit(Reminded(what=name, step=newest))
        call_supervisors(draft, at, "waits", quiet=True)
        return
    work = draft.incident.work
    if work is None or work.stage is None:
        return
    if number == "warn" and (work.due is None or work.due > draft.now):
        draft.emit(happened.Urged(stage=work.stage, step=work.urged + 1))
        _call_those_waited_for(draft, at, "urge")
        return
    # A warning that an outage of ours kept until the limit itself had passed is none any more.
    _overdue(draft, work, work.stage, at)


def _overdue(draft: Draft, work: Work, stage: Stage, at: datetime) -> None:
    """Supervise because a limit has passed; what an outage swallowed is made up for once."""
    newest = newest_overdue(work, work.overdue + 1, draft.now, draft.policy)
    draft.emit(happened.Supervised(stage=stage, step=newest, reason_code="overdue"))
    call_supervisors(draft, at, "supervise", quiet=True)
    if stage in BY_ORGANISATION:
        _call_those_waited_for(draft, at, "supervise")


def stage_of(incident: Incident) -> Stage:
    """Name what it waits for in the words of a case, also where clocks run."""
    if incident.work is not None and incident.work.stage is not None:
        return incident.work.stage
    match incident.state:
        case State.REPORTED | State.RECEIVED:
            return Stage.RECEIVE
        case State.VERIFIED:
            return Stage.ACCEPT
        case State.HANDLED:
            return Stage.CHECK
        case State.CHECKED:
            return Stage.CLOSE
        case _:
            return Stage.HANDLE


def _call_those_waited_for(draft: Draft, at: datetime, reason_code: str) -> None:
    incident = draft.incident
    work, stage = incident.work, stage_of(incident)
    if stage not in BY_ORGANISATION:
        call_supervisors(draft, at, "waits" if reason_code == "urge" else reason_code, quiet=True)
        return
    if work is not None and work.stage is not None:
        left = (one for one in work.partners if one not in work.done) if stage is Stage.HANDLE else ()
        for code in (*([work.lead] if work.lead is not None else []), *left):
            call_organisation(draft, code, at, reason_code)
        return
    for tier in TIERS:
        clock = incident.clocks.get(tier)
        if clock is not None and clock.verdict is None:
            call_again(draft, tier, at, reason_code)


def _steps(incident: Incident, what: str) -> int:
    work = incident.work
    if work is None or work.stage is None:
        return told(incident, what)
    return work.urged if what == "urged" else work.supervised
