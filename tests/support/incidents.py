"""Factories and a driver for the life of one incident, in seconds since it was opened."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tocsin.alerts import commands as ask
from tocsin.alerts.incident import apply, deadlines, decide, notices
from tocsin.alerts.model import Incident, Notice
from tocsin.alerts.policies import default_text
from tocsin.alerts.policy import ResponsePolicy, parse_policy
from tocsin.alerts.policy_model import ReportsUp
from tocsin.core.detections import Kind
from tocsin.core.grids import Position, Tier
from tocsin.core.ids import AlarmId, DeviceId, GridCode, IncidentId, PersonId, PolicyId
from tocsin.core.incidents import SYSTEM, Actor, Basis, Grade, IncidentEvent, Lateness, Mode, Recorded
from tocsin.core.responders import Channel, Directory, Responder

START = datetime(2026, 7, 14, 6, 3, tzinfo=UTC)
GRID = GridCode("330110104201001")
PLACE = Position(30.3, 119.9)
INCIDENT = IncidentId("42")
DEFAULT = parse_policy(default_text())
CLOCKS_ONLY = replace(
    DEFAULT, reports_up=ReportsUp(), reminders=replace(DEFAULT.reminders, grade=None, evaluate=None)
)
"""Nothing is owed to those who oversee: what a test of the clocks counts are deadlines of the clocks."""


def staged(policy: ResponsePolicy = CLOCKS_ONLY, mode: Mode = Mode.STAGED) -> ResponsePolicy:
    return replace(policy, modes=dict.fromkeys(Grade, mode))


def person(name: str) -> PersonId:
    return PersonId(name)


def responder(name: str, tier: Tier, order: int, *channels: Channel, supervisor: bool = False) -> Responder:
    return Responder(
        person=person(name),
        tier=tier,
        grid=GRID,
        order=order,
        channels=channels or (Channel.WECOM_BOT, Channel.SMTP),
        supervisor=supervisor,
    )


def directory(*responders: Responder) -> Directory:
    return Directory(GRID, responders)


STAFF = directory(
    responder("ve1", Tier.VILLAGE, 1),
    responder("ve2", Tier.VILLAGE, 2),
    responder("ve3", Tier.VILLAGE, 3),
    responder("ve4", Tier.VILLAGE, 4),
    responder("to1", Tier.TOWNSHIP, 1),
    responder("to2", Tier.TOWNSHIP, 2),
    responder("boss", Tier.TOWNSHIP, 3, supervisor=True),
    responder("ci1", Tier.CITY, 1),
    responder("ci2", Tier.CITY, 2),
)


def opening(
    kind: Kind = Kind.SMOKE,
    *,
    severity: float = 0.5,
    lateness: Lateness = Lateness.LIVE,
    grade: Grade | None = None,
    certified: bool = False,
    drill: bool = False,
    place: Position | None = PLACE,
    alarm: str | None = "alarm-1",
) -> ask.Open:
    return ask.Open(
        kind=kind,
        severity=severity,
        grade=grade,
        grid=GRID,
        device=DeviceId("box/cam-1") if alarm else None,
        place=place,
        began=START - timedelta(seconds=5),
        lateness=lateness,
        policy=PolicyId("default@1"),
        drill=drill,
        alarm=AlarmId(alarm) if alarm else None,
        certified=certified,
    )


class Case:
    """One incident driven by commands; keeps everything that was decided."""

    def __init__(self, policy: ResponsePolicy = DEFAULT, staff: Directory = STAFF) -> None:
        self.policy = policy
        self.staff = staff
        self.now = START
        self.state: Incident | None = None
        self.log: list[Recorded] = []
        self.told: list[Notice] = []

    @property
    def incident(self) -> Incident:
        assert self.state is not None
        return self.state

    def at(self, seconds: float) -> Case:
        """Go to an instant without firing any deadline."""
        self.now = START + timedelta(seconds=seconds)
        return self

    def do(self, command: ask.Command, actor: Actor = SYSTEM) -> list[IncidentEvent]:
        events = decide(self.state, command, self.now, self.policy, self.staff)
        for event in events:
            self.state = apply(INCIDENT, self.state, [event], actor, self.now, self.now)
            self.log.append(
                Recorded(
                    incident=INCIDENT,
                    version=self.state.version,
                    event=event,
                    actor=actor,
                    occurred=self.now,
                    recorded=self.now,
                )
            )
        if self.state is not None:
            for event in events:
                self.told += notices(event, self.state, self.staff, self.policy)
        return events

    def open(self, kind: Kind = Kind.SMOKE, **details: object) -> list[IncidentEvent]:
        return self.do(opening(kind, **details))  # type: ignore[arg-type]

    def confirm(self, grade: Grade | None = None) -> list[IncidentEvent]:
        return self.do(ask.Confirm(grade=grade), Actor("person", "ann"))

    def reach(self, key: str) -> list[IncidentEvent]:
        return self.do(ask.DeadlineReached(key=key))

    def arrives(
        self,
        who: str | None = None,
        *,
        tier: Tier | None = None,
        at: float | None = None,
        basis: Basis = Basis.POSITION,
        position: Position | None = PLACE,
    ) -> list[IncidentEvent]:
        return self.do(
            ask.Arrive(
                person=person(who) if who else None,
                tier=tier,
                at=None if at is None else START + timedelta(seconds=at),
                basis=basis,
                position=position if basis is Basis.POSITION else None,
            )
        )

    def due(self) -> dict[str, float]:
        """Give the open deadlines in seconds since it was opened."""
        open_ones = deadlines(self.incident, self.policy)
        return {key: (at - START).total_seconds() for key, at in open_ones.items()}

    def run_until(self, seconds: float) -> list[tuple[float, str]]:
        """Let time pass and fire every deadline at its instant; gives what fired."""
        fired = []
        until = START + timedelta(seconds=seconds)
        while True:
            coming = deadlines(self.incident, self.policy)
            if not coming:
                break
            key, at = min(coming.items(), key=lambda item: (item[1], item[0]))
            if at > until:
                break
            self.now = max(self.now, at)
            assert self.reach(key), f"{key} was open and due but decided to nothing"
            fired.append(((self.now - START).total_seconds(), key))
        self.now = max(self.now, until)
        return fired

    def verdicts(self) -> dict[str, str | None]:
        return {
            str(t): None if c.verdict is None else str(c.verdict) for t, c in self.incident.clocks.items()
        }

    def templates(self) -> list[tuple[str, str]]:
        return [(notice.template, str(notice.person)) for notice in self.told]
