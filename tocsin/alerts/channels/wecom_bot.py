"""Notices to a WeCom group bot (企业微信群机器人).

The service answers 200 to almost everything: only `errcode` 0 in the body means that the group was told.
The address of a notice is the bot's key, or the whole address with it; it is a secret and never
logged.  One bot takes 20 messages a minute; the relay's budget keeps below that, and 45009 waits the minute out.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Final
from urllib.parse import parse_qs, urlsplit

import httpx
from typing_extensions import override

from tocsin.alerts.channels.address import check_url
from tocsin.alerts.channels.config import WecomBotConfig
from tocsin.alerts.channels.http import JSON, MINUTE, RETRY_LATER, RETRY_SOON, Reply, post, reach
from tocsin.alerts.channels.wording import lines, shorten
from tocsin.alerts.ports import Answer, ChannelAdapter, Message, Rates, RefusedBy, Sent
from tocsin.alerts.throttle import Rate
from tocsin.core.responders import Channel

CONTENT_BYTES_MAX: Final = 2048
"""Of a text message; a longer one is refused as a whole."""
KEY: Final = re.compile(r"[A-Za-z0-9-]{8,100}")
RETRY: Final[dict[int, timedelta]] = {
    -1: RETRY_SOON,
    45009: timedelta(seconds=60),
    45033: RETRY_LATER,
    50001: RETRY_LATER,
}
"""Codes that pass by themselves: busy, too often in a minute, too many at one time, not reachable."""


class WecomBotChannel(ChannelAdapter):
    """Post text messages to a group; a `base_url` that may not be called raises `Rejected`."""

    def __init__(self, config: WecomBotConfig, client: httpx.AsyncClient) -> None:
        check_url(config.base_url, config.allow)
        self._config = config
        self._client = client

    @property
    @override
    def channel(self) -> Channel:
        return Channel.WECOM_BOT

    @property
    @override
    def rates(self) -> Rates:
        return Rates(address=(Rate(self._config.per_minute, MINUTE),))

    @override
    async def probe(self) -> Answer:
        return await reach(self._client, self._config.base_url, limit_seconds=self._config.time_limit_seconds)

    @override
    async def send(self, message: Message) -> Answer:
        key = bot_key(message.address)
        if key is None:
            return RefusedBy("the address is no key of a group bot: copy it from the bot's page")
        content = shorten(lines(message), CONTENT_BYTES_MAX)
        reply = await post(
            self._client,
            f"{self._config.base_url}?key={key}",
            content=json.dumps(
                {"msgtype": "text", "text": {"content": content}}, ensure_ascii=False
            ).encode(),
            headers=JSON,
            limit_seconds=self._config.time_limit_seconds,
            hidden=(key,),
        )
        return _read(reply) if isinstance(reply, Reply) else reply


def bot_key(address: str) -> str | None:
    """Find the key in a bot's address or in a bare key; None when there is none.

    Only the key is taken from an address, so that a stored one cannot lead to another host.
    """
    candidate = address
    if "://" in address:
        try:
            candidate = parse_qs(urlsplit(address).query).get("key", [""])[0]
        except ValueError:
            return None
    return candidate if KEY.fullmatch(candidate) else None


def _read(reply: Reply) -> Answer:
    answer, code = reply.parsed() or {}, reply.integer("errcode")
    if code is None:
        return reply.unreadable("errcode")
    if code == 0:
        return Sent()
    reason = f"errcode {code}: {reply.said(answer.get('errmsg', ''))}"
    return RefusedBy(reason, RETRY.get(code))
