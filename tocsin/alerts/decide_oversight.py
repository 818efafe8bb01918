"""What people do to an incident as something that is overseen."""

from __future__ import annotations

from typing import TypeAlias

from tocsin.alerts import commands as ask
from tocsin.alerts.draft import Draft
from tocsin.core.errors import InvariantBroken

OversightCommand: TypeAlias = (
    ask.Reopen | ask.Transfer | ask.CallBack | ask.Evaluate | ask.ReportUp | ask.ConfirmGrade | ask.TickStep
)


def act(draft: Draft, command: OversightCommand) -> None:
    """Add the events that a command leads to; raises `Rejected` with a sentence for a person."""
    raise InvariantBroken(f"{type(command).__name__} on {draft.incident.id}")
