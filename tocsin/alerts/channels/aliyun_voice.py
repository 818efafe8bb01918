"""Notices as calls that read a text aloud, by Alibaba Cloud (阿里云语音服务, SingleCallByTts of 2017-05-25).

Only `Code` `OK` in the body means that the call was placed; `CallId` names it in its receipts, `OutId` is the
notice's id.  Whether somebody answered, and which key they pressed, a receipt says.  One number is called
once a minute, 5 times an hour, 20 times in 24 hours; failed calls count.

Interface and bounds: help.aliyun.com/document_detail/393519.html.
"""

from __future__ import annotations

import json
from typing import Final

import httpx
from typing_extensions import override

from tocsin.alerts.channels.aliyun import Aliyun, judge
from tocsin.alerts.channels.http import Reply
from tocsin.alerts.channels.phone_config import AliyunVoiceConfig
from tocsin.alerts.channels.phone_number import callable_number
from tocsin.alerts.channels.registered import aliyun_rates, fill_in
from tocsin.alerts.ports import Answer, ChannelAdapter, Message, Rates, RefusedBy
from tocsin.core.clock import Clock, to_us
from tocsin.core.errors import Rejected
from tocsin.core.responders import Channel

VERSION: Final = "2017-05-25"
NOTIFICATIONS: Final = "11000000300006"
"""The provider's number of the product "voice notifications"."""


class AliyunVoiceChannel(ChannelAdapter):
    """Call and read the registered template that stands for ours; the address is a telephone number."""

    def __init__(self, config: AliyunVoiceConfig, client: httpx.AsyncClient, clock: Clock) -> None:
        self._config = config
        self._aliyun = Aliyun(config, VERSION, client, clock)
        self._clock = clock

    @property
    @override
    def channel(self) -> Channel:
        return Channel.VOICE

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
        query = {"CallId": "0", "ProdId": NOTIFICATIONS, "QueryDate": str(to_us(self._clock.now()) // 1000)}
        return await self._aliyun.probe("QueryCallDetailByCallId", query)

    @override
    async def send(self, message: Message) -> Answer:
        try:
            number = callable_number(message.address)
        except Rejected as rejected:
            return RefusedBy(rejected.reason)
        filled = fill_in(
            self._config.templates, message, lambda one: one.parameters.values(), self._config.characters_max
        )
        if isinstance(filled, RefusedBy):
            return filled
        template, values = filled
        query = {
            "CalledNumber": number,
            "TtsCode": template.code,
            "PlayTimes": str(self._config.play_times),
            "OutId": message.notice,
        }
        if self._config.shown_number is not None:
            query["CalledShowNumber"] = self._config.shown_number
        if values:
            named = dict(zip(template.parameters, values, strict=True))
            query["TtsParam"] = json.dumps(named, ensure_ascii=False)
        reply = await self._aliyun.call("SingleCallByTts", query, number=number)
        return judge(reply, "CallId") if isinstance(reply, Reply) else reply
