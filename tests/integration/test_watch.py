"""The watcher against a real centre that is killed, stopped, starved and set to a wrong time."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiomqtt
import httpx
import psutil
import pytest
import yaml
from typing_extensions import override

from tests.support.centre import MILL, settings, settle
from tests.support.database import Database
from tests.support.edge import free_port
from tests.support.providers import BlackHole, HttpProvider, ok
from tocsin.alerts import commands as ask
from tocsin.alerts.change import change_of
from tocsin.alerts.config import PolicyConfig
from tocsin.alerts.policy_book import PolicyBook
from tocsin.broker import EmbeddedBrokerConfig, embedded_broker
from tocsin.cli import watch
from tocsin.core.clock import SystemClock
from tocsin.core.detections import Kind
from tocsin.core.ids import IncidentId
from tocsin.core.incidents import SYSTEM, Grade, Lateness
from tocsin.settings import Settings
from tocsin.store import embedded
from tocsin.store.alerts import PgAlertsStore
from tocsin.store.migrate import migrate
from tocsin.store.wakeups import Wakeups
from tocsin.store.watch import PgTower
from tocsin.watch.config import LampConfig, WatchConfig
from tocsin.watch.lamp import Lamp
from tocsin.watch.watcher import Watcher
from tocsin.wiring import centre

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(120)]


class Phone(HttpProvider):
    """A provider of the watcher's own: takes pages."""

    def __init__(self) -> None:
        super().__init__(ok)

    @property
    def pages(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, _, body in self.received]

    def said(self, *words: str) -> bool:
        return any(all(word in page["title"] + page["text"] for word in words) for page in self.pages)


def rules(*addresses: str, **more: Any) -> WatchConfig:
    return WatchConfig.model_validate(
        {
            "language": "en",
            "expect": ["escalator", "relay"],
            "metrics_port": None,
            "channels": {
                "siren": None,
                "webhook": {"signing_key": "a key of the watcher alone", "time_limit_seconds": 2},
            },
            "page": [{"channel": "webhook", "address": address} for address in addresses],
            "limits": {"disk_page_bytes": 0, "disk_ticket_percent": 100, "disk_page_percent": 100},
            **more,
        }
    )


@asynccontextmanager
async def watching(dsn: str, config: WatchConfig) -> AsyncIterator[None]:
    """Watch as `tocsin watch` does."""
    stop = asyncio.Event()
    task = asyncio.create_task(watch.run(Settings.model_validate({"store": {"dsn": dsn}}), config, stop))
    try:
        yield
        assert not task.done(), task.exception()
    finally:
        stop.set()
        await task


def both_missed(phone: Phone) -> bool:
    return phone.said("WRONG", "escalator has been") and phone.said("WRONG", "relay has been")


async def eventually(look: Callable[[], bool], seconds: float) -> float:
    """Wait for something; give how long it took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with asyncio.timeout(seconds):
        while not look():
            await asyncio.sleep(0.05)
    return loop.time() - began


@asynccontextmanager
async def started(dsn: str, folder: Path, **more: Any) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the alerts role as a process of its own, with a broker inside."""
    folder.mkdir(exist_ok=True)  # noqa: ASYNC240 a local folder of the test
    port = free_port()
    (folder / "broker.secret").write_text("inside\n")
    document = {
        "data": str(folder),
        "store": {"dsn": dsn},
        "broker": {"port": port, "username": "tocsin", "password_file": str(folder / "broker.secret")},
        "embedded_broker": {"port": port, "users": {"tocsin": "inside"}},
        **more,
    }
    (folder / "centre.yaml").write_text(yaml.safe_dump(document))
    with (folder / "alerts.log").open("wb") as sink:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tocsin", "run", "--role", "alerts", "--config", str(folder / "centre.yaml"),
            stdout=sink, stderr=sink, env={k: v for k, v in os.environ.items() if not k.startswith("TOCSIN")},
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def beating(database: Database, *roles: str) -> None:
    """Wait until all of these have given a sign of life within the last two seconds."""
    async with asyncio.timeout(30):
        while True:
            rows = await database.execute(
                "select role from beat where at > tocsin_clock() - interval '2 seconds'"
            )
            if {role for (role,) in rows} >= set(roles):
                return
            await asyncio.sleep(0.1)


