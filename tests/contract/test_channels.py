"""What every channel promises, each against a provider that behaves like the real one, and badly."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.support.providers import Api, BlackHole, HttpProvider, SmtpProvider, WecomProvider, ok
from tests.support.providers_chat import DingtalkProvider, FeishuProvider, WecomAppProvider
from tests.support.providers_phone import AliyunSmsProvider, AliyunVoiceProvider, TencentSmsProvider
from tests.support.providers_push import PushProvider
from tocsin.alerts.channels.aliyun_sms import AliyunSmsChannel
from tocsin.alerts.channels.aliyun_voice import AliyunVoiceChannel
from tocsin.alerts.channels.config import (
    DingtalkConfig,
    FeishuConfig,
    SmtpConfig,
    WebhookConfig,
    WebPushConfig,
    WecomAppConfig,
    WecomBotConfig,
)
from tocsin.alerts.channels.dingtalk import DingtalkChannel
from tocsin.alerts.channels.feishu import FeishuChannel
from tocsin.alerts.channels.http import new_client
from tocsin.alerts.channels.phone_config import AliyunSmsConfig, AliyunVoiceConfig, TencentSmsConfig
from tocsin.alerts.channels.smtp import SmtpChannel
from tocsin.alerts.channels.tencent_sms import TencentSmsChannel
from tocsin.alerts.channels.vapid import vapid_keys
from tocsin.alerts.channels.web_push import WebPushChannel, topic
from tocsin.alerts.channels.webhook import WebhookChannel
from tocsin.alerts.channels.wecom_app import WecomAppChannel
from tocsin.alerts.channels.wecom_bot import WecomBotChannel
from tocsin.alerts.ports import Answer, ChannelAdapter, Message, RefusedBy, Sent, Unknown
from tocsin.core.clock import ManualClock
from tocsin.core.ids import IncidentId, NoticeId

LIMIT = 10.0
"""No test that gets an answer may depend on how busy the machine is."""
HASTY = 0.2
NOTICE = NoticeId("0198c9a2-1111-7000-8000-00000000abcd")
WORDS = {"what": "烟雾", "where": "溪口村粮仓", "by": "请于12:03:00前到场（剩2分50秒）。", "grade": "较大"}
PHONE = "13800138000"
WEBHOOK_KEY = "k3y-of-the-webhook-with-32-letters"


class WebhookReceiver(Api):
    """A receiver that says what it thinks in the body."""

    REFUSES = (200, '{"ok": false, "error": "{}"}')

    def take(
        self, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes] | None:
        return ok(path, headers, body)


@dataclass(frozen=True)
class Subject:
    """One channel with its provider."""

    fake: Callable[[ManualClock, Path], Api]
    adapter: Callable[[str, httpx.AsyncClient, ManualClock, Path, float], ChannelAdapter]
    address: Callable[[Api, str], str]
    secrets: Callable[[Api], tuple[str, ...]]
    key: Callable[[tuple[str, dict[str, str], bytes]], object]
    """What of a request lets the provider, or us with its help, recognise a repetition."""
    lasting: tuple[tuple[int, bytes], ...]
    """Refusals in the body that no repetition changes."""
    nothing: frozenset[str] = frozenset()
    """Moods that are no fault here: a webhook's receiver may answer anything, a push service nothing."""


def _query(name: str) -> Callable[[tuple[str, dict[str, str], bytes]], object]:
    return lambda request: parse_qs(urlsplit(request[0]).query)[name]


