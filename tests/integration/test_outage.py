"""Forty minutes without a centre, in the night, on PostgreSQL: verdicts true, the right tier called once, the rest expired."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from typing_extensions import override

from tests.support.database import Database
from tests.support.response import ANN, CAT, CITY, GRIDS, TOWN, VILLAGE, travel
from tocsin.alerts import commands as ask
from tocsin.alerts.change import change_of
from tocsin.alerts.config import EscalatorConfig, RelayConfig
from tocsin.alerts.escalator import Escalator
from tocsin.alerts.incident import fold
from tocsin.alerts.model import Incident
from tocsin.alerts.policies import default_text
from tocsin.alerts.policy_book import PolicyBook, run, version_of
from tocsin.alerts.ports import Answer, ChannelAdapter, Message, Sent
from tocsin.alerts.providers import Providers
from tocsin.alerts.recorder import Recorder
from tocsin.alerts.relay import Relay
from tocsin.alerts.service import AlertService
from tocsin.core.clock import ManualClock
from tocsin.core.detections import Kind
from tocsin.core.grids import Tier
from tocsin.core.ids import IncidentId, NoticeId, PersonId
from tocsin.core.incidents import (
    SYSTEM,
    Actor,
    Basis,
    Grade,
    Lateness,
    Outcome,
    Recorded,
    Verdict,
    VerdictGiven,
)
from tocsin.core.responders import Channel
from tocsin.store import audit
from tocsin.store.alerts import PgAlertsStore
from tocsin.store.memory.reach import MemoryReachStore
from tocsin.store.notices import PgNoticeStore
from tocsin.store.town import PgTownStore
from tocsin.store.wakeups import Wakeups
from tocsin.town.ports import ContactAddress, DutyShift, Person
from tocsin.watch.watcher import replayed

NIGHT = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
"""Two in the morning in China."""
DOWN, UP = 2400.0, 4800.0
"""Seconds of the night between which no centre runs."""
DAN, EVE, DESK = PersonId("dan"), PersonId("eve"), Actor("person", "desk")
PEOPLE = (
    Person(id=ANN, name="Ann", grid=VILLAGE, tier=Tier.VILLAGE, order=1),
    Person(id=PersonId("bob"), name="Bob", grid=VILLAGE, tier=Tier.VILLAGE, order=2),
    Person(id=CAT, name="Cat", grid=TOWN, tier=Tier.TOWNSHIP),
    Person(id=DAN, name="Dan", grid=CITY, tier=Tier.CITY),
    Person(id=EVE, name="Eve", grid=TOWN, tier=None, supervisor=True),
)
POLICY = run(default_text())


@dataclass(frozen=True)
class Told:
    at: float
    incident: IncidentId
    person: str
    tier: str | None
    template: str
    notice: NoticeId


class Phones(ChannelAdapter):
    def __init__(self, night: Night, channel: Channel) -> None:
        self._night, self._channel = night, channel

    @property
    @override
    def channel(self) -> Channel:
        return self._channel

    @override
    async def send(self, message: Message) -> Answer:
        await self._night.hear(message)
        return Sent("taken")


@dataclass
class Night:
    """A centre that is stopped and started; its time stands still until it is moved."""

    database: Database
    clock: ManualClock = field(default_factory=lambda: ManualClock(NIGHT))
    told: list[Told] = field(default_factory=list)
    names: dict[str, list[IncidentId]] = field(default_factory=lambda: defaultdict(list))
    acts: list[tuple[float, IncidentId, ask.Command]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Be a new process: nothing is remembered but what is stored."""
        self.store = PgAlertsStore(self.database.pool, Wakeups(self.database.dsn))
        self.policies = PolicyBook({})
        self.service = AlertService(self.store, self.policies)
        self.escalator = Escalator(self.store, self.service, EscalatorConfig(), self.clock)
        self.notices = PgNoticeStore(self.database.pool)
        self.recorder = Recorder(self.service)
        phones = {channel: (Phones(self, channel),) for channel in (Channel.WECOM_BOT, Channel.SMTP)}
        self.relay = Relay(
            self.notices,
            self.recorder,
            Providers(phones, MemoryReachStore(self.clock), clock=self.clock, person=()),
            config=RelayConfig(),
            clock=self.clock,
            name="relay",
            wait=self.store.wait,
        )

    @property
    def seconds(self) -> float:
        return (self.clock.now() - NIGHT).total_seconds()

    async def hear(self, message: Message) -> None:
        ((person, tier),) = await self.database.execute(
            "select person, tier from notice where id = %s", message.notice
        )
        self.told.append(Told(self.seconds, message.incident, person, tier, message.template, message.notice))

    async def go(self, seconds: float) -> None:
        """Move the time, of the database and of this machine, and do nothing else."""
        self.clock.advance(NIGHT + timedelta(seconds=seconds) - self.clock.now())
        await travel(self.database, self.clock.now())

    async def settle(self) -> None:
        """Do all that is to be done at this instant."""
        while True:
            fired = (await self.escalator.fire()).incidents
            async with asyncio.TaskGroup() as keeping:
                keeping.create_task(self.recorder.run())
                async with asyncio.TaskGroup() as sending:
                    self.relay._looked_after = float("-inf")
                    sent = await self.relay.turn(sending)
                await self.recorder.finish()
            if not fired and not sent:
                return

    async def run_until(self, seconds: float) -> None:
        """Live through a span as a running centre does: each deadline and each act at its instant."""
        while True:
            upcoming = [at for at, _, _ in self.acts[:1]]
            for found in (await self.store.next_due(), await self.notices.next_send()):
                upcoming += [(found[1] - NIGHT).total_seconds()] if found is not None else []
            at = min(upcoming, default=seconds + 1)
            if at > seconds:
                break
            await self.go(max(at, self.seconds))
            while self.acts and self.acts[0][0] <= self.seconds:
                _, incident, command = self.acts.pop(0)
                await self.service.command(incident, command, DESK)
            await self.settle()
        await self.go(seconds)

    async def open(self, phase: str, number: int, grade: Grade) -> None:
        name = IncidentId(f"{phase}-{number:02}")
        command = ask.Open(
            kind=Kind.SMOKE,
            severity=0.5,
            grade=grade,
            grid=VILLAGE,
            device=None,
            place=None,
            began=self.clock.now(),
            lateness=Lateness.LIVE,
            policy=version_of(default_text()).id,
            drill=False,
            alarm=None,
            certified=False,
        )
        async with self.store.unit() as unit:
            change = change_of(
                name,
                None,
                [command],
                now=unit.now,
                policy=POLICY,
                directory=await unit.directory(VILLAGE),
                actor=SYSTEM,
            )
            assert change is not None
            await unit.save([change])
        self.names[phase].append(name)

    def plan(self, before: float, phase: str, *commands: ask.Command) -> None:
        """Let something be done to all incidents of a phase, so many seconds before the outage."""
        at = DOWN - before
        for name in self.names[phase]:
            self.acts += [(at, name, command) for command in commands]
        self.acts.sort(key=lambda act: act[0])

    async def log(self, incident: IncidentId) -> list[Recorded]:
        async with self.store.unit() as unit:
            return list((await unit.load([incident]))[incident])

    async def incident(self, incident: IncidentId) -> Incident:
        return fold(await self.log(incident))

    def since(self, seconds: float) -> list[Told]:
        return [one for one in self.told if one.at >= seconds]


