"""The rules of who is called: tiers are activated, people are called, one after another.

Each function takes a `Draft` and adds events to it.
"""

from __future__ import annotations

from datetime import datetime

from tocsin.alerts.deadlines import call_of, due_of, successor
from tocsin.alerts.draft import Draft
from tocsin.alerts.evolve import running
from tocsin.alerts.routing import beyond, routed
from tocsin.alerts.transitions import Track, track
from tocsin.core.grids import TIERS, Tier
from tocsin.core.ids import PersonId
from tocsin.core.incidents import (
    Basis,
    Called,
    ConfirmationOverdue,
    Confirmed,
    Grade,
    Lateness,
    Mode,
    TierActivated,
    Verdict,
    VerdictGiven,
)
from tocsin.core.responders import Channel


def confirm(draft: Draft, basis: Basis, grade: Grade | None, at: datetime) -> None:
    """Confirm, and activate the tiers that the mode names; a retrospective record gets no clocks."""
    incident = draft.incident
    grade = grade or incident.grade
    # What the nearest tier may not deal with by itself does not wait for it to say so.
    mode = Mode.PARALLEL if beyond(draft, grade) else draft.policy_at(grade).modes[grade]
    draft.emit(Confirmed(at=at, basis=basis, grade=grade, mode=mode))
    routed(draft)
    for tier in TIERS if mode is Mode.PARALLEL else (Tier.VILLAGE,):
        activate(draft, tier, at, "confirmed")


def activate(draft: Draft, tier: Tier, at: datetime, reason_code: str, *, again: bool = False) -> None:
    """Start a tier's clock and call its first people; a second time changes nothing, unless `again`.

    With nobody on duty the clock runs all the same, and the next tier is activated at once.  A case has none.
    """
    incident = draft.incident
    started = (tier in incident.clocks and not again) or track(incident) is Track.WORK
    if started or incident.confirmed is None or incident.lateness is Lateness.RETROSPECTIVE:
        return
    roster = tuple(responder.person for responder in draft.directory.on(tier))
    due = due_of(incident.confirmed, at, tier, draft.policy)
    draft.emit(TierActivated(tier=tier, at=at, due=due, reason_code=reason_code, roster=roster))
    if tier in incident.arrivals:
        # Somebody of this tier was there before anybody called it.
        there = max(incident.arrivals[tier], incident.confirmed)
        draft.emit(VerdictGiven(tier=tier, verdict=Verdict.ARRIVED, at=there, basis=Basis.SCENE))
        return
    _call_first(draft, tier, at, "activated")


def call_again(draft: Draft, tier: Tier, at: datetime, reason_code: str) -> None:
    """Call the first people of a running tier once more, and all others who were called; not who refused."""
    reached = False
    for place, person in enumerate(draft.incident.clocks[tier].roster):
        before = draft.incident.calls.get(person)
        called = (found := call_of(draft.incident, tier, person)) is not None and bool(found.channels)
        wanted = called or place < draft.policy.call_together[tier]
        if wanted and (before is None or before.refused is None):
            reached = call(draft, person, tier, at, reason_code) or reached
    if not reached:
        _call_first(draft, tier, at, reason_code)


def _call_first(draft: Draft, tier: Tier, at: datetime, reason_code: str) -> None:
    reached = False
    for place in range(min(draft.policy.call_together[tier], len(draft.incident.clocks[tier].roster))):
        reached = call_from(draft, tier, place, at, reason_code) or reached
    if not reached and tier.above is not None:
        activate(draft, tier.above, at, "no_one_below")


def call_from(draft: Draft, tier: Tier, place: int, at: datetime, reason_code: str) -> bool:
    """Call the person at a place of the roster, or the next who can be reached and go; say whether one was."""
    roster = draft.incident.clocks[tier].roster
    while place < len(roster):
        person = roster[place]
        before = draft.incident.calls.get(person)
        cannot = before is not None and before.refused is not None  # said when asked to look
        if (
            not cannot
            and call_of(draft.incident, tier, person) is None
            and call(draft, person, tier, at, reason_code)
        ):
            return True
        place += draft.policy.call_together[tier]
    return False


