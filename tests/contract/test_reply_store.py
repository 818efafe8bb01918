"""What every `ReplyStore` promises, in memory and in PostgreSQL."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from tests.support.database import Server
from tests.support.response import (
    ANN,
    BOB,
    START,
    Response,
    change,
    confirmed,
    in_memory,
    in_postgres,
    incident_id,
    notice,
    opened,
    shared,
)
from tocsin.alerts.reach_ports import Receipt, ReplyStore
from tocsin.core.ids import NoticeId
from tocsin.core.incidents import Closed, Outcome
from tocsin.core.responders import Channel
from tocsin.store.memory.notices import MemoryNoticeStore
from tocsin.store.memory.replies import MemoryReplyStore
from tocsin.store.notices import PgNoticeStore
from tocsin.store.replies import PgReplyStore
from tocsin.store.town import PgTownStore
from tocsin.town.ports import ContactAddress

LEASE = timedelta(seconds=30)
PHONE = "+86 138-0000-1111"
SMS = {"channel": Channel.SMS}


@dataclass
class Replying:
    response: Response
    store: ReplyStore
    state: Callable[[NoticeId], Awaitable[str]]


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture(params=["memory", "postgres"])
async def replying(request: pytest.FixtureRequest) -> AsyncIterator[Replying]:
    if request.param == "memory":
        async with in_memory() as response:
            assert isinstance(response.notices, MemoryNoticeStore)
            store = response.notices._store
            store.town.addresses[ANN, Channel.SMS] = PHONE

            async def remembered(name: NoticeId) -> str:
                return store.tables.notices[name].state

            yield Replying(response, MemoryReplyStore(store), remembered)
        return
    dsn = request.getfixturevalue("shared_database")
    async with in_postgres(dsn) as response:
        assert isinstance(response.notices, PgNoticeStore)
        pool = response.notices._pool
        await PgTownStore(pool).add_people(
            [], [ContactAddress(person=ANN, channel=Channel.SMS, address=PHONE, rank=1)]
        )

        async def stored(name: NoticeId) -> str:
            async with pool.connection() as database:
                found = await database.execute("select state from notice where id = %s", [name])
                return str((await found.fetchall())[0][0])

        yield Replying(response, PgReplyStore(pool), stored)


async def open_incidents(replying: Replying, *numbers: int) -> None:
    for number in numbers:
        await replying.response.save(change(number, opened(), *confirmed()))


async def sent(replying: Replying, provider_id: str = "biz-1") -> None:
    await replying.response.save(change(1, opened(), *confirmed(), notices=(notice(1, **SMS),)))
    notices = replying.response.notices
    await notices.claim("relay-1", 10, LEASE)
    await notices.settle(
        notice(1, **SMS).id,
        "relay-1",
        Outcome.SENT,
        reason="",
        provider_id=provider_id,
        provider="aliyun",
    )


def receipt(*, delivered: bool = True, provider_id: str = "biz-1", provider: str = "sms/aliyun") -> Receipt:
    reason = "" if delivered else "UNDELIV"
    return Receipt(provider=provider, provider_id=provider_id, delivered=delivered, reason=reason)


async def test_a_receipt_finds_its_notice_and_is_done_once(replying: Replying) -> None:
    await sent(replying)
    assert await replying.store.keep([receipt()]) == 1
    assert await replying.store.keep([receipt()]) == 0
    (one,) = await replying.store.unsettled(10)
    assert one.notice == notice(1, **SMS)
    await replying.store.settle(one)
    assert await replying.store.unsettled(10) == []


async def test_a_receipt_before_the_settlement_waits_for_it(replying: Replying) -> None:
    await replying.store.keep([receipt(delivered=False)])
    assert await replying.store.unsettled(10) == []
    await sent(replying)
    (one,) = await replying.store.unsettled(10)
    assert (one.notice, one.receipt.reason) == (notice(1, **SMS), "UNDELIV")


async def test_the_first_word_stays(replying: Replying) -> None:
    await sent(replying)
    await replying.store.keep([receipt()])
    await replying.store.keep([receipt(delivered=False)])
    (one,) = await replying.store.unsettled(10)
    assert one.receipt.delivered


async def test_a_receipt_of_another_provider_or_message_is_nobodys(replying: Replying) -> None:
    await sent(replying)
    await replying.store.keep(
        [
            receipt(provider="sms/tencent"),
            receipt(provider="voice/aliyun"),
            receipt(provider_id="biz-2"),
            receipt(provider_id=""),
        ]
    )
    assert await replying.store.unsettled(10) == []
    await replying.response.travel(START + timedelta(minutes=11))
    assert await replying.store.unsettled(10) == []


async def test_a_receipt_that_names_our_notice_finds_it(replying: Replying) -> None:
    await sent(replying, provider_id="")
    name = f"notice:{notice(1, **SMS).id}"
    await replying.store.keep([receipt(provider="webhook/webhook", provider_id=name)])
    (one,) = await replying.store.unsettled(10)
    assert one.notice == notice(1, **SMS)


async def test_of_two_receipts_found_at_once_the_first_stays(replying: Replying) -> None:
    await sent(replying)
    name = notice(1, **SMS).id
    await replying.store.keep([receipt()])
    await replying.response.travel(START + timedelta(seconds=1))
    await replying.store.keep([receipt(provider_id=f"notice:{name}", delivered=False)])
    for one in await replying.store.unsettled(10):
        await replying.store.settle(one)
    assert await replying.state(name) == "delivered"


async def test_a_notice_that_ended_otherwise_is_not_changed(replying: Replying) -> None:
    await sent(replying)
    await replying.store.keep([receipt()])
    await replying.store.settle((await replying.store.unsettled(10))[0])
    late = receipt(provider_id=f"notice:{notice(1, **SMS).id}", delivered=False)
    await replying.store.keep([late])
    (one,) = await replying.store.unsettled(10)
    assert one.notice is None
    await replying.store.settle(one)
    assert await replying.store.unsettled(10) == []


async def test_the_first_call_is_told_without_its_number_and_the_second_with_it(replying: Replying) -> None:
    await open_incidents(replying, 1, 2)
    until = START + timedelta(minutes=3)
    first = await replying.store.code(ANN, incident_id(1), until)
    second = await replying.store.code(ANN, incident_id(2), until)
    assert (first.number, first.alone, second.number, second.alone) == (1, True, 2, False)
    assert await replying.store.code(ANN, incident_id(1), until) == first
    assert await replying.store.codes_of("13800001111") == [first, second]
    assert await replying.store.codes_of("13800002222") == []


async def test_numbers_are_each_persons_own(replying: Replying) -> None:
    await open_incidents(replying, 1)
    until = START + timedelta(minutes=3)
    assert (await replying.store.code(ANN, incident_id(1), until)).number == 1
    assert (await replying.store.code(BOB, incident_id(1), until)).number == 1


async def test_a_number_goes_round_so_that_a_late_answer_meets_no_new_call(replying: Replying) -> None:
    await open_incidents(replying, 1, 2)
    until = START + timedelta(minutes=3)
    await replying.store.code(ANN, incident_id(1), until)
    before = await replying.response.load(incident_id(1))
    await replying.response.save(change(1, Closed(reason_code="handled"), before=before))
    assert await replying.store.codes_of(PHONE) == []
    second = await replying.store.code(ANN, incident_id(2), until)
    assert (second.number, second.alone) == (2, True)
    assert await replying.store.codes_of(PHONE) == [second]


async def test_a_number_ends_two_hours_after_its_notice(replying: Replying) -> None:
    await open_incidents(replying, 1)
    await replying.store.code(ANN, incident_id(1), START)
    await replying.response.travel(START + timedelta(hours=2) - timedelta(seconds=1))
    assert len(await replying.store.codes_of(PHONE)) == 1
    await replying.response.travel(START + timedelta(hours=2))
    assert await replying.store.codes_of(PHONE) == []


@pytest.mark.parametrize("written", ["13800001111", "+8613800001111", "008613800001111", "86 13800001111"])
async def test_a_number_is_known_however_it_is_written(replying: Replying, written: str) -> None:
    assert await replying.store.people_of(written) == [ANN]
    assert await replying.store.people_of("") == []


async def test_a_call_tells_whom_it_told(replying: Replying) -> None:
    await sent(replying)
    assert await replying.store.told_by("sms/aliyun", "biz-1") == (ANN, incident_id(1))
    assert await replying.store.told_by("sms/aliyun", f"notice:{notice(1, **SMS).id}") == (
        ANN,
        incident_id(1),
    )
    assert await replying.store.told_by("sms/aliyun", "biz-2") is None
    assert await replying.store.told_by("sms/aliyun", "") is None


async def test_an_answer_is_dealt_with_once_and_again_after_a_crash(replying: Replying) -> None:
    assert await replying.store.begin("sms/aliyun", "7")
    assert await replying.store.begin("sms/aliyun", "7"), "nobody said that it was done"
    await replying.store.done("sms/aliyun", "7")
    assert not await replying.store.begin("sms/aliyun", "7")
    assert await replying.store.begin("sms/tencent", "7")
    assert await replying.store.unsettled(10) == []
