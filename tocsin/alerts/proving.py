"""What comes with an act beside its words: a tag, a photo, a position, a signature.

Checked and used up in the act's own transaction, so that an act that fails uses nothing up and a repeated
one is answered before anything is looked at. What was shown is kept in rows that can be erased; the event
holds their id.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from msgspec import structs

from tocsin.alerts.commands import Arrive, Command, SayNothingHere
from tocsin.alerts.draft import Draft
from tocsin.alerts.geometry import distance_m
from tocsin.alerts.model import Incident
from tocsin.alerts.policy import ResponsePolicy
from tocsin.alerts.ports import AlertsUnit, Change
from tocsin.alerts.proof_ports import Challenge, PlaceTag, Proof
from tocsin.core.errors import Rejected
from tocsin.core.ids import DeviceId, GridCode, IncidentId, PersonId, PictureHash, derived_id, new_id
from tocsin.core.incidents import Arrived, Basis
from tocsin.core.responders import Directory

TAG_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{20,64}")
"""What stands at the end of a tag's address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What came with an act."""

    tag: str = ""
    """The secret on a tag, or the whole address that holds it."""
    challenge: str = ""
    """Id of the code that the photo shows."""
    picture: PictureHash | None = None
    """The photo, which is in the picture store already."""
    phone: str = ""
    """The phone whose signature over the act was verified."""
    counter: int = 0
    """The counter that was signed with it."""


NOTHING: Final = Shown()


@dataclass(frozen=True, slots=True)
class Proved:
    """A command with its proof, and what is to be kept of it."""

    command: Command
    details: dict[str, str | float | bool]
    picture: PictureHash | None = None


def tag_hash(given: str) -> bytes | None:
    """Give what is stored of a tag's secret, or of the address that ends with it; None for what is no tag."""
    secret = given.strip().rstrip("/").rpartition("/")[2]
    if TAG_SECRET.fullmatch(secret) is None:
        return None
    return hashlib.sha256(secret.encode()).digest()


def new_tag(
    grid: GridCode, name: str, *, device: DeviceId | None, made: datetime, made_by: str
) -> tuple[PlaceTag, str, bytes]:
    """Make a tag with its secret, and what is stored of that."""
    secret = secrets.token_urlsafe(24)
    tag = PlaceTag(id=new_id(), grid=grid, device=device, name=name, made=made, made_by=made_by)
    return tag, secret, hashlib.sha256(secret.encode()).digest()


async def prove(
    unit: AlertsUnit, state: Incident, command: Command, shown: Shown, *, person: PersonId | None, key: str
) -> Proved:
    """Check what was shown and put it into the command; `key` tells this act from others.

    Raises `Rejected` (`act.replayed`, `tag.unknown`, `tag.elsewhere`, `photo.challenge`).
    """
    details: dict[str, str | float | bool] = {}
    if shown.phone:
        if person is None or not await unit.advance_phone(shown.phone, person, shown.counter):
            raise Rejected(
                "act.replayed",
                "this signed act was sent before, or its phone is no longer accepted: sign in and act again",
            )
        details |= {"phone": shown.phone, "counter": float(shown.counter), "signed": True}
    if not isinstance(command, Arrive | SayNothingHere):
        return Proved(command, details)
    details |= {
        name: value
        for name, value in (("age_s", command.age_s), ("mock", command.mock or None))
        if value is not None
    }
    basis = command.basis
    if shown.tag:
        tag = await _tag(unit, state, shown.tag)
        basis = Basis.TAG
        details |= {"tag": tag.id, "tag_name": tag.name}
    if shown.challenge:
        basis = Basis.PHOTO
        details["code"] = await _code(unit, state.id, person, shown.challenge)
    if not (details or shown.picture or command.position is not None):
        return Proved(command, details)
    name = derived_id("proof", state.id, person or "", key)
    return Proved(structs.replace(command, basis=basis, proof=name), details, shown.picture)


async def _tag(unit: AlertsUnit, state: Incident, given: str) -> PlaceTag:
    secret = tag_hash(given)
    tag = await unit.tag(secret) if secret is not None else None
    if tag is None or tag.revoked is not None:
        raise Rejected(
            "tag.unknown",
            "this code is not one of ours, or it was taken out of use: send your position or a photo instead",
        )
    if not fits(tag, state):
        raise Rejected(
            "tag.elsewhere",
            f"the code {tag.name!r} hangs at another place than this incident: go there, or send a photo",
        )
    return tag


def fits(tag: PlaceTag, incident: Incident) -> bool:
    """Say whether a tag hangs at the scene: at a device of the incident, or within its radius."""
    if tag.device is not None and tag.device in {incident.device, *incident.devices}:
        return True
    scene = incident.place or incident.centre
    if tag.place is not None and scene is not None:
        return distance_m(tag.place, scene) <= incident.radius_m
    return tag.grid == incident.grid


async def _code(unit: AlertsUnit, incident: IncidentId, person: PersonId | None, challenge: str) -> str:
    code = None if person is None else await unit.use_challenge(challenge, incident, person)
    if code is None:
        raise Rejected(
            "photo.challenge",
            "the code of this photo was used, is another's, or its time is over: ask for a new code and take the photo again",
        )
    return code


def proofs_of(change: Change, proved: Proved, now: datetime) -> Iterator[Proof]:
    """Give the rows that keep what was shown, for the arrivals that a change notes."""
    command = proved.command
    if not isinstance(command, Arrive | SayNothingHere) or not command.proof:
        return
    for event in change.events:
        if isinstance(event, Arrived) and event.proof == command.proof:
            figures = {"distance_m": event.distance_m, "accuracy_m": event.accuracy_m}
            yield Proof(
                id=event.proof,
                incident=change.incident.id,
                tier=event.tier,
                person=event.person,
                basis=event.basis,
                at=event.at,
                recorded=now,
                details=proved.details
                | {name: figure for name, figure in figures.items() if figure is not None},
                picture=proved.picture,
            )


async def keep(unit: AlertsUnit, change: Change, proved: Proved) -> None:
    """Keep what was shown, and a position only of somebody who arrives: nobody is followed."""
    command = proved.command
    for proof in proofs_of(change, proved, unit.now):
        await unit.keep_proof(proof)
    if (
        isinstance(command, Arrive | SayNothingHere)
        and command.position is not None
        and command.person is not None
        and any(isinstance(event, Arrived) and event.person == command.person for event in change.events)
    ):
        observed = command.at or unit.now
        await unit.store_position(change.incident.id, command.person, command.position, observed)


async def challenge_for(
    unit: AlertsUnit,
    state: Incident,
    policy: ResponsePolicy,
    directory: Directory,
    *,
    person: PersonId,
    fresh: tuple[str, str],
) -> Challenge:
    """Give a person the code that their photo must show: the one that still holds, or a fresh (id, code).

    Raises `Rejected` (`incident.closed` and the like, `person.not_on_duty`).
    """
    draft = Draft(state, unit.now, policy, directory)
    draft.demand_open("take a photo as proof")
    draft.tier_of(person)
    held = await unit.challenge(state.id, person)
    if held is not None and held.expires - unit.now > draft.policy.proofs.photo / 2:
        return held
    made = Challenge(
        id=fresh[0],
        incident=state.id,
        person=person,
        code=fresh[1],
        made=unit.now,
        expires=unit.now + draft.policy.proofs.photo,
    )
    await unit.save_challenge(made)
    return made
