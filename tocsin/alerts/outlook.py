"""What an incident owes, and to whom: the checklist, reports upwards, whom it waits on, what comes next.  Pure.

Put together for the page of one incident, from the functions that the live system uses.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tocsin.alerts.incident import preview
from tocsin.alerts.model import Incident
from tocsin.alerts.oversight import ReportDue, plan_of, reports_due
from tocsin.alerts.policy_model import Plan, ResponsePolicy
from tocsin.alerts.preview import Upcoming
from tocsin.alerts.waiting import Waiting, waits_on
from tocsin.core.responders import Directory


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """How it stands now, under the policy that it pins."""

    incident: Incident
    upcoming: tuple[Upcoming, ...]
    """What comes next if nobody does anything, soonest first; nothing after the end."""
    plan: Plan | None
    reports_due: tuple[ReportDue, ...]
    waits_on: tuple[Waiting, ...]


def look(incident: Incident, policy: ResponsePolicy, directory: Directory, now: datetime) -> Outlook:
    """Look at an incident under its pinned policy, with those on duty at its place."""
    rules = policy.of(incident)
    return Outlook(
        incident=incident,
        upcoming=preview(incident, policy, directory, now) if incident.state.open else (),
        plan=plan_of(incident, rules),
        reports_due=reports_due(incident, rules),
        waits_on=waits_on(incident, policy),
    )
