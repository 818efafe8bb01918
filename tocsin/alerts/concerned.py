"""Whom an incident concerns, by its log: who was called, told or reported it, which organisations answer for it.  Pure.

They may see it wherever it lies; the store keeps the same in tables, so that lists can be narrowed.
"""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.core.ids import OrganisationCode, PersonId
from tocsin.core.incidents import (
    Actor,
    Called,
    Dispatched,
    IncidentEvent,
    NoticeSettled,
    PartnerJoined,
    Recorded,
    ReportAttached,
    Routed,
)


def people(event: IncidentEvent, actor: Actor) -> tuple[PersonId, ...]:
    """Give whom an event concerns: who was called or told by it, and who reported."""
    match event:
        case Called(person=person):
            return (person,)
        case NoticeSettled(person=person) if person is not None:
            return (person,)
        case ReportAttached() if actor.kind == "person":
            return (PersonId(actor.id),)
        case _:
            return ()


def organisations(event: IncidentEvent) -> tuple[OrganisationCode, ...]:
    """Give whom an event makes answer for its incident; a level to which it is handed up stands in the route."""
    match event:
        case Routed(organisations=named):
            return tuple(code for _, code in named)
        case Dispatched(lead=lead, partners=partners):
            return lead, *partners
        case PartnerJoined(organisation=organisation):
            return (organisation,)
        case _:
            return ()


def concerns(log: Iterable[Recorded], person: PersonId) -> bool:
    """Say whether a person was called to the incident with this log, told of it by a notice, or reported it."""
    return any(person in people(line.event, line.actor) for line in log)


def answers_for(log: Iterable[Recorded], organisation: OrganisationCode | None) -> bool:
    """Say whether the incident with this log was ever routed to an organisation, given to it or joined by it."""
    return organisation is not None and any(organisation in organisations(line.event) for line in log)
