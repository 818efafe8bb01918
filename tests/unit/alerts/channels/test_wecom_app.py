import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import httpx
import pytest

from tests.support.providers_chat import WecomAppProvider
from tocsin.alerts.channels.config import WecomAppConfig
from tocsin.alerts.channels.wecom_app import WecomAppChannel
from tocsin.alerts.ports import Message, RefusedBy, Sent, Unknown
from tocsin.core.clock import ManualClock
from tocsin.core.errors import Rejected
from tocsin.core.ids import NoticeId
from tocsin.core.responders import Channel

Make = Callable[..., Message]
Build = Callable[..., WecomAppChannel]


@pytest.fixture
async def provider(clock: ManualClock) -> AsyncIterator[WecomAppProvider]:
    async with WecomAppProvider(clock) as provider:
        yield provider


@pytest.fixture
def build(provider: WecomAppProvider, client: httpx.AsyncClient, clock: ManualClock) -> Build:
    def made(**changes: object) -> WecomAppChannel:
        fields: dict[str, object] = {
            "base_url": provider.url,
            "corp_id": provider.CORP,
            "agent_id": provider.AGENT,
            "secret": provider.SECRET,
        }
        return WecomAppChannel(WecomAppConfig.model_validate(fields | changes), client, clock)

    return made


@pytest.fixture
def channel(build: Build) -> WecomAppChannel:
    return build()


async def test_a_member_gets_a_card_with_the_link(
    channel: WecomAppChannel, provider: WecomAppProvider, message: Make
) -> None:
    assert await channel.send(message("ann")) == Sent("m-1")
    assert channel.channel is Channel.WECOM_APP
    [(member, told)] = provider.told
    assert member == "ann"
    assert told["textcard"] == {
        "title": "烟雾 III",
        "description": "溪口村粮仓有烟，请于 12:03 前到场",
        "url": "https://tocsin.example/i/i-1",
        "btntxt": "查看",
    }


async def test_without_a_link_it_is_a_text(
    channel: WecomAppChannel, provider: WecomAppProvider, message: Make
) -> None:
    assert await channel.send(message("ann", link="", text="火" * 5000)) == Sent("m-1")
    assert provider.told[0][1]["msgtype"] == "text"


async def test_a_long_title_and_text_are_cut(
    channel: WecomAppChannel, provider: WecomAppProvider, message: Make
) -> None:
    assert await channel.send(message("ann", title="火" * 99, text="火" * 999)) == Sent("m-1")
    assert provider.told[0][1]["textcard"]["title"].endswith("…")


async def test_the_token_is_fetched_once_however_many_wait_for_it(
    channel: WecomAppChannel, provider: WecomAppProvider, message: Make
) -> None:
    provider.members = {f"member-{n}" for n in range(50)}
    sendings = (channel.send(message(one, notice=NoticeId(one))) for one in sorted(provider.members))
    assert all(isinstance(one, Sent) for one in await asyncio.gather(*sendings))
    assert provider.fetches == 1
    assert {member for member, _ in provider.told} == provider.members


async def test_a_token_is_fetched_anew_before_it_ends(
    channel: WecomAppChannel, provider: WecomAppProvider, message: Make, clock: ManualClock
) -> None:
    await channel.send(message("ann"))
    clock.advance(timedelta(seconds=6899))
    await channel.send(message("ann"))
    assert provider.fetches == 1
    clock.advance(timedelta(seconds=1))
    assert isinstance(await channel.send(message("ann")), Sent)
    assert provider.fetches == 2


async def test_a_token_called_invalid_is_fetched_anew_once_by_all(
    channel: WecomAppChannel, provider: WecomAppProvider, message: Make
) -> None:
    await channel.send(message("ann"))
    provider.revoke()
    sendings = (channel.send(message("ann", notice=NoticeId(f"n-{n}"))) for n in range(10))
    assert all(isinstance(one, Sent) for one in await asyncio.gather(*sendings))
    assert provider.fetches == 2


async def test_a_token_that_is_never_right_ends_as_a_refusal(
    channel: WecomAppChannel, provider: WecomAppProvider, message: Make
) -> None:
    real = provider.take
    provider.take = lambda path, headers, body: (  # type: ignore[method-assign]
        real(path, headers, body)
        if "gettoken" in path
        else (200, {}, b'{"errcode": 42001, "errmsg": "access_token expired"}')
    )
    answer = await channel.send(message("ann"))
    assert answer == RefusedBy("errcode 42001: access_token expired", by_account=True)
    assert len(provider.received) == 4


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        ({"secret": "another-secret"}, "secret is wrong"),
        ({"corp_id": "ww-another"}, "enterprise's id"),
        ({"agent_id": 7}, "application's id"),
    ],
)
async def test_a_wrong_account_is_told_by_what_to_look_at(
    build: Build, message: Make, changes: dict[str, object], hint: str
) -> None:
    answer = await build(**changes).send(message("ann"))
    assert isinstance(answer, RefusedBy)
    assert (answer.retry_after, answer.by_account) == (None, True)
    assert hint in answer.reason


