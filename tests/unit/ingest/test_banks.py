from datetime import timedelta

from tests.support.field import collector, reading
from tests.support.ingest import NOON, CountingBank
from tocsin.core.clock import ManualClock
from tocsin.ingest.banks import Banks
from tocsin.ingest.rules import RulesBook
from tocsin.store.memory.field import MemoryFlushStore


async def nothing() -> None:
    """Nothing to renew."""


async def store_with_flushes(number: int) -> MemoryFlushStore:
    """One snapshot in the first flush, then one reading each."""
    clock = ManualClock(NOON)
    store = MemoryFlushStore(clock, [collector()])
    lease = await store.acquire(0, "one", 30)
    assert lease is not None
    banks = made(store)
    state = (await banks.ready([3], nothing))[3]
    for count in range(number + 1):
        clock.advance(timedelta(seconds=1))
        async with store.flush(lease, [3]) as flush:
            ordered = state.order([reading(clock.now(), float(count))])
            await flush.store_readings(ordered.readings)
            state.show(ordered.shown, flush.at)
            if count == 0:
                await flush.save_detectors(state.snapshot(flush.at))
    return store


def made(store: MemoryFlushStore, make=CountingBank) -> Banks:
    return Banks(store, RulesBook.fixed(make, "c"), replay_flushes=2)


async def test_stored_flushes_are_shown_page_by_page_and_the_lease_renewed_between():
    renewed = []

    async def renew() -> None:
        renewed.append(1)

    banks = made(await store_with_flushes(5))
    state = (await banks.ready([3], renew))[3]
    assert state._bank.counts == {"weir/gauge-1/level": 6}
    assert len(renewed) == 2


async def test_what_is_ready_stays_and_what_is_discarded_is_restored():
    banks = made(await store_with_flushes(1))
    first = (await banks.ready([3], nothing))[3]
    assert (await banks.ready([3], nothing))[3] is first
    banks.discard([3])
    assert (await banks.ready([3], nothing))[3] is not first


async def test_a_detector_that_raises_in_a_replay_begins_anew():
    def poisoned(partition: int) -> CountingBank:
        bank = CountingBank(partition)
        bank.poison = 1.0
        return bank

    banks = made(await store_with_flushes(2), poisoned)
    state = (await banks.ready([3], nothing))[3]
    assert state._bank.counts == {}
    assert banks.unsaved(NOON, 30) == [3]


async def test_snapshots_fall_due():
    banks = made(await store_with_flushes(0))
    await banks.ready([3], nothing)
    saved = NOON + timedelta(seconds=1)
    assert banks.unsaved(saved + timedelta(seconds=29), 30) == []
    assert banks.unsaved(saved + timedelta(seconds=30), 30) == [3]
