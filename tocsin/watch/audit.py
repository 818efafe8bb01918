"""Whether an incident's rows are those that a replay of its log gives.  Pure.

Deadlines are compared one to one.  Of the notices those are expected that follow from the events
alone; who stood by or supervises is not in the log, so that more rows than expected are no fault.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from tocsin.alerts.incident import deadlines, evolve, notices
from tocsin.alerts.model import Incident
from tocsin.alerts.policy_model import ResponsePolicy
from tocsin.core.ids import GridCode, IncidentId
from tocsin.core.incidents import Recorded
from tocsin.core.responders import Directory

NOBODY = Directory(GridCode(""), ())


def differences(
    incident: IncidentId,
    events: Sequence[Recorded],
    policy: ResponsePolicy,
    rows: Mapping[str, datetime],
    told: Collection[str],
) -> list[str]:
    """Give a sentence for each row that a replay would have written otherwise."""
    state: Incident | None = None
    expected: dict[str, str] = {}
    for record in events:
        state = evolve(state, record)
        for notice in notices(record.event, state, NOBODY, policy):
            expected[notice.id] = notice.template
    if state is None:
        return [f"{incident} has no events"]
    due = deadlines(state, policy)
    said = [
        f"{incident} lacks the deadline {key} at {at:%H:%M:%S}" for key, at in due.items() if key not in rows
    ]
    said += [
        f"{incident} has the deadline {key}, which nothing in its log asks for"
        for key in rows
        if key not in due
    ]
    said += [
        f"{incident} has the deadline {key} at {rows[key]:%H:%M:%S} instead of {at:%H:%M:%S}"
        for key, at in due.items()
        if key in rows and rows[key] != at
    ]
    missing = [template for name, template in expected.items() if name not in told]
    return said + [f"{incident} lacks a notice `{template}`" for template in missing]
