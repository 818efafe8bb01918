import base64
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.providers_push import PushProvider, base64url
from tocsin.alerts.channels.config import WebPushConfig
from tocsin.alerts.channels.vapid import vapid_keys
from tocsin.alerts.channels.web_push import WebPushChannel, encrypt, read_subscription
from tocsin.alerts.ports import GONE, Message, RefusedBy, Sent
from tocsin.core.clock import ManualClock
from tocsin.core.errors import Rejected
from tocsin.core.responders import Channel

Make = Callable[..., Message]


@pytest.fixture
async def provider(clock: ManualClock, tmp_path: Path) -> AsyncIterator[PushProvider]:
    async with PushProvider(clock, vapid_keys(tmp_path / "push.pem").public) as provider:
        yield provider


@pytest.fixture
def channel(client: httpx.AsyncClient, clock: ManualClock, tmp_path: Path) -> WebPushChannel:
    config = WebPushConfig(key_file=tmp_path / "push.pem", contact="mailto:ops@example.org")
    return WebPushChannel(config, client, clock)


def _key(text: str) -> ec.EllipticCurvePrivateKey:
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1())


def test_the_encryption_is_that_of_rfc_8291_appendix_a() -> None:
    subscription = read_subscription(
        json.dumps(
            {
                "endpoint": "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV",
                "keys": {
                    "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
                    "auth": "BTBZMqHH6r4Tts7J_aSIgg",
                },
            }
        )
    )
    salt = base64.urlsafe_b64decode("DGv6ra1nlYgDCS1FRnbzlw==")
    encrypted = encrypt(
        b"When I grow up, I want to be a watermelon",
        subscription,
        key=_key("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
        salt=salt,
    )
    assert base64url(encrypted) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
        "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


async def test_only_the_browser_reads_it_and_a_repetition_replaces(
    channel: WebPushChannel, provider: PushProvider, message: Make
) -> None:
    for _ in range(2):
        assert await channel.send(message(provider.subscription())) == Sent()
    assert channel.channel is Channel.WEB_PUSH
    assert len(provider.waiting) == 1
    [told] = provider.waiting.values()
    assert told == {
        "title": "烟雾 III",
        "text": "溪口村粮仓有烟，请于 12:03 前到场",
        "link": "https://tocsin.example/i/i-1",
        "notice": "n-1",
        "incident": "i-1",
        "template": "call",
        "urgent": True,
    }
    bodies = [body for _, _, body in provider.received]
    assert bodies[0] != bodies[1]
    assert "溪口村".encode() not in bodies[0]


@pytest.mark.parametrize(("left", "ttl"), [(170.9, 170), (None, 600), (86_400.0, 600), (-5.0, 0)])
async def test_a_push_never_outlives_its_notice(
    channel: WebPushChannel, provider: PushProvider, message: Make, left: float | None, ttl: int
) -> None:
    await channel.send(message(provider.subscription(), seconds_left=left))
    assert provider.ttls == [ttl]


async def test_a_recall_is_quiet(channel: WebPushChannel, provider: PushProvider, message: Make) -> None:
    await channel.send(message(provider.subscription()))
    await channel.send(message(provider.subscription(), template="recall"))
    assert provider.urgencies == ["high", "normal"]


async def test_the_longest_text_fits_one_record(
    channel: WebPushChannel, provider: PushProvider, message: Make
) -> None:
    answer = await channel.send(
        message(
            provider.subscription(), title='"' * 5000, text='"' * 5000, link="https://t.example/" + "x" * 200
        )
    )
    assert answer == Sent()
    assert len(provider.received[0][2]) <= 4096


@pytest.mark.parametrize("status", [404, 410])
async def test_a_subscription_that_is_gone_is_told_as_gone(
    channel: WebPushChannel, provider: PushProvider, message: Make, status: int
) -> None:
    provider.gone = status
    assert await channel.send(message(provider.subscription())) == RefusedBy(GONE)


async def test_a_browser_that_subscribed_for_another_key_refuses_us(
    channel: WebPushChannel, provider: PushProvider, message: Make, tmp_path: Path
) -> None:
    provider.key = vapid_keys(tmp_path / "other.pem").public
    answer = await channel.send(message(provider.subscription()))
    assert isinstance(answer, RefusedBy)
    assert (answer.retry_after, answer.by_account) == (None, False)
    assert "401" in answer.reason


async def test_the_token_is_signed_anew_before_it_ends(
    channel: WebPushChannel, provider: PushProvider, message: Make, clock: ManualClock
) -> None:
    tokens = []
    for hours in (0, 5, 2, 20):
        clock.advance(timedelta(hours=hours))
        assert await channel.send(message(provider.subscription())) == Sent()
        tokens.append(provider.received[-1][1]["authorization"])
    assert tokens[0] == tokens[1]
    assert len(set(tokens)) == 3


async def test_an_endpoint_inside_the_network_is_never_called(channel: WebPushChannel, message: Make) -> None:
    browser = PushProvider(ManualClock(channel._clock.now())).subscription("https://10.0.0.7")
    answer = await channel.send(message(browser))
    assert isinstance(answer, RefusedBy)
    assert "allow" in answer.reason


@pytest.mark.parametrize(
    "address",
    [
        "",
        "{}",
        "[]",
        "null",
        '{"endpoint": "https://a", "keys": []}',
        '{"endpoint": "https://a", "keys": {"p256dh": "AAAA", "auth": "AAAA"}}',
        '{"endpoint": "https://a", "keys": {"p256dh": 7, "auth": "火"}}',
        "[" * 5000,
    ],
)
def test_what_is_no_subscription_is_refused(address: str) -> None:
    with pytest.raises(Rejected) as refused:
        read_subscription(address)
    assert refused.value.code == "push.subscription"
