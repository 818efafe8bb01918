"""What people on their way say, with or without a session: the same commands for routes and links.

Rules stand in `alerts.incident`; here words become commands, and who says them is settled already.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from tocsin.alerts.commands import (
    Accept,
    Arrive,
    AskHelp,
    Command,
    Refuse,
    ReportDone,
    SayNothingHere,
    SayReal,
    See,
)
from tocsin.alerts.model import Incident
from tocsin.alerts.proving import NOTHING, Shown
from tocsin.alerts.service import Demand
from tocsin.api import views
from tocsin.api.deps import ApiDeps
from tocsin.api.schemas.base import Place
from tocsin.core.errors import Rejected
from tocsin.core.ids import IncidentId, PersonId, PictureHash
from tocsin.core.incidents import Actor, Basis

AHEAD_MAX: Final = timedelta(minutes=2)
"""How far a phone's clock may be ahead before its claim is refused."""
BEHIND_MAX: Final = timedelta(days=31)
"""How long ago an act may have been tapped; an instant near the first year could be written and never read again."""


class ProofBody(Protocol):
    """A body that may carry a proof."""

    @property
    def at(self) -> datetime | None:
        """When it was tapped."""
        ...

    @property
    def position(self) -> Place | None:
        """Where the phone was."""
        ...

    @property
    def position_age_s(self) -> float | None:
        """How old that was."""
        ...

    @property
    def position_mock(self) -> bool:
        """Whether an app makes it up."""
        ...


def arrival(person: PersonId, body: ProofBody) -> Arrive:
    """Say that somebody arrived, with the position that their body carries."""
    return Arrive(
        person=person,
        at=body.at,
        basis=Basis.DECLARED if body.position is None else Basis.POSITION,
        position=views.position(body.position),
        age_s=body.position_age_s if body.position is not None else None,
        mock=body.position_mock,
    )


def nothing_here(person: PersonId, body: ProofBody) -> SayNothingHere:
    """Say that nothing is there, with the position that their body carries."""
    shown = arrival(person, body)
    return SayNothingHere(
        person=person,
        at=shown.at,
        basis=shown.basis,
        position=shown.position,
        age_s=shown.age_s,
        mock=shown.mock,
    )


def simple(what: str, person: PersonId, reason: str | None) -> Command:
    """Say what needs no proof; `Rejected` (`refuse.reason`) for a refusal without a reason."""
    match what:
        case "see":
            return See(person=person)
        case "accept":
            return Accept(person=person)
        case "help":
            return AskHelp(person=person)
        case "done":
            return ReportDone(person=person)
        case "real":
            return SayReal(person=person)
        case _ if reason is not None:
            return Refuse(person=person, reason_code=reason)
        case _:
            raise Rejected("refuse.reason", "say why you cannot go: send `reason`")


def photo(
    person: PersonId, at: datetime | None, challenge: str, picture: PictureHash
) -> tuple[Arrive, Shown]:
    """Say that somebody arrived and shows a photo."""
    return Arrive(person=person, at=at, basis=Basis.PHOTO), Shown(challenge=challenge, picture=picture)


def with_tag(shown: Shown, tag: str | None) -> Shown:
    """Add a tag to what is shown."""
    return shown if tag is None else replace(shown, tag=tag)


async def submit(
    deps: ApiDeps,
    incident: IncidentId,
    command: Command,
    actor: Actor,
    *,
    act: str,
    at: datetime | None = None,
    shown: Shown = NOTHING,
    words: str | None = None,
    demand: Demand | None = None,
) -> Incident:
    """Give a command to the incident, with words for the log; gives it as it stands after.

    Raises `Rejected` (`act.future`, `act.past`) too.
    """
    if at is not None and at > deps.clock.now() + AHEAD_MAX:
        raise Rejected("act.future", "`at` lies in the future: set the phone's clock, or leave `at` out")
    if at is not None and at < deps.clock.now() - BEHIND_MAX:
        raise Rejected(
            "act.past",
            f"`at` lies more than {BEHIND_MAX.days} days back: set the phone's clock, or leave `at` out",
        )
    return await deps.alerts.command(
        incident, command, actor, act=act, occurred=at, shown=shown, words=words, demand=demand
    )
