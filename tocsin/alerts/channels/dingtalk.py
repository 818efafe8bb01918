"""Notices to a group bot of DingTalk (钉钉自定义机器人).

The service answers 200 to almost everything: only `errcode` 0 in the body means that the group was told.
The address of a notice is the bot's token, or its whole address, with its signing key behind a `#`:
`https://oapi.dingtalk.com/robot/send?access_token=…#SEC…`.  Both are secrets and never logged.  The 21st
message within a minute shuts a bot out for ten minutes, so the budget stays below 20.

Interface, signature and bounds: open.dingtalk.com/document/orgapp/custom-robot-access and
customize-robot-security-settings; its codes: open.dingtalk.com/document/orgapp/custom-bot-send-message-type.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from typing_extensions import override

from tocsin.alerts.channels.address import check_url
from tocsin.alerts.channels.config import DingtalkConfig
from tocsin.alerts.channels.http import JSON, MINUTE, RETRY_SOON, Reply, post, reach
from tocsin.alerts.channels.wording import lines, shorten
from tocsin.alerts.ports import Answer, ChannelAdapter, Message, Rates, RefusedBy, Sent
from tocsin.alerts.throttle import Rate
from tocsin.core.clock import Clock, to_us
from tocsin.core.responders import Channel

CONTENT_BYTES_MAX: Final = 18_000
"""A body of more than 20,000 bytes is refused as a whole (460101)."""
TOKEN: Final = re.compile(r"[A-Za-z0-9]{8,128}")
KEY: Final = re.compile(r"[A-Za-z0-9]{8,128}")
SHUT_OUT: Final = timedelta(minutes=10)
PASSES: Final[dict[int, timedelta]] = {
    -1: RETRY_SOON,
    130101: SHUT_OUT,
    302033: SHUT_OUT,
    410100: SHUT_OUT,
}
"""Codes that pass by themselves: busy, and three ways to say that the bot spoke too often."""
HINTS: Final[dict[int, str]] = {
    310000: "the bot's security settings refuse it: check signing key (加签), keyword (关键词) and this machine's address",
    300001: "the bot's token is wrong",
    400101: "the bot's token is wrong",
    400102: "the bot was switched off",
    400106: "the bot was removed",
    400013: "the group was dissolved",
}


class DingtalkChannel(ChannelAdapter):
    """Post text messages to a group, signed; a `base_url` that may not be called raises `Rejected`."""

    def __init__(self, config: DingtalkConfig, client: httpx.AsyncClient, clock: Clock) -> None:
        check_url(config.base_url, config.allow)
        self._config = config
        self._client = client
        self._clock = clock

    @property
    @override
    def channel(self) -> Channel:
        return Channel.DINGTALK

    @property
    @override
    def rates(self) -> Rates:
        return Rates(address=(Rate(self._config.per_minute, MINUTE),))

    @override
    async def probe(self) -> Answer:
        return await reach(self._client, self._config.base_url, limit_seconds=self._config.time_limit_seconds)

    @override
    async def send(self, message: Message) -> Answer:
        bot = read_address(message.address)
        if bot is None:
            return RefusedBy("the address is no bot's: write its Webhook address, and its key behind a #")
        token, key = bot
        asked = {"access_token": token}
        if key:
            stamp = str(to_us(self._clock.now()) // 1000)
            asked |= {"timestamp": stamp, "sign": sign(key, stamp)}
        reply = await post(
            self._client,
            f"{self._config.base_url}?{urlencode(asked)}",
            content=self._write(message),
            headers=JSON,
            limit_seconds=self._config.time_limit_seconds,
            hidden=(token, key, asked.get("sign", "")),
        )
        return _read(reply) if isinstance(reply, Reply) else reply

    def _write(self, message: Message) -> bytes:
        content: dict[str, Any] = {
            "msgtype": "text",
            "text": {"content": shorten(lines(message), CONTENT_BYTES_MAX)},
            "at": {"isAtAll": self._config.at_all and message.template != "recall"},
        }
        return json.dumps(content, ensure_ascii=False).encode()


def read_address(address: str) -> tuple[str, str] | None:
    """Find a bot's (token, signing key or empty) in a notice's address; None when there is no token.

    Only the token is taken from a web address, so that a stored one cannot lead to another host.
    """
    place, _, key = address.strip().partition("#")
    token = place
    if "://" in place:
        try:
            token = parse_qs(urlsplit(place).query).get("access_token", [""])[0]
        except ValueError:
            return None
    if TOKEN.fullmatch(token) is None or (key and KEY.fullmatch(key) is None):
        return None
    return token, key


def sign(key: str, timestamp: str) -> str:
    """Give the Base64 of HMAC-SHA256 over the time (milliseconds since 1970), a line break and the key, with the key."""
    text = f"{timestamp}\n{key}".encode()
    return base64.b64encode(hmac.new(key.encode(), text, hashlib.sha256).digest()).decode()


def _read(reply: Reply) -> Answer:
    answer, code = reply.parsed() or {}, reply.integer("errcode")
    if code is None:
        return reply.unreadable("errcode")
    if code == 0:
        return Sent()
    hint = f"; {HINTS[code]}" if code in HINTS else ""
    return RefusedBy(f"errcode {code}: {reply.said(answer.get('errmsg', ''))}{hint}", PASSES.get(code))