SUBJECTS = {
    "webhook": Subject(
        lambda clock, path: WebhookReceiver(),
        lambda url, client, clock, path, limit: WebhookChannel(
            WebhookConfig(signing_key=WEBHOOK_KEY, time_limit_seconds=limit), client, clock
        ),
        lambda fake, url: f"{url}/hook/s3cret-path-of-the-receiver",
        lambda fake: (WEBHOOK_KEY, "s3cret-path-of-the-receiver"),
        lambda request: request[1]["idempotency-key"],
        ((200, b'{"ok": false}'), (200, b'{"error": "no such room"}')),
        frozenset({"html", "empty", "broken", "list", "truth", "oversized"}),
    ),
    "wecom_bot": Subject(
        lambda clock, path: WecomProvider(clock),
        lambda url, client, clock, path, limit: WecomBotChannel(
            WecomBotConfig(base_url=f"{url}/cgi-bin/webhook/send", time_limit_seconds=limit), client
        ),
        lambda fake, url: WecomProvider.KEY,
        lambda fake: (WecomProvider.KEY,),
        lambda request: request[2],
        ((200, b'{"errcode": 93000, "errmsg": "invalid webhook url"}'),),
    ),
    "wecom_app": Subject(
        lambda clock, path: WecomAppProvider(clock),
        lambda url, client, clock, path, limit: WecomAppChannel(
            WecomAppConfig(
                base_url=url,
                corp_id=WecomAppProvider.CORP,
                agent_id=WecomAppProvider.AGENT,
                secret=WecomAppProvider.SECRET,
                time_limit_seconds=limit,
            ),
            client,
            clock,
        ),
        lambda fake, url: "wang-qiang",
        lambda fake: (WecomAppProvider.SECRET, "token-1-"),
        lambda request: json.loads(request[2])["enable_duplicate_check"] and request[2],
        ((200, b'{"errcode": 81013, "errmsg": "all invalid"}'), (200, b'{"errcode": 60020, "errmsg": "ip"}')),
    ),
    "dingtalk": Subject(
        lambda clock, path: DingtalkProvider(clock),
        lambda url, client, clock, path, limit: DingtalkChannel(
            DingtalkConfig(base_url=f"{url}/robot/send", time_limit_seconds=limit), client, clock
        ),
        lambda fake, url: f"{DingtalkProvider.TOKEN}#{DingtalkProvider.KEY}",
        lambda fake: (DingtalkProvider.KEY, DingtalkProvider.TOKEN),
        lambda request: request[2],
        ((200, b'{"errcode": 310000, "errmsg": "sign not match"}'),),
    ),
    "feishu": Subject(
        lambda clock, path: FeishuProvider(clock),
        lambda url, client, clock, path, limit: FeishuChannel(
            FeishuConfig(base_url=f"{url}/open-apis/bot/v2/hook", time_limit_seconds=limit), client, clock
        ),
        lambda fake, url: f"{FeishuProvider.TOKEN}#{FeishuProvider.KEY}",
        lambda fake: (FeishuProvider.KEY, FeishuProvider.TOKEN),
        lambda request: json.loads(request[2])["content"],
        ((200, b'{"code": 19021, "msg": "sign match fail"}'), (200, b'{"StatusCode": 19001}')),
    ),
    "aliyun_sms": Subject(
        lambda clock, path: AliyunSmsProvider(clock),
        lambda url, client, clock, path, limit: AliyunSmsChannel(
            AliyunSmsConfig(
                base_url=f"{url}/",
                access_key_id=AliyunSmsProvider.KEY_ID,
                access_key_secret=AliyunSmsProvider.SECRET,
                signature=AliyunSmsProvider.SIGNATURE,
                templates={
                    "call": {
                        "code": "SMS_1001",
                        "parameters": {"where": "where", "what": "what", "by": "by", "token": "token"},
                    }
                },
                time_limit_seconds=limit,
            ),
            client,
            clock,
        ),
        lambda fake, url: f"+86{PHONE}",
        lambda fake: (AliyunSmsProvider.SECRET, PHONE),
        _query("OutId"),
        (
            (200, b'{"Code": "isv.MOBILE_NUMBER_ILLEGAL", "Message": "m"}'),
            (200, b'{"Code": "isv.AMOUNT_NOT_ENOUGH", "Message": "m"}'),
            (400, b'{"Code": "SignatureDoesNotMatch", "Message": "m"}'),
        ),
    ),
    "aliyun_voice": Subject(
        lambda clock, path: AliyunVoiceProvider(clock),
        lambda url, client, clock, path, limit: AliyunVoiceChannel(
            AliyunVoiceConfig(
                base_url=f"{url}/",
                access_key_id=AliyunVoiceProvider.KEY_ID,
                access_key_secret=AliyunVoiceProvider.SECRET,
                templates={"*": {"code": "TTS_1001", "parameters": {"where": "where", "what": "what"}}},
                time_limit_seconds=limit,
            ),
            client,
            clock,
        ),
        lambda fake, url: PHONE,
        lambda fake: (AliyunVoiceProvider.SECRET, PHONE),
        _query("OutId"),
        (
            (200, b'{"Code": "isv.TTS_TEMPLATE_ILLEGAL", "Message": "m"}'),
            (200, b'{"Code": "isv.COMPLAINT_REJECT", "Message": "m"}'),
        ),
    ),
    "tencent_sms": Subject(
        lambda clock, path: TencentSmsProvider(clock),
        lambda url, client, clock, path, limit: TencentSmsChannel(
            TencentSmsConfig(
                kind="tencent",
                base_url=f"{url}/",
                secret_id=TencentSmsProvider.SECRET_ID,
                secret_key=TencentSmsProvider.SECRET,
                app_id=TencentSmsProvider.APP,
                signature=TencentSmsProvider.SIGNATURE,
                templates={"call": {"code": "2001", "parameters": ["where", "what", "by", "token"]}},
                time_limit_seconds=limit,
            ),
            client,
            clock,
        ),
        lambda fake, url: PHONE,
        lambda fake: (TencentSmsProvider.SECRET, PHONE),
        lambda request: json.loads(request[2])["SessionContext"],
        (
            (200, b'{"Response": {"Error": {"Code": "AuthFailure.SignatureFailure", "Message": "m"}}}'),
            (200, b'{"Response": {"SendStatusSet": [{"Code": "FailedOperation.PhoneNumberInBlacklist"}]}}'),
        ),
    ),
    "web_push": Subject(
        lambda clock, path: PushProvider(clock, vapid_keys(path / "push.pem").public),
        lambda url, client, clock, path, limit: WebPushChannel(
            WebPushConfig(
                key_file=path / "push.pem", contact="mailto:ops@example.org", time_limit_seconds=limit
            ),
            client,
            clock,
        ),
        lambda fake, url: fake.subscription(url),  # type: ignore[attr-defined]
        lambda fake: (PushProvider.CAPABILITY,),
        lambda request: request[1]["topic"],
        ((400, b"bad"), (403, b"another key"), (410, b""), (404, b"")),
        frozenset({"html", "empty", "broken", "list", "truth", "oversized"}),
    ),
}
UNREADABLE = ("html", "empty", "broken", "list", "truth", "oversized", "gateway", "hang_up")
Case = tuple[Subject, Api, ChannelAdapter]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 22, 12, 0, tzinfo=UTC))


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with new_client() as client:
        yield client


