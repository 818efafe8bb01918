"""What every store promises about alarms, in memory and in PostgreSQL."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.database import Server
from tests.support.response import (
    ANN,
    CAMERA,
    OTHER,
    START,
    STREET,
    TOWN,
    VILLAGE,
    Response,
    alarm,
    in_memory,
    in_postgres,
    shared,
)
from tocsin.alerts.alarm_model import FalseSpot, Turn, Window, line_of
from tocsin.alerts.ports import Alarm
from tocsin.core.detections import Kind
from tocsin.core.frames import Box
from tocsin.core.ids import AlarmId, CollectorId, DeviceId, GridCode

SOON, LATER = START + timedelta(seconds=60), START + timedelta(hours=1)
BOX = CollectorId("box")


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture(params=["memory", "postgres"])
async def response(request: pytest.FixtureRequest) -> AsyncIterator[Response]:
    if request.param == "memory":
        async with in_memory() as made:
            yield made
        return
    async with in_postgres(request.getfixturevalue("shared_database")) as made:
        yield made


def silence(name: str, device: str = "box/sensor-1", **changes: object) -> Alarm:
    return alarm(name, device=DeviceId(device), kind=Kind.SILENCE, detector=name, **changes)


def window(name: str = "w-1", **changes: object) -> Window:
    made = Window(
        id=name,
        grid=VILLAGE,
        grid_path="3301.3301101.3301101201",
        since=START,
        until=LATER,
        reason="new cameras",
        person=ANN,
        made=START,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # a test names fields that exist


def spot(name: str = "s-1", **changes: object) -> FalseSpot:
    made = FalseSpot(
        id=name,
        device=CAMERA,
        kind=Kind.SMOKE,
        box=Box(0.25, 0.5, 0.125, 0.25),
        until=LATER,
        reason="chimney",
        person=ANN,
        made=START,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # a test names fields that exist


async def keep(response: Response, *alarms: Alarm) -> None:
    async with response.store.unit() as unit:
        await unit.save_alarms(alarms)


async def look(response: Response, *names: str) -> list[Alarm]:
    async with response.store.unit() as unit:
        return list(await unit.look_at([AlarmId(name) for name in names]))


async def due(response: Response) -> list[str]:
    async with response.store.unit() as unit:
        return [one.id for one in await unit.due_alarms(10)]


async def test_every_field_of_an_alarm_comes_back(response: Response) -> None:
    whole = alarm(
        pending=START,
        raises=(START, SOON),
        shelved_until=LATER,
        shelved_by=ANN,
        shelved_reason="known",
        suppressed_by=AlarmId("root"),
        maintenance="w-1",
        due=SOON,
    )
    await keep(response, whole)
    assert await look(response, whole.id, "nobody") == [whole]


async def test_an_alarm_is_due_at_its_instant_and_not_before_the_earliest_first(response: Response) -> None:
    await keep(response, silence("b", due=SOON), silence("a", due=SOON + timedelta(seconds=1)), silence("c"))
    assert await response.store.next_alarm() == (START, SOON)
    assert await due(response) == []
    await response.travel(SOON)
    assert await due(response) == ["b"]
    await response.travel(LATER)
    assert await due(response) == ["b", "a"]
    async with response.store.unit() as unit:
        assert [one.id for one in await unit.due_alarms(1)] == ["b"]
        assert [one.id for one in await unit.hold_alarms([AlarmId("b"), AlarmId("a")])] == ["a", "b"]


async def test_nothing_is_due_where_no_alarm_waits(response: Response) -> None:
    await keep(response, silence("a"))
    assert await response.store.next_alarm() is None


async def test_what_stands_is_found_by_its_box_or_its_grid(response: Response) -> None:
    await keep(
        response,
        silence("mine"),
        silence("cleared", raised=False, cleared_at=START),
        silence("far", "other/sensor-1", grid=OTHER),
        alarm("smoke"),
    )
    async with response.store.unit() as unit:
        kinds = [Kind.SILENCE]
        assert [one.id for one in await unit.standing(kinds, [BOX], [])] == ["mine"]
        assert [one.id for one in await unit.standing(kinds, [], [OTHER])] == ["far"]
        assert await unit.standing(kinds, [], []) == []


async def test_a_root_wakes_what_it_explains_and_what_it_suppressed(response: Response) -> None:
    await keep(
        response,
        silence("mine"),
        silence("far", "other/sensor-1", grid=OTHER, suppressed_by=AlarmId("root")),
        alarm("smoke"),
    )
    async with response.store.unit() as unit:
        await unit.wake_explained([Kind.SILENCE], [BOX], [])
    assert await due(response) == ["mine"]
    async with response.store.unit() as unit:
        await unit.wake_suppressed([AlarmId("root")])
    assert await due(response) == ["far", "mine"]


@pytest.mark.parametrize(
    ("changes", "woken"),
    [
        ({}, ["held", "street"]),
        ({"grid": TOWN, "grid_path": "3301.3301101"}, ["held", "street"]),
        ({"grid": OTHER, "grid_path": "3301.3301102"}, ["far", "held"]),
        ({"grid": None, "grid_path": "", "device": DeviceId("box")}, ["held", "street"]),
        ({"grid": None, "grid_path": "", "device": DeviceId("box/sensor-1")}, ["held", "street"]),
        ({"grid": None, "grid_path": "", "device": DeviceId("nobody")}, ["held"]),
    ],
)
async def test_a_window_wakes_what_it_covers_and_what_it_holds(
    response: Response, changes: dict[str, object], woken: list[str]
) -> None:
    await keep(
        response,
        silence("street", grid=STREET),
        silence("calm", grid=STREET, raised=False),
        silence("far", "other/sensor-1", grid=OTHER),
        silence("held", "third/sensor-1", grid=GridCode("3301"), raised=False, maintenance="w-1"),
    )
    async with response.store.unit() as unit:
        await unit.wake_covered(window(**changes))
    assert await due(response) == woken


async def test_windows_are_read_until_they_are_over_or_ended(response: Response) -> None:
    by_device = window("w-2", grid=None, grid_path="", device=DeviceId("box"), until=SOON)
    async with response.store.unit() as unit:
        await unit.save_window(window())
        await unit.save_window(by_device)
        assert list(await unit.windows()) == [window(), by_device]
    await response.travel(SOON)
    async with response.store.unit() as unit:
        assert list(await unit.windows()) == [window()]
        assert await unit.window("w-2") == by_device
        await unit.save_window(replace(window(), ended=SOON, reason="another"))
        assert await unit.windows() == []
        assert await unit.window("w-1") == window(ended=SOON)
        assert await unit.window("nothing") is None


async def test_spots_are_read_until_they_are_over_or_ended(response: Response) -> None:
    whole = spot("s-2", box=None, until=SOON)
    async with response.store.unit() as unit:
        await unit.save_spot(spot())
        await unit.save_spot(whole)
        await unit.save_spot(spot("s-3", device=DeviceId("box/other")))
        assert list(await unit.false_spots([CAMERA])) == [spot(), whole]
    await response.travel(SOON)
    async with response.store.unit() as unit:
        assert list(await unit.false_spots([CAMERA])) == [spot()]
        await unit.save_spot(replace(spot(), ended=SOON))
        assert await unit.false_spots([CAMERA]) == []
        assert await unit.spot("s-1") == spot(ended=SOON)
        assert await unit.spot("nothing") is None


async def test_the_kinds_of_a_device_are_those_it_ever_had(response: Response) -> None:
    await keep(response, alarm(), silence("mine"), alarm("calm", kind=Kind.FIRE, raised=False))
    async with response.store.unit() as unit:
        assert list(await unit.kinds_of(CAMERA)) == [Kind.FIRE, Kind.SMOKE]
        assert list(await unit.kinds_of(DeviceId("box"))) == [Kind.FIRE, Kind.SILENCE, Kind.SMOKE]


async def test_a_line_of_the_journal_is_taken_and_an_alarm_without_detections_has_none(
    response: Response,
) -> None:
    async with response.store.unit() as unit:
        await unit.journal([])
        await unit.journal([line_of(alarm(), Turn.RAISED, "smoke.seen", unit.now, "system")])
        assert await unit.newest_detection(alarm()) is None


async def test_nobody_listens_before_ingest_ever_wrote(response: Response) -> None:
    async with response.store.unit() as unit:
        flushed, _ = await unit.links(1)
    assert flushed is None
