"""What tests read of it; its promises are in the contract suite."""

from datetime import UTC, datetime

from tocsin.alerts.ports import Unknown
from tocsin.core.clock import ManualClock
from tocsin.core.responders import Channel
from tocsin.store.memory.reach import MemoryReachStore


async def test_budgets_and_providers_can_be_looked_at() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    store = MemoryReachStore(ManualClock(now))
    await store.block("k", now)
    await store.judge(Channel.SMS, "aliyun", Unknown("silence"))
    assert store.budgets["k"].blocked_until == now
    assert store.providers[Channel.SMS, "aliyun"].failures == 1
