"""What an incident still owes to those who oversee it: its checklist, reports to the level above, an evaluation.  Pure.

All of it follows from the incident and its pinned policy, so that the live system, the console and a replay
agree.  Keys for `alerts.deadlines`: `grade:<n>` nobody answers for the grade; `report_up:<n>` the level above
has not been told; `evaluate:<n>` closed and not evaluated.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from tocsin.alerts.evolve_oversight import told
from tocsin.alerts.model import Incident
from tocsin.alerts.policy_model import Plan, ResponsePolicy
from tocsin.core.incidents import Source, State, UpStage
from tocsin.core.working_time import Calendar, due

SATISFIED_FROM: Final = 3
"""Of 5; who says less is not satisfied."""
CALLS_ENOUGH: Final = 3
"""After so many calls that nobody answers a case is evaluated without one."""
OWED: Final = {"grade": "grade_unconfirmed", "report_up": "report_due", "evaluate": "not_evaluated"}
"""Template of the notice to supervisors, by what they are reminded of."""
_SOMEBODY: Final = frozenset({Source.BUTTON, Source.DESK, Source.CITIZEN, Source.HOTLINE})
"""Sources behind which somebody stands who can be called back."""
_CALENDAR: Final = Calendar()
"""The level above works when the country does, whatever a matter's own hours are."""
_FINAL_STATES: Final = frozenset({State.CLOSED, State.EVALUATED})


class ReportDue(msgspec.Struct, frozen=True):
    """A report to the level above that has not been made."""

    stage: UpStage
    since: datetime
    due: datetime


def plan_of(incident: Incident, policy: ResponsePolicy) -> Plan | None:
    """Give the checklist for the kind and present grade of an incident; None where the policy has none."""
    for plan in policy.plans:
        if incident.kind in plan.kinds and incident.grade in plan.grades:
            return plan
    return None


def reports_due(incident: Incident, policy: ResponsePolicy) -> tuple[ReportDue, ...]:
    """Give the next report to the level above that its grade asks for; none when all are made.

    Without an initial report nothing else is due while it is open; after the end only the final one is.
    """
    found = _report_due(incident, policy)
    return () if found is None else (found,)


def called_back_enough(incident: Incident) -> str:
    """Say what is missing before it may be evaluated: `not_called_back`, `unsatisfied`, or nothing.

    Nobody is called back about what a device saw, or about a drill.  Who is unsatisfied again after a
    reopening has been heard: their word counts in the figures.
    """
    if incident.drill or incident.source not in _SOMEBODY:
        return ""
    said = incident.satisfaction
    if said is None:
        return "" if incident.answered or incident.called_back >= CALLS_ENOUGH else "not_called_back"
    return "unsatisfied" if said < SATISFIED_FROM and incident.reopened == 0 else ""


def add_deadlines(incident: Incident, policy: ResponsePolicy, keys: dict[str, datetime]) -> None:
    """Add the instants at which somebody is reminded of what it owes; `policy` is that of its case.

    Asked after every event: what costs something is asked last.
    """
    most = policy.reminders.most
    if not incident.state.open:
        if incident.state is State.CLOSED and policy.reminders.evaluate is not None:
            _add(keys, "evaluate", told(incident, "evaluate"), most, incident, policy)
    elif incident.grade_by is None and policy.reminders.grade is not None:
        _add(keys, "grade", told(incident, "grade"), most, incident, policy)
    reports = policy.reports_up
    if reports.final or reports.initial:
        _add(keys, "report_up", told(incident, "report_up"), most, incident, policy)


def newest_telling(incident: Incident, what: str, number: int, now: datetime, policy: ResponsePolicy) -> int:
    """Give the number of the reminder that holds now: those that an outage swallowed are not sent after."""
    while number < policy.reminders.most:
        following = _told_at(incident, what, number + 1, policy)
        if following is None or following > now:
            break
        number += 1
    return number


def _add(  # noqa: PLR0917 a hot path: nothing is looked up twice
    keys: dict[str, datetime], what: str, done: int, most: int, incident: Incident, policy: ResponsePolicy
) -> None:
    if done < most and (at := _told_at(incident, what, done + 1, policy)) is not None:
        keys[f"{what}:{done + 1}"] = at


def _told_at(incident: Incident, what: str, number: int, policy: ResponsePolicy) -> datetime | None:
    """Give the instant of the n-th reminder of something; None when there is nothing to remind of."""
    reminders = policy.reminders
    if what == "report_up":
        report = _report_due(incident, policy)
        return None if report is None else report.due + (number - 1) * reminders.again
    if what == "grade":
        return _after(incident.confirmed, reminders.grade, (number - 1) * reminders.again)
    return _after(incident.ended, reminders.evaluate, (number - 1) * (reminders.evaluate or reminders.again))


def _after(since: datetime | None, span: timedelta | None, more: timedelta) -> datetime | None:
    return None if since is None or span is None else since + span + more


def _report_due(incident: Incident, policy: ResponsePolicy) -> ReportDue | None:
    rules, made = policy.reports_up, incident.reported_up
    if incident.ended is not None:
        limit = rules.final.get(incident.grade)
        if limit is None or incident.state not in _FINAL_STATES:
            return None
        if any(stage is UpStage.FINAL and at >= incident.ended for stage, at in made):
            return None
        return ReportDue(UpStage.FINAL, incident.ended, due(incident.ended, limit, _CALENDAR))
    if not made:
        span, since = rules.initial.get(incident.grade), incident.confirmed
        stage = UpStage.INITIAL
    else:
        span, since = rules.follow_up.get(incident.grade), made[-1][1]
        stage = UpStage.FOLLOW_UP
    return None if span is None or since is None else ReportDue(stage, since, since + span)
