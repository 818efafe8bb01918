"""Milliseconds from a sensor's publication to the first committed notice, beside 1,000 readings a second.

Broker, ingest and alerts are processes of their own, started as in production (`tocsin run --role …`), on a
durable PostgreSQL. Samples are calls for help, by turns a button's detection on the alarm lane and
a reading that goes over a limit at the centre; each comes from a place of its own, so that each opens an
incident. The clock runs from before the MQTT publication until this process has heard of the
commit and read the notice: what it says is an upper bound.
"""

from __future__ import annotations

import asyncio
import os
import platform
import random
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

import aiomqtt
import httpx
import psycopg
import yaml

from tocsin.bench import publisher
from tocsin.bench.engine import percentiles
from tocsin.bench.ingest import RULES, free_port, measured_broker
from tocsin.core.clock import Clock, SystemClock, to_us
from tocsin.core.detections import Detection, Evidence, Kind, Phase
from tocsin.core.grids import Grid, Position, Tier
from tocsin.core.ids import CollectorId, DetectionId, DeviceId, GridCode, PersonId, StreamId, new_id
from tocsin.core.responders import Channel
from tocsin.core.wire import AlarmItem, ClockState, Envelope, Lane, Senml, pack_items, seal, up_topic
from tocsin.ingest.ports import CollectorEntry
from tocsin.store import embedded
from tocsin.store.connect import pool
from tocsin.store.field_queries import PgFieldAdmin
from tocsin.store.migrate import migrate
from tocsin.store.town import PgTownStore
from tocsin.store.wakeups import Wakeups
from tocsin.town.ports import ContactAddress, DevicePlace, DutyShift, Person

SAMPLES: Final = 300
WARM_UP: Final = 20
LOAD_COLLECTORS: Final = 20
LOAD_STREAMS: Final = 50
BOXES: Final = 10
VILLAGES: Final = 20
CITY, TOWN = GridCode("3301"), GridCode("3301101")
ROLES: Final = ("ingest", "alerts")
SAMPLE_SECONDS: Final = 10.0
READY_SECONDS: Final = 60.0
PAUSE_SECONDS: Final = (0.02, 0.12)
"""Between samples, drawn anew each time, so that they fall on every part of a flush."""
PANIC: Final = {
    "name": "panic",
    "detector": "threshold",
    "match": "*/panic",
    "kind": "call",
    "severity": 0.9,
    "above": 0.5,
}


async def run(*, samples: int = SAMPLES, warm_up: int = WARM_UP) -> dict[str, object]:
    """Measure; takes about a minute. `path_ms` is over all samples, the two ways stand beside it."""
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        directory = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="tocsin-bench-"))
        stack.push_async_callback(asyncio.to_thread, shutil.rmtree, directory, ignore_errors=True)
        port, broker = await stack.enter_async_context(measured_broker(directory))
        stack.push_async_callback(asyncio.to_thread, embedded.stop, directory / "postgres")
        server = await asyncio.to_thread(embedded.start, directory / "postgres")
        await migrate(server.dsn)
        await _settle(server.dsn, warm_up + samples, clock)
        await stack.enter_async_context(_centre(directory, server.dsn, port))
        client = await stack.enter_async_context(aiomqtt.Client("127.0.0.1", port, identifier="bench-field"))
        found = await _measure(client, server.dsn, warm_up, samples, clock)
    return {
        "path_ms": percentiles([late for each in found.values() for late in each]),
        "detection_ms": percentiles(found["detection"]),
        "reading_ms": percentiles(found["reading"]),
        "ran_on": {
            "broker": broker.partition(",")[0],
            "cores": os.cpu_count(),
            "machine": platform.machine(),
            "python": platform.python_version(),
            "database": "embedded PostgreSQL, synchronous_commit on",
            "samples": samples,
            "beside_readings_per_s": LOAD_COLLECTORS * LOAD_STREAMS,
        },
    }


