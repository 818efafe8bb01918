"""Figures on detectors against a past that is known; they have no twin in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec
import pytest

from tests.support.database import Database, Server
from tests.support.ingest import alarm as said
from tests.support.response import (
    ANN,
    CITY,
    TOWN,
    VILLAGE,
    alarm,
    change,
    emptied,
    incident_id,
    opened,
    settle,
    shared,
    travel,
)
from tocsin.alerts.quality_ports import BehindFilter, Drill, Truth, Witness
from tocsin.core.clock import SystemClock
from tocsin.core.detections import Evidence, Kind
from tocsin.core.errors import NotFound, Transient
from tocsin.core.ids import AlarmId, DetectionId, DeviceId, GridCode, IncidentId, ReportId
from tocsin.core.incidents import (
    SYSTEM,
    Actor,
    AlarmAttached,
    Basis,
    Closed,
    Confirmed,
    Grade,
    IncidentEvent,
    Merged,
    Mode,
    Rejected,
    ReportAttached,
)
from tocsin.store.alerts import PgAlertsStore
from tocsin.store.quality import AT_ONCE, WAITING_MAX, PgQuality
from tocsin.store.wakeups import Wakeups

DAY = timedelta(days=1)
START = SystemClock().now().replace(hour=8, minute=0, second=0, microsecond=0) - DAY
"""Yesterday at 16:00 in Beijing: there are partitions of the database for it and for the week that follows."""
HOUR = timedelta(hours=1)
CAMERA, OTHER, SENSOR = DeviceId("box/camera-1"), DeviceId("box/camera-2"), DeviceId("box/gauge-1")
PATH = f"{CITY}.{TOWN}.{VILLAGE}"
PERSON = Actor("person", "desk")
REAL = (Confirmed(at=START, basis=Basis.OPERATOR, grade=Grade.III, mode=Mode.STAGED),)
FALSE = (Rejected(basis=Basis.OPERATOR, reason_code="false_alarm"),)


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@dataclass
class Subject:
    database: Database
    store: PgAlertsStore
    quality: PgQuality
    number: int = 0

    async def happened(
        self,
        *said: IncidentEvent,
        devices: tuple[DeviceId, ...] = (CAMERA,),
        at: datetime = START,
        actor: Actor = PERSON,
        report: bool = False,
        **more: object,
    ) -> IncidentId:
        """Save an incident of these devices' smoke alarms, and what was said of it."""
        self.number += 1
        name = incident_id(self.number)
        await travel(self.database, at)
        attached = [
            AlarmAttached(
                alarm=AlarmId(f"a-{device}"), device=device, kind=Kind.SMOKE, reason_code="smoke.seen"
            )
            for device in devices
        ]
        reported = [ReportAttached(report=ReportId(f"r-{self.number}"))] if report else []
        async with self.store.unit() as unit:
            await unit.save_alarms(
                [
                    alarm(
                        f"a-{device}",
                        device=device,
                        detector="smoke",
                        grid=VILLAGE,
                        raised_at=at + timedelta(microseconds=self.number),
                    )
                    for device in devices
                ]
            )
            begun = change(
                self.number, msgspec.structs.replace(opened(**more), began=at), *attached, *reported, at=at
            )  # type: ignore[arg-type]
            await unit.save([begun])
            if said:
                word = change(self.number, *said, before=begun.incident, at=at)
                await unit.save([replace(word, actor=actor)])
        return name

    async def behind(self, **more: object) -> list[tuple[IncidentId, Truth]]:
        wanted = BehindFilter(scope="", since=START - DAY, until=START + 9 * DAY, most=100, **more)  # type: ignore[arg-type]
        return [(one.id, one.judgement) for one in await self.quality.behind(wanted)]

    async def detects(self, at: datetime, device: DeviceId = CAMERA, version: str = "smoke/1+aa") -> None:
        one = said(
            at, id=DetectionId(f"d-{device}-{at}"), device=device, stream=device, version=version,
            evidence=Evidence(first=at, last=at),
        )  # fmt: skip
        await self.database.execute(
            "insert into detection (at, id, collector, device, stream, detector, kind, phase, grid, observed, began, raised, score, body) "
            "values (%s, %s, 'box', %s, %s, 'smoke', 'smoke', 'raise', %s, %s, %s, true, 0.9, %s)",
            at, one.id, device, device, VILLAGE, at, at, msgspec.json.encode(one),
        )  # fmt: skip


