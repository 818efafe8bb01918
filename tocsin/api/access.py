"""Who may do what: every route names its roles with `Access`; a route that does not is refused at start.

A caller is a signed-in account with a role and a scope (a subtree of grids). Unsafe methods need
the session's CSRF token. A responder sees the incidents they were called to or told of and acts as themselves.
"""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request

from tocsin.alerts.ports import IncidentRow
from tocsin.api.deps import ApiDeps, deps_of
from tocsin.api.errors import HttpRefusal
from tocsin.core.errors import NotFound
from tocsin.core.ids import IncidentId, PersonId
from tocsin.core.incidents import Actor, Called, NoticeSettled, Recorded
from tocsin.town.ports import Account, Role, Session

COOKIE: Final = "tocsin_session"
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
EVERYWHERE: Final = ""
"""The scope that sees all grids."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks."""

    session: Session

    @property
    def account(self) -> Account:
        """The account as it is now."""
        return self.session.account

    @property
    def role(self) -> Role:
        """What they may do."""
        return self.account.role

    @property
    def person(self) -> PersonId:
        """Who they are."""
        return self.account.person

    @property
    def scope(self) -> str:
        """Where they may do it."""
        return self.account.scope

    @property
    def actor(self) -> Actor:
        """How they stand in the log."""
        return Actor("person", self.account.person)


class Access:
    """Let the named roles pass; as a dependency it gives the `Caller`."""

    def __init__(self, *roles: Role) -> None:
        self.roles = frozenset(roles)

    async def __call__(self, request: Request) -> Caller:
        """Find the session and check role and CSRF token.

        Raises `HttpRefusal`: 401 `session.missing`, 403 `role.forbidden`, 403 `csrf.mismatch`.
        """
        session = await session_of(request)
        if session is None:
            raise HttpRefusal(401, "session.missing", "sign in first: there is no session, or it has ended")
        if session.account.role not in self.roles:
            needed = " or ".join(sorted(self.roles))
            raise HttpRefusal(
                403, "role.forbidden", f"this needs the role {needed}; yours is {session.account.role}"
            )
        if request.method not in SAFE:
            check_csrf(request, session)
        return Caller(session)


def token_hash(token: str) -> bytes:
    """Give what is stored of a cookie's token."""
    return hashlib.sha256(token.encode()).digest()


async def session_of(request: Request) -> Session | None:
    """Find the session of a request's cookie; None without one, with an expired or an unknown one."""
    token = request.cookies.get(COOKIE, "")
    if not 20 <= len(token) <= 200:
        return None
    deps = deps_of(request)
    session = await deps.town.session(token_hash(token))
    if session is None or not session.account.active or session.expires <= deps.clock.now():
        return None
    return session


def check_csrf(request: Request, session: Session) -> None:
    """Compare the header with the session's token in constant time."""
    given = request.headers.get("x-csrf-token", "")
    if not hmac.compare_digest(given.encode(), session.csrf.encode()):
        raise HttpRefusal(
            403, "csrf.mismatch", "send the session's `csrf` value as header X-CSRF-Token: reload the page"
        )


def within(scope: str, path: str) -> bool:
    """Say whether a grid path lies in a subtree; the empty scope holds everything."""
    return scope in {EVERYWHERE, path} or path.startswith(f"{scope}.")


def called(log: "list[Recorded] | tuple[Recorded, ...]", person: PersonId) -> bool:
    """Say whether a person was called to the incident with this log, or told of it by a notice."""
    return any(isinstance(line.event, Called | NoticeSettled) and line.event.person == person for line in log)


async def visible_incident(
    deps: ApiDeps, caller: Caller, incident: IncidentId
) -> tuple[IncidentRow, list[Recorded]]:
    """Read an incident and its log if the caller may see it.

    A responder may when they were called to it, wherever it is; others when it lies in their scope.
    Raises `NotFound` (`incident.unknown`) in every other case, so that nothing can be probed.
    """
    responder = caller.role is Role.RESPONDER
    row = await deps.queries.incident(EVERYWHERE if responder else caller.scope, incident)
    if row is not None:
        log = list(await deps.queries.log(incident))
        if not responder or called(log, caller.person):
            return row, log
    raise NotFound("incident.unknown", f"there is no incident {incident[:64]} that you may see")


Operator = Annotated[Caller, Depends(Access(Role.OPERATOR))]
"""Operators."""
Responder = Annotated[Caller, Depends(Access(Role.RESPONDER))]
"""Responders, for themselves."""
OnScene = Annotated[Caller, Depends(Access(Role.OPERATOR, Role.RESPONDER))]
"""Those who may say that somebody arrived."""
Watcher = Annotated[Caller, Depends(Access(Role.OPERATOR, Role.RESPONDER, Role.ADMINISTRATOR))]
"""Those who may see incidents."""
Desk = Annotated[Caller, Depends(Access(Role.OPERATOR, Role.ADMINISTRATOR))]
"""Those who may see people and figures."""
Tuner = Annotated[Caller, Depends(Access(Role.ENGINEER, Role.ADMINISTRATOR))]
"""Those who may try other detectors on the past."""
Staff = Annotated[Caller, Depends(Access(Role.OPERATOR, Role.ENGINEER, Role.ADMINISTRATOR))]
"""Those who see the field."""
Anyone = Annotated[Caller, Depends(Access(*Role))]
"""Everybody who is signed in."""
