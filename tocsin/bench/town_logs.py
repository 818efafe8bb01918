"""Logs of incidents as a town's month leaves them, made by the real rules: alarms that people answer, and cases.

Given the same random numbers they are the same. What people do is drawn; every verdict, limit and deadline
comes from `alerts.incident.decide`. A log is made once and moved to other instants and places by `moved`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Final

from msgspec import structs

from tocsin.alerts import commands as ask
from tocsin.alerts.incident import apply, deadlines, decide, notices
from tocsin.alerts.model import Incident, Notice
from tocsin.alerts.policy import ResponsePolicy
from tocsin.alerts.policy_book import PolicyBook
from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected
from tocsin.core.grids import Tier
from tocsin.core.ids import AlarmId, DeviceId, GridCode, IncidentId, OrganisationCode, PersonId, PolicyId
from tocsin.core.incidents import (
    SYSTEM,
    Actor,
    Basis,
    Grade,
    IncidentEvent,
    Lateness,
    Opened,
    Outcome,
    Recorded,
    Source,
    Stage,
    UpStage,
)
from tocsin.core.organisations import Authority, Organisation
from tocsin.core.responders import Channel, Directory, Responder
from tocsin.core.working_time import Limit, Terms, Unit

GRID: Final = GridCode("110101001001001")
OFFICE: Final = OrganisationCode("office")
BUREAU: Final = OrganisationCode("bureau")
DESK: Final = Actor("person", "desk")
TERMS: Final = Terms(
    limits={
        Stage.DISPATCH: Limit(2, Unit.WORKING_HOUR),
        Stage.ACCEPT: Limit(4, Unit.WORKING_HOUR),
        Stage.HANDLE: Limit(3, Unit.WORKING_DAY),
        Stage.CHECK: Limit(1, Unit.WORKING_DAY),
        Stage.CLOSE: Limit(1, Unit.WORKING_DAY),
    }
)
MATTERS: Final = ("0101", "0102", "0203", "0304", "0501")
_ALARMS: Final = (Kind.SMOKE, Kind.FIRE, Kind.FLOOD, Kind.INTRUSION, Kind.CALL, Kind.GAS)
_RETURNS: Final = ("not_ours", "wrong_place", "lacks_information")
_STEPS_MAX: Final = 400


def staff() -> Directory:
    """Give who is on duty: four in the village, three in the township, two in the city, two organisations."""
    people = [
        _responder(f"{tier}-{order}", tier, order)
        for tier, count in ((Tier.VILLAGE, 4), (Tier.TOWNSHIP, 3), (Tier.CITY, 2))
        for order in range(1, count + 1)
    ]
    people += [
        structs.replace(_responder("head", Tier.TOWNSHIP, 4), supervisor=True),
        structs.replace(_responder("clerk", Tier.TOWNSHIP, 5), department=OFFICE),
        structs.replace(_responder("officer", Tier.CITY, 3), department=BUREAU),
    ]
    organisations = (
        Organisation(code=OFFICE, tier=Tier.TOWNSHIP, authorities=(Authority("", Grade.IV),)),
        Organisation(code=BUREAU, tier=Tier.CITY, authorities=(Authority("", Grade.II),)),
    )
    return Directory(GRID, tuple(people), organisations)


def _responder(name: str, tier: Tier, order: int) -> Responder:
    channels = (Channel.WECOM_BOT, Channel.SMTP)
    return Responder(person=PersonId(name), tier=tier, grid=GRID, order=order, channels=channels)


class Life:
    """One incident, driven by commands and its own deadlines."""

    def __init__(self, name: str, opened: datetime, policy: ResponsePolicy, directory: Directory) -> None:
        self.name = IncidentId(name)
        self.now = opened
        self.policy = policy
        self.directory = directory
        self.incident: Incident | None = None
        self.log: list[Recorded] = []
        self.sent: list[Notice] = []
        """Notices of which nothing was heard yet."""

    def do(self, command: ask.Command, actor: Actor = SYSTEM) -> bool:
        """Give a command now; say whether it was possible."""
        try:
            events = decide(self.incident, command, self.now, self.policy, self.directory)
        except Rejected:
            return False
        for event in events:
            self.incident = apply(self.name, self.incident, [event], actor, self.now, self.now)
            self.log.append(
                Recorded(
                    incident=self.name,
                    version=self.incident.version,
                    event=event,
                    actor=actor,
                    occurred=self.now,
                    recorded=self.now,
                )
            )
            self.sent += notices(event, self.incident, self.directory, self.policy)
        return True

    def wait(self, seconds: float) -> None:
        """Let time pass; every deadline is met at its instant."""
        until = self.now + timedelta(seconds=seconds)
        for _ in range(_STEPS_MAX):
            coming = deadlines(self.incident, self.policy) if self.incident is not None else {}
            key, at = min(coming.items(), key=lambda item: (item[1], item[0]), default=("", until))
            if not key or at > until:
                break
            self.now = max(self.now, at)
            self.do(ask.DeadlineReached(key=key))
        self.now = until

    def settle(self, random: Random) -> None:
        """Let providers say what became of notices."""
        waiting, self.sent = self.sent, []
        for notice in waiting[:6]:
            outcome = random.choices([Outcome.DELIVERED, Outcome.SENT, Outcome.FAILED], [8, 2, 1])[0]
            self.do(
                ask.SettleNotice(
                    notice=notice.id, person=notice.person, channel=notice.channel, outcome=outcome
                )
            )


def policy_of_shipped() -> ResponsePolicy:
    """Give the policy that is shipped."""
    return PolicyBook({}).for_path("").policy


def alarm(random: Random, name: str, opened: datetime, policy: ResponsePolicy) -> Life:
    """Let a detector raise an alarm, and people answer it as they do."""
    life = Life(name, opened, policy, staff())
    life.do(
        ask.Open(
            kind=random.choice(_ALARMS),
            severity=random.uniform(0.1, 0.9),
            grid=GRID,
            device=DeviceId(f"box/cam-{random.randint(1, 9)}"),
            began=opened - timedelta(seconds=random.uniform(1, 20)),
            lateness=Lateness.LIVE,
            policy=PolicyId("default@1"),
            drill=random.random() < 0.03,
            alarm=AlarmId(f"alarm-{name}"),
            source=random.choice([Source.SENSOR, Source.VIDEO]),
        )
    )
    life.wait(random.lognormvariate(3.3, 0.9))
    if random.random() < 0.25:
        reason = random.choices(["false_alarm", "test", "nothing_here", "duplicate"], [6, 1, 2, 1])[0]
        life.do(ask.Reject(reason_code=reason), DESK)
        return life
    life.do(ask.Confirm(), DESK)
    life.wait(random.uniform(1, 10))
    life.settle(random)
    _people_go(random, life)
    if random.random() < 0.1:
        life.do(ask.ReportUp(stage=UpStage.INITIAL), DESK)
    _end(random, life)
    return life


def _people_go(random: Random, life: Life) -> None:
    for tier, median in ((Tier.VILLAGE, 110.0), (Tier.TOWNSHIP, 420.0), (Tier.CITY, 1300.0)):
        incident = life.incident
        if incident is None or not incident.state.open or random.random() < 0.15:
            continue
        called = [person for person, call in incident.calls.items() if call.tier is tier]
        if not called:
            continue
        person, me = called[0], Actor("person", called[0])
        life.do(ask.See(person=person), me)
        life.wait(random.uniform(2, 30))
        life.do(ask.Accept(person=person), me)
        life.wait(random.lognormvariate(0, 0.5) * median)
        basis = random.choice([Basis.TAG, Basis.PHOTO, Basis.OPERATOR])
        life.do(ask.Arrive(person=person, tier=tier, basis=basis), me)
        if random.random() < 0.6:
            life.do(ask.ReportDone(person=person), me)
            return


def case(random: Random, name: str, opened: datetime, policy: ResponsePolicy) -> Life:
    """Let somebody report a matter that is no emergency, and organisations deal with it."""
    life = Life(name, opened, policy, staff())
    life.do(
        ask.Open(
            kind=Kind.OTHER,
            severity=0.2,
            grade=Grade.IV,
            grid=GRID,
            began=opened - timedelta(minutes=random.randint(1, 30)),
            lateness=Lateness.LIVE,
            policy=PolicyId("default@1"),
            source=random.choice([Source.MEMBER, Source.CITIZEN, Source.HOTLINE, Source.DESK]),
            reported=True,
        )
    )
    life.wait(random.expovariate(1 / 900))
    life.do(ask.Receive(), DESK)
    if random.random() < 0.1:
        life.do(ask.Reject(reason_code=random.choice(["elsewhere", "duplicate"])), DESK)
        return life
    life.do(ask.File(matter=random.choice(MATTERS), terms=TERMS), DESK)
    for _ in range(3):
        if _worked_on(random, life):
            break
    _end(random, life)
    return life


def _worked_on(random: Random, life: Life) -> bool:
    """Dispatch it, and say whether it was dealt with; else it was returned or handed up."""
    lead = random.choice([OFFICE, BUREAU])
    officer = Actor("person", "officer")
    life.wait(random.expovariate(1 / 3600))
    life.do(ask.Dispatch(lead=lead), DESK)
    life.wait(random.expovariate(1 / 7200))
    what = random.random()
    if what < 0.06:
        life.do(ask.Return(organisation=lead, reason_code=random.choice(_RETURNS)), officer)
        return False
    life.do(ask.TakeOn(organisation=lead), officer)
    if what < 0.1 and life.do(ask.HandUp(reason_code="beyond_means"), DESK):
        return False
    if what < 0.2:
        until = life.now + timedelta(days=10)
        life.do(ask.AskExtension(organisation=lead, until=until, reason_code="complex"), officer)
        life.do(ask.AnswerExtension(granted=random.random() < 0.7), DESK)
    life.do(ask.BeginWork(organisation=lead), officer)
    for _ in range(3):
        life.wait(random.expovariate(1 / (1.5 * 86_400)))
        life.do(ask.FinishWork(organisation=lead), officer)
        life.wait(random.expovariate(1 / 20_000))
        if random.random() < 0.9:
            life.do(ask.Check(passed=True), DESK)
            return True
        life.do(ask.Check(passed=False, reason_code="not_done"), DESK)
    return True


def _end(random: Random, life: Life) -> None:
    """Close it, mostly; call back; reopen now and then."""
    life.wait(random.expovariate(1 / 3600))
    if random.random() < 0.07:
        return
    life.do(ask.Close(reason_code=random.choices(["handled", "no_action"], [9, 1])[0]), DESK)
    life.wait(random.expovariate(1 / 7200))
    if random.random() < 0.5:
        reached = random.random() < 0.8
        mark = random.choices([None, 5, 4, 3, 1], [1, 6, 3, 1, 1])[0] if reached else None
        life.do(ask.CallBack(reached=reached, satisfaction=mark), DESK)
    if random.random() < 0.03:
        life.do(ask.Reopen(reason_code="recurred", terms=TERMS), DESK)
    else:
        life.do(ask.Evaluate(), DESK)


def some(random: Random, number: int, opened: datetime) -> list[Sequence[Recorded]]:
    """Make so many logs that begin at an instant, about half of them alarms."""
    policy = policy_of_shipped()
    made = [alarm if place % 2 == 0 else case for place in range(number)]
    return [make(random, f"log-{place}", opened, policy).log for place, make in enumerate(made)]


def moved(
    log: Sequence[Recorded], name: IncidentId, by: timedelta, grid: GridCode, path: str
) -> list[Recorded]:
    """Give the same log of another incident: at another place, so much later."""
    return [
        structs.replace(
            line,
            incident=name,
            occurred=line.occurred + by,
            recorded=line.recorded + by,
            event=_moved(line.event, by, grid, path),
        )
        for line in log
    ]


def _moved(event: IncidentEvent, by: timedelta, grid: GridCode, path: str) -> IncidentEvent:
    changes: dict[str, object] = {
        field: value + by
        for field in event.__struct_fields__
        if isinstance(value := getattr(event, field), datetime)
    }
    if isinstance(event, Opened):
        changes |= {"grid": grid, "path": path}
    return structs.replace(event, **changes) if changes else event
