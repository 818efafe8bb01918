"""On whom an open incident waits, for what, since when and until when.  Pure.

Never empty for an open one: what waits on nobody is lost.  `due` is the instant at which somebody is late, or
supervisors are reminded; None where no such instant is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum, unique
from typing import Final

import msgspec

from tocsin.alerts.casework import BY_ORGANISATION
from tocsin.alerts.deadlines import deadlines
from tocsin.alerts.model import Incident, Work
from tocsin.alerts.oversight import called_back_enough, reports_due
from tocsin.alerts.policy_model import ResponsePolicy
from tocsin.core.grids import TIERS
from tocsin.core.incidents import Stage, State

DESK: Final = "desk"
LEADER: Final = "leader"


@unique
class What(StrEnum):
    """What is waited for; words that reach the console."""

    RECEIVE = "receive"
    """That the desk takes a report up."""
    CONFIRM = "confirm"
    """That the desk confirms it, files it, or rejects it."""
    DISPATCH = "dispatch"
    ACCEPT = "accept"
    """That the organisation takes it on."""
    HANDLE = "handle"
    """That the organisation, or who is at the scene, deals with it."""
    ASSIST = "assist"
    """That a partner does its part."""
    EXTENSION = "extension"
    """That a leader answers for more time."""
    ARRIVE = "arrive"
    """That somebody of a tier arrives."""
    CHECK = "check"
    CLOSE = "close"
    REPORT_UP = "report_up"
    """That the desk tells the level above."""
    GRADE = "grade"
    """That a named person answers for the grade."""
    CALL_BACK = "call_back"
    """That the desk asks whoever reported it how it was dealt with."""
    REOPEN = "reopen"
    """That the desk reopens what somebody is not satisfied with, or asks them again."""
    EVALUATE = "evaluate"


class Waiting(msgspec.Struct, frozen=True):
    """One thing that an incident waits for."""

    who: str
    """`desk`, `leader`, `organisation:<code>` or `tier:<tier>`."""
    what: What
    since: datetime
    due: datetime | None = None


_OF_STAGE: Final = {
    Stage.DISPATCH: What.DISPATCH,
    Stage.ACCEPT: What.ACCEPT,
    Stage.HANDLE: What.HANDLE,
    Stage.CHECK: What.CHECK,
    Stage.CLOSE: What.CLOSE,
}


def waits_on(incident: Incident, policy: ResponsePolicy) -> tuple[Waiting, ...]:
    """Give what it waits for, the most pressing first; what is closed may wait to be evaluated, no other end for anything."""
    policy = policy.of(incident)
    if not incident.state.open:
        return tuple(_after_the_end(incident, policy))
    coming = deadlines(incident, policy)
    work = incident.work
    if work is not None and work.stage is not None:
        found = [*_of_case(work, work.stage, coming)]
    elif incident.state is State.REPORTED:
        found = [Waiting(DESK, What.RECEIVE, incident.opened, _first(coming))]
    elif incident.confirmed is None:
        found = [Waiting(DESK, What.CONFIRM, incident.asked or incident.opened, _first(coming))]
    else:
        found = [*_of_response(incident, incident.confirmed, coming)]
    found += _reports(incident, policy)
    if incident.confirmed is not None and incident.grade_by is None:
        found.append(Waiting(LEADER, What.GRADE, incident.confirmed, _first(coming, "grade:")))
    return tuple(found)


def _reports(incident: Incident, policy: ResponsePolicy) -> Iterator[Waiting]:
    for report in reports_due(incident, policy):
        yield Waiting(DESK, What.REPORT_UP, report.since, report.due)


_BEFORE_EVALUATION: Final = {
    "": What.EVALUATE,
    "not_called_back": What.CALL_BACK,
    "unsatisfied": What.REOPEN,
}


def _after_the_end(incident: Incident, policy: ResponsePolicy) -> Iterator[Waiting]:
    yield from _reports(incident, policy)
    if incident.state is State.CLOSED and incident.ended is not None:
        due = _first(deadlines(incident, policy), "evaluate:")
        yield Waiting(DESK, _BEFORE_EVALUATION[called_back_enough(incident)], incident.ended, due)


def _of_case(work: Work, stage: Stage, coming: Mapping[str, datetime]) -> Iterator[Waiting]:
    who = f"organisation:{work.lead}" if stage in BY_ORGANISATION and work.lead is not None else DESK
    due = work.due or _first(coming, f"wait:{stage}:")
    yield Waiting(who, _OF_STAGE.get(stage, What.CLOSE), work.since, due)
    if work.extension is not None:
        yield Waiting(LEADER, What.EXTENSION, work.asked or work.since, _first(coming, "wait:extension:"))
    if stage is Stage.HANDLE:
        for code in work.partners:
            if code not in work.done:
                yield Waiting(f"organisation:{code}", What.ASSIST, work.since, work.due)


def _of_response(
    incident: Incident, confirmed: datetime, coming: Mapping[str, datetime]
) -> Iterator[Waiting]:
    if incident.state is State.HANDLED:
        yield Waiting(DESK, What.CLOSE, incident.handled or confirmed, _first(coming, "remind:"))
    elif incident.state is State.CHECKED:
        yield Waiting(DESK, What.CLOSE, incident.handled or confirmed, _first(coming, "wait:close:"))
    elif incident.arrivals:
        tier = max(incident.arrivals, key=TIERS.index)
        yield Waiting(f"tier:{tier}", What.HANDLE, incident.arrivals[tier])
    elif incident.clocks and not any(clock.verdict is None for clock in incident.clocks.values()):
        # All are late, and nobody is there: the highest tier that was called is rung again and again.
        last = max(incident.clocks.values(), key=lambda clock: TIERS.index(clock.tier))
        yield Waiting(f"tier:{last.tier}", What.ARRIVE, last.activated, last.due)
    elif not incident.clocks:
        yield Waiting(DESK, What.CLOSE, confirmed, None)
    for tier in TIERS:
        clock = incident.clocks.get(tier)
        if clock is not None and clock.verdict is None:
            yield Waiting(f"tier:{tier}", What.ARRIVE, clock.activated, clock.due)


def _first(coming: Mapping[str, datetime], prefix: str = "") -> datetime | None:
    return min((at for key, at in coming.items() if key.startswith(prefix)), default=None)