@pytest.fixture(params=SUBJECTS)
async def case(
    request: pytest.FixtureRequest, client: httpx.AsyncClient, clock: ManualClock, tmp_path: Path
) -> AsyncIterator[Case]:
    subject: Subject = SUBJECTS[request.param]
    async with subject.fake(clock, tmp_path) as fake:
        yield subject, fake, subject.adapter(fake.url, client, clock, tmp_path, LIMIT)


@pytest.fixture
def hasty(case: Case, client: httpx.AsyncClient, clock: ManualClock, tmp_path: Path) -> Case:
    """The same with a short time limit, for providers that do not answer."""
    subject, fake, _ = case
    return subject, fake, subject.adapter(fake.url, client, clock, tmp_path, HASTY)


def message(address: str, template: str = "call") -> Message:
    return Message(
        notice=NOTICE,
        incident=IncidentId("i-1"),
        address=address,
        title="溪口村粮仓烟雾",
        text="溪口村粮仓烟雾，较大。请于12:03:00前到场（剩2分50秒）。",
        link="https://tocsin.example/go/t0ken",
        template=template,
        seconds_left=170.0,
        words=WORDS,
    )


async def send(case: Case) -> Answer:
    subject, fake, adapter = case
    return await adapter.send(message(subject.address(fake, fake.url)))


