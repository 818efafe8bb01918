"""The shell of the response engine on PostgreSQL: intake, command, escalator, relay, report, preview."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest

from tests.support.database import Server
from tests.support.response import ANN, CAMERA, START, TOWN, VILLAGE, Response, in_postgres, shared
from tests.support.site import Phones
from tocsin.alerts.commands import Accept, Confirm
from tocsin.alerts.config import EscalatorConfig, RelayConfig
from tocsin.alerts.escalator import Escalator
from tocsin.alerts.incident import fold
from tocsin.alerts.policy_book import PolicyBook
from tocsin.alerts.ports import Answer, Intake, Message, Report, Sent
from tocsin.alerts.providers import Providers
from tocsin.alerts.recorder import Recorder
from tocsin.alerts.relay import Relay
from tocsin.alerts.service import AlertService
from tocsin.core.clock import ManualClock
from tocsin.core.detections import Detection, Evidence, Kind, Phase
from tocsin.core.grids import Position, Tier
from tocsin.core.ids import CollectorId, DetectionId, IncidentId, ReportId, StreamId
from tocsin.core.incidents import Actor, Verdict
from tocsin.core.responders import Channel
from tocsin.store.memory.reach import MemoryReachStore

OPERATOR = Actor("person", "operator")


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture
async def response(shared_database: str) -> AsyncIterator[Response]:
    async with in_postgres(shared_database) as made:
        yield made


class Phone(Phones):
    """Takes everything."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self.heard: list[Message] = []

    async def send(self, message: Message) -> Answer:
        self.heard.append(message)
        return Sent("taken")


def intake(number: int, kind: Kind = Kind.INTRUSION, phase: Phase = Phase.RAISE) -> Intake:
    detection = Detection(
        id=DetectionId(f"d-{number}"),
        collector=CollectorId("box"),
        device=CAMERA,
        stream=StreamId("box/camera-1/picture"),
        detector=kind.value,
        version="1",
        kind=kind,
        phase=phase,
        observed=START,
        score=0.9,
        reason="seen",
        reason_code="seen",
        figures=(("area", 0.2),),
        evidence=Evidence(first=START, last=START),
        severity=0.2,
    )
    return Intake(detection=detection, age=timedelta(), raised=True, grid=VILLAGE, began=START)


async def test_the_whole_path_from_a_detection_to_a_missed_village(response: Response) -> None:
    policies = PolicyBook({})
    await policies.keep(response.store)
    service, clock = AlertService(response.store, policies), ManualClock(START)
    escalator = Escalator(response.store, service, EscalatorConfig(), clock)
    hook, mail = Phone(Channel.WEBHOOK), Phone(Channel.SMTP)
    async with response.store.unit() as unit:
        await service.intake(unit, [intake(1), intake(2, Kind.TAMPER)])
        near = await unit.open_incidents([Kind.INTRUSION], TOWN)
    [found] = near
    name = found.id
    assert (await escalator.fire()).incidents == 0
    await service.command(name, Confirm(), OPERATOR, act="tap-1")
    version = (await service.command(name, Confirm(), OPERATOR, act="tap-1")).version
    await service.command(
        name, Accept(person=ANN), Actor("person", ANN), occurred=START - timedelta(seconds=1)
    )
    await turn(response, service, clock, hook, mail)
    assert [message.address for message in hook.heard] == ["https://ann.example/hook"]
    await response.travel(START + timedelta(minutes=3))
    fired = await escalator.fire()
    assert (fired.incidents, fired.failed) == (1, 0)
    assert (await escalator.fire()).incidents == 0
    state = await response.load(name)
    assert state.clocks[Tier.VILLAGE].verdict is Verdict.MISSED
    assert state.version > version
    clock.advance(timedelta(minutes=3))
    await turn(response, service, clock, hook, mail)
    assert [message.address for message in mail.heard] == ["cat@example.org"]
    assert (await service.preview(name))[0].tier is not Tier.VILLAGE
    await report_joins(service, name)


async def report_joins(service: AlertService, name: IncidentId) -> None:
    report = Report(
        id=ReportId("r-1"),
        kind=Kind.INTRUSION,
        grid=VILLAGE,
        words="a stranger at the gate",
        caller="0571",
        place=Position(30.27, 119.88),
        reported_by=ANN,
        at=START + timedelta(minutes=3),
    )
    for _ in range(2):
        assert await service.report(report, severity=0.5, grade=None, actor=OPERATOR, act="call-1") == name


async def turn(response: Response, service: AlertService, clock: ManualClock, *phones: Phone) -> None:
    recorder = Recorder(service)
    relay = Relay(
        response.notices,
        recorder,
        Providers({one.channel: (one,) for one in phones}, MemoryReachStore(clock), clock=clock, person=()),
        config=RelayConfig(),
        clock=clock,
        name="relay-1",
        wait=response.store.wait,
    )
    async with asyncio.TaskGroup() as keeping:
        keeping.create_task(recorder.run())
        async with asyncio.TaskGroup() as sending:
            await relay.turn(sending)
        await recorder.finish()


async def test_two_escalators_fire_each_deadline_once(response: Response) -> None:
    policies = PolicyBook({})
    await policies.keep(response.store)
    service, clock = AlertService(response.store, policies), ManualClock(START)
    kinds = (Kind.ABANDONED, Kind.FLOOD, Kind.TEMPERATURE, Kind.INTRUSION, Kind.CROWDING, Kind.FALL)
    async with response.store.unit() as unit:
        await service.intake(unit, [intake(number, kind) for number, kind in enumerate(kinds)])
    await response.travel(START + timedelta(seconds=60))
    both = [Escalator(response.store, service, EscalatorConfig(batch=2), clock) for _ in range(2)]

    async def work(one: Escalator) -> int:
        total = 0
        while fired := (await one.fire()).incidents:
            total += fired
        return total

    done = await asyncio.gather(*map(work, both))
    assert sum(done) == len(kinds)
    async with response.store.unit() as unit:
        near = await unit.open_incidents(kinds, TOWN)
        logs = await unit.load([one.id for one in near])
    assert [fold(events).unanswered for events in logs.values()] == [1] * len(kinds)
