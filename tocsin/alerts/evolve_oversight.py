"""How the events of an incident as something that is overseen change its state: they only record.

A reopened incident begins anew where it stands: what was asked, called and promised before its end holds no
more, while its log keeps it.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import structs

from tocsin.alerts.model import Incident, Work
from tocsin.core import incidents as happened
from tocsin.core.incidents import Recorded, Stage, State

OversightEvent: TypeAlias = (
    happened.Routed
    | happened.Reopened
    | happened.TransferredOut
    | happened.CalledBack
    | happened.Evaluated
    | happened.ReportedUp
    | happened.GradeConfirmed
    | happened.StepTicked
)
Changes: TypeAlias = dict[str, object]


def changes(incident: Incident, event: OversightEvent, recorded: Recorded) -> Changes:
    """Give the new values of fields."""
    match event:
        case happened.Routed():
            return {
                "route": event.organisations,
                "beyond": event.beyond,
                "matter": event.matter or incident.matter,
            }
        case happened.Reopened():
            return _reopened(incident, event, recorded)
        case happened.TransferredOut(service=service):
            return {"transferred": (*incident.transferred, service)}
        case happened.CalledBack():
            return {
                "called_back": event.step,
                "answered": incident.answered or event.reached,
                "satisfaction": incident.satisfaction if event.satisfaction is None else event.satisfaction,
            }
        case happened.Evaluated():
            work = incident.work
            return {
                "state": State.EVALUATED,
                "work": None if work is None else structs.replace(work, stage=None, due=None),
            }
        case happened.ReportedUp():
            return {
                "reported_up": (*incident.reported_up, (event.stage, recorded.recorded)),
                "told": untold(incident, "report_up"),
            }
        case happened.GradeConfirmed():
            return {
                "grade": event.grade,
                "grade_by": recorded.actor,
                "told": untold(incident, "grade"),
            }
        case happened.StepTicked(step=step, done=done):
            others = tuple(one for one in incident.ticked if one != step)
            return {"ticked": (*others, step) if done else others}


def told(incident: Incident, what: str) -> int:
    """Give how often somebody was reminded of something."""
    for one, count in incident.told:
        if one == what:
            return count
    return 0


def telling(incident: Incident, what: str, count: int) -> tuple[tuple[str, int], ...]:
    """Give what was reminded of, with a new count for one thing."""
    return (*untold(incident, what), (what, count))


def untold(incident: Incident, what: str) -> tuple[tuple[str, int], ...]:
    """Give what was reminded of without one thing: it is done, and the next of its kind begins at 1."""
    return tuple(one for one in incident.told if one[0] != what)


def _reopened(incident: Incident, event: happened.Reopened, recorded: Recorded) -> Changes:
    again: Changes = {
        "ended": None,
        "ended_by": None,
        "merged_into": None,
        "reopened": incident.reopened + 1,
        "called_back": 0,
        "answered": False,
        "satisfaction": None,
        "handled": None,
        "reminded": 0,
        "told": (),
    }
    if event.was in {State.CLOSED, State.EVALUATED}:
        return again | {"state": State.FILED, "work": _work_again(incident, event, recorded)}
    return again | {
        "state": State.RECEIVED,
        "work": None,
        "asked": recorded.recorded,
        "unanswered": 0,
        "confirmed": None,
        "confirmed_by": None,
        "confirmed_actor": None,
        "mode": None,
        "clocks": {},
        "calls": {},
        "arrivals": {},
        "stood_by": (),
        "help_asked": (),
        "rung": 0,
        "sightings": (),
        "denied": (),
    }


def _work_again(incident: Incident, event: happened.Reopened, recorded: Recorded) -> Work:
    """Give the case as it waits to be dispatched once more; what was returned and done again before still counts."""
    before = incident.work
    return Work(
        terms=event.terms,
        stage=Stage.DISPATCH,
        since=recorded.occurred,
        due=event.due,
        warn=event.warn,
        level=None if before is None else before.level,
        extensions=0 if before is None else before.extensions,
        returns=0 if before is None else before.returns,
        reworks=0 if before is None else before.reworks,
    )
