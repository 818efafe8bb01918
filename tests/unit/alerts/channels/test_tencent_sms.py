from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import httpx
import pytest

from tests.support.providers_phone import TencentSmsProvider
from tocsin.alerts.channels.phone_config import TencentSmsConfig
from tocsin.alerts.channels.tencent_sms import TencentSmsChannel
from tocsin.alerts.ports import Message, RefusedBy, Sent, Unknown
from tocsin.core.clock import ManualClock
from tocsin.core.responders import Channel

Make = Callable[..., Message]
WORDS = {"what": "烟雾", "where": "溪口村粮仓", "by": "请于12:03:00前到场。"}


@pytest.fixture
async def provider(clock: ManualClock) -> AsyncIterator[TencentSmsProvider]:
    async with TencentSmsProvider(clock) as provider:
        yield provider


Build = Callable[..., TencentSmsChannel]


@pytest.fixture
def build(provider: TencentSmsProvider, client: httpx.AsyncClient, clock: ManualClock) -> Build:
    def made(other: ManualClock | None = None, **changes: object) -> TencentSmsChannel:
        return TencentSmsChannel(_config(provider, changes), client, other or clock)

    return made


def _config(provider: TencentSmsProvider, changes: dict[str, object]) -> TencentSmsConfig:
    fields: dict[str, object] = {
        "kind": "tencent",
        "base_url": f"{provider.url}/",
        "secret_id": provider.SECRET_ID,
        "secret_key": provider.SECRET,
        "app_id": provider.APP,
        "signature": provider.SIGNATURE,
        "templates": {"call": {"code": "2001", "parameters": ["where", "what", "by", "token"]}},
    }
    return TencentSmsConfig.model_validate(fields | changes)


async def test_the_registered_template_is_filled_in_order(
    provider: TencentSmsProvider, build: Build, message: Make
) -> None:
    channel = build()
    answer = await channel.send(message("13800138000", words=WORDS, link="https://t.example/go/t0ken"))
    assert answer == Sent("5000:1")
    assert (channel.channel, channel.provider) == (Channel.SMS, "tencent")
    assert provider.told == [
        ("+8613800138000", "2001", ["溪口村粮仓", "烟雾", "请于12:03:00前到场。", "t0ken"], "n-1")
    ]


async def test_the_second_within_half_a_minute_goes_to_another_provider(
    provider: TencentSmsProvider, build: Build, message: Make
) -> None:
    channel = build()
    await channel.send(message("13800138000", words=WORDS))
    answer = await channel.send(message("13800138000", words=WORDS))
    assert isinstance(answer, RefusedBy)
    assert (answer.retry_after, answer.by_account, answer.elsewhere) == (timedelta(seconds=30), False, True)


@pytest.mark.parametrize(
    ("code", "seconds", "by_account", "elsewhere"),
    [
        ("FailedOperation.PhoneNumberInBlacklist", None, False, False),
        ("FailedOperation.InsufficientBalanceInSmsPackage", None, True, False),
        ("UnauthorizedOperation.SerivceSuspendDueToArrears", None, True, False),
        ("LimitExceeded.PhoneNumberDailyLimit", 86_400, False, True),
        ("LimitExceeded.AppDailyLimit", 3600, True, False),
        ("RequestLimitExceeded.IPLimitExceeded", 15, True, False),
        ("InternalError.UnknownError", 3, True, False),
        ("InternalError.SigVerificationFail", None, True, False),
        ("Something.New", None, True, False),
    ],
)
async def test_each_code_has_its_end(
    provider: TencentSmsProvider,
    build: Build,
    message: Make,
    code: str,
    seconds: int | None,
    *,
    by_account: bool,
    elsewhere: bool,
) -> None:
    provider.outcome = code, "why"
    answer = await build().send(message("13800138000", words=WORDS))
    pause = None if seconds is None else timedelta(seconds=seconds)
    assert answer == RefusedBy(f"{code}: why", pause, by_account, elsewhere)


async def test_what_the_provider_lost_itself_is_unknown(
    provider: TencentSmsProvider, build: Build, message: Make
) -> None:
    provider.outcome = "InternalError.Timeout", "60008"
    answer = await build().send(message("13800138000", words=WORDS))
    assert answer == Unknown("InternalError.Timeout: 60008")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"secret_key": "another-secret-altogether"}, "AuthFailure.SignatureFailure"),
        ({"secret_id": "AKIDSomebodyElse"}, "AuthFailure.SecretIdNotFound"),
        ({"app_id": "1400009999"}, "InvalidParameterValue.SdkAppIdNotExist"),
    ],
)
async def test_a_wrong_account_is_known_by_sending_and_by_probe(
    build: Build,
    message: Make,
    changes: dict[str, object],
    code: str,
) -> None:
    channel = build(**changes)
    for answer in (await channel.send(message("13800138000", words=WORDS)), await channel.probe()):
        assert isinstance(answer, RefusedBy)
        assert answer.reason.startswith(code)
        assert answer.by_account


async def test_a_clock_five_minutes_off_is_told(build: Build, clock: ManualClock) -> None:
    answer = await build(ManualClock(clock.now() - timedelta(minutes=6))).probe()
    assert isinstance(answer, RefusedBy)
    assert "SignatureExpire" in answer.reason
