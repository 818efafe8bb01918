"""What broken boxes, foreign clients and wrong clocks send, through a real broker into ingest.

Every case is followed by a sound batch, which must be stored: nothing lost, nothing crashed.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import aiomqtt
import pytest

from tests.support.edge import picture
from tests.support.ingest import NOON_US, SECOND, Site, envelope, level
from tocsin.broker import EmbeddedBrokerConfig, embedded_broker
from tocsin.core.clock import SystemClock, to_us
from tocsin.core.errors import Rejected
from tocsin.core.ids import CollectorId, DeviceId, PictureHash
from tocsin.core.readings import Quality
from tocsin.core.wire import Envelope, Lane, MediaChunk, seal, up_topic
from tocsin.edge import pictures
from tocsin.ingest.config import MqttConfig
from tocsin.ingest.mqtt import MqttTransport
from tocsin.ingest.ports import LedgerKey

DATA = up_topic(3, CollectorId("weir"), "data")
LAST = 1_000
"""The number of the sound batch that ends every case."""


class Line:
    """A client that may publish anything, and the centre behind the broker."""

    def __init__(self, site: Site, client: aiomqtt.Client) -> None:
        self.site = site
        self._client = client

    async def send(self, *sealed: Envelope | bytes) -> None:
        for one in sealed:
            if isinstance(one, Envelope):
                await self._client.publish(up_topic(3, one.collector, one.lane.value), seal(one), qos=1)
            else:
                await self._client.publish(DATA, one, qos=1)

    async def goes_on(self) -> None:
        """Send the sound batch and wait until it is stored."""
        await self.send(envelope(LAST, [level(42.0)]))
        async with asyncio.timeout(20):
            while 42.0 not in self.site.stored():
                await asyncio.sleep(0.01)

    def values(self) -> list[float | None]:
        return [value for value in self.site.stored() if value != 42.0]

    def codes(self) -> list[str]:
        return [held.code for held in self.site.state.quarantined]


@asynccontextmanager
async def centre() -> AsyncIterator[Line]:
    async with embedded_broker(EmbeddedBrokerConfig(port=0, anonymous=True)) as broker:
        site = Site()
        config = MqttConfig(port=broker.port, probe=False, reconnect_seconds_max=0.2)
        async with MqttTransport(config, clock=SystemClock()) as transport:
            site.transport = transport  # type: ignore[assignment]  # the real one
            stop = asyncio.Event()
            async with asyncio.TaskGroup() as group, aiomqtt.Client("127.0.0.1", broker.port) as client:
                group.create_task(site.service().run(stop))
                async with asyncio.timeout(10):
                    while not transport.connection:
                        await asyncio.sleep(0.01)
                try:
                    yield Line(site, client)
                finally:
                    stop.set()


async def test_a_message_of_twenty_megabytes() -> None:
    async with centre() as line:
        await line.send(b"x" * 20_000_000)
        await line.goes_on()
        assert line.codes() == ["envelope.too_large"]


async def test_invalid_utf_8() -> None:
    async with centre() as line:
        whole = seal(envelope(1, [level(1.0, name="gauge-1/level")]))
        await line.send(whole.replace(b"gauge-1", b"\xff\xfe\xfd-\xff\xff1"), b"\xff" * 40)
        await line.goes_on()
        assert sorted(line.codes()) == ["envelope.form", "items.form"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
async def test_a_value_that_is_no_number(value: float) -> None:
    async with centre() as line:
        await line.send(envelope(1, [level(value), level(1.0, seconds=1)]))
        await line.goes_on()
        assert line.values() == [None, 1.0]


@pytest.mark.parametrize("year", [2000, 2099])
async def test_a_clock_of_another_century(year: int) -> None:
    wrong = datetime(year, 6, 1, tzinfo=UTC)
    off = to_us(wrong) - NOON_US
    async with centre() as line:
        await line.send(envelope(1, [level(1.0, seconds=off / SECOND)], sent=to_us(wrong)))
        await line.goes_on()
        [stored] = [one for one in line.site.state.readings if one.value == 1.0]
        assert stored.observed_us == to_us(wrong), "raw time is never overwritten"
        assert abs(stored.at_us - stored.received_us) < 60 * SECOND
        assert year == 2099 or stored.quality & Quality.TIME_OUT_OF_RANGE


async def test_an_unknown_collector() -> None:
    async with centre() as line:
        await line.send(envelope(1, [level(7.0)], collector=CollectorId("nobody")))
        await line.goes_on()
        assert line.codes() == ["collector.unknown"]
        assert line.values() == []


async def test_duplicated_batches() -> None:
    async with centre() as line:
        batches = [envelope(seq, [level(float(seq), seconds=seq / 10)]) for seq in range(1, 6)]
        await line.send(*batches, *batches, *batches)
        await line.goes_on()
        assert line.values() == [1.0, 2.0, 3.0, 4.0, 5.0]


async def test_reordered_batches() -> None:
    async with centre() as line:
        batches = [envelope(seq, [level(float(seq), seconds=seq / 10)]) for seq in (4, 2, 5, 1, 3)]
        await line.send(*batches)
        await line.goes_on()
        assert sorted(value or 0.0 for value in line.values()) == [1.0, 2.0, 3.0, 4.0, 5.0]
        entry = line.site.state.ledger[LedgerKey(CollectorId("weir"), 7, Lane.DATA)]
        assert entry.committed == ((1, 5), (LAST, LAST))


@pytest.mark.parametrize("damage", ["cut off", "in the middle"])
async def test_a_damaged_picture(damage: str) -> None:
    whole = picture(1)
    half = len(whole) // 2
    broken = whole[:half] if damage == "cut off" else whole[:half] + b"\xa5" * 64 + whole[half + 64 :]

    def piece(seq: int, sent: bytes, total: int) -> Envelope:
        named = PictureHash(hashlib.sha256(whole).hexdigest())
        chunk = MediaChunk(named, DeviceId("weir/cam-1"), NOON_US, total, 0, sent)
        return envelope(seq, [chunk], lane=Lane.MEDIA)

    async with centre() as line:
        await line.send(piece(1, broken, len(whole)))
        await line.goes_on()
        assert line.site.complete == [], "its hash does not fit"
        await line.send(piece(2, whole, len(whole)))
        if damage == "in the middle":
            async with asyncio.timeout(10):
                while not line.site.complete:
                    await asyncio.sleep(0.01)
    if damage == "cut off":
        with pytest.raises(Rejected, match="cut off"):
            pictures.decode(broken)
