"""Notices as short messages by Tencent Cloud (腾讯云短信, SendSms of 2021-01-11).

Only `Code` `Ok` in `SendStatusSet` means that the provider took it; `SerialNo` names it in its receipts,
`SessionContext` is the notice's id.  A repetition of a message whose end is not known may arrive twice.

Interface: cloud.tencent.com/document/api/382/55981.  Codes: cloud.tencent.com/document/api/382/52075
and /59177.  Variables hold no web address (InvalidParameterValue.ProhibitedUseUrlInTemplateParameter).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from typing_extensions import override

from tocsin.alerts.channels.address import check_url
from tocsin.alerts.channels.http import (
    DAY,
    HOUR,
    JSON,
    MINUTE,
    RETRY_LATER,
    RETRY_SOON,
    Reply,
    excerpt,
    name_of,
    post,
)
from tocsin.alerts.channels.phone_config import TencentSmsConfig
from tocsin.alerts.channels.phone_number import mobile
from tocsin.alerts.channels.registered import fill_in
from tocsin.alerts.channels.tencent import authorise
from tocsin.alerts.ports import Answer, ChannelAdapter, Message, Rates, RefusedBy, Sent, Unknown
from tocsin.alerts.throttle import Rate
from tocsin.core.clock import Clock
from tocsin.core.errors import Rejected
from tocsin.core.responders import Channel

VERSION: Final = "2021-01-11"
SERVICE: Final = "sms"
HALF_MINUTE: Final = timedelta(seconds=30)
BY_NUMBER: Final = frozenset({
    "FailedOperation.PhoneNumberInBlacklist",
    "FailedOperation.PhoneNumberOnBlacklist",
    "InvalidParameterValue.IncorrectPhoneNumber",
})  # fmt: skip
"""The number is wrong, or its owner wants no messages."""
NUMBER_LIMITS: Final[dict[str, timedelta]] = {
    "LimitExceeded.DeliveryFrequencyLimit": MINUTE,
    "LimitExceeded.PhoneNumberDailyLimit": DAY,
    "LimitExceeded.PhoneNumberOneHourLimit": HOUR,
    "LimitExceeded.PhoneNumberSameContentDailyLimit": DAY,
    "LimitExceeded.PhoneNumberThirtySecondLimit": HALF_MINUTE,
}
"""Too often to one number; another provider counts for itself."""
LOST: Final = frozenset({"InternalError.SendAndRecvFail", "InternalError.Timeout"})
"""The provider does not know itself whether it was sent."""
PASSES: Final[dict[str, timedelta]] = {
    "InternalError": RETRY_SOON,
    "InternalError.OtherError": RETRY_SOON,
    "InternalError.UnknownError": RETRY_SOON,
    "LimitExceeded.AppDailyLimit": HOUR,
    "RequestLimitExceeded": RETRY_LATER,
}


class TencentSmsChannel(ChannelAdapter):
    """Send the registered template that stands for ours; the address is a mobile number."""

    def __init__(self, config: TencentSmsConfig, client: httpx.AsyncClient, clock: Clock) -> None:
        check_url(config.base_url, config.allow)
        self._config = config
        self._secret = config.key()
        self._client = client
        self._clock = clock

    @property
    @override
    def channel(self) -> Channel:
        return Channel.SMS

    @property
    @override
    def provider(self) -> str:
        return self._config.name

    @property
    @override
    def rates(self) -> Rates:
        config = self._config
        return Rates(
            account=(Rate(config.per_minute, MINUTE),),
            address=(
                Rate(config.number_per_half_minute, HALF_MINUTE),
                Rate(config.number_per_hour, HOUR),
                Rate(config.number_per_day, DAY),
            ),
        )

    @override
    async def probe(self) -> Answer:
        hour = self._clock.now().strftime("%Y%m%d%H")
        asked = {
            "SmsSdkAppId": self._config.app_id,
            "Limit": 1,
            "Offset": 0,
            "BeginTime": hour,
            "EndTime": hour,
        }
        reply = await self._call("SmsPackagesStatistics", asked)
        if not isinstance(reply, Reply):
            return reply
        response = _response(reply)
        if response is None:
            return reply.unreadable("Response")
        error = response.get("Error")
        return _judge(reply, error) if isinstance(error, dict) else Sent()

    @override
    async def send(self, message: Message) -> Answer:
        try:
            number = mobile(message.address)
        except Rejected as rejected:
            return RefusedBy(rejected.reason)
        filled = fill_in(
            self._config.templates, message, lambda one: one.parameters, self._config.characters_max
        )
        if isinstance(filled, RefusedBy):
            return filled
        template, values = filled
        asked = {
            "PhoneNumberSet": [f"+86{number}"],
            "SmsSdkAppId": self._config.app_id,
            "SignName": self._config.signature,
            "TemplateId": template.code,
            "TemplateParamSet": values,
            "SessionContext": message.notice,
        }
        reply = await self._call("SendSms", asked, number=number)
        return _read(reply) if isinstance(reply, Reply) else reply

    async def _call(
        self, action: str, asked: Mapping[str, object], *, number: str = ""
    ) -> Reply | RefusedBy | Unknown:
        body = json.dumps(asked, ensure_ascii=False).encode()
        now, host = self._clock.now(), urlsplit(self._config.base_url).netloc
        signed = authorise(
            self._config.secret_id,
            self._secret,
            host=host,
            service=SERVICE,
            content_type=JSON["content-type"],
            body=body,
            at=now,
        )
        headers = {
            **JSON,
            "host": host,
            "authorization": signed,
            "x-tc-action": action,
            "x-tc-version": VERSION,
            "x-tc-region": self._config.region,
            "x-tc-timestamp": str(int(now.timestamp())),
        }
        return await post(
            self._client,
            self._config.base_url,
            content=body,
            headers=headers,
            limit_seconds=self._config.time_limit_seconds,
            hidden=(self._secret, signed.rpartition("=")[2], number),
        )


def _response(reply: Reply) -> dict[str, Any] | None:
    response = (reply.parsed() or {}).get("Response")
    return response if isinstance(response, dict) else None


def _read(reply: Reply) -> Answer:
    response = _response(reply) or {}
    error, statuses = response.get("Error"), response.get("SendStatusSet")
    if isinstance(error, dict):
        return _judge(reply, error)
    if not isinstance(statuses, list) or not statuses or not isinstance(statuses[0], dict):
        return reply.unreadable("SendStatusSet")
    status = statuses[0]
    return (
        Sent(provider_id=name_of(status.get("SerialNo")))
        if status.get("Code") == "Ok"
        else _judge(reply, status)
    )


def _judge(reply: Reply, error: Mapping[str, Any]) -> Answer:
    code = error.get("Code")
    if not isinstance(code, str):
        return reply.unreadable("Code")
    reason = f"{excerpt(code)}: {reply.said(error.get('Message', ''))}"
    if code in LOST:
        return Unknown(reason)
    if code in BY_NUMBER:
        return RefusedBy(reason)
    if code in NUMBER_LIMITS:
        return RefusedBy(reason, NUMBER_LIMITS[code], elsewhere=True)
    pause = PASSES.get(code, PASSES.get(code.partition(".")[0]) if code.startswith("Request") else None)
    return RefusedBy(reason, pause, by_account=True)
