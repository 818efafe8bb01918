"""People are reached through providers that refuse in a 200, throttle, fall silent or swallow everything.

The real store, relay and adapters, against providers on loopback; what the operator reads is asserted, too.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.support.database import Server
from tests.support.providers import BlackHole
from tests.support.providers_chat import WecomAppProvider
from tests.support.providers_phone import AliyunSmsProvider, TencentSmsProvider
from tests.support.reach import FakeTrials
from tests.support.response import (
    ANN,
    BOB,
    START,
    VILLAGE,
    Response,
    change,
    confirmed,
    in_postgres,
    incident_id,
    notice,
    opened,
    shared,
)
from tocsin.alerts import words
from tocsin.alerts.channels.aliyun_sms import AliyunSmsChannel
from tocsin.alerts.channels.config import WecomAppConfig
from tocsin.alerts.channels.http import new_client
from tocsin.alerts.channels.phone_config import AliyunSmsConfig, TencentSmsConfig
from tocsin.alerts.channels.tencent_sms import TencentSmsChannel
from tocsin.alerts.channels.wecom_app import WecomAppChannel
from tocsin.alerts.circuit import FAILURES, TRIAL_EVERY
from tocsin.alerts.commands import Confirm
from tocsin.alerts.config import RelayConfig
from tocsin.alerts.hooks import Hook, Hooks, Receipts
from tocsin.alerts.policies import default_text
from tocsin.alerts.policy_book import PolicyBook, version_of
from tocsin.alerts.ports import Answer, ChannelAdapter, Message, Report, Sent
from tocsin.alerts.providers import Providers
from tocsin.alerts.recorder import Recorder
from tocsin.alerts.relay import Relay
from tocsin.alerts.service import AlertService
from tocsin.core.clock import ManualClock
from tocsin.core.detections import Kind
from tocsin.core.ids import IncidentId, PersonId, ReportId
from tocsin.core.incidents import Accepted, Actor
from tocsin.core.responders import Channel
from tocsin.store.alert_queries import PgAlertQueries
from tocsin.store.notices import PgNoticeStore
from tocsin.store.reach import PgReachStore
from tocsin.store.replies import PgReplyStore
from tocsin.store.town import PgTownStore
from tocsin.store.trials import PgTrialStore
from tocsin.store.wakeups import Wakeups
from tocsin.town.ports import ContactAddress, Person

OPERATOR = Actor("person", "operator")
PHONES = {ANN: "13800138000", BOB: "13800138001"}
PLAN = "[wecom_app, voice, sms, wecom_bot, dingtalk, feishu, web_push, webhook, smtp, log]"
POLICY = default_text().replace(PLAN, "[sms, smtp]")
SECRET = b"a-secret-of-some-length"
MINUTE = timedelta(minutes=1)


class Mail(ChannelAdapter):
    """The next channel: it always works."""

    def __init__(self) -> None:
        self.told: list[Message] = []

    @property
    def channel(self) -> Channel:
        return Channel.SMTP

    async def send(self, message: Message) -> Answer:
        self.told.append(message)
        return Sent("mail")


@dataclass
class Reaching:
    """A village whose two people have a telephone and a mailbox, and two providers of short messages."""

    response: Response
    aliyun: AliyunSmsProvider
    tencent: TencentSmsProvider
    stack: AsyncExitStack
    clock: ManualClock
    client: Any
    mail: Mail = field(default_factory=Mail)
    relays: list[Relay] = field(default_factory=list)

    def __post_init__(self) -> None:
        assert isinstance(self.response.notices, PgNoticeStore)
        self.pool = self.response.notices._pool
        self.policies = PolicyBook({"default": version_of(POLICY)})
        self.service = AlertService(self.response.store, self.policies)
        self.replies = PgReplyStore(self.pool)

    def by_aliyun(self, **changes: object) -> AliyunSmsChannel:
        fields: dict[str, object] = {
            "kind": "aliyun",
            "base_url": f"{self.aliyun.url}/",
            "access_key_id": self.aliyun.KEY_ID,
            "access_key_secret": self.aliyun.SECRET,
            "signature": self.aliyun.SIGNATURE,
            "templates": {"*": {"code": "SMS_1002", "parameters": {"place": "what"}}},
            "time_limit_seconds": 0.5,
        }
        return AliyunSmsChannel(AliyunSmsConfig.model_validate(fields | changes), self.client, self.clock)

    def by_tencent(self, **changes: object) -> TencentSmsChannel:
        fields: dict[str, object] = {
            "kind": "tencent",
            "base_url": f"{self.tencent.url}/",
            "secret_id": self.tencent.SECRET_ID,
            "secret_key": self.tencent.SECRET,
            "app_id": self.tencent.APP,
            "signature": self.tencent.SIGNATURE,
            "templates": {"*": {"code": "2002", "parameters": ["what"]}},
            "time_limit_seconds": 0.5,
        }
        return TencentSmsChannel(TencentSmsConfig.model_validate(fields | changes), self.client, self.clock)

    def relay(self, *adapters: ChannelAdapter, name: str = "relay") -> Relay:
        offered = {
            channel: tuple(one for one in adapters if one.channel is channel)
            for channel in {one.channel for one in adapters}
        }
        recorder = Recorder(self.service)
        return Relay(
            self.response.notices,
            recorder,
            Providers(offered, PgReachStore(self.pool), clock=self.clock, person=()),
            config=RelayConfig(),
            clock=self.clock,
            name=name,
            wait=self.response.store.wait,
            replies=self.replies,
            chores=(Receipts(self.replies, recorder).apply,),
        )

    async def go(self, seconds: float) -> None:
        """Let both clocks pass."""
        self.clock.advance(timedelta(seconds=seconds))
        await self.response.travel(self.clock.now())

    @property
    def mailed(self) -> list[str]:
        """Whom of the village the mail has reached."""
        return sorted(one.address for one in self.mail.told if one.address != "cat@example.org")

    async def call(self, number: int = 0) -> IncidentId:
        """Something is reported and confirmed: Ann and Bob are called."""
        kind = (Kind.FIRE, Kind.FLOOD, Kind.GAS, Kind.FALL)[number]
        report = Report(
            id=ReportId(f"r-{number}"), kind=kind, grid=VILLAGE, words="fire", caller="", place=None,
            reported_by=ANN, at=self.clock.now(),
        )  # fmt: skip
        name = await self.service.report(
            report, severity=0.9, grade=None, actor=OPERATOR, act=f"report-{number}"
        )
        await self.service.command(name, Confirm(), OPERATOR, act=f"confirm-{number}")
        return name

    async def told(self, name: IncidentId, person: PersonId = ANN) -> list[tuple[str, str, str]]:
        """What the operator reads of a person's notices: channel, provider, and words."""
        queries = PgAlertQueries(self.pool, Wakeups(""), self.clock)
        rows = await queries.notices(name)
        return [
            (one.channel.value, one.provider, words.outcome(one.state, one.reason))
            for one in sorted(rows, key=lambda one: (one.channel != "sms", one.created, one.id))
            if one.person == person
        ]


