"""Incidents of a replay come from the rules of production, and from nothing else."""

from __future__ import annotations

import itertools
from datetime import timedelta

from tests.support.response import GRIDS, START, STREET, TOWN, VILLAGE
from tocsin.alerts.alarm_model import FalseSpot
from tocsin.alerts.policy_book import PolicyBook
from tocsin.alerts.ports import Site
from tocsin.core.detections import Detection, Evidence, Kind, Phase
from tocsin.core.grids import Position
from tocsin.core.ids import DetectionId, DeviceId, PersonId, StreamId, collector_of, derived_id
from tocsin.evaluate.happenings import CLOSED_AFTER, Places, Said, happenings
from tocsin.evaluate.replay import Happening, Source

HOME = next(grid for grid in GRIDS if grid.code == VILLAGE)
FAR = next(grid for grid in GRIDS if grid.code == STREET)
CAMERA = DeviceId("box/camera-1")


def places(**more: object) -> Places:
    return Places(
        grids=GRIDS,
        sites={
            DeviceId("box"): Site(device=DeviceId("box"), grid=HOME, township=TOWN, place=None),
            DeviceId("far"): Site(
                device=DeviceId("far"), grid=FAR, township=TOWN, place=Position(30.35, 119.5)
            ),
        },
        **more,  # type: ignore[arg-type]
    )


def said(
    seconds: float,
    phase: Phase = Phase.RAISE,
    kind: Kind = Kind.FIRE,
    device: str = CAMERA,
    *,
    late: float = 0,
    severity: float = 0.9,
) -> Said:
    at = START + timedelta(seconds=seconds)
    one = Detection(
        id=DetectionId(derived_id(device, kind, phase, str(seconds))),
        collector=collector_of(device),
        device=DeviceId(device),
        stream=StreamId(device),
        detector=kind.value,
        version="test/1+0",
        kind=kind,
        phase=phase,
        observed=at,
        score=1.0,
        reason="drawn",
        reason_code="test.drawn",
        severity=severity,
        evidence=Evidence(first=at, last=at),
    )
    return Said(at + timedelta(seconds=late), one)


async def run(*heard: Said, **more: object) -> list[Happening]:
    found, forgotten = await happenings(heard, PolicyBook({}), places(**more), progress=lambda part: None)
    assert forgotten == 0
    return found


async def test_a_raise_that_lasts_is_an_incident() -> None:
    (one,) = await run(said(0), said(600, Phase.CLEAR))

    assert (one.kind, one.grid, one.began, one.devices) == (Kind.FIRE, VILLAGE, START, (CAMERA,))
    assert one.sources == (Source(StreamId(CAMERA), "fire"),)


async def test_smoke_and_fire_of_one_place_are_one_incident() -> None:
    (one,) = await run(said(0, kind=Kind.SMOKE), said(60))

    assert [source.detector for source in one.sources] == ["smoke", "fire"]


async def test_another_place_is_another_incident() -> None:
    found = await run(said(0), said(1, device="far/camera-9"))

    assert [one.devices for one in found] == [(CAMERA,), (DeviceId("far/camera-9"),)]


async def test_the_same_again_the_next_day_is_another_incident() -> None:
    day = 86_400
    found = await run(said(0), said(600, Phase.CLEAR), said(day), said(day + 600, Phase.CLEAR))

    assert [one.began for one in found] == [START, START + timedelta(days=1)]


async def test_a_restless_sensor_does_not_make_a_week_one_incident() -> None:
    quarter = 900
    heard = [
        said(number * quarter, phase, Kind.FLOOD)
        for number, phase in enumerate([Phase.RAISE, Phase.CLEAR] * 24)
    ]
    found = await run(*heard)

    assert len(found) == 4
    gaps = [later.opened - one.opened for one, later in itertools.pairwise(found)]
    assert all(gap >= CLOSED_AFTER for gap in gaps)


async def test_what_comes_late_is_opened_when_it_is_heard() -> None:
    (one,) = await run(said(0, late=45))

    assert one.began == START
    assert one.opened >= START + timedelta(seconds=45)


async def test_the_end_of_nothing_is_nothing() -> None:
    assert await run(said(0, Phase.CLEAR)) == []
    assert await run() == []


async def test_a_false_spot_holds_from_when_it_was_said_until_it_was_ended() -> None:
    spot = FalseSpot(
        id="s",
        device=CAMERA,
        kind=Kind.FIRE,
        box=None,
        until=START + timedelta(days=7),
        reason="stove",
        person=PersonId("ann"),
        made=START + timedelta(hours=1),
        ended=START + timedelta(hours=30),
    )
    hour = 3600
    found = await run(
        said(0), said(600, Phase.CLEAR),
        said(20 * hour), said(20 * hour + 600, Phase.CLEAR),
        said(40 * hour), said(40 * hour + 600, Phase.CLEAR),
        spots=(spot,),
    )  # fmt: skip

    assert [one.began for one in found] == [START, START + timedelta(hours=40)]
