"""What tests put into it; its promises are in the contract suite."""

from tests.support.places import EAST, NOW, tree
from tocsin.core.clock import ManualClock
from tocsin.core.ids import GridCode
from tocsin.store.memory.places import MemoryPlacesStore
from tocsin.town.grid_ports import Watched


async def test_people_devices_and_organisations_are_what_a_test_says() -> None:
    store = MemoryPlacesStore(ManualClock(NOW), [one.grid for one in tree()])
    store.devices.append(Watched("w/1", "camera", "c", GridCode(f"{EAST}001"), 36.0, 117.0))
    store.people[GridCode(EAST)] = 2
    store.organisations.add(GridCode(EAST))
    around = await store.around(GridCode(EAST))
    assert (around.people, around.devices, around.places) == (2, 1, 0)
    assert [one.id for one in await store.watched("")] == ["w/1"]
    assert await store.institutions() == {EAST}
