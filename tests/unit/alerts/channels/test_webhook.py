import json
from collections.abc import Callable

import httpx
import pytest

from tests.support.providers import HttpProvider, ok, says, silence
from tocsin.alerts.channels.webhook import WebhookChannel, sign
from tocsin.alerts.config import WebhookConfig
from tocsin.alerts.ports import Message, RefusedBy, Sent, Unknown
from tocsin.core.clock import ManualClock
from tocsin.core.responders import Channel

KEY = "k" * 32
Make = Callable[..., Message]


@pytest.fixture
def channel(client: httpx.AsyncClient, clock: ManualClock) -> WebhookChannel:
    return WebhookChannel(WebhookConfig(signing_key=KEY, time_limit_seconds=0.8), client, clock)


async def test_the_body_is_signed_with_its_time(channel: WebhookChannel, message: Make) -> None:
    async with HttpProvider(ok) as provider:
        assert await channel.send(message(provider.url)) == Sent("taken-1")
    _, headers, body = provider.received[0]
    timestamp = headers["tocsin-timestamp"]
    assert headers["tocsin-signature"] == f"v1={sign(KEY.encode(), timestamp, body)}"
    assert headers["tocsin-notice"] == "n-1"
    assert timestamp == "1795348800"
    assert json.loads(body)["text"] == "溪口村粮仓有烟，请于 12:03 前到场"
    assert channel.channel is Channel.WEBHOOK


async def test_another_key_or_time_or_body_gives_another_signature() -> None:
    signatures = {
        sign(b"a", "1", b"x"),
        sign(b"b", "1", b"x"),
        sign(b"a", "2", b"x"),
        sign(b"a", "1", b"y"),
    }
    assert len(signatures) == 4


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (b'{"ok":false}', RefusedBy("the receiver refused: ok is false")),
        (b'{"error":"no such room"}', RefusedBy("the receiver refused: no such room")),
        (b"", Sent()),
        (b"thanks", Sent()),
        (b"[1]", Sent()),
    ],
)
async def test_the_body_of_a_200_is_read(
    channel: WebhookChannel, message: Make, body: bytes, answer: Sent | RefusedBy
) -> None:
    async with HttpProvider(says(200, body)) as provider:
        assert await channel.send(message(provider.url)) == answer


async def test_a_receiver_may_ask_to_be_called_again(channel: WebhookChannel, message: Make) -> None:
    async with HttpProvider(says(200, b'{"error":"busy","retry":true}')) as provider:
        answer = await channel.send(message(provider.url))
    assert isinstance(answer, RefusedBy)
    assert answer.retry_after is not None


async def test_silence_is_unknown(channel: WebhookChannel, message: Make) -> None:
    async with HttpProvider(silence) as provider:
        assert isinstance(await channel.send(message(provider.url)), Unknown)


async def test_an_address_inside_the_network_is_never_called(channel: WebhookChannel, message: Make) -> None:
    answer = await channel.send(message("https://169.254.169.254/latest/meta-data"))
    assert isinstance(answer, RefusedBy)
    assert answer.retry_after is None
    assert "allow" in answer.reason


@pytest.mark.parametrize("key", [None, "short"])
def test_a_missing_or_short_key_is_said_at_the_start(
    client: httpx.AsyncClient, clock: ManualClock, key: str | None
) -> None:
    with pytest.raises(ValueError, match="signing_key"):
        WebhookChannel(WebhookConfig(signing_key=key), client, clock)
