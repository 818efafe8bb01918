"""Who is at the scene, how it is proved, and what is taken back when a proof does not hold.

A claim is graded first: a position that is too old, too vague or made up by an app is worth a word, and
a word becomes more when a camera of the incident saw a person near that instant, before or after. Then
the policy says which grade stops which tier's clock.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from tocsin.alerts import commands as ask
from tocsin.alerts.calling import activate, confirm
from tocsin.alerts.clocks import arrive as give_verdict
from tocsin.alerts.clocks import refute
from tocsin.alerts.decide_source import reject
from tocsin.alerts.draft import Draft, how_it_ended
from tocsin.alerts.evolve import WORDS
from tocsin.alerts.geometry import distance_m
from tocsin.alerts.model import Incident, Sighting
from tocsin.alerts.transitions import Track, track
from tocsin.core import incidents as happened
from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected
from tocsin.core.grids import Tier
from tocsin.core.ids import PersonId
from tocsin.core.incidents import Basis, Lateness, State

FUTURE: Final = timedelta(minutes=2)
"""How far a phone's clock may run ahead before its claim is refused; a smaller lead counts as now."""
AFTER_END: Final = timedelta(hours=2)
"""How long after the end a claim of an earlier act is still taken."""
SIGHTINGS_MAX: Final = 20
"""Spans in which cameras saw somebody that one incident remembers; a busy scene must not fill its log."""
REFUTATIONS: Final = frozenset({"wrong_place", "wrong_person", "old_picture", "mistake"})
_CLAIMS: Final = frozenset(
    {Basis.OPERATOR, Basis.POSITION, Basis.TAG, Basis.PHOTO, Basis.CAMERA, Basis.DECLARED, Basis.SCENE}
)
_NOTED: Final = frozenset({Basis.TAG, Basis.PHOTO})
"""Proofs that somebody takes the trouble to show: noted though the clock has stopped, should the first be doubted."""
_PERSONS: Final = frozenset(
    {Kind.INTRUSION, Kind.LOITERING, Kind.TRIPWIRE, Kind.CROWDING, Kind.FALL, Kind.MOTION}
)
"""Kinds whose alarm is itself about a person: there a camera that sees somebody proves nothing."""


def arrive(draft: Draft, command: ask.Arrive) -> None:
    """Take a statement that somebody is at the scene, grade its proof, and let it stop the clock.

    Of a case it is noted: whether it is real was decided when it was filed, and no clock waits for it.
    """
    tier = _arriving_tier(draft, command)
    at = _claimed(draft, command.at)
    incident = draft.incident
    basis, distance = _proof(draft, command)
    proof = command.proof
    sighting = _sighting(draft, at) if basis in WORDS and Basis.CAMERA in draft.policy.stops[tier] else None
    if sighting is not None:
        basis, at, proof = Basis.CAMERA, max(at, sighting.since), proof or sighting.proof
    elsewhere = basis is Basis.POSITION and not _near(incident, distance)
    case = track(incident) is Track.WORK
    confirms = incident.confirmed is None and incident.state.open and not elsewhere and not case
    theirs = confirms or _theirs(draft, tier, command.person)
    accepted = confirms or (basis in draft.policy.stops[tier] and not elsewhere and not case and theirs)
    if _said_before(incident, command.person, basis, tier, at, accepted=accepted):
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
            proof=proof,
            accepted=accepted,
            reason_code="" if theirs else "other_department",
        )
    )
    if confirms and incident.lateness is not Lateness.RETROSPECTIVE:
        confirm(draft, Basis.OPERATOR if basis is Basis.OPERATOR else Basis.SCENE, None, draft.now)
        # In staged mode the village alone is called; who is there has a clock all the same.
        activate(draft, tier, draft.now, "confirmed")
    elif accepted:
        give_verdict(draft, tier, at, basis)


def say_real(draft: Draft, command: ask.SayReal) -> None:
    """Confirm from the scene; once confirmed or filed it is a claim of arrival by word alone."""
    incident = draft.demand_open("say that it is real")
    real = incident.confirmed is None and track(incident) is Track.URGENT
    basis = Basis.SCENE if real else Basis.DECLARED
    arrive(draft, ask.Arrive(person=command.person, basis=basis))


def say_nothing_here(draft: Draft, command: ask.SayNothingHere) -> None:
    """Reject from the scene, unless somebody else there has said that it is real.

    A word alone ends only what nobody has confirmed, and a position elsewhere nothing. What was confirmed has people on their way: a lie, or
    a look from the wrong side of the hill, would call them all back; without a proof that the policy
    accepts it is noted, and an operator decides.  So it is of a case, which an operator has filed.
    """
    incident = draft.demand_open("say that nothing is here")
    tier = draft.tier_of(command.person)
    there = {person for person, call in incident.calls.items() if call.arrived is not None}
    if incident.confirmed_by is Basis.SCENE and there != {command.person}:
        raise Rejected(
            "incident.confirmed_at_scene",
            f"cannot say that nothing is here: somebody at the scene confirmed incident {incident.id}; "
            "call the operator",
        )
    if command.basis not in WORDS:
        _show(draft, command, tier)
    call = draft.incident.calls.get(command.person)
    proved = call is not None and bool(call.shown)
    by_word = incident.confirmed is None and command.basis in WORDS
    if (proved or by_word) and track(incident) is Track.URGENT:
        reject(draft, Basis.SCENE, "nothing_here")
    elif command.person not in incident.denied:
        draft.emit(happened.NothingFound(person=command.person, tier=tier))


