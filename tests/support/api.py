"""A small town behind the HTTP face: fakes of every port in memory, and readers that sign in.

`World` is built anew for each test; nothing in it waits or reads a clock. `EventReader` speaks
ASGI itself, because httpx gives a streamed answer only when it is complete.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from typing_extensions import override

from tests.support.cap import CAP_TOKEN, FakeCap
from tests.support.exercises import FakeExercises
from tests.support.figures import FakeFigures
from tests.support.jobs import OwnStore
from tests.support.policies import FakePolicies
from tests.support.quality import FakeQuality, FakeReplays
from tests.support.reach import FakeTrials
from tests.support.sweeps import FakeSweeps
from tocsin.alerts.alarm import state_of
from tocsin.alerts.alarm_desk import Marks
from tocsin.alerts.alarm_model import AlarmState, FalseSpot, JournalLine, Window
from tocsin.alerts.alarm_ports import AlarmQueries, Annunciation, SpotRow, StandingRow, WindowRow
from tocsin.alerts.commands import Command, RefuteArrival
from tocsin.alerts.concerned import answers_for, concerns
from tocsin.alerts.evolve import fold
from tocsin.alerts.exercising import Drill
from tocsin.alerts.hooks import Hook
from tocsin.alerts.links import Link, LinkKeys
from tocsin.alerts.model import Incident
from tocsin.alerts.oversight import ReportDue
from tocsin.alerts.policy_model import Plan
from tocsin.alerts.ports import (
    Alarm,
    AlarmRow,
    AlertQueries,
    ClockRow,
    DetectionRow,
    IncidentFilter,
    IncidentRow,
    LiveEvent,
    NoticeRow,
    Report,
)
from tocsin.alerts.proof_ports import Challenge
from tocsin.alerts.proving import NOTHING, Shown
from tocsin.alerts.query_ports import Counted
from tocsin.alerts.reporting import BY_DESK, Said
from tocsin.alerts.service import Demand
from tocsin.alerts.waiting import Waiting
from tocsin.api.access import COOKIE, token_hash, within
from tocsin.api.app import create_app
from tocsin.api.config import ApiConfig
from tocsin.api.deps import AlertsApi, ApiDeps, DeskApi, HooksApi, OutlookLike
from tocsin.core.clock import ManualClock, to_us
from tocsin.core.detections import Detection, Evidence, Kind, Phase
from tocsin.core.frames import Box
from tocsin.core.grids import Grid, Position, Tier
from tocsin.core.ids import (
    AlarmId,
    CollectorId,
    DetectionId,
    DeviceId,
    GridCode,
    IncidentId,
    NoticeId,
    OrganisationCode,
    PersonId,
    PictureHash,
    PolicyId,
    ReportId,
    StreamId,
)
from tocsin.core.incidents import (
    SYSTEM,
    Actor,
    Basis,
    Called,
    Confirmed,
    Grade,
    IncidentEvent,
    Lateness,
    Mode,
    NoteAdded,
    Opened,
    Readiness,
    Recorded,
    State,
    TierActivated,
    Verdict,
)
from tocsin.core.readings import Reading
from tocsin.core.responders import Channel
from tocsin.core.wire import Lane, LinkState
from tocsin.ingest.ports import (
    CollectorEntry,
    CollectorHealth,
    DeviceHealthRow,
    FieldAdmin,
    FieldQueries,
    LatestReading,
    Picture,
    PictureStore,
    QuarantinedMessage,
)
from tocsin.store.memory.alerts import Town
from tocsin.store.memory.catalogue import MemoryCatalogue
from tocsin.store.memory.duty import MemoryDutyStore
from tocsin.store.memory.evaluation import Known, MemoryEvaluation
from tocsin.store.memory.people import MemoryPeopleStore
from tocsin.store.memory.places import MemoryPlacesStore
from tocsin.store.memory.profiles import MemoryProfiles
from tocsin.store.memory.proofs import MemoryProofStore, ProofTables
from tocsin.store.memory.town import MemoryTownStore
from tocsin.store.memory.watch import MemoryWatchStore
from tocsin.town.appointments import main_appointment, main_id
from tocsin.town.evaluating import Evaluation
from tocsin.town.evaluation import Member
from tocsin.town.job_runner import JobRunner
from tocsin.town.places import Places
from tocsin.town.ports import (
    Account,
    ContactAddress,
    DevicePlace,
    DutyShift,
    Person,
    Role,
    Session,
    TownStore,
)
from tocsin.town.reporting import Reporting

START = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
CITY, TOWNSHIP, WEIR, MILL, FAR, FARM = "1", "1.10", "1.10.101", "1.10.102", "1.20", "1.20.201"
PATHS = {path.rsplit(".", 1)[-1]: path for path in (CITY, TOWNSHIP, WEIR, MILL, FAR, FARM)}
WANG, CHEN, ANN, ELLA, ADA, DENG, SUN = (
    PersonId(name) for name in ("wang", "chen", "ann", "ella", "ada", "deng", "sun")
)
"""Wang answers for the weir's village, Chen for the farm's; Ann operates, Ella engineers, Ada administers."""
SMOKE, FLOOD = IncidentId("incident-smoke"), IncidentId("incident-flood")
"""Smoke at the weir (Wang is called), flood at the farm (Chen is called)."""
ALARM = AlarmId("alarm-smoke")
OFFICE = OrganisationCode("office")
"""Of Deng; nothing is routed to it unless a test does."""


def recorded(
    incident: IncidentId, version: int, event: IncidentEvent, *, seconds: float = 0, actor: Actor = SYSTEM
) -> Recorded:
    """One line of a log."""
    at = START + timedelta(seconds=seconds)
    return Recorded(incident=incident, version=version, event=event, actor=actor, occurred=at, recorded=at)


def log_of(incident: IncidentId, kind: Kind, grid: str, device: str, person: PersonId) -> list[Recorded]:
    """An incident that was opened, confirmed by Ann after 10 s, and called one person."""
    opened = Opened(
        kind=kind,
        grade=Grade.III,
        grid=GridCode(grid),
        device=DeviceId(device),
        began=START,
        lateness=Lateness.LIVE,
        policy=PolicyId("policy-1"),
    )
    at = START + timedelta(seconds=10)
    confirmed = Confirmed(at=at, basis=Basis.OPERATOR, grade=Grade.III, mode=Mode.PARALLEL)
    due = at + timedelta(minutes=3)
    activated = TierActivated(tier=Tier.VILLAGE, at=at, due=due, reason_code="confirmed", roster=(person,))
    called = Called(
        tier=Tier.VILLAGE, person=person, step=0, channels=(Channel.LOG,), reason_code="activated"
    )
    return [
        recorded(incident, 1, opened),
        recorded(incident, 2, confirmed, seconds=10, actor=Actor("person", ANN)),
        recorded(incident, 3, activated, seconds=10),
        recorded(incident, 4, called, seconds=10),
    ]


@dataclass(frozen=True)
class Ahead:
    """What comes next."""

    at: datetime
    what_code: str
    tier: Tier | None
    persons: tuple[PersonId, ...]
    channels: tuple[Channel, ...]


@dataclass(frozen=True)
class Outlooking:
    """How an incident stands under its policy."""

    upcoming: tuple[Ahead, ...]
    plan: Plan | None
    reports_due: tuple[ReportDue, ...]
    waits_on: tuple[Waiting, ...]


@dataclass
class Asked:
    """One call of the alerts service."""

    incident: IncidentId
    command: Command
    actor: Actor
    act: str | None
    occurred: datetime | None
    shown: Shown = NOTHING
    words: str | None = None


class FakeAlerts(AlertsApi):
    """Remember what was asked; answer with the incident as its log says; raise what a test plants."""

    def __init__(self, logs: dict[IncidentId, list[Recorded]]) -> None:
        self.logs = logs
        self.asked: list[Asked] = []
        self.reports: list[tuple[Report, float, Grade | None, Actor, str]] = []
        self.said: list[Said] = []
        self.plan: Plan | None = None
        self.reports_due: tuple[ReportDue, ...] = ()
        self.waiting: tuple[Waiting, ...] = ()
        self.drills: list[tuple[Drill, Actor]] = []
        self.note_acts: set[str | None] = set()
        self.notes: list[tuple[IncidentId, PersonId, str]] = []
        self.acknowledged: list[tuple[AlarmId, PersonId]] = []
        self.readiness: list[tuple[GridCode, Readiness, PersonId, str]] = []
        self.failure: Exception | None = None

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure

    @override
    async def command(
        self,
        incident: IncidentId,
        command: Command,
        actor: Actor,
        *,
        act: str | None = None,
        occurred: datetime | None = None,
        shown: Shown = NOTHING,
        words: str | None = None,
        demand: Demand | None = None,
    ) -> Incident:
        self._fail()
        if demand is not None:
            demand(fold(self.logs[incident]), self.logs[incident])
        self.asked.append(Asked(incident, command, actor, act, occurred, shown, words))
        return fold(self.logs[incident])

    @override
    async def set_readiness(
        self, grid: GridCode, readiness: Readiness, person: PersonId, reason: str
    ) -> None:
        self._fail()
        self.readiness.append((grid, readiness, person, reason))

    @override
    async def refute(
        self, incident: IncidentId, tier: Tier, reason_code: str, actor: Actor, *, act: str
    ) -> Incident:
        return await self.command(incident, RefuteArrival(tier=tier, reason_code=reason_code), actor, act=act)

    @override
    async def photo_challenge(self, incident: IncidentId, person: PersonId) -> Challenge:
        self._fail()
        expires = START + timedelta(minutes=6)
        return Challenge(
            id=f"code-{person}", incident=incident, person=person, code="4711", made=START, expires=expires
        )

    @override
    async def report(
        self,
        report: Report,
        *,
        severity: float,
        grade: Grade | None,
        actor: Actor,
        act: str,
        said: Said = BY_DESK,
    ) -> IncidentId:
        self._fail()
        self.reports.append((report, severity, grade, actor, act))
        self.said.append(said)
        return SMOKE

    @override
    async def note(
        self, incident: IncidentId, person: PersonId, text: str, *, act: str | None = None
    ) -> None:
        self._fail()
        if act not in self.note_acts:
            self.note_acts.add(act)
            self.notes.append((incident, person, text))

    @override
    async def start_exercise(self, drill: Drill, actor: Actor) -> IncidentId:
        self._fail()
        self.drills.append((drill, actor))
        return SMOKE

    @override
    async def acknowledge(self, alarm: AlarmId, person: PersonId) -> None:
        self._fail()
        self.acknowledged.append((alarm, person))

    @override
    async def outlook(self, incident: IncidentId) -> OutlookLike:
        self._fail()
        due = START + timedelta(minutes=3, seconds=10)
        ahead = (Ahead(due, "hard:village", Tier.TOWNSHIP, (ELLA,), (Channel.LOG,)),)
        open_one = fold(self.logs[incident]).state.open
        return Outlooking(ahead if open_one else (), self.plan, self.reports_due, self.waiting)


@dataclass
class FakeQueries(AlertQueries):
    """Lists over logs in memory, and a live feed that a test drives."""

    logs: dict[IncidentId, list[Recorded]]
    places: dict[IncidentId, str]
    alarm_rows: list[AlarmRow] = field(default_factory=list)
    notice_rows: list[NoticeRow] = field(default_factory=list)
    reports_by_hand: list[Report] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    detections: list[DetectionRow] = field(default_factory=list)
    feed: list[LiveEvent] = field(default_factory=list)
    wanted: list[IncidentFilter] = field(default_factory=list)
    signs: int = 0
    """How many signs of life were ordered."""
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    readers: int = 0
    """Live readers that stand in the feed now."""

    def row(self, incident: IncidentId) -> IncidentRow:
        """One line of the queue, folded from the log."""
        now = fold(self.logs[incident])
        path = self.places[incident]
        return IncidentRow(
            id=incident,
            state=now.state,
            kind=now.kind,
            grade=now.grade,
            grid=now.grid,
            grid_name=f"grid {now.grid}",
            grid_path=path,
            device=now.device,
            opened=now.opened,
            began=now.began,
            confirmed=now.confirmed,
            ended=now.ended,
            lateness=now.lateness,
            drill=now.drill,
            alarms=len(now.alarms),
            reports=len(now.reports),
            clocks=tuple(
                ClockRow(tier=c.tier, activated=c.activated, due=c.due, verdict=c.verdict, at=c.at)
                for c in now.clocks.values()
            ),
            version=now.version,
            source=now.source,
            matter=now.matter,
            level=None if now.work is None else now.work.level,
            lead=None if now.work is None else now.work.lead,
            stage=None if now.work is None else now.work.stage,
            stage_due=None if now.work is None else now.work.due,
        )

    @override
    async def incidents(self, wanted: IncidentFilter) -> Sequence[IncidentRow]:
        self.wanted.append(wanted)
        rows = [self.row(one) for one in self.logs]
        return [
            row
            for row in rows
            if within(wanted.scope, row.grid_path)
            and (wanted.open is None or row.state.open == wanted.open)
            and (wanted.kind is None or row.kind is wanted.kind)
            and (wanted.person is None or concerns(self.logs[row.id], wanted.person))
            and (wanted.routed is None or answers_for(self.logs[row.id], wanted.routed))
        ][: wanted.most]

    @override
    async def incident(self, scope: str, incident: IncidentId) -> IncidentRow | None:
        if incident not in self.logs or not within(scope, self.places[incident]):
            return None
        return self.row(incident)

    @override
    async def counts(self, scope: str) -> Counted:
        rows = await self.incidents(IncidentFilter(scope=scope, open=True))
        self.wanted.pop()
        clocks = [clock for row in rows for clock in row.clocks]
        running = [clock for clock in clocks if clock.verdict is None]
        return Counted(
            open=len(rows),
            reported=sum(row.state is State.REPORTED for row in rows),
            unconfirmed=sum(row.state is State.RECEIVED for row in rows),
            overdue=0,
            clocks_running=len(running),
            clocks_overdue=sum(clock.verdict == Verdict.MISSED for clock in clocks),
            next_due=min((clock.due for clock in running), default=None),
        )

    @override
    async def routed(self, organisation: OrganisationCode, *, most: int) -> Sequence[IncidentId]:
        return [one for one, log in self.logs.items() if answers_for(log, organisation)][:most]

    @override
    async def log(self, incident: IncidentId) -> Sequence[Recorded]:
        return list(self.logs[incident])

    @override
    async def notices(self, incident: IncidentId) -> Sequence[NoticeRow]:
        return self.notice_rows

    @override
    async def words(self, incident: IncidentId) -> tuple[Sequence[Report], Mapping[str, str]]:
        return self.reports_by_hand, self.notes

    @override
    async def evidence(self, incident: IncidentId) -> Sequence[DetectionRow]:
        return self.detections if incident == SMOKE else []

    @override
    async def alarms(
        self, scope: str, *, raised: bool | None, most: int, state: AlarmState | None = None
    ) -> Sequence[AlarmRow]:
        rows = [row for row in self.alarm_rows if within(scope, row.grid_path)]
        rows = [row for row in rows if state is None or state_of(row.alarm, START) is state]
        return [row for row in rows if raised is None or row.alarm.raised == raised][:most]

    @override
    async def alarm(self, scope: str, alarm: AlarmId) -> AlarmRow | None:
        rows = (row for row in self.alarm_rows if within(scope, row.grid_path) and row.alarm.id == alarm)
        return next(rows, None)

    async def happens(self, event: IncidentEvent, incident: IncidentId = SMOKE) -> LiveEvent:
        """Commit one event: it stands in the log and in the feed."""
        version = len(self.logs[incident]) + 1
        line = recorded(incident, version, event, seconds=version)
        self.logs[incident].append(line)
        live = LiveEvent(cursor=f"7-{len(self.feed) + 1}", recorded=line, grid_path=self.places[incident])
        async with self.changed:
            self.feed.append(live)
            self.changed.notify_all()
        return live

    async def show_life(self) -> None:
        """Let every reader of the feed get a sign of life."""
        async with self.changed:
            self.signs += 1
            self.changed.notify_all()

    @override
    async def live(self, scope: str, after: str | None) -> AsyncIterator[LiveEvent | None]:
        position = len(self.feed) if after is None else int(after.split("-")[1])
        signs = self.signs
        self.readers += 1
        try:
            yield None
            while True:
                async with self.changed:
                    await self.changed.wait_for(
                        lambda: self.signs > signs or len(self.feed) > position  # noqa: B023 read at once
                    )
                    lines, position = self.feed[position:], len(self.feed)
                    lives, signs = self.signs - signs, self.signs
                for line in lines:
                    if within(scope, line.grid_path):
                        yield line
                for _ in range(lives):
                    yield None
        finally:
            self.readers -= 1

    @override
    async def verify_chain(self, incident: IncidentId) -> bool:
        return True


@dataclass
class FakeField(FieldQueries, FieldAdmin):
    """Collectors, devices and readings of the weir and the farm."""

    pictures_known: dict[PictureHash, tuple[str, Picture]] = field(default_factory=dict)
    readings_known: list[Reading] = field(default_factory=list)
    holding: list[QuarantinedMessage] = field(default_factory=list)

    @override
    async def collectors_health(self, scope: str) -> Sequence[CollectorHealth]:
        boxes = (("farm", FARM), ("weir", WEIR))
        return [
            CollectorHealth(
                id=CollectorId(name),
                name=f"box of the {name}",
                grid=GridCode(path.rsplit(".", 1)[-1]),
                partition=0,
                link=LinkState.ONLINE,
                last_heartbeat=START,
                outbox_depth=0,
                outbox_oldest=None,
                clock="synced",
                clock_offset_seconds=0.01,
                disk_free_bytes=10**9,
                lost=0,
                software="0.1.0",
                revision="1",
                quarantined=0,
            )
            for name, path in boxes
            if within(scope, path)
        ]

    @override
    async def devices(
        self, scope: str, *, collector: CollectorId | None, most: int
    ) -> Sequence[DeviceHealthRow]:
        boxes = [box.id for box in await self.collectors_health(scope)]
        return [
            DeviceHealthRow(
                id=DeviceId(f"{box}/camera-1"),
                collector=box,
                kind="camera",
                name="camera",
                grid=GridCode("101"),
                last_seen=START,
                changed=True,
                fault=None,
                latitude=30.0,
                longitude=120.0,
            )
            for box in boxes
            if collector in {None, box}
        ][:most]

    @override
    async def latest(self, scope: str, *, device: DeviceId | None, most: int) -> Sequence[LatestReading]:
        return [
            LatestReading(
                stream=one.stream,
                unit=one.unit,
                value=one.value,
                text=one.text,
                observed=START,
                at=START,
                quality=one.quality,
            )
            for one in self.readings_known[-1:]
            if within(scope, WEIR) and (device is None or one.stream.startswith(f"{device}/"))
        ][:most]

    @override
    async def readings(
        self, scope: str, stream: StreamId, begin: datetime, end: datetime, most: int
    ) -> Sequence[Reading]:
        return [
            one
            for one in self.readings_known
            if within(scope, WEIR) and one.stream == stream and to_us(begin) <= one.at_us < to_us(end)
        ][:most]

    @override
    async def picture(self, scope: str, sha256: PictureHash) -> Picture | None:
        path, row = self.pictures_known.get(sha256, ("", None))
        return row if row is not None and within(scope, path) else None

    @override
    async def pictures(self, scope: str, *, camera: DeviceId, most: int) -> Sequence[Picture]:
        rows = [row for path, row in self.pictures_known.values() if within(scope, path)]
        return [row for row in rows if row.camera == camera][:most]

    @override
    async def add_collector(self, entry: CollectorEntry) -> None:
        raise NotImplementedError

    @override
    async def enable_collector(self, collector: CollectorId, *, enabled: bool) -> bool:
        raise NotImplementedError("no page asks for it")

    @override
    async def quarantined(
        self, *, state: str, most: int, scope: str = "", lane: Lane | None = None
    ) -> Sequence[QuarantinedMessage]:
        mine = {row.id for row in await self.collectors_health(scope)}
        known = {row.id for row in await self.collectors_health("")}
        return [
            one
            for one in self.holding
            if one.state == state
            and (lane is None or one.lane == lane.value)
            and (one.collector in mine or (one.collector not in known and "." not in scope))
        ][:most]

    @override
    async def calls_held(self, scope: str) -> int:
        rows = await self.quarantined(state="held", most=1_000_000, scope=scope)
        return sum(one.lane == "alarm" for one in rows)

    @override
    async def held(self, ids: Sequence[int]) -> Sequence[QuarantinedMessage]:
        raise NotImplementedError

    @override
    async def drop_quarantined(self, ids: Sequence[int]) -> int:
        raise NotImplementedError


class FakeDesk(DeskApi):
    """Remember what was asked of the alarms' desk; raise what a test plants."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.failure: Exception | None = None

    def _note(self, *asked: object) -> None:
        if self.failure is not None:
            raise self.failure
        self.asked.append(asked)

    @override
    async def shelve(
        self, scope: str, alarm: AlarmId, person: PersonId, *, reason: str, span: timedelta
    ) -> None:
        self._note("shelve", scope, alarm, person, reason, span)

    @override
    async def unshelve(self, scope: str, alarm: AlarmId, person: PersonId) -> None:
        self._note("unshelve", scope, alarm, person)

    @override
    async def add_window(
        self,
        scope: str,
        person: PersonId,
        *,
        grid: GridCode | None,
        device: DeviceId | None,
        since: datetime,
        until: datetime,
        reason: str,
    ) -> Window:
        self._note("add_window", scope, person, grid, device, since, until, reason)
        return Window(
            id="window-1",
            grid=grid,
            device=device,
            since=since,
            until=until,
            reason=reason,
            person=person,
            made=START,
        )

    @override
    async def end_window(self, scope: str, window: str, person: PersonId) -> None:
        self._note("end_window", scope, window, person)

    @override
    async def add_spot(
        self, scope: str, alarm: AlarmId, person: PersonId, *, whole: bool, days: int, reason: str
    ) -> FalseSpot:
        self._note("add_spot", scope, alarm, person, whole, days, reason)
        return FalseSpot(
            id="spot-1",
            device=DeviceId("weir/camera-1"),
            kind=Kind.SMOKE,
            box=None if whole else Box(0.1, 0.1, 0.2, 0.2),
            until=START + timedelta(days=days),
            reason=reason,
            person=person,
            made=START,
        )

    @override
    async def end_spot(self, scope: str, spot: str, person: PersonId) -> None:
        self._note("end_spot", scope, spot, person)

    @override
    def marks(self, alarm: Alarm, grid_path: str, now: datetime) -> Marks:
        return Marks(state_of(alarm, now), stale=False, chattering=False)


