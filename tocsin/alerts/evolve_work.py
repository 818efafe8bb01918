"""How the events of an incident as a case change its state: they only record."""

from __future__ import annotations

from typing import TypeAlias

from tocsin.alerts.model import Incident
from tocsin.core import incidents as happened
from tocsin.core.incidents import Recorded

WorkEvent: TypeAlias = (
    happened.Received
    | happened.Filed
    | happened.Dispatched
    | happened.TakenOn
    | happened.WorkBegun
    | happened.WorkDone
    | happened.Returned
    | happened.PartnerJoined
    | happened.HandedUp
    | happened.ExtensionAsked
    | happened.ExtensionAnswered
    | happened.Urged
    | happened.Supervised
    | happened.Checked
    | happened.SentBack
)


def changes(incident: Incident, event: WorkEvent, recorded: Recorded) -> dict[str, object]:
    """Give the new values of fields."""
    return {}
