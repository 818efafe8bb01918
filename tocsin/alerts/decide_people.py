"""What the people who are called do to an incident: see, go, refuse, arrive, ask, finish.

Each function takes a `Draft` and one command, and adds events; it raises `Rejected` with a
sentence that a person reads. An act that says nothing new adds nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from tocsin.alerts import commands as ask
from tocsin.alerts.calling import activate, call_next, call_supervisors, confirm
from tocsin.alerts.clocks import arrive as give_verdict
from tocsin.alerts.clocks import failed, miss_overdue
from tocsin.alerts.decide_source import reject
from tocsin.alerts.draft import Draft, how_it_ended
from tocsin.alerts.geometry import distance_m
from tocsin.alerts.model import Incident
from tocsin.core import incidents as happened
from tocsin.core.errors import Rejected
from tocsin.core.grids import Tier
from tocsin.core.ids import PersonId
from tocsin.core.incidents import Basis, Lateness, Outcome, State

FUTURE: Final = timedelta(minutes=2)
"""How far a phone's clock may run ahead before its claim is refused; a smaller lead counts as now."""
AFTER_END: Final = timedelta(hours=2)
"""How long after the end a claim of an earlier act is still taken."""
_CLAIMS: Final = frozenset(
    {Basis.OPERATOR, Basis.POSITION, Basis.TAG, Basis.PHOTO, Basis.CAMERA, Basis.DECLARED, Basis.SCENE}
)
REFUTATIONS: Final = frozenset({"wrong_place", "wrong_person", "old_picture", "mistake"})


def see(draft: Draft, command: ask.See) -> None:
    """Note that a call was opened."""
    tier = draft.tier_of(command.person)
    call = draft.incident.calls.get(command.person)
    if draft.incident.state.open and (call is None or call.seen is None):
        draft.emit(happened.Seen(person=command.person, tier=tier))


def accept(draft: Draft, command: ask.Accept) -> None:
    """Note that somebody is going; their clock goes on."""
    incident = draft.demand_open("accept")
    tier = draft.tier_of(command.person)
    call = incident.calls.get(command.person)
    if call is None or call.accepted is None:
        draft.emit(happened.Accepted(person=command.person, tier=tier))


def refuse(draft: Draft, command: ask.Refuse) -> None:
    """Call the next person; when a whole tier has refused, the next tier."""
    incident = draft.demand_open("refuse")
    tier = draft.tier_of(command.person)
    call = incident.calls.get(command.person)
    if call is not None and call.refused is not None:
        return
    draft.emit(happened.Refused(person=command.person, tier=tier, reason_code=command.reason_code))
    clock = draft.incident.clocks.get(tier)
    if clock is None or call_next(draft, command.person, draft.now, "refused"):
        return
    calls = draft.incident.calls
    if clock.verdict is None and all(
        (known := calls.get(person)) is not None and (known.refused is not None or not known.channels)
        for person in clock.roster
    ):
        _activate_above(draft, tier, "below_refused")


def ask_help(draft: Draft, command: ask.AskHelp) -> None:
    """Call the next tier, or the supervisors above the last; from the scene this confirms."""
    incident = draft.demand_open("ask for help")
    tier = draft.tier_of(command.person)
    draft.emit(happened.HelpAsked(person=command.person, tier=tier))
    if incident.confirmed is None:
        confirm(draft, Basis.SCENE, None, draft.now)
    if tier not in incident.help_asked:
        _activate_above(draft, tier, "help")


def _activate_above(draft: Draft, tier: Tier, reason_code: str) -> None:
    if tier.above is not None:
        activate(draft, tier.above, draft.now, reason_code)
    else:
        call_supervisors(draft, draft.now, reason_code)


def say_real(draft: Draft, command: ask.SayReal) -> None:
    """Confirm from the scene; once confirmed it is a claim of arrival by word alone."""
    draft.demand_open("say that it is real")
    basis = Basis.SCENE if draft.incident.confirmed is None else Basis.DECLARED
    arrive(draft, ask.Arrive(person=command.person, basis=basis))


def say_nothing_here(draft: Draft, command: ask.SayNothingHere) -> None:
    """Reject from the scene, unless somebody else there has said that it is real."""
    incident = draft.demand_open("say that nothing is here")
    draft.tier_of(command.person)
    there = {person for person, call in incident.calls.items() if call.arrived is not None}
    if incident.confirmed_by is Basis.SCENE and there != {command.person}:
        raise Rejected(
            "incident.confirmed_at_scene",
            f"cannot say that nothing is here: somebody at the scene confirmed incident {incident.id}; "
            "call the operator",
        )
    reject(draft, Basis.SCENE, "nothing_here")


def report_done(draft: Draft, command: ask.ReportDone) -> None:
    """Say that the scene is dealt with; it then waits for the operator to close it."""
    incident = draft.demand_confirmed("report it done")
    draft.tier_of(command.person)
    if incident.state is not State.HANDLED:
        draft.emit(happened.Handled(person=command.person))


def settle_notice(draft: Draft, command: ask.SettleNotice) -> None:
    """Note what became of a notice; one that failed for good calls the next channel or person."""
    incident = draft.incident
    draft.emit(
        happened.NoticeSettled(
            notice=command.notice,
            person=command.person,
            channel=command.channel,
            outcome=command.outcome,
            reason_code=command.reason_code,
        )
    )
    before = incident.calls.get(command.person) if command.person is not None else None
    if (
        incident.state.open
        and before is not None
        and command.outcome is Outcome.FAILED
        and command.channel not in before.failed
    ):
        failed(draft, before.person, command.channel)


