"""Opening one-tap links: whose, for what, and until when; every link that opens nothing is refused alike.

A link is a key for one person and one incident: it needs no session, gives no session, and is sent in the
body of a POST, so that fetching its address changes nothing. It opens until two hours after the incident
ended; until then an act that was made before the end arrives as a claim.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tocsin.alerts.decide_arrival import AFTER_END
from tocsin.alerts.evolve import fold
from tocsin.alerts.links import Link
from tocsin.alerts.model import Incident
from tocsin.alerts.ports import IncidentRow
from tocsin.api import views
from tocsin.api.access import EVERYWHERE
from tocsin.api.config import ApiConfig
from tocsin.api.deps import ApiDeps
from tocsin.api.errors import HttpRefusal
from tocsin.api.metrics import LINKS
from tocsin.api.schemas.incidents import ClockView
from tocsin.api.schemas.proofs import LinkAct, LinkIncident, LinkView
from tocsin.api.throttle import FailureWindow
from tocsin.core.grids import TIERS
from tocsin.core.ids import PersonId
from tocsin.core.incidents import Actor
from tocsin.town.ports import Person

USES_MAX: Final = 60
USES_SECONDS: Final = 60.0
"""One link's requests in a minute: the page asks every ten seconds and nobody taps fifty times."""
OPEN_ACTS: Final[tuple[LinkAct, ...]] = (
    "see",
    "accept",
    "refuse",
    "arrive",
    "help",
    "real",
    "nothing_here",
)


class LinkDoor:
    """Bounds how often one link is used; one per process."""

    def __init__(self) -> None:
        self._uses = FailureWindow(most=USES_MAX, window_seconds=USES_SECONDS)

    def pass_through(self, link: Link, now: float) -> None:
        """Count a use; raises `HttpRefusal` (429 `link.throttled`) when there were too many."""
        key = f"{link.incident}\x1f{link.person}"
        wait = self._uses.wait_seconds(key, now)
        if wait > 0:
            LINKS.labels("throttled").inc()
            raise HttpRefusal(
                429,
                "link.throttled",
                "this link is used too often: wait a minute, then try again",
                headers={"Retry-After": str(int(wait) + 1)},
            )
        self._uses.fail(key, now)


@dataclass(frozen=True, slots=True)
class Opened:
    """A link that opens something."""

    link: Link
    person: Person
    row: IncidentRow
    incident: Incident

    @property
    def actor(self) -> Actor:
        """How the person stands in the log."""
        return Actor("person", self.person.id)


async def open_link(deps: ApiDeps, door: LinkDoor, token: str) -> Opened:
    """Find what a token opens now.

    Raises `HttpRefusal` (404 `link.unknown`) in every case in which it opens nothing, so that nothing can be
    probed, and 429 `link.throttled`.
    """
    now = deps.clock.now()
    link = deps.links.read(token, now) if deps.links is not None else None
    if link is None:
        raise _nothing()
    door.pass_through(link, deps.clock.monotonic())
    person = await deps.town.person(link.person)
    row = await deps.queries.incident(EVERYWHERE, link.incident)
    if person is None or not person.active or row is None or _over(row.ended, now):
        raise _nothing()
    return Opened(link, person, row, fold(await deps.queries.log(link.incident)))


def _over(ended: datetime | None, now: datetime) -> bool:
    return ended is not None and now > ended + AFTER_END


def _nothing() -> HttpRefusal:
    LINKS.labels("refused").inc()
    return HttpRefusal(
        404,
        "link.unknown",
        "this link opens nothing: it is mistyped, has expired, or is no longer needed. Open the newest message, or call the operator",
    )


def link_view(opened: Opened, incident: Incident, now: datetime) -> LinkView:
    """Show what a link opens; pure. `incident` is the state after an act, where there was one."""
    row, person = opened.row, PersonId(opened.person.id)
    call = incident.calls.get(person)
    tier = call.tier if call is not None else opened.person.tier
    place = incident.place or incident.centre
    return LinkView(
        incident=LinkIncident(
            id=row.id,
            kind=incident.kind,
            grade=incident.grade,
            state=incident.state,
            grid_name=row.grid_name,
            began=incident.began,
            opened=incident.opened,
            confirmed=incident.confirmed,
            lateness=incident.lateness,
            drill=incident.drill,
            clocks=_clocks(incident),
            place=views.place(place),
            exact=incident.place is not None,
        ),
        person_name=opened.person.name,
        tier=tier,
        acts=_acts(incident),
        seen=None if call is None else call.seen,
        accepted=None if call is None else call.accepted,
        refused=None if call is None else call.refused,
        arrived=None if call is None else call.arrived,
        helped=tier is not None and tier in incident.help_asked,
        expires=opened.link.expires,
        now=now,
    )


def _clocks(incident: Incident) -> list[ClockView]:
    return [
        ClockView(tier=tier, activated=clock.activated, due=clock.due, verdict=clock.verdict, at=clock.at)
        for tier in TIERS
        if (clock := incident.clocks.get(tier)) is not None
    ]


def _acts(incident: Incident) -> list[LinkAct]:
    if not incident.state.open:
        return ["arrive"]
    return [*OPEN_ACTS, "done"] if incident.confirmed is not None else [*OPEN_ACTS]


def address_fault(config: ApiConfig, *, links: bool) -> str | None:
    """Say what phones cannot do because of the address they are given; None when all is well."""
    if not config.public_url.startswith("https://"):
        return (
            "api.public_url is not an https address: notices carry no safe links, and browsers give a page neither the "
            "position nor an offline queue; put a reverse proxy with TLS before the centre and write its address there"
        )
    if not links:
        return "there is no key for one-tap links: write one into a file and name it in api.link_key_file, the same for every process"
    return None
