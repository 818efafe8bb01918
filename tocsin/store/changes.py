"""What decisions mean for the tables: changes in, rows out, no I/O.

The response core gives whole incidents and events; the batch statements of `alerts.sql` want rows.
One incident may appear once in a batch: `waves` splits what would write it twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from tocsin.alerts import concerned
from tocsin.alerts.model import Incident, Notice
from tocsin.alerts.ports import Change
from tocsin.core.ids import IncidentId, PersonId
from tocsin.core.incidents import (
    Actor,
    AlarmAttached,
    IncidentEvent,
    NoticeSettled,
    Recorded,
    Reopened,
    ReportAttached,
)
from tocsin.store import chain

Row: TypeAlias = Mapping[str, object]


@dataclass(slots=True)
class Batch:
    """Rows for each statement of one save."""

    begun: list[Row] = field(default_factory=list)
    changed: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    reopened: list[Row] = field(default_factory=list)
    """Incidents that begin anew: clocks of their first life are none of theirs any more."""
    clocks: list[Row] = field(default_factory=list)
    called: list[Row] = field(default_factory=list)
    attached: list[Row] = field(default_factory=list)
    reported: list[Row] = field(default_factory=list)
    routed: list[Row] = field(default_factory=list)
    deadlines: list[Row] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    """Their fields are named as the columns."""
    acts: list[Row] = field(default_factory=list)
    cancelled: list[IncidentId] = field(default_factory=list)
    recorded: list[list[Recorded]] = field(default_factory=list)
    """The records of each change, in order of the changes."""


def waves(changes: Sequence[Change]) -> list[list[int]]:
    """Split the places of changes into batches in which no incident stands twice, keeping their order."""
    found: list[list[int]] = []
    seen: dict[IncidentId, int] = {}
    for place, change in enumerate(changes):
        wave = seen.get(change.incident.id, -1) + 1
        seen[change.incident.id] = wave
        if wave == len(found):
            found.append([])
        found[wave].append(place)
    return found


def batch(changes: Iterable[Change], heads: Mapping[IncidentId, bytes], now: datetime) -> Batch:
    """Make the rows of changes; `heads` holds the newest hash of each incident that exists."""
    made = Batch()
    for change in changes:
        incident = change.incident
        records = _records(change, now)
        head = heads.get(incident.id)
        links = chain.forge(chain.origin(incident.id) if head is None else head, records)
        made.recorded.append(records)
        made.events += (_event_row(*pair) for pair in zip(records, links, strict=True))
        row = _incident_row(change, links[-1].hash if links else head, now)
        (made.begun if head is None else made.changed).append(row)
        if any(isinstance(event, Reopened) for event in change.events):
            made.reopened.append({"incident": incident.id})
        made.clocks += _clock_rows(incident)
        made.deadlines += (
            {"incident": incident.id, "key": key, "due": due} for key, due in change.deadlines.items()
        )
        made.notices += change.notices
        for event in change.events:
            _relate(made, incident.id, event, now)
        made.called += ({"incident": incident.id, "person": person} for person in sorted(_people(change)))
        if change.act is not None:
            made.acts.append({"incident": incident.id, "act": change.act})
        if change.cancel:
            made.cancelled.append(incident.id)
    return made


def _records(change: Change, now: datetime) -> list[Recorded]:
    return [
        Recorded(
            incident=change.incident.id,
            version=version,
            event=event,
            actor=change.actor,
            occurred=change.occurred,
            recorded=now,
        )
        for version, event in enumerate(change.events, start=change.base_version + 1)
    ]


def _event_row(record: Recorded, link: chain.Link) -> Row:
    return {
        "incident": record.incident,
        "version": record.version,
        "kind": record.event.__struct_config__.tag,
        "actor": actor_text(record.actor),
        "occurred": record.occurred,
        "recorded": record.recorded,
        "body": link.body,
        "prev_hash": link.prev_hash,
        "hash": link.hash,
    }


def actor_text(actor: Actor) -> str:
    """Write an actor as one word: `person:<id>`, `system`, `collector:<id>`."""
    return f"{actor.kind}:{actor.id}" if actor.id else actor.kind


def _incident_row(change: Change, head: bytes | None, now: datetime) -> Row:
    incident = change.incident
    place, work = incident.place, incident.work
    by_hand = bool(incident.reports) and change.actor.kind == "person"
    return {
        "id": incident.id,
        "version": change.base_version + len(change.events),
        "state": incident.state,
        "kind": incident.kind,
        "grade": incident.grade,
        "grid": incident.grid,
        "device": incident.device,
        "alarm": incident.alarms[0] if incident.alarms else None,
        "latitude": None if place is None else place.latitude,
        "longitude": None if place is None else place.longitude,
        "accuracy_m": None if place is None else place.accuracy_m,
        "opened": incident.opened,
        "began": incident.began,
        "confirmed": incident.confirmed,
        "ended": incident.ended,
        "lateness": incident.lateness,
        "drill": incident.drill,
        "policy": incident.policy,
        "alarms": len(incident.alarms),
        "reports": len(incident.reports),
        "next_due": min(change.deadlines.values(), default=None),
        "head": head,
        "readiness": incident.readiness,
        "source": incident.source,
        "matter": incident.matter,
        "level": None if work is None else work.level,
        "lead": None if work is None else work.lead,
        "stage": None if work is None else work.stage,
        "stage_due": None if work is None else work.due,
        "beyond": incident.beyond,
        "exercise": incident.exercise,
        "reported_by": change.actor.id if by_hand else None,
        "satisfaction": incident.satisfaction,
        "changed": now,
    }


def _clock_rows(incident: Incident) -> list[Row]:
    return [
        {
            "incident": incident.id,
            "tier": clock.tier,
            "activated": clock.activated,
            "due": clock.due,
            "verdict": clock.verdict,
            "at": clock.at,
            "basis": clock.basis,
            "cause": clock.cause,
        }
        for clock in incident.clocks.values()
    ]


def _people(change: Change) -> set[PersonId]:
    """Gather whom a change concerns; who learns what became of a notice was told by that notice before."""
    said = (event for event in change.events if not isinstance(event, NoticeSettled))
    found = {person for event in said for person in concerned.people(event, change.actor)}
    return found | {notice.person for notice in change.notices if notice.person is not None}


def _relate(made: Batch, incident: IncidentId, event: IncidentEvent, now: datetime) -> None:
    made.routed += ({"incident": incident, "organisation": one} for one in concerned.organisations(event))
    match event:
        case AlarmAttached(alarm=alarm, device=device, kind=kind):
            made.attached.append(
                {"incident": incident, "alarm": alarm, "device": device, "kind": kind, "attached": now}
            )
        case ReportAttached(report=report):
            made.reported.append({"incident": incident, "report": report})
        case _:
            pass  # other events relate the incident to nothing that a list asks for
