"""How many readings a second are stored, with threshold, rate and silence watching every stream.

Broker, publisher, database and ingest are processes of their own on this machine. Mosquitto where it
is installed, the embedded broker otherwise (which is then what limits). Envelopes of 50 readings, a
durable PostgreSQL from the wheel; counted is what was committed, from the first publication on.
"""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from tocsin.bench.publisher import name
from tocsin.broker import EmbeddedBrokerConfig, embedded_broker
from tocsin.core.clock import SystemClock, to_us
from tocsin.core.ids import GridCode, PictureHash
from tocsin.detectors.bank import StreamBank
from tocsin.detectors.config import DetectorsConfig
from tocsin.ingest import metrics
from tocsin.ingest.config import IngestConfig, MqttConfig
from tocsin.ingest.mqtt import MqttTransport
from tocsin.ingest.ports import Flush, IncomingDetection
from tocsin.ingest.rules import RulesBook
from tocsin.ingest.service import IngestService
from tocsin.store import embedded
from tocsin.store.connect import Pool, pool
from tocsin.store.field import PgFlushStore
from tocsin.store.migrate import migrate

COLLECTORS: Final = 20
STREAMS: Final = 50
READINGS: Final = 1_000_000
WARM_UP: Final = 50_000
LIMIT_SECONDS: Final = 300.0
GRID: Final = GridCode("3301")
RULES: Final = {
    "detectors": [
        {
            "name": "high",
            "detector": "threshold",
            "match": "*",
            "above": 57,
            "hysteresis": 5,
            "for_seconds": 4,
        },
        {
            "name": "rising",
            "detector": "rate",
            "match": "*",
            "change": 8.3,
            "window_seconds": 60,
            "direction": "rise",
            "confirm": 3,
        },
        {"name": "silence", "detector": "silence", "match": "*"},
    ]
}


def mosquitto() -> str | None:
    """Find Mosquitto: `TOCSIN_MOSQUITTO`, the path, or Debian's place."""
    named = os.environ.get("TOCSIN_MOSQUITTO")
    return named or shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


async def run(*, readings: int = READINGS) -> dict[str, object]:
    """Measure once; takes about half a minute."""
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        directory = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="tocsin-bench-"))
        stack.push_async_callback(asyncio.to_thread, shutil.rmtree, directory, ignore_errors=True)
        port, broker = await stack.enter_async_context(measured_broker(directory))
        source = await stack.enter_async_context(_database(directory))
        mqtt = MqttConfig(port=port, client_id="bench")
        transport = await stack.enter_async_context(MqttTransport(mqtt, clock=clock))
        config = DetectorsConfig.model_validate(RULES)
        service = IngestService(
            transport,
            PgFlushStore(source),
            IngestConfig(),
            clock=clock,
            rules=RulesBook.fixed(lambda _partition: StreamBank(config, at="centre")),
            attach=_nobody,
            pictures=_no_pictures,
            holder="bench",
        )
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(service.run(stop))
            try:
                await _connected(transport)
                seconds = await _load(port, readings, clock)
            finally:
                stop.set()
    return {
        "readings_per_s": round(readings / seconds),
        "seconds": round(seconds, 2),
        "readings": readings,
        "ran_on": {
            "broker": broker,
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "machine": platform.machine(),
            "streams": COLLECTORS * STREAMS,
            "batch": STREAMS,
        },
    }


async def _load(port: int, readings: int, clock: SystemClock) -> float:
    """Publish a warm-up, then what is measured; give the seconds until all of it was committed."""
    warm = WARM_UP // (COLLECTORS * STREAMS)
    rounds = readings // (COLLECTORS * STREAMS)
    begin_us = to_us(clock.now() - timedelta(seconds=warm + rounds + 60))
    before = _stored()
    await _publish(port, 1, warm, begin_us, _until(before + WARM_UP, clock))
    began = clock.monotonic()
    target = before + warm * COLLECTORS * STREAMS + rounds * COLLECTORS * STREAMS
    return await _publish(port, warm + 1, warm + rounds, begin_us, _until(target, clock)) - began


def _stored() -> float:
    return float(metrics.READINGS._value.get())  # noqa: SLF001 - a counter gives its value only so


async def _until(readings: float, clock: SystemClock) -> float:
    """Give the instant at which so many were committed."""
    limit = clock.monotonic() + LIMIT_SECONDS
    while _stored() < readings:
        if clock.monotonic() > limit:
            raise TimeoutError(
                f"{_stored():.0f} of {readings:.0f} readings were stored in {LIMIT_SECONDS:.0f} s"
            )
        await asyncio.sleep(0.01)
    return clock.monotonic()


async def _publish(port: int, first: int, last: int, begin_us: int, taken: Awaitable[float]) -> float:
    """Publish, and hang up only when all is taken: aMQTT drops what it acknowledged of a sender that leaves."""
    numbers = (port, COLLECTORS, STREAMS, first, last, begin_us)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tocsin.bench.publisher", *map(str, numbers), stdin=asyncio.subprocess.PIPE
    )
    try:
        return await taken
    finally:
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


async def _connected(transport: MqttTransport) -> None:
    while not transport.connection:  # noqa: ASYNC110 - the transport tells a number, not an event
        await asyncio.sleep(0.05)


async def _nobody(_flush: Flush, _new: Sequence[IncomingDetection]) -> None:
    """No alarms in this measurement: `bench path` has them."""


async def _no_pictures(_complete: Sequence[PictureHash]) -> None:
    """No pictures either."""


@asynccontextmanager
async def measured_broker(directory: Path) -> AsyncIterator[tuple[int, str]]:
    """Run Mosquitto, or the embedded broker where there is none; give its port and what it is."""
    program = mosquitto()
    if program is None:
        async with embedded_broker(EmbeddedBrokerConfig(port=0, anonymous=True)) as running:
            yield (
                running.port,
                "embedded aMQTT, in the process of ingest: install Mosquitto for the real figure",
            )
        return
    port = free_port()
    settings = directory / "mosquitto.conf"
    settings.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nset_tcp_nodelay true\nuser root\n"
    )
    process = await asyncio.create_subprocess_exec(
        program, "-c", str(settings), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield port, f"Mosquitto ({program})"
    finally:
        process.terminate()
        await process.wait()


def free_port() -> int:
    """Find a port of loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def _database(directory: Path) -> AsyncIterator[Pool]:
    server = await asyncio.to_thread(embedded.start, directory / "postgres")
    try:
        await migrate(server.dsn)
        async with pool(server.dsn) as source:
            async with source.connection() as database:
                await database.execute(
                    "insert into grid (code, name, parent, tier, kind, path, radius_m) "
                    "values (%s, 'V', null, 'village', 'basic', %s, 500)",
                    (GRID, GRID),
                )
                for number in range(COLLECTORS):
                    await database.execute(
                        "insert into collector (id, partition, grid, name, secret_hash) values (%s, %s, %s, 'B', '')",
                        (name(number), number % 64, GRID),
                    )
            yield source
    finally:
        await asyncio.to_thread(embedded.stop, directory / "postgres")
