"""What people do to an incident as a case."""

from __future__ import annotations

from typing import TypeAlias

from tocsin.alerts import commands as ask
from tocsin.alerts.draft import Draft
from tocsin.core.errors import InvariantBroken

WorkCommand: TypeAlias = (
    ask.Receive
    | ask.File
    | ask.Dispatch
    | ask.TakeOn
    | ask.BeginWork
    | ask.FinishWork
    | ask.Return
    | ask.Join
    | ask.HandUp
    | ask.AskExtension
    | ask.AnswerExtension
    | ask.Urge
    | ask.Supervise
    | ask.Check
)


def act(draft: Draft, command: WorkCommand) -> None:
    """Add the events that a command leads to; raises `Rejected` with a sentence for a person."""
    raise InvariantBroken(f"{type(command).__name__} on {draft.incident.id}")