async def test_a_killed_alerts_role_is_paged_within_ten_seconds_and_its_return_is_told(
    database: Database, tmp_path: Path
) -> None:
    async with (
        Phone() as phone,
        started(database.dsn, tmp_path / "a") as process,
        AsyncExitStack() as stack,
    ):
        await beating(database, "escalator", "relay")
        await stack.enter_async_context(watching(database.dsn, rules(phone.url)))
        await beating(database, "watcher")
        assert phone.pages == []
        process.send_signal(signal.SIGKILL)
        seconds = await eventually(lambda: both_missed(phone), 15)
        assert seconds < 10
        async with asyncio.timeout(5):
            while await database.execute(
                "select count(*) from watch_finding where code = 'worker.silent' and until is null and paged is not null"
            ) != [(3,)]:  # the keeper of alarms died with them
                await asyncio.sleep(0.05)
        await asyncio.sleep(3)
        assert len(phone.pages) <= 3, "it is said once"
        async with started(database.dsn, tmp_path / "a"):
            await eventually(lambda: phone.said("OVER", "worker.silent"), 30)
        assert await database.execute("select count(*) from watch_finding where until is not null") != [(0,)]


async def test_a_role_that_stops_on_purpose_leaves_no_sign_and_is_missed_all_the_same(
    database: Database, tmp_path: Path
) -> None:
    async with Phone() as phone, started(database.dsn, tmp_path / "a") as process:
        await beating(database, "escalator", "relay")
        async with watching(database.dsn, rules(phone.url)):
            await beating(database, "watcher")
            process.terminate()
            assert await process.wait() == 0
            assert await database.execute("select count(*) from beat where role <> 'watcher'") == [(0,)]
            await eventually(lambda: phone.said("WRONG", "escalator"), 10)
            await eventually(lambda: phone.said("WRONG", "relay"), 10)


@pytest.fixture
def server() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="tocsin-watch-"))
    yield folder / "pg"
    embedded.stop(folder / "pg")
    shutil.rmtree(folder, ignore_errors=True)


async def test_a_killed_database_is_paged_by_the_watchers_own_channel_and_its_return_is_told(
    server: Path,
) -> None:
    made = await asyncio.to_thread(embedded.start, server, durable=False)
    await migrate(made.dsn)
    async with Phone() as phone, watching(made.dsn, rules(phone.url, expect=[])):
        await asyncio.sleep(2)
        assert phone.pages == []
        os.kill(made.pid, signal.SIGKILL)
        seconds = await eventually(lambda: phone.said("WRONG", "database.down"), 15)
        assert seconds < 10
        await asyncio.to_thread(embedded.start, server, durable=False)
        await eventually(lambda: phone.said("OVER", "database.down"), 30)
        tower = PgTower(made.dsn, SystemClock())
        try:
            async with asyncio.timeout(10):
                while not (kept := await tower.findings(datetime.fromisoformat("2020-01-01T00:00:00Z"))):
                    await asyncio.sleep(0.1)
        finally:
            await tower.close()
        assert [one.code for one in kept] == ["database.down"]


async def test_a_database_that_stops_answering_is_paged_too(server: Path) -> None:
    """Half open: the kernel still takes what is sent, nobody answers."""
    made = await asyncio.to_thread(embedded.start, server, durable=False)
    await migrate(made.dsn)
    async with Phone() as phone, watching(made.dsn, rules(phone.url, expect=[])):
        await asyncio.sleep(2)
        family = [psutil.Process(made.pid), *psutil.Process(made.pid).children(recursive=True)]
        try:
            for one in family:
                one.suspend()
            seconds = await eventually(lambda: phone.said("WRONG", "database.down"), 20)
        finally:
            for one in family:
                one.resume()
        assert seconds < 12
        await eventually(lambda: phone.said("OVER", "database.down"), 30)


async def test_a_provider_that_swallows_everything_holds_up_nobody_else(database: Database) -> None:
    with BlackHole() as hole:
        async with (
            Phone() as phone,
            watching(database.dsn, rules(f"http://127.0.0.1:{hole.port}", phone.url)),
        ):
            await eventually(lambda: phone.said("WRONG", "relay"), 10)


class Ahead(SystemClock):
    @override
    def now(self) -> datetime:
        return super().now() + timedelta(seconds=1.5)