@pytest.fixture
async def night(database: Database) -> Night:
    await travel(database, NIGHT)
    town = PgTownStore(database.pool)
    await town.add_grids(GRIDS)
    contacts = [
        ContactAddress(person=one.id, channel=channel, address=f"{one.id}@example.org", rank=rank)
        for one in PEOPLE
        for rank, channel in enumerate((Channel.WECOM_BOT, Channel.SMTP), start=1)
    ]
    await town.add_people(PEOPLE, contacts)
    await town.add_duty(
        [
            DutyShift(person=one.id, grid=one.grid, since=NIGHT - timedelta(days=1), until=None)
            for one in PEOPLE
        ]
    )
    made = Night(database)
    await made.policies.keep(made.store)
    return made


async def fifty_incidents(night: Night) -> None:
    """Six incidents in each phase of life at the moment the centre dies, seven of which nobody was told, one ended."""
    phases = {
        "ringing": (Grade.III, 2300),  # all tiers missed, everybody is called again and again
        "arrived": (Grade.III, 400),  # the village is there, the others are under way
        "handled": (Grade.III, 300),  # the scene says done
        "going": (Grade.III, 100),  # everybody has accepted
        "called": (Grade.III, 12),  # the first calls were sent
        "staged": (Grade.IV, 12),  # the village alone was called
        "asked": (Grade.III, 30),  # nobody has confirmed yet
    }
    for phase, (grade, before) in phases.items():
        await night.run_until(DOWN - before - 5)
        for number in range(6):
            await night.open(phase, number, grade)
        if phase != "asked":
            night.plan(before, phase, ask.Confirm(grade=None))
        if phase in {"arrived", "going", "handled"}:
            night.plan(before - 1, phase, *(ask.Accept(person=who) for who in (ANN, CAT, DAN)))
        if phase in {"arrived", "handled"}:
            night.plan(before - 60, phase, ask.Arrive(person=ANN, tier=Tier.VILLAGE, basis=Basis.OPERATOR))
        if phase == "handled":
            night.plan(before - 70, phase, ask.ReportDone(person=ANN))
    for number in range(7):
        await night.open("unsent", number, Grade.III)
    await night.open("closed", 0, Grade.III)
    night.plan(2, "closed", ask.Confirm(grade=None))
    night.plan(1, "closed", ask.Close(reason_code="handled"))
    await night.run_until(DOWN - 1)
    for name in night.names["unsent"]:
        await night.service.command(name, ask.Confirm(grade=None), DESK)
    assert sum(map(len, night.names.values())) == 50


