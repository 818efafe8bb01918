"""Real adapters and the relay against providers that fail: people are told all the same, and by whom is on record."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import msgspec
import pytest

from tests.support.providers import BlackHole
from tests.support.providers_phone import AliyunSmsProvider, AliyunVoiceProvider, TencentSmsProvider
from tests.support.site import Site
from tocsin.alerts.channels.aliyun_sms import AliyunSmsChannel
from tocsin.alerts.channels.aliyun_voice import AliyunVoiceChannel
from tocsin.alerts.channels.http import new_client
from tocsin.alerts.channels.phone_config import AliyunSmsConfig, AliyunVoiceConfig, TencentSmsConfig
from tocsin.alerts.channels.tencent_sms import TencentSmsChannel
from tocsin.alerts.policies import default_text
from tocsin.alerts.policy_book import PolicyBook, version_of
from tocsin.core.detections import Phase
from tocsin.core.responders import Channel

ALIYUN = {"access_key_id": AliyunSmsProvider.KEY_ID, "access_key_secret": AliyunSmsProvider.SECRET}
PLAN = "[wecom_app, voice, sms, wecom_bot, dingtalk, feishu, web_push, webhook, smtp, log]"
POLICY = default_text().replace(PLAN, "[sms, voice]")
WORDS = {"where": "where", "what": "what"}


class Country:
    """A village whose people have telephones only, and the providers that reach them."""

    def __init__(self, site: Site, client: httpx.AsyncClient) -> None:
        self.site, self.client = site, client
        self.aliyun = AliyunSmsProvider(site.clock)
        self.tencent = TencentSmsProvider(site.clock)
        self.voice = AliyunVoiceProvider(site.clock)
        self.aliyun.templates["SMS_9"] = ("where", "what")
        self.tencent.templates["9"] = 2
        town = site.town
        town.people = [
            msgspec.structs.replace(one, channels=(Channel.SMS, Channel.VOICE)) for one in town.people
        ]
        for place, one in enumerate(town.people):
            for channel in one.channels:
                town.addresses[one.person, channel] = f"138001380{place:02}"

    def offer(self, aliyun: str | None = None) -> None:
        """Configure two providers of messages and one of calls; the first under another address if need be."""
        first = AliyunSmsConfig.model_validate(
            ALIYUN
            | {
                "kind": "aliyun",
                "base_url": f"{aliyun or self.aliyun.url}/",
                "signature": self.aliyun.SIGNATURE,
                "templates": {"*": {"code": "SMS_9", "parameters": WORDS}},
                "time_limit_seconds": 2.0,
            }
        )
        second = TencentSmsConfig(
            kind="tencent",
            base_url=f"{self.tencent.url}/",
            secret_id=self.tencent.SECRET_ID,
            secret_key=self.tencent.SECRET,
            app_id=self.tencent.APP,
            signature=self.tencent.SIGNATURE,
            templates={"*": {"code": "9", "parameters": ["where", "what"]}},
        )
        calls = AliyunVoiceConfig.model_validate(
            ALIYUN
            | {
                "base_url": f"{self.voice.url}/",
                "templates": {"*": {"code": "TTS_1001", "parameters": WORDS}},
            }
        )
        clock = self.site.clock
        self.site.adapters[Channel.SMS] = (
            AliyunSmsChannel(first, self.client, clock),
            TencentSmsChannel(second, self.client, clock),
        )
        self.site.adapters[Channel.VOICE] = (AliyunVoiceChannel(calls, self.client, clock),)

    async def calls_for_help(self) -> None:
        await self.site.policies.keep(self.site.store)
        await self.site.take_in(
            self.site.at("00:00")._intake("button-1", "call", 0.5, 0.0, Phase.RAISE, raised=True)
        )

    async def relays(self, turns: int = 4) -> None:
        for _ in range(turns):
            await self.site._send()
            self.site.clock.advance(timedelta(seconds=1))

    def states(self, channel: Channel) -> set[tuple[str, str]]:
        rows = (row for row in self.site.notices.rows.values() if row.notice.channel is channel)
        return {(row.state, row.reason.split(":")[0]) for row in rows}


@pytest.fixture
async def country() -> AsyncIterator[Country]:
    async with new_client() as client:
        made = Country(Site(PolicyBook({"default": version_of(POLICY)})), client)
        async with made.aliyun, made.tencent, made.voice:
            yield made


def numbers(told: list[tuple[str, str, object, str]]) -> set[str]:
    return {one[0].removeprefix("+86") for one in told}


async def test_the_first_provider_tells_everybody_once(country: Country) -> None:
    country.offer()
    await country.calls_for_help()
    await country.relays()
    assert len(country.aliyun.told) == len(numbers(country.aliyun.told)) == 4
    assert country.tencent.told == []
    assert country.states(Channel.SMS) == {("sent", "")}
    assert {tuple(one[2].values()) for one in country.aliyun.told} == {("溪口村box/button-1", "一键求助")}


@pytest.mark.parametrize("fault", ["money", "permission", "busy"])
async def test_what_the_first_refuses_for_its_account_the_second_sends_at_once(
    country: Country, fault: str
) -> None:
    country.offer()
    country.aliyun.money = fault != "money"
    country.aliyun.permitted = fault != "permission"
    country.aliyun.mood = "busy" if fault == "busy" else "well"
    await country.calls_for_help()
    await country.relays(1)
    assert country.aliyun.told == []
    assert len(numbers(country.tencent.told)) == 4
    assert country.states(Channel.SMS) == {("sent", "")}


async def test_a_first_provider_in_a_black_hole_costs_seconds_not_people(country: Country) -> None:
    with BlackHole() as hole:
        country.offer(aliyun=hole.url)
        await country.calls_for_help()
        await country.relays(1)
    assert len(numbers(country.tencent.told)) == 4


async def test_when_no_message_can_be_sent_telephones_ring(country: Country) -> None:
    country.offer()
    country.aliyun.money = country.tencent.money = False
    await country.calls_for_help()
    await country.relays()
    assert numbers(country.voice.told)
    assert {state for state, _ in country.states(Channel.SMS)} == {"failed"}


async def test_a_number_that_is_none_is_not_tried_at_the_second_provider(country: Country) -> None:
    country.offer()
    for person, channel in list(country.site.town.addresses):
        if channel is Channel.SMS:
            country.site.town.addresses[person, channel] = "+85291234567"
    await country.calls_for_help()
    await country.relays()
    assert country.aliyun.received == country.tencent.received == []
    assert numbers(country.voice.told)
