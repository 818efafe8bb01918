from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from tests.support.providers_phone import AliyunVoiceProvider
from tocsin.alerts.channels.aliyun_voice import AliyunVoiceChannel, out_id
from tocsin.alerts.channels.phone_config import AliyunVoiceConfig
from tocsin.alerts.ports import Message, RefusedBy, Sent
from tocsin.alerts.throttle import Rate
from tocsin.core.clock import ManualClock
from tocsin.core.responders import Channel

Make = Callable[..., Message]
WORDS = {"what": "烟雾", "where": "溪口村粮仓"}


def _channel(
    provider: AliyunVoiceProvider, client: httpx.AsyncClient, clock: ManualClock, **changes: object
) -> AliyunVoiceChannel:
    fields: dict[str, object] = {
        "base_url": f"{provider.url}/",
        "access_key_id": provider.KEY_ID,
        "access_key_secret": provider.SECRET,
        "templates": {"call": {"code": "TTS_1001", "parameters": {"where": "where", "what": "what"}}},
    }
    return AliyunVoiceChannel(AliyunVoiceConfig.model_validate(fields | changes), client, clock)


@pytest.mark.parametrize(
    ("address", "number"), [("+8613800138000", "13800138000"), ("0571-88886666", "057188886666")]
)
async def test_the_text_is_read_to_a_number(
    client: httpx.AsyncClient, clock: ManualClock, message: Make, address: str, number: str
) -> None:
    async with AliyunVoiceProvider(clock) as provider:
        channel = _channel(provider, client, clock, shown_number="057112345678")
        assert await channel.send(message(address, words=WORDS)) == Sent("116561^1029")
    assert channel.channel is Channel.VOICE
    assert channel.provider == "aliyun"
    assert provider.told == [(number, "TTS_1001", WORDS, out_id("n-1"))]
    assert "CalledShowNumber=057112345678" in provider.received[0][0]
    assert "PlayTimes=2" in provider.received[0][0]


async def test_a_template_with_keys_asks_for_one(
    client: httpx.AsyncClient, clock: ManualClock, message: Make
) -> None:
    keys = {"1": "TTS_1002", "2": "TTS_1002"}
    template = {"code": "TTS_1001", "parameters": {"where": "where", "what": "what"}, "keys": keys}
    async with AliyunVoiceProvider(clock) as provider:
        channel = _channel(provider, client, clock, shown_number=provider.OWN, templates={"call": template})
        assert isinstance(await channel.send(message("13800138000", words=WORDS)), Sent)
    assert provider.keys == [[("1", "TTS_1002"), ("2", "TTS_1002")]]
    assert provider.told == [("13800138000", "TTS_1001", WORDS, out_id("n-1"))]


def test_keys_without_a_number_of_ones_own_are_refused_at_the_start(
    client: httpx.AsyncClient, clock: ManualClock
) -> None:
    template = {"code": "TTS_1001", "keys": {"1": "TTS_1002"}}
    with pytest.raises(ValueError, match="shown_number"):
        _channel(
            AliyunVoiceProvider(clock),
            client,
            clock,
            base_url="http://127.0.0.1:1/",
            templates={"*": template},
        )


def test_the_providers_name_of_a_notice_has_fifteen_bytes() -> None:
    assert len(out_id("0198c9a2-1111-7000-8000-00000000abcd")) == 15
    assert out_id("a") != out_id("b")


async def test_the_second_call_within_a_minute_waits_the_minute_out(
    client: httpx.AsyncClient, clock: ManualClock, message: Make
) -> None:
    async with AliyunVoiceProvider(clock) as provider:
        channel = _channel(provider, client, clock)
        assert isinstance(await channel.send(message("13800138000", words=WORDS)), Sent)
        assert await channel.send(message("13800138000", words=WORDS)) == RefusedBy(
            "isv.BUSINESS_LIMIT_CONTROL: 触发分钟级流控", timedelta(minutes=1), elsewhere=True
        )


def test_the_providers_bounds_for_one_number_are_ours(client: httpx.AsyncClient, clock: ManualClock) -> None:
    rates = _channel(AliyunVoiceProvider(clock), client, clock, base_url="http://127.0.0.1:1/").rates
    assert rates.address == (
        Rate(1, timedelta(minutes=1)),
        Rate(5, timedelta(hours=1)),
        Rate(20, timedelta(days=1)),
    )


async def test_no_emergency_number_is_ever_called(
    client: httpx.AsyncClient, clock: ManualClock, message: Make
) -> None:
    async with AliyunVoiceProvider(clock) as provider:
        assert isinstance(
            await _channel(provider, client, clock).send(message("119", words=WORDS)), RefusedBy
        )
    assert provider.received == []
