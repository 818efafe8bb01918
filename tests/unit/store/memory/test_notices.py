"""What the contract suite cannot ask of both outboxes: addresses by channel, rows that tests read."""

from datetime import timedelta

import pytest

from tests.support.response import change, confirmed, in_memory, notice, opened
from tocsin.core.responders import Channel
from tocsin.store.memory.notices import MemoryNoticeStore

LEASE = timedelta(seconds=30)


async def test_each_channel_gets_its_own_kind_of_address() -> None:
    wanted = (
        notice(1, channel=Channel.WEBHOOK),
        notice(1, channel=Channel.LOG),
        notice(1, channel=Channel.WECOM_BOT),
        notice(1, person=None, channel=Channel.MQTT),
    )
    async with in_memory() as response:
        await response.save(change(1, opened(), *confirmed(), notices=wanted))
        claimed = await response.notices.claim("relay", 10, LEASE)
    addresses = {one.notice.channel: one.address for one in claimed}
    assert addresses == {
        Channel.WEBHOOK: "https://ann.example/hook",
        Channel.LOG: "ann",
        Channel.WECOM_BOT: "",
        Channel.MQTT: "box",
    }


async def test_rows_show_who_holds_what() -> None:
    async with in_memory() as response:
        assert isinstance(response.notices, MemoryNoticeStore)
        await response.save(change(1, opened(), *confirmed(), notices=(notice(1),)))
        await response.notices.claim("relay", 10, LEASE)
        [row] = response.notices.rows.values()
    assert (row.state, row.holder, row.attempt) == ("leased", "relay", 1)


async def test_an_expired_notice_says_why_it_was_not_sent() -> None:
    async with in_memory() as response:
        assert isinstance(response.notices, MemoryNoticeStore)
        await response.save(change(1, opened(), *confirmed(), notices=(notice(1), notice(1, step=1))))
        (first, _) = await response.notices.claim("relay", 10, LEASE)
        await response.notices.postpone(first.notice.id, "relay", notice(1).expires, "throttled", tried=False)
        await response.travel(notice(1).expires)
        await response.notices.expire(10)
        reasons = {row.reason for row in response.notices.rows.values()}
    assert reasons == {"not_sent_in_time, last throttled", "not_sent_in_time"}


@pytest.mark.parametrize(("late", "reason"), [(29.999, "not_sent_in_time"), (30, "outage")])
async def test_a_notice_that_an_outage_kept_says_so(late: float, reason: str) -> None:
    async with in_memory() as response:
        assert isinstance(response.notices, MemoryNoticeStore)
        await response.save(change(1, opened(), notices=(notice(1),)))
        await response.travel(notice(1).expires + timedelta(seconds=late))
        assert len(await response.notices.expire(10)) == 1
        assert [row.reason for row in response.notices.rows.values()] == [reason]
