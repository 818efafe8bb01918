"""One incident run in thought under any policy: what the world did, and the deadlines.  Pure.

`run` feeds `incident.advance` with what the world did (alarms, confirmations, answers of people) and
with every deadline at its instant; no rule stands here.  A person answers a call as they did in the
record, so long after it; somebody who was never called in the record answers as one of the same tier
and place did, drawn by seed, and is counted as assumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from math import degrees
from typing import Final
from zlib import crc32

import msgspec

from tocsin.alerts import commands as ask
from tocsin.alerts.commands import Command, DeadlineReached
from tocsin.alerts.geometry import EARTH_M
from tocsin.alerts.incident import advance, deadlines
from tocsin.alerts.model import Incident
from tocsin.alerts.policy_model import ResponsePolicy
from tocsin.core.errors import Rejected
from tocsin.core.grids import Position, Tier
from tocsin.core.ids import GridCode, IncidentId, NoticeId, PersonId
from tocsin.core.incidents import Accepted, Arrived, Basis, Called, Outcome, Seen, Verdict, VerdictGiven
from tocsin.core.responders import Channel, Directory

STEPS_MAX: Final = 1000
"""Decisions in one run; an incident that needs more only rings again and again."""
ENOUGH: Final = 5
"""Answers of one tier in one place from which they are drawn; with fewer, those of the tier everywhere."""


class Arrival(msgspec.Struct, frozen=True):
    """That somebody came, and how it was shown."""

    after: timedelta
    basis: Basis
    distance_m: float | None = None
    accuracy_m: float | None = None
    age_s: float | None = None


class Answer(msgspec.Struct, frozen=True):
    """What a person does after they are first called; None is what they never did."""

    seen: timedelta | None = None
    accepted: timedelta | None = None
    refused: timedelta | None = None
    reason: str = ""
    """Why they refused."""
    arrived: Arrival | None = None
    help: timedelta | None = None
    done: timedelta | None = None


_EASING: Final = frozenset({Accepted, Arrived, Seen})
"""What never begins a deadline; the tests hold the shortcut to the run without it."""
SILENCE: Final = Answer()


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one incident that no policy decides."""

    incident: IncidentId
    opened: datetime
    opening: ask.Open
    directory: Directory
    """Who was on duty when it was opened."""
    acts: tuple[tuple[datetime, Command], ...] = ()
    """What was done whoever had been called: by devices, operators, and people who came by themselves."""
    answers: Mapping[PersonId, Answer] = {}
    """By those who were called in the record, silence included."""
    failures: Mapping[tuple[PersonId, Channel], timedelta] = {}
    """Channels on which a notice failed for good, so long after the call."""


