from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.site import NOON, TOWNSHIP, VILLAGE, Site
from tocsin.alerts.alarm_desk import inside
from tocsin.alerts.alarm_model import AlarmState
from tocsin.core.detections import Kind
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.frames import Box
from tocsin.core.ids import AlarmId, DeviceId, GridCode, PersonId

ANN = PersonId("ann")
HERE = f"330110.{TOWNSHIP}.{VILLAGE}"
ELSEWHERE = "330110.330110105"
HOUR = timedelta(hours=1)


async def made() -> Site:
    site = Site()
    await site.policies.keep(site.store)
    box = Box(0.25, 0.25, 0.25, 0.25)
    await site.at("00:00").sees("cam-1", boxes=(box,))
    return site


@pytest.mark.parametrize("scope", ["", "330110", f"330110.{TOWNSHIP}", HERE])
async def test_an_alarm_is_shelved_by_whoever_looks_after_its_place(scope: str) -> None:
    site = await made()
    await site.desk.shelve(scope, site.alarm("cam-1").id, ANN, reason="known", span=HOUR)
    assert site.alarm_state("cam-1") == "shelved"
    assert site.journal("cam-1") == ["raised", "shelved"]


async def test_what_lies_elsewhere_does_not_exist() -> None:
    site = await made()
    alarm, desk = site.alarm("cam-1").id, site.desk
    window = await desk.add_window(
        "", ANN, grid=VILLAGE, device=None, since=NOON, until=NOON + HOUR, reason="a"
    )
    spot = await desk.add_spot("", alarm, ANN, whole=False, days=1, reason="chimney")
    for refused in (
        desk.shelve(ELSEWHERE, alarm, ANN, reason="known", span=HOUR),
        desk.unshelve(ELSEWHERE, alarm, ANN),
        desk.unshelve("", AlarmId("nobody"), ANN),
        desk.add_spot(ELSEWHERE, alarm, ANN, whole=True, days=1, reason="a"),
        desk.end_spot(ELSEWHERE, spot.id, ANN),
        desk.end_spot("", "nothing", ANN),
        desk.end_window(ELSEWHERE, window.id, ANN),
        desk.end_window("", "nothing", ANN),
        desk.add_window(ELSEWHERE, ANN, grid=VILLAGE, device=None, since=NOON, until=NOON + HOUR, reason="a"),
        desk.add_window(
            ELSEWHERE, ANN, grid=None, device=DeviceId("box"), since=NOON, until=NOON + HOUR, reason="a"
        ),
        desk.add_window(
            "", ANN, grid=None, device=DeviceId("no/body"), since=NOON, until=NOON + HOUR, reason="a"
        ),
    ):
        with pytest.raises(NotFound):
            await refused


async def test_a_window_is_of_a_grid_or_a_device_and_the_same_again_is_one() -> None:
    site = await made()
    until = NOON + HOUR

    async def add(grid: GridCode | None, device: DeviceId | None) -> str:
        made = await site.desk.add_window(
            "", ANN, grid=grid, device=device, since=NOON, until=until, reason="works"
        )
        return made.id

    for grid, device in ((None, None), (VILLAGE, DeviceId("box"))):
        with pytest.raises(Rejected, match="and not both"):
            await add(grid, device)
    assert await add(VILLAGE, None) == await add(VILLAGE, None)
    assert await add(None, DeviceId("box")) != await add(VILLAGE, None)
    [first] = [one for one in site.store.tables.windows.values() if one.grid is not None]
    assert first.grid_path == HERE
    await site.desk.end_window(HERE, first.id, ANN)
    await site.desk.end_window(HERE, first.id, ANN)
    assert site.store.tables.windows[first.id].ended == NOON
    assert await add(VILLAGE, None) != ""


async def test_a_spot_is_that_of_the_newest_detection_and_the_same_again_is_one() -> None:
    site = await made()
    alarm = site.alarm("cam-1").id
    spot = await site.desk.add_spot(HERE, alarm, ANN, whole=False, days=3, reason="chimney")
    assert (spot.device, spot.kind, spot.box) == ("box/cam-1", Kind.SMOKE, Box(0.25, 0.25, 0.25, 0.25))
    assert spot.until == NOON + timedelta(days=3)
    assert (await site.desk.add_spot(HERE, alarm, ANN, whole=False, days=9, reason="again")).id == spot.id
    whole = await site.desk.add_spot(HERE, alarm, ANN, whole=True, days=3, reason="lens")
    assert (whole.id == spot.id, whole.box) == (False, None)
    await site.desk.end_spot(HERE, spot.id, ANN)
    await site.desk.end_spot(HERE, spot.id, ANN)
    assert site.store.tables.spots[spot.id].ended == NOON
    for days in (0, 91):
        with pytest.raises(Rejected, match="1 to 90 days"):
            await site.desk.add_spot(HERE, alarm, ANN, whole=True, days=days, reason="a")


async def test_taking_back_what_is_not_shelved_changes_nothing() -> None:
    site = await made()
    before = site.alarm("cam-1")
    await site.desk.unshelve(HERE, before.id, ANN)
    assert site.alarm("cam-1") == before


async def test_the_marks_of_an_alarm_are_those_of_its_place() -> None:
    site = await made()
    alarm = site.alarm("cam-1")
    marks = site.desk.marks(alarm, HERE, NOON + timedelta(hours=25))
    assert (marks.state, marks.stale, marks.chattering) == (AlarmState.UNACKNOWLEDGED, True, False)


def test_a_scope_holds_its_subtree() -> None:
    assert inside("", HERE)
    assert inside(HERE, HERE)
    assert not inside(HERE, f"{HERE}9")
