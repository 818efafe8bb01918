"""A small town, incidents in it, and both stores over the same of it, for tests of the response's stores."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from psycopg import sql

from tests.support.database import Database, Server
from tocsin.alerts.evolve import evolve, fold
from tocsin.alerts.model import Incident, Notice
from tocsin.alerts.ports import Alarm, AlertsStore, Change, NoticeStore, Site
from tocsin.core.clock import ManualClock
from tocsin.core.detections import Kind
from tocsin.core.grids import Grid, GridKind, Position, Tier
from tocsin.core.ids import (
    AlarmId,
    DeviceId,
    GridCode,
    IncidentId,
    NoticeId,
    PersonId,
    PolicyId,
    derived_id,
)
from tocsin.core.incidents import (
    SYSTEM,
    AlarmAttached,
    Basis,
    Called,
    Confirmed,
    Grade,
    IncidentEvent,
    Lateness,
    Mode,
    Opened,
    Recorded,
    TierActivated,
)
from tocsin.core.responders import Channel, Responder
from tocsin.store.alerts import PgAlertsStore
from tocsin.store.config import StoreConfig
from tocsin.store.connect import pool
from tocsin.store.memory.alerts import MemoryAlertsStore, Town
from tocsin.store.memory.notices import MemoryNoticeStore
from tocsin.store.notices import PgNoticeStore
from tocsin.store.town import PgTownStore
from tocsin.store.wakeups import Wakeups
from tocsin.town.ports import ContactAddress, DevicePlace, DutyShift, Person

TABLES = [
    "bulk_job",
    "key_place",
    "grid_level",
    "grid_version",
    "points_answer",
    "points_entry",
    "contest_entry",
    "contest",
    "score",
    "score_month",
    "score_weight",
    "activity",
    "display_profile",
    "incident_organisation",
    "alarm_journal",
    "maintenance",
    "false_spot",
    "reply_code",
    "provider_receipt",
    "channel_test",
    "send_budget",
    "provider_health",
    "proof",
    "place_tag",
    "photo_challenge",
    "phone_key",
    "sweep_call",
    "sweep_grid",
    "sweep",
    "exercise",
    "readiness",
    "position",
    "note",
    "incident_report",
    "report",
    "notice",
    "deadline",
    "alarm",
    "incident_alarm",
    "incident_person",
    "incident_clock",
    "incident_act",
    "incident_event",
    "incident",
    "policy",
    "signed_in",
    "account",
    "device",
    "duty_gap",
    "duty_look",
    "duty_shift",
    "roster_change",
    "roster",
    "contact_reading",
    "contact",
    "appointment",
    "person",
    "organisation",
    "matter",
    "matter_category",
    "platform",
    "work_calendar",
    "picture",
    "detection",
    "collector",
    "grid",
]
START = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
CITY, TOWN, OTHER = GridCode("3301"), GridCode("3301101"), GridCode("3301102")
VILLAGE, STREET, SCHOOL = GridCode("3301101201"), GridCode("3301101201001"), GridCode("3301101201901")
CAMERA = DeviceId("box/camera-1")
POLICY = PolicyId("default-1")


def _grid(code: GridCode, tier: Tier, *above: GridCode, kind: GridKind = GridKind.BASIC) -> Grid:
    return Grid(
        code=code,
        name=f"name of {code}",
        parent=above[-1] if above else None,
        tier=tier,
        kind=kind,
        path=".".join([*above, code]),
        centre=Position(30.25, 119.5),
    )


GRIDS = (
    _grid(CITY, Tier.CITY),
    _grid(TOWN, Tier.TOWNSHIP, CITY),
    _grid(OTHER, Tier.TOWNSHIP, CITY),
    _grid(VILLAGE, Tier.VILLAGE, CITY, TOWN),
    _grid(STREET, Tier.VILLAGE, CITY, TOWN, VILLAGE),
    _grid(SCHOOL, Tier.VILLAGE, CITY, TOWN, VILLAGE, kind=GridKind.DEDICATED),
)
ANN, BOB, CAT = PersonId("ann"), PersonId("bob"), PersonId("cat")
PEOPLE = (
    Person(id=ANN, name="Ann", grid=VILLAGE, tier=Tier.VILLAGE, order=1, language="en"),
    Person(id=BOB, name="Bob", grid=VILLAGE, tier=Tier.VILLAGE, order=2),
    Person(id=CAT, name="Cat", grid=TOWN, tier=Tier.TOWNSHIP),
)
CONTACTS = (
    ContactAddress(person=ANN, channel=Channel.WEBHOOK, address="https://ann.example/hook", rank=1),
    ContactAddress(person=ANN, channel=Channel.SMTP, address="ann@example.org", rank=2),
    ContactAddress(person=CAT, channel=Channel.SMTP, address="cat@example.org", rank=1),
)


@dataclass
class Response:
    """Both stores over one town, and a way to move their time."""

    store: AlertsStore
    notices: NoticeStore
    travel: Callable[[datetime], Awaitable[None]]

    async def save(self, *changes: Change) -> Sequence[Sequence[Recorded]]:
        async with self.store.unit() as unit:
            return await unit.save(changes)

    async def load(self, incident: IncidentId) -> Incident:
        async with self.store.unit() as unit:
            return fold((await unit.load([incident]))[incident])


@asynccontextmanager
async def in_memory() -> AsyncIterator[Response]:
    clock = ManualClock(START)
    people = [
        Responder(
            person=one.id,
            tier=one.tier or Tier.VILLAGE,
            grid=one.grid,
            order=one.order,
            channels=tuple(contact.channel for contact in CONTACTS if contact.person == one.id),
        )
        for one in PEOPLE
    ]
    home = Site(device=DeviceId("box"), grid=GRIDS[3], township=TOWN, place=None)
    place = Position(30.27, 119.88)
    town = Town(
        grids={grid.code: grid for grid in GRIDS},
        sites={
            home.device: home,
            CAMERA: replace(home, device=CAMERA, place=place, certified=True, device_kind="camera"),
        },
        people=people,
        addresses={(contact.person, contact.channel): contact.address for contact in CONTACTS},
        names={one.id: one.name for one in PEOPLE},
    )
    store = MemoryAlertsStore(clock, town)

    async def travel(to: datetime) -> None:
        clock.jump(to)

    async with store.unit() as unit:
        await unit.save_policy(POLICY, "default", "name: default")
    yield Response(store, MemoryNoticeStore(store), travel)


@contextmanager
def shared(server: Server) -> Iterator[str]:
    """Make one database for the tests of a module: copying one for each would take most of their time."""
    with ThreadPoolExecutor(1) as thread:  # an async fixture asks for this one: its loop is running here
        name = server.create(thread.submit(lambda: asyncio.run(server.template())).result())
    try:
        yield server.address(name)
    finally:
        server.drop(name)


@asynccontextmanager
async def emptied(dsn: str) -> AsyncIterator[Database]:
    """Give a shared database with nothing in our tables and nobody else in it."""
    async with pool(dsn, StoreConfig(pool_min=1, acquire_seconds=10)) as made:
        database = Database(dsn, made)
        async with made.connection() as connection:
            # As a replica does: neither foreign keys nor the append-only trigger are asked.
            await connection.execute("set local session_replication_role = replica")
            for table in TABLES:
                await connection.execute(sql.SQL("delete from {}").format(sql.Identifier(table)))
        yield database


@asynccontextmanager
async def in_postgres(dsn: str) -> AsyncIterator[Response]:
    async with emptied(dsn) as database:
        await settle(database)
        store = PgAlertsStore(database.pool, Wakeups(database.dsn))

        async def to(instant: datetime) -> None:
            await travel(database, instant)

        yield Response(store, PgNoticeStore(database.pool), to)


JOURNAL_DAY = """
do $$ begin
    if not tocsin_timescale() and to_regclass('public.alarm_journal_20260501') is null then
        create table alarm_journal_20260501 partition of alarm_journal
            for values from ('2026-05-01 00:00+00') to ('2026-05-02 00:00+00');
    end if;