def call(
    draft: Draft, person: PersonId, tier: Tier, at: datetime, reason_code: str, *, quiet: bool = False
) -> bool:
    """Call a person by their first channel; say whether they have one. Who has none is noted as called.

    `quiet` rings only those who cannot be told otherwise.
    """
    channels = _ordered(draft.channels(person, tier), quiet=quiet)
    before = draft.incident.calls.get(person)
    draft.emit(
        Called(
            tier=tier,
            person=person,
            step=0 if before is None else before.step + 1,
            channels=channels[:1],
            reason_code=reason_code,
            at=at,
            more=max(0, len(channels) - 1),
        )
    )
    return bool(channels)


def call_further(draft: Draft, person: PersonId, reason_code: str, since: datetime | None = None) -> bool:
    """Call a person by the next channel that was not tried; say whether there was one.

    `since` moves the instant from which their call counts; None leaves it.
    """
    before = draft.incident.calls[person]
    found = draft.responder(person)
    # A supervisor has no clock here, but a tier of their own whose channels hold.
    tier = before.tier or (found.tier if found is not None else Tier.VILLAGE)
    left = [channel for channel in draft.channels(person, tier) if channel not in before.channels]
    draft.emit(
        Called(
            tier=before.tier,
            person=person,
            step=before.step + 1,
            channels=tuple(left[:1]),
            reason_code=reason_code,
            at=since or before.called,
            more=max(0, len(left) - 1),
        )
    )
    return bool(left)


def call_next(draft: Draft, person: PersonId, at: datetime, reason_code: str) -> bool:
    """Call who comes after a person whose tier's clock runs; say whether somebody was called."""
    call = draft.incident.calls.get(person)
    if call is None or call.tier is None or not running(draft.incident, call.tier):
        return False
    roster = draft.incident.clocks[call.tier].roster
    if person not in roster:
        return False
    place = roster.index(person)
    if successor(draft.incident, call.tier, place, draft.policy) is None:
        return False
    return call_from(draft, call.tier, place + draft.policy.call_together[call.tier], at, reason_code)


def _ordered(channels: tuple[Channel, ...], *, quiet: bool) -> tuple[Channel, ...]:
    return tuple(sorted(channels, key=lambda one: one is Channel.VOICE)) if quiet else channels


def call_supervisors(draft: Draft, at: datetime, reason_code: str, *, quiet: bool = False) -> None:
    """Call everybody who supervises this place; `quiet` as in `call`."""
    for supervisor in draft.directory.supervisors():
        channels = _ordered(draft.channels(supervisor.person, supervisor.tier), quiet=quiet)
        before = draft.incident.calls.get(supervisor.person)
        draft.emit(
            Called(
                tier=None,
                person=supervisor.person,
                step=0 if before is None else before.step + 1,
                channels=channels[:1],
                reason_code=reason_code,
                at=at,
                more=max(0, len(channels) - 1),
            )
        )


def overdue(draft: Draft, number: int, at: datetime) -> None:
    """Act on the n-th time that nobody confirmed.

    Supervisors are called each time. The first time the village is asked to look, too; but never
    for late data, which calls nobody to the place by itself.
    """
    first = draft.incident.unanswered == 0
    draft.emit(ConfirmationOverdue(step=number))
    call_supervisors(draft, at, "unanswered")
    if not first or draft.incident.lateness is not Lateness.LIVE:
        return
    asked = 0
    for responder in draft.directory.on(Tier.VILLAGE):
        if asked == draft.policy.call_together[Tier.VILLAGE]:
            return
        before = draft.incident.calls.get(responder.person)
        if before is None or before.refused is None:
            asked += call(draft, responder.person, Tier.VILLAGE, at, "unanswered")
