"""From the log of an incident to what the world did in it, whatever the policy had been.  Pure.

Answers are counted from a person's first call, so that they move with it; what operators, devices and
people who came by themselves did keeps its distance from the opening.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from tocsin.alerts import commands as ask
from tocsin.alerts.commands import Command
from tocsin.alerts.evolve import fold
from tocsin.alerts.model import Incident
from tocsin.alerts.policy_model import ResponsePolicy
from tocsin.alerts.simulate import SILENCE, Answer, Arrival, CallMade, Script
from tocsin.core import incidents as happened
from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode, PersonId
from tocsin.core.incidents import Basis, Outcome, Recorded
from tocsin.core.responders import Channel, Directory


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """What really happened, to compare with."""

    incident: Incident
    calls: tuple[CallMade, ...]


def fact_of(log: Sequence[Recorded]) -> Fact:
    """Fold a log, and list its calls."""
    calls = [
        CallMade(
            one.occurred,
            one.event.person,
            one.event.tier,
            one.event.channels,
            one.event.reason_code,
        )
        for one in log
        if isinstance(one.event, happened.Called) and one.event.channels
    ]
    return Fact(incident=fold(log), calls=tuple(calls))


def script_of(log: Sequence[Recorded], directory: Directory, policy: ResponsePolicy) -> Script:
    """Read what the world did; `policy` is the one that it ran under, `directory` who was on duty then."""
    reading = _Reading(log[0].recorded)
    for one in log[1:]:
        reading.take(one)
    return Script(
        incident=log[0].incident,
        opened=log[0].recorded,
        opening=_opening(log, policy),
        directory=directory,
        acts=tuple(sorted(reading.acts, key=lambda act: act[0])),
        answers={person: reading.answers.get(person, SILENCE) for person in reading.called},
        failures=reading.failures,
    )


def observed(
    scripts: Sequence[Script], logs: Sequence[Sequence[Recorded]]
) -> list[tuple[Tier, GridCode, Answer]]:
    """List the answers of all who were called with a tier, to draw from."""
    found = []
    for script, log in zip(scripts, logs, strict=True):
        tiers = {
            one.event.person: one.event.tier
            for one in log
            if isinstance(one.event, happened.Called) and one.event.channels and one.event.tier is not None
        }
        found += [
            (tier, script.opening.grid, script.answers[person])
            for person, tier in tiers.items()
            if person in script.answers
        ]
    return found


def _opening(log: Sequence[Recorded], policy: ResponsePolicy) -> ask.Open:
    first = log[0].event
    if not isinstance(first, happened.Opened):
        raise msgspec.ValidationError(f"the log of {log[0].incident} begins with no opening")
    attached = next((one.event for one in log[1:2] if isinstance(one.event, happened.AlarmAttached)), None)
    at_once = next((one.event for one in log[1:3] if isinstance(one.event, happened.Confirmed)), None)
    # Whether its device was certified is not recorded; that it confirmed at once without being trusted alone says so.
    certified = (
        at_once is not None and at_once.basis is Basis.AUTOMATIC and first.kind not in policy.automatic.alone
    )
    return ask.Open(
        kind=first.kind,
        severity=0.0,
        grade=first.grade,
        grid=first.grid,
        device=first.device,
        place=first.place,
        radius_m=first.radius_m,
        began=first.began,
        lateness=first.lateness,
        policy=first.policy,
        path=first.path,
        readiness=first.readiness,
        source=first.source,
        reported=first.reported,
        matter=first.matter,
        participants=first.participants,
        alarm=None if attached is None else attached.alarm,
        certified=certified,
        reason_code="" if attached is None else attached.reason_code,
    )


def _of_a_case(event: happened.IncidentEvent) -> Command | None:  # noqa: C901, PLR0912 one line per event
    """Give what people did to it as a case: it is done again, at the same instant, under any policy."""
    match event:
        case happened.Received():
            return ask.Receive()
        case happened.Filed():
            return ask.File(matter=event.matter, terms=event.terms)
        case happened.Dispatched():
            return ask.Dispatch(lead=event.lead, partners=event.partners)
        case happened.TakenOn():
            return ask.TakeOn(organisation=event.organisation)
        case happened.WorkBegun():
            return ask.BeginWork(organisation=event.organisation)
        case happened.WorkDone():
            return ask.FinishWork(organisation=event.organisation)
        case happened.Returned():
            return ask.Return(organisation=event.organisation, reason_code=event.reason_code)
        case happened.PartnerJoined():
            return ask.Join(organisation=event.organisation)
        case happened.HandedUp():
            return ask.HandUp(reason_code=event.reason_code)
        case happened.ExtensionAsked():
            return ask.AskExtension(
                organisation=event.organisation, until=event.until, reason_code=event.reason_code
            )
        case happened.ExtensionAnswered():
            return ask.AnswerExtension(granted=event.granted, reason_code=event.reason_code)
        case happened.Checked():
            return ask.Check(passed=True)
        case happened.SentBack():
            return ask.Check(passed=False, reason_code=event.reason_code)
        case happened.ReportedUp():
            return ask.ReportUp(stage=event.stage, note=event.note)
        case happened.GradeConfirmed():
            return ask.ConfirmGrade(grade=event.grade)
        case _:
            return None


class _Reading:
    def __init__(self, opened: datetime) -> None:
        self.acts: list[tuple[datetime, Command]] = []
        self.answers: dict[PersonId, Answer] = {}
        self.called: dict[PersonId, datetime] = {}
        self.failures: dict[tuple[PersonId, Channel], timedelta] = {}
        self._rang: dict[tuple[PersonId, Channel], datetime] = {}
        self._opened = opened
        self._first = True

    def take(self, one: Recorded) -> None:  # noqa: C901, PLR0912 one case per event is the clearest form
        """Take one event in; what rules decided is left out: the run decides it anew."""
        event, at, by_person = one.event, one.occurred, one.actor.kind == "person"
        match event:
            case happened.AlarmAttached():
                if self._first:  # the alarm that opened it stands in the opening
                    self._first = False
                    if one.recorded == self._opened:
                        return
                self._act(
                    at,
                    ask.AttachAlarm(
                        alarm=event.alarm,
                        device=event.device,
                        kind=event.kind,
                        severity=0.0,
                        late=event.late,
                        reason_code=event.reason_code,
                    ),
                )
            case happened.AlarmCleared():
                self._act(at, ask.ClearAlarm(alarm=event.alarm))
            case happened.Confirmed(basis=Basis.OPERATOR) if by_person:
                self._act(event.at, ask.Confirm(grade=event.grade))
            case happened.GradeChanged():
                self._act(at, ask.ChangeGrade(grade=event.grade))
            case happened.TierActivated(reason_code="operator"):
                self._act(event.at, ask.Activate(tier=event.tier))
            case happened.Rejected():
                self._act(at, ask.Reject(reason_code=event.reason_code))
            case happened.Closed():
                self._act(at, ask.Close(reason_code=event.reason_code))
            case happened.Merged():
                self._act(at, ask.Merge(into=event.into))
            case happened.ArrivalRefuted():
                self._act(at, ask.RefuteArrival(tier=event.tier, reason_code=event.reason_code))
            case happened.Called():
                if event.channels:
                    self.called.setdefault(event.person, event.at or at)
                    self._rang.update(dict.fromkeys(((event.person, ch) for ch in event.channels), at))
            case happened.NoticeSettled(outcome=Outcome.FAILED, person=person) if person is not None:
                rang = self._rang.get((person, event.channel))
                if rang is not None:
                    self.failures.setdefault((person, event.channel), max(at - rang, timedelta()))
            case happened.Urged() if by_person:
                self._act(at, ask.Urge())
            case happened.Supervised() if by_person:
                self._act(at, ask.Supervise(reason_code=event.reason_code))
            case _:
                command = _of_a_case(event)
                if command is None:
                    self._person(event, at)
                else:
                    self._act(at, command)

    def _person(self, event: happened.IncidentEvent, at: datetime) -> None:
        match event:
            case happened.Seen(person=person):
                self._answer(person, at, "seen", ask.See(person=person))
            case happened.Accepted(person=person):
                self._answer(person, at, "accepted", ask.Accept(person=person))
            case happened.Refused(person=person, reason_code=reason):
                self._answer(
                    person, at, "refused", ask.Refuse(person=person, reason_code=reason), reason=reason
                )
            case happened.HelpAsked(person=person):
                self._answer(person, at, "help", ask.AskHelp(person=person))
            case happened.Handled(person=person) if person is not None:
                self._answer(person, at, "done", ask.ReportDone(person=person))
            case happened.Arrived():
                self._arrived(event)
            case _:
                return

    def _arrived(self, event: happened.Arrived) -> None:
        person = event.person
        if person is None or person not in self.called or event.at < self.called[person]:
            basis = Basis.DECLARED if event.basis is Basis.POSITION else event.basis
            self._act(event.at, ask.Arrive(person=person, tier=event.tier, basis=basis))
            return
        before = self.answers.get(person, SILENCE)
        if before.arrived is None:
            arrival = Arrival(
                event.at - self.called[person], event.basis, event.distance_m, event.accuracy_m, event.age_s
            )
            self.answers[person] = msgspec.structs.replace(before, arrived=arrival)

    def _answer(
        self, person: PersonId, at: datetime, what: str, alone: Command, *, reason: str | None = None
    ) -> None:
        called = self.called.get(person)
        if called is None or at < called:
            self._act(at, alone)
            return
        before = self.answers.get(person, SILENCE)
        if getattr(before, what) is None:
            words = {} if reason is None else {"reason": reason}
            self.answers[person] = msgspec.structs.replace(before, **{what: at - called}, **words)

    def _act(self, at: datetime, command: Command) -> None:
        self.acts.append((max(at, self._opened), command))