def _show(draft: Draft, command: ask.SayNothingHere, tier: Tier) -> None:
    """Take the proof that comes with *nothing here*; before confirmation it must not confirm what it denies."""
    shown = ask.Arrive(
        person=command.person,
        at=command.at,
        basis=command.basis,
        position=command.position,
        age_s=command.age_s,
        mock=command.mock,
        proof=command.proof,
    )
    if draft.incident.confirmed is not None or track(draft.incident) is Track.WORK:
        arrive(draft, shown)
        return
    at = _claimed(draft, command.at)
    basis, distance = _proof(draft, shown)
    if basis in draft.policy.stops[tier] and (basis is not Basis.POSITION or _near(draft.incident, distance)):
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
                accepted=True,
            )
        )


def refute_arrival(draft: Draft, command: ask.RefuteArrival) -> None:
    """Take back what a tier's proofs had stopped; also after the incident was closed, for the record."""
    incident = draft.incident
    if incident.state is not State.CLOSED:
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
    refute(draft, command.tier, command.reason_code)


def camera_sees(draft: Draft, command: ask.CameraSees) -> None:
    """Prove by a camera of the incident what somebody has declared, and remember it for who declares it later.

    Only what begins after confirmation counts: who was there before has not come because of it.
    """
    incident, at = draft.incident, min(command.at, draft.now)
    if not incident.state.open or incident.confirmed is None or command.device not in incident.devices:
        return
    in_sight = any(one.device == command.device and one.until is None for one in incident.sightings)
    if command.gone:
        if in_sight:
            draft.emit(happened.Sighted(device=command.device, at=at, gone=True, proof=command.proof))
        return
    waited_for = incident.clocks.keys() - incident.arrivals.keys()
    if in_sight or not waited_for or at < incident.confirmed or incident.kind in _PERSONS:
        return
    if len(incident.sightings) >= SIGHTINGS_MAX:
        return
    draft.emit(happened.Sighted(device=command.device, at=at, proof=command.proof))
    for person, call in sorted(draft.incident.calls.items()):
        if call.arrived is None or call.tier is None or call.tier in draft.incident.arrivals:
            continue
        if abs(at - call.arrived) <= draft.policy.proofs.camera:
            there = max(call.arrived, at)
            arrive(draft, ask.Arrive(person=person, at=there, basis=Basis.CAMERA, proof=command.proof))


def _sighting(draft: Draft, at: datetime) -> Sighting | None:
    """Find a span in which a camera saw somebody, near enough to an instant."""
    near = draft.policy.proofs.camera
    for one in draft.incident.sightings:
        if one.since - near <= at and (one.until is None or at <= one.until + near):
            return one
    return None


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


def _theirs(draft: Draft, tier: Tier, person: PersonId | None) -> bool:
    """Say whether somebody is of those for whom the city's clock waits.

    Of several departments only the one that answers for the matter, or was given it, satisfies the clock;
    where nobody of it is on duty, or nobody has set up who answers for what, any does.
    """
    incident = draft.incident
    work = incident.work
    wanted = {code for level, code in incident.route if level is tier}
    if tier is not Tier.CITY or person is None or not wanted:
        return True
    if work is not None:
        wanted |= {*work.partners, *([work.lead] if work.lead is not None else [])}
    clock = incident.clocks.get(tier)
    on_duty = [one for one in draft.directory.on(tier) if clock is None or one.person in clock.roster]
    if not any(one.department in wanted for one in on_duty):
        return True
    found = draft.responder(person)
    return found is None or found.department in wanted


def _claimed(draft: Draft, claimed: datetime | None) -> datetime:
    """Give the instant of arrival, within bounds: not in the future, not long before it all began."""
    incident, now = draft.incident, draft.now
    at = claimed or now
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


def _proof(draft: Draft, command: ask.Arrive) -> tuple[Basis, float | None]:
    """Grade a claim: a position that is old, vague, made up, or comparable with nothing is worth a word."""
    if command.basis is Basis.POSITION and command.position is None:
        raise Rejected(
            "arrive.position", "cannot prove an arrival by position without one: send it, or declare it"
        )
    incident, position = draft.incident, command.position
    place = incident.place or incident.centre
    if position is None or place is None:
        return (Basis.DECLARED if command.basis is Basis.POSITION else command.basis), None
    distance = round(distance_m(position, place), 1)
    vague = (position.accuracy_m or 0.0) > draft.policy.accuracy_m
    old = command.age_s is not None and command.age_s > draft.policy.proofs.position_age.total_seconds()
    worthless = vague or old or command.mock
    return (Basis.DECLARED if command.basis is Basis.POSITION and worthless else command.basis), distance


def _near(incident: Incident, distance: float | None) -> bool:
    return distance is not None and distance <= incident.radius_m


def _said_before(
    incident: Incident,
    person: PersonId | None,
    basis: Basis,
    tier: Tier,
    at: datetime,
    *,
    accepted: bool,
) -> bool:
    """Say whether an arrival adds nothing: the same or an earlier one is known and as well proved."""
    call = incident.calls.get(person) if person is not None else None
    there = call is not None and call.arrived is not None and call.arrived <= at
    if not accepted:
        return there
    better = basis in _NOTED or (basis not in WORDS and call is not None and not call.shown)
    if better and call is not None and basis not in call.shown:
        return False
    known = incident.arrivals.get(tier)
    return known is not None and known <= at and (person is None or there)
