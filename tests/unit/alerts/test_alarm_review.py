from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.site import NOON, Site
from tocsin.alerts.alarm_review import review, review_due
from tocsin.alerts.ports import Alarm
from tocsin.core.errors import Conflict
from tocsin.core.ids import AlarmId
from tocsin.store.memory.alarms import MemoryAlarmUnit


async def made() -> Site:
    site = Site()
    await site.policies.keep(site.store)
    await site.at("00:00").sees("cam-1", "video_loss")
    site.clock.jump(NOON + timedelta(seconds=60))
    return site


async def test_a_review_that_fails_leaves_the_alarm_due() -> None:
    site = await made()

    async def fail() -> None:
        async with site.store.unit() as unit:
            assert len(await review_due(unit, site.policies, 10)) == 1
            raise Conflict("killed before the commit")

    with pytest.raises(Conflict):
        await fail()
    assert site.annunciations() == 0
    async with site.store.unit() as unit:
        assert len(await review_due(unit, site.policies, 10)) == 1
    assert site.annunciations() == 1


async def test_what_another_has_stepped_meanwhile_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    site = await made()

    async def moved_on(self: MemoryAlarmUnit, alarms: Sequence[AlarmId]) -> Sequence[Alarm]:
        return [replace(one, due=None) for one in await self.look_at(alarms)]

    monkeypatch.setattr(MemoryAlarmUnit, "hold_alarms", moved_on)
    async with site.store.unit() as unit:
        assert await review_due(unit, site.policies, 10) == []
    assert site.annunciations() == 0


async def test_an_alarm_that_another_holds_is_tried_again_by_the_caller(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = await made()

    async def held(self: MemoryAlarmUnit, alarms: Sequence[AlarmId]) -> Sequence[Alarm]:
        return []

    monkeypatch.setattr(MemoryAlarmUnit, "hold_alarms", held)
    async with site.store.unit() as unit:
        with pytest.raises(Conflict):
            await review(unit, site.policies, site.alarm("cam-1", "video_loss").id)


async def test_an_alarm_that_does_not_exist_is_no_fault() -> None:
    site = await made()
    async with site.store.unit() as unit:
        assert await review(unit, site.policies, AlarmId("nobody")) is None
