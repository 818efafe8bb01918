"""The port by which a page asks for a replay: one at a time per process, in a process of its own.

What is running and what came out is kept in this process only and is gone when it ends; the page says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from typing import Any, Protocol

from tocsin.core.ids import PersonId


@unique
class ReplayState(StrEnum):
    """Where a replay stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayRun:
    """One replay that somebody asked for."""

    id: str
    person: PersonId
    scope: str
    since: datetime
    until: datetime
    asked: datetime
    state: ReplayState = ReplayState.RUNNING
    what: str = ""
    """What it does now: `readings`, `pictures`, `incidents`."""
    part: float = 0.0
    """How much of that is done, 0 to 1."""
    ended: datetime | None = None
    reason: str = ""
    """Why it failed."""
    result: Mapping[str, Any] | None = None
    """`evaluate.replay.Comparison` as plain values, once it is done."""


class Replays(Protocol):
    """Runs replays."""

    def start(
        self, text: str, *, person: PersonId, scope: str, since: datetime, until: datetime, now: datetime
    ) -> ReplayRun:
        """Begin one; raises `Rejected` (`replay.busy`) while another is running."""
        ...

    def runs(self) -> Sequence[ReplayRun]:
        """List those of this process, newest first; only the last few are kept."""
        ...

    def cancel(self, run: str) -> None:
        """Stop one; nothing happens to one that has ended or is not known."""
        ...
