from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.response import CAMERA, START, Response, change, confirmed, in_memory, incident_id, opened
from tests.support.site import Site
from tocsin.alerts.alarm_model import FalseSpot
from tocsin.alerts.assign import Assigned, Located
from tocsin.alerts.commands import CameraSees, ClearAlarm
from tocsin.alerts.policy_book import PolicyBook
from tocsin.alerts.ports import Intake
from tocsin.alerts.ports import Site as Place
from tocsin.alerts.sighting import add, sightings
from tocsin.core.detections import Detection, Evidence, Kind, Phase
from tocsin.core.ids import AlarmId, CollectorId, DetectionId, GridCode, PersonId, StreamId
from tocsin.core.incidents import AlarmAttached

INCIDENT = incident_id(1)


def seen(
    kind: Kind = Kind.PRESENCE, phase: Phase = Phase.RAISE, *, age: float | None = 0.0, number: int = 1
) -> Located:
    at = START + timedelta(seconds=number)
    detection = Detection(
        id=DetectionId(f"d-{number}"),
        collector=CollectorId("box"),
        device=CAMERA,
        stream=StreamId(f"{CAMERA}/picture"),
        detector="presence",
        version="1",
        kind=kind,
        phase=phase,
        observed=at,
        score=0.9,
        reason="a person",
        reason_code="presence.seen",
        evidence=Evidence(first=at, last=at),
        severity=0.1,
    )
    span = None if age is None else timedelta(seconds=age)
    grid = Site().town.grids[GridCode("330110104201")]
    intake = Intake(detection=detection, age=span, raised=True, grid=grid.code, began=at)
    place = Place(device=CAMERA, grid=grid, township=grid.code, place=None)
    return Located(intake, place, PolicyBook({}).for_grid(grid))


async def watched(response: Response) -> None:
    attached = AlarmAttached(alarm=AlarmId("a-1"), device=CAMERA, kind=Kind.SMOKE, reason_code="seen")
    await response.save(change(1, opened(), attached, *confirmed()))


async def test_sightings_go_to_the_incident_of_their_camera_in_order() -> None:
    async with in_memory() as response:
        await watched(response)
        batch = [seen(phase=Phase.CLEAR, number=2), seen(number=1)]
        async with response.store.unit() as unit:
            found = await sightings(unit, batch, [])
    first, second = START + timedelta(seconds=1), START + timedelta(seconds=2)
    assert found == {
        INCIDENT: [
            CameraSees(device=CAMERA, at=first, proof="d-1"),
            CameraSees(device=CAMERA, at=second, gone=True, proof="d-2"),
        ]
    }


@pytest.mark.parametrize("one", [seen(kind=Kind.SMOKE), seen(age=None)])
async def test_smoke_and_a_sighting_of_unknown_age_prove_nothing(one: Located) -> None:
    async with in_memory() as response:
        await watched(response)
        async with response.store.unit() as unit:
            assert await sightings(unit, [one], []) == {}


async def test_what_was_called_false_at_its_spot_proves_nothing() -> None:
    spot = FalseSpot(
        id="spot-1",
        device=CAMERA,
        kind=Kind.PRESENCE,
        box=None,
        until=START + timedelta(days=1),
        reason="a scarecrow",
        person=PersonId("ann"),
        made=START,
    )
    async with in_memory() as response:
        await watched(response)
        async with response.store.unit() as unit:
            assert await sightings(unit, [seen()], [spot]) == {}


async def test_camera_of_no_open_incident_tells_nobody() -> None:
    async with in_memory() as response, response.store.unit() as unit:
        assert await sightings(unit, [seen()], []) == {}


def test_sightings_come_after_what_alarms_ask_and_never_to_the_dead() -> None:
    clear, sight = ClearAlarm(alarm=AlarmId("a-1")), CameraSees(device=CAMERA, at=START)
    other = incident_id(2)
    batch = Assigned(commands={INCIDENT: [clear]})
    assert add(batch, {INCIDENT: [sight], other: [sight]}, frozenset({other})).commands == {
        INCIDENT: [clear, sight]
    }