async def test_a_machine_that_is_not_trusted_is_told_so(
    channel: WecomAppChannel, provider: WecomAppProvider, message: Make
) -> None:
    provider.trusted = False
    for answer in (await channel.send(message("ann")), await channel.probe()):
        assert isinstance(answer, RefusedBy)
        assert "企业可信IP" in answer.reason
        assert answer.by_account


async def test_nobody_told_in_a_200_without_error_is_no_success(
    channel: WecomAppChannel, provider: WecomAppProvider, message: Make
) -> None:
    assert isinstance(await channel.send(message("stranger")), RefusedBy)
    provider.unlicensed = {"ann"}
    answer = await channel.send(message("ann"))
    assert isinstance(answer, RefusedBy)
    assert "licence" in answer.reason
    await channel.probe()
    provider.behaviour = lambda *_: (200, {}, b'{"errcode": 0, "errmsg": "ok", "invaliduser": "ann"}')
    answer = await channel.send(message("ann"))
    assert isinstance(answer, RefusedBy)
    assert "可见范围" in answer.reason


async def test_too_often_for_the_account_waits_the_minute_out(
    client: httpx.AsyncClient, clock: ManualClock, message: Make
) -> None:
    async with WecomAppProvider(clock, per_minute=1) as provider:
        config = WecomAppConfig(
            base_url=provider.url, corp_id=provider.CORP, agent_id=provider.AGENT, secret=provider.SECRET
        )
        channel = WecomAppChannel(config, client, clock)
        await channel.send(message("ann"))
        answer = await channel.send(message("ann"))
    assert answer == RefusedBy("errcode 45009: api freq out of limit", timedelta(minutes=1), by_account=True)


async def test_a_message_of_unknown_end_is_repeated_unchanged_and_told_once(
    build: Build, provider: WecomAppProvider, message: Make
) -> None:
    channel = build(time_limit_seconds=1.0)
    real = provider.take

    def taken_but_never_said(path: str, headers: dict[str, str], body: bytes) -> None:
        real(path, headers, body)

    await channel.probe()
    provider.behaviour = taken_but_never_said
    assert isinstance(await channel.send(message("ann", text="剩2分50秒")), Unknown)
    provider.behaviour = real
    assert isinstance(await channel.send(message("ann", text="剩2分47秒")), Sent)
    assert len(provider.told) == 1
    assert isinstance(await channel.send(message("ann", text="剩2分44秒")), Sent)
    assert len(provider.told) == 2


async def test_silence_at_the_token_leaves_the_member_untold_and_may_be_tried_again(
    build: Build, provider: WecomAppProvider, message: Make
) -> None:
    provider.mood = "silent"
    answer = await build(time_limit_seconds=0.5).send(message("ann"))
    assert isinstance(answer, RefusedBy)
    assert answer.retry_after is not None
    assert answer.by_account


@pytest.mark.parametrize("body", [b"", b"{}", b'{"errcode": 0}', b'{"errcode": 0, "access_token": 7}'])
async def test_a_token_that_is_none_is_a_refusal_that_may_be_tried_again(
    channel: WecomAppChannel, provider: WecomAppProvider, message: Make, body: bytes
) -> None:
    provider.behaviour = lambda *_: (200, {}, body)
    answer = await channel.send(message("ann"))
    assert isinstance(answer, RefusedBy)
    assert answer.retry_after is not None


@pytest.mark.parametrize("address", ["@all", "ann|li.wei", "", "a b", "x" * 65, "-ann"])
async def test_only_one_member_is_ever_addressed(
    channel: WecomAppChannel, provider: WecomAppProvider, message: Make, address: str
) -> None:
    assert isinstance(await channel.send(message(address)), RefusedBy)
    assert provider.received == []


def test_a_service_in_the_clear_or_without_secret_is_refused_at_the_start(build: Build) -> None:
    with pytest.raises(Rejected):
        build(base_url="http://qyapi.weixin.qq.com")
    with pytest.raises(ValueError, match="secret_file"):
        build(secret=None)