@dataclass
class FakeBoard(AlarmQueries):
    """Lists around alarms that a test fills; each row with the path of its grid."""

    lines: list[JournalLine] = field(default_factory=list)
    rows: list[StandingRow] = field(default_factory=list)
    asked: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    called: list[Annunciation] = field(default_factory=list)
    windows: list[WindowRow] = field(default_factory=list)
    false: list[SpotRow] = field(default_factory=list)

    @override
    async def journal(self, scope: str, alarm: AlarmId, most: int) -> Sequence[JournalLine]:
        return [line for line in self.lines if line.alarm == alarm][:most]

    @override
    async def annunciations(
        self, scope: str, since: datetime, until: datetime, most: int
    ) -> Sequence[Annunciation]:
        self.asked.append((scope, since, until))
        return self.called[:most]

    @override
    async def standing(self, scope: str, most: int) -> Sequence[StandingRow]:
        return [row for row in self.rows if within(scope, row.grid_path)][:most]

    @override
    async def names(self, devices: Sequence[DeviceId]) -> Mapping[DeviceId, str]:
        return {device: f"name of {device}" for device in devices}

    @override
    async def maintenance(self, scope: str, most: int) -> Sequence[WindowRow]:
        return [row for row in self.windows if within(scope, row.grid_path)][:most]

    @override
    async def spots(self, scope: str, most: int) -> Sequence[SpotRow]:
        return [row for row in self.false if within(scope, row.grid_path)][:most]


