"""Nothing is lost and nothing happens twice, whoever is killed.

Box, broker, centre and database are processes of their own under load; each is killed in turn with
SIGKILL and started again, twenty times in all. Afterwards every reading that the outbox took is
stored exactly once and every deadline fired exactly once.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psutil
import psycopg
import pytest

from tocsin.alerts.config import PolicyConfig
from tocsin.alerts.policy_book import PolicyBook
from tocsin.bench import engine
from tocsin.bench.ingest import mosquitto
from tocsin.core.errors import Transient
from tocsin.store import embedded
from tocsin.store.alerts import PgAlertsStore
from tocsin.store.connect import pool
from tocsin.store.migrate import migrate
from tocsin.store.town import PgTownStore
from tocsin.store.wakeups import Wakeups

ROOT = Path(__file__).parents[2]
KILLS = 20
UNDER_LOAD_SECONDS = 0.5
INCIDENTS = 40
SPREAD = timedelta(seconds=18)
DRAIN_SECONDS = 60.0


class Site:
    """Four kinds of process and the means to kill them."""

    def __init__(self, directory: Path, start_broker: Callable[[int], list[str]]) -> None:
        self.directory = directory
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._broker = start_broker(self.port)
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._runs = Counter[str]()
        (directory / "box").mkdir()
        self.server = embedded.start(directory / "pg")

    def start(self, name: str) -> None:
        self._runs[name] += 1
        box = str(self.directory / "box")
        role = [sys.executable, "-m", "tests.support.custody"]
        commands = {
            "broker": self._broker,
            "centre": [*role, "centre", self.server.dsn, str(self.port)],
            "box": [*role, "box", str(self.port), "weir", box, str(self._runs["box"])],
        }
        with (self.directory / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(commands[name], cwd=ROOT, stdout=log, stderr=log)

    async def kill(self, name: str) -> None:
        """SIGKILL, then start again at once."""
        if name == "database":
            os.kill(self.server.pid, signal.SIGKILL)
            await self._gone(self.server.pid)
            self.server = await asyncio.to_thread(embedded.start, self.directory / "pg")
            return
        assert self._running[name].poll() is None, f"{name} had died by itself: {self.tail(name)}"
        self._running[name].kill()
        self._running[name].wait()
        self.start(name)

    async def _gone(self, pid: int) -> None:
        async with asyncio.timeout(10):
            while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                await asyncio.sleep(0.02)

    def tail(self, name: str) -> str:
        return (self.directory / f"{name}.log").read_text(errors="replace")[-3_000:]

    def journal(self) -> list[int]:
        return [int(line) for line in (self.directory / "box" / "journal").read_text().split()]

    def ask(self, query: str) -> list[tuple]:
        with psycopg.connect(self.server.dsn) as database:
            return database.execute(query.encode()).fetchall()

    def stop(self) -> None:
        for process in self._running.values():
            process.kill()
            process.wait()
        embedded.stop(self.directory / "pg")


async def open_incidents(dsn: str) -> None:
    """Open incidents whose first deadlines come one after another while processes are killed."""
    async with pool(dsn) as connections:
        await engine.settle(PgTownStore(connections))
        policies = PolicyBook.read(PolicyConfig())
        store = PgAlertsStore(connections, Wakeups(dsn))
        await policies.keep(store)
        bench = engine.Bench(dsn, connections, store, policies)
        begin = await bench.now() + timedelta(minutes=10)
        await bench.open("custody", INCIDENTS, SPREAD / INCIDENTS, begin)
        await bench.let_run_from(begin + bench.first_limit - timedelta(seconds=4))


def embedded_broker_command(port: int) -> list[str]:
    return [sys.executable, "-m", "tests.support.custody", "broker", str(port)]


def mosquitto_command(directory: Path) -> Callable[[int], list[str]]:
    def command(port: int) -> list[str]:
        settings = directory / "mosquitto.conf"
        settings.write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\n"
            f"persistence_location {directory}/\nautosave_interval 1\nmax_queued_messages 10000\nuser root\n"
        )
        return [str(mosquitto()), "-c", str(settings)]

    return command


async def play(site: Site) -> None:
    await migrate(site.server.dsn)
    site_collector = (
        "insert into collector (id, partition, grid, name, secret_hash) "
        "select 'weir', 3, code, 'Weir', '' from grid where parent is null"
    )
    await open_incidents(site.server.dsn)
    with psycopg.connect(site.server.dsn) as database:
        database.execute(site_collector.encode())
    for name in ("broker", "centre", "box"):
        site.start(name)
    await until(
        lambda: site.ask("select count(*) from reading")[0][0] > 0, 20, "nothing was ever stored", site
    )
    for kill in range(KILLS):
        await asyncio.sleep(UNDER_LOAD_SECONDS)
        await site.kill(("box", "broker", "centre", "database")[kill % 4])
    (site.directory / "box" / "quiet").touch()
    await asyncio.sleep(0.2)


async def until(condition: Callable[[], bool], seconds: float, otherwise: str, site: Site) -> None:
    try:
        async with asyncio.timeout(seconds):
            while not _holds(condition):
                await asyncio.sleep(0.2)
    except TimeoutError:
        pytest.fail(f"{otherwise}\n--- centre\n{site.tail('centre')}\n--- box\n{site.tail('box')}")


def _holds(condition: Callable[[], bool]) -> bool:
    try:
        return condition()
    except (psycopg.Error, Transient):
        return False


async def check(site: Site) -> None:
    written = set(site.journal())
    assert len(written) > 100

    def all_here() -> bool:
        return site.ask("select count(distinct value) from reading")[0][0] >= len(written)

    def all_fired() -> bool:
        return site.ask("select count(*) from deadline where fired_at is not null")[0][0] >= INCIDENTS

    await until(all_here, DRAIN_SECONDS, "readings are missing", site)
    await until(all_fired, DRAIN_SECONDS, "deadlines are missing", site)
    stored = Counter(int(value) for (value,) in site.ask("select value from reading"))
    assert not written - set(stored), "lost"
    assert [value for value, times in stored.items() if times > 1] == [], "stored twice"
    fired = Counter(site.ask("select incident, key from deadline where fired_at is not null"))
    assert set(fired.values()) == {1}, "a deadline fired twice"
    assert {incident for incident, _ in fired} == {f"custody-{number:05d}" for number in range(INCIDENTS)}
    assert site.ask("select count(*) from deadline where fired_at < due_at") == [(0,)]
    doubled = site.ask("select incident, kind, body from incident_event group by 1, 2, 3 having count(*) > 1")
    assert doubled == []
    assert site.ask("select count(*) from quarantine") == [(0,)]


@pytest.mark.timeout(180)
async def test_nothing_is_lost_or_doubled_whoever_is_killed(tmp_path):
    site = Site(tmp_path, embedded_broker_command)
    try:
        await play(site)
        await check(site)
    finally:
        site.stop()


@pytest.mark.heavy
@pytest.mark.timeout(180)
@pytest.mark.skipif(mosquitto() is None, reason="Mosquitto is not installed")
async def test_nothing_is_lost_or_doubled_with_mosquitto(tmp_path):
    site = Site(tmp_path, mosquitto_command(tmp_path))
    try:
        await play(site)
        await check(site)
    finally:
        site.stop()
        shutil.rmtree(tmp_path / "pg", ignore_errors=True)
