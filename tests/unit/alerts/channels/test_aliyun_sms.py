from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from tests.support.providers_phone import AliyunSmsProvider
from tocsin.alerts.channels.aliyun_sms import AliyunSmsChannel
from tocsin.alerts.channels.phone_config import AliyunSmsConfig
from tocsin.alerts.ports import Message, RefusedBy, Sent
from tocsin.core.clock import ManualClock
from tocsin.core.errors import Rejected
from tocsin.core.responders import Channel

Make = Callable[..., Message]
WORDS = {"what": "烟雾", "where": "溪口村粮仓", "by": "请于12:03:00前到场（剩2分50秒）。"}
CALL = {"code": "SMS_1001", "parameters": {"where": "where", "what": "what", "by": "by", "token": "token"}}


def _channel(
    provider: AliyunSmsProvider, client: httpx.AsyncClient, clock: ManualClock, **changes: object
) -> AliyunSmsChannel:
    fields: dict[str, object] = {
        "kind": "aliyun",
        "name": "first",
        "base_url": f"{provider.url}/",
        "access_key_id": provider.KEY_ID,
        "access_key_secret": provider.SECRET,
        "signature": provider.SIGNATURE,
        "templates": {"call": CALL},
    }
    return AliyunSmsChannel(AliyunSmsConfig.model_validate(fields | changes), client, clock)


async def test_the_registered_template_is_filled_with_our_words(
    client: httpx.AsyncClient, clock: ManualClock, message: Make
) -> None:
    async with AliyunSmsProvider(clock) as provider:
        channel = _channel(provider, client, clock)
        answer = await channel.send(
            message("+86 138 0013 8000", words=WORDS, link="https://t.example/go/t0ken")
        )
    assert answer == Sent("90061^0")
    assert (channel.channel, channel.provider) == (Channel.SMS, "first")
    assert provider.told == [
        (
            "13800138000",
            "SMS_1001",
            {
                "where": "溪口村粮仓",
                "what": "烟雾",
                "by": "请于12:03:00前到场（剩2分50秒）。",
                "token": "t0ken",
            },
            "n-1",
        )
    ]


async def test_a_word_that_is_too_long_is_cut_and_brackets_are_replaced(
    client: httpx.AsyncClient, clock: ManualClock, message: Make
) -> None:
    templates = {"*": {"code": "SMS_1002", "parameters": {"place": "title"}}}
    async with AliyunSmsProvider(clock) as provider:
        channel = _channel(provider, client, clock, templates=templates)
        assert isinstance(await channel.send(message("13800138000", title="【演练】" + "火" * 50)), Sent)
    [(_, _, values, _)] = provider.told
    assert values["place"] == "（演练）" + "火" * 30 + "…"


async def test_a_recall_is_never_sent_in_the_words_of_a_call(
    client: httpx.AsyncClient, clock: ManualClock, message: Make
) -> None:
    async with AliyunSmsProvider(clock) as provider:
        answer = await _channel(provider, client, clock).send(
            message("13800138000", template="recall", words=WORDS)
        )
    assert isinstance(answer, RefusedBy)
    assert answer.elsewhere
    assert "templates" in answer.reason
    assert provider.received == []


async def test_an_empty_word_is_named_before_the_provider_refuses_it(
    client: httpx.AsyncClient, clock: ManualClock, message: Make
) -> None:
    async with AliyunSmsProvider(clock) as provider:
        answer = await _channel(provider, client, clock).send(message("13800138000", words=WORDS, link=""))
    assert isinstance(answer, RefusedBy)
    assert "`token`" in answer.reason
    assert provider.received == []


async def test_the_eleventh_in_a_minute_goes_to_another_provider_or_waits(
    client: httpx.AsyncClient, clock: ManualClock, message: Make
) -> None:
    async with AliyunSmsProvider(clock) as provider:
        channel = _channel(provider, client, clock)
        answers = [await channel.send(message("13800138000", words=WORDS)) for _ in range(11)]
        assert all(isinstance(one, Sent) for one in answers[:10])
        assert answers[10] == RefusedBy(
            "isv.BUSINESS_LIMIT_CONTROL: 触发分钟级流控Permits:10", timedelta(minutes=1), elsewhere=True
        )
        assert isinstance(await channel.send(message("13900139000", words=WORDS)), Sent)
        clock.advance(timedelta(minutes=1))
        assert isinstance(await channel.send(message("13800138000", words=WORDS)), Sent)


@pytest.mark.parametrize("address", ["+85291234567", "0571-88886666", "110"])
async def test_what_is_no_mobile_number_of_the_mainland_is_refused_unsent(
    client: httpx.AsyncClient, clock: ManualClock, message: Make, address: str
) -> None:
    async with AliyunSmsProvider(clock) as provider:
        answer = await _channel(provider, client, clock).send(message(address, words=WORDS))
    assert isinstance(answer, RefusedBy)
    assert "eleven digits" in answer.reason
    assert provider.received == []


async def test_a_service_in_the_clear_is_refused_at_the_start(
    client: httpx.AsyncClient, clock: ManualClock
) -> None:
    async with AliyunSmsProvider(clock) as provider:
        with pytest.raises(Rejected):
            _channel(provider, client, clock, base_url="http://dysmsapi.aliyuncs.com/")
        with pytest.raises(ValueError, match="access_key_secret_file"):
            _channel(provider, client, clock, access_key_secret=None)