async def blackout(night: Night) -> None:
    """Stop at two forty, start at three twenty."""
    await night.go(UP)
    night.start()
    await night.settle()
    await night.run_until(UP + 15)


def of(night: Night, phase: str) -> list[Told]:
    """What was told of a phase's incidents after the centre was back."""
    return [one for one in night.since(UP) if one.incident in night.names[phase]]


OWED = "report_due"
"""That those above were not told yet: said of what was confirmed long enough before, whatever else goes on."""


def each(night: Night, phase: str) -> set[tuple[str, str]]:
    """Who was told about what, besides what is owed to those above: the same for every incident of the phase."""
    told = [one for one in of(night, phase) if one.template != OWED]
    assert {one.incident for one in told} == (set(night.names[phase]) if told else set())
    return {(one.person, one.template) for one in told}


@pytest.mark.heavy
@pytest.mark.timeout(180)
async def test_forty_minutes_without_a_centre(night: Night) -> None:
    await fifty_incidents(night)
    before = len(night.told)
    await blackout(night)

    # Only the tier that is right now is called, and supervisors hear once how it stands.
    ring = {("dan", "nobody_there"), ("eve", "nobody_there")}
    assert each(night, "ringing") == {("dan", "nobody_there")}
    assert each(night, "arrived") == {("eve", "missed_below")}
    assert each(night, "handled") == {("eve", "not_closed")}
    assert each(night, "going") == each(night, "called") == each(night, "unsent") == ring
    assert each(night, "staged") == {("cat", "call"), ("eve", "missed_below")}
    assert each(night, "asked") == {(who, "call") for who in ("ann", "bob", "cat", "dan")}
    assert each(night, "closed") == set()

    # Never a flood, never twice; that a report is owed is said once of an incident, to its supervisor.
    calls = [one for one in night.since(UP) if one.template != OWED]
    owed = [one for one in night.since(UP) if one.template == OWED]
    assert max(Counter((one.incident, one.person) for one in calls).values()) == 1
    assert {one.person for one in owed} == {"eve"}
    assert max(Counter(one.incident for one in owed).values()) == 1
    assert max(Counter(one.notice for one in night.told).values()) == 1
    assert len(night.told) - len(owed) - before == 6 * (1 + 1 + 1 + 2 + 2 + 2 + 4) + 7 * 2

    await _verdicts_are_true(night)
    await _what_is_old_has_expired_with_a_reason(night)
    await _the_log_says_so_and_proves_itself(night)


