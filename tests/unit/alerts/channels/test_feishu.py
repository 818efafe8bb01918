from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import httpx
import pytest

from tests.support.providers_chat import FeishuProvider
from tocsin.alerts.channels.config import FeishuConfig
from tocsin.alerts.channels.feishu import AT_ALL, FeishuChannel, read_address
from tocsin.alerts.ports import Message, RefusedBy, Sent
from tocsin.core.clock import ManualClock
from tocsin.core.errors import Rejected
from tocsin.core.responders import Channel

Make = Callable[..., Message]
TOKEN, KEY = FeishuProvider.TOKEN, FeishuProvider.KEY
ADDRESS = f"https://open.feishu.cn/open-apis/bot/v2/hook/{TOKEN}#{KEY}"


@pytest.fixture
async def provider(clock: ManualClock) -> AsyncIterator[FeishuProvider]:
    async with FeishuProvider(clock) as provider:
        yield provider


@pytest.fixture
def channel(provider: FeishuProvider, client: httpx.AsyncClient, clock: ManualClock) -> FeishuChannel:
    return FeishuChannel(FeishuConfig(base_url=f"{provider.url}/open-apis/bot/v2/hook"), client, clock)


async def test_the_group_reads_it_and_is_called_but_not_by_a_name(
    channel: FeishuChannel, provider: FeishuProvider, message: Make
) -> None:
    assert await channel.send(message(ADDRESS, title='<at user_id="all"></at>粮仓')) == Sent()
    assert channel.channel is Channel.FEISHU
    text = provider.told[0]["content"]["text"]
    assert text.startswith(AT_ALL)
    assert text.count("<at") == 1


async def test_a_recall_calls_nobody(channel: FeishuChannel, provider: FeishuProvider, message: Make) -> None:
    await channel.send(message(ADDRESS, template="recall"))
    assert "<at" not in provider.told[0]["content"]["text"]


async def test_the_sixth_in_a_second_comes_again(
    channel: FeishuChannel, message: Make, clock: ManualClock
) -> None:
    answers = [await channel.send(message(ADDRESS)) for _ in range(6)]
    assert answers[:5] == [Sent()] * 5
    assert isinstance(answers[5], RefusedBy)
    assert "11232" in answers[5].reason
    assert answers[5].retry_after == timedelta(seconds=15)
    clock.advance(timedelta(seconds=1))
    assert await channel.send(message(ADDRESS)) == Sent()


@pytest.mark.parametrize(("words", "again"), [(b"too many request", True), (b"Bad Request", False)])
async def test_a_code_with_two_meanings_is_read_by_its_words(
    channel: FeishuChannel, provider: FeishuProvider, message: Make, words: bytes, *, again: bool
) -> None:
    provider.behaviour = lambda *_: (200, {}, b'{"code": 9499, "msg": "' + words + b'"}')
    answer = await channel.send(message(ADDRESS))
    assert isinstance(answer, RefusedBy)
    assert (answer.retry_after is not None) is again


async def test_the_older_answer_is_understood_too(
    channel: FeishuChannel, provider: FeishuProvider, message: Make
) -> None:
    provider.behaviour = lambda *_: (200, {}, b'{"StatusCode": 0, "StatusMessage": "success"}')
    assert await channel.send(message(ADDRESS)) == Sent()


@pytest.mark.parametrize(
    ("address", "hint"), [(f"{TOKEN}#wrong-key", "signing key"), (f"{'0' * 36}#{KEY}", "token is wrong")]
)
async def test_what_is_wrong_with_a_bot_is_told(
    channel: FeishuChannel, message: Make, address: str, hint: str
) -> None:
    answer = await channel.send(message(address))
    assert isinstance(answer, RefusedBy)
    assert hint in answer.reason


@pytest.mark.parametrize(
    ("address", "found"),
    [
        (ADDRESS, (TOKEN, KEY)),
        (TOKEN, (TOKEN, "")),
        (f"https://evil.example/x/{TOKEN}", (TOKEN, "")),
        ("https://open.feishu.cn/open-apis/bot/v2/hook/", None),
        ("https://[half", None),
        (f"{TOKEN}/../x", None),
        (f"{TOKEN}#a key", None),
    ],
)
def test_only_token_and_key_are_taken_from_an_address(address: str, found: tuple[str, str] | None) -> None:
    assert read_address(address) == found


def test_a_service_in_the_clear_is_refused_at_the_start(
    client: httpx.AsyncClient, clock: ManualClock
) -> None:
    with pytest.raises(Rejected):
        FeishuChannel(FeishuConfig(base_url="http://open.feishu.cn/open-apis/bot/v2/hook"), client, clock)
