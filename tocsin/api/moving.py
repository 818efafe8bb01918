"""In what part a caller acts on an incident, what they may do with it now, and for which organisation they speak.

Whether a move is possible stands in `alerts.transitions`; here it is only said who asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tocsin.alerts import transitions
from tocsin.alerts.model import Incident
from tocsin.alerts.overtaken import demand_unmoved
from tocsin.alerts.service import Demand
from tocsin.alerts.transitions import Who
from tocsin.api.access import Caller, own_organisation
from tocsin.api.schemas.case import CaseBody, OwnBody
from tocsin.core.errors import Rejected
from tocsin.core.ids import OrganisationCode
from tocsin.core.incidents import Recorded
from tocsin.town.ports import Role

ORDER: Final = tuple(dict.fromkeys(row.move for row in transitions.TRANSITIONS))
"""Moves in the order of a life."""
NO_MOVES: Final = frozenset({"attach_report", "add_note"})
"""In the table of moves, and offered elsewhere: by a report, and always."""


def parts(caller: Caller, incident: Incident) -> frozenset[Who]:
    """Say in what parts somebody may act; a department only in those of its organisation."""
    match caller.role:
        case Role.OPERATOR:
            return frozenset({Who.DESK, Who.LEADER, *(_organisations(incident))})
        case Role.SUPERVISOR:
            return frozenset({Who.LEADER})
        case Role.RESPONDER:
            return frozenset({Who.SCENE}) if caller.person in incident.calls else frozenset()
        case Role.DEPARTMENT:
            return _part_of(caller.account.organisation, incident)
        case Role.ADMINISTRATOR | Role.ENGINEER:
            return frozenset()


def moves(caller: Caller, incident: Incident) -> list[str]:
    """Name what somebody may do with an incident now, in the order of a life."""
    acting = parts(caller, incident)
    found = {move for who in acting for move in transitions.moves(incident, who)} - NO_MOVES
    return [move for move in ORDER if move in found]


def speaking_for(caller: Caller, body: OwnBody) -> OrganisationCode:
    """Give the organisation that a caller speaks for: a department its own, an operator the one that told them.

    Raises `Rejected` (`case.organisation`, `case.hearsay`).
    """
    if caller.role is Role.DEPARTMENT:
        own = own_organisation(caller)
        if body.organisation not in {None, own}:
            raise Rejected(
                "case.organisation", f"you speak for {own} alone: leave `organisation` out, or ask the desk"
            )
        return own
    if body.organisation is None or body.note is None:
        raise Rejected(
            "case.hearsay",
            "as an operator say which `organisation` told you so, and in a `note` who told you and how",
        )
    return OrganisationCode(body.organisation)


def leading(caller: Caller) -> Demand | None:
    """Give what must hold before a department may speak as the lead, which raises `Rejected` (`case.not_lead`)."""
    if caller.role is not Role.DEPARTMENT:
        return None
    own = own_organisation(caller)

    def demand(incident: Incident, _log: Sequence[Recorded]) -> None:
        if Who.LEAD not in _part_of(own, incident):
            raise Rejected(
                "case.not_lead",
                f"incident {incident.id} is not led by {own} now: let its lead or the desk do it",
            )

    return demand


def called(caller: Caller) -> Demand | None:
    """Give what must hold before a responder may act at the scene, which raises `Rejected` (`case.not_called`)."""
    if caller.role is not Role.RESPONDER:
        return None

    def demand(incident: Incident, _log: Sequence[Recorded]) -> None:
        if Who.SCENE not in parts(caller, incident):
            raise Rejected(
                "case.not_called",
                f"you were not called to incident {incident.id}: tell the desk what you saw",
            )

    return demand


def _part_of(organisation: OrganisationCode | None, incident: Incident) -> frozenset[Who]:
    work = incident.work
    if work is None or organisation is None:
        return frozenset()
    if organisation == work.lead:
        return frozenset({Who.LEAD})
    return frozenset({Who.PARTNER}) if organisation in work.partners else frozenset()


def _organisations(incident: Incident) -> frozenset[Who]:
    """What organisations may do, an operator may note for them."""
    work = incident.work
    if work is None or work.lead is None:
        return frozenset()
    return frozenset({Who.LEAD, Who.PARTNER} if work.partners else {Who.LEAD})


def unmoved(caller: Caller, body: CaseBody, demand: Demand | None = None) -> Demand | None:
    """Give what must hold besides: nobody else has acted since the page was made that the body says it shows."""
    seen = body.seen
    if seen is None:
        return demand

    def both(incident: Incident, log: Sequence[Recorded]) -> None:
        demand_unmoved(log, caller.actor, seen)
        if demand is not None:
            demand(incident, log)

    return both
