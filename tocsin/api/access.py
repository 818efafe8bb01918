"""Who may do what: every route names its roles with `Access`; a route that does not is refused at start.

A caller is a signed-in account with a role and a scope (a subtree of grids). Unsafe methods need
the session's CSRF token. A responder sees the incidents they were called to, told of or reported, a department
those that were routed to its organisation; both act as themselves.
"""

import hashlib
import hmac
from dataclasses import dataclass, replace
from typing import Annotated, Final

from fastapi import Depends, Request

from tocsin.alerts.concerned import answers_for, concerns
from tocsin.alerts.ports import IncidentFilter, IncidentRow
from tocsin.api.deps import ApiDeps, deps_of
from tocsin.api.errors import HttpRefusal
from tocsin.core.errors import NotFound
from tocsin.core.ids import IncidentId, OrganisationCode, PersonId
from tocsin.core.incidents import Actor, Recorded
from tocsin.town.ports import Account, Role, Session

COOKIE: Final = "tocsin_session"
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
EVERYWHERE: Final = ""
"""The scope that sees all grids."""
OWN: Final = frozenset({Role.RESPONDER, Role.DEPARTMENT})
"""Roles that see incidents because they have to do with them, not because of where these are."""


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


def scope_of(caller: Caller) -> str:
    """Give where a caller's incidents lie: those of a responder and of a department may lie anywhere."""
    return EVERYWHERE if caller.role in OWN else caller.scope


def narrowed(caller: Caller, wanted: IncidentFilter) -> IncidentFilter:
    """Narrow a list of incidents to those that a caller may see; whoever lists them asks through this.

    Raises `HttpRefusal` 403 (`account.organisation`) for a department's account that names none.
    """
    match caller.role:
        case Role.RESPONDER:
            return replace(wanted, scope=EVERYWHERE, person=caller.person)
        case Role.DEPARTMENT:
            return replace(wanted, scope=EVERYWHERE, routed=own_organisation(caller))
        case _:
            return wanted if within(caller.scope, wanted.scope) else replace(wanted, scope=caller.scope)


def own_organisation(caller: Caller) -> OrganisationCode:
    """Give the organisation of a department's account; raises `HttpRefusal` 403 (`account.organisation`) without."""
    if caller.account.organisation is None:
        raise HttpRefusal(
            403,
            "account.organisation",
            "your account belongs to no organisation: let an administrator give it one with --organisation",
        )
    return caller.account.organisation


async def visible_incident(
    deps: ApiDeps, caller: Caller, incident: IncidentId
) -> tuple[IncidentRow, list[Recorded]]:
    """Read an incident and its log if the caller may see it.

    A responder may when they were called to it, were told of it or reported it, a department when it was
    routed to it, wherever it is; an engineer sees the field alone, others what lies in their scope.
    Raises `NotFound` (`incident.unknown`) in every other case, so that nothing can be probed.
    """
    row = await deps.queries.incident(scope_of(caller), incident)
    if row is not None:
        log = list(await deps.queries.log(incident))
        match caller.role:
            case Role.RESPONDER:
                shown = concerns(log, caller.person)
            case Role.DEPARTMENT:
                shown = answers_for(log, caller.account.organisation)
            case Role.ENGINEER:
                shown = False
            case _:
                shown = True
        if shown:
            return row, log
    raise NotFound("incident.unknown", f"there is no incident {incident[:64]} that you may see")


Operator = Annotated[Caller, Depends(Access(Role.OPERATOR))]
"""Operators."""
Responder = Annotated[Caller, Depends(Access(Role.RESPONDER))]
"""Responders, for themselves."""
Administrator = Annotated[Caller, Depends(Access(Role.ADMINISTRATOR))]
"""Those who keep the town: places, people, organisations, matters."""
OnScene = Annotated[Caller, Depends(Access(Role.OPERATOR, Role.RESPONDER))]
"""Those who may say that somebody arrived."""
Handler = Annotated[Caller, Depends(Access(Role.OPERATOR, Role.DEPARTMENT))]
"""Those who say how work goes on: a department for itself, an operator for one that told them."""
Overseer = Annotated[Caller, Depends(Access(Role.OPERATOR, Role.SUPERVISOR))]
"""Those who supervise, answer for grades and grant more time."""
Reporter = Annotated[Caller, Depends(Access(Role.OPERATOR, Role.RESPONDER, Role.DEPARTMENT, Role.SUPERVISOR))]
"""Those who may report what they saw or heard."""
Watcher = Annotated[
    Caller,
    Depends(Access(Role.OPERATOR, Role.RESPONDER, Role.DEPARTMENT, Role.SUPERVISOR, Role.ADMINISTRATOR)),
]
"""Those who may see incidents: which ones, `visible_incident` and `narrowed` say."""
Desk = Annotated[Caller, Depends(Access(Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR))]
"""Those who may see people and figures."""
Keeper = Annotated[Caller, Depends(Access(Role.OPERATOR, Role.ADMINISTRATOR))]
"""Those who change what holds for a place, or try it out."""
Tuner = Annotated[Caller, Depends(Access(Role.ENGINEER, Role.ADMINISTRATOR))]
"""Those who may try other detectors on the past."""
Staff = Annotated[Caller, Depends(Access(Role.OPERATOR, Role.SUPERVISOR, Role.ENGINEER, Role.ADMINISTRATOR))]
"""Those who see the field."""
FieldKeeper = Annotated[Caller, Depends(Access(Role.OPERATOR, Role.ENGINEER, Role.ADMINISTRATOR))]
"""Those who put up tags and write down trials of detectors."""
Anyone = Annotated[Caller, Depends(Access(*Role))]
"""Everybody who is signed in."""
