"""When a case needs somebody: limits of its stages, warnings before them, and reminders of what has no limit.  Pure.

Limits and warnings are made once, when a stage begins, and stand in its event. What comes after a limit, and
where there is none, is counted from there by the policy, and waits for working time.

Keys: `work:<stage>:warn` and `work:<stage>:due:<n>` of a stage with a limit; `wait:<what>:<n>` of what has
none: `receive`, `file`, a stage, or `extension`, which was asked for and not answered.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from tocsin.alerts.evolve_oversight import told
from tocsin.alerts.model import Incident, Work
from tocsin.alerts.policy_model import ResponsePolicy
from tocsin.core.incidents import Source, Stage, State
from tocsin.core.working_time import Calendar, Limit, Terms, Unit, after, worked

_WORKING: Final = frozenset({Unit.WORKING_HOUR, Unit.WORKING_DAY})
_MACHINES: Final = frozenset({Source.SENSOR, Source.VIDEO, Source.BUTTON})
_HAND: Final = frozenset({Source.DESK, *_MACHINES})
"""Sources of which the desk hears at once, and answers within a minute."""


class Span(msgspec.Struct, frozen=True):
    """How long a stage may last."""

    due: datetime | None
    warn: datetime | None


def span_of(terms: Terms, stage: Stage, since: datetime) -> Span:
    """Give the limit of a stage that begins at an instant, and when to warn of it; nothing without a limit.

    Raises `ValueError` when its calendar has too little working time.
    """
    limit = terms.limits.get(stage)
    if limit is None:
        return Span(None, None)
    end = terms.due(stage, since)
    return Span(end, None if end is None else warning(terms, limit, since, end))


def warning(terms: Terms, limit: Limit | None, since: datetime, end: datetime) -> datetime:
    """Give the instant at which so much of the time between two is over that whoever it waits on is urged."""
    if limit is None or limit.unit not in _WORKING:
        return since + terms.warn_at * (end - since)
    return after(since, terms.warn_at * worked(since, end, terms.calendar), terms.calendar)


def in_hours(at: datetime, calendar: Calendar) -> datetime:
    """Give an instant itself if it is worked then, else when work begins again."""
    return after(at, timedelta(), calendar)


def by_working_time(work: Work) -> bool:
    """Say whether its stage is counted in working time, so that nobody is disturbed outside it."""
    limit = None if work.stage is None else work.terms.limits.get(work.stage)
    return limit is None or limit.unit in _WORKING


def patient(incident: Incident, policy: ResponsePolicy) -> bool:
    """Say whether an unconfirmed one waits for the desk by the quarter of an hour, not by the minute.

    What people saw on their way and is grave by its grade is asked about like an alarm.
    """
    if incident.grade in policy.unanswered.system_confirms:
        return False
    return incident.state is State.REPORTED or incident.source not in _HAND


def add_before(incident: Incident, policy: ResponsePolicy, keys: dict[str, datetime]) -> None:
    """Add the reminder that nobody has received, or filed or confirmed, a patient one."""
    what = "receive" if incident.state is State.REPORTED else "file"
    _add_wait(incident, what, policy, keys)


def add_of_case(incident: Incident, work: Work, policy: ResponsePolicy, keys: dict[str, datetime]) -> None:
    """Add what is open of a stage of working time."""
    stage = work.stage
    if stage is None:
        return
    if work.extension is not None:
        _add_wait(incident, "extension", policy, keys)
    if work.due is None:
        _add_wait(incident, stage.value, policy, keys)
        return
    if work.warn is not None and work.overdue == 0 and (work.urged_at is None or work.urged_at < work.warn):
        keys[f"work:{stage}:warn"] = work.warn
    if work.overdue < policy.reminders.most:
        number = work.overdue + 1
        keys[f"work:{stage}:due:{number}"] = _overdue_at(work, work.due, number, policy)


def add_check(incident: Incident, policy: ResponsePolicy, keys: dict[str, datetime]) -> None:
    """Add the reminder that one on the urgent track was checked and is not closed."""
    _add_wait(incident, Stage.CLOSE.value, policy, keys)


def newest_overdue(work: Work, number: int, now: datetime, policy: ResponsePolicy) -> int:
    """Give the number of the supervision that holds now: those that an outage swallowed are not made after."""
    while (
        work.due is not None
        and number < policy.reminders.most
        and _overdue_at(work, work.due, number + 1, policy) <= now
    ):
        number += 1
    return number


def newest_wait(incident: Incident, what: str, number: int, now: datetime, policy: ResponsePolicy) -> int:
    """Give the number of the reminder that holds now, for the same reason."""
    while number < policy.reminders.most and _wait_at(incident, what, number + 1, policy) <= now:
        number += 1
    return number


def _add_wait(incident: Incident, what: str, policy: ResponsePolicy, keys: dict[str, datetime]) -> None:
    number = told(incident, what) + 1
    if number <= policy.reminders.most:
        keys[f"wait:{what}:{number}"] = _wait_at(incident, what, number, policy)


def _wait_at(incident: Incident, what: str, number: int, policy: ResponsePolicy) -> datetime:
    """Give the instant of the n-th reminder of something without a limit."""
    reminders, work = policy.reminders, incident.work
    if work is None or work.stage is None:
        since = incident.handled if incident.state is State.CHECKED else None
        first = reminders.handled if incident.state is State.CHECKED else reminders.received
        return (since or incident.asked or incident.opened) + first + (number - 1) * reminders.again
    if what == "extension":
        at = (work.asked or work.since) + number * reminders.extension
    else:
        at = work.since + number * reminders.idle
    return in_hours(at, work.terms.calendar)


def _overdue_at(work: Work, limit: datetime, number: int, policy: ResponsePolicy) -> datetime:
    """Give the instant of the n-th supervision: the first at the limit itself."""
    if number == 1:
        return limit
    at = limit + (number - 1) * policy.reminders.overdue
    return in_hours(at, work.terms.calendar) if by_working_time(work) else at
