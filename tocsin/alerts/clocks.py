"""The rules of the clocks: verdicts, what a miss brings with it, and what each deadline key means."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import structs

from tocsin.alerts import decide_pace
from tocsin.alerts.calling import (
    activate,
    call_again,
    call_further,
    call_next,
    call_supervisors,
    confirm,
    overdue,
)
from tocsin.alerts.deadlines import call_of, newest_ask, newest_reminder, newest_ring
from tocsin.alerts.draft import Draft
from tocsin.alerts.evolve import running
from tocsin.alerts.model import Call, Incident, TierClock
from tocsin.alerts.oversight import newest_telling
from tocsin.alerts.transitions import Track, track
from tocsin.core.grids import TIERS, Tier
from tocsin.core.ids import PersonId
from tocsin.core.incidents import (
    ArrivalRefuted,
    Basis,
    Called,
    IncidentEvent,
    Lateness,
    Reminded,
    StandBy,
    Verdict,
    VerdictGiven,
)
from tocsin.core.responders import Channel

_AFTER_THE_CLOCK = frozenset(
    {"nobody_there", "not_closed", "missed_below", "task", "urge", "supervise", "waits"}
)
"""Reasons of calls that ask for something though the clock of the person's tier has ended."""

OUTAGE = "system:outage"
"""Cause of a miss that was decided long after its instant: the centre was away, and nobody is to blame."""


def reach(draft: Draft, key: str) -> None:
    """Act on a deadline; a key that is not open, or not yet due, is stale and adds nothing."""
    due = draft.deadlines.get(key)
    if due is None or due > draft.now:
        return
    what, _, rest = key.partition(":")
    if what == "confirm":
        number = newest_ask(draft.incident, int(rest), draft.now, draft.policy)
        _unconfirmed(draft, number, draft.anchored(due))
        return
    if what in decide_pace.KEYS:
        decide_pace.reach(draft, key, draft.anchored(due))
        return
    before = len(draft.events)
    miss_overdue(draft, inclusive=what == "tier")
    if len(draft.events) > before:
        tell_of_outage(draft, draft.events[before:])
        if key not in draft.deadlines:
            # A hard clock that had run out as well has settled this one.
            return
    _act_on(draft, what, rest, due)


def _act_on(draft: Draft, what: str, rest: str, due: datetime) -> None:
    at = draft.anchored(due)
    person = PersonId(rest.rpartition(":")[0])
    match what:
        case "standby":
            draft.emit(StandBy(tier=Tier(rest)))
        case "seen":
            tried = len(draft.incident.calls[person].channels)
            # After an outage the next channel has its time from now: nobody is called by all of them at once.
            since = at - draft.policy.soft.seen * tried if at != due else None
            call_further(draft, person, "not_seen", since)
        case "accept":
            call_next(draft, person, at, "not_accepted")
        case "remind":
            number = newest_reminder(draft.incident, int(rest), draft.now, draft.policy)
            draft.emit(Reminded(what="handled", step=number))
            call_supervisors(draft, at, "not_closed")
        case "grade" | "report_up" | "evaluate":
            number = newest_telling(draft.incident, what, int(rest), draft.now, draft.policy)
            draft.emit(Reminded(what=what, step=number, at=at))
        case _:
            _again(draft, newest_ring(draft.incident, int(rest), draft.now, draft.policy), at)


def tell_of_outage(draft: Draft, events: Sequence[IncidentEvent]) -> None:
    """Tell supervisors once what an outage of ours left behind, whoever was first after it, engine or phone.

    Each single miss is history by now. Where they are rung or reminded at this instant anyway, that is enough.
    """
    ours = any(isinstance(event, VerdictGiven) and event.cause == OUTAGE for event in events)
    if not ours or not draft.incident.state.open:
        return
    due = draft.deadlines.items()
    if not any(key.startswith(("again:", "remind:")) and at <= draft.now for key, at in due):
        call_supervisors(draft, draft.now, "missed_below")


def _unconfirmed(draft: Draft, number: int, at: datetime) -> None:
    incident = draft.incident
    may = incident.lateness is Lateness.LIVE and incident.grade in draft.policy.unanswered.system_confirms
    if may and number >= 2:
        confirm(draft, Basis.UNANSWERED, None, at)
    else:
        overdue(draft, number, at)