end $$
"""
"""The day of START, which lies far before those that a new database has; named as maintenance names it."""


async def settle(database: Database) -> None:
    """Put the town and a policy into an empty database, and stop its clock at START."""
    await travel(database, START)
    await database.execute(JOURNAL_DAY)
    town = PgTownStore(database.pool)
    await town.add_grids(GRIDS)
    await town.add_people(PEOPLE, CONTACTS)
    await town.add_duty(
        [
            DutyShift(person=one.id, grid=one.grid, since=START - timedelta(days=1), until=None)
            for one in PEOPLE
        ]
    )
    await town.add_devices(
        [
            DevicePlace(
                device=CAMERA,
                collector="box",
                kind="camera",
                name="Gate",
                grid=VILLAGE,
                latitude=30.27,
                longitude=119.88,
                certified=True,
            )
        ]
    )
    await database.execute(
        "insert into collector (id, partition, grid, name, secret_hash) values ('box', 1, %s, 'Box', 'x')",
        VILLAGE,
    )
    async with PgAlertsStore(database.pool, Wakeups(database.dsn)).unit() as unit:
        await unit.save_policy(POLICY, "default", "name: default")


async def travel(database: Database, to: datetime) -> None:
    """Stop the database's clock at an instant."""
    await database.execute(
        f"create or replace function tocsin_clock() returns timestamptz language sql volatile as $$ select timestamptz '{to.isoformat()}' $$"
    )


