"""What the memory twin adds to the port; the rest stands in its contract suite."""

from datetime import timedelta

import pytest

from tests.support.response import ANN, CONTACTS, GRIDS, PEOPLE, START, VILLAGE
from tocsin.core.clock import ManualClock
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.ids import GridCode, PersonId
from tocsin.store.memory.town import MemoryTownStore
from tocsin.town.ports import DutyShift


@pytest.fixture
async def store() -> MemoryTownStore:
    made = MemoryTownStore(ManualClock(START))
    await made.add_grids(GRIDS)
    await made.add_people(PEOPLE, CONTACTS)
    return made


async def test_a_directory_is_that_of_the_instant_asked_for(store: MemoryTownStore) -> None:
    await store.add_duty([DutyShift(person=ANN, grid=VILLAGE, since=START, until=START + timedelta(hours=1))])
    assert [one.person for one in store.directory_of(VILLAGE, START).responders] == [ANN]
    assert store.directory_of(VILLAGE, START + timedelta(hours=1)).responders == ()


async def test_an_unknown_grid_has_no_directory(store: MemoryTownStore) -> None:
    with pytest.raises(NotFound, match=r"grid\.unknown"):
        store.directory_of(GridCode("99"), START)


async def test_a_shift_of_nobody_is_refused(store: MemoryTownStore) -> None:
    with pytest.raises(Rejected):
        await store.add_duty([DutyShift(person=PersonId("x"), grid=VILLAGE, since=START, until=None)])
