"""How the events of an incident as something that is overseen change its state: they only record."""

from __future__ import annotations

from typing import TypeAlias

from tocsin.alerts.model import Incident
from tocsin.core import incidents as happened
from tocsin.core.incidents import Recorded

OversightEvent: TypeAlias = (
    happened.Routed
    | happened.Reopened
    | happened.TransferredOut
    | happened.CalledBack
    | happened.Evaluated
    | happened.ReportedUp
    | happened.GradeConfirmed
    | happened.StepTicked
)


def changes(incident: Incident, event: OversightEvent, recorded: Recorded) -> dict[str, object]:
    """Give the new values of fields."""
    return {}
