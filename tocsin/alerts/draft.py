"""A decision in the making: the events so far, and the state they lead to.

Every rule adds events through `emit`, so that the next rule of the same decision sees the state
after them. Nothing here outlives one call of `decide`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import structs

from tocsin.alerts.deadlines import deadlines
from tocsin.alerts.evolve import evolve
from tocsin.alerts.model import Incident
from tocsin.alerts.policy_model import ResponsePolicy
from tocsin.core.errors import Rejected
from tocsin.core.grids import Tier
from tocsin.core.ids import IncidentId, PersonId
from tocsin.core.incidents import SYSTEM, Actor, Grade, IncidentEvent, Recorded, State
from tocsin.core.responders import Channel, Directory, Responder

NAMELESS = IncidentId("")
"""Stands for the id of an incident that the shell has not named yet."""


class Draft:
    """What one decision has found so far."""

    __slots__ = ("_deadlines", "_incident", "_policy", "directory", "events", "now")

    def __init__(
        self,
        incident: Incident | None,
        now: datetime,
        policy: ResponsePolicy,
        directory: Directory,
        known: Mapping[str, datetime] | None = None,
    ) -> None:
        """Begin with a state; `known` are its open deadlines, if somebody has asked for them already."""
        self.now = now
        self._policy = policy
        self.directory = directory if incident is None else directory.only(incident.participants)
        self.events: list[IncidentEvent] = []
        self._incident = incident
        self._deadlines = known

    @property
    def incident(self) -> Incident:
        """Give the state after the events so far.

        Raises `Rejected` (`incident.unknown`) before the first event.
        """
        if self._incident is None:
            raise Rejected("incident.unknown", "this incident does not exist: open it first")
        return self._incident

    @property
    def policy(self) -> ResponsePolicy:
        """Give the values that hold for the case as it stands after the events so far.

        Before the first event there is no case: what decides whether there is one has no rules.
        """
        return self._policy if self._incident is None else self._policy.of(self._incident)

    @property
    def deadlines(self) -> Mapping[str, datetime]:
        """Give the deadlines that are open after the events so far."""
        if self._deadlines is None:
            self._deadlines = deadlines(self.incident, self._policy)
        return self._deadlines

    def policy_at(self, grade: Grade) -> ResponsePolicy:
        """Give the values that would hold if the grade were another one."""
        return self._policy.of(structs.replace(self.incident, grade=grade))

    @property
    def fresh(self) -> bool:
        """Say whether nothing has happened yet."""
        return self._incident is None

    def emit(self, event: IncidentEvent) -> None:
        """Add an event and take its effect into account."""
        self.events.append(event)
        before = self._incident
        recorded = Recorded(
            incident=NAMELESS if before is None else before.id,
            version=1 if before is None else before.version + 1,
            event=event,
            actor=SYSTEM,
            occurred=self.now,
            recorded=self.now,
        )
        self._incident = evolve(before, recorded)
        if before is None:
            self.directory = self.directory.only(self._incident.participants)
        self._deadlines = None

    def demand_open(self, act: str) -> Incident:
        """Give the state; raises `Rejected` (`incident.closed` and the like) when it has ended."""
        incident = self.incident
        if not incident.state.open:
            raise Rejected(f"incident.{incident.state}", f"cannot {act}: {how_it_ended(incident)}")
        return incident

    def demand_confirmed(self, act: str) -> Incident:
        """Give the state; raises `Rejected` (`incident.unconfirmed`) before confirmation."""
        incident = self.demand_open(act)
        if incident.confirmed is None:
            raise Rejected(
                "incident.unconfirmed",
                f"cannot {act}: incident {incident.id} is not confirmed; confirm or reject it first",
            )
        return incident

    def responder(self, person: PersonId) -> Responder | None:
        """Find a person among those on duty now; None when not on duty."""
        for responder in self.directory.responders:
            if responder.person == person:
                return responder
        return None

    def tier_of(self, person: PersonId) -> Tier:
        """Give the tier that a person answers for here.

        Raises `Rejected` (`person.not_on_duty`) for one who was neither called nor is on duty.
        """
        call = self.incident.calls.get(person)
        if call is not None and call.tier is not None:
            return call.tier
        found = self.responder(person)
        if found is None:
            raise Rejected(
                "person.not_on_duty",
                f"{person} was not called to incident {self.incident.id} and is not on duty for it: "
                "ask the operator to enter the act",
            )
        return found.tier

    def channels(self, person: PersonId, tier: Tier) -> tuple[Channel, ...]:
        """Give a person's channels in the order that the policy names for the tier."""
        found = self.responder(person)
        if found is None:
            return ()
        return tuple([channel for channel in self.policy.channels[tier] if channel in found.channels])

    def anchored(self, due: datetime) -> datetime:
        """Give the instant from which what follows counts.

        That is when it was due. Only after an outage of ours is it now: nobody is late for a
        call that they could not get.
        """
        return self.now if self.now - due > self.policy.punctual else due


def demand_code(code: str, codes: frozenset[str], error: str, act: str) -> None:
    """Raise `Rejected` with an error's code unless a reason is one of those that an act may have."""
    if code not in codes:
        raise Rejected(
            error, f"cannot {act} with reason {code[:40]!r}: use one of {', '.join(sorted(codes))}"
        )


def how_it_ended(incident: Incident) -> str:
    """Say in words when and by whom an incident ended."""
    at = incident.ended.strftime("%Y-%m-%d %H:%M:%S UTC") if incident.ended else "an unknown time"
    by = f" by {who(incident.ended_by)}" if incident.ended_by else ""
    into = f" into {incident.merged_into}" if incident.state is State.MERGED else ""
    return f"incident {incident.id} was {incident.state}{into} at {at}{by}"


def who(actor: Actor) -> str:
    """Name an actor in a sentence."""
    return actor.id or f"the {actor.kind}"
