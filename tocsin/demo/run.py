"""Start the whole demo, keep it running, end it in order: field, collectors, centre.

The centre runs in this process exactly as in production; the field and each collector are
processes of their own and speak HTTP and MQTT with it.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
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
from tocsin.demo import processes, report, village
from tocsin.demo.collectors import detectors_file
from tocsin.demo.model import DemoOptions, Secrets
from tocsin.ingest.ports import CollectorEntry
from tocsin.settings import HttpConfig, Settings
from tocsin.store import embedded
from tocsin.town import catalogue
from tocsin.town.ports import Account, Role
from tocsin.wiring import Centre

log = structlog.get_logger()

DISK_FREE_BYTES_MIN: Final = 500_000_000


async def run(options: DemoOptions, stop: asyncio.Event, say: Callable[[str], None]) -> None:
    """Run the demo until `stop` or for its time, then write the report.

    Raises `Rejected` with a sentence for a taken port, a full disk or a missing permission.
    """
    _check(options)
    clock = SystemClock()
    began = clock.monotonic()
    kept = _secrets(options.data)
    field_ports = (processes.free_port(), processes.free_port())
    broker_port = _broker_port(options.data)
    _leave_settings(options, kept, broker_port)
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
        children = processes.Children()
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(roles.serve(centre, frozenset(roles.Role), ending, ready))
            try:
                await _first(ready.wait(), serving)
                say("starting the field and three collectors")
                await processes.start_children(options, kept, children, broker_port, field_ports)
                await _connected(centre)
                await processes.tell_field(field_ports[0], "begin")
                _greet(options, kept, say, clock.monotonic() - began)
                await _watch(centre, options, stop, children, say)
                memory = await asyncio.to_thread(processes.memory, children)
                say("stopping: sensors fall silent, collectors send what they have")
                sent = await processes.finish(children, field_ports[0])
                if options.report is not None:
                    made = await report.gather(centre, since, sent, memory)
                    options.report.write_text(
                        json.dumps(made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
                    )
                    say(f"report written to {options.report}")
            finally:
                await processes.kill(children)
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
    if not processes.free(options.port):
        raise Rejected(
            "demo.port",
            f"port {options.port} is taken: stop the other program or choose another with --port",
        )


def _secrets(data: Path) -> Secrets:
    """Read the passwords, or make them; a folder of an earlier version gets those that it lacks."""
    path = data / "secrets.json"
    kept = Secrets(webhook=secrets.token_urlsafe(32), accounts={}, collectors={})
    if path.exists():
        kept = msgspec.json.decode(path.read_bytes(), type=Secrets)
    people = [str(person.id) for person in village.people() if person.tier is not None]
    names = [account[0] for account in village.ACCOUNTS] + people
    made = Secrets(
        webhook=kept.webhook,
        accounts={name: secrets.token_urlsafe(9) for name in names} | kept.accounts,
        collectors={name: secrets.token_urlsafe(18) for name in village.COLLECTORS} | kept.collectors,
    )
    if made != kept:
        processes.write_private(path, msgspec.json.encode(made))
    return made


def _settings(options: DemoOptions, kept: Secrets, broker_port: int) -> Settings:
    return Settings(
        data=options.data,
        detectors=options.data / processes.DETECTORS,
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
    """Give the port of the last start while it is free, so that boxes added by hand find the broker again."""
    path = data / "centre.yaml"
    known = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
    port = int(known.get("embedded_broker", {}).get("port", 0))
    return port if port and processes.free(port) else processes.free_port()


def _leave_settings(options: DemoOptions, kept: Secrets, broker_port: int) -> None:
    """Leave `centre.yaml` and `detectors.yaml` beside the data: the running demo for commands such as `tocsin policy lint --config …/centre.yaml`."""
    processes.write_private(options.data / processes.DETECTORS, detectors_file().encode())
    key = options.data.absolute() / "webhook.key"
    processes.write_private(key, kept.webhook.encode())
    text = yaml.safe_dump(
        {
            "data": str(options.data.absolute()),
            "detectors": str(options.data.absolute() / processes.DETECTORS),
            "http": {"port": options.port},
            "embedded_broker": {"port": broker_port},
            "alerts": {
                "policy": {"speed": options.speed},
                "channels": {"webhook": {"signing_key_file": str(key)}, "siren": {}},
            },
        },
        sort_keys=False,
    )
    (options.data / "centre.yaml").write_text(text, encoding="utf-8")


async def _settle(centre: Centre, kept: Secrets, http_port: int) -> None:
    """Bring places, people, accounts and collectors in; repeatable."""
    town = centre.town
    await town.add_grids(village.grids())
    await town.add_people(village.people(), village.contacts(f"http://127.0.0.1:{http_port}/phone"))
    await town.add_duty(village.duty())
    await town.add_devices(village.devices())
    if not await centre.catalogue.matters():  # what somebody tried out there stays
        sample = catalogue.read(catalogue.sample_text(), grid=village.CITY)
        own = tuple(village.organisations())
        await centre.catalogue.save(replace(sample, organisations=(*sample.organisations, *own)))
    paths = {grid.code: grid.path for grid in village.grids()}
    wanted = [(name, person, role, paths[root]) for name, person, role, root in village.ACCOUNTS]
    wanted += [
        (str(p.id), p.id, Role.RESPONDER, paths[village.CITY]) for p in village.people() if p.tier is not None
    ]
    for name, person, role, scope in wanted:
        if await town.account(name) is None:
            hashed = await asyncio.to_thread(hash_password, kept.accounts[name])
            await town.add_account(
                Account(
                    name=name,
                    person=person,
                    role=role,
                    scope=scope,
                    password_hash=hashed,
                    organisation=village.WORKS_FOR.get(name),
                )
            )
    known = await centre.flushes.collectors()
    for name, partition in processes.PARTITIONS.items():
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


async def _connected(centre: Centre) -> None:
    """Wait until every collector has said that it is there."""
    with suppress(TimeoutError):
        async with asyncio.timeout(20):
            while True:
                rows = await centre.field_queries.collectors_health("")
                if sum(row.last_heartbeat is not None and row.link is not None for row in rows) >= len(
                    processes.PARTITIONS
                ):
                    return
                await asyncio.sleep(0.1)


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
    centre: Centre,
    options: DemoOptions,
    stop: asyncio.Event,
    children: processes.Children,
    say: Callable[[str], None],
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


async def _first(wanted: Coroutine[Any, Any, Any], serving: asyncio.Task[None]) -> None:
    """Wait for readiness, or fail as the centre failed."""
    waiting = asyncio.ensure_future(wanted)
    await asyncio.wait({waiting, serving}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        waiting.cancel()
        await serving
