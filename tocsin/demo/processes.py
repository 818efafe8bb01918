"""The processes around the demo's centre: the field and the collectors, started, watched and ended."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

import httpx
import msgspec
import psutil

from tocsin.core.errors import Rejected
from tocsin.demo import village
from tocsin.demo.collectors import collector_file
from tocsin.demo.field import FieldPlan
from tocsin.demo.model import DemoOptions, Secrets

PARTITIONS: Final = dict(zip(village.COLLECTORS, (3, 17, 42), strict=True))
"""Partition of each collector's topics."""
DETECTORS: Final = "detectors.yaml"
"""File beside the data that says what watches the town, for box and centre."""


class Children:
    """The processes around the centre."""

    def __init__(self) -> None:
        self.field: asyncio.subprocess.Process | None = None
        self.collectors: dict[str, asyncio.subprocess.Process] = {}
        self.metrics: dict[str, int] = {}


async def start_children(
    options: DemoOptions, kept: Secrets, children: Children, broker_port: int, field_ports: tuple[int, int]
) -> None:
    """Start the field, wait until it answers, then start the collectors; raises `Rejected` (`demo.field`)."""
    plan = FieldPlan(
        http_port=field_ports[0],
        broker_port=field_ports[1],
        api=f"http://127.0.0.1:{options.port}",
        speed=options.speed,
        passwords=kept.accounts,
    )
    path = options.data / "field.json"
    write_private(path, msgspec.json.encode(plan))
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
            detectors=(options.data / DETECTORS).absolute(),
        )
        write_private(file, text.encode())
        children.metrics[name] = free_port()
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


async def tell_field(port: int, word: str) -> None:
    """Give the field one of its words, `begin` or `rest`; one that is gone is no error."""
    async with httpx.AsyncClient(trust_env=False) as client:
        with suppress(httpx.HTTPError):
            await client.post(f"http://127.0.0.1:{port}/{word}")


async def finish(children: Children, field_port: int) -> int:
    """Silence sensors, let collectors send all they have, stop them; give how many readings they took."""
    await tell_field(field_port, "rest")
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


async def kill(children: Children) -> None:
    """End what still runs: asked first, made to after five seconds."""
    for process in [children.field, *children.collectors.values()]:
        if process is not None:
            await _end(process, 5)


def memory(children: Children) -> dict[str, float]:
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


def free(port: int) -> bool:
    """Say whether a port of loopback can be bound."""
    try:
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True


def free_port() -> int:
    """Give a port of loopback that is free now."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def write_private(path: Path, content: bytes) -> None:
    """Write a file that nobody but its owner may read, from its first byte on."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_bytes(content)