@pytest.fixture
async def subject(shared_database: str) -> AsyncIterator[Subject]:
    async with emptied(shared_database) as database:
        await settle(database)
        await database.execute("truncate detector_drill")
        for device, kind in ((CAMERA, "camera"), (OTHER, "camera"), (SENSOR, "sensor")):
            await database.execute(
                "insert into device (id, collector, kind, name, grid) values (%s, 'box', %s, 'x', %s) on conflict (id) do update set kind = excluded.kind",
                device, kind, VILLAGE,
            )  # fmt: skip
        store = PgAlertsStore(database.pool, Wakeups(database.dsn))
        yield Subject(database, store, PgQuality(database.pool))


SPAN = ("", START - DAY, START + 9 * DAY, 100)


@pytest.mark.parametrize(
    ("events", "actor", "judgement"),
    [
        (REAL, PERSON, Truth.REAL),
        (FALSE, PERSON, Truth.FALSE),
        ((Rejected(basis=Basis.SCENE, reason_code="nothing_here"),), PERSON, Truth.FALSE),
        ((*REAL, *FALSE), PERSON, Truth.FALSE),
        ((Rejected(basis=Basis.OPERATOR, reason_code="duplicate"),), PERSON, Truth.UNJUDGED),
        ((), PERSON, Truth.UNJUDGED),
        (REAL, SYSTEM, Truth.UNJUDGED),
        ((*REAL, Closed(reason_code="no_action")), SYSTEM, Truth.UNJUDGED),
        ((*REAL, Closed(reason_code="handled")), PERSON, Truth.REAL),
    ],
)
async def test_only_a_persons_word_is_a_judgement(
    subject: Subject, events: tuple[IncidentEvent, ...], actor: Actor, judgement: Truth
) -> None:
    name = await subject.happened(*events, actor=actor)

    assert await subject.behind() == [(name, judgement)]


async def test_tests_and_drills_count_nowhere(subject: Subject) -> None:
    await subject.happened(Rejected(basis=Basis.OPERATOR, reason_code="test"))
    await subject.happened(*REAL, drill=True)
    await subject.quality.add_drill(drill(START - HOUR, START + HOUR), "")
    await subject.happened(*REAL)

    assert await subject.behind(kind=Kind.SMOKE) == []
    assert await subject.quality.detectors(*SPAN) == []
    assert await subject.quality.hours(*SPAN) == []


async def test_what_was_merged_is_judged_as_what_it_became_part_of(subject: Subject) -> None:
    whole = await subject.happened(*REAL)
    part = await subject.happened(Merged(into=whole), devices=(OTHER,))

    assert dict(await subject.behind()) == {whole: Truth.REAL, part: Truth.REAL}


async def test_verdicts_are_counted_by_detector_version_and_device(subject: Subject) -> None:
    await subject.detects(START - timedelta(seconds=1), version="smoke/1+aa")
    await subject.happened(*REAL)
    await subject.happened(*FALSE)
    await subject.detects(START + DAY - timedelta(seconds=1), version="smoke/2+bb")
    await subject.happened(*FALSE, at=START + DAY)
    await subject.happened(at=START + DAY, devices=(OTHER,))

    rows = await subject.quality.detectors(*SPAN)

    assert [
        (row.detector, row.version, row.device, row.device_kind, row.real, row.false, row.unjudged)
        for row in rows
    ] == [
        ("smoke", "smoke/1+aa", CAMERA, "camera", 1, 1, 0),
        ("smoke", "smoke/2+bb", CAMERA, "camera", 0, 1, 0),
        ("smoke", "", OTHER, "camera", 0, 0, 1),
    ]
    assert {row.grid for row in rows} == {VILLAGE}


