"""Start the whole demo, keep it running, end it in order: field, collectors, centre.

The centre runs in this process exactly as in production; the field and each collector are
processes of their own and speak HTTP and MQTT with it.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import psutil
import structlog
import yaml
from pydantic import SecretStr

from tocsin import roles, wiring
from tocsin.alerts.config import AlertsConfig, ChannelsConfig, PolicyConfig, SirenConfig, WebhookConfig
from tocsin.api.auth import hash_password
from tocsin.broker import EmbeddedBrokerConfig
from tocsin.core.clock import SystemClock
from tocsin.core.errors import Rejected
from tocsin.core.ids import CollectorId
from tocsin.core.incidents import Called
from tocsin.demo import report, village
from tocsin.demo.collectors import collector_file
from tocsin.demo.field import FieldPlan
from tocsin.ingest.ports import CollectorEntry
from tocsin.settings import HttpConfig, Settings
from tocsin.store import embedded
from tocsin.town.ports import Account, Role
from tocsin.wiring import Centre

log = structlog.get_logger()

DISK_FREE_BYTES_MIN: Final = 500_000_000
PARTITIONS: Final = dict(zip(village.COLLECTORS, (3, 17, 42), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """What the command line says."""

    data: Path
    port: int
    speed: float
    seconds: float | None
    report: Path | None
    fresh: bool
    headless: bool


class Secrets(msgspec.Struct):
    """Made at the first start, kept beside the data, readable by the owner alone."""

    webhook: str
    accounts: dict[str, str]
    collectors: dict[str, str]


class Children:
    """The processes around the centre."""

    def __init__(self) -> None:
        self.field: asyncio.subprocess.Process | None = None
        self.collectors: dict[str, asyncio.subprocess.Process] = {}
        self.metrics: dict[str, int] = {}


async def run(options: DemoOptions, stop: asyncio.Event, say: Callable[[str], None]) -> None:
    """Run the demo until `stop` or for its time, then write the report.

    Raises `Rejected` with a sentence for a taken port, a full disk or a missing permission.
    """
    _check(options)
    clock = SystemClock()
    began = clock.monotonic()
    kept = _secrets(options.data)
    field_ports = (_free_port(), _free_port())
    broker_port = _broker_port(options.data)
    settings = _settings(options, kept, broker_port)
    say("starting PostgreSQL" if (options.data / "postgres").exists() else "making the database (once)")
    async with AsyncExitStack() as stack:
        stack.push_async_callback(asyncio.to_thread, embedded.stop, options.data / "postgres")
        centre = await stack.enter_async_context(wiring.centre(settings, clock=clock, migrating=True))
        say("settling the village: 15 grids, 17 people, 6 cameras, 40 sensors")
        await _settle(centre, kept, field_ports[0])
        async with centre.pool.connection() as database:
            row = await (await database.execute("select tocsin_clock()")).fetchone()
        since: datetime = row[0] if row else clock.now()
        say("starting ingest, detectors, alerts, API and console")
        ending, ready = asyncio.Event(), asyncio.Event()
        children = Children()
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(roles.serve(centre, frozenset(roles.Role), ending, ready))
            try:
                await _first(ready.wait(), serving)
                say("starting the field and three collectors")
                await _start_children(options, kept, children, broker_port, field_ports)
                await _connected(centre)
                await _tell_field(field_ports[0], "begin")
                _greet(options, kept, say, clock.monotonic() - began)
                await _watch(centre, options, stop, children, say)
                memory = await asyncio.to_thread(_memory, children)
                say("stopping: sensors fall silent, collectors send what they have")
                sent = await _finish(children, field_ports[0])
                if options.report is not None:
                    made = await report.gather(centre, since, sent, memory)
                    options.report.write_text(
                        json.dumps(made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
                    )
                    say(f"report written to {options.report}")
            finally:
                await _kill(children)
                ending.set()
    say("stopped; start again to go on where it was, --fresh to begin anew")


def _check(options: DemoOptions) -> None:
    """Refuse early, in a sentence, what would fail late."""
    if options.fresh and options.data.exists():
        embedded.stop(options.data / "postgres")
        shutil.rmtree(options.data)
    try:
        options.data.mkdir(parents=True, exist_ok=True)
        probe = options.data / ".writable"
        probe.write_text("")
        probe.unlink()
        if options.report is not None:
            options.report.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Rejected(
            "demo.data",
            f"cannot write to {error.filename}: {error.strerror}; choose another folder with --data",
        ) from error
    free = shutil.disk_usage(options.data).free
    if free < DISK_FREE_BYTES_MIN:
        raise Rejected(
            "demo.disk",
            f"{options.data} has {free // 10**6} MB free, 500 MB are needed: free some, or choose another folder with --data",
        )
    if not _free(options.port):
        raise Rejected(
            "demo.port",
            f"port {options.port} is taken: stop the other program or choose another with --port",
        )


def _free(port: int) -> bool:
    try:
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True


def _secrets(data: Path) -> Secrets:
    path = data / "secrets.json"
    if path.exists():
        return msgspec.json.decode(path.read_bytes(), type=Secrets)
    people = [str(person.id) for person in village.people() if person.tier is not None]
    made = Secrets(
        webhook=secrets.token_urlsafe(32),
        accounts={name: secrets.token_urlsafe(9) for name in [a[0] for a in village.ACCOUNTS] + people},
        collectors={name: secrets.token_urlsafe(18) for name in village.COLLECTORS},
    )
    _write_private(path, msgspec.json.encode(made))
    return made


def _write_private(path: Path, content: bytes) -> None:
    """Write a file that nobody but its owner may read, from its first byte on."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_bytes(content)


