"""Sign in, ask who is signed in, sign out."""

import secrets
from datetime import timedelta
from typing import Annotated, cast

import structlog
from fastapi import APIRouter, Depends, Request, Response

from tocsin.api.access import COOKIE, Anyone, session_of, token_hash
from tocsin.api.auth import PasswordChecker
from tocsin.api.deps import ApiDeps, Deps
from tocsin.api.errors import HttpRefusal
from tocsin.api.live import LiveStreams
from tocsin.api.metrics import SIGN_INS
from tocsin.api.schemas.session import SessionView, SignIn
from tocsin.api.throttle import SignInThrottle
from tocsin.town.evaluation import Indicator
from tocsin.town.ports import Session

log = structlog.get_logger()
router = APIRouter(prefix="/api/session", tags=["session"])


def _throttle(request: Request) -> SignInThrottle:
    return cast("SignInThrottle", request.app.state.throttle)


def _checker(request: Request) -> PasswordChecker:
    return cast("PasswordChecker", request.app.state.passwords)


def _streams(request: Request) -> LiveStreams:
    return cast("LiveStreams", request.app.state.live)


@router.post("", operation_id="signIn", summary="Sign in", status_code=201)
async def sign_in(
    *,
    body: SignIn,
    request: Request,
    response: Response,
    deps: Deps,
    throttle: Annotated[SignInThrottle, Depends(_throttle)],
    checker: Annotated[PasswordChecker, Depends(_checker)],
) -> SessionView:
    """Check name and password and set the session cookie; the answer holds the CSRF token.

    Too many failures of one name from one address, or from one address, must wait (429).
    """
    address = request.client.host if request.client else "unknown"
    now = deps.clock.monotonic()
    wait = throttle.wait_seconds(body.name, address, now)
    if wait > 0:
        SIGN_INS.labels("throttled").inc()
        raise HttpRefusal(
            429,
            "session.throttled",
            f"too many failed sign-ins: wait {_spoken(wait)}, then try again",
            headers={"Retry-After": str(int(wait) + 1)},
        )
    throttle.fail(
        body.name, address, now
    )  # counted first, so that parallel guesses cannot slip past the check
    account = await deps.town.account(body.name)
    active = account is not None and account.active
    stored = account.password_hash if account is not None and active else None
    if not await checker.fits(stored, body.password.get_secret_value()) or account is None:
        SIGN_INS.labels("wrong").inc()
        log.warning("session.sign_in_failed", account=body.name, address=address)
        raise HttpRefusal(
            401, "session.wrong", "name or password is wrong: check both, capitals matter in the password"
        )
    throttle.forgive(body.name, address)
    SIGN_INS.labels("ok").inc()
    previous = await session_of(request)
    if previous is not None:
        await deps.town.close_session(previous.token_hash)
        _streams(request).end(previous.token_hash)
    token = secrets.token_urlsafe(32)
    created = deps.clock.now()
    session = Session(
        token_hash=token_hash(token),
        csrf=secrets.token_urlsafe(32),
        account=account,
        created=created,
        expires=created + timedelta(hours=deps.config.session_hours),
    )
    await deps.town.open_session(session)
    await deps.evaluation.store.note("", account.person, Indicator.SIGN_IN, "")
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(deps.config.session_hours * 3600),
        path="/",
        secure=deps.config.cookie_secure,
        httponly=True,
        samesite="lax",
    )
    return await _view(deps, session)


@router.get("", operation_id="getSession", summary="Who is signed in")
async def get_session(caller: Anyone, deps: Deps) -> SessionView:
    """Give the account, its rights and the CSRF token of the session."""
    return await _view(deps, caller.session)


@router.delete("", operation_id="signOut", summary="Sign out", status_code=204)
async def sign_out(caller: Anyone, request: Request, deps: Deps) -> Response:
    """End the session and its live streams."""
    await deps.town.close_session(caller.session.token_hash)
    _streams(request).end(caller.session.token_hash)
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, path="/", secure=deps.config.cookie_secure, httponly=True, samesite="lax")
    return response


async def _view(deps: ApiDeps, session: Session) -> SessionView:
    account = session.account
    person = await deps.town.person(account.person)
    return SessionView(
        account=account.name,
        person=account.person,
        person_name=account.name if person is None else person.name,
        role=account.role,
        scope=account.scope,
        csrf=session.csrf,
        expires=session.expires,
        now=deps.clock.now(),
    )


def _spoken(seconds: float) -> str:
    minutes = int(seconds // 60) + 1
    return f"{int(seconds) + 1} seconds" if seconds < 90 else f"{minutes} minutes"
