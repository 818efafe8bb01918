"""What the contract suite cannot ask of both stores: links and newest detections, which tests say."""

from tests.support.response import START, VILLAGE, alarm, in_memory
from tocsin.alerts.alarm_model import Link
from tocsin.core.detections import Kind
from tocsin.core.ids import CollectorId, DeviceId
from tocsin.store.memory.alerts import MemoryAlertsStore

BOX = CollectorId("box")


async def test_a_link_is_lost_while_its_alarm_stands_and_does_not_wait_for_its_end() -> None:
    async with in_memory() as response:
        assert isinstance(response.store, MemoryAlertsStore)
        tables = response.store.tables
        tables.links[BOX] = Link(
            collector=BOX,
            grid=VILLAGE,
            state="offline",
            since=START,
            heard=START,
            interval_seconds=10.0,
            lost=False,
        )
        lost = alarm("link", device=DeviceId("box/link"), kind=Kind.LINK_LOSS, detector="link")
        for changes, expected in (
            ({"raised": True}, True),
            ({"raised": True, "pending": START}, False),
            ({"raised": False, "pending": START}, True),
            ({"raised": False}, False),
        ):
            async with response.store.unit() as unit:
                await unit.save_alarms(
                    [alarm(**{"name": "link", "device": lost.device, "kind": lost.kind, **changes})]
                )
                _, [link] = await unit.links(1)
            assert link.lost is expected
            tables.alarms.clear()
