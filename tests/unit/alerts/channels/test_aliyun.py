from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.support.providers_phone import AliyunSmsProvider
from tocsin.alerts.channels.aliyun import Aliyun, authorise, canonical, judge
from tocsin.alerts.channels.http import Reply
from tocsin.alerts.channels.phone_config import AliyunSmsConfig
from tocsin.alerts.ports import RefusedBy, Sent, Unknown
from tocsin.core.clock import ManualClock


def config(url: str, **changes: object) -> AliyunSmsConfig:
    fields: dict[str, object] = {
        "kind": "aliyun",
        "base_url": f"{url}/",
        "access_key_id": AliyunSmsProvider.KEY_ID,
        "access_key_secret": AliyunSmsProvider.SECRET,
        "signature": AliyunSmsProvider.SIGNATURE,
        "templates": {"*": {"code": "SMS_1002", "parameters": {"place": "where"}}},
    }
    return AliyunSmsConfig.model_validate(fields | changes)


@pytest.fixture
async def provider(clock: ManualClock) -> AsyncIterator[AliyunSmsProvider]:
    async with AliyunSmsProvider(clock) as provider:
        yield provider


def test_the_signature_is_that_of_the_providers_own_example() -> None:
    """RunInstances of help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature."""
    headers = authorise(
        "YourAccessKeyId",
        "YourAccessKeySecret",
        host="ecs.cn-shanghai.aliyuncs.com",
        action="RunInstances",
        version="2014-05-26",
        query={
            "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
            "RegionId": "cn-shanghai",
        },
        at=datetime(2023, 10, 26, 10, 22, 32, tzinfo=UTC),
        nonce="3156853299f313e23d1673dc12e1703d",
    )
    assert headers["authorization"] == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,"
        "SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_a_query_is_sorted_and_encoded_as_rfc_3986_says() -> None:
    assert canonical({"b": "a b*", "a": "火/~", "A": ""}) == "A=&a=%E7%81%AB%2F~&b=a%20b%2A"


async def test_two_calls_have_two_nonces(
    provider: AliyunSmsProvider, client: httpx.AsyncClient, clock: ManualClock
) -> None:
    aliyun = Aliyun(config(provider.url), "2017-05-25", client, clock)
    for _ in range(2):
        assert isinstance(await aliyun.probe("QuerySendDetails", {"PhoneNumber": "1"}), Sent)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"access_key_secret": "another-secret-altogether"}, "SignatureDoesNotMatch"),
        ({"access_key_id": "LTAI5tSomebodyElse"}, "InvalidAccessKeyId.NotFound"),
    ],
)
async def test_a_wrong_key_is_the_accounts_fault(
    provider: AliyunSmsProvider,
    client: httpx.AsyncClient,
    clock: ManualClock,
    changes: dict[str, object],
    code: str,
) -> None:
    aliyun = Aliyun(config(provider.url, **changes), "2017-05-25", client, clock)
    answer = await aliyun.probe("QuerySendDetails", {})
    assert isinstance(answer, RefusedBy)
    assert answer.reason.startswith(code)
    assert answer.by_account


async def test_a_clock_that_is_wrong_is_told(
    provider: AliyunSmsProvider, client: httpx.AsyncClient, clock: ManualClock
) -> None:
    wrong = ManualClock(clock.now() - timedelta(hours=1))
    answer = await Aliyun(config(provider.url), "2017-05-25", client, wrong).probe("QuerySendDetails", {})
    assert isinstance(answer, RefusedBy)
    assert "InvalidTimeStamp.Expired" in answer.reason


async def test_a_probe_knows_an_account_without_money_or_permission(
    provider: AliyunSmsProvider, client: httpx.AsyncClient, clock: ManualClock
) -> None:
    aliyun = Aliyun(config(provider.url), "2017-05-25", client, clock)
    provider.money = False
    assert isinstance(await aliyun.probe("QuerySendDetails", {}), RefusedBy)
    provider.money, provider.permitted = True, False
    assert isinstance(await aliyun.probe("QuerySendDetails", {}), RefusedBy)


@pytest.mark.parametrize(
    ("code", "words", "seconds", "by_account", "elsewhere"),
    [
        ("isv.BUSINESS_LIMIT_CONTROL", "触发分钟级流控Permits:1", 60, False, True),
        ("isv.BUSINESS_LIMIT_CONTROL", "触发小时级流控Permits:5", 3600, False, True),
        ("isv.BUSINESS_LIMIT_CONTROL", "触发天级流控Permits:50", 86_400, False, True),
        ("isv.BUSINESS_LIMIT_CONTROL", "too often", 60, False, True),
        ("isv.MOBILE_NUMBER_ILLEGAL", "x", None, False, False),
        ("isv.COMPLAINT_REJECT", "x", None, False, False),
        ("isv.AMOUNT_NOT_ENOUGH", "x", None, True, False),
        ("isv.SOMETHING_NEW", "x", None, True, False),
        ("isv.DAY_LIMIT_CONTROL", "x", 3600, True, False),
        ("Throttling.User", "x", 15, True, False),
        ("isp.SYSTEM_ERROR", "x", 3, True, False),
    ],
)
def test_each_code_has_its_end(
    code: str, words: str, seconds: int | None, *, by_account: bool, elsewhere: bool
) -> None:
    body = f'{{"Code": "{code}", "Message": "{words}"}}'.encode()
    pause = None if seconds is None else timedelta(seconds=seconds)
    assert judge(Reply(200, body), "BizId") == RefusedBy(f"{code}: {words}", pause, by_account, elsewhere)


def test_what_is_no_answer_is_unknown_and_what_is_no_error_page_is_a_refusal() -> None:
    assert isinstance(judge(Reply(200, b"{}"), "BizId"), Unknown)
    assert judge(Reply(403, b"<html>"), "BizId") == RefusedBy("status 403", by_account=True)
    assert judge(Reply(200, b'{"Code": "OK", "BizId": 7}'), "BizId") == Sent("")
    assert isinstance(judge(Reply(400, b'{"Code": "OK"}'), "BizId"), RefusedBy)
