"""One-tap links: a person answers for one incident by the token in their message, without a session.

All are POSTs with the token in the body: what fetches the address of a link, a chat program or a mail
scanner, gets the page and changes nothing.
"""

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Form, Request

from tocsin.alerts.commands import Command
from tocsin.alerts.proving import NOTHING
from tocsin.api import acting
from tocsin.api.deps import Deps
from tocsin.api.links import LinkDoor, link_view, open_link
from tocsin.api.metrics import LINKS
from tocsin.api.photos import Photos, keep_photo
from tocsin.api.schemas.proofs import ChallengeView, LinkActBody, LinkBody, LinkPhotoForm, LinkView
from tocsin.core.ids import PersonId

router = APIRouter(prefix="/api/go", tags=["links"])


def _door(request: Request) -> LinkDoor:
    return cast("LinkDoor", request.app.state.links)


Door = Annotated[LinkDoor, Depends(_door)]


@router.post("/open", operation_id="openLink", summary="What a link is about")
async def open_(body: LinkBody, deps: Deps, door: Door) -> LinkView:
    """Show the incident of a link and what may be said; nothing is noted by it."""
    opened = await open_link(deps, door, body.token)
    LINKS.labels("opened").inc()
    return link_view(opened, opened.incident, deps.clock.now())


@router.post("/act", operation_id="actByLink", summary="Say something by a link")
async def act(body: LinkActBody, deps: Deps, door: Door) -> LinkView:
    """Take one act of the link's person; the same act again gives the incident as it stands."""
    opened = await open_link(deps, door, body.token)
    person, shown = PersonId(opened.person.id), acting.with_tag(NOTHING, body.tag)
    command: Command
    match body.what:
        case "arrive":
            command = acting.arrival(person, body)
        case "nothing_here":
            command = acting.nothing_here(person, body)
        case what:
            command, shown = acting.simple(what, person, body.reason), NOTHING
    after = await acting.submit(
        deps, opened.row.id, command, opened.actor, act=body.act, at=body.at, shown=shown
    )
    LINKS.labels("acted").inc()
    return link_view(opened, after, deps.clock.now())


@router.post("/photo-challenge", operation_id="linkPhotoChallenge", summary="A code for a photo, by a link")
async def challenge(body: LinkBody, deps: Deps, door: Door) -> ChallengeView:
    """Give the code that the photo must show; good for a few minutes, for this person and incident."""
    opened = await open_link(deps, door, body.token)
    made = await deps.alerts.photo_challenge(opened.row.id, PersonId(opened.person.id))
    return ChallengeView(challenge=made.id, code=made.code, expires=made.expires)


@router.post("/arrive-photo", operation_id="arriveByPhotoLink", summary="Arrived, with a photo, by a link")
async def arrive_photo(
    form: Annotated[LinkPhotoForm, Form(media_type="multipart/form-data")],
    deps: Deps,
    door: Door,
    photos: Photos,
) -> LinkView:
    """Note an arrival with a photo that shows the code."""
    opened = await open_link(deps, door, form.token)
    photos.pass_through(PersonId(opened.person.id), deps.clock.monotonic())
    picture = await keep_photo(form.photo, deps.pictures)
    command, shown = acting.photo(PersonId(opened.person.id), form.at, form.challenge, picture)
    after = await acting.submit(
        deps, opened.row.id, command, opened.actor, act=form.act, at=form.at, shown=shown
    )
    LINKS.labels("acted").inc()
    return link_view(opened, after, deps.clock.now())
