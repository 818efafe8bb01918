"""How each event changes the state of an incident: it only records, every rule is elsewhere.

Replaying the recorded events gives the state that the live system had. An event that is repeated
or comes after the end changes as little as it can and never raises.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TypeAlias, TypeVar

from msgspec import structs

from tocsin.alerts import evolve_oversight, evolve_work
from tocsin.alerts.model import Call, Incident, Sighting, TierClock
from tocsin.core import incidents as happened
from tocsin.core.errors import InvariantBroken
from tocsin.core.grids import Tier
from tocsin.core.ids import PersonId
from tocsin.core.incidents import Actor, Basis, Lateness, Outcome, Recorded, State, Verdict

_T = TypeVar("_T")
Changes: TypeAlias = dict[str, object]
"""New values of fields of `Incident`."""
WORDS = frozenset({Basis.SCENE, Basis.DECLARED})
"""What somebody only says."""
_NOBODY_THERE = frozenset({State.VERIFIED, State.ACCEPTED})
"""States of a confirmed incident that an arrival ends."""
FURTHER = frozenset({"not_seen", "channel_failed"})
"""Reasons of a call that go on with a person's present call; any other begins a new one."""


def fold(events: Iterable[Recorded]) -> Incident:
    """Give the state after all events of one incident, oldest first.

    Raises `InvariantBroken` when there is no event, or the first is not `Opened`.
    """
    incident: Incident | None = None
    for recorded in events:
        incident = evolve(incident, recorded)
    if incident is None:
        raise InvariantBroken("an incident without events cannot be folded")
    return incident


def evolve(incident: Incident | None, recorded: Recorded) -> Incident:
    """Give the state after one more event; raises `InvariantBroken` unless `Opened` is the first."""
    event = recorded.event
    if incident is None:
        if isinstance(event, happened.Opened):
            return _opened(event, recorded)
        raise InvariantBroken(f"incident {recorded.incident} begins with {type(event).__name__}, not Opened")
    changes = _changes(incident, event, recorded)
    # One copy per event: five thousand deadlines at one instant are mostly these copies.
    return structs.replace(incident, version=incident.version + 1, **changes)


def _opened(event: happened.Opened, recorded: Recorded) -> Incident:
    return Incident(
        id=recorded.incident,
        version=1,
        state=State.REPORTED if event.reported else State.RECEIVED,
        kind=event.kind,
        grade=event.grade,
        grid=event.grid,
        device=event.device,
        place=event.place,
        radius_m=event.radius_m,
        opened=recorded.recorded,
        began=event.began,
        lateness=event.lateness,
        policy=event.policy,
        drill=event.drill,
        asked=recorded.recorded,
        path=event.path,
        readiness=event.readiness,
        centre=event.centre,
        source=event.source,
        matter=event.matter,
        exercise=event.exercise,
        participants=event.participants,
    )


def _changes(  # noqa: C901, PLR0912 one case per event is the clearest form
    incident: Incident, event: happened.IncidentEvent, recorded: Recorded
) -> Changes:
    occurred = recorded.occurred
    match event:
        case happened.Called():
            return _called(incident, event, occurred)
        case happened.Seen():
            return _person(incident, event.person, seen=occurred)
        case happened.Accepted():
            changes = _answer(incident, event.person, event.tier, occurred, accepted=occurred, refused=None)
            if incident.state is State.VERIFIED:
                changes["state"] = State.ACCEPTED
            return changes
        case happened.Arrived():
            return _arrived(incident, event, occurred)
        case happened.VerdictGiven():
            return _judged(incident, event)
        case happened.NoticeSettled():
            return _settled(incident, event, occurred)
        case happened.TierActivated():
            return _activated(incident, event)
        case happened.Confirmed():
            return _confirmed(incident, event, recorded.actor)
        case happened.AlarmAttached():
            return _attached(incident, event, recorded.recorded)
        case happened.AlarmCleared():
            return {"raised": tuple(alarm for alarm in incident.raised if alarm != event.alarm)}
        case happened.Handled():
            return {"state": State.HANDLED, "handled": occurred} if incident.state.open else {}
        case happened.Reminded():
            return _reminded(incident, event)
        case happened.Closed():
            return _ended(incident, State.CLOSED, recorded)
        case happened.Rejected():
            return _ended(incident, State.REJECTED, recorded)
        case happened.Refused():
            return _answer(incident, event.person, event.tier, occurred, refused=occurred, accepted=None)
        case happened.HelpAsked():
            return {"help_asked": _with(incident.help_asked, event.tier)}
        case happened.ReportAttached():
            return {"reports": _with(incident.reports, event.report)}
        case happened.ConfirmationOverdue():
            return {"unanswered": event.step}
        case happened.GradeChanged():
            return _regraded(incident, event, recorded.actor)
        case happened.DueChanged():
            return _due_changed(incident, event)
        case happened.StandBy():
            return {"stood_by": _with(incident.stood_by, event.tier)}
        case happened.Sighted():
            return {"sightings": _sighted(incident.sightings, event)}
        case happened.NothingFound():
            return {"denied": _with(incident.denied, event.person)}
        case happened.ArrivalRefuted():
            return _refuted(incident, event)
        case happened.Merged():
            return _ended(incident, State.MERGED, recorded) | {"merged_into": event.into}
        case happened.NoteAdded():
            return {}
        case happened.Opened():
            raise InvariantBroken(f"incident {incident.id} was opened twice")
        case _:
            return _as_a_case(incident, event, recorded)