async def warm(case: Case) -> None:
    """Have a connection and a token, however busy the machine is."""
    while not isinstance(await send(case), Sent):
        pass


async def timed(answer: Awaitable[Answer]) -> tuple[Answer, float]:
    began = time.monotonic()  # the adapter's limit is real time
    return await answer, time.monotonic() - began


async def test_what_the_provider_takes_is_sent(case: Case) -> None:
    assert isinstance(await send(case), Sent)


async def test_a_refusal_in_the_body_is_never_sent_and_is_told_in_words(case: Case) -> None:
    subject, fake, _ = case
    for status, body in subject.lasting:
        fake.behaviour = lambda *_, answer=(status, {}, body): answer  # type: ignore[misc]
        answer = await send(case)
        assert isinstance(answer, RefusedBy)
        assert answer.retry_after is None
        assert answer.reason


@pytest.mark.parametrize("mood", UNREADABLE)
async def test_an_answer_that_is_none_is_unknown(case: Case, mood: str) -> None:
    subject, fake, _ = case
    await send(case)  # whoever needs a token has one
    fake.mood = mood
    answer = await send(case)
    assert mood in subject.nothing or isinstance(answer, Unknown)


async def test_silence_is_unknown_within_the_limit(hasty: Case) -> None:
    await warm(hasty)
    hasty[1].mood = "silent"
    answer, seconds = await timed(send(hasty))
    assert isinstance(answer, Unknown)
    assert seconds < HASTY + 3.0
    assert hasty[1].reached.is_set()


async def test_a_black_hole_is_a_refusal_that_may_be_tried_again(
    case: Case, client: httpx.AsyncClient, clock: ManualClock, tmp_path: Path
) -> None:
    subject, fake, _ = case
    with BlackHole() as hole:
        adapter = subject.adapter(hole.url, client, clock, tmp_path, HASTY)
        answer, seconds = await timed(adapter.send(message(subject.address(fake, hole.url))))
    assert isinstance(answer, RefusedBy)
    assert answer.retry_after is not None
    assert seconds < HASTY + 3.0


async def test_a_busy_provider_is_a_refusal_with_its_own_pause(case: Case) -> None:
    await send(case)
    case[1].mood = "busy"
    answer = await send(case)
    assert isinstance(answer, RefusedBy)
    assert answer.retry_after is not None
    assert answer.retry_after.total_seconds() == 7


async def test_a_redirect_is_not_followed(case: Case) -> None:
    _, fake, _ = case
    fake.mood = "redirect"
    answer = await send(case)
    assert isinstance(answer, RefusedBy)
    assert all("elsewhere" not in path for path, _, _ in fake.received)


async def test_no_reason_repeats_a_secret_or_an_address(case: Case) -> None:
    subject, fake, adapter = case
    await send(case)
    for mood in ("tells_all", *UNREADABLE):
        fake.mood = mood
        answer = await send(case)
        reason = getattr(answer, "reason", "")
        assert mood != "tells_all" or isinstance(answer, RefusedBy)
        for secret in (*subject.secrets(fake), subject.address(fake, fake.url)):
            assert secret not in reason
            assert secret not in repr(adapter)


async def test_a_repetition_can_be_recognised(hasty: Case, clock: ManualClock) -> None:
    subject, fake, _ = hasty
    await warm(hasty)
    fake.mood = "silent"
    await send(hasty)
    first = subject.key(fake.received[-1])
    assert first
    fake.mood = "well"
    clock.advance(timedelta(seconds=70))
    await send(hasty)
    assert subject.key(fake.received[-1]) == first


async def test_an_address_that_is_none_is_refused_for_good_and_nobody_is_asked(case: Case) -> None:
    _, fake, adapter = case
    for address in ("", "not an address", "@all", "a|b", "{}", "https://[half", "x" * 4000, "火"):
        answer = await adapter.send(message(address))
        assert isinstance(answer, RefusedBy)
        assert (answer.retry_after, answer.by_account, answer.elsewhere) == (None, False, False)
        assert len(answer.reason) > 20
    assert fake.received == []