async def turn(relay: Relay, times: int = 1) -> None:
    for _ in range(times):
        async with asyncio.TaskGroup() as keeping:
            keeping.create_task(relay._recorder.run())
            async with asyncio.TaskGroup() as sending:
                await relay.turn(sending)
            await relay._recorder.finish()


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture
async def reaching(shared_database: str) -> AsyncIterator[Reaching]:
    clock = ManualClock(START)
    async with AsyncExitStack() as stack:
        response = await stack.enter_async_context(in_postgres(shared_database))
        aliyun = await stack.enter_async_context(AliyunSmsProvider(clock))
        tencent = await stack.enter_async_context(TencentSmsProvider(clock))
        client = await stack.enter_async_context(new_client())
        made = Reaching(response, aliyun, tencent, stack, clock, client)
        contacts = [
            ContactAddress(person=person, channel=channel, address=address, rank=1)
            for person, number in PHONES.items()
            for channel, address in ((Channel.SMS, number), (Channel.SMTP, f"{person}@example.org"))
        ]
        await PgTownStore(made.pool).add_people([], contacts)
        await made.policies.keep(response.store)
        yield made


def numbers(provider: AliyunSmsProvider | TencentSmsProvider) -> list[str]:
    return sorted(one[0].removeprefix("+86") for one in provider.told)


BOTH = sorted(PHONES.values())


async def test_a_provider_that_refuses_all_in_a_200_is_passed_over_within_the_same_try(
    reaching: Reaching,
) -> None:
    reaching.aliyun.money = False
    name = await reaching.call()
    await turn(reaching.relay(reaching.by_aliyun(), reaching.by_tencent(), reaching.mail), 3)
    assert numbers(reaching.tencent) == BOTH, "each once"
    assert reaching.aliyun.told == []
    assert await reaching.told(name) == [("sms", "tencent", "已被服务商接收")]
    assert reaching.mailed == []
    health = {one.provider: one.failures for one in await PgReachStore(reaching.pool).healths()}
    assert health["aliyun"] == 2


