"""What tests read of it; its promises are in the contract suite."""

from tests.support.places import NOW
from tocsin.core.clock import ManualClock
from tocsin.core.ids import PersonId
from tocsin.store.memory.jobs import MemoryJobStore
from tocsin.town.jobs import JobKind


async def test_a_job_that_nobody_knows_is_none() -> None:
    store = MemoryJobStore(ManualClock(NOW))
    await store.add("a", JobKind.GRID_CHECK, PersonId("ada"), "", "here")
    await store.stop("b")
    assert (await store.job("b"), await store.file("b")) == (None, None)
