"""What only the twin in memory promises; the rest is tests/contract/test_flush_store.py."""

from datetime import UTC, datetime, timedelta

from tests.support.field import collector, lease_of, reading
from tocsin.core.clock import ManualClock
from tocsin.store.memory.field import MemoryFlushStore

START = datetime(2026, 11, 22, 12, tzinfo=UTC)


async def test_what_is_committed_can_be_read_by_tests() -> None:
    store = MemoryFlushStore(ManualClock(START), [collector("weir", 3)])
    lease = await lease_of(store)
    async with store.flush(lease, [3]) as flush:
        await flush.store_readings([reading(flush.at)])
        await flush.store_latest([reading(flush.at, 2.0), reading(flush.at - timedelta(seconds=1), 1.0)])
        assert store.state.readings == []
    assert [one.value for one in store.state.readings] == [1.5]
    assert [one.value for one in store.state.latest.values()] == [2.0]


async def test_instants_rise_while_the_clock_stands_still() -> None:
    store = MemoryFlushStore(ManualClock(START), [collector("weir", 3)])
    lease = await lease_of(store)
    instants = []
    for _ in range(3):
        async with store.flush(lease, [3]) as flush:
            instants.append(flush.at)
    assert instants == [START + timedelta(microseconds=n) for n in range(3)]


async def test_a_lease_runs_out_by_its_clock() -> None:
    clock = ManualClock(START)
    store = MemoryFlushStore(clock, [collector("weir", 3)])
    assert await store.acquire(0, "one", 10) is not None
    clock.advance(timedelta(seconds=9))
    assert await store.acquire(0, "two", 10) is None
    clock.advance(timedelta(seconds=2))
    assert await store.acquire(0, "two", 10) is not None
