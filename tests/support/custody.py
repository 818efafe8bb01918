"""The processes that the custody test kills: `python -m tests.support.custody ROLE …`.

`box` puts numbered readings into a real outbox with a real uplink and writes each number to a journal
once the outbox has it; `broker` is the embedded one; `centre` ingests and fires deadlines.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections.abc import Sequence
from pathlib import Path

from tocsin.alerts.config import EscalatorConfig, PolicyConfig
from tocsin.alerts.escalator import Escalator
from tocsin.alerts.policy_book import PolicyBook
from tocsin.alerts.service import AlertService
from tocsin.broker import EmbeddedBrokerConfig, embedded_broker
from tocsin.core.clock import SystemClock, to_us
from tocsin.core.ids import CollectorId
from tocsin.core.wire import ClockState, Command, Lane, Senml, pack_items
from tocsin.detectors.bank import StreamBank
from tocsin.detectors.config import DetectorsConfig
from tocsin.edge.config import BrokerConfig
from tocsin.edge.outbox import Outbox
from tocsin.edge.outbox_file import Draft
from tocsin.edge.sending import Urgency
from tocsin.edge.uplink import Uplink
from tocsin.ingest.config import IngestConfig, MqttConfig
from tocsin.ingest.mqtt import MqttTransport
from tocsin.ingest.ports import Flush, IncomingDetection
from tocsin.ingest.rules import RulesBook
from tocsin.ingest.service import IngestService
from tocsin.store.alerts import PgAlertsStore
from tocsin.store.config import StoreConfig
from tocsin.store.connect import pool
from tocsin.store.field import PgFlushStore
from tocsin.store.wakeups import Wakeups

BATCH = 10
PAUSE = 0.02


async def broker(port: str) -> None:
    async with embedded_broker(EmbeddedBrokerConfig(port=int(port), anonymous=True)):
        await asyncio.Event().wait()


async def box(port: str, name: str, directory: str, run: str) -> None:
    """Values are run * 1,000,000 + a count, so that no two puts ever carry the same."""
    clock = SystemClock()
    outbox = Outbox(
        Path(directory) / "outbox.sqlite",
        collector=CollectorId(name),
        clock=clock,
        boot=f"{name}-{run}",
        bytes_max=1 << 30,
        days_max=7,
    )
    uplink = Uplink(
        collector=CollectorId(name),
        partition=3,
        config=BrokerConfig(port=int(port)),
        outbox=outbox,
        clock=clock,
        on_command=_ignore,
        chance=random.Random(),
    )
    quiet = Path(directory) / "quiet"
    async with asyncio.TaskGroup() as group:
        group.create_task(uplink.run(asyncio.Event()))
        journal = os.open(Path(directory) / "journal", os.O_APPEND | os.O_CREAT | os.O_WRONLY)
        value = int(run) * 1_000_000
        while not quiet.exists():
            numbers = range(value, value + BATCH)
            now_us = to_us(clock.now())
            items = [
                Senml(n="a/b", v=float(number), u="1", us=now_us + place)
                for place, number in enumerate(numbers)
            ]
            await outbox.put(Draft(Lane.DATA, Urgency.LIVE, pack_items(items), BATCH, ClockState.SYNCED))
            os.write(journal, "".join(f"{number}\n" for number in numbers).encode())
            value += BATCH
            await asyncio.sleep(PAUSE)


async def _ignore(_command: Command) -> None:
    """No sirens here."""


async def centre(dsn: str, port: str) -> None:
    clock = SystemClock()
    stop = asyncio.Event()
    wakeups = Wakeups(dsn)
    async with pool(dsn, StoreConfig(acquire_seconds=30)) as connections:
        alerts = PgAlertsStore(connections, wakeups)
        service = AlertService(alerts, PolicyBook.read(PolicyConfig()))
        rules = DetectorsConfig.model_validate(
            {"detectors": [{"name": "silence", "detector": "silence", "match": "*"}]}
        )
        mqtt = MqttConfig(port=int(port), reconnect_seconds_max=0.5)
        async with MqttTransport(mqtt, clock=clock) as transport, asyncio.TaskGroup() as group:
            ingest = IngestService(
                transport,
                PgFlushStore(connections),
                IngestConfig(lease_seconds=2, retry_seconds_max=0.3, receipt_seconds=0.3),
                clock=clock,
                rules=RulesBook.fixed(lambda _partition: StreamBank(rules, at="centre")),
                attach=_attach,
                pictures=_pictures,
                holder=f"centre-{os.getpid()}",
            )
            group.create_task(wakeups.run())
            group.create_task(ingest.run(stop))
            group.create_task(Escalator(alerts, service, EscalatorConfig(), clock).run(stop))


async def _attach(_flush: Flush, _new: Sequence[IncomingDetection]) -> None:
    """What detections become is tested elsewhere."""


async def _pictures(_complete: Sequence[str]) -> None:
    """No pictures here."""


if __name__ == "__main__":
    asyncio.run({"broker": broker, "box": box, "centre": centre}[sys.argv[1]](*sys.argv[2:]))