def incident_id(number: int) -> IncidentId:
    return IncidentId(f"incident-{number:05d}")


def opened(
    *,
    kind: Kind = Kind.SMOKE,
    grid: GridCode = VILLAGE,
    device: DeviceId | None = CAMERA,
    drill: bool = False,
    lateness: Lateness = Lateness.LIVE,
) -> Opened:
    return Opened(
        kind=kind,
        grade=Grade.III,
        grid=grid,
        device=device,
        place=Position(30.27, 119.88),
        began=START - timedelta(seconds=5),
        lateness=lateness,
        policy=POLICY,
        drill=drill,
    )


def attached(alarm: str = "alarm-1", device: DeviceId = CAMERA, kind: Kind = Kind.SMOKE) -> AlarmAttached:
    return AlarmAttached(alarm=AlarmId(alarm), device=device, kind=kind, reason_code="smoke.seen")


def confirmed(at: datetime = START) -> tuple[IncidentEvent, ...]:
    """Confirm and call the village's first."""
    return (
        Confirmed(at=at, basis=Basis.OPERATOR, grade=Grade.III, mode=Mode.STAGED),
        TierActivated(tier=Tier.VILLAGE, at=at, due=at + timedelta(minutes=3), reason_code="confirmed"),
        Called(tier=Tier.VILLAGE, person=ANN, step=0, channels=(Channel.WEBHOOK,), reason_code="activated"),
    )


def change(
    number: int,
    *events: IncidentEvent,
    before: Incident | None = None,
    deadlines: Mapping[str, datetime] | None = None,
    notices: tuple[Notice, ...] = (),
    cancel: bool = False,
    act: str | None = None,
    at: datetime = START,
) -> Change:
    """Make the change that these events are, on the state before them."""
    state, base = before, before.version if before else 0
    for version, event in enumerate(events, start=base + 1):
        state = evolve(
            state,
            Recorded(
                incident=incident_id(number),
                version=version,
                event=event,
                actor=SYSTEM,
                occurred=at,
                recorded=at,
            ),
        )
    assert state is not None
    return Change(
        incident=state,
        base_version=base,
        events=events,
        actor=SYSTEM,
        occurred=at,
        deadlines=deadlines or {},
        notices=notices,
        cancel=cancel,
        act=act,
    )


def notice(
    number: int,
    *,
    step: int = 0,
    person: PersonId | None = ANN,
    channel: Channel = Channel.WEBHOOK,
    priority: int = 1,
    after: timedelta = timedelta(0),
    lasts: timedelta = timedelta(minutes=3),
) -> Notice:
    incident = incident_id(number)
    return Notice(
        id=NoticeId(derived_id(incident, str(person), channel, str(step))),
        incident=incident,
        person=person,
        tier=Tier.VILLAGE,
        channel=channel,
        template="call" if person else "siren",
        step=step,
        priority=priority,
        not_before=START + after,
        expires=START + lasts,
    )


def alarm(name: str = "alarm-1", **changes: object) -> Alarm:
    made = Alarm(
        id=AlarmId(name),
        device=CAMERA,
        kind=Kind.SMOKE,
        detector="smoke",
        grid=VILLAGE,
        raised=True,
        acknowledged=False,
        severity=0.7,
        raised_at=START,
        reason="grey and growing",
        reason_code="smoke.seen",
        figures=(("area", 0.25), ("growth", 1.5)),
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # a test names fields that exist
