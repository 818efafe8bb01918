"""A centre whose past is made by the path of production: flushes, pictures, people's words, at chosen instants."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2

from tests.support import centre as town
from tests.support.database import Database
from tests.support.ingest import deliver, envelope
from tests.support.response import travel
from tocsin import pipeline, wiring
from tocsin.alerts import commands as ask
from tocsin.core.clock import SystemClock, to_us
from tocsin.core.detections import Detection
from tocsin.core.frames import Frame, Image
from tocsin.core.ids import CollectorId, DeviceId, IncidentId
from tocsin.core.incidents import Actor
from tocsin.core.wire import AlarmItem, Lane, Senml
from tocsin.edge import pictures
from tocsin.ingest.banks import Banks
from tocsin.ingest.batch import Batch
from tocsin.ingest.decode import Decoder, Message
from tocsin.ingest.flush import Flusher
from tocsin.ingest.ports import CollectorEntry, Lease
from tocsin.town.ports import DevicePlace
from tocsin.wiring import Centre

BOX = CollectorId("mill")
CAMERA = DeviceId("mill/yard")
GAUGE = DeviceId("mill/gauge-1")
PARTITION = 5
DESK = Actor("person", town.DESK)


def long_ago() -> datetime:
    """Give a whole hour two days back: there are partitions of the database for it."""
    now = SystemClock().now().replace(minute=0, second=0, microsecond=0)
    return now.astimezone(UTC) - timedelta(days=2)


@dataclass
class Past:
    """Makes a centre's past."""

    made: Centre
    database: Database
    start: datetime
    lease: Lease
    flusher: Flusher
    seq: dict[Lane, int] = field(default_factory=dict)

    def at(self, seconds: float) -> datetime:
        return self.start + timedelta(seconds=seconds)

    async def flush(self, seconds: float, **values: float) -> None:
        """Let a box send values of its gauge (`level=1.2`) and ingest commit them; none is a tick."""
        at = self.at(seconds)
        await travel(self.database, at)
        items = [Senml(n=f"gauge-1/{name}", v=value, u="m", us=to_us(at)) for name, value in values.items()]
        await self._commit(Batch((self._message(Lane.DATA, items, at),)) if items else Batch())

    async def says(self, detections: Sequence[Detection], seconds: float) -> None:
        """Let the box send detections."""
        at = self.at(seconds)
        await travel(self.database, at)
        items = [AlarmItem(one, raised=True) for one in detections]
        await self._commit(Batch((self._message(Lane.ALARM, items, at),)))

    async def sees(self, seconds: float, image: Image, *, kept: bool = True) -> Frame:
        """Keep a picture of the camera at the centre; gives it as the box's detectors saw it."""
        jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()
        name = pictures.sha256(jpeg)
        if kept:
            await self.made.pictures.put(name, jpeg)
        await self.database.execute(
            "insert into picture (sha256, camera, collector, observed, received, bytes_total, complete, kept) "
            "values (%s, %s, %s, %s, %s, %s, %s, %s)",
            name, CAMERA, BOX, self.at(seconds), self.at(seconds), len(jpeg), kept, kept,
        )  # fmt: skip
        return Frame(CAMERA, self.at(seconds), pictures.decode(jpeg), name)

    async def judge(self, incident: IncidentId, *, real: bool, seconds: float) -> None:
        """Let an operator say what an incident was."""
        await travel(self.database, self.at(seconds))
        command = ask.Confirm() if real else ask.Reject(reason_code="false_alarm")
        await self.made.alerts.command(incident, command, DESK)

    async def returns(self) -> None:
        """Let the database's clock run again."""
        await self.database.execute(
            "create or replace function tocsin_clock() returns timestamptz language sql volatile as 'select clock_timestamp()'"
        )

    async def incidents(self) -> list[tuple[IncidentId, datetime]]:
        rows = await self.database.execute("select id, opened from incident order by opened, id")
        return [(IncidentId(name), opened) for name, opened in rows]

    def _message(self, lane: Lane, items: list[Senml] | list[AlarmItem], at: datetime) -> Message:
        self.seq[lane] = self.seq.get(lane, 0) + 1
        sealed = envelope(
            self.seq[lane],
            items,
            lane=lane,
            collector=BOX,
            sent=to_us(at),
            mono=to_us(at) - to_us(self.start),
        )
        decoded = Decoder(self.flusher.collectors).decode(deliver(sealed, partition=PARTITION))
        assert isinstance(decoded, Message), decoded
        return decoded

    async def _commit(self, batch: Batch) -> None:
        await self.flusher.commit(self.lease, batch, [PARTITION], _nothing)


async def _nothing() -> None:
    """The lease lasts as long as a test."""


@asynccontextmanager
async def past(
    database: Database, folder: Path, detectors: str | None = None, **more: object
) -> AsyncIterator[Past]:
    """Give a centre with one village, one box with a gauge and a camera, and no past."""
    if detectors is not None:
        path = folder / "current.yaml"
        path.write_text(detectors)
        more["detectors"] = str(path)
    start = long_ago()
    await travel(database, start)
    async with town.settled(database.dsn, folder, **more) as made:
        await made.admin.add_collector(
            CollectorEntry(
                id=BOX, partition=PARTITION, grid=town.MILL, name="Mill", enabled=True, secret_hash="x"
            )
        )
        await made.town.add_devices(
            [
                DevicePlace(device=CAMERA, collector=BOX, kind="camera", name="Yard", grid=town.MILL),
                DevicePlace(device=GAUGE, collector=BOX, kind="sensor", name="Gauge", grid=town.MILL),
            ]
        )
        banks = Banks(made.flushes, made.rules.book, replay_flushes=100)
        attach = pipeline.attach(made.alerts, wiring.unit_of)
        flusher = Flusher(made.flushes, banks, attach, snapshot_seconds=30)
        flusher.collectors = await made.flushes.collectors()
        lease = await made.flushes.acquire(0, "one", 10_000_000)
        assert lease is not None
        yield Past(made, database, start, lease, flusher)
