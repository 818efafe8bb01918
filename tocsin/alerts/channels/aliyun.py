"""Calls to Alibaba Cloud (阿里云), signed by ACS3-HMAC-SHA256, and its codes in our three ends.

The signature: help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature.  Codes of short
messages: help.aliyun.com/document_detail/101346.html; of calls: document_detail/178344.html.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx

from tocsin.alerts.channels.address import check_url
from tocsin.alerts.channels.http import DAY, HOUR, MINUTE, RETRY_LATER, RETRY_SOON, Reply, excerpt, post
from tocsin.alerts.channels.phone_config import AliyunSmsConfig, AliyunVoiceConfig
from tocsin.alerts.ports import RefusedBy, Sent, Unknown
from tocsin.core.clock import Clock

ALGORITHM: Final = "ACS3-HMAC-SHA256"
NOTHING: Final = hashlib.sha256(b"").hexdigest()
LIMITED: Final = "isv.BUSINESS_LIMIT_CONTROL"
"""Too often to one number; its words say whether by the minute, the hour or the day."""
SPANS: Final = (("天级", DAY), ("小时级", HOUR), ("分钟级", MINUTE))
BY_NUMBER: Final = frozenset({
    "isv.MOBILE_NUMBER_ILLEGAL",
    "isv.MOBILE_COUNT_OVER_LIMIT",
    "isv.INVALID_CALLED_NUMBER",
    "isv.COMPLAINT_REJECT",
})  # fmt: skip
"""The number is wrong, or its owner had it protected from calls: no other provider would do better."""
PASSES: Final[dict[str, timedelta]] = {
    "Throttling": RETRY_LATER,
    "Throttling.User": RETRY_LATER,
    "Throttling.Api": RETRY_LATER,
    "ServiceUnavailable": RETRY_LATER,
    "InternalError": RETRY_SOON,
    "SignatureNonceUsed": RETRY_SOON,
    "isp.SYSTEM_ERROR": RETRY_SOON,
    "isp.GATEWAY_ERROR": RETRY_SOON,
    "isv.DAY_LIMIT_CONTROL": HOUR,
    "isv.MONTH_LIMIT_CONTROL": HOUR,
}
"""Codes of the account that pass by themselves, or when somebody raises a bound in the console."""


class Aliyun:
    """One account at one service."""

    def __init__(
        self,
        config: AliyunSmsConfig | AliyunVoiceConfig,
        version: str,
        client: httpx.AsyncClient,
        clock: Clock,
    ) -> None:
        check_url(config.base_url, config.allow)
        self._config = config
        self._secret = config.key()
        self._version = version
        self._client = client
        self._clock = clock

    async def call(
        self, action: str, query: Mapping[str, str], *, number: str
    ) -> Reply | RefusedBy | Unknown:
        """Call an interface once; what it says of the number stays hidden."""
        headers = authorise(
            self._config.access_key_id,
            self._secret,
            host=urlsplit(self._config.base_url).netloc,
            action=action,
            version=self._version,
            query=query,
            at=self._clock.now(),
            nonce=secrets.token_hex(16),
        )
        return await post(
            self._client,
            f"{self._config.base_url}?{canonical(query)}",
            content=b"",
            headers=headers,
            limit_seconds=self._config.time_limit_seconds,
            hidden=(self._secret, headers["authorization"].rpartition("=")[2], number),
            refusals=True,
        )

    async def probe(self, action: str, query: Mapping[str, str]) -> Sent | RefusedBy | Unknown:
        """Ask something harmless; whatever is said of it, our sign-in was taken unless it is refused."""
        reply = await self.call(action, query, number="")
        answer = judge(reply, "RequestId") if isinstance(reply, Reply) else reply
        if isinstance(answer, RefusedBy) and isinstance(reply, Reply) and reply.status < 400:
            code = (reply.parsed() or {}).get("Code")
            return answer if code in ACCOUNT else Sent()
        return answer


ACCOUNT: Final = frozenset({
    "isp.RAM_PERMISSION_DENY",
    "isv.ACCOUNT_ABNORMAL",
    "isv.ACCOUNT_NOT_EXISTS",
    "isv.AMOUNT_NOT_ENOUGH",
    "isv.DENY_IP_RANGE",
    "isv.OUT_OF_SERVICE",
    "isv.PRODUCT_UNSUBSCRIBE",
    "isv.PRODUCT_UN_SUBSCRIPT",
})  # fmt: skip
"""Codes that say that the account cannot send at all."""


def judge(reply: Reply, name: str) -> Sent | RefusedBy | Unknown:
    """Read an answer whose field `name` holds the id of what was taken."""
    answer = reply.parsed() or {}
    code = answer.get("Code")
    if not isinstance(code, str):
        return (
            reply.unreadable("Code")
            if reply.status < 400
            else RefusedBy(f"status {reply.status}", by_account=True)
        )
    if code == "OK" and reply.status < 400:
        return Sent(provider_id=_id(answer, name))
    said = reply.said(answer.get("Message", ""))
    reason = f"{excerpt(code)}: {said}"
    if code == LIMITED:
        span = next((span for word, span in SPANS if word in said), MINUTE)
        return RefusedBy(reason, span, elsewhere=True)
    return RefusedBy(reason, PASSES.get(code), by_account=code not in BY_NUMBER)


def authorise(
    key_id: str,
    secret: str,
    *,
    host: str,
    action: str,
    version: str,
    query: Mapping[str, str],
    at: datetime,
    nonce: str,
) -> dict[str, str]:
    """Give the headers of a signed call with an empty body."""
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": NOTHING,
        "x-acs-date": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
    }
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = "\n".join(("POST", "/", canonical(query), lines, names, NOTHING))
    text = f"{ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return headers | {
        "authorization": f"{ALGORITHM} Credential={key_id},SignedHeaders={names},Signature={signature}"
    }


def canonical(query: Mapping[str, str]) -> str:
    """Write a query sorted by name, encoded by RFC 3986."""
    return "&".join(f"{quote(name, safe='-_.~')}={quote(query[name], safe='-_.~')}" for name in sorted(query))


def _id(answer: Mapping[str, Any], name: str) -> str:
    value = answer.get(name)
    return value[:128] if isinstance(value, str) else ""
