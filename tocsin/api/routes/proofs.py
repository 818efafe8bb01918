"""Proof of arrival: photos with a code, what operators see of all proofs, and saying that one does not hold."""

from typing import Annotated

from fastapi import APIRouter, Form

from tocsin.alerts.proof_ports import Proof
from tocsin.api import acting, views
from tocsin.api.access import Desk, Operator, Responder, visible_incident
from tocsin.api.deps import Deps
from tocsin.api.params import IncidentPath
from tocsin.api.photos import Photos, keep_photo
from tocsin.api.schemas.incidents import IncidentStanding
from tocsin.api.schemas.proofs import (
    ChallengeBody,
    ChallengeView,
    PhotoForm,
    ProofList,
    ProofView,
    RefuteBody,
)
from tocsin.core.incidents import ArrivalRefuted, Arrived, Recorded

router = APIRouter(prefix="/api/incidents/{incident}", tags=["proofs"])


@router.post("/photo-challenge", operation_id="photoChallenge", summary="A code for a photo")
async def challenge(
    incident: IncidentPath,
    body: ChallengeBody,  # noqa: ARG001 an empty body, so that every POST has one
    caller: Responder,
    deps: Deps,
) -> ChallengeView:
    """Give the code that the caller's photo must show; good for a few minutes, once."""
    await visible_incident(deps, caller, incident)
    made = await deps.alerts.photo_challenge(incident, caller.person)
    return ChallengeView(challenge=made.id, code=made.code, expires=made.expires)


@router.post("/arrive-photo", operation_id="arriveByPhoto", summary="Arrived, with a photo")
async def arrive_photo(
    incident: IncidentPath,
    form: Annotated[PhotoForm, Form(media_type="multipart/form-data")],
    caller: Responder,
    deps: Deps,
    photos: Photos,
) -> IncidentStanding:
    """Note the caller's arrival with a photo that shows the code."""
    await visible_incident(deps, caller, incident)
    photos.pass_through(caller.person, deps.clock.monotonic())
    picture = await keep_photo(form.photo, deps.pictures)
    command, shown = acting.photo(caller.person, form.at, form.challenge, picture)
    after = await acting.submit(deps, incident, command, caller.actor, act=form.act, at=form.at, shown=shown)
    return views.standing(after, deps.clock.now())


@router.get("/proofs", operation_id="listProofs", summary="What was shown for arrivals")
async def proofs(incident: IncidentPath, caller: Desk, deps: Deps) -> ProofList:
    """List every claim of arrival with its grade and what is kept of its proof, oldest first."""
    _, log = await visible_incident(deps, caller, incident)
    kept = {proof.id: proof for proof in await deps.proofs.proofs(incident)}
    return ProofList(items=list(_claims(log, kept)), now=deps.clock.now())


@router.post("/refute", operation_id="refuteArrival", summary="A proof does not hold")
async def refute(incident: IncidentPath, body: RefuteBody, caller: Operator, deps: Deps) -> IncidentStanding:
    """Take back what the proofs of a tier's arrival had stopped: its clock runs again, or has run out."""
    await visible_incident(deps, caller, incident)
    after = await deps.alerts.refute(incident, body.tier, body.reason, caller.actor, act=body.act)
    return views.standing(after, deps.clock.now())


def _claims(log: list[Recorded], kept: dict[str, Proof]) -> list[ProofView]:
    """Put the log's arrivals and what is kept of their proofs together."""
    found = []
    for place, line in enumerate(log):
        event = line.event
        if not isinstance(event, Arrived):
            continue
        proof = kept.get(event.proof)
        refuted = next(
            (
                later.recorded
                for later in log[place:]
                if isinstance(later.event, ArrivalRefuted) and later.event.tier is event.tier
            ),
            None,
        )
        figures = {"distance_m": event.distance_m, "accuracy_m": event.accuracy_m, "age_s": event.age_s}
        shown = {name: figure for name, figure in figures.items() if figure is not None}
        found.append(
            ProofView(
                id=event.proof or str(line.version),
                tier=event.tier,
                person=event.person,
                basis=event.basis,
                at=event.at,
                recorded=line.recorded,
                accepted=event.accepted,
                details={**shown, **(proof.details if proof is not None else {})},
                picture=None if proof is None else proof.picture,
                refuted=refuted,
            )
        )
    return found
