"""Notices as pushes to browsers: RFC 8030 (push), RFC 8291 (encryption), RFC 8292 (who we are).

The address of a notice is the browser's subscription as JSON: `{"endpoint", "keys": {"p256dh", "auth"}}`.  Only
that browser can read the push.  404 and 410 mean that the subscription is gone for good (reason `gone`).
The topic comes from the notice's id: a repetition replaces the push that is still waiting, and doubles none.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import http_ece
import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from typing_extensions import override

from tocsin.alerts.channels.address import check_url
from tocsin.alerts.channels.config import WebPushConfig
from tocsin.alerts.channels.http import MINUTE, Reply, parts, post
from tocsin.alerts.channels.vapid import TOKEN_VALID, vapid_keys
from tocsin.alerts.channels.wording import shorten
from tocsin.alerts.ports import GONE, Answer, ChannelAdapter, Message, Rates, RefusedBy, Sent
from tocsin.alerts.throttle import Rate
from tocsin.core.clock import Clock
from tocsin.core.errors import Rejected
from tocsin.core.responders import Channel

SUBSCRIPTION_CHARACTERS_MAX: Final = 3000
TEXT_BYTES_MAX: Final = 1500
TITLE_BYTES_MAX: Final = 300
RECORD_BYTES: Final = 4096
"""One record, as RFC 8291 demands; a push service need not take more."""
TOKENS_MAX: Final = 100
POINT_BYTES: Final = 65
AUTH_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where one browser is told, and the keys by which only it can read."""

    endpoint: str
    p256dh: bytes
    auth: bytes


class WebPushChannel(ChannelAdapter):
    """Push to browsers; makes the key's file at the first start."""

    def __init__(self, config: WebPushConfig, client: httpx.AsyncClient, clock: Clock) -> None:
        self._config = config
        self._keys = vapid_keys(config.key_file)
        self._client = client
        self._clock = clock
        self._tokens: dict[str, tuple[str, float]] = {}

    @property
    @override
    def channel(self) -> Channel:
        return Channel.WEB_PUSH

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
            subscription = read_subscription(message.address)
            check_url(subscription.endpoint, self._config.allow)
        except Rejected as rejected:
            return RefusedBy(rejected.reason)
        body = encrypt(_payload(message), subscription)  # 0.3 ms: less than the way to a thread and back
        reply = await post(
            self._client,
            subscription.endpoint,
            content=body,
            headers=self._headers(message, subscription),
            limit_seconds=self._config.time_limit_seconds,
            hidden=parts(subscription.endpoint),
            by_account=False,
            refusals=True,
        )
        if not isinstance(reply, Reply):
            return reply
        if reply.status in {404, 410}:
            return RefusedBy(GONE)
        if reply.status >= 400:
            return RefusedBy(f"status {reply.status}: {reply.said(reply.body.decode(errors='replace'))}")
        return Sent()

    def _headers(self, message: Message, subscription: Subscription) -> dict[str, str]:
        ttl = float(self._config.ttl_seconds_max)
        if message.seconds_left is not None:
            ttl = min(ttl, max(message.seconds_left, 0.0))
        return {
            "authorization": f"vapid t={self._token(subscription)}, k={self._keys.public}",
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "ttl": str(int(ttl)),
            "urgency": "normal" if message.template == "recall" else "high",
            "topic": topic(message.notice),
        }

    def _token(self, subscription: Subscription) -> str:
        """Give the token for a push service, signed anew at half of its time."""
        split = urlsplit(subscription.endpoint)
        origin, now = f"{split.scheme}://{split.netloc}", self._clock.monotonic()
        known = self._tokens.get(origin)
        if known is not None and now < known[1]:
            return known[0]
        if len(self._tokens) >= TOKENS_MAX:
            self._tokens.clear()
        token = self._keys.token(origin, self._config.contact, self._clock.now())
        self._tokens[origin] = token, now + TOKEN_VALID.total_seconds() / 2
        return token


def read_subscription(address: str) -> Subscription:
    """Read a browser's subscription; raises `Rejected` (`push.subscription`) with a sentence."""
    subscription = _parsed(address)
    if subscription is None:
        raise Rejected(
            "push.subscription",
            "not a browser's push subscription: it has `endpoint`, `keys.p256dh` (65 bytes) and `keys.auth` (16 bytes)",
        )
    return subscription


def _parsed(address: str) -> Subscription | None:
    if len(address) > SUBSCRIPTION_CHARACTERS_MAX:
        return None
    try:
        found = json.loads(address)
        endpoint, keys = found["endpoint"], found["keys"]
        subscription = Subscription(str(endpoint), _decoded(keys["p256dh"]), _decoded(keys["auth"]))
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), subscription.p256dh)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    fits = len(subscription.p256dh) == POINT_BYTES and len(subscription.auth) == AUTH_BYTES
    return subscription if fits else None


def encrypt(
    content: bytes,
    subscription: Subscription,
    *,
    key: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """Encrypt for one browser (RFC 8291); key and salt are drawn anew, unless a test gives them."""
    encrypted: bytes = http_ece.encrypt(
        content,
        salt=salt,
        private_key=key or ec.generate_private_key(ec.SECP256R1()),
        dh=subscription.p256dh,
        auth_secret=subscription.auth,
        keyid=None,
        rs=RECORD_BYTES,
        version="aes128gcm",
    )
    return encrypted


def topic(notice: str) -> str:
    """Give 32 characters that name a notice to a push service, which learns nothing by them."""
    return base64.urlsafe_b64encode(hashlib.sha256(notice.encode()).digest()[:24]).decode()


def _payload(message: Message) -> bytes:
    content = {
        "title": shorten(message.title, TITLE_BYTES_MAX),
        "text": shorten(message.text, TEXT_BYTES_MAX),
        "link": message.link,
        "notice": message.notice,
        "incident": message.incident,
        "template": message.template,
        "urgent": message.template != "recall",
    }
    return json.dumps(content, ensure_ascii=False).encode()


def _decoded(text: str) -> bytes:
    plain = text.rstrip("=")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
