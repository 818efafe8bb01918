"""Notices as signed POSTs to a web address.

The body is JSON; `Tocsin-Signature: v1=<hex>` is HMAC-SHA256 over `<timestamp>.<body>` with the shared
key, `Tocsin-Timestamp` is in whole seconds since 1970; `Idempotency-Key` (and `Tocsin-Notice`, the same)
is equal in every repetition, so that a receiver can drop the second.  An answer whose JSON body says `"ok": false`, or has an `error`,
is a refusal whatever its status.
"""

from __future__ import annotations

import hashlib
import hmac
import json

import httpx
from typing_extensions import override

from tocsin.alerts.channels.address import check_url
from tocsin.alerts.channels.config import WebhookConfig
from tocsin.alerts.channels.http import MINUTE, RETRY_SOON, Reply, parts, post
from tocsin.alerts.ports import Answer, ChannelAdapter, Message, Rates, RefusedBy, Sent
from tocsin.alerts.throttle import Rate
from tocsin.core.clock import Clock
from tocsin.core.errors import Rejected
from tocsin.core.responders import Channel


class WebhookChannel(ChannelAdapter):
    """Post notices; the address of the notice is the URL."""

    def __init__(self, config: WebhookConfig, client: httpx.AsyncClient, clock: Clock) -> None:
        self._config = config
        self._key = config.key().encode()
        self._client = client
        self._clock = clock

    @property
    @override
    def channel(self) -> Channel:
        return Channel.WEBHOOK

    @property
    @override
    def rates(self) -> Rates:
        return Rates(address=(Rate(self._config.per_minute, MINUTE),))

    @property
    @override
    def idempotent(self) -> bool:
        return True

    @override
    async def send(self, message: Message) -> Answer:
        try:
            url = check_url(message.address, self._config.allow)
        except Rejected as rejected:
            return RefusedBy(rejected.reason)
        body = _body(message)
        timestamp = str(int(self._clock.now().timestamp()))
        headers = {
            "content-type": "application/json; charset=utf-8",
            "idempotency-key": message.notice,
            "tocsin-notice": message.notice,
            "tocsin-timestamp": timestamp,
            "tocsin-signature": f"v1={sign(self._key, timestamp, body)}",
        }
        reply = await post(
            self._client,
            url,
            content=body,
            headers=headers,
            limit_seconds=self._config.time_limit_seconds,
            hidden=(self._key.decode(), *parts(url)),
            by_account=False,  # every address leads to a host of its own
        )
        return _read(reply) if isinstance(reply, Reply) else reply


def sign(key: bytes, timestamp: str, body: bytes) -> str:
    """Give the hexadecimal HMAC-SHA256 over `<timestamp>.<body>`; receivers compute the same."""
    return hmac.new(key, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _body(message: Message) -> bytes:
    content = {
        "notice": message.notice,
        "incident": message.incident,
        "template": message.template,
        "title": message.title,
        "text": message.text,
        "link": message.link,
        "seconds_left": message.seconds_left,
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _read(reply: Reply) -> Answer:
    try:
        answer = json.loads(reply.body) if reply.body.strip() else {}
    except (ValueError, RecursionError):
        return Sent()  # a receiver may answer "thanks" in plain text
    if not isinstance(answer, dict):
        return Sent()
    if answer.get("ok") is False or answer.get("error"):
        retry = RETRY_SOON if answer.get("retry") is True else None
        return RefusedBy(f"the receiver refused: {reply.said(answer.get('error') or 'ok is false')}", retry)
    return Sent(provider_id=reply.said(answer.get("id", "")))
