"""Notices to single members by an application of the enterprise in WeCom (企业微信应用消息).

The service answers 200 to almost everything: only `errcode` 0 without `invaliduser` means that the member
is told.  The access token is fetched once, kept, and fetched anew when it ends or is called invalid.  A
message whose end is not known is repeated with the same bytes, which the service then drops as a duplicate.

Interfaces and codes: developer.work.weixin.qq.com/document/path/91039 (token), 90236 (message),
90313 (codes), 90312 (bounds: 30 a minute and 1000 an hour to one member, the rest is dropped unsaid).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import OrderedDict
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode

import httpx
from typing_extensions import override

from tocsin.alerts.channels.address import check_url
from tocsin.alerts.channels.config import WecomAppConfig
from tocsin.alerts.channels.http import HOUR, JSON, MINUTE, RETRY_LATER, RETRY_SOON, Reply, get, name_of, post
from tocsin.alerts.channels.wording import PLAIN, lines, shorten
from tocsin.alerts.ports import Answer, ChannelAdapter, Message, Rates, RefusedBy, Sent, Unknown
from tocsin.alerts.throttle import Rate
from tocsin.core.clock import Clock
from tocsin.core.ids import NoticeId
from tocsin.core.responders import Channel

MEMBER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
"""A member's userid; `@all` and lists with `|` are none."""
TITLE_BYTES_MAX: Final = 128
DESCRIPTION_BYTES_MAX: Final = 512
CONTENT_BYTES_MAX: Final = 2048
TOKEN_MARGIN_SECONDS: Final = 300.0
"""A token is fetched anew this long before it ends, so that no message meets its end."""
TOKEN_SECONDS_MAX: Final = 7200.0
REPEATED_MAX: Final = 1000
TOKEN_INVALID: Final = frozenset({40014, 41001, 42001})
PASSES: Final[dict[int, timedelta]] = {-1: RETRY_SOON, 45009: MINUTE, 45033: RETRY_LATER}
"""Codes that pass by themselves: busy, too often (shut out for the minute), too many at one time."""
ACCOUNT: Final[dict[int, str]] = {
    40001: "the application's secret is wrong",
    40013: "the enterprise's id is wrong",
    40056: "the application's id is wrong",
    40091: "the application's secret is wrong",
    48002: "the application may not send messages",
    60020: "this machine's address is not among the application's trusted ones (企业可信IP)",
    301002: "the secret does not belong to this application",
}
"""Codes that every message would meet, and what to look at."""


class WecomAppChannel(ChannelAdapter):
    """Send a text card with the link; the address of a notice is the member's userid."""

    def __init__(self, config: WecomAppConfig, client: httpx.AsyncClient, clock: Clock) -> None:
        check_url(config.base_url, config.allow)
        self._config = config
        self._base = config.base_url.rstrip("/")
        self._client = client
        self._clock = clock
        self._tokens = _Tokens(config, client, clock)
        self._unknown: OrderedDict[NoticeId, bytes] = OrderedDict()

    @property
    @override
    def channel(self) -> Channel:
        return Channel.WECOM_APP

    @property
    @override
    def rates(self) -> Rates:
        config = self._config
        return Rates(
            account=(Rate(config.per_minute, MINUTE),),
            address=(Rate(config.person_per_minute, MINUTE), Rate(config.person_per_hour, HOUR)),
        )

    @override
    async def probe(self) -> Answer:
        token = await self._tokens.give(self._config.time_limit_seconds, anew=True)
        return Sent() if isinstance(token, str) else token

    @property
    @override
    def idempotent(self) -> bool:
        return True

    @override
    async def send(self, message: Message) -> Answer:
        if MEMBER.fullmatch(message.address) is None:
            return RefusedBy("the address is no userid: copy the account (账号) from the member's page")
        body = self._unknown.pop(message.notice, None) or self._write(message)
        answer = await self._send(body, message.address)
        if isinstance(answer, Unknown):
            self._unknown[message.notice] = body
            if len(self._unknown) > REPEATED_MAX:
                self._unknown.popitem(last=False)
        return answer

    async def _send(self, body: bytes, member: str) -> Answer:
        ends = self._clock.monotonic() + self._config.time_limit_seconds
        refused = ""
        while True:
            token = await self._tokens.give(max(ends - self._clock.monotonic(), 0.0), refused=refused)
            if not isinstance(token, str):
                return token
            reply = await post(
                self._client,
                f"{self._base}/cgi-bin/message/send?access_token={quote(token, safe='')}",
                content=body,
                headers=JSON,
                limit_seconds=max(ends - self._clock.monotonic(), 0.01),
                hidden=(token, member),
            )
            if not isinstance(reply, Reply):
                return reply
            code = reply.integer("errcode")
            if code is None:
                return reply.unreadable("errcode")
            if refused or code not in TOKEN_INVALID:
                return _judge(reply, code)
            refused = token

    def _write(self, message: Message) -> bytes:
        content: dict[str, Any] = {
            "touser": message.address,
            "agentid": self._config.agent_id,
            "enable_duplicate_check": 1,
            "duplicate_check_interval": self._config.duplicate_check_seconds,
        }
        if message.link:
            content["msgtype"] = "textcard"
            content["textcard"] = {
                "title": shorten(message.title.translate(PLAIN), TITLE_BYTES_MAX),
                "description": shorten(message.text.translate(PLAIN), DESCRIPTION_BYTES_MAX),
                "url": message.link,
                "btntxt": "查看",
            }
        else:  # a card without a link is refused
            content["msgtype"] = "text"
            content["text"] = {"content": shorten(lines(message), CONTENT_BYTES_MAX)}
        return json.dumps(content, ensure_ascii=False).encode()