def _settings(options: DemoOptions, kept: Secrets, broker_port: int) -> Settings:
    return Settings(
        data=options.data,
        http=HttpConfig(port=options.port),
        embedded_broker=EmbeddedBrokerConfig(port=broker_port),
        alerts=AlertsConfig(
            policy=PolicyConfig(speed=options.speed),
            channels=ChannelsConfig(
                webhook=WebhookConfig(signing_key=SecretStr(kept.webhook)), siren=SirenConfig()
            ),
        ),
    )


def _broker_port(data: Path) -> int:
    """Give the port of the last start while it is free, so that boxes added by hand find the broker again.

    Leaves `centre.yaml` beside the data for commands such as `tocsin collector add --config …/centre.yaml`.
    """
    path = data / "centre.yaml"
    known = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
    port = int(known.get("embedded_broker", {}).get("port", 0))
    if not port or not _free(port):
        port = _free_port()
    path.write_text(
        yaml.safe_dump({"data": str(data.absolute()), "embedded_broker": {"port": port}}), encoding="utf-8"
    )
    return port


async def _settle(centre: Centre, kept: Secrets, http_port: int) -> None:
    """Bring places, people, accounts and collectors in; repeatable."""
    town = centre.town
    await town.add_grids(village.grids())
    await town.add_people(village.people(), village.contacts(f"http://127.0.0.1:{http_port}/phone"))
    await town.add_duty(village.duty())
    await town.add_devices(village.devices())
    paths = {grid.code: grid.path for grid in village.grids()}
    wanted = [(name, person, role, paths[root]) for name, person, role, root in village.ACCOUNTS]
    wanted += [
        (str(p.id), p.id, Role.RESPONDER, paths[village.CITY]) for p in village.people() if p.tier is not None
    ]
    for name, person, role, scope in wanted:
        if await town.account(name) is None:
            hashed = await asyncio.to_thread(hash_password, kept.accounts[name])
            await town.add_account(
                Account(name=name, person=person, role=role, scope=scope, password_hash=hashed)
            )
    known = await centre.flushes.collectors()
    for name, partition in PARTITIONS.items():
        if name not in known:
            await centre.admin.add_collector(
                CollectorEntry(
                    id=CollectorId(name),
                    partition=partition,
                    grid=village.collector_grid(name),
                    name=f"{next(v.name for v in village.VILLAGES if v.collector == name)}采集器",
                    enabled=True,
                    secret_hash=await asyncio.to_thread(hash_password, kept.collectors[name]),
                )
            )


async def _start_children(
    options: DemoOptions, kept: Secrets, children: Children, broker_port: int, field_ports: tuple[int, int]
) -> None:
    plan = FieldPlan(
        http_port=field_ports[0],
        broker_port=field_ports[1],
        api=f"http://127.0.0.1:{options.port}",
        speed=options.speed,
        passwords=kept.accounts,
    )
    path = options.data / "field.json"
    _write_private(path, msgspec.json.encode(plan))
    logs = options.data / "logs"
    logs.mkdir(exist_ok=True)
    children.field = await _spawn(logs / "field.log", "-m", "tocsin.demo.field", str(path))
    await _answers(f"http://127.0.0.1:{field_ports[0]}/camera/cam-road.jpg", children.field)
    for name, partition in PARTITIONS.items():
        file = options.data / "collectors" / name / "collector.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        text = collector_file(
            name,
            partition=partition,
            broker=("127.0.0.1", broker_port),
            password=kept.collectors[name],
            field=field_ports,
            outbox=file.parent / "outbox.sqlite",
        )
        _write_private(file, text.encode())
        children.metrics[name] = _free_port()
        children.collectors[name] = await _spawn(
            logs / f"{name}.log",
            "-m",
            "tocsin",
            "edge",
            "run",
            str(file),
            "--metrics-port",
            str(children.metrics[name]),
        )


async def _spawn(log_file: Path, *arguments: str) -> asyncio.subprocess.Process:
    with log_file.open("ab") as output:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


async def _answers(url: str, process: asyncio.subprocess.Process) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=5.0) as client, asyncio.timeout(30):
        while True:
            if process.returncode is not None:
                raise Rejected(
                    "demo.field", "the field process ended at once: see field.log in the data folder's logs"
                )
            with suppress(httpx.HTTPError):
                if (await client.get(url)).is_success:
                    return
            await asyncio.sleep(0.1)