async def test_a_number_that_is_refused_in_a_200_fails_with_its_reason_and_the_mail_is_next(
    reaching: Reaching,
) -> None:
    await PgTownStore(reaching.pool).add_people(
        [],
        [
            ContactAddress(person=ANN, channel=Channel.SMS, address="not a number", rank=1),
            ContactAddress(person=ANN, channel=Channel.SMTP, address="ann@example.org", rank=2),
        ],
    )
    name = await reaching.call()
    await turn(reaching.relay(reaching.by_aliyun(), reaching.by_tencent(), reaching.mail), 3)
    first, second = await reaching.told(name)
    assert first[:2] == ("sms", "aliyun")
    assert first[2].startswith("未能送出：服务商拒绝：")
    assert second == ("smtp", "smtp", "已被服务商接收")
    assert numbers(reaching.aliyun) == [PHONES[BOB]]
    assert reaching.mailed == ["ann@example.org"]


async def test_a_throttle_delays_and_loses_nothing(reaching: Reaching) -> None:
    name = await reaching.call()
    relay = reaching.relay(reaching.by_aliyun(per_minute=1), reaching.mail)
    await turn(relay)
    assert len(reaching.aliyun.told) == 1
    waiting = next(person for person, number in PHONES.items() if number not in numbers(reaching.aliyun))
    assert await reaching.told(name, waiting) == [("sms", "", "等待发送：发送次数已达上限，到点自动再发")]
    await reaching.go(59)
    await turn(relay)
    assert len(reaching.aliyun.told) == 1
    await reaching.go(1)
    await turn(relay, 2)
    assert numbers(reaching.aliyun) == BOTH
    assert await reaching.told(name, waiting) == [("sms", "aliyun", "已被服务商接收")]


async def test_the_providers_own_throttle_is_obeyed_by_another_provider(reaching: Reaching) -> None:
    reaching.tencent.outcome = "LimitExceeded.AppDailyLimit", "daily limit"
    name = await reaching.call()
    await turn(reaching.relay(reaching.by_tencent(), reaching.by_aliyun(), reaching.mail), 2)
    assert numbers(reaching.aliyun) == BOTH
    assert await reaching.told(name) == [("sms", "aliyun", "已被服务商接收")]
    assert all(one.up for one in await PgReachStore(reaching.pool).healths()), "a limit is no failure"


async def test_silence_is_not_repeated_by_the_same_channel_and_the_mail_is_next(reaching: Reaching) -> None:
    reaching.aliyun.mood = "silent"
    name = await reaching.call()
    relay = reaching.relay(reaching.by_aliyun(), reaching.by_tencent(), reaching.mail)
    await turn(relay, 3)
    assert reaching.tencent.told == [], "they may have the message already"
    assert reaching.mailed == ["ann@example.org", "bob@example.org"]
    first, second = await reaching.told(name)
    assert first[:2] == ("sms", "aliyun")
    assert first[2].startswith("未能送出：服务商没有回应，可能已送出：")
    assert second == ("smtp", "smtp", "已被服务商接收")


async def test_a_silent_provider_goes_down_is_passed_over_and_comes_back_by_its_probe(
    reaching: Reaching,
) -> None:
    reaching.aliyun.mood = "silent"
    relay = reaching.relay(reaching.by_aliyun(), reaching.by_tencent(), reaching.mail)
    with capture_logs() as lines:
        for number in (0, 1):
            await reaching.call(number)
            await turn(relay)
    assert [line["provider"] for line in lines if line["event"] == "provider.down"] == ["aliyun"]
    asked = len(reaching.aliyun.received)
    await reaching.go(31)
    name = await reaching.call(2)
    other = reaching.relay(reaching.by_aliyun(), reaching.by_tencent(), reaching.mail, name="other")
    await turn(other)
    assert [row[:2] for row in await reaching.told(name)] == [("sms", "tencent")]
    assert len(reaching.aliyun.received) == asked + 1, "the probe, and no message"
    rows = {row.provider: row for row in await PgTrialStore(reaching.pool).channels()}
    assert (rows["aliyun"].up, rows["tencent"].up) == (False, True)
    assert rows["aliyun"].reason.startswith("no answer")
    reaching.aliyun.mood = "well"
    await reaching.go(TRIAL_EVERY.total_seconds())
    await turn(other)
    assert {row.provider: row.up for row in await PgTrialStore(reaching.pool).channels()}["aliyun"]
    name = await reaching.call(3)
    await reaching.go(1)
    await turn(other)
    assert [row[:2] for row in await reaching.told(name)] == [("sms", "aliyun")]


