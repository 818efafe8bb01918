from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import httpx
import pytest

from tests.support.providers_chat import DingtalkProvider
from tocsin.alerts.channels.config import DingtalkConfig
from tocsin.alerts.channels.dingtalk import DingtalkChannel, read_address, sign
from tocsin.alerts.ports import Message, RefusedBy, Sent
from tocsin.core.clock import ManualClock
from tocsin.core.errors import Rejected
from tocsin.core.responders import Channel

Make = Callable[..., Message]
TOKEN, KEY = DingtalkProvider.TOKEN, DingtalkProvider.KEY
ADDRESS = f"https://oapi.dingtalk.com/robot/send?access_token={TOKEN}#{KEY}"


@pytest.fixture
async def provider(clock: ManualClock) -> AsyncIterator[DingtalkProvider]:
    async with DingtalkProvider(clock) as provider:
        yield provider


@pytest.fixture
def channel(provider: DingtalkProvider, client: httpx.AsyncClient, clock: ManualClock) -> DingtalkChannel:
    return DingtalkChannel(DingtalkConfig(base_url=f"{provider.url}/robot/send"), client, clock)


async def test_the_group_reads_title_text_and_link_and_is_called(
    channel: DingtalkChannel, provider: DingtalkProvider, message: Make
) -> None:
    assert await channel.send(message(ADDRESS)) == Sent()
    assert channel.channel is Channel.DINGTALK
    [told] = provider.told
    assert told["text"]["content"].splitlines()[0] == "烟雾 III"
    assert told["text"]["content"].endswith("https://tocsin.example/i/i-1")
    assert told["at"] == {"isAtAll": True}


async def test_a_recall_calls_nobody(
    channel: DingtalkChannel, provider: DingtalkProvider, message: Make
) -> None:
    await channel.send(message(ADDRESS, template="recall"))
    assert provider.told[0]["at"] == {"isAtAll": False}


async def test_the_twenty_first_in_a_minute_shuts_the_bot_out_for_ten(
    channel: DingtalkChannel, message: Make, clock: ManualClock
) -> None:
    answers = [await channel.send(message(ADDRESS)) for _ in range(21)]
    assert answers[:20] == [Sent()] * 20
    assert answers[20] == RefusedBy(
        "errcode 130101: send too fast, exceed 20 times per minute", timedelta(minutes=10)
    )
    clock.advance(timedelta(minutes=9, seconds=59))
    assert isinstance(await channel.send(message(ADDRESS)), RefusedBy)
    clock.advance(timedelta(seconds=1))
    assert await channel.send(message(ADDRESS)) == Sent()


def test_the_budget_stays_below_the_twenty(channel: DingtalkChannel) -> None:
    assert channel.rates.address[0].most == 19


@pytest.mark.parametrize(
    ("address", "hint"),
    [
        (f"{TOKEN}#SECsomethingElse", "加签"),
        (TOKEN, "加签"),
        (f"{'f' * 32}#{KEY}", "token is wrong"),
    ],
)
async def test_what_is_wrong_with_a_bot_is_told(
    channel: DingtalkChannel, message: Make, address: str, hint: str
) -> None:
    answer = await channel.send(message(address))
    assert isinstance(answer, RefusedBy)
    assert answer.retry_after is None
    assert hint in answer.reason


async def test_a_bots_keyword_that_is_missing_is_told(
    channel: DingtalkChannel, provider: DingtalkProvider, message: Make
) -> None:
    provider.keyword = "停水"
    answer = await channel.send(message(ADDRESS))
    assert isinstance(answer, RefusedBy)
    assert "关键词" in answer.reason


async def test_a_long_text_is_cut_below_the_bound(
    channel: DingtalkChannel, provider: DingtalkProvider, message: Make
) -> None:
    assert await channel.send(message(ADDRESS, text="火" * 20_000)) == Sent()
    assert len(provider.received[0][2]) < 20_000


@pytest.mark.parametrize(
    ("address", "found"),
    [
        (ADDRESS, (TOKEN, KEY)),
        (f"{TOKEN}#{KEY}", (TOKEN, KEY)),
        (TOKEN, (TOKEN, "")),
        (f"https://evil.example/?access_token={TOKEN}", (TOKEN, "")),
        ("https://oapi.dingtalk.com/robot/send", None),
        ("https://[half", None),
        (f"{TOKEN}&x=1", None),
        (f"{TOKEN}#a key", None),
    ],
)
def test_only_token_and_key_are_taken_from_an_address(address: str, found: tuple[str, str] | None) -> None:
    assert read_address(address) == found


def test_the_signature_depends_on_time_and_key() -> None:
    assert sign("a", "1") == "ujTYSVdXqFI993bVwzXyk6uGaF9SIJEU5YA7o+q/wYQ="
    assert len({sign("a", "1"), sign("b", "1"), sign("a", "2")}) == 3


def test_a_service_in_the_clear_is_refused_at_the_start(
    client: httpx.AsyncClient, clock: ManualClock
) -> None:
    with pytest.raises(Rejected):
        DingtalkChannel(DingtalkConfig(base_url="http://oapi.dingtalk.com/robot/send"), client, clock)
