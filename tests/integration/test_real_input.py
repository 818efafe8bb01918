"""Real input to a called village: a clip of a fire and a measured house fire through box, broker, centre and log channel."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.support.centre import DESK, MILL, WEIR, box, collector_file, eventually, know, serving, settled
from tests.support.database import Database
from tocsin.alerts.commands import Confirm
from tocsin.alerts.ports import IncidentFilter, IncidentRow, NoticeRow
from tocsin.core.detections import Kind
from tocsin.core.incidents import Actor, Called, Confirmed, NoticeSettled, Opened, State, TierActivated
from tocsin.core.responders import Channel
from tocsin.wiring import Centre

SHARED = Path(os.environ.get("TOCSIN_SHARED", Path(__file__).parents[3] / "shared")) / "data"
pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(not SHARED.is_dir(), reason=f"no real material at {SHARED}: set TOCSIN_SHARED"),
]
CLIP = SHARED / "video" / "fire-smoke" / "indoor_battery_fire_cctv.mp4"
HOUSE = SHARED / "sensors" / "nist_smoke_alarms" / "NIST_Smoke_Alarms_SDC02.csv"
SMOKE_METERS = ("SMD_1", "SME_1", "SMF_1")
"""Meters of three rooms, optical density per metre; the first of them reaches 0.1 at 64 s."""


@pytest.fixture
async def town(database: Database, tmp_path: Path) -> AsyncIterator[Centre]:
    async with settled(database.dsn, tmp_path) as made, serving(made):
        yield made


def incident_of(town: Centre, kinds: set[Kind], grid: str) -> Callable[[], Awaitable[IncidentRow | None]]:
    async def look() -> IncidentRow | None:
        rows = await town.queries.incidents(IncidentFilter(scope="", open=True))
        return next((row for row in rows if row.kind in kinds and row.grid == grid), None)

    return look


async def assert_called(town: Centre, incident: IncidentRow, person: str) -> None:
    """The village was told over the log channel, and the chained log shows every step and proves itself."""

    async def told() -> NoticeRow | None:
        notices = await town.queries.notices(incident.id)
        calls = [one for one in notices if one.template == "call" and one.person == person]
        return next((one for one in calls if one.state in {"sent", "delivered"}), None)

    notice = await eventually(town, told)
    assert notice.channel is Channel.LOG
    assert notice.tier == "village"

    async def settled_in_the_log() -> list[object] | None:
        records = await town.queries.log(incident.id)
        named = [one.event for one in records if isinstance(one.event, NoticeSettled)]
        return [one.event for one in records] if any(one.notice == notice.id for one in named) else None

    events = await eventually(town, settled_in_the_log)
    order = [
        next(place for place, event in enumerate(events) if isinstance(event, step))
        for step in (Opened, Confirmed, TierActivated, Called, NoticeSettled)
    ]
    assert order == sorted(order)
    assert await town.queries.verify_chain(incident.id)


async def test_a_camera_sees_a_battery_fire_and_the_village_is_called(town: Centre, tmp_path: Path) -> None:
    camera = {"type": "file", "name": "kitchen", "path": str(CLIP), "key_frames_only": False}
    await know(town, "mill-box", MILL)
    file = collector_file(town, tmp_path / "mill", "mill-box", cameras=[{**camera, "interval_seconds": 0.5}])
    async with box(file):
        incident = await eventually(town, incident_of(town, {Kind.SMOKE, Kind.FIRE}, MILL), seconds=60)
        assert incident.device == "mill-box/kitchen"
        assert incident.state is State.RECEIVED  # one uncertified camera confirms nothing by itself
        confirmed = await town.alerts.command(incident.id, Confirm(), Actor("person", DESK))
        assert confirmed.state is not State.RECEIVED
        await assert_called(town, incident, "ann")
        evidence = await town.queries.evidence(incident.id)
        assert {one.detection.device for one in evidence} == {"mill-box/kitchen"}


async def test_smoke_meters_of_a_measured_house_fire_call_the_village(town: Centre, tmp_path: Path) -> None:
    """Ten times as fast as it burnt, stamped on replay: limits and agreement hold, rates would not."""
    columns = {name: {"stream": f"{name}/smoke"} for name in SMOKE_METERS}
    replay = {"type": "csv", "name": "house", "path": str(HOUSE), "time_column": "TIME", "pace": 10}
    await know(town, "weir-box", WEIR)
    file = collector_file(
        town,
        tmp_path / "weir",
        "weir-box",
        sensors=[{**replay, "time_format": "elapsed", "columns": columns}],
    )
    async with box(file):
        incident = await eventually(town, incident_of(town, {Kind.SMOKE}, WEIR), seconds=60)
        if incident.state is State.RECEIVED:
            await town.alerts.command(incident.id, Confirm(), Actor("person", DESK))
        await assert_called(town, incident, "bob")
        stored = await town.field_queries.latest("", device=None, most=100)
        assert {one.stream for one in stored} == {f"weir-box/{name}/smoke" for name in SMOKE_METERS}