async def test_clocks_that_differ_are_found_on_the_host_where_they_do(database: Database) -> None:
    tower = PgTower(database.dsn, Ahead())
    try:
        findings, _ = await Watcher(tower, rules(expect=[]), Ahead(), host="b").look()
    finally:
        await tower.close()
    assert [one.key for one in findings] == [("clock.skew", "watcher")]
    await database.execute(
        "insert into beat (name, role, host, at, clock) values ('relay@c', 'relay', 'c', tocsin_clock(), tocsin_clock() - interval '1.5 s')"
    )
    true = PgTower(database.dsn, SystemClock())
    try:
        findings, _ = await Watcher(true, rules(expect=[]), SystemClock(), host="b").look()
    finally:
        await true.close()
    assert [one.key for one in findings] == [("clock.skew", "c")]


# Two engines, one killed.

SPEED = 60.0
"""A village's window lasts three seconds, a township's ten."""
INCIDENTS = 120


async def _open_incidents(dsn: str, database: Database) -> None:
    """Open and confirm incidents over three seconds, so that their deadlines come one after the other."""
    store = PgAlertsStore(database.pool, Wakeups(dsn))
    policies = PolicyBook.read(PolicyConfig(speed=SPEED))
    await policies.keep(store)
    for number in range(INCIDENTS):
        async with store.unit() as unit:
            version = policies.for_grid(await unit.grid(MILL))
            opening = ask.Open(
                kind=Kind.SMOKE,
                severity=0.5,
                grade=Grade.III,
                grid=MILL,
                device=None,
                place=None,
                began=unit.now,
                lateness=Lateness.LIVE,
                policy=version.id,
                drill=False,
                alarm=None,
                certified=False,
            )
            change = change_of(
                IncidentId(f"incident-{number:03}"),
                None,
                [opening, ask.Confirm(grade=None)],
                now=unit.now,
                policy=version.policy,
                directory=await unit.directory(MILL),
                actor=SYSTEM,
            )
            assert change is not None
            await unit.save([change])
        await asyncio.sleep(3 / INCIDENTS)


async def test_two_engines_one_killed_lose_nothing_do_nothing_twice_and_take_over_at_once(
    database: Database, tmp_path: Path
) -> None:
    async with centre(settings(database.dsn, tmp_path)) as made:
        await settle(made)
    policy = {"alerts": {"policy": {"speed": SPEED}}}
    async with (
        started(database.dsn, tmp_path / "a", **policy) as first,
        started(database.dsn, tmp_path / "b", **policy),
    ):
        await beating(database, "escalator", "relay")
        opening = asyncio.create_task(_open_incidents(database.dsn, database))
        await asyncio.sleep(4)  # the first deadlines fire, half of them are still to come
        first.send_signal(signal.SIGKILL)
        await opening
        async with asyncio.timeout(30):
            while await database.execute(
                "select 1 from incident_clock where tier in ('village', 'township') and verdict is null"
            ):
                await asyncio.sleep(0.1)
    verdicts = await database.execute(
        """select e.incident, convert_from(e.body, 'utf8')::jsonb -> 'event' ->> 'tier', k.due, e.recorded
             from incident_event e
             join incident_clock k on k.incident = e.incident
              and k.tier = convert_from(e.body, 'utf8')::jsonb -> 'event' ->> 'tier'
            where e.kind = 'verdict_given' and k.tier in ('village', 'township')"""
    )
    assert len(verdicts) == 2 * INCIDENTS, "none lost"
    assert max(Counter((incident, tier) for incident, tier, _, _ in verdicts).values()) == 1, "none twice"
    late = sorted((recorded - due).total_seconds() for _, _, due, recorded in verdicts)
    assert late[0] >= 0, "none early"
    assert late[-1] <= 2, f"taken over after {late[-1]:.2f} s"


async def test_the_lamp_is_told_over_mqtt_and_the_colour_is_kept_for_who_comes_later() -> None:
    port = free_port()
    config = EmbeddedBrokerConfig.model_validate({"port": port, "users": {"tocsin": "inside"}})

    async def nobody(_name: str, _password: str) -> bool:
        return False

    lamp_config = LampConfig.model_validate(
        {"mqtt": {"host": "127.0.0.1", "port": port, "username": "tocsin", "password": "inside"}}
    )
    async with embedded_broker(config, nobody), httpx.AsyncClient() as client:
        lamp = Lamp(lamp_config, client, SystemClock())
        lamp.show(pages=1, tickets=2)
        task = asyncio.create_task(lamp.run())
        try:
            async with (
                asyncio.timeout(20),
                aiomqtt.Client("127.0.0.1", port, username="tocsin", password="inside") as looking,
            ):
                await looking.subscribe("tocsin/lamp", qos=1)
                told = json.loads((await anext(aiter(looking.messages))).payload)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    assert (told["lamp"], told["findings"]) == ("red", 3)
