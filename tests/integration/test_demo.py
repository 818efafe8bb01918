"""The demo as a stranger starts it: one minute at speed 60, what its report says, and how it refuses."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
import pytest

from tests.support.edge import free_port
from tocsin.core.errors import Rejected
from tocsin.demo import run, village
from tocsin.demo.model import DemoOptions
from tocsin.store import embedded

SECONDS = 60
TIERS = ("village", "township", "city")
CLOCK_KEYS = {"started", "arrived", "late", "missed", "stood_down"}
COLLECTOR_MB_MAX, CENTRE_MB_MAX = 250, 400
READY_SECONDS_MAX = 15


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "tocsin", "demo", "--headless", *arguments]


def refusal(*arguments: str) -> str:
    """Start the demo where it cannot work; give what it says, which is one sentence and no traceback."""
    done = subprocess.run(command(*arguments), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    said = done.stderr.strip()
    assert said.startswith("tocsin:")
    assert said.count("\n") == 0
    return said


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="tocsin-demo-"))
    yield made
    embedded.stop(made / "data" / "postgres")
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def minute(folder: Path) -> dict[str, Any]:
    """Run the demo for its minute; give its report."""
    done = play(folder, "first.json", SECONDS)
    assert "making the database" in done
    return dict(json.loads((folder / "first.json").read_text()))


def play(folder: Path, report: str, seconds: int) -> str:
    done = subprocess.run(
        command(
            *("--for", str(seconds), "--speed", "60", "--port", str(free_port())),
            *("--report", str(folder / report), "--data", str(folder / "data")),
        ),
        capture_output=True,
        text=True,
        timeout=seconds + 110,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "Traceback" not in done.stdout + done.stderr
    return done.stdout


@pytest.mark.heavy
@pytest.mark.timeout(240)
class TestOneMinute:
    def test_the_report_has_the_promised_keys(self, minute: dict[str, Any]) -> None:
        assert set(minute) == {
            *("readings", "detections", "alarms", "incidents", "clocks", "notices"),
            *("stored_ms", "notice_ms", "lateness_ms", "memory_mb"),
        }
        assert set(minute["readings"]) == {"sent", "stored", "duplicated", "missing"}
        assert set(minute["clocks"]) == set(TIERS)
        assert all(set(minute["clocks"][tier]) == CLOCK_KEYS for tier in TIERS)
        assert set(minute["stored_ms"]) == set(minute["notice_ms"]) == {"p50", "p99"}
        assert set(minute["lateness_ms"]) == {"p50", "p99", "max"}

    def test_nothing_is_missing_and_nothing_is_there_twice(self, minute: dict[str, Any]) -> None:
        readings = minute["readings"]
        assert readings["missing"] == readings["duplicated"] == 0
        assert readings["sent"] == readings["stored"]
        # Forty sensors once a second, four of them buttons that speak when pressed.
        assert readings["sent"] > 30 * SECONDS

    def test_a_picture_a_sensor_and_a_button_open_incidents(
        self, minute: dict[str, Any], folder: Path
    ) -> None:
        server = embedded.start(folder / "data" / "postgres")
        try:
            with psycopg.connect(server.dsn) as database:
                rows = database.execute(
                    "select incident.kind, incident_alarm.device from incident_alarm join incident on id = incident"
                )
                opened = set(rows.fetchall())
        finally:
            embedded.stop(folder / "data" / "postgres")
        cameras = {f"{camera.village.collector}/{camera.device}" for camera in village.CAMERAS}
        assert {kind for kind, device in opened if device in cameras} & {"smoke", "fire"}
        assert {kind for kind, device in opened if "/button-" in device} == {"call"}
        assert [device for _, device in opened if device not in cameras and "/button-" not in device]
        assert sum(minute["incidents"].values()) >= 3
        assert minute["detections"] >= minute["alarms"] >= 3

    @pytest.mark.parametrize("tier", TIERS)
    def test_some_arrive_in_time_some_late_and_some_never(self, minute: dict[str, Any], tier: str) -> None:
        clocks = minute["clocks"][tier]
        assert min(clocks["arrived"], clocks["late"], clocks["missed"]) >= 1
        assert clocks["started"] >= sum(clocks[key] for key in CLOCK_KEYS - {"started"})

    def test_people_were_told_soon_and_deadlines_fired_in_time(self, minute: dict[str, Any]) -> None:
        assert minute["notices"]["sent"] > 0
        assert minute["stored_ms"]["p50"] <= minute["stored_ms"]["p99"]
        assert minute["notice_ms"]["p99"] is not None
        # On a machine that others use too; what it is alone is `tocsin bench response`.
        assert minute["lateness_ms"]["p50"] <= 100

    def test_memory_stays_within_its_limits(self, minute: dict[str, Any]) -> None:
        memory = minute["memory_mb"]
        assert set(memory) == {"centre", "field", *village.COLLECTORS}
        assert memory["centre"] <= CENTRE_MB_MAX
        assert max(memory[name] for name in village.COLLECTORS) <= COLLECTOR_MB_MAX

    def test_the_next_start_goes_on_where_it_was(self, minute: dict[str, Any], folder: Path) -> None:
        secrets = (folder / "data" / "secrets.json").read_bytes()
        said = play(folder, "second.json", 5)
        assert "starting PostgreSQL" in said
        assert (folder / "data" / "secrets.json").read_bytes() == secrets
        second = json.loads((folder / "second.json").read_text())
        assert second["readings"]["missing"] == second["readings"]["duplicated"] == 0
        server = embedded.start(folder / "data" / "postgres")
        try:
            with psycopg.connect(server.dsn) as database:
                row = database.execute("select count(*), count(distinct (stream, observed)) from reading")
                stored, distinct = row.fetchone() or (0, 0)
        finally:
            embedded.stop(folder / "data" / "postgres")
        assert stored == distinct == minute["readings"]["stored"] + second["readings"]["stored"]

    def test_ctrl_c_stops_everything_that_was_started(self, minute: dict[str, Any], folder: Path) -> None:
        port = str(free_port())
        arguments = command("--speed", "60", "--port", port, "--data", str(folder / "data"))
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as demo:
            assert demo.stdout is not None
            ready = next(line for line in demo.stdout if line.startswith("ready after"))
            assert float(ready.split()[2]) <= READY_SECONDS_MAX
            assert httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).status_code == 200
            family = psutil.Process(demo.pid).children(recursive=True)
            assert len(family) >= 1 + len(village.COLLECTORS)
            demo.send_signal(signal.SIGINT)
            rest = demo.stdout.read()
            assert demo.wait(60) == 0
        assert rest.splitlines()[-1].startswith("stopped; start again to go on where it was")
        assert psutil.wait_procs(family, timeout=10)[1] == []


def test_a_taken_port_is_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = refusal("--data", str(tmp_path / "data"), "--port", str(port))
    assert f"port {port} is taken" in said
    assert "--port" in said


def test_a_folder_that_may_not_be_written_is_a_sentence(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    if os.geteuid() == 0:
        blocked = tmp_path / "file"
        blocked.write_text("")
        closed = blocked
    said = refusal("--data", str(closed / "data"), "--port", str(free_port()))
    assert "cannot write to" in said
    assert "--data" in said


async def test_a_full_disk_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")  # noqa: PYI024 the shape of shutil.disk_usage
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**10, 10**10 - 10**6, 10**6))
    options = DemoOptions(
        data=tmp_path / "data",
        port=free_port(),
        speed=1,
        seconds=1,
        report=None,
        fresh=False,
        headless=True,
    )
    with pytest.raises(Rejected, match="has 1 MB free, 500 MB are needed") as refused:
        await run.run(options, asyncio.Event(), lambda _: None)
    assert "\n" not in refused.value.reason


@pytest.mark.heavy
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_small_disk_is_a_sentence(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(small)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this machine does not let a test mount a disk")
    try:
        assert "500 MB are needed" in refusal("--data", str(small / "data"), "--port", str(free_port()))
    finally:
        subprocess.run(["umount", str(small)], check=True)