def _as_a_case(
    incident: Incident, event: evolve_work.WorkEvent | evolve_oversight.OversightEvent, recorded: Recorded
) -> Changes:
    if isinstance(event, evolve_work.WorkEvent):
        return evolve_work.changes(incident, event, recorded)
    return evolve_oversight.changes(incident, event, recorded)


def _with(values: tuple[_T, ...], value: _T) -> tuple[_T, ...]:
    return values if value in values else (*values, value)


def _ended(incident: Incident, state: State, recorded: Recorded) -> Changes:
    return {
        "state": state,
        "ended": recorded.recorded,
        "ended_by": recorded.actor,
        "work": evolve_work.rested(incident.work),
        # What is owed from now on is reminded of from the beginning.
        "told": (),
    }


def _attached(incident: Incident, event: happened.AlarmAttached, recorded: datetime) -> Changes:
    changes: Changes = {
        "alarms": _with(incident.alarms, event.alarm),
        "devices": _with(incident.devices, event.device),
        "raised": _with(incident.raised, event.alarm),
    }
    if event.late:
        return changes
    changes["witnesses"] = _with(incident.witnesses, event.device)
    if incident.lateness is not Lateness.LIVE:
        # Somebody must answer anew: what is happening now is not what was heard of too late.
        changes |= {"lateness": Lateness.LIVE, "asked": recorded, "unanswered": 0}
    return changes


def _confirmed(incident: Incident, event: happened.Confirmed, actor: Actor) -> Changes:
    afresh: Changes = {}
    if _a_case(incident):
        # Who looked at it as a case is not on the way to it as an emergency.
        incident = structs.replace(incident, calls=_unanswered(incident.calls), arrivals={})
        afresh = {"calls": incident.calls, "arrivals": {}, "clocks": {}}
    going = any(call.accepted is not None for call in incident.calls.values())
    state = State.HANDLING if incident.arrivals else State.ACCEPTED if going else State.VERIFIED
    by_hand = event.basis is Basis.OPERATOR
    return afresh | {
        "state": state,
        "confirmed": event.at,
        "confirmed_by": event.basis,
        "confirmed_actor": actor,
        "grade": event.grade,
        "grade_by": actor if by_hand else incident.grade_by,
        "mode": event.mode,
        "work": evolve_work.rested(incident.work),
    }


def _unanswered(calls: dict[PersonId, Call]) -> dict[PersonId, Call]:
    return {
        person: structs.replace(call, seen=None, accepted=None, arrived=None, refused=None, shown=())
        for person, call in calls.items()
    }


def _regraded(incident: Incident, event: happened.GradeChanged, actor: Actor) -> Changes:
    """Change the grade; only a person answers for one, and no longer once a rule has proposed another."""
    named = actor.kind == "person"
    return {
        "grade": event.grade,
        "grade_by": actor if named else None,
        "mode": event.mode or incident.mode,
        "told": evolve_oversight.untold(incident, "grade") if named else incident.told,
    }


def _reminded(incident: Incident, event: happened.Reminded) -> Changes:
    if event.what == "handled":
        return {"reminded": event.step}
    return {"told": evolve_oversight.telling(incident, event.what, event.step)}


def _activated(incident: Incident, event: happened.TierActivated) -> Changes:
    clock = TierClock(event.tier, event.at, event.due, reason_code=event.reason_code, roster=event.roster)
    changes: Changes = {"clocks": {**incident.clocks, event.tier: clock}}
    if event.tier in incident.clocks:
        # It was called off in between: who was going has turned round, and has to say again that they go.
        changes["calls"] = {
            person: structs.replace(call, accepted=None)
            if call.tier is event.tier and call.arrived is None
            else call
            for person, call in incident.calls.items()
        }
    return changes


def _due_changed(incident: Incident, event: happened.DueChanged) -> Changes:
    clock = incident.clocks.get(event.tier)
    if clock is None or clock.verdict is not None:
        return {}
    return {"clocks": {**incident.clocks, event.tier: structs.replace(clock, due=event.due)}}