class FakePictures(PictureStore):
    """Bytes by hash."""

    def __init__(self) -> None:
        self.kept: dict[PictureHash, bytes] = {}

    @override
    async def put(self, sha256: PictureHash, data: bytes) -> None:
        self.kept[sha256] = data

    @override
    async def get(self, sha256: PictureHash) -> bytes | None:
        return self.kept.get(sha256)


class FakeTown(TownStore):
    """Grids, people, accounts and sessions; a session shows its account as it is now."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.grids_known: list[Grid] = []
        self.people_known: list[Person] = []
        self.accounts: dict[str, Account] = {}
        self.sessions: dict[bytes, Session] = {}
        self.staffed = MemoryTownStore(clock)
        """The same grids and people, with appointments and shifts."""

    @override
    async def add_grids(self, grids: Sequence[Grid]) -> None:
        self.grids_known.extend(grids)

    @override
    async def grids(self, scope: str) -> Sequence[Grid]:
        return [grid for grid in self.grids_known if within(scope, grid.path)]

    @override
    async def grid(self, code: GridCode) -> Grid | None:
        return next((grid for grid in self.grids_known if grid.code == code), None)

    @override
    async def add_people(self, people: Sequence[Person], contacts: Sequence[ContactAddress]) -> None:
        self.people_known.extend(people)

    @override
    async def people(self, scope: str) -> Sequence[Person]:
        return [one for one in self.people_known if within(scope, PATHS[one.grid])]

    @override
    async def person(self, person: PersonId) -> Person | None:
        return next((one for one in self.people_known if one.id == person), None)

    @override
    async def add_duty(self, shifts: Sequence[DutyShift]) -> None:
        await self.staffed.add_duty(shifts)

    @override
    async def add_devices(self, devices: Sequence[DevicePlace]) -> None:
        raise NotImplementedError

    @override
    async def add_account(self, account: Account) -> None:
        self.accounts[account.name] = account

    @override
    async def account(self, name: str) -> Account | None:
        return self.accounts.get(name)

    @override
    async def open_session(self, session: Session) -> None:
        self.sessions[session.token_hash] = session

    @override
    async def session(self, token_hash: bytes) -> Session | None:
        found = self.sessions.get(token_hash)
        if found is None or found.expires <= self._clock.now():
            return None
        account = self.accounts[found.account.name]
        return replace(found, account=account) if account.active else None

    @override
    async def close_session(self, token_hash: bytes) -> None:
        self.sessions.pop(token_hash, None)


class FakeHooks(HooksApi):
    """Knows one hook; notes what it is told, raises what a test plants."""

    def __init__(self) -> None:
        self.took: list[bytes] = []
        self.failure: Exception | None = None

    @override
    def find(self, name: str, secret: str) -> Hook | None:
        known = (name, secret) == ("sms", "a-secret-of-some-length")
        return Hook(name, "aliyun_sms", "", secret.encode()) if known else None

    @override
    async def take(self, hook: Hook, body: bytes) -> dict[str, object]:
        if self.failure is not None:
            raise self.failure
        self.took.append(body)
        return {"code": 0, "msg": "成功"}


class World:
    """The town, its fakes, and the application over them."""

    def __init__(
        self, *, config: ApiConfig | None = None, console: Path | None = None, watched: str | None = None
    ) -> None:
        self.clock = ManualClock(START + timedelta(minutes=1))
        self.logs = {
            SMOKE: log_of(SMOKE, Kind.SMOKE, "101", "weir/camera-1", WANG),
            FLOOD: log_of(FLOOD, Kind.FLOOD, "201", "farm/gauge-1", CHEN),
        }
        self.alerts = FakeAlerts(self.logs)
        self.queries = FakeQueries(self.logs, {SMOKE: WEIR, FLOOD: FARM})
        self.desk = FakeDesk()
        self.board = FakeBoard()
        self.field = FakeField()
        self.pictures = FakePictures()
        self.town = FakeTown(self.clock)
        self.catalogue = MemoryCatalogue(lambda: {one.code: one for one in self.town.grids_known})
        self.sweeps = FakeSweeps(self.clock, self.town.grids_known)
        self.exercises = FakeExercises(self.clock, self.town.grids_known, lambda: self.town.people_known)
        self.faults: list[str] = []
        self.config = config or ApiConfig()
        self._settle()
        self.people = MemoryPeopleStore(self.town.staffed, self.clock)
        self.duty = MemoryDutyStore(self.town.staffed, self.clock)
        self.watch = MemoryWatchStore(self.clock)
        self.trials = FakeTrials()
        self.hooks = FakeHooks()
        self.proved = ProofTables()
        places = Town(grids={grid.code: grid for grid in self.town.grids_known})
        self.proofs = MemoryProofStore(lambda: self.proved, places, self.clock)
        self.profiles = MemoryProfiles()
        self.links = LinkKeys((b"k" * 32,))
        self.policies = FakePolicies()
        self.quality = FakeQuality()
        self.replays = FakeReplays()
        self.scored = Known(
            members=[
                Member(person=one.id, name=one.name, grid=one.grid, grid_name=one.grid, grid_class="")
                for one in self.town.people_known
            ],
            paths={grid.code: grid.path for grid in self.town.grids_known},
        )
        self.evaluation = MemoryEvaluation(self.clock, lambda: self.scored)
        self.cap = FakeCap(self.logs, lambda incident: self.queries.places[incident])
        self.figures = FakeFigures(self.logs, lambda incident: self.queries.places[incident])
        self.job_store = OwnStore(self.clock)
        self.jobs = JobRunner(self.job_store, "test")
        self.place_store = MemoryPlacesStore(self.clock, self.town.grids_known)
        self.places = Places(self.place_store)
        self.deps = ApiDeps(
            alerts=self.alerts,
            desk=self.desk,
            queries=self.queries,
            board=self.board,
            field=self.field,
            admin=self.field,
            pictures=self.pictures,
            town=self.town,
            people=self.people,
            duty=self.duty,
            set_up=frozenset({Channel.SMS, Channel.VOICE}),
            catalogue=self.catalogue,
            sweeps=self.sweeps,
            exercises=self.exercises,
            clock=self.clock,
            ready=self._ready,
            config=self.config,
            watch=self.watch,
            trials=self.trials,
            hooks=self.hooks,
            push_key="BPublicKey",
            proofs=self.proofs,
            policies=self.policies,
            policy_places={},
            profiles=self.profiles,
            links=self.links,
            quality=self.quality,
            replays=self.replays,
            cap=self.cap,
            cap_token=CAP_TOKEN,
            evaluation=Evaluation(self.evaluation, self.clock),
            reporting=Reporting(self.figures, self.clock),
            jobs=self.jobs,
            places=self.places,
            watched=watched,
            console=console,
        )
        self.app: FastAPI = create_app(self.deps)

    def token(
        self, incident: IncidentId = SMOKE, person: PersonId = WANG, *, expires: datetime | None = None
    ) -> str:
        """Make the token of a one-tap link."""
        now = self.clock.now()
        notice = NoticeId("notice-1")
        ends = expires or now + timedelta(days=7)
        return self.links.sign(
            Link(incident=incident, person=person, notice=notice, issued=now, expires=ends)
        )

    async def _ready(self) -> list[str]:
        return self.faults

    def _settle(self) -> None:
        tiers = (Tier.CITY, Tier.TOWNSHIP, Tier.VILLAGE)
        for number, path in enumerate(PATHS.values()):
            codes = path.split(".")
            self.town.grids_known.append(
                Grid(
                    code=GridCode(codes[-1]),
                    name=f"grid {codes[-1]}",
                    parent=GridCode(codes[-2]) if len(codes) > 1 else None,
                    tier=tiers[len(codes) - 1],
                    path=path,
                    centre=Position(30.0 + number / 10, 120.0),
                )
            )
        self.town.grids_known.sort(key=lambda grid: grid.path)
        people = ((WANG, "101", Tier.VILLAGE), (CHEN, "201", Tier.VILLAGE), (ANN, "10", None),
                  (ELLA, "10", None), (ADA, "1", None), (DENG, "1", None), (SUN, "1", None))  # fmt: skip
        self.town.people_known = [
            Person(id=one, name=one.title(), grid=GridCode(grid), tier=tier) for one, grid, tier in people
        ]
        self.town.staffed.places = {one.code: one for one in self.town.grids_known}
        self.town.staffed.members = {one.id: one for one in self.town.people_known}
        self.town.staffed.appointments = {
            main_id(one.id): main_appointment(one) for one in self.town.people_known
        }
        alarm = Alarm(
            id=ALARM,
            device=DeviceId("weir/camera-1"),
            kind=Kind.SMOKE,
            detector="smoke",
            grid=GridCode("101"),
            raised=True,
            acknowledged=False,
            severity=0.7,
            raised_at=START,
        )
        self.queries.alarm_rows.append(AlarmRow(alarm=alarm, grid_path=WEIR, grid_name="grid 101"))

    def add_picture(self, data: bytes, path: str = WEIR, *, evidence: bool = True) -> PictureHash:
        """Keep a picture; as evidence it belongs to the smoke at the weir."""
        sha256 = PictureHash(hashlib.sha256(data).hexdigest())
        row = Picture(
            sha256=sha256,
            camera=DeviceId("weir/camera-1"),
            observed=START,
            received=START,
            bytes_total=len(data),
            complete=True,
            detection=None,
        )
        self.field.pictures_known[sha256] = (path, row)
        self.pictures.kept[sha256] = data
        if evidence:
            self.queries.detections.append(DetectionRow(detection=detection(sha256), alarm=ALARM))
        return sha256

    def account(self, role: Role, scope: str = "", person: PersonId | None = None) -> Account:
        """Make an account known."""
        mine = {
            Role.OPERATOR: ANN,
            Role.RESPONDER: WANG,
            Role.ENGINEER: ELLA,
            Role.ADMINISTRATOR: ADA,
            Role.DEPARTMENT: DENG,
            Role.SUPERVISOR: SUN,
        }
        account = Account(
            name=f"{role}-{scope}-{person}",
            person=person or mine[role],
            role=role,
            scope=scope,
            password_hash="$argon2id$not-used",
            organisation=OFFICE if role is Role.DEPARTMENT else None,
        )
        self.town.accounts[account.name] = account
        return account

    def session(self, account: Account, *, hours: float = 12) -> dict[str, str]:
        """Open a session; give the headers that a page of it sends."""
        token = f"token-of-{account.name}-{len(self.town.sessions):04}-padding"
        csrf = f"csrf-of-{account.name}"
        session = Session(
            token_hash=token_hash(token),
            csrf=csrf,
            account=account,
            created=self.clock.now(),
            expires=self.clock.now() + timedelta(hours=hours),
        )
        self.town.sessions[session.token_hash] = session
        return {"Cookie": f"{COOKIE}={token}", "X-CSRF-Token": csrf}

    def signed_in(self, role: Role, scope: str = "", person: PersonId | None = None) -> httpx.AsyncClient:
        """Give a client with a session of this role and scope."""
        return self.client(self.session(self.account(role, scope, person)))

    def client(self, headers: Mapping[str, str] | None = None) -> httpx.AsyncClient:
        """Give a client with these headers, or without a session."""
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://bell", headers=headers)


def detection(picture: PictureHash) -> Detection:
    """Smoke, as the weir's camera saw it."""
    return Detection(
        id=DetectionId("detection-1"),
        collector=CollectorId("weir"),
        device=DeviceId("weir/camera-1"),
        stream=StreamId("weir/camera-1"),
        detector="smoke",
        version="smoke/1+0",
        kind=Kind.SMOKE,
        phase=Phase.RAISE,
        observed=START,
        score=0.9,
        reason="smoke grows for 12 s",
        reason_code="smoke.grows",
        figures=(("seconds", 12.0),),
        evidence=Evidence(first=START, last=START, pictures=(picture,)),
    )


