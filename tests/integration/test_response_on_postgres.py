"""The response engine's own shell on PostgreSQL: taken in, confirmed, missed, told, arrived, closed."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from tests.support.database import Database, Server
from tests.support.field import detection
from tests.support.response import (
    ANN,
    CAMERA,
    CAT,
    START,
    VILLAGE,
    emptied,
    incident_id,
    settle,
    shared,
    travel,
)
from tocsin.alerts import commands as ask
from tocsin.alerts.config import EscalatorConfig
from tocsin.alerts.escalator import Escalator
from tocsin.alerts.policy_book import PolicyBook
from tocsin.alerts.ports import IncidentFilter, IncidentRow, Intake, Report
from tocsin.alerts.service import AlertService
from tocsin.core.clock import SystemClock
from tocsin.core.detections import Kind, Phase
from tocsin.core.errors import NotFound
from tocsin.core.grids import Position
from tocsin.core.ids import ReportId
from tocsin.core.incidents import Actor, Basis, Grade, Outcome, Stage, State, UpStage
from tocsin.core.working_time import Limit, Terms, Unit
from tocsin.store.alert_queries import PgAlertQueries
from tocsin.store.alerts import PgAlertsStore
from tocsin.store.notices import PgNoticeStore
from tocsin.store.wakeups import Wakeups

GATE = Position(30.27, 119.88, 5.0)
OPERATOR = Actor("person", "ann")


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@dataclass
class Centre:
    database: Database
    store: PgAlertsStore
    service: AlertService
    escalator: Escalator
    queries: PgAlertQueries
    notices: PgNoticeStore

    async def at(self, seconds: float) -> None:
        """Let time pass to an instant, firing each deadline on the way at its own."""
        target = START + timedelta(seconds=seconds)
        while (found := await self.store.next_due()) is not None and found[1] <= target:
            await travel(self.database, max(found))
            while (await self.escalator.fire()).incidents:
                pass
        await travel(self.database, target)

    async def row(self) -> IncidentRow:
        (found,) = await self.queries.incidents(IncidentFilter(scope=""))
        return found

    async def clocks(self) -> dict[str, str | None]:
        return {clock.tier: clock.verdict for clock in (await self.row()).clocks}

    async def see(self, phase: Phase = Phase.RAISE, at: datetime = START) -> None:
        said = msgspec.structs.replace(
            detection("box/camera-1/smoke", phase, at).detection, device=CAMERA, kind=Kind.SMOKE, severity=0.8
        )
        intake = Intake(
            detection=said, age=timedelta(seconds=1), raised=phase is Phase.RAISE, grid=VILLAGE, began=at
        )
        async with self.store.unit() as unit:
            await self.service.intake(unit, [intake])


@pytest.fixture
async def centre(shared_database: str) -> AsyncIterator[Centre]:
    async with emptied(shared_database) as database:
        await settle(database)
        await database.execute("update device set certified = false")
        wakeups = Wakeups(database.dsn)
        store = PgAlertsStore(database.pool, wakeups)
        policies = PolicyBook({})
        await policies.keep(store)
        service = AlertService(store, policies)
        yield Centre(
            database,
            store,
            service,
            Escalator(store, service, EscalatorConfig(), SystemClock()),
            PgAlertQueries(database.pool, wakeups, SystemClock()),
            PgNoticeStore(database.pool),
        )


async def test_the_village_misses_and_the_township_arrives(centre: Centre) -> None:
    await centre.see()
    incident = (await centre.row()).id
    await centre.service.command(incident, ask.Confirm(grade=None), OPERATOR, act="confirm")
    again = await centre.service.command(incident, ask.Confirm(grade=None), OPERATOR, act="confirm")
    assert again.confirmed == START
    called = await centre.notices.claim("relay", 100, timedelta(seconds=30))
    assert {one.notice.person for one in called} >= {ANN, CAT}
    await centre.at(181)
    assert (await centre.clocks())["village"] == "missed"
    await centre.service.command(
        incident,
        ask.Arrive(person=CAT, basis=Basis.POSITION, position=GATE),
        Actor("person", CAT),
        act="arrive",
    )
    await centre.at(4000)
    clocks = await centre.clocks()
    assert (clocks["village"], clocks["township"], clocks["city"]) == ("missed", "arrived", "missed")
    await centre.service.command(incident, ask.Close(reason_code="handled"), OPERATOR, act="close")
    # Only the final report is owed: at half past five of the third working day after the holiday of May.
    coming = await centre.store.next_due()
    assert coming is not None
    assert coming[1] == datetime(2026, 5, 8, 9, 30, tzinfo=UTC)
    await centre.service.command(incident, ask.ReportUp(stage=UpStage.FINAL), OPERATOR, act="final")
    assert await centre.store.next_due() is None
    assert await centre.queries.verify_chain(incident)
    fired = await centre.database.execute(
        "select key, count(*) from deadline where fired_at is not null group by key having count(*) > 1 and key like 'hard%%'"
    )
    assert fired == []


async def test_two_at_once_confirm_one_incident_once(centre: Centre) -> None:
    await centre.see()
    incident = (await centre.row()).id
    await asyncio.gather(
        *(
            centre.service.command(
                incident,
                ask.Arrive(person=person, basis=Basis.POSITION, position=GATE),
                Actor("person", person),
            )
            for person in (ANN, CAT)
        )
    )
    log = await centre.queries.log(incident)
    assert [one.version for one in log] == list(range(1, len(log) + 1))
    assert sum(one.event.__struct_config__.tag == "confirmed" for one in log) == 1


async def test_a_report_by_hand_joins_what_the_camera_saw(centre: Centre) -> None:
    await centre.see()
    report = Report(
        id=ReportId("report-1"),
        kind=Kind.SMOKE,
        grid=VILLAGE,
        words="smoke at the gate",
        caller="13800000000",
        place=None,
        reported_by=ANN,
        at=START,
    )
    incident = await centre.service.report(report, severity=0.5, grade=None, actor=OPERATOR, act="report-1")
    row = await centre.row()
    assert (row.id, row.reports, row.alarms) == (incident, 1, 1)
    assert (await centre.queries.words(incident))[0] == [report]


async def test_a_camera_whose_incident_nobody_closed_may_see_the_next_fire(centre: Centre) -> None:
    await centre.see()
    await centre.at(3600)
    await centre.see(Phase.CLEAR, START + timedelta(hours=1))
    await centre.at(7200)
    await centre.see(Phase.RAISE, START + timedelta(hours=2))
    rows = await centre.queries.incidents(IncidentFilter(scope="", open=True))
    assert len(rows) == 2


async def test_what_became_of_a_notice_is_recorded_in_its_incident(centre: Centre) -> None:
    await centre.see()
    incident = (await centre.row()).id
    await centre.service.command(incident, ask.Confirm(grade=None), OPERATOR)
    (first, *_) = await centre.notices.claim("relay", 100, timedelta(seconds=30))
    command = ask.SettleNotice(
        notice=first.notice.id,
        person=first.notice.person,
        channel=first.notice.channel,
        outcome=Outcome.SENT,
    )
    await centre.service.settle([(incident, command), (incident, command)])
    tags = [one.event.__struct_config__.tag for one in await centre.queries.log(incident)]
    assert tags.count("notice_settled") == 1


async def test_a_command_to_an_unknown_incident_is_answered_so(centre: Centre) -> None:
    with pytest.raises(NotFound, match=r"incident\.unknown"):
        await centre.service.command(incident_id(9), ask.Confirm(grade=None), OPERATOR)


async def test_what_was_wrongly_rejected_begins_anew_with_clocks_of_its_own(centre: Centre) -> None:
    await centre.see()
    incident = (await centre.row()).id
    await centre.service.command(incident, ask.Confirm(grade=None), OPERATOR, act="confirm")
    assert set(await centre.clocks()) == {"village", "township", "city"}
    await centre.at(60)
    await centre.service.command(incident, ask.Reject(reason_code="false_alarm"), OPERATOR, act="reject")
    await centre.at(120)
    await centre.service.command(
        incident, ask.Reopen(reason_code="wrongly_rejected", terms=Terms()), OPERATOR, act="reopen"
    )
    assert (await centre.row()).state is State.RECEIVED
    assert await centre.clocks() == {}
    coming = await centre.store.next_due()
    assert coming is not None
    assert coming[1] == START + timedelta(seconds=180)
    await centre.service.command(incident, ask.Confirm(grade=Grade.IV), OPERATOR, act="again")
    assert await centre.clocks() == {"village": None}
    await centre.at(120 + 181)
    assert (await centre.clocks())["village"] == "missed"
    assert await centre.queries.verify_chain(incident)


async def test_a_reopened_case_keeps_the_verdicts_of_its_clocks_and_waits_to_be_dispatched(
    centre: Centre,
) -> None:
    await centre.see()
    incident = (await centre.row()).id
    await centre.service.command(incident, ask.Confirm(grade=None), OPERATOR, act="confirm")
    await centre.at(60)
    await centre.service.command(incident, ask.Close(reason_code="no_action"), OPERATOR, act="close")
    terms = Terms(limits={Stage.DISPATCH: Limit(2, Unit.HOUR)})
    await centre.service.command(
        incident, ask.Reopen(reason_code="recurred", terms=terms), OPERATOR, act="reopen"
    )
    row = await centre.row()
    assert (row.state, row.stage) == (State.FILED, Stage.DISPATCH)
    assert set((await centre.clocks()).values()) == {"stood_down"}
