"""Notices to a group bot of Feishu (飞书自定义机器人).

Only `code` 0 in the body means that the group was told; the older answer's `StatusCode` says the same.  The
address of a notice is the bot's token, or its whole address, with its signing key behind a `#`:
`https://open.feishu.cn/open-apis/bot/v2/hook/…#…`.  Both are secrets and never logged.

Interface, signature, bounds and codes:
open.feishu.cn/document/client-docs/bot-v3/add-custom-bot (100 a minute, 5 a second, 20 KB).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from typing_extensions import override

from tocsin.alerts.channels.address import check_url
from tocsin.alerts.channels.config import FeishuConfig
from tocsin.alerts.channels.http import JSON, MINUTE, RETRY_LATER, Reply, post, reach
from tocsin.alerts.channels.wording import lines, shorten
from tocsin.alerts.ports import Answer, ChannelAdapter, Message, Rates, RefusedBy, Sent
from tocsin.alerts.throttle import Rate
from tocsin.core.clock import Clock
from tocsin.core.responders import Channel

CONTENT_BYTES_MAX: Final = 18_000
"""A body of more than 20 KB is refused as a whole."""
TOKEN: Final = re.compile(r"[A-Za-z0-9-]{8,128}")
KEY: Final = re.compile(r"[A-Za-z0-9_-]{4,128}")
SECOND: Final = timedelta(seconds=1)
AT_ALL: Final = '<at user_id="all">所有人</at>'
PASSES: Final[dict[int, timedelta]] = {11232: RETRY_LATER, 99991400: RETRY_LATER}
"""Codes that pass by themselves: too often, or its own load at full hours; the platform's bound."""
BAD_REQUEST: Final = 9499
"""Says "too many request" or "Bad Request": only the words tell which."""
HINTS: Final[dict[int, str]] = {
    19001: "the bot's token is wrong, or the bot was removed",
    19021: "the signing key is wrong, or this machine's clock is an hour off",
    19022: "this machine's address is not among the bot's (IP 白名单)",
    19024: "the text lacks the bot's keyword (自定义关键词)",
}


class FeishuChannel(ChannelAdapter):
    """Post text messages to a group, signed; a `base_url` that may not be called raises `Rejected`."""

    def __init__(self, config: FeishuConfig, client: httpx.AsyncClient, clock: Clock) -> None:
        check_url(config.base_url, config.allow)
        self._config = config
        self._client = client
        self._clock = clock

    @property
    @override
    def channel(self) -> Channel:
        return Channel.FEISHU

    @property
    @override
    def rates(self) -> Rates:
        config = self._config
        return Rates(address=(Rate(config.per_minute, MINUTE), Rate(config.per_second, SECOND)))

    @override
    async def probe(self) -> Answer:
        return await reach(self._client, self._config.base_url, limit_seconds=self._config.time_limit_seconds)

    @override
    async def send(self, message: Message) -> Answer:
        bot = read_address(message.address)
        if bot is None:
            return RefusedBy("the address is no bot's: write its Webhook address, and its key behind a #")
        token, key = bot
        content = self._write(message)
        if key:
            stamp = str(int(self._clock.now().timestamp()))
            content |= {"timestamp": stamp, "sign": sign(key, stamp)}
        reply = await post(
            self._client,
            f"{self._config.base_url.rstrip('/')}/{token}",
            content=json.dumps(content, ensure_ascii=False).encode(),
            headers=JSON,
            limit_seconds=self._config.time_limit_seconds,
            hidden=(token, key, content.get("sign", "")),
        )
        return _read(reply) if isinstance(reply, Reply) else reply

    def _write(self, message: Message) -> dict[str, Any]:
        text = shorten(lines(message), CONTENT_BYTES_MAX)
        if self._config.at_all and message.template != "recall":
            text = f"{AT_ALL} {text}"
        return {"msg_type": "text", "content": {"text": text}}


def read_address(address: str) -> tuple[str, str] | None:
    """Find a bot's (token, signing key or empty) in a notice's address; None when there is no token.

    Only the token is taken from a web address, so that a stored one cannot lead to another host.
    """
    place, _, key = address.strip().partition("#")
    token = place
    if "://" in place:
        try:
            token = urlsplit(place).path.rpartition("/")[2]
        except ValueError:
            return None
    if TOKEN.fullmatch(token) is None or (key and KEY.fullmatch(key) is None):
        return None
    return token, key


def sign(key: str, timestamp: str) -> str:
    """Give the Base64 of HMAC-SHA256 over nothing; its key is the time (whole seconds), a line break and the key."""
    return base64.b64encode(hmac.new(f"{timestamp}\n{key}".encode(), b"", hashlib.sha256).digest()).decode()


def _read(reply: Reply) -> Answer:
    answer, code = reply.parsed() or {}, reply.integer("code", "StatusCode")
    if code is None:
        return reply.unreadable("code")
    if code == 0:
        return Sent()
    hint = f"; {HINTS[code]}" if code in HINTS else ""
    words = answer.get("msg", answer.get("StatusMessage", ""))
    too_many = code == BAD_REQUEST and "too many" in str(words).lower()
    pause = RETRY_LATER if too_many else PASSES.get(code)
    return RefusedBy(f"code {code}: {reply.said(words)}{hint}", pause)
