"""Put the HTTP face together from ports; `create_app` is all that wiring needs to know.

A route that names neither its roles nor stands among the few public ones is a bug and stops the start.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import APIRouter, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.types import Scope

from tocsin.api import console, errors, openapi
from tocsin.api.access import Access, session_of
from tocsin.api.auth import PasswordChecker
from tocsin.api.deps import ApiDeps
from tocsin.api.links import LinkDoor
from tocsin.api.live import LiveStreams
from tocsin.api.photos import FORM_BYTES_MAX, PhotoDoor
from tocsin.api.reduce import PictureReducer
from tocsin.api.routes import (
    alarms,
    cap,
    case,
    catalogue_files,
    channels,
    commands,
    duty,
    exercises,
    false_spots,
    field,
    figures,
    go,
    grid_files,
    grids,
    health,
    hooks,
    incidents,
    jobs,
    key_places,
    live,
    maintenance,
    matters,
    organisations,
    people,
    people_files,
    phones,
    pictures,
    points,
    policies,
    profiles,
    proofs,
    push,
    quality,
    quarantine,
    readiness,
    replays,
    reports,
    rosters,
    scores,
    session,
    sweeps,
    tags,
    watch,
)
from tocsin.api.security import SHEETS, BodyLimit, Measured, SameOrigin, SecurityHeaders, photos
from tocsin.api.throttle import FailureWindow, SignInThrottle
from tocsin.core.errors import InvariantBroken, Transient
from tocsin.town.ports import Role

ROUTERS: Final[tuple[APIRouter, ...]] = (
    session.router,
    incidents.router,
    commands.router,
    case.router,
    proofs.router,
    go.router,
    tags.router,
    phones.router,
    alarms.router,
    maintenance.router,
    false_spots.router,
    field.router,
    pictures.router,
    grid_files.router,
    grids.router,
    key_places.router,
    people_files.router,
    people.router,
    duty.router,
    rosters.router,
    organisations.router,
    sweeps.router,
    exercises.router,
    matters.router,
    catalogue_files.router,
    reports.router,
    quarantine.router,
    policies.router,
    profiles.router,
    readiness.router,
    quality.router,
    replays.router,
    figures.router,
    scores.router,
    points.router,
    jobs.router,
    live.router,
    watch.router,
    channels.router,
    push.router,
    hooks.router,
    cap.router,
    health.router,
)

PUBLIC: Final = frozenset(
    {
        "actByLink",
        "answerChannelTest",
        "arriveByPhotoLink",
        "getCapAlert",
        "getCapFeed",
        "getHealth",
        "getMetrics",
        "getReadiness",
        "linkPhotoChallenge",
        "openLink",
        "signIn",
        "takeHook",
    }
)
"""Operations without a session."""

HOOK_REFUSALS_MAX: Final = 10
"""Refused hooks that are logged in a minute."""


def create_app(deps: ApiDeps) -> FastAPI:
    """Build the application; it opens nothing by itself and may be built many times."""
    app = FastAPI(
        title="Tocsin",
        version="1",
        description=openapi.DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=_lifespan,
    )
    app.state.deps = deps
    app.state.live = LiveStreams(deps.config.live_streams_max)
    app.state.passwords = PasswordChecker()
    app.state.reducer = PictureReducer()
    app.state.links = LinkDoor()
    app.state.photos = PhotoDoor()
    app.state.hook_refusals = FailureWindow(most=HOOK_REFUSALS_MAX, window_seconds=60.0)
    app.state.throttle = SignInThrottle(
        per_name=deps.config.sign_in_failures_max,
        per_address=deps.config.sign_in_address_failures_max,
        window_seconds=deps.config.sign_in_window_seconds,
    )
    app.router.routes.extend(routes())  # as they are: `include_router` would work each of them out anew
    check_roles(routes())
    errors.install(app)
    openapi.install(app)
    if deps.console is not None and (deps.console / "index.html").is_file():
        console.install(app, deps.console)
    public_url = deps.config.public_url
    app.add_middleware(
        BodyLimit,
        most=deps.config.body_bytes_max,
        large=(photos(FORM_BYTES_MAX), SHEETS),
        signed_in=_signed_in,
    )
    app.add_middleware(SameOrigin, public_url=public_url)
    app.add_middleware(Measured, clock=deps.clock)
    app.add_middleware(SecurityHeaders, tls=public_url.startswith("https://"))
    return app


async def _signed_in(scope: Scope) -> bool:
    """Say whether somebody is; while nobody knows, the route will say so."""
    try:
        return await session_of(Request(scope)) is not None
    except Transient:
        return True


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    end_streams(app)


def end_streams(app: FastAPI) -> None:
    """End all live streams; call it when the server is told to stop, it waits for open answers first."""
    app.state.live.end_all()


def routes() -> Iterator[APIRoute]:
    """Give every route of the product's API, the console's files excepted."""
    for router in ROUTERS:
        for route in router.routes:
            if not isinstance(route, APIRoute):
                raise InvariantBroken(f"{route} is no API route: roles cannot be declared on it")
            yield route


def roles_of(route: APIRoute) -> frozenset[Role] | None:
    """Give the roles a route names; None when it names none."""
    return _roles(route.dependant)


def _roles(dependant: Dependant) -> frozenset[Role] | None:
    if isinstance(dependant.call, Access):
        return dependant.call.roles
    for inner in dependant.dependencies:
        found = _roles(inner)
        if found is not None:
            return found
    return None


def check_roles(wanted: Iterable[APIRoute]) -> None:
    """Deny by default: raise `InvariantBroken` for a route without roles that is not public."""
    for route in wanted:
        if roles_of(route) is None and route.operation_id not in PUBLIC:
            raise InvariantBroken(
                f"{route.path} names no roles: take a caller of `api.access`, or list it in PUBLIC"
            )
