"""A village in one process, told as a story: at 0:20 Ann confirms, then these are told.

`site.at("00:20")` lets time pass to that instant, firing every deadline and sending every notice on the way at
its own instant.  Whatever anybody is told must be asserted before the next act and before the end: a story
that leaves something untold, or unasserted, fails, and so does any logged error.

    await site.at("00:00").sees("cam-1")
    await site.at("00:20").confirms("ann").then_told("li", "wang", "township", "city")
    await site.at("03:00").told("boss", about="missed_below").verdicts(village="missed")
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from structlog.testing import capture_logs

from tocsin.alerts import commands as ask
from tocsin.alerts.alarm import state_of
from tocsin.alerts.alarm_desk import AlarmDesk
from tocsin.alerts.alarm_model import Alarm, Link, Turn
from tocsin.alerts.alarm_review import review_due
from tocsin.alerts.assign import key_of
from tocsin.alerts.config import EscalatorConfig, LinkWatchConfig, RelayConfig
from tocsin.alerts.escalator import Escalator
from tocsin.alerts.incident import fold
from tocsin.alerts.link_watch import LinkWatch
from tocsin.alerts.model import Incident
from tocsin.alerts.policy_book import PolicyBook
from tocsin.alerts.ports import Answer, ChannelAdapter, Intake, Message, Report, Sent
from tocsin.alerts.ports import Site as Place
from tocsin.alerts.providers import Providers
from tocsin.alerts.recorder import Recorder
from tocsin.alerts.relay import Relay
from tocsin.alerts.service import AlertService
from tocsin.core.clock import ManualClock
from tocsin.core.detections import Detection, Evidence, Kind, Phase
from tocsin.core.frames import Box
from tocsin.core.grids import Grid, Position, Tier
from tocsin.core.ids import (
    CollectorId,
    DetectionId,
    DeviceId,
    GridCode,
    PersonId,
    ReportId,
    StreamId,
)
from tocsin.core.incidents import Actor, Basis, Grade, Recorded, UpStage
from tocsin.core.responders import Channel, Responder
from tocsin.store.memory.alerts import MemoryAlertsStore, Town
from tocsin.store.memory.notices import MemoryNoticeStore
from tocsin.store.memory.reach import MemoryReachStore

NOON = datetime(2026, 7, 14, 4, 0, tzinfo=UTC)
CITY, TOWNSHIP, VILLAGE = GridCode("330110"), GridCode("330110104"), GridCode("330110104201")
BARN = Position(30.3, 119.9)
STAFF = (
    ("li", Tier.VILLAGE, 1, False),
    ("wang", Tier.VILLAGE, 2, False),
    ("chen", Tier.VILLAGE, 3, False),
    ("zhao", Tier.TOWNSHIP, 1, False),
    ("boss", Tier.TOWNSHIP, 2, True),
    ("sun", Tier.CITY, 1, False),
)
HOMES = {Tier.VILLAGE: VILLAGE, Tier.TOWNSHIP: TOWNSHIP, Tier.CITY: CITY}


@dataclass(frozen=True)
class Told:
    """One notice that reached somebody."""

    at: str
    person: str
    tier: str
    about: str
    channel: Channel

    def __str__(self) -> str:
        return f"{self.at} {self.person} ({self.tier}) about {self.about} by {self.channel}"


class Phones(ChannelAdapter):
    """Everybody's phone: notes who was told; answers what the story says."""

    def __init__(self, site: Site, channel: Channel) -> None:
        self._site, self._channel = site, channel

    @property
    def channel(self) -> Channel:
        return self._channel

    async def send(self, message: Message) -> Answer:
        answer = self._site.answers.get(self._channel, lambda _: Sent("taken"))(message)
        if isinstance(answer, Sent):
            self._site.unheard.append(self._site.describe(message, self._channel))
        return answer