def _called(incident: Incident, event: happened.Called, occurred: datetime) -> Changes:
    before = incident.calls.get(event.person)
    if before is None:
        call = Call(
            event.person,
            event.tier,
            event.at or occurred,
            event.step,
            event.channels,
            more=event.more,
            reason_code=event.reason_code,
        )
    elif event.reason_code in FURTHER:
        call = structs.replace(
            before,
            called=max(before.called, event.at or before.called),
            step=event.step,
            channels=(*before.channels, *event.channels),
            more=event.more,
        )
    else:
        # A new round: what was promised and done before still holds, what was tried does not.
        call = structs.replace(
            before,
            tier=event.tier or before.tier,
            called=event.at or occurred,
            step=max(before.step, event.step),
            channels=event.channels,
            more=event.more,
            seen=None,
            failed=(),
            sent=None,
            reason_code=event.reason_code,
        )
    changes: Changes = {"calls": {**incident.calls, event.person: call}}
    if event.reason_code == "nobody_there":
        changes["rung"] = event.step
    return changes


def _settled(incident: Incident, event: happened.NoticeSettled, occurred: datetime) -> Changes:
    call = incident.calls.get(event.person) if event.person is not None else None
    if call is None or event.channel not in call.channels:
        return {}
    if event.outcome in {Outcome.SENT, Outcome.DELIVERED} and call.sent is None:
        return _person(incident, call.person, sent=occurred)
    if event.outcome is Outcome.FAILED:
        return _person(incident, call.person, failed=_with(call.failed, event.channel))
    return {}


def _person(incident: Incident, person: PersonId, **changes: object) -> Changes:
    call = incident.calls.get(person)
    if call is None:
        return {}
    changed = structs.replace(call, **changes)
    return {"calls": {**incident.calls, person: changed}}


def _answer(
    incident: Incident, person: PersonId, tier: Tier, occurred: datetime, **changes: object
) -> Changes:
    """Note what a person says; one who comes forward without a call stands beside those called."""
    if person not in incident.calls:
        incident = structs.replace(
            incident, calls={**incident.calls, person: Call(person, tier, occurred, 0, ())}
        )
    return _person(incident, person, **changes)


def _arrived(incident: Incident, event: happened.Arrived, occurred: datetime) -> Changes:
    changes: Changes = {}
    if event.person is not None:
        before = incident.calls.get(event.person)
        shown = before.shown if before is not None else ()
        # What confirms an incident is a word, however it is counted; only later is a word a proof.
        if event.accepted and (event.basis not in WORDS or incident.confirmed is not None):
            shown = _with(shown, event.basis)
        changes = _answer(incident, event.person, event.tier, occurred, arrived=event.at, shown=shown)
    if event.accepted:
        first = min(event.at, incident.arrivals.get(event.tier, event.at))
        changes["arrivals"] = {**incident.arrivals, event.tier: first}
    if incident.state in _NOBODY_THERE and not _a_case(incident):
        changes["state"] = State.HANDLING if event.accepted else State.ACCEPTED
    return changes


def _a_case(incident: Incident) -> bool:
    """Say whether organisations, and no clocks, move its state."""
    return incident.work is not None and incident.work.stage is not None


def _sighted(before: tuple[Sighting, ...], event: happened.Sighted) -> tuple[Sighting, ...]:
    if not event.gone:
        return (*before, Sighting(event.device, event.at, proof=event.proof))
    return tuple(
        structs.replace(one, until=event.at) if one.device == event.device and one.until is None else one
        for one in before
    )


def _refuted(incident: Incident, event: happened.ArrivalRefuted) -> Changes:
    """Forget what a refuted proof had stopped: the tier's clock runs again, as far as it still can.

    Who had claimed to be there is taken for somebody who has not answered yet.
    """
    arrivals = {tier: at for tier, at in incident.arrivals.items() if tier is not event.tier}
    calls = {
        person: structs.replace(call, arrived=None, accepted=None, shown=())
        if call.tier is event.tier and call.arrived is not None
        else call
        for person, call in incident.calls.items()
    }
    changes: Changes = {"arrivals": arrivals, "calls": calls}
    if incident.state is State.HANDLING and not arrivals and not _a_case(incident):
        going = any((call.accepted or call.arrived) is not None for call in calls.values())
        changes["state"] = State.ACCEPTED if going else State.VERIFIED
    clock = incident.clocks.get(event.tier)
    if clock is not None and clock.verdict in {Verdict.ARRIVED, Verdict.LATE}:
        running_again = structs.replace(clock, verdict=None, at=None, basis=None)
        changes["clocks"] = {**incident.clocks, event.tier: running_again}
    return changes


def _judged(incident: Incident, event: happened.VerdictGiven) -> Changes:
    clock = incident.clocks.get(event.tier)
    if clock is None:
        raise InvariantBroken(
            f"incident {incident.id}: verdict for the {event.tier}, which was never activated"
        )
    judged = structs.replace(clock, verdict=event.verdict, at=event.at, basis=event.basis, cause=event.cause)
    return {"clocks": {**incident.clocks, event.tier: judged}}


def running(incident: Incident, tier: Tier) -> bool:
    """Say whether a tier was activated and has no verdict yet."""
    clock = incident.clocks.get(tier)
    return clock is not None and clock.verdict is None
