"""The live feed of incident events."""

from typing import Annotated, Any, Final, cast

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response

from tocsin.alerts.ports import IncidentFilter
from tocsin.api.access import EVERYWHERE, Caller, Watcher, narrowed, own_organisation, scope_of, session_of
from tocsin.api.deps import ApiDeps, Deps
from tocsin.api.errors import HttpRefusal
from tocsin.api.live import AllIncidents, EventStream, LiveStreams, OwnIncidents, RoutedIncidents
from tocsin.town.ports import Role

router = APIRouter(prefix="/api/live", tags=["live"])

CURSOR = r"^[0-9]{1,20}-[0-9]{1,20}$"
OWN_MAX = 500
ROUTED_MAX = 20_000
"""Of a department: more than it has open, and few enough to keep beside a stream (2 MB)."""

STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "`event: hello` (LiveHello), then `event: incident` (LiveIncident) with `id:` as cursor.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


@router.get("", operation_id="live", summary="Live feed", response_class=Response, responses=STREAM)
async def live(
    caller: Watcher,
    request: Request,
    deps: Deps,
    after: Annotated[
        str | None,
        Query(description="Go on after this cursor; `Last-Event-ID` wins over it.", pattern=CURSOR),
    ] = None,
    last_event_id: Annotated[
        str | None,
        Header(description="Cursor of the last message, sent by the browser itself.", pattern=CURSOR),
    ] = None,
) -> Response:
    """Stream incident events of the caller's scope as they are committed, without loss after a cursor.

    Sends a comment about every 10 s. Fetch lists after `hello`; without a cursor it begins now.
    """
    streams = cast("LiveStreams", request.app.state.live)
    session = caller.session.token_hash
    shown = await _shown(deps, caller)
    feed = deps.queries.live(
        scope_of(caller), last_event_id or after
    )  # before `admit`: it may refuse the cursor
    ended = streams.admit(session)

    async def alive() -> bool:
        now = await session_of(request)
        return now is not None and now.account == caller.account

    return EventStream(
        feed,
        shown=shown,
        alive=alive,
        ended=ended,
        released=lambda: streams.release(session, ended),
        clock=deps.clock,
    )


async def _shown(deps: ApiDeps, caller: Caller) -> OwnIncidents | RoutedIncidents | AllIncidents:
    match caller.role:
        case Role.RESPONDER:
            wanted = narrowed(caller, IncidentFilter(scope=EVERYWHERE, most=OWN_MAX))
            return OwnIncidents(caller.person, {row.id for row in await deps.queries.incidents(wanted)})
        case Role.DEPARTMENT:
            organisation = own_organisation(caller)
            return RoutedIncidents(
                organisation, set(await deps.queries.routed(organisation, most=ROUTED_MAX))
            )
        case Role.OPERATOR | Role.SUPERVISOR | Role.ADMINISTRATOR:
            return AllIncidents()
        case Role.ENGINEER:
            raise HttpRefusal(403, "role.forbidden", "engineers see the field, not incidents")