class Site:
    """One village with its town and people, on a clock that the story moves."""

    def __init__(self, policies: PolicyBook | None = None) -> None:
        self.clock = ManualClock(NOON)
        self.town = _town()
        self.store = MemoryAlertsStore(self.clock, self.town)
        self.notices = MemoryNoticeStore(self.store)
        self.reach = MemoryReachStore(self.clock)
        self.policies = policies or PolicyBook({})
        self.service = AlertService(self.store, self.policies)
        self.escalator = Escalator(self.store, self.service, EscalatorConfig(), self.clock)
        self.desk = AlarmDesk(self.store, self.service)
        self.link_watch = LinkWatch(self.store, self.service, LinkWatchConfig(), sessions=1)
        self.unheard: list[Told] = []
        self.answers: dict[Channel, Callable[[Message], Answer]] = {}
        self.count = 0
        self.adapters = {channel: (Phones(self, channel),) for channel in Channel}

    def at(self, clock: str) -> Step:
        """Name an instant of the story as minutes and seconds since noon."""
        minutes, seconds = clock.split(":")
        return Step(self, NOON + timedelta(minutes=int(minutes), seconds=int(seconds)))

    def incident(self, number: int = 0) -> Incident:
        """Give an incident in order of opening."""
        return self._rows()[number].incident

    def log(self, number: int = 0) -> tuple[Recorded, ...]:
        return self._rows()[number].events

    def events(self, number: int = 0) -> list[str]:
        return [one.event.__struct_config__.tag for one in self.log(number)]

    def _rows(self) -> list[Any]:
        return sorted(
            self.store.tables.incidents.values(), key=lambda row: (row.incident.opened, row.incident.id)
        )

    def describe(self, message: Message, channel: Channel) -> Told:
        notice = self.notices.rows[message.notice].notice
        seconds = int((self.clock.now() - NOON).total_seconds())
        person = notice.person or "village"
        return Told(
            f"{seconds // 60:02}:{seconds % 60:02}",
            person,
            str(notice.tier or "supervisor"),
            message.template,
            channel,
        )

    async def travel(self, to: datetime) -> None:
        """Let time pass: every deadline and every sending at its own instant."""
        await self._settle()
        while (upcoming := await self._next()) <= to:
            self._go(max(upcoming, self.clock.now()))
            await self._settle()
        self._go(to)
        await self._settle()

    def _go(self, to: datetime) -> None:
        self.clock.advance(to - self.clock.now())

    async def _next(self) -> datetime:
        found = [
            await self.store.next_due(),
            await self.notices.next_send(),
            await self.store.next_alarm(),
        ]
        return min(
            (at for one in found if one is not None for at in (one[1],)),
            default=datetime.max.replace(tzinfo=UTC),
        )

    async def _settle(self) -> None:
        while await self._keep() or (await self.escalator.fire()).incidents or await self._send():
            pass

    async def _keep(self) -> int:
        """Let a keeper look at the alarms whose time has come."""
        async with self.store.unit() as unit:
            return len(await review_due(unit, self.policies, 200))

    def alarm(self, device: str, kind: str = "smoke") -> Alarm:
        """Give a device's alarm."""
        name = DeviceId(f"box/{device}")
        return next(
            one for one in self.store.tables.alarms.values() if one.device == name and one.kind == kind
        )

    def alarm_state(self, device: str, kind: str = "smoke") -> str:
        return str(state_of(self.alarm(device, kind), self.clock.now()))

    def journal(self, device: str, kind: str = "smoke") -> list[str]:
        """Give what the journal says of a device's alarm, oldest first."""
        name = DeviceId(f"box/{device}")
        lines = self.store.tables.alarm_journal
        return [str(line.what) for line in lines if line.device == name and line.kind == kind]

    def annunciations(self) -> int:
        """Count how often any alarm asked for attention."""
        return sum(line.what is Turn.RAISED for line in self.store.tables.alarm_journal)

    async def _send(self) -> int:
        """Let a relay send all that may be sent now."""
        recorder = Recorder(self.service)
        relay = Relay(
            self.notices,
            recorder,
            Providers(self.adapters, self.reach, clock=self.clock, person=()),
            config=RelayConfig(),
            clock=self.clock,
            name="relay",
            wait=self.store.wait,
        )
        async with asyncio.TaskGroup() as keeping:
            keeping.create_task(recorder.run())
            async with asyncio.TaskGroup() as sending:
                took = await relay.turn(sending)
            await recorder.finish()
        return took

    async def watches_links(self) -> None:
        """Let the watch look at all links, while ingest is at work."""
        self.store.tables.flushes = [self.clock.now()]
        await self.link_watch.look()

    async def take_in(self, *intakes: Intake) -> None:
        async with self.store.unit() as unit:
            await self.service.intake(unit, intakes)
        for one in intakes:
            if one.detection.phase is not Phase.CLEAR:
                known = self.store.tables.alarms.get(key_of(one))
                if known is not None:
                    self.store.tables.detections[known.id] = one.detection

    def end(self) -> None:
        """Fail when anybody was told something that the story does not say."""
        assert not self.unheard, f"left unasserted: {'; '.join(map(str, self.unheard))}"