def arrive(draft: Draft, command: ask.Arrive) -> None:
    """Take a statement that somebody is at the scene, grade its proof, and let it stop the clock."""
    tier = _arriving_tier(draft, command)
    at = _claimed(draft, command)
    incident = draft.incident
    basis, distance = _proof(incident, command)
    confirms = (
        incident.confirmed is None
        and incident.state.open
        and (basis is not Basis.POSITION or _near(draft, incident, command, distance))
    )
    accepted = confirms or (
        basis in draft.policy.stops[tier]
        and (basis is not Basis.POSITION or _near(draft, incident, command, distance))
    )
    if _said_before(incident, command, tier, at, accepted=accepted):
        return
    draft.emit(
        happened.Arrived(
            tier=tier,
            person=command.person,
            at=at,
            basis=basis,
            distance_m=distance,
            accuracy_m=None if command.position is None else command.position.accuracy_m,
            age_s=command.age_s,
            proof=command.proof,
            accepted=accepted,
        )
    )
    if confirms and incident.lateness is not Lateness.RETROSPECTIVE:
        confirm(draft, Basis.OPERATOR if basis is Basis.OPERATOR else Basis.SCENE, None, draft.now)
        # In staged mode the village alone is called; who is there has a clock all the same.
        activate(draft, tier, draft.now, "confirmed")
    elif accepted:
        give_verdict(draft, tier, at, basis)


def refute_arrival(draft: Draft, command: ask.RefuteArrival) -> None:
    """Take back what a proof had stopped: the clock runs again, or is missed if its time is over."""
    incident = draft.demand_confirmed("refute an arrival")
    if command.reason_code not in REFUTATIONS:
        raise Rejected(
            "refute.reason",
            f"cannot refute with reason {command.reason_code[:40]!r}: use one of {', '.join(sorted(REFUTATIONS))}",
        )
    if command.tier not in incident.arrivals:
        raise Rejected(
            "refute.nothing", f"cannot refute: no proved arrival of the {command.tier} stands in the log"
        )
    draft.emit(happened.ArrivalRefuted(tier=command.tier, reason_code=command.reason_code))
    miss_overdue(draft, inclusive=False)


def camera_sees(draft: Draft, command: ask.CameraSees) -> None:
    """Prove by a camera of the incident what somebody has declared: at the later of the two instants."""
    incident = draft.incident
    if not incident.state.open or incident.confirmed is None or command.device not in incident.devices:
        return
    for person, call in sorted(incident.calls.items()):
        if call.arrived is None or call.tier is None or call.tier in draft.incident.arrivals:
            continue
        if abs(command.at - call.arrived) <= draft.policy.proofs.camera:
            at = max(call.arrived, command.at)
            arrive(draft, ask.Arrive(person=person, at=at, basis=Basis.CAMERA, proof=command.proof))


def _arriving_tier(draft: Draft, command: ask.Arrive) -> Tier:
    if command.basis not in _CLAIMS:
        raise Rejected(
            "arrive.basis",
            f"cannot record an arrival by {command.basis}: use operator, position, tag, photo, declared or scene",
        )
    if command.person is not None:
        return draft.tier_of(command.person)
    if command.tier is None:
        raise Rejected("arrive.who", "cannot record an arrival of nobody: name a person or a tier")
    return command.tier


def _claimed(draft: Draft, command: ask.Arrive) -> datetime:
    """Give the instant of arrival, within bounds: not in the future, not long before it all began."""
    incident, now = draft.incident, draft.now
    at = command.at or now
    if at > now + FUTURE:
        raise Rejected(
            "arrive.future",
            f"cannot arrive at {at:%H:%M:%S} UTC: it is {now:%H:%M:%S} UTC here; set the phone's clock",
        )
    at = min(at, now)
    earliest = incident.opened - draft.policy.claim_before
    if at < earliest:
        raise Rejected(
            "arrive.before",
            f"cannot arrive at {at:%Y-%m-%d %H:%M:%S} UTC: the incident was opened at "
            f"{incident.opened:%Y-%m-%d %H:%M:%S} UTC and claims from before {earliest:%H:%M:%S} UTC do not count",
        )
    if incident.state is State.MERGED:
        draft.demand_open("arrive")
    if incident.ended is not None and (at > incident.ended or now > incident.ended + AFTER_END):
        raise Rejected(f"incident.{incident.state}", f"cannot arrive: {how_it_ended(incident)}")
    return at


def _proof(incident: Incident, command: ask.Arrive) -> tuple[Basis, float | None]:
    """Grade a claim: a position that can be compared with nothing is worth a word."""
    if command.basis is Basis.POSITION and command.position is None:
        raise Rejected(
            "arrive.position", "cannot prove an arrival by position without one: send it, or declare it"
        )
    if command.position is None or incident.place is None:
        return (Basis.DECLARED if command.basis is Basis.POSITION else command.basis), None
    return command.basis, round(distance_m(command.position, incident.place), 1)


def _near(draft: Draft, incident: Incident, command: ask.Arrive, distance: float | None) -> bool:
    position = command.position
    vague = position is None or (position.accuracy_m or 0.0) > draft.policy.accuracy_m
    return distance is not None and distance <= incident.radius_m and not vague


def _said_before(
    incident: Incident, command: ask.Arrive, tier: Tier, at: datetime, *, accepted: bool
) -> bool:
    """Say whether an arrival adds nothing: the same or an earlier one is known and as well proved."""
    if accepted:
        known = incident.arrivals.get(tier)
        person: PersonId | None = command.person
        call = incident.calls.get(person) if person is not None else None
        there = person is None or (call is not None and call.arrived is not None and call.arrived <= at)
        return known is not None and known <= at and there
    call = incident.calls.get(command.person) if command.person is not None else None
    return call is not None and call.arrived is not None and call.arrived <= at