async def test_a_recall_is_quiet_and_a_text_without_link_is_still_told(case: Case) -> None:
    subject, fake, adapter = case
    answer = await adapter.send(message(subject.address(fake, fake.url), "recall"))
    assert isinstance(answer, Sent) or (isinstance(answer, RefusedBy) and answer.elsewhere)
    assert all(b'isAtAll": true' not in body and b"user_id" not in body for _, _, body in fake.received)


async def test_many_at_once_are_all_sent_once(case: Case) -> None:
    subject, fake, adapter = case
    if subject is SUBJECTS["aliyun_voice"] or subject is SUBJECTS["tencent_sms"]:
        pytest.skip("one call a minute, one message in 30 seconds")
    address = subject.address(fake, fake.url)
    answers = await asyncio.gather(*(adapter.send(message(address)) for _ in range(5)))
    assert all(isinstance(one, Sent) for one in answers)


async def test_within_its_budgets_the_provider_never_says_too_often(case: Case, clock: ManualClock) -> None:
    _, _, adapter = case
    rates = (*adapter.rates.account, *adapter.rates.address)
    assert adapter.rates.address
    taken: list[datetime] = []
    for _ in range(130):
        now = clock.now()
        for _ in range(3):
            fits = all(sum(now - at < one.within for at in taken) < one.most for one in rates)
            if fits and len(taken) < 120:
                taken.append(now)
                answer = await send(case)
                assert isinstance(answer, Sent), answer
        clock.advance(timedelta(seconds=1))
    assert len(taken) >= 3


async def test_a_probe_reaches_nobody_and_knows_a_provider_that_is_gone(
    case: Case, hasty: Case, client: httpx.AsyncClient, clock: ManualClock, tmp_path: Path
) -> None:
    subject, fake, adapter = case
    answer = await adapter.probe()
    if answer is None:
        assert fake.received == []
        return
    assert isinstance(answer, Sent)
    assert not getattr(fake, "told", None)
    fake.mood = "silent"
    assert isinstance(await hasty[2].probe(), Unknown | RefusedBy)
    with BlackHole() as hole:
        gone = await subject.adapter(hole.url, client, clock, tmp_path, HASTY).probe()
    assert isinstance(gone, RefusedBy)
    assert gone.by_account


async def test_mail_has_its_notices_name_and_knows_a_black_hole(clock: ManualClock) -> None:
    def channel(port: int, limit: float = LIMIT) -> SmtpChannel:
        fields = {
            "host": "127.0.0.1",
            "port": port,
            "security": "none",
            "sender": "tocsin@example.org",
            "user": "tocsin",
            "password": "s3cret-of-the-mailbox",
            "time_limit_seconds": limit,
        }
        return SmtpChannel(SmtpConfig.model_validate(fields), clock)

    async with SmtpProvider() as provider:
        adapter = channel(provider.port)
        assert isinstance(await adapter.send(message("ann@example.org")), Sent)
        assert f"<{NOTICE}@".encode() in provider.mails[0]
        assert isinstance(await adapter.probe(), Sent)
        assert len(provider.mails) == 1
        provider.refuse = {"RCPT": "550 no ann@example.org here, s3cret-of-the-mailbox"}
        answer = await adapter.send(message("ann@example.org"))
        assert isinstance(answer, RefusedBy)
        assert "ann@" not in answer.reason
        assert "s3cret" not in answer.reason
        provider.refuse = {"AUTH": "535 no"}
        probed = await adapter.probe()
        assert isinstance(probed, RefusedBy)
        assert probed.by_account
    with BlackHole() as hole:
        answer, seconds = await timed(channel(hole.port, HASTY).send(message("ann@example.org")))
    assert isinstance(answer, RefusedBy)
    assert answer.retry_after is not None
    assert seconds < HASTY + 3.0


def test_the_topic_of_a_push_fits_its_bound() -> None:
    assert len(topic(NOTICE)) == 32
    assert topic("a") != topic("b")


def test_the_fakes_are_real_servers() -> None:
    assert issubclass(Api, HttpProvider)