class Step:
    """What happens at one instant, and what follows; runs when it is awaited."""

    def __init__(self, site: Site, at: datetime) -> None:
        self._site, self._at = site, at
        self._doing: list[Callable[[], Awaitable[None]]] = []

    def __await__(self) -> Generator[Any, None, None]:
        return self._run().__await__()

    async def _run(self) -> None:
        await self._site.travel(self._at)
        for do in self._doing:
            await do()

    def _then(self, do: Callable[[], Awaitable[None]]) -> Step:
        self._doing.append(do)
        return self

    def _act(self, do: Callable[[], Awaitable[object]]) -> Step:
        async def act() -> None:
            self._site.end()
            await do()
            await self._site._settle()

        return self._then(act)

    def sees(
        self,
        device: str,
        kind: str = "smoke",
        *,
        severity: float = 0.5,
        age: float | None = 0.0,
        phase: Phase = Phase.RAISE,
        raised: bool = True,
        boxes: tuple[Box, ...] = (),
    ) -> Step:
        """Let a device say that it sees something; `age` in seconds, None when its clock is unset."""
        return self._act(
            lambda: self._site.take_in(
                self._intake(device, kind, severity, age, phase, raised=raised, boxes=boxes)
            )
        )

    def sees_no_more(self, device: str, kind: str = "smoke") -> Step:
        return self.sees(device, kind, phase=Phase.CLEAR, raised=False)

    def _intake(
        self,
        device: str,
        kind: str,
        severity: float,
        age: float | None,
        phase: Phase,
        *,
        raised: bool,
        boxes: tuple[Box, ...] = (),
    ) -> Intake:
        self._site.count += 1
        at = self._site.clock.now() - timedelta(seconds=age or 0.0)
        name = DeviceId(f"box/{device}")
        detection = Detection(
            id=DetectionId(f"detection-{self._site.count}"),
            collector=CollectorId("box"),
            device=name,
            stream=StreamId(f"{name}/picture"),
            detector=kind,
            version="1",
            kind=Kind(kind),
            phase=phase,
            observed=at,
            score=0.9,
            reason="seen",
            reason_code=f"{kind}.seen",
            evidence=Evidence(first=at, last=at, boxes=boxes),
            severity=severity,
        )
        return Intake(
            detection=detection,
            age=None if age is None else timedelta(seconds=age),
            raised=raised,
            grid=VILLAGE,
            began=at,
        )

    def does(
        self, command: Callable[[], ask.Command], who: str, act: str | None = None, number: int = 0
    ) -> Step:
        async def do() -> None:
            actor = Actor("person", who)
            await self._site.service.command(self._site.incident(number).id, command(), actor, act=act)

        return self._act(do)

    def shelves(self, who: str, device: str, kind: str = "smoke", *, minutes: float = 30) -> Step:
        async def do() -> None:
            alarm, span = self._site.alarm(device, kind).id, timedelta(minutes=minutes)
            await self._site.desk.shelve("", alarm, PersonId(who), reason="known fault", span=span)

        return self._act(do)

    def unshelves(self, who: str, device: str, kind: str = "smoke") -> Step:
        return self._act(
            lambda: self._site.desk.unshelve("", self._site.alarm(device, kind).id, PersonId(who))
        )

    def acknowledges(self, who: str, device: str, kind: str = "smoke") -> Step:
        return self._act(
            lambda: self._site.service.acknowledge(self._site.alarm(device, kind).id, PersonId(who))
        )

    def maintains(
        self,
        who: str,
        device: str | None = None,
        *,
        grid: GridCode | None = None,
        since: str,
        until: str,
    ) -> Step:
        """Take a device, or a grid and all below it, out of service between two instants of the story."""

        async def do() -> None:
            await self._site.desk.add_window(
                "",
                PersonId(who),
                grid=grid,
                device=None if device is None else DeviceId(device),
                since=self._site.at(since)._at,
                until=self._site.at(until)._at,
                reason="new cameras",
            )

        return self._act(do)

    def link(self, state: str) -> Step:
        """Let the box's link change; while it is online its heartbeats come."""

        async def do() -> None:
            now = self._site.clock.now()
            self._site.store.tables.links[CollectorId("box")] = Link(
                collector=CollectorId("box"),
                grid=VILLAGE,
                state=state,
                since=now,
                heard=now,
                interval_seconds=10.0,
                lost=False,
            )
            await self._site.watches_links()

        return self._act(do)

    def links_are_watched(self) -> Step:
        """Let the watch look at the links once."""
        return self._act(self._site.watches_links)

    def alarm_is(self, device: str, state: str, kind: str = "smoke") -> Step:
        async def check() -> None:
            assert self._site.alarm_state(device, kind) == state

        return self._then(check)

    def confirms(self, who: str, grade: Grade | None = None) -> Step:
        return self.does(lambda: ask.Confirm(grade=grade), who)

    def rejects(self, who: str, reason: str = "false_alarm", number: int = 0) -> Step:
        return self.does(lambda: ask.Reject(reason_code=reason), who, number=number)

    def closes(self, who: str, reason: str = "handled") -> Step:
        return self.does(lambda: ask.Close(reason_code=reason), who)

    def reports_up(self, who: str) -> Step:
        """Let somebody note that the level above was told for the first time."""
        return self.does(lambda: ask.ReportUp(stage=UpStage.INITIAL), who)

    def goes(self, who: str, act: str | None = None) -> Step:
        return self.does(lambda: ask.Accept(person=PersonId(who)), who, act)

    def refuses(self, who: str) -> Step:
        return self.does(lambda: ask.Refuse(person=PersonId(who), reason_code="ill"), who)

    def needs_help(self, who: str) -> Step:
        return self.does(lambda: ask.AskHelp(person=PersonId(who)), who)

    def finds_nothing(self, who: str, *, proved: bool = False) -> Step:
        """Let somebody say that nothing is there; `proved` with the position of their phone at the scene."""
        proof = {"basis": Basis.POSITION, "position": BARN} if proved else {}
        return self.does(lambda: ask.SayNothingHere(person=PersonId(who), **proof), who)  # type: ignore[arg-type]

    def is_done(self, who: str) -> Step:
        return self.does(lambda: ask.ReportDone(person=PersonId(who)), who)

    def arrives(
        self, who: str, *, at: str | None = None, metres_away: float = 20.0, act: str | None = None
    ) -> Step:
        """Let a phone prove its place; `at` is when the phone says it was."""

        async def do() -> None:
            claimed = self._site.at(at)._at if at is not None else None
            there = Position(BARN.latitude + metres_away / 111_195, BARN.longitude, 10.0)
            command = ask.Arrive(person=PersonId(who), at=claimed, basis=Basis.POSITION, position=there)
            await self._site.service.command(
                self._site.incident().id, command, Actor("person", PersonId(who)), act=act
            )

        return self._act(do)

    def enters_arrival(self, who: str, tier: Tier) -> Step:
        return self.does(lambda: ask.Arrive(tier=tier, basis=Basis.OPERATOR), who)

    def reports(
        self, who: str, kind: str = "smoke", *, words: str = "smoke over the barn", act: str = "call-1"
    ) -> Step:
        async def do() -> None:
            report = Report(
                id=ReportId(f"report-{act}"),
                kind=Kind(kind),
                grid=VILLAGE,
                words=words,
                caller="0571",
                place=BARN,
                reported_by=PersonId(who),
                at=self._site.clock.now(),
            )
            await self._site.service.report(
                report, severity=0.5, grade=None, actor=Actor("person", who), act=act
            )

        return self._act(do)

    def told(self, *who: str, about: str = "call") -> Step:
        """Assert that exactly these, people or tiers, have just been told about something."""

        async def check() -> None:
            heard = [one for one in self._site.unheard if one.about == about]
            self._site.unheard = [one for one in self._site.unheard if one.about != about]
            wrong = [str(one) for one in heard if not {one.person, one.tier} & set(who)]
            silent = [name for name in who if not any(name in {one.person, one.tier} for one in heard)]
            assert not wrong, f"told though the story does not say so: {wrong}"
            assert not silent, (
                f"not told about {about}: {silent}; unasserted: {[*map(str, self._site.unheard)]}"
            )

        return self._then(check)

    then_told = told

    def nobody_is_told(self) -> Step:
        async def check() -> None:
            self._site.end()

        return self._then(check)

    then_nobody_is_told = nobody_is_told

    def verdicts(self, **expected: str | None) -> Step:
        """Assert every activated tier's verdict; None for a clock that runs."""

        async def check() -> None:
            clocks = self._site.incident().clocks
            found = {str(tier): str(one.verdict) if one.verdict else None for tier, one in clocks.items()}
            assert found == expected

        return self._then(check)

    def state(self, expected: str) -> Step:
        async def check() -> None:
            assert str(self._site.incident().state) == expected

        return self._then(check)

    def incidents(self, number: int) -> Step:
        async def check() -> None:
            assert len(self._site.store.tables.incidents) == number

        return self._then(check)