def report(words: str = "it burns") -> Report:
    """A report by hand at the weir."""
    return Report(
        id=ReportId("report-1"),
        kind=Kind.FIRE,
        grid=GridCode("101"),
        words=words,
        caller="13800000000",
        place=None,
        reported_by=ANN,
        at=START,
    )


def notice(person: PersonId, number: int = 1) -> NoticeRow:
    """A delivered call."""
    return NoticeRow(
        id=NoticeId(f"notice-{number}"),
        person=person,
        person_name=person.title(),
        tier="village",
        channel=Channel.LOG,
        template="call",
        state="delivered",
        reason="",
        created=START,
        sent=START,
        expires=START + timedelta(minutes=3),
        attempts=1,
    )


def note_added() -> NoteAdded:
    """Any event will do."""
    return NoteAdded(note="note-1")


@dataclass(frozen=True)
class Message:
    """One server-sent event; a comment has only `comment`."""

    event: str = ""
    id: str = ""
    data: Any = None
    comment: str = ""


class EventReader:
    """A browser's end of a live stream."""

    def __init__(self, app: FastAPI, headers: Mapping[str, str], query: str = "") -> None:
        self._app = app
        self._scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/api/live",
            "raw_path": b"/api/live",
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 40_000),
            "server": ("bell", 80),
        }
        self._came: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._left = asyncio.Event()
        self._buffer = b""
        self.status = 0

    async def run(self) -> None:
        """Hold the stream until it ends."""
        asked = False

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if not asked:
                asked = True
                return {"type": "http.request", "body": b"", "more_body": False}
            await self._left.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            self._came.put_nowait(dict(message))

        await self._app(self._scope, receive, send)
        self._came.put_nowait({"type": "done"})

    def leave(self) -> None:
        """Close the browser's end."""
        self._left.set()

    async def message(self) -> Message | None:
        """Wait for the next message; None when the stream has ended."""
        while b"\n\n" not in self._buffer:
            came = await self._came.get()
            if came["type"] == "done":
                return None
            if came["type"] == "http.response.start":
                self.status = came["status"]
            self._buffer += came.get("body", b"")
        raw, self._buffer = self._buffer.split(b"\n\n", 1)
        return _parse(raw.decode())

    async def incident(self) -> Message:
        """Wait for the next event of an incident; comments are passed over."""
        while True:
            message = await self.message()
            assert message is not None, "the stream ended"
            if message.event == "incident":
                return message

    async def end(self) -> None:
        """Wait until the other side ends the stream."""
        while await self.message() is not None:
            pass


def _parse(raw: str) -> Message:
    fields: dict[str, str] = {}
    for line in raw.splitlines():
        name, _, value = line.partition(":")
        fields[name or "comment"] = value.strip()
    data = json.loads(fields["data"]) if "data" in fields else None
    return Message(fields.get("event", ""), fields.get("id", ""), data, fields.get("comment", ""))


@asynccontextmanager
async def live(world: World, headers: Mapping[str, str], query: str = "") -> AsyncIterator[EventReader]:
    """Open a live stream and wait for hello, or for its refusal; leave it at the end."""
    reader = EventReader(world.app, headers, query)
    task = asyncio.create_task(reader.run())
    try:
        yield reader
    finally:
        reader.leave()
        with suppress(asyncio.CancelledError):
            async with asyncio.timeout(5):
                await task
