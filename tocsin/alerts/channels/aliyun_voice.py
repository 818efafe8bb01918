"""Notices as calls that read a text aloud, by Alibaba Cloud (阿里云语音服务, 2017-05-25).

Only `Code` `OK` in the body means that the call was placed; `CallId` names it in its receipts, `OutId` is made of
the notice's id.  Whether somebody answered, and which key they pressed, a receipt says.  A template with keys is
read by IvrCall, any other by SingleCallByTts.  One number is called once a minute, 5 times an hour, 20 times in
24 hours; failed calls count.

Interfaces and bounds: help.aliyun.com/document_detail/393519.html and /393521.html (an OutId has 15 bytes).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Final

import httpx
from typing_extensions import override

from tocsin.alerts.channels.aliyun import Aliyun, judge
from tocsin.alerts.channels.http import Reply
from tocsin.alerts.channels.phone_config import AliyunVoiceConfig, CallTemplate
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
        action, query = self._ask(message, *filled)
        reply = await self._aliyun.call(action, query | {"CalledNumber": number}, number=number)
        return judge(reply, "CallId") if isinstance(reply, Reply) else reply

    def _ask(
        self, message: Message, template: CallTemplate, values: Sequence[str]
    ) -> tuple[str, dict[str, str]]:
        """Give the interface and what it is asked, without the number."""
        config = self._config
        query = {"PlayTimes": str(config.play_times), "OutId": out_id(message.notice)}
        if config.shown_number is not None:
            query["CalledShowNumber"] = config.shown_number
        named = dict(zip(template.parameters, values, strict=True))
        text = json.dumps(named, ensure_ascii=False)
        if not template.keys:
            return "SingleCallByTts", query | {"TtsCode": template.code, "TtsParam": text}
        query |= {
            "StartCode": template.code,
            "StartTtsParams": text,
            "Timeout": str(int(config.key_seconds * 1000)),
        }
        for place, (key, code) in enumerate(template.keys.items(), 1):
            query |= {f"MenuKeyMap.{place}.Key": key, f"MenuKeyMap.{place}.Code": code}
        return "IvrCall", query


def out_id(notice: str) -> str:
    """Give fifteen characters that stand for a notice in the provider's receipts and lists."""
    return hashlib.sha256(notice.encode()).hexdigest()[:15]