async def _verdicts_are_true(night: Night) -> None:
    """Each clock that ended meanwhile is missed at its own instant, by the system; what was given before stands."""
    for phase, names in night.names.items():
        for name in names:
            state = await night.incident(name)
            for clock in state.clocks.values():
                ended = DOWN - 1 < (clock.due - NIGHT).total_seconds() <= UP
                if phase == "closed":
                    assert clock.verdict is Verdict.STOOD_DOWN
                elif clock.tier is Tier.VILLAGE and phase in {"arrived", "handled"}:
                    assert clock.verdict is Verdict.ARRIVED
                elif ended:
                    assert (clock.verdict, clock.at, clock.cause) == (
                        Verdict.MISSED,
                        clock.due,
                        "system:outage",
                    )
                elif clock.verdict is Verdict.MISSED:
                    assert phase == "ringing"
                    assert clock.cause.startswith("people:")
                else:
                    assert clock.verdict is None
                    assert clock.due > night.clock.now()


async def _what_is_old_has_expired_with_a_reason(night: Night) -> None:
    rows = await night.database.execute("select incident, template, state, reason, expires from notice")
    open_rows = [row for row in rows if row[2] in {"pending", "leased"}]
    assert open_rows == []
    kept = [row for row in rows if row[0] in night.names["unsent"] and row[1] == "call"]
    assert len(kept) == 7 * 4
    assert {(state, reason) for _, _, state, reason, _ in kept} == {("expired", "outage")}
    codes = [
        (one.event.outcome, one.event.reason_code)
        for one in await night.log(night.names["unsent"][0])
        if one.event.__struct_config__.tag == "notice_settled"
        and one.recorded >= NIGHT + timedelta(seconds=UP)
    ]
    assert (
        codes.count((Outcome.EXPIRED, "outage")) == 4 + 2
    )  # the calls, and two tiers' words of the tier below


async def _the_log_says_so_and_proves_itself(night: Night) -> None:
    """One verdict a clock; deadlines and notices as a replay gives them."""
    async with night.database.pool.connection() as connection:
        await connection.set_autocommit(True)
        try:
            for name in (name for names in night.names.values() for name in names):
                verdicts = [
                    one.event.tier for one in await night.log(name) if isinstance(one.event, VerdictGiven)
                ]
                assert max(Counter(verdicts).values(), default=1) == 1
                found = await audit.read(connection, name)
                assert found is not None
                assert found.whole
                assert replayed(found) == [] or not found.open
        finally:
            await connection.set_autocommit(False)


@pytest.mark.heavy
@pytest.mark.timeout(60)
async def test_two_minutes_without_a_centre_call_nobody_by_every_channel_at_once(night: Night) -> None:
    await night.open("short", 0, Grade.IV)
    night.plan(1, "short", ask.Confirm(grade=None))
    await night.run_until(DOWN + 10)
    await night.go(DOWN + 130)
    night.start()
    await night.settle()
    woken = [one for one in night.since(DOWN + 130) if one.person == "ann"]
    assert len(woken) == 1
    state = await night.incident(night.names["short"][0])
    assert state.clocks[Tier.VILLAGE].verdict is None


@pytest.mark.heavy
@pytest.mark.timeout(60)
async def test_a_second_start_says_nothing_again(night: Night) -> None:
    await fifty_incidents(night)
    await blackout(night)
    told = len(night.told)
    night.start()
    await night.settle()
    assert len(night.told) == told