def _again(draft: Draft, number: int, at: datetime) -> None:
    """Call everybody of the highest tier once more, and the supervisors, because nobody is there.

    When their shift is over and none of them can be told, those who are on duty now are called too.
    """
    incident = draft.incident
    top = max(incident.clocks, key=TIERS.index)
    wanted = {person for person, call in incident.calls.items() if call.tier in {None, top}}
    if any(clock.cause == OUTAGE for clock in incident.clocks.values()):
        # Nobody told them of the misses: the outage kept it.
        wanted |= {supervisor.person for supervisor in draft.directory.supervisors()}
    reached = [_ring(draft, person, number, at) for person in sorted(wanted or incident.calls)]
    fresh = (one.person for one in draft.directory.on(top) if one.person not in incident.calls)
    while not any(reached) and (person := next(fresh, None)) is not None:
        reached.append(_ring(draft, person, number, at, tier=top))


def _ring(draft: Draft, person: PersonId, number: int, at: datetime, *, tier: Tier | None = None) -> bool:
    call, found = draft.incident.calls.get(person), draft.responder(person)
    channels = draft.channels(person, found.tier) if found is not None else ()
    draft.emit(
        Called(
            tier=tier if call is None else call.tier,
            person=person,
            step=number,
            channels=channels[:1],
            reason_code="nobody_there",
            at=at,
            more=max(0, len(channels) - 1),
        )
    )
    return bool(channels)


def miss_overdue(draft: Draft, *, inclusive: bool, spare: Tier | None = None) -> None:
    """Give *missed* to every clock that has run out, lowest tier first, with what follows from it.

    At its very deadline a clock has run out only for the deadline itself (`inclusive`): an arrival
    at that instant still counts. `spare` is left alone.
    """
    for tier in TIERS:
        clock = draft.incident.clocks.get(tier)
        if clock is None or clock.verdict is not None or tier is spare:
            continue
        if _ran_out(clock, draft.now, inclusive=inclusive):
            _miss(draft, clock)


def some_ran_out(incident: Incident, now: datetime) -> bool:
    """Say whether `miss_overdue` may have something to say of the time before this instant."""
    for clock in incident.clocks.values():  # written out: this is asked before every command
        if clock.verdict is None and _ran_out(clock, now, inclusive=False):
            return True
    return False


def _ran_out(clock: TierClock, now: datetime, *, inclusive: bool) -> bool:
    return clock.due < now or (inclusive and clock.due == now)


def _miss(draft: Draft, clock: TierClock, *, revises: Verdict | None = None) -> None:
    """Give *missed*; `revises` is the verdict that a refuted proof had given."""
    given = VerdictGiven(tier=clock.tier, verdict=Verdict.MISSED, at=clock.due, basis=Basis.DEADLINE)
    cause = _cause(draft, clock) if revises is None else "people:refuted"
    draft.emit(structs.replace(given, revises=revises, cause=cause))
    if clock.tier.above is not None and draft.incident.state.open:
        activate(draft, clock.tier.above, draft.anchored(clock.due), "below_missed")


def _cause(draft: Draft, clock: TierClock) -> str:
    """Name who is answerable for a miss, and the segment in which the time was lost."""
    if draft.now - clock.due > draft.policy.punctual:
        return OUTAGE
    if not clock.roster:
        return "people:nobody_on_duty"
    calls = [call for person in clock.roster if (call := call_of(draft.incident, clock.tier, person))]
    heard = [call for call in calls if (call.sent or call.seen or call.accepted or call.arrived) is not None]
    if not heard:
        reachable = [call for call in calls if call.channels]
        if not reachable:
            return "people:no_channel"
        return "provider:failed" if all(call.failed for call in reachable) else "system:not_sent"
    if any(call.accepted for call in heard):
        return "people:not_on_scene"
    return "people:not_accepted" if any(call.seen for call in heard) else "people:not_seen"