@asynccontextmanager
async def story(policies: PolicyBook | None = None) -> AsyncIterator[Site]:
    """Tell a story; at its end nothing may be left unasserted, no error logged, every log consistent."""
    site = Site(policies)
    await site.policies.keep(site.store)
    with capture_logs() as lines:
        yield site
    site.end()
    errors = [line for line in lines if line["log_level"] in {"error", "critical"}]
    assert not errors, f"errors were logged: {errors}"
    for row in site.store.tables.incidents.values():
        assert fold(row.events) == row.incident, "replaying the events gives another state"


def _town() -> Town:
    grids = (
        Grid(code=CITY, name="余杭区", parent=None, tier=Tier.CITY, path=CITY, centre=BARN),
        Grid(
            code=TOWNSHIP,
            name="径山镇",
            parent=CITY,
            tier=Tier.TOWNSHIP,
            path=f"{CITY}.{TOWNSHIP}",
            centre=BARN,
        ),
        Grid(
            code=VILLAGE,
            name="溪口村",
            parent=TOWNSHIP,
            tier=Tier.VILLAGE,
            path=f"{CITY}.{TOWNSHIP}.{VILLAGE}",
            centre=BARN,
            radius_m=200.0,
        ),
    )
    people = [
        Responder(
            person=PersonId(name),
            tier=tier,
            grid=HOMES[tier],
            order=order,
            channels=(Channel.WECOM_BOT, Channel.SMTP),
            supervisor=supervisor,
        )
        for name, tier, order, supervisor in STAFF
    ]
    devices = ("box", "box/cam-1", "box/cam-2", "box/smoke-1", "box/button-1")
    village = grids[2]
    return Town(
        grids={grid.code: grid for grid in grids},
        sites={
            DeviceId(name): Place(device=DeviceId(name), grid=village, township=TOWNSHIP, place=BARN)
            for name in devices
        },
        people=people,
        addresses={
            (one.person, channel): f"{one.person}@example.org" for one in people for channel in one.channels
        },
        names={one.person: str(one.person).title() for one in people},
    )


async def until(condition: Callable[[], bool]) -> None:
    """Let other tasks run until something holds; the caller bounds it with a timeout."""
    while not condition():
        await asyncio.sleep(0)
