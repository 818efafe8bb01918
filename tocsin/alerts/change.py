"""From commands to everything that one transaction writes of an incident.  Pure.

The one place where `decide`, `apply`, `deadlines` and `notices` are put together, for commands of people,
intake, deadlines and outcomes of notices alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from tocsin.alerts.commands import Command, SettleNotice
from tocsin.alerts.incident import apply, deadlines, decide, notices
from tocsin.alerts.model import Incident, Notice
from tocsin.alerts.policy import ResponsePolicy
from tocsin.alerts.ports import Change
from tocsin.core.ids import IncidentId
from tocsin.core.incidents import Actor, Closed, IncidentEvent, Merged, NoticeSettled, Recorded, Rejected
from tocsin.core.responders import Directory

ENDINGS: Final = (Closed, Merged, Rejected)


def change_of(
    name: IncidentId,
    incident: Incident | None,
    commands: Sequence[Command],
    *,
    now: datetime,
    policy: ResponsePolicy,
    directory: Directory,
    actor: Actor,
    occurred: datetime | None = None,
    act: str | None = None,
) -> Change | None:
    """Decide commands one after the other; None when they change nothing and there is no act to keep.

    An `occurred` in the future counts as now.  Raises `Rejected` as `decide`.
    """
    base_version = 0 if incident is None else incident.version
    at = now if occurred is None else min(occurred, now)
    events: list[IncidentEvent] = []
    outgoing: list[Notice] = []
    for command in commands:
        for event in decide(incident, command, now, policy, directory):
            incident = apply(name, incident, [event], actor, at, now)
            events.append(event)
            outgoing += notices(event, incident, directory, policy)
    if incident is None or (not events and act is None):
        return None
    return Change(
        incident=incident,
        base_version=base_version,
        events=tuple(events),
        actor=actor,
        occurred=at,
        deadlines=deadlines(incident, policy),
        notices=tuple(outgoing),
        cancel=any(isinstance(event, ENDINGS) for event in events),
        act=act,
    )


def unsaid(recorded: Sequence[Recorded], commands: Sequence[SettleNotice]) -> list[SettleNotice]:
    """Leave out outcomes that the log holds already: relays report at least once."""
    said = {(one.event.notice, one.event.outcome) for one in recorded if isinstance(one.event, NoticeSettled)}
    fresh = {(command.notice, command.outcome): command for command in commands}
    return [command for key, command in fresh.items() if key not in said]