def arrive(draft: Draft, tier: Tier, at: datetime, basis: Basis) -> None:
    """Give or revise the verdict of a tier whose people are proved to have been there at an instant."""
    clock = draft.incident.clocks.get(tier)
    if clock is None or clock.verdict is Verdict.ARRIVED:
        return
    in_time = at <= clock.due
    if clock.verdict is None and not in_time:
        _miss(draft, clock)
        clock = draft.incident.clocks[tier]
    if not in_time and clock.verdict is not Verdict.MISSED:
        return
    draft.emit(
        VerdictGiven(
            tier=tier,
            verdict=Verdict.ARRIVED if in_time else Verdict.LATE,
            at=max(at, draft.incident.confirmed or at),
            basis=basis,
            revises=clock.verdict,
        )
    )
    if in_time and clock.verdict is Verdict.MISSED:
        _call_off(draft, tier, basis)


def _call_off(draft: Draft, tier: Tier, basis: Basis) -> None:
    """End the running clocks of the tiers that only a miss had called, when that miss was none.

    A tier that was so called and missed in its turn keeps its miss: it was called and did not come.
    """
    above = draft.incident.clocks.get(tier.above) if tier.above is not None else None
    if above is None or above.reason_code != "below_missed":
        return
    if above.verdict is None:
        draft.emit(VerdictGiven(tier=above.tier, verdict=Verdict.STOOD_DOWN, at=draft.now, basis=basis))
    elif above.verdict is Verdict.MISSED:
        _call_off(draft, above.tier, basis)


def refute(draft: Draft, tier: Tier, reason_code: str) -> None:
    """Take back what the proofs of a tier had stopped.

    Its clock runs again and its people are called once more; when its time is over it has missed, and
    whom the proof had called off is called again. After the end only the verdict changes.
    """
    before = draft.incident.clocks.get(tier)
    draft.emit(ArrivalRefuted(tier=tier, reason_code=reason_code))
    clock = draft.incident.clocks.get(tier)
    if before is None or clock is None or clock.verdict is not None:
        return
    # A case that goes on after its end has no clocks that could run again.
    ended = draft.incident.ended or (draft.now if track(draft.incident) is Track.WORK else None)
    if clock.due < (ended or draft.now):
        _miss(draft, clock, revises=before.verdict)
        if ended is None:
            _undo_call_off(draft, tier)
    elif ended is not None:
        stood_down = VerdictGiven(tier=tier, verdict=Verdict.STOOD_DOWN, at=ended, basis=Basis.ENDED)
        draft.emit(structs.replace(stood_down, revises=before.verdict))
    else:
        call_again(draft, tier, draft.now, "refuted")


def _undo_call_off(draft: Draft, tier: Tier) -> None:
    """Call the tier above again that had been stood down because of an arrival that was none."""
    above = draft.incident.clocks.get(tier.above) if tier.above is not None else None
    if above is None:
        return
    if above.verdict is Verdict.STOOD_DOWN:
        activate(draft, above.tier, draft.now, "below_missed", again=True)
    elif above.verdict is Verdict.MISSED:
        _undo_call_off(draft, above.tier)


def stand_down(draft: Draft) -> None:
    """End every clock that still runs because the incident ends; those that had run out have their miss."""
    for tier in TIERS:
        if running(draft.incident, tier):
            draft.emit(VerdictGiven(tier=tier, verdict=Verdict.STOOD_DOWN, at=draft.now, basis=Basis.ENDED))


def failed(draft: Draft, person: PersonId, channel: Channel) -> None:
    """Go on after a notice failed for good: the next channel, else the next person."""
    call = draft.incident.calls.get(person)
    if (
        call is None
        or channel not in call.channels
        or (call.seen or call.accepted or call.arrived or call.refused) is not None
        or not set(call.channels) <= {*call.failed, channel}
        or _over(draft, call)
    ):
        return
    if call.more > 0 and call_further(draft, person, "channel_failed"):
        return
    call_next(draft, person, draft.now, "channel_failed")


def _over(draft: Draft, call: Call) -> bool:
    """Say whether nothing is asked of a person any more: a recall that fails must not call them again."""
    clock = draft.incident.clocks.get(call.tier) if call.tier is not None else None
    return clock is not None and clock.verdict is not None and call.reason_code not in _AFTER_THE_CLOCK
