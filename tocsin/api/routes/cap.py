"""Incidents as messages of the Common Alerting Protocol 1.2, and an Atom feed of them.

For other systems: whoever is signed in at the desk sees those of their scope, a system that has the token of
the settings (`Authorization: Bearer …`) all of them.  Reading changes nothing.
"""

import asyncio
import hmac
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Final, cast

import structlog
from fastapi import APIRouter, Path, Request, Response

from tocsin.alerts.cap import CAP_TYPE, CapMessage, CapSender, feed, incident_of, messages
from tocsin.alerts.cap_ports import CapSource
from tocsin.api.access import EVERYWHERE, session_of
from tocsin.api.deps import ApiDeps, Deps
from tocsin.api.errors import HttpRefusal
from tocsin.api.params import NAME
from tocsin.api.throttle import FailureWindow
from tocsin.core.errors import NotFound
from tocsin.core.ids import IncidentId
from tocsin.town.ports import Role

router = APIRouter(prefix="/api/cap", tags=["cap"])
log = structlog.get_logger()

READERS: Final = frozenset({Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR})
WITHIN: Final = timedelta(days=7)
"""How old an incident of the feed may be."""
INCIDENTS_MOST: Final = 100
_ANSWERS: Final[dict[int | str, dict[str, object]]] = {200: {"content": {"application/xml": {}}}}


@router.get(
    "/feed.atom",
    operation_id="getCapFeed",
    summary="Messages of the last days",
    response_class=Response,
    responses=_ANSWERS,
)
async def get_cap_feed(request: Request, deps: Deps) -> Response:
    """Give an Atom feed of the messages about incidents of the last seven days, newest first."""
    scope = await _scope(request, deps)
    sources = await deps.cap.recent(scope, WITHIN, INCIDENTS_MOST)
    sender = _sender(deps)
    body = await asyncio.to_thread(_feed, sources, sender, deps)
    return Response(body, media_type="application/atom+xml")


@router.get(
    "/{identifier}.xml",
    operation_id="getCapAlert",
    summary="One message",
    response_class=Response,
    responses=_ANSWERS,
)
async def get_cap_alert(
    request: Request,
    deps: Deps,
    identifier: Annotated[
        str, Path(description="The message's identifier.", min_length=3, max_length=80, pattern=NAME)
    ],
) -> Response:
    """Give one message; it never changes once it was there."""
    scope = await _scope(request, deps)
    source = await deps.cap.find(scope, IncidentId(incident_of(identifier)))
    sender = _sender(deps)
    for one in () if source is None else messages(source.log, source.place, sender):
        if one.identifier == identifier:
            return Response(one.xml, media_type=CAP_TYPE)
    raise NotFound("cap.unknown", f"there is no message {identifier} that you may read: take one of the feed")


def _feed(sources: Sequence[CapSource], sender: CapSender, deps: ApiDeps) -> bytes:
    made: list[CapMessage] = []
    for source in sources:
        made += messages(source.log, source.place, sender)
    return feed(made, sender, deps.config.public_url, deps.clock.now())


def _sender(deps: ApiDeps) -> CapSender:
    return CapSender(id=deps.config.cap_sender, name=deps.config.cap_sender_name)


async def _scope(request: Request, deps: ApiDeps) -> str:
    """Give where the reader may read; raises `HttpRefusal` 401 (`session.missing`), 403 (`role.forbidden`)."""
    header = request.headers.get("authorization")
    if header is not None:
        scheme, _, given = header.partition(" ")
        # Compared in one time whatever is wrong with it, and refused as if nothing had been sent.
        right = bool(deps.cap_token) and hmac.compare_digest(given.strip().encode(), deps.cap_token.encode())
        if right and scheme.lower() == "bearer":
            return EVERYWHERE
        refusals = cast("FailureWindow", request.app.state.hook_refusals)
        now = deps.clock.monotonic()
        if refusals.wait_seconds("cap", now) == 0:  # whoever guesses must not fill the disk with our log
            refusals.fail("cap", now)
            log.warning("cap.refused")
        raise HttpRefusal(401, "cap.token", "this token is wrong: use the one of api.cap_token_file")
    session = await session_of(request)
    if session is None:
        raise HttpRefusal(401, "session.missing", "sign in, or send the token as `Authorization: Bearer …`")
    if session.account.role not in READERS:
        needed = " or ".join(sorted(READERS))
        raise HttpRefusal(
            403, "role.forbidden", f"this needs the role {needed}; yours is {session.account.role}"
        )
    return session.account.scope