@dataclass(slots=True)
class Field:
    """Boxes that publish; each envelope has the next number of its box and lane."""

    client: aiomqtt.Client
    clock: Clock
    _numbers: dict[tuple[CollectorId, Lane], int] = field(default_factory=dict)

    async def press(self, number: int) -> None:
        """Publish the detection of a pressed button."""
        device, now = device_of(number), self.clock.now()
        detection = Detection(
            id=DetectionId(new_id()),
            collector=box_of(number),
            device=device,
            stream=StreamId(f"{device}/button"),
            detector="button",
            version="button/1",
            kind=Kind.CALL,
            phase=Phase.RAISE,
            observed=now,
            score=1.0,
            reason="pressed",
            reason_code="button.pressed",
            evidence=Evidence(first=now, last=now),
            severity=0.9,
        )
        await self._publish(box_of(number), Lane.ALARM, [AlarmItem(detection=detection)])

    async def rise(self, number: int) -> None:
        """Publish a reading over the limit."""
        name = device_of(number).partition("/")[2]
        reading = Senml(n=f"{name}/panic", u="/", v=1.0, us=to_us(self.clock.now()))
        await self._publish(box_of(number), Lane.DATA, [reading])

    async def flow(self) -> None:
        """Publish the load, spread evenly over each second, until cancelled."""
        began, sequence = self.clock.monotonic(), 0
        begin_us = to_us(self.clock.now())
        while True:
            sequence += 1
            for number in range(LOAD_COLLECTORS):
                due = began + sequence + number / LOAD_COLLECTORS
                await asyncio.sleep(max(0.0, due - self.clock.monotonic()))
                payload = publisher.envelope(
                    number, sequence, LOAD_STREAMS, to_us(self.clock.now()), begin_us
                )
                await self.client.publish(
                    up_topic(number % 64, publisher.name(number), "data"), payload, qos=1
                )

    async def _publish(self, box: CollectorId, lane: Lane, items: list[Senml] | list[AlarmItem]) -> None:
        number = self._numbers[box, lane] = self._numbers.get((box, lane), 0) + 1
        now_us = to_us(self.clock.now())
        envelope = Envelope(
            v=1,
            collector=box,
            epoch=1,
            lane=lane,
            seq=number,
            boot="bench",
            sent=now_us,
            mono=int(self.clock.monotonic() * 1e6),
            clock=ClockState.SYNCED,
            items=pack_items(items),
        )
        await self.client.publish(up_topic(_partition(box), box, lane.value), seal(envelope), qos=1)


def box_of(number: int) -> CollectorId:
    """Name the box of a sample."""
    return CollectorId(f"box-{number % BOXES}")


def device_of(number: int) -> DeviceId:
    """Name the device of a sample: one of its own."""
    return DeviceId(f"{box_of(number)}/call-{number:04d}")


def _partition(box: CollectorId) -> int:
    return 32 + int(box.partition("-")[2])


async def _measure(
    client: aiomqtt.Client, dsn: str, warm_up: int, samples: int, clock: Clock
) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {"detection": [], "reading": []}
    site = Field(client, clock)
    wakeups = Wakeups(dsn)
    chance = random.Random(7)  # noqa: S311 when a sample is sent is no secret
    async with (
        await psycopg.AsyncConnection.connect(dsn, autocommit=True) as database,
        asyncio.TaskGroup() as group,
    ):
        background = [group.create_task(wakeups.run()), group.create_task(site.flow())]
        await wakeups.listening.wait()
        async with asyncio.timeout(READY_SECONDS):
            await _flowing(database)
        for number in range(warm_up + samples):
            await asyncio.sleep(chance.uniform(*PAUSE_SECONDS))
            way, act = ("detection", site.press) if number % 2 else ("reading", site.rise)
            began = clock.monotonic()
            async with asyncio.timeout(SAMPLE_SECONDS):
                await act(number)
                await _notice(database, wakeups, device_of(number))
            if number >= warm_up:
                found[way].append(1000 * (clock.monotonic() - began))
        for task in background:
            task.cancel()
    return found


async def _flowing(database: psycopg.AsyncConnection) -> None:
    """Wait until ingest stores the load: what is published before it listens is lost, a real box sends it again."""
    while not await (await database.execute("select 1 from reading limit 1")).fetchone():  # noqa: ASYNC110 rows ring no bell
        await asyncio.sleep(0.1)


