"""What is the memory's alone; the promises are in tests/contract/test_watch_store.py."""

from datetime import UTC, datetime

from tocsin.core.clock import ManualClock
from tocsin.core.watch import Beat
from tocsin.store.memory.watch import MemoryWatchStore

NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def test_the_clock_that_it_is_given_dates_the_signs() -> None:
    clock = ManualClock(NOW)
    store = MemoryWatchStore(clock)
    await store.beat([Beat(name="relay@a", role="relay", host="a", clock=NOW)])
    ((beat,), now) = await store.beats()
    assert beat.at == now == clock.now()