async def test_only_the_scope_and_the_period_count(subject: Subject) -> None:
    await subject.happened(*REAL)
    quality = subject.quality

    assert len(await quality.detectors(f"{CITY}.{TOWN}", START, START + HOUR, 10)) == 1
    assert await quality.detectors(f"{CITY}.other", START, START + HOUR, 10) == []
    assert await quality.detectors("", START - DAY, START, 10) == []
    assert await quality.detectors("", START + HOUR, START + DAY, 10) == []
    assert await quality.days(f"{CITY}.other", START - DAY, START + DAY, 10) == []
    assert await quality.recall(f"{CITY}.other", START - DAY, START + DAY, 10) == []


async def test_hours_are_those_of_the_village(subject: Subject) -> None:
    await subject.happened(*FALSE)  # 08:00 UTC
    await subject.happened(*REAL, at=START + timedelta(hours=12, minutes=59))
    night = await subject.behind(hour=4)

    rows = await subject.quality.hours(*SPAN)

    assert [(row.hour, row.real, row.false) for row in rows] == [(4, 1, 0), (16, 0, 1)]
    assert [judgement for _, judgement in night] == [Truth.REAL]


async def test_false_alarms_stand_against_days_of_work(subject: Subject) -> None:
    for day in range(4):
        await subject.detects(START + day * DAY)
    await subject.detects(START, OTHER)
    await subject.happened(*FALSE)
    await subject.happened(*FALSE, at=START + HOUR)
    await subject.happened(*REAL, at=START + 2 * DAY)

    rows = await subject.quality.days(*SPAN)

    assert [(row.device, row.device_kind, row.days, row.false, row.false_days) for row in rows] == [
        (CAMERA, "camera", 4, 2, 1),
        (OTHER, "camera", 1, 0, 0),
    ]


async def test_what_another_device_saw_is_what_a_detector_should_have_seen(subject: Subject) -> None:
    await subject.happened(*REAL, devices=(CAMERA, OTHER))
    await subject.happened(*REAL, devices=(OTHER,), at=START + HOUR)
    await subject.happened(*FALSE, devices=(OTHER,), at=START + 2 * HOUR)

    rows = await subject.quality.recall(*SPAN)

    assert {(row.witness, row.device, row.seen, row.expected) for row in rows} == {
        (Witness.SOURCE, CAMERA, 1, 2),
        (Witness.SOURCE, OTHER, 1, 1),
    }


async def test_what_people_reported_and_no_machine_saw_is_missed(subject: Subject) -> None:
    missed = await subject.happened(*REAL, devices=(), report=True)
    await subject.happened(*REAL, devices=(CAMERA,), report=True, at=START + HOUR)
    await subject.happened(*FALSE, devices=(), report=True, at=START + 2 * HOUR)

    rows = await subject.quality.recall(*SPAN)

    assert {(row.witness, row.detector, row.device, row.seen, row.expected) for row in rows} == {
        (Witness.REPORT, "smoke", CAMERA, 1, 2)
    }
    assert await subject.behind(missed=True) == [(missed, Truth.REAL)]


async def test_where_no_detector_can_see_a_report_is_missed_by_nobody_by_name(subject: Subject) -> None:
    await subject.happened(*REAL, devices=(), report=True, grid=GridCode(TOWN))

    (row,) = await subject.quality.recall(*SPAN)

    assert (row.witness, row.detector, row.device, row.seen, row.expected) == (Witness.REPORT, "", "", 0, 1)


def drill(since: datetime, until: datetime, name: str = "drill-1", device: DeviceId = CAMERA) -> Drill:
    return Drill(
        id=name,
        device=device,
        kind=Kind.SMOKE,
        since=since,
        until=until,
        reason="smoke cartridge in the yard",
        person=ANN,
        made=START,
    )


