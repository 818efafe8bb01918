from __future__ import annotations

import asyncio

from tests.support.places import EAST, NOW, SHAPES, known, tree
from tocsin.core.clock import ManualClock
from tocsin.core.ids import GridCode
from tocsin.store.memory.places import MemoryPlacesStore
from tocsin.town.grid_ports import GridDraft
from tocsin.town.places import Places


class Counting(MemoryPlacesStore):
    reads = 0

    async def records(self, *args, **kwargs):
        self.reads += 1
        await asyncio.sleep(0)
        return await super().records(*args, **kwargs)


async def test_the_tree_is_read_once_for_all_who_wait_and_again_when_it_has_changed() -> None:
    store = Counting(ManualClock(NOW))
    store._grids = known(tree())
    places = Places(store)
    first, second = await asyncio.gather(places.locator(), places.locator())
    assert first is second
    assert (store.reads, len(first)) == (1, len(SHAPES))
    await store.write([GridDraft(code=GridCode(EAST), name="东村")])
    third = await places.locator()
    assert store.reads == 2
    assert third.record(GridCode(EAST)).grid.name == "东村"  # type: ignore[union-attr]