async def test_a_black_hole_holds_nobody_up(reaching: Reaching) -> None:
    with BlackHole() as hole:
        name = await reaching.call()
        swallowed = reaching.by_aliyun(base_url=f"{hole.url}/")
        await turn(reaching.relay(swallowed, reaching.by_tencent(), reaching.mail), 2)
    assert numbers(reaching.tencent) == BOTH
    assert await reaching.told(name) == [("sms", "tencent", "已被服务商接收")]


async def test_two_black_holes_are_told_and_the_mail_is_next(reaching: Reaching) -> None:
    with BlackHole() as hole:
        one = reaching.by_aliyun(base_url=f"{hole.url}/")
        two = reaching.by_tencent(base_url=f"{hole.url}/")
        for provider in ("aliyun", "tencent"):
            answer = await (one if provider == "aliyun" else two).probe()
            assert answer is not None
            for _ in range(FAILURES):
                await PgReachStore(reaching.pool).judge(Channel.SMS, provider, answer)
        name = await reaching.call()
        await turn(reaching.relay(one, two, reaching.mail), 3)
    first, second = await reaching.told(name)
    assert first == ("sms", "", "未能送出：服务商中断，已改走其他渠道或等待恢复")
    assert second == ("smtp", "smtp", "已被服务商接收")


async def test_what_was_taken_but_not_delivered_goes_on_and_a_reply_is_an_act(reaching: Reaching) -> None:
    name = await reaching.call()
    relay = reaching.relay(reaching.by_aliyun(), reaching.mail)
    await turn(relay)
    hook = Hook("sms", "aliyun_sms", "", SECRET)
    hooks = Hooks([hook], reaching.replies, FakeTrials(), reaching.service)
    ours = {number: out_id for number, _, _, out_id in reaching.aliyun.told}
    failed = {"biz_id": "90061^0", "out_id": ours[PHONES[ANN]], "success": False, "err_code": "UNDELIV"}
    came = {"biz_id": "90062^0", "out_id": ours[PHONES[BOB]], "success": True}
    answer = {"phone_number": PHONES[BOB], "content": "1", "sequence_id": 5}
    for _ in range(2):
        await hooks.take(hook, json.dumps([failed, came, answer]).encode())
    await reaching.go(1)
    await turn(relay, 2)
    assert await reaching.told(name) == [
        ("sms", "aliyun", "未能送出：服务商回执：未送达：UNDELIV"),
        ("smtp", "smtp", "已被服务商接收"),
    ]
    assert await reaching.told(name, BOB) == [("sms", "aliyun", "已送达")]
    state = await reaching.response.load(name)
    assert state.calls[BOB].accepted is not None
    async with reaching.response.store.unit() as unit:
        log = (await unit.load([name]))[name]
    assert sum(isinstance(one.event, Accepted) for one in log) == 1


@pytest.mark.heavy
async def test_two_hundred_responders_are_called_over_wecom_within_its_budget_none_lost_none_twice(
    reaching: Reaching,
) -> None:
    people = [f"member-{number:03}" for number in range(200)]
    await PgTownStore(reaching.pool).add_people(
        [Person(id=PersonId(one), name=one, grid=VILLAGE, tier=None) for one in people],
        [
            ContactAddress(person=PersonId(one), channel=Channel.WECOM_APP, address=one, rank=1)
            for one in people
        ],
    )
    wecom = await reaching.stack.enter_async_context(WecomAppProvider(reaching.clock, per_minute=60))
    wecom.members = set(people)
    adapter = WecomAppChannel(
        WecomAppConfig(
            corp_id=wecom.CORP, agent_id=wecom.AGENT, secret=wecom.SECRET, base_url=wecom.url, per_minute=60
        ),
        reaching.client,
        reaching.clock,
    )
    notices = tuple(
        notice(1, person=PersonId(one), channel=Channel.WECOM_APP, lasts=10 * MINUTE) for one in people
    )
    await reaching.response.save(change(1, opened(), *confirmed(), notices=notices))
    relays = [reaching.relay(adapter, name=f"relay-{number}") for number in range(2)]
    with capture_logs():  # the policy of this incident is only a name: outcomes cannot be written into it
        while (found := await reaching.response.notices.next_send()) is not None:
            now, ready = found
            await reaching.go(max((ready - now).total_seconds(), 0.0))
            for relay in relays:
                await turn(relay)
    assert Counter(member for member, _ in wecom.told) == dict.fromkeys(people, 1)
    assert reaching.clock.now() - START <= 4 * MINUTE
    rows = await PgAlertQueries(reaching.pool, Wakeups(""), reaching.clock).notices(incident_id(1))
    assert Counter(one.state for one in rows) == {"sent": 200}