async def test_a_drill_that_is_seen_and_one_that_is_not(subject: Subject) -> None:
    await subject.quality.add_drill(drill(START, START + HOUR), "")
    await subject.quality.add_drill(drill(START + DAY, START + DAY + HOUR, "drill-2"), "")
    await subject.quality.add_drill(drill(START + DAY, START + DAY + HOUR, "drill-3"), "")
    await subject.quality.add_drill(drill(START + 8 * DAY, START + 8 * DAY + HOUR, "drill-4", OTHER), "")
    await subject.quality.withdraw_drill("drill-3", PATH, START + DAY)
    await subject.detects(START + timedelta(minutes=4))
    await travel(subject.database, START + 2 * DAY)

    rows = await subject.quality.recall(*SPAN)
    listed = await subject.quality.drills(*SPAN)

    assert [(row.witness, row.device, row.seen, row.expected) for row in rows] == [
        (Witness.DRILL, CAMERA, 1, 2)
    ]
    assert {one.id: (one.seen_at, one.withdrawn is None) for one in listed} == {
        "drill-1": (START + timedelta(minutes=4), True),
        "drill-2": (None, True),
        "drill-3": (None, False),
        "drill-4": (None, True),
    }


async def test_drills_are_made_for_devices_of_ones_own_scope(subject: Subject) -> None:
    with pytest.raises(NotFound, match="no device"):
        await subject.quality.add_drill(drill(START, START + HOUR), f"{CITY}.other")
    with pytest.raises(NotFound, match="no device"):
        await subject.quality.add_drill(drill(START, START + HOUR, device=DeviceId("lost/camera-1")), "")
    await subject.quality.add_drill(drill(START, START + HOUR), PATH)
    await subject.quality.add_drill(drill(START, START + HOUR), PATH)
    with pytest.raises(NotFound, match="no drill"):
        await subject.quality.withdraw_drill("drill-1", f"{CITY}.other", START)
    assert len(await subject.quality.drills(*SPAN)) == 1


async def test_what_stands_behind_a_number_is_found(subject: Subject) -> None:
    first = await subject.happened(*REAL, devices=(CAMERA, OTHER))
    second = await subject.happened(*FALSE, at=START + HOUR)

    assert [name for name, _ in await subject.behind(device=OTHER)] == [first]
    assert [name for name, _ in await subject.behind(detector="smoke", device=CAMERA)] == [second, first]
    assert [name for name, _ in await subject.behind(judgement=Truth.FALSE)] == [second]
    assert await subject.behind(detector="fire") == []
    (row,) = await subject.quality.behind(BehindFilter(scope="", since=START, until=START + HOUR, most=10))
    assert (row.devices, row.detectors, row.reports) == ((CAMERA, OTHER), ("smoke",), 0)


async def test_what_kept_alarms_quiet_in_a_span(subject: Subject) -> None:
    await subject.database.execute(
        "insert into maintenance (id, device, since, until, reason, person, made, ended) "
        "values ('w', %s, %s, %s, 'r', 'ann', %s, %s)",
        CAMERA, START, START + DAY, START, START + HOUR,
    )  # fmt: skip
    await subject.database.execute(
        "insert into false_spot (id, device, kind, until, reason, person, made) values ('s', %s, 'smoke', %s, 'r', 'ann', %s)",
        CAMERA, START + DAY, START,
    )  # fmt: skip

    windows, spots = await subject.quality.said_in_advance(START + timedelta(minutes=30), START + DAY)

    assert [(one.until, one.ended) for one in windows] == [(START + HOUR, None)]
    assert [one.id for one in spots] == ["s"]
    assert (await subject.quality.said_in_advance(START + 2 * HOUR, START + DAY))[0] == []
    assert await subject.quality.said_in_advance(START - DAY, START - HOUR) == ([], [])


async def test_figures_are_asked_for_a_few_at_a_time_and_too_many_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go, together, most = asyncio.Event(), 0, 0

    async def slow(_self: PgQuality, _query: str, **_arguments: object) -> list[dict[str, object]]:
        nonlocal together, most
        together += 1
        most = max(most, together)
        await go.wait()
        together -= 1
        return []

    monkeypatch.setattr(PgQuality, "_ask", slow)
    asked = PgQuality(None)  # type: ignore[arg-type]  # nothing is read
    waiting = [asyncio.ensure_future(asked.days(*SPAN)) for _ in range(AT_ONCE + WAITING_MAX)]
    await asyncio.sleep(0)
    with pytest.raises(Transient):
        await asked.recall(*SPAN)
    waiting.pop().cancel()
    go.set()
    await asyncio.gather(*waiting)
    assert most == AT_ONCE
    assert await asked.recall(*SPAN) == []
