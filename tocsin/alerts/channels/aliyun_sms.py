"""Notices as short messages by Alibaba Cloud (阿里云短信服务, SendSms of 2017-05-25).

Only `Code` `OK` in the body means that the provider took it; `BizId` names it in its receipts, `OutId` is the
notice's id.  A repetition of a message whose end is not known may arrive twice: the service drops none.

Interface: help.aliyun.com/zh/sms/developer-reference/api-dysmsapi-2017-05-25-sendsms.  A variable holds at
most 35 characters and no web address (help.aliyun.com/document_detail/463270.htm).
"""

from __future__ import annotations

import json
from typing import Final

import httpx
from typing_extensions import override

from tocsin.alerts.channels.aliyun import Aliyun, judge
from tocsin.alerts.channels.http import Reply
from tocsin.alerts.channels.phone_config import AliyunSmsConfig
from tocsin.alerts.channels.phone_number import mobile
from tocsin.alerts.channels.registered import aliyun_rates, fill_in
from tocsin.alerts.ports import Answer, ChannelAdapter, Message, Rates, RefusedBy
from tocsin.core.clock import Clock
from tocsin.core.errors import Rejected
from tocsin.core.responders import Channel

VERSION: Final = "2017-05-25"


class AliyunSmsChannel(ChannelAdapter):
    """Send the registered template that stands for ours; the address is a mobile number."""

    def __init__(self, config: AliyunSmsConfig, client: httpx.AsyncClient, clock: Clock) -> None:
        self._config = config
        self._aliyun = Aliyun(config, VERSION, client, clock)
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
        return aliyun_rates(self._config)

    @override
    async def probe(self) -> Answer:
        query = {
            "PhoneNumber": "13000000000",
            "SendDate": self._clock.now().strftime("%Y%m%d"),
            "PageSize": "1",
            "CurrentPage": "1",
        }
        return await self._aliyun.probe("QuerySendDetails", query)

    @override
    async def send(self, message: Message) -> Answer:
        try:
            number = mobile(message.address)
        except Rejected as rejected:
            return RefusedBy(rejected.reason)
        filled = fill_in(
            self._config.templates, message, lambda one: one.parameters.values(), self._config.characters_max
        )
        if isinstance(filled, RefusedBy):
            return filled
        template, values = filled
        query = {
            "PhoneNumbers": number,
            "SignName": self._config.signature,
            "TemplateCode": template.code,
            "OutId": message.notice,
        }
        if values:
            named = dict(zip(template.parameters, values, strict=True))
            query["TemplateParam"] = json.dumps(named, ensure_ascii=False)
        reply = await self._aliyun.call("SendSms", query, number=number)
        return judge(reply, "BizId") if isinstance(reply, Reply) else reply