async def _notice(database: psycopg.AsyncConnection, wakeups: Wakeups, device: DeviceId) -> None:
    while True:
        cursor = await database.execute(
            "select 1 from notice join incident on incident.id = notice.incident where device = %s limit 1",
            (device,),
        )
        if await cursor.fetchone():
            return
        await wakeups.wait(1.0)


@asynccontextmanager
async def _centre(directory: Path, dsn: str, broker: int) -> AsyncIterator[None]:
    """Run each role as a process of its own, and wait until all are ready."""
    rules = directory / "detectors.yaml"
    rules.write_text(yaml.safe_dump({"detectors": [*RULES["detectors"], PANIC]}))
    settings = directory / "centre.yaml"
    settings.write_text(
        yaml.safe_dump(
            {
                "data": str(directory / "data"),
                "store": {"dsn": dsn},
                "broker": {"port": broker},
                "detectors": str(rules),
                "log": {"level": "warning"},
            }
        )
    )
    ports = {role: free_port() for role in ROLES}
    processes = [await _role(role, settings, ports[role]) for role in ROLES]
    try:
        async with asyncio.timeout(READY_SECONDS), httpx.AsyncClient(trust_env=False) as client:
            for port in ports.values():
                await _ready(client, port, processes)
        yield
    finally:
        for process in processes:
            if process.returncode is None:
                process.terminate()
        await asyncio.gather(*(process.wait() for process in processes))


async def _role(role: str, settings: Path, port: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tocsin", "run", "--config", str(settings), "--role", role),
        env={**os.environ, "TOCSIN__TELEMETRY__PORT": str(port)},
        stdout=asyncio.subprocess.DEVNULL,
    )


async def _ready(
    client: httpx.AsyncClient, port: int, processes: Sequence[asyncio.subprocess.Process]
) -> None:
    while True:
        if any(process.returncode is not None for process in processes):
            raise RuntimeError("a role of the centre ended at once: see what it said above")
        try:
            if (await client.get(f"http://127.0.0.1:{port}/readyz")).is_success:
                return
        except httpx.HTTPError:
            pass  # it is still starting
        await asyncio.sleep(0.1)


async def _settle(dsn: str, samples: int, clock: Clock) -> None:
    """Put a township there whose villages have two people each, and a device for every sample."""
    since = clock.now() - timedelta(days=1)
    city = Grid(code=CITY, name="City", parent=None, tier=Tier.CITY, path=CITY)
    town = Grid(code=TOWN, name="Township", parent=CITY, tier=Tier.TOWNSHIP, path=f"{CITY}.{TOWN}")
    villages = [_village(number) for number in range(VILLAGES)]
    people = [
        Person(
            id=PersonId(f"{grid.code}-{order}"), name=f"P{order}", grid=grid.code, tier=grid.tier, order=order
        )
        for grid in (city, town, *villages)
        for order in (1, 2)
    ]
    async with pool(dsn) as connections:
        store, admin = PgTownStore(connections), PgFieldAdmin(connections)
        await store.add_grids([city, town, *villages])
        contacts = [ContactAddress(person=p.id, channel=Channel.LOG, address=p.id, rank=1) for p in people]
        await store.add_people(people, contacts)
        await store.add_duty([DutyShift(person=p.id, grid=p.grid, since=since, until=None) for p in people])
        load = [(publisher.name(number), number) for number in range(LOAD_COLLECTORS)]
        for name, partition in [*load, *((box_of(n), _partition(box_of(n))) for n in range(BOXES))]:
            grid = villages[partition % VILLAGES].code
            await admin.add_collector(CollectorEntry(name, partition, grid, name, True, "-"))
        await store.add_devices([_place(number) for number in range(samples)])


def _village(number: int) -> Grid:
    code = GridCode(f"{TOWN}{200 + number}")
    return Grid(
        code=code,
        name=f"Village {number}",
        parent=TOWN,
        tier=Tier.VILLAGE,
        path=f"{CITY}.{TOWN}.{code}",
        centre=Position(30 + number / 10, 119.0),
    )


def _place(number: int) -> DevicePlace:
    return DevicePlace(
        device=device_of(number),
        collector=box_of(number),
        kind="button",
        name=f"Call {number}",
        grid=_village(number % VILLAGES).code,
        latitude=30 + number / 500,
        longitude=119.0,
    )
