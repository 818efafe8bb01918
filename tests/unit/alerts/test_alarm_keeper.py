from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from structlog.testing import capture_logs

from tests.support.api import FakeBoard
from tests.support.site import NOON, Site
from tocsin.alerts import alarm_keeper, metrics
from tocsin.alerts.alarm_keeper import PUT_OFF, AlarmKeeper
from tocsin.alerts.alarm_ports import StandingRow
from tocsin.alerts.config import AlarmKeeperConfig
from tocsin.alerts.policy_book import PolicyBook
from tocsin.alerts.ports import Alarm, AlertsUnit
from tocsin.core.errors import Transient
from tocsin.core.ids import PersonId


async def made() -> Site:
    site = Site()
    await site.policies.keep(site.store)
    return site


def keeper(site: Site, board: FakeBoard | None = None, **config: float) -> AlarmKeeper:
    return AlarmKeeper(
        site.store, site.policies, board or FakeBoard(), AlarmKeeperConfig(**config), site.clock
    )


async def test_what_is_due_is_stepped_and_nothing_else() -> None:
    site = await made()
    await site.at("00:00").sees("cam-1", "video_loss").sees("cam-2", "tamper")
    keep = keeper(site)
    assert await keep.turn() == 0
    site.clock.jump(NOON + timedelta(seconds=30))
    assert await keep.turn() == 1
    assert await keep.turn() == 0
    assert site.alarm("cam-2", "tamper").raised
    assert not site.alarm("cam-1", "video_loss").raised


async def test_a_keeper_runs_until_it_is_stopped_and_goes_on_after_a_fault(monkeypatch) -> None:
    site = await made()
    await site.at("00:00").sees("cam-1", "video_loss")
    site.clock.jump(NOON + timedelta(seconds=60))
    real, faults = alarm_keeper.review_due, [Transient("the database is away")]

    async def review(unit: AlertsUnit, policies: PolicyBook, most: int) -> Sequence[Alarm]:
        if faults:
            raise faults.pop()
        return await real(unit, policies, most)

    monkeypatch.setattr(alarm_keeper, "review_due", review)
    monkeypatch.setattr(alarm_keeper, "BACK_OFF_SECONDS", (0.001, 0.001))
    stop = asyncio.Event()
    keep = keeper(site, wait_seconds_max=0.01)
    with capture_logs() as lines:
        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            group.create_task(keep.run(stop))
            while not site.alarm("cam-1", "video_loss").raised:
                await asyncio.sleep(0.001)
            stop.set()
    assert [line["event"] for line in lines if line["log_level"] == "warning"] == ["alarm_keeper.failed"]


async def test_an_alarm_that_cannot_be_stepped_is_put_off_and_holds_nobody_up(monkeypatch) -> None:
    site = await made()
    await site.at("00:00").sees("cam-1", "video_loss").sees("cam-2", "video_loss")
    site.clock.jump(NOON + timedelta(seconds=60))
    broken = site.alarm("cam-1", "video_loss").id
    real = alarm_keeper.review

    async def all_fail(unit: AlertsUnit, policies: PolicyBook, most: int) -> Sequence[Alarm]:
        raise ValueError("bug")

    async def one_fails(unit: AlertsUnit, policies: PolicyBook, alarm: str) -> object:
        if alarm == broken:
            raise ValueError("bug")
        return await real(unit, policies, alarm)

    monkeypatch.setattr(alarm_keeper, "review_due", all_fail)
    monkeypatch.setattr(alarm_keeper, "review", one_fails)
    with capture_logs() as lines:
        assert await keeper(site).turn() == 2
    assert [line["event"] for line in lines] == ["alarm_keeper.batch_failed", "alarm.undecidable"]
    assert site.alarm("cam-1", "video_loss").due == site.clock.now() + PUT_OFF
    assert site.alarm("cam-2", "video_loss").raised


async def test_the_figures_count_what_an_operator_must_know() -> None:
    site = await made()
    await site.at("00:00").sees("cam-1").sees("cam-2", "crowding").sees("smoke-1", "intrusion")
    await site.desk.shelve(
        "", site.alarm("cam-2", "crowding").id, PersonId("ann"), reason="known", span=timedelta(minutes=30)
    )
    board = FakeBoard()
    board.rows = [StandingRow(alarm=one, grid_path="1") for one in site.store.tables.alarms.values()]
    assert await keeper(site, board).figures() == {
        "raised": 3,
        "stale": 0,
        "chattering": 0,
        "shelved": 1,
        "suppressed": 0,
        "out_of_service": 0,
    }
    site.clock.jump(NOON + timedelta(days=2))
    assert (await keeper(site, board).figures())["stale"] == 3
    stop = asyncio.Event()
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(keeper(site, board, wait_seconds_max=0.01).run(stop))
        while metrics.ALARMS_STANDING.labels("stale")._value.get() != 3:
            await asyncio.sleep(0.001)
        stop.set()