class _Tokens:
    """The application's access token: one fetch at a time, however many messages wait for it."""

    def __init__(self, config: WecomAppConfig, client: httpx.AsyncClient, clock: Clock) -> None:
        secret = config.key()
        asked = urlencode({"corpid": config.corp_id, "corpsecret": secret})
        self._url = f"{config.base_url.rstrip('/')}/cgi-bin/gettoken?{asked}"
        self._hidden = (secret,)
        self._client = client
        self._clock = clock
        self._lock = asyncio.Lock()
        self._token = ""
        self._ends = 0.0

    async def give(
        self, limit_seconds: float, *, refused: str = "", anew: bool = False
    ) -> str | RefusedBy | Unknown:
        """Give a token other than the one that was `refused`; `anew` asks the service in any case."""
        try:
            async with asyncio.timeout(limit_seconds):
                async with self._lock:
                    fresh = self._token not in {"", refused} and self._clock.monotonic() < self._ends
                    if fresh and not anew:
                        return self._token
                    return await self._fetch(limit_seconds)
        except TimeoutError:
            return RefusedBy(f"no access token within {limit_seconds:g} s", RETRY_SOON, by_account=True)

    async def _fetch(self, limit_seconds: float) -> str | RefusedBy | Unknown:
        reply = await get(self._client, self._url, limit_seconds=limit_seconds, hidden=self._hidden)
        if isinstance(reply, Unknown):  # nobody was told anything yet
            return RefusedBy(f"no access token: {reply.reason}", RETRY_SOON, by_account=True)
        if isinstance(reply, RefusedBy):
            return RefusedBy(f"no access token: {reply.reason}", reply.retry_after, by_account=True)
        answer = reply.parsed() or {}
        token, code = answer.get("access_token"), reply.integer("errcode")
        if code == 0 and isinstance(token, str) and token:
            self._token = token
            self._ends = self._clock.monotonic() + _lifetime(answer.get("expires_in"))
            return token
        if code:
            return _refusal(reply, code, by_account=True)
        return RefusedBy("no access token: the answer cannot be understood", RETRY_SOON, by_account=True)


def _lifetime(seconds: object) -> float:
    known = seconds if isinstance(seconds, int | float) and not isinstance(seconds, bool) else 0.0
    return max(min(float(known), TOKEN_SECONDS_MAX) - TOKEN_MARGIN_SECONDS, 0.0)


def _judge(reply: Reply, code: int) -> Answer:
    answer = reply.parsed() or {}
    if code != 0:
        return _refusal(reply, code, by_account=code in ACCOUNT or code in PASSES or code in TOKEN_INVALID)
    if answer.get("invaliduser"):
        return RefusedBy("no such member, or the application is not visible to them (应用可见范围)")
    if answer.get("unlicenseduser"):
        return RefusedBy("the member has no licence for messages of applications (基础接口权限)")
    return Sent(provider_id=name_of(answer.get("msgid")))


def _refusal(reply: Reply, code: int, *, by_account: bool) -> RefusedBy:
    said = reply.said((reply.parsed() or {}).get("errmsg", ""))
    hint = f"; {ACCOUNT[code]}" if code in ACCOUNT else ""
    return RefusedBy(f"errcode {code}: {said}{hint}", PASSES.get(code), by_account)