async def _connected(centre: Centre) -> None:
    """Wait until every collector has said that it is there."""
    with suppress(TimeoutError):
        async with asyncio.timeout(20):
            while True:
                rows = await centre.field_queries.collectors_health("")
                if sum(row.last_heartbeat is not None and row.link is not None for row in rows) >= len(
                    PARTITIONS
                ):
                    return
                await asyncio.sleep(0.1)


async def _tell_field(port: int, word: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        with suppress(httpx.HTTPError):
            await client.post(f"http://127.0.0.1:{port}/{word}")


def _greet(options: DemoOptions, kept: Secrets, say: Callable[[str], None], seconds: float) -> None:
    say(f"ready after {seconds:.1f} s: http://127.0.0.1:{options.port}")
    if options.headless:
        return
    for name, _, role, _ in village.ACCOUNTS:
        say(f"  {role.value:<14} sign in as {name:<14} password {kept.accounts[name]}")
    if options.speed != 1:
        say(
            f"  speed {options.speed:g}: the policy's minutes pass in {60 / options.speed:g} s, all clocks stay real"
        )
    say(
        f"  a box of your own: tocsin collector add NAME --grid {village.VILLAGES[0].code} --config {options.data}/centre.yaml"
    )
    say("  Ctrl-C stops it")


async def _watch(
    centre: Centre, options: DemoOptions, stop: asyncio.Event, children: Children, say: Callable[[str], None]
) -> None:
    """Tell what happens until the time is over; a child that dies is started again by nobody, but said."""
    telling = asyncio.ensure_future(_tell(centre, say))
    watching = [
        asyncio.ensure_future(_gone(name, process, say)) for name, process in children.collectors.items()
    ]
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(options.seconds):
                await stop.wait()
    finally:
        for task in (telling, *watching):
            task.cancel()
        await asyncio.gather(telling, *watching, return_exceptions=True)


async def _gone(name: str, process: asyncio.subprocess.Process, say: Callable[[str], None]) -> None:
    say(f"collector {name} ended with code {await process.wait()}: see its log in the data folder")


async def _tell(centre: Centre, say: Callable[[str], None]) -> None:
    names = {grid.code: grid.name for grid in village.grids()}
    places: dict[str, str] = {}
    async for line in centre.queries.live("", None):
        if line is None:
            continue
        event = line.recorded.event
        incident = str(line.recorded.incident)
        grid = getattr(event, "grid", None)
        if grid is not None:
            places[incident] = f"{names.get(grid, grid)} {getattr(event, 'kind', '')}"
        words = [
            str(getattr(event, key))
            for key in ("tier", "person", "verdict", "basis", "reason_code")
            if getattr(event, key, None)
        ]
        if isinstance(event, Called):
            words.append(f"by {', '.join(event.channels)}")
        name = type(event).__name__
        if name not in {"NoticeSettled", "AlarmAttached", "AlarmCleared", "Seen"}:
            say(
                f"  {line.recorded.recorded.astimezone():%H:%M:%S} {places.get(incident, incident[:8])}: {name} {' '.join(words)}"
            )


async def _finish(children: Children, field_port: int) -> int:
    """Silence sensors, let collectors send all they have, stop them; give how many readings they took."""
    await _tell_field(field_port, "rest")
    sent = sum([await _drained(port) for port in children.metrics.values()])
    for process in children.collectors.values():
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
    for process in children.collectors.values():
        await _end(process, 60)
    return sent


async def _drained(port: int) -> int:
    """Wait until a collector's count of readings stands still; give it."""
    async with httpx.AsyncClient(trust_env=False, timeout=5.0) as client:
        before = -1
        for _ in range(20):
            try:
                text = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
            except httpx.HTTPError:
                break
            now = next(
                (
                    int(float(x.split()[1]))
                    for x in text.splitlines()
                    if x.startswith("tocsin_edge_readings_total ")
                ),
                0,
            )
            if now == before:
                return now
            before = now
            await asyncio.sleep(0.5)
        return max(before, 0)


async def _end(process: asyncio.subprocess.Process, seconds: float) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(seconds):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def _kill(children: Children) -> None:
    for process in [children.field, *children.collectors.values()]:
        if process is not None:
            await _end(process, 5)


def _memory(children: Children) -> dict[str, float]:
    """Proportional set size of each process with its own children, megabytes; PostgreSQL left out."""
    roots = {"centre": os.getpid()} | {name: p.pid for name, p in children.collectors.items()}
    if children.field is not None:
        roots["field"] = children.field.pid
    found = {}
    for name, pid in roots.items():
        with suppress(psutil.NoSuchProcess):  # a collector that ended was told of and has no memory
            family = [psutil.Process(pid)]
            if name != "centre":
                family += family[0].children(recursive=True)
            found[name] = sum(member.memory_full_info().pss for member in family) / 1e6
    return found


async def _first(wanted: Coroutine[Any, Any, Any], serving: asyncio.Task[None]) -> None:
    """Wait for readiness, or fail as the centre failed."""
    waiting = asyncio.ensure_future(wanted)
    await asyncio.wait({waiting, serving}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        waiting.cancel()
        await serving


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
