from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from tests.support.site import VILLAGE, Site, story
from tocsin.alerts.ports import Intake
from tocsin.core.detections import Phase
from tocsin.core.errors import Conflict
from tocsin.core.ids import DeviceId, GridCode
from tocsin.core.incidents import Actor


async def made() -> Site:
    site = Site()
    await site.policies.keep(site.store)
    return site


def intake(site: Site, device: str = "cam-1", kind: str = "smoke", phase: Phase = Phase.RAISE) -> Intake:
    return site.at("00:00")._intake(device, kind, 0.5, 0.0, phase, raised=phase is Phase.RAISE)


async def test_an_incident_is_opened_by_the_collector_that_saw_it() -> None:
    site = await made()
    await site.take_in(intake(site))
    assert site.log()[0].actor == Actor("collector", "box")
    assert site.events() == ["opened", "alarm_attached"]


async def test_a_device_that_nobody_placed_stands_where_its_collector_does() -> None:
    site = await made()
    await site.take_in(intake(site, "new-sensor"))
    assert site.incident().grid == VILLAGE


async def test_a_collector_that_nobody_placed_stands_where_ingest_says() -> None:
    site = await made()
    site.town.sites.clear()
    await site.take_in(intake(site))
    assert site.incident().grid == VILLAGE


async def test_a_detection_from_nowhere_is_said_and_holds_nobody_up() -> None:
    site = await made()
    lost = intake(site, "cam-2")
    site.town.sites.clear()
    nowhere = Intake(
        detection=lost.detection, age=lost.age, raised=True, grid=GridCode("999"), began=lost.began
    )
    with capture_logs() as lines:
        await site.take_in(nowhere, intake(site))
    assert [line["event"] for line in lines] == ["intake.nowhere"]
    assert site.incident().device == DeviceId("box/cam-1")


async def test_an_alarm_of_an_ended_incident_opens_a_new_one_in_the_same_flush() -> None:
    site = await made()
    await site.take_in(intake(site))
    await site.at("00:10").rejects("ann")
    await site.at("00:20").sees_no_more("cam-1")
    await site.at("20:00").sees("cam-1").incidents(2)
    alarm = next(iter(site.store.tables.alarms.values()))
    assert (alarm.incident, alarm.count) == (site.incident(1).id, 2)


async def test_alarms_are_kept_when_no_incident_follows() -> None:
    site = await made()
    await site.take_in(intake(site, kind="tamper"))
    assert len(site.store.tables.alarms) == 1
    assert site.store.tables.incidents == {}


async def test_a_flush_that_fails_leaves_nothing() -> None:
    site = await made()

    async def flush() -> None:
        async with site.store.unit() as unit:
            await site.service.intake(unit, [intake(site)])
            raise Conflict("ledger")

    with pytest.raises(Conflict):
        await flush()
    assert site.store.tables.alarms == {}
    assert site.store.tables.incidents == {}


async def test_an_empty_flush_asks_nothing() -> None:
    site = await made()
    await site.take_in()
    site.clock.advance(timedelta(seconds=1))
    assert site.store.tables.alarms == {}


async def test_an_alarm_that_grows_worse_after_its_incident_ended_opens_a_new_one() -> None:
    async with story() as site:
        await site.at("00:00").sees("cam-1")
        await site.at("00:10").rejects("ann")
        await site.at("00:20").sees("cam-1", severity=0.95).incidents(2)
        await site.at("00:30").rejects("ann", number=1)
