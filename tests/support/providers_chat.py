"""Chat services on loopback that behave like the real ones: WeCom application, DingTalk bot, Feishu bot."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.providers import Api, Limiter
from tocsin.core.clock import Clock

Answer = tuple[int, dict[str, str], bytes]
JSON = {"content-type": "application/json; charset=utf-8"}


def _query(path: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}


class WecomAppProvider(Api):
    """企业微信: tokens of two hours, members, duplicates dropped, the 31st a minute to one member lost unsaid."""

    CORP, SECRET, AGENT = "ww0123456789abcdef", "s3cr3t-of-the-application", 1000002
    REFUSES = (200, '{"errcode": 40058, "errmsg": "{}"}')

    def __init__(self, clock: Clock, *, per_minute: int = 10_000) -> None:
        super().__init__()
        self._clock = clock
        self._account = Limiter(clock, (per_minute, 60.0))
        self._member = Limiter(clock, (30, 60.0), (1000, 3600.0))
        self._seen: dict[bytes, float] = {}
        self._token, self._until = "", 0.0
        self.members = {"ann", "li.wei", "wang-qiang"}
        self.unlicensed: set[str] = set()
        self.trusted = True
        self.fetches = 0
        self.told: list[tuple[str, dict[str, Any]]] = []
        """What really reached a member."""

    def revoke(self) -> None:
        """Make the token invalid before its time, as the service sometimes does."""
        self._token = ""

    def take(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        asked, place = _query(path), urlsplit(path).path
        if not self.trusted:
            return self._say(60020, "not allow to access from your ip, from ip: 203.0.113.9")
        if place == "/cgi-bin/gettoken" and headers[":method"] == "GET":
            return self._give_token(asked)
        if place == "/cgi-bin/message/send" and headers[":method"] == "POST":
            return self._message(asked.get("access_token", ""), body)
        return 404, {}, b""

    def _give_token(self, asked: dict[str, str]) -> Answer:
        self.fetches += 1
        if asked.get("corpid") != self.CORP:
            return self._say(40013, "invalid corpid")
        if asked.get("corpsecret") != self.SECRET:
            return self._say(40001, "invalid credential")
        if not self._token or self._clock.monotonic() >= self._until:
            self._token, self._until = f"token-{self.fetches}-{'x' * 40}", self._clock.monotonic() + 7200
        return (
            200,
            JSON,
            json.dumps(
                {"errcode": 0, "errmsg": "ok", "access_token": self._token, "expires_in": 7200}
            ).encode(),
        )

    def _message(self, token: str, body: bytes) -> Answer:
        if token != self._token or not token:
            return self._say(40014, "invalid access_token")
        if self._clock.monotonic() >= self._until:
            return self._say(42001, "access_token expired")
        if self._account.full("") is not None:
            return self._say(45009, "api freq out of limit")
        self._account.count("")
        message = json.loads(body)
        if message["agentid"] != self.AGENT:
            return self._say(40056, "invalid agentid")
        fault = self._fault(message)
        if fault is not None:
            return fault
        member = message["touser"]
        if member not in self.members:
            return self._say(81013, "user & party & tag all invalid")
        if member in self.unlicensed:
            return self._say(0, "ok", unlicenseduser=member, msgid="m-0")
        now = self._clock.monotonic()
        interval = (
            message.get("duplicate_check_interval", 1800) if message.get("enable_duplicate_check") else 0
        )
        fresh = now - self._seen.get(body, -1e9) >= interval
        if fresh and self._member.full(member) is None:
            self._member.count(member)
            self._seen[body] = now
            self.told.append((member, message))
        return self._say(0, "ok", msgid=f"m-{len(self.told)}")

    def _fault(self, message: dict[str, Any]) -> Answer | None:
        match message["msgtype"]:
            case "textcard":
                card = message["textcard"]
                if not card["title"] or not card["description"] or not card["url"]:
                    return self._say(40058, "textcard: missing")
                if len(card["title"].encode()) > 128 or len(card["description"].encode()) > 512:
                    return self._say(45002, "content size out of limit")
            case "text":
                if len(message["text"]["content"].encode()) > 2048:
                    return self._say(45002, "content size out of limit")
            case _:
                return self._say(40008, "invalid message type")
        return None

    @staticmethod
    def _say(code: int, words: str, **more: str) -> Answer:
        return 200, JSON, json.dumps({"errcode": code, "errmsg": words, **more}).encode()


class DingtalkProvider(Api):
    """钉钉: signature checked, 20 a minute for one bot, then shut out for ten minutes."""

    TOKEN, KEY = "566cc69da782ec33b3d3a3a8cd51f8aa", "SEC240d7bb4c0bafc62a1b2c3d4"
    REFUSES = (200, '{"errcode": 310000, "errmsg": "{}"}')

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._bot = Limiter(clock, (20, 60.0))
        self._shut_until = 0.0
        self.keyword = ""
        self.told: list[dict[str, Any]] = []

    def take(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        asked = _query(path)
        if urlsplit(path).path != "/robot/send" or headers[":method"] != "POST":
            return 404, {}, b""
        if not headers.get("content-type", "").startswith("application/json"):
            return self._say(43004, "invalid http header Content-Type")
        if asked.get("access_token") != self.TOKEN:
            return self._say(300001, "token is not exist")
        if not self._signed(asked):
            return self._say(310000, "description:sign not match;solution:check sign")
        if len(body) > 20_000:
            return self._say(460101, "message too long, exceed 20000 bytes")
        message = json.loads(body)
        if self.keyword not in message["text"]["content"]:
            return self._say(310000, "description:keywords not in content")
        now = self._clock.monotonic()
        if self._bot.full("") is not None:
            self._shut_until = now + 600
        if now < self._shut_until:
            return self._say(130101, "send too fast, exceed 20 times per minute")
        self._bot.count("")
        self.told.append(message)
        return self._say(0, "ok")

    def _signed(self, asked: dict[str, str]) -> bool:
        stamp = asked.get("timestamp", "")
        if not stamp.isdigit() or abs(int(stamp) / 1000 - self._clock.now().timestamp()) > 3600:
            return False
        # as the provider's own documentation writes it
        secret_enc = self.KEY.encode("utf-8")
        string_to_sign = f"{stamp}\n{self.KEY}"
        hmac_code = hmac.new(secret_enc, string_to_sign.encode("utf-8"), digestmod=hashlib.sha256).digest()
        return asked.get("sign") == base64.b64encode(hmac_code).decode()

    @staticmethod
    def _say(code: int, words: str) -> Answer:
        return 200, JSON, json.dumps({"errcode": code, "errmsg": words}).encode()


class FeishuProvider(Api):
    """飞书: signature checked, 100 a minute and 5 a second for one bot."""

    TOKEN, KEY = "0f2b1a3c-1111-2222-3333-0123456789ab", "nIMtb7r3N9pkXyXdtAbx6e"
    REFUSES = (200, '{"code": 19001, "msg": "{}", "data": {}}')

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._bot = Limiter(clock, (100, 60.0), (5, 1.0))
        self.told: list[dict[str, Any]] = []

    def take(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if headers[":method"] != "POST" or not path.startswith("/open-apis/bot/v2/hook/"):
            return 404, {}, b""
        if path.rpartition("/")[2] != self.TOKEN:
            return self._say(19001, "param invalid: incoming webhook access token invalid")
        if len(body) > 20 * 1024:
            return self._say(9499, "Bad Request")
        message = json.loads(body)
        stamp = message.get("timestamp", "")
        string_to_sign = f"{stamp}\n{self.KEY}"
        hmac_code = hmac.new(string_to_sign.encode("utf-8"), digestmod=hashlib.sha256).digest()
        late = not stamp.isdigit() or abs(int(stamp) - self._clock.now().timestamp()) > 3600
        if late or message.get("sign") != base64.b64encode(hmac_code).decode("utf-8"):
            return self._say(19021, "sign match fail or timestamp is not within one hour from current time")
        if self._bot.full("") is not None:
            return self._say(11232, "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]")
        self._bot.count("")
        self.told.append(message)
        return self._say(0, "success")

    @staticmethod
    def _say(code: int, words: str) -> Answer:
        return 200, JSON, json.dumps({"code": code, "msg": words, "data": {}}).encode()