class CallMade(msgspec.Struct, frozen=True):
    """One time that somebody's phone rang."""

    at: datetime
    person: PersonId
    tier: Tier | None
    channels: tuple[Channel, ...]
    reason_code: str


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an incident under a policy."""

    incident: Incident
    calls: tuple[CallMade, ...]
    assumed: frozenset[PersonId]
    """Those called whose answers were drawn."""
    impossible: int
    """Acts of the record that could not be done here, as a second confirmation."""


class Answers:
    """Observed answers by tier and place, from which those of people never called are drawn."""

    def __init__(self, observed: Iterable[tuple[Tier, GridCode, Answer]], seed: int) -> None:
        self._seed = seed
        self._near: dict[tuple[Tier, GridCode], list[Answer]] = {}
        self._of_tier: dict[Tier, list[Answer]] = {}
        for tier, grid, answer in observed:
            self._near.setdefault((tier, grid), []).append(answer)
            self._of_tier.setdefault(tier, []).append(answer)

    def draw(self, incident: IncidentId, person: PersonId, tier: Tier, grid: GridCode) -> Answer:
        """Draw one whole answer; the same seed, incident and person give the same one under every policy."""
        known = self._near.get((tier, grid), ())
        if len(known) < ENOUGH:
            known = self._of_tier.get(tier, ())
        if not known:
            return SILENCE
        return known[crc32(f"{self._seed}/{incident}/{person}".encode()) % len(known)]

    def counted(self) -> dict[Tier, int]:
        """Say how many answers of each tier there are to draw from."""
        return {tier: len(known) for tier, known in self._of_tier.items()}


def run(script: Script, policy: ResponsePolicy, answers: Answers) -> Run:
    """Run one incident to its end, or until it would only ring again.

    At one instant what people do comes before a deadline, as an arrival at the limit counts.
    """
    turn = _Turn(script, answers)
    now = script.opened
    incident = turn.take(None, script.opening, now, policy)
    if incident is None:  # an opening is always possible; a policy cannot refuse it
        raise Rejected(
            "simulate.opening", f"cannot simulate {script.incident}: its record begins with no opening"
        )
    incident = msgspec.structs.replace(incident, id=script.incident)
    coming = turn.coming
    free_until: datetime | None = None
    """No deadline is open before this instant; None when it must be asked for."""
    for _ in range(STEPS_MAX):
        known: dict[str, datetime] | None = None
        if free_until is not None and coming and coming[0][0] <= free_until:
            now, _, command = heappop(coming)
        else:
            known = deadlines(incident, policy)
            free_until, key = _earliest(known)
            if coming and (free_until is None or coming[0][0] <= free_until):
                now, _, command = heappop(coming)
            elif free_until is None or (not coming and _only_rings(key, incident)):
                break
            else:
                now, command = max(now, free_until), DeadlineReached(key=key)
        incident = turn.take(incident, command, now, policy, known) or incident
        if not turn.only_eased:
            if not incident.state.open:
                break
            free_until = None
    return Run(
        incident=incident,
        calls=tuple(turn.calls),
        assumed=frozenset(turn.assumed),
        impossible=turn.impossible,
    )


def _earliest(open_ones: dict[str, datetime]) -> tuple[datetime | None, str]:
    first, name = None, ""
    for key, due in open_ones.items():  # written out: this is asked for after every step
        if first is None or due < first or (due == first and key < name):
            first, name = due, key
    return first, name


def _only_rings(key: str, incident: Incident) -> bool:
    """Say whether nothing but the same call again would come, for the second time."""
    return key.startswith(("again:", "remind:")) or (key.startswith("confirm:") and incident.unanswered > 2)


class _Turn:
    """The run as it stands: what is still to come, and who was called."""

    def __init__(self, script: Script, answers: Answers) -> None:
        self.script = script
        self.answers = answers
        self.coming: list[tuple[datetime, int, Command]] = [
            (at, place, command) for place, (at, command) in enumerate(script.acts)
        ]
        heapify(self.coming)
        self.calls: list[CallMade] = []
        self.assumed: set[PersonId] = set()
        self.impossible = 0
        self.only_eased = False
        """Whether the last command can only have ended deadlines: the earliest need not be asked for again."""
        self._heard: set[PersonId] = set()
        self._count = len(self.coming)

    def take(
        self,
        incident: Incident | None,
        command: Command,
        now: datetime,
        policy: ResponsePolicy,
        known: Mapping[str, datetime] | None = None,
    ) -> Incident | None:
        """Decide one command, and let those who are called by it answer; None when it was impossible.

        `known` are the open deadlines of `incident`, unless they would have to be asked for.
        """
        try:
            events, after = advance(incident, command, now, policy, self.script.directory, known)
        except Rejected:
            self.impossible += 1
            return None
        self.only_eased = True
        for event in events:
            if type(event) in _EASING or (type(event) is VerdictGiven and event.verdict is Verdict.ARRIVED):
                continue
            self.only_eased = False
            if isinstance(event, Called) and event.channels:
                self._called(event, now)
        return after

    def _called(self, event: Called, now: datetime) -> None:
        person = event.person
        self.calls.append(CallMade(now, person, event.tier, event.channels, event.reason_code))
        if self.script.failures:
            self._fail(event, now)
        if person in self._heard:
            return
        self._heard.add(person)
        answer = self.script.answers.get(person)
        if answer is None:
            if event.tier is None:  # whom to draw for a supervisor is not observed: they only hear of it
                return
            self.assumed.add(person)
            answer = self.answers.draw(self.script.incident, person, event.tier, self.script.opening.grid)
        self._answer(person, answer, now)

    def _answer(self, person: PersonId, answer: Answer, called: datetime) -> None:
        if answer.seen is not None:
            self._later(called + answer.seen, ask.See(person=person))
        if answer.accepted is not None:
            self._later(called + answer.accepted, ask.Accept(person=person))
        if answer.refused is not None:
            self._later(called + answer.refused, ask.Refuse(person=person, reason_code=answer.reason))
        if answer.arrived is not None:
            self._later(called + answer.arrived.after, self._arrive(person, answer.arrived))
        if answer.help is not None:
            self._later(called + answer.help, ask.AskHelp(person=person))
        if answer.done is not None:
            self._later(called + answer.done, ask.ReportDone(person=person))

    def _arrive(self, person: PersonId, arrival: Arrival) -> Command:
        place = self.script.opening.place
        position = None
        if place is not None and arrival.distance_m is not None:
            north = degrees(arrival.distance_m / EARTH_M) * (1 if place.latitude < 0 else -1)
            position = Position(place.latitude + north, place.longitude, arrival.accuracy_m)
        if arrival.basis is Basis.POSITION and position is None:
            return ask.Arrive(person=person, basis=Basis.DECLARED)
        return ask.Arrive(person=person, basis=arrival.basis, position=position, age_s=arrival.age_s)

    def _fail(self, event: Called, now: datetime) -> None:
        for channel in event.channels:
            after = self.script.failures.get((event.person, channel))
            if after is not None:
                failed = ask.SettleNotice(
                    notice=NoticeId(""), person=event.person, channel=channel, outcome=Outcome.FAILED
                )
                self._later(now + after, failed)

    def _later(self, at: datetime, command: Command) -> None:
        self._count += 1
        heappush(self.coming, (at, self._count, command))
