"""What the contract suite cannot ask of both stores: savepoints, waiting, the town that tests change."""

import asyncio

import pytest

from tests.support.response import (
    CAMERA,
    START,
    TOWN,
    VILLAGE,
    attached,
    change,
    confirmed,
    in_memory,
    notice,
    opened,
)
from tocsin.core.errors import NotFound
from tocsin.core.ids import DeviceId, GridCode
from tocsin.store.memory.alerts import MemoryAlertsStore, Tables


async def made() -> MemoryAlertsStore:
    async with in_memory() as response:
        assert isinstance(response.store, MemoryAlertsStore)
        return response.store


async def test_a_failed_transaction_leaves_every_table_as_it_was() -> None:
    store = await made()
    before = store.tables.copy()

    async def fail() -> None:
        async with store.unit() as unit:
            await unit.save([change(1, opened(), attached(), *confirmed(), notices=(notice(1),), act="a")])
            await unit.store_note("n", change(1, opened()).incident.id, None, "words")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert store.tables == before
    assert store.tables != Tables()


async def test_units_wait_for_each_other() -> None:
    store, order = await made(), list[str]()

    async def work(name: str) -> None:
        async with store.unit():
            order.append(f"{name} in")
            await asyncio.sleep(0)
            order.append(f"{name} out")

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(work("a"))
        group.create_task(work("b"))
    assert order == ["a in", "a out", "b in", "b out"]


async def test_who_waits_is_woken_by_events_and_otherwise_after_the_time() -> None:
    store = await made()
    await store.wait(0.001)
    async with store.unit() as unit:
        await unit.save([change(1, opened())])
    async with asyncio.timeout(0.5):
        await store.wait(1.0)
    assert not store.written.is_set()


async def test_the_town_knows_where_things_stand() -> None:
    store = await made()
    assert store.town.township(VILLAGE) == TOWN
    with pytest.raises(NotFound):
        store.town.grid(GridCode("9"))
    async with store.unit() as unit:
        found = await unit.sites([CAMERA, DeviceId("box/new"), DeviceId("elsewhere/x")])
    assert {device: site.certified for device, site in found.items()} == {CAMERA: True, "box/new": False}
    assert unit.now == START
