"""What somebody is told whose move comes after another person's: who did what, and when.  Pure.

A rule's refusal says what cannot be done; two people at one incident need to know that the other was there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from tocsin.alerts.draft import who
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.incidents import Actor, Recorded

RECENT: Final = timedelta(minutes=10)
"""Whoever acts on a page that is older knows that others may have acted."""


def last_act(log: Sequence[Recorded], actor: Actor) -> Recorded | None:
    """Find the newest event that another person made."""
    for line in reversed(log):
        if line.actor.kind == "person" and line.actor != actor:
            return line
    return None


def with_who(refused: Rejected, log: Sequence[Recorded], actor: Actor, now: datetime) -> Rejected:
    """Add to a refusal who was faster and when; as it is when nobody was, or it names them already."""
    line = last_act(log, actor)
    if line is None or now - line.recorded > RECENT or isinstance(refused, NotFound):
        return refused
    if f"by {who(line.actor)}" in refused.reason:
        return refused
    return Rejected(refused.code, f"{refused.reason}; {_told(line)}")


def demand_unmoved(log: Sequence[Recorded], actor: Actor, seen: int) -> None:
    """Refuse a move that was made on a page which another person has overtaken.

    Told is their first event after it, the move itself: calls and the like follow from it.
    Raises `Rejected` (`incident.moved_on`).
    """
    after = (line for line in log if line.version > seen)
    line = next((line for line in after if last_act([line], actor) is not None), None)
    if line is not None:
        raise Rejected(
            "incident.moved_on",
            f"incident {line.incident} has moved on since your page was made: {_told(line)}; look again",
        )


def _told(line: Recorded) -> str:
    tag = str(line.event.__struct_config__.tag).replace("_", " ")
    return f"{who(line.actor)} was faster: {tag} at {line.recorded:%Y-%m-%d %H:%M:%S} UTC"
