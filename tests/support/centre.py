"""A small real centre: embedded PostgreSQL and broker, every role, one township with two villages, the log as channel."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import yaml

from tests.support.edge import free_port
from tocsin import roles
from tocsin.api.auth import hash_password
from tocsin.core.grids import Grid, Position, Tier
from tocsin.core.ids import CollectorId, GridCode, PersonId
from tocsin.core.responders import Channel
from tocsin.ingest.ports import CollectorEntry
from tocsin.settings import Settings
from tocsin.town.ports import Account, ContactAddress, DutyShift, Person, Role
from tocsin.wiring import Centre, centre

T = TypeVar("T")
CITY, TOWN = GridCode("3301"), GridCode("3301101")
MILL, WEIR = GridCode("3301101201"), GridCode("3301101202")
DESK = PersonId("desk")
PASSWORD = "three bells at noon"


def grids() -> list[Grid]:
    def grid(code: GridCode, tier: Tier, *above: GridCode, north: float = 30.0) -> Grid:
        path = ".".join([*above, code])
        parent = above[-1] if above else None
        return Grid(code=code, name=code, parent=parent, tier=tier, path=path, centre=Position(north, 119.0))

    return [
        grid(CITY, Tier.CITY),
        grid(TOWN, Tier.TOWNSHIP, CITY),
        grid(MILL, Tier.VILLAGE, CITY, TOWN),
        grid(WEIR, Tier.VILLAGE, CITY, TOWN, north=30.2),
    ]


def people() -> list[Person]:
    return [
        Person(id=PersonId("ann"), name="Ann", grid=MILL, tier=Tier.VILLAGE),
        Person(id=PersonId("bob"), name="Bob", grid=WEIR, tier=Tier.VILLAGE),
        Person(id=PersonId("cat"), name="Cat", grid=TOWN, tier=Tier.TOWNSHIP),
        Person(id=PersonId("dan"), name="Dan", grid=CITY, tier=Tier.CITY),
        Person(id=PersonId("eve"), name="Eve", grid=TOWN, tier=None, supervisor=True),
        Person(id=DESK, name="Desk", grid=TOWN, tier=None),
    ]


def settings(dsn: str, data: Path, **more: object) -> Settings:
    """Settings of a centre on a database of one's own and free ports of loopback."""
    port = free_port()
    secret = data / "broker.secret"
    secret.write_text("inside\n")
    return Settings.model_validate(
        {
            "data": str(data),
            "store": {"dsn": dsn},
            "http": {"port": free_port()},
            "broker": {"port": port, "username": "tocsin", "password_file": str(secret)},
            "embedded_broker": {"port": port, "users": {"tocsin": "inside"}},
            **more,
        }
    )


def settings_file(dsn: str, data: Path) -> Path:
    """The same as a file, for commands."""
    made = settings(dsn, data)
    path = data / "centre.yaml"
    port = made.broker.port
    document = {
        "data": str(data),
        "store": {"dsn": dsn},
        "http": {"port": made.http.port},
        "broker": {"port": port, "username": "tocsin", "password_file": str(data / "broker.secret")},
        "embedded_broker": {"port": port, "users": {"tocsin": "inside"}},
    }
    path.write_text(yaml.safe_dump(document))
    return path


async def settle(made: Centre) -> None:
    """Bring places, people, duty and the operator's account in."""
    await made.town.add_grids(grids())
    contacts = [ContactAddress(person=p.id, channel=Channel.LOG, address=p.id, rank=1) for p in people()]
    await made.town.add_people(people(), contacts)
    since = made.clock.now()
    shifts = [DutyShift(person=p.id, grid=p.grid, since=since, until=None) for p in people()]
    await made.town.add_duty(shifts)
    await made.town.add_account(
        Account(
            name="desk",
            person=DESK,
            role=Role.OPERATOR,
            scope=f"{CITY}.{TOWN}",
            password_hash=hash_password(PASSWORD),
        )
    )


async def know(made: Centre, name: str, grid: GridCode, *, partition: int = 5) -> None:
    """Make a collector known; its password is its name."""
    entry = CollectorEntry(
        id=CollectorId(name),
        partition=partition,
        grid=grid,
        name=name,
        enabled=True,
        secret_hash=hash_password(name),
    )
    await made.admin.add_collector(entry)


def collector_file(made: Centre, folder: Path, name: str, **more: object) -> Path:
    """Write the file of a collector that `know` has made known."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {
        "collector": name,
        "partition": 5,
        "broker": {"port": made.settings.broker.port, "username": name, "password": name},
        "outbox": {"path": "outbox.sqlite"},
        "heartbeat_seconds": 1,
        "batch_seconds": 0.2,
        "clock": "synced",
        **more,
    }
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


@asynccontextmanager
async def serving(
    made: Centre, wanted: frozenset[roles.Role] = frozenset(roles.Role)
) -> AsyncIterator[asyncio.Event]:
    """Run roles of the centre beside the test."""
    stop, ready = asyncio.Event(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(roles.serve(made, wanted, stop, ready))
        waiting = asyncio.ensure_future(ready.wait())
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        try:
            yield stop
        finally:
            stop.set()


@asynccontextmanager
async def settled(dsn: str, data: Path, **more: object) -> AsyncIterator[Centre]:
    """Connect a centre and bring the township in."""
    async with centre(settings(dsn, data, **more)) as made:
        await settle(made)
        yield made


@asynccontextmanager
async def box(file: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a collector as a process of its own, as on site; its log stands beside its file."""
    with file.with_suffix(".log").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tocsin", "edge", "run", str(file), stdout=output, stderr=output
        )
    try:
        yield process
        assert process.returncode is None, file.with_suffix(".log").read_text()
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 20)
        except TimeoutError:
            process.kill()
            await process.wait()


async def eventually(made: Centre, look: Callable[[], Awaitable[T | None]], *, seconds: float = 30.0) -> T:
    """Look again whenever an incident was written, at least every half second, until there is something."""
    async with asyncio.timeout(seconds):
        while True:
            found = await look()
            if found:
                return found
            await made.alerts_store.wait(0.5)


def complaints(folder: Path) -> Iterator[str]:
    """Lines of collectors' logs that report a defect."""
    for log in folder.rglob("*.log"):
        yield from (line for line in log.read_text().splitlines() if "Traceback" in line)
