from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from tests.support.providers import HttpProvider, WecomProvider, says, silence
from tocsin.alerts.channels.wecom_bot import WecomBotChannel, bot_key
from tocsin.alerts.config import WecomBotConfig
from tocsin.alerts.ports import Message, RefusedBy, Sent, Unknown
from tocsin.core.clock import ManualClock
from tocsin.core.errors import Rejected
from tocsin.core.responders import Channel

Make = Callable[..., Message]
KEY = WecomProvider.KEY


def _channel(client: httpx.AsyncClient, provider: HttpProvider) -> WecomBotChannel:
    config = WecomBotConfig(base_url=f"{provider.url}/cgi-bin/webhook/send", time_limit_seconds=0.8)
    return WecomBotChannel(config, client)


async def test_the_group_reads_title_text_and_link(
    client: httpx.AsyncClient, clock: ManualClock, message: Make
) -> None:
    async with WecomProvider(clock) as provider:
        channel = _channel(client, provider)
        assert await channel.send(message(KEY)) == Sent()
    assert channel.channel is Channel.WECOM_BOT
    assert provider.texts == ["烟雾 III\n溪口村粮仓有烟，请于 12:03 前到场\nhttps://tocsin.example/i/i-1"]


async def test_the_twenty_first_in_a_minute_comes_back_after_the_minute(
    client: httpx.AsyncClient, clock: ManualClock, message: Make
) -> None:
    async with WecomProvider(clock) as provider:
        channel = _channel(client, provider)
        answers = [await channel.send(message(KEY)) for _ in range(21)]
        assert answers[:20] == [Sent()] * 20
        assert answers[20] == RefusedBy("errcode 45009: api freq out of limit", timedelta(seconds=60))
        clock.advance(timedelta(seconds=60))
        assert await channel.send(message(KEY)) == Sent()


async def test_a_200_with_an_error_code_is_no_success(
    client: httpx.AsyncClient, clock: ManualClock, message: Make
) -> None:
    async with WecomProvider(clock) as provider:
        answer = await _channel(client, provider).send(message("ffffffff-0000-0000-0000-000000000000"))
    assert answer == RefusedBy("errcode 93000: invalid webhook url")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"ok":1}', b"null"])
async def test_a_200_that_cannot_be_understood_is_unknown(
    client: httpx.AsyncClient, message: Make, body: bytes
) -> None:
    async with HttpProvider(says(200, body)) as provider:
        assert isinstance(await _channel(client, provider).send(message(KEY)), Unknown)


async def test_silence_is_unknown(client: httpx.AsyncClient, message: Make) -> None:
    async with HttpProvider(silence) as provider:
        assert isinstance(await _channel(client, provider).send(message(KEY)), Unknown)


async def test_a_long_text_is_cut_between_characters(
    client: httpx.AsyncClient, clock: ManualClock, message: Make
) -> None:
    async with WecomProvider(clock) as provider:
        assert await _channel(client, provider).send(message(KEY, text="火" * 3000)) == Sent()
    assert provider.texts[0].endswith("火…")


@pytest.mark.parametrize(
    ("address", "key"),
    [
        (KEY, KEY),
        (f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}", KEY),
        (f"https://evil.example/?key={KEY}", KEY),
        ("https://qyapi.weixin.qq.com/", None),
        ("key with space", None),
        ("a&b=c-------", None),
        ("https://[half?key=x", None),
    ],
)
def test_only_the_key_is_taken_from_an_address(address: str, key: str | None) -> None:
    assert bot_key(address) == key


async def test_an_address_without_key_is_refused_unsent(client: httpx.AsyncClient, message: Make) -> None:
    async with HttpProvider(silence) as provider:
        answer = await _channel(client, provider).send(message("nonsense key"))
    assert isinstance(answer, RefusedBy)
    assert provider.received == []


def test_a_service_in_the_clear_is_refused_at_the_start(client: httpx.AsyncClient) -> None:
    with pytest.raises(Rejected):
        WecomBotChannel(WecomBotConfig(base_url="http://qyapi.weixin.qq.com/x"), client)
