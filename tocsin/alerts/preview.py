"""What comes next in an incident if nobody acts: the same rules, run forward in thought."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tocsin.alerts.commands import Command, DeadlineReached
from tocsin.alerts.deadlines import deadlines
from tocsin.alerts.model import Incident
from tocsin.alerts.outgoing import notices
from tocsin.alerts.policy_model import ResponsePolicy
from tocsin.core import incidents as happened
from tocsin.core.grids import Tier
from tocsin.core.ids import PersonId
from tocsin.core.incidents import IncidentEvent
from tocsin.core.responders import Channel, Directory

UPCOMING_MAX: Final = 24
"""After so many steps nothing new is learnt: what follows is the same call again."""

Advance = Callable[
    [Incident | None, Command, datetime, ResponsePolicy, Directory], tuple[list[IncidentEvent], Incident]
]


@dataclass(frozen=True, slots=True)
class Upcoming:
    """One thing that will happen unless somebody acts."""

    at: datetime
    what_code: str
    """`unanswered`, `confirmed`, `missed`, `activated`, `siren`, `stand_by`, `reminded:<what>`, or `called:<reason>`."""
    tier: Tier | None
    persons: tuple[PersonId, ...] = ()
    """Who is told; empty when it tells nobody."""
    channels: tuple[Channel, ...] = ()
    """By which channels, the first of each person."""


def run_forward(
    advance: Advance, incident: Incident, policy: ResponsePolicy, directory: Directory, now: datetime
) -> Iterator[tuple[datetime, list[IncidentEvent], Incident]]:
    """Yield each decision that the deadlines lead to, with its instant and the state after it.

    It may never end (everybody is called again and again): the caller takes as many as it wants.
    """
    while open_deadlines := deadlines(incident, policy):
        key, due = min(open_deadlines.items(), key=lambda item: (item[1], item[0]))
        now = max(now, due)
        events, incident = advance(incident, DeadlineReached(key=key), now, policy, directory)
        if not events:
            return
        yield now, events, incident


def foresee(
    advance: Advance, incident: Incident, policy: ResponsePolicy, directory: Directory, now: datetime
) -> tuple[Upcoming, ...]:
    """Tell what comes next, in order of time, at most `UPCOMING_MAX` things."""
    upcoming: list[Upcoming] = []
    for at, events, after in run_forward(advance, incident, policy, directory, now):
        upcoming.extend(_told(at, events, after, directory, policy))
        if len(upcoming) >= UPCOMING_MAX or after.rung > 0 or after.unanswered > 2:
            break
    return tuple(upcoming[:UPCOMING_MAX])


def _told(
    at: datetime,
    events: list[IncidentEvent],
    after: Incident,
    directory: Directory,
    policy: ResponsePolicy,
) -> Iterator[Upcoming]:
    def by_notices(what_code: str, event: IncidentEvent, tier: Tier | None) -> Upcoming:
        told = notices(event, after, directory, policy)
        persons = dict.fromkeys(one.person for one in told if one.person is not None)
        return Upcoming(
            at, what_code, tier, tuple(persons), tuple(dict.fromkeys(one.channel for one in told))
        )

    called = [event for event in events if isinstance(event, happened.Called)]
    for event in events:
        match event:
            case happened.ConfirmationOverdue():
                yield _with_calls(at, "unanswered", None, called)
            case happened.Confirmed():
                yield Upcoming(at, "confirmed", None)
            case happened.VerdictGiven() | happened.StandBy():
                said = "stand_by" if isinstance(event, happened.StandBy) else str(event.verdict)
                yield by_notices(said, event, event.tier)
            case happened.TierActivated():
                mine = [
                    call for call in called if call.tier is event.tier and call.reason_code == "activated"
                ]
                yield _with_calls(at, "activated", event.tier, mine)
                siren = by_notices("siren", event, event.tier)
                if siren.channels:
                    yield siren
            case happened.Reminded(at=datetime()):
                yield by_notices(f"reminded:{event.what}", event, None)
            case happened.Called() if event.reason_code not in {"activated", "unanswered"}:
                yield _with_calls(at, f"called:{event.reason_code}", event.tier, [event])
            case _:
                pass


def _with_calls(at: datetime, what_code: str, tier: Tier | None, calls: list[happened.Called]) -> Upcoming:
    persons = tuple(call.person for call in calls)
    channels = tuple(dict.fromkeys(channel for call in calls for channel in call.channels))
    return Upcoming(at, what_code, tier, persons, channels)
