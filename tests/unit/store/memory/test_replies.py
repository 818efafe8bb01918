"""What the contract suite cannot ask of both: a receipt of a notice that a relay holds."""

from datetime import timedelta

from tests.support.response import change, confirmed, in_memory, notice, opened
from tocsin.alerts.reach_ports import Receipt
from tocsin.store.memory.notices import MemoryNoticeStore
from tocsin.store.memory.replies import MemoryReplyStore


async def test_a_notice_on_its_way_takes_no_receipt_yet() -> None:
    async with in_memory() as response:
        assert isinstance(response.notices, MemoryNoticeStore)
        store = MemoryReplyStore(response.notices._store)
        await response.save(change(1, opened(), *confirmed(), notices=(notice(1),)))
        await response.notices.claim("relay", 1, timedelta(seconds=30))
        name = f"notice:{notice(1).id}"
        await store.keep([Receipt(provider="webhook/webhook", provider_id=name, delivered=True)])
        assert await store.unsettled(10) == []
