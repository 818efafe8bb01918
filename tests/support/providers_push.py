"""A push service on loopback with one browser behind it: checks who pushes, and lets the browser read."""

from __future__ import annotations

import base64
import json
from typing import Any

import http_ece
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.support.providers import Api
from tocsin.core.clock import Clock


def base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class PushProvider(Api):
    """RFC 8030 as its servers do it; `key` is the public key that the browser subscribed for."""

    REFUSES = (400, "{}")
    CAPABILITY = "eF4l0ng-s3cret-capability-of-this-browser"

    def __init__(self, clock: Clock, key: str = "") -> None:
        super().__init__()
        self._clock = clock
        self._browser = ec.derive_private_key(42, ec.SECP256R1())
        self._auth = b"sixteen bytes of"
        self.key = key
        self.gone: int | None = None
        self.waiting: dict[str, dict[str, Any]] = {}
        """By topic, what waits for the browser; a topic that comes again replaces."""
        self.ttls: list[int] = []
        self.urgencies: list[str] = []

    def subscription(self, url: str | None = None) -> str:
        point = self._browser.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return json.dumps(
            {
                "endpoint": f"{url or self.url}/wpush/v2/{self.CAPABILITY}",
                "expirationTime": None,
                "keys": {"p256dh": base64url(point), "auth": base64url(self._auth)},
            }
        )

    def take(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        if headers[":method"] != "POST" or path != f"/wpush/v2/{self.CAPABILITY}":
            return 404, {}, b""
        if self.gone is not None:
            return self.gone, {}, b"push subscription has unsubscribed or expired."
        if not self._known(headers.get("authorization", "")):
            return 401, {}, b"invalid token"
        if headers.get("content-encoding") != "aes128gcm" or not headers.get("ttl", "").isdigit():
            return 400, {}, b"bad headers"
        if len(body) > 4096:
            return 413, {}, b"payload too large"
        text = http_ece.decrypt(body, private_key=self._browser, auth_secret=self._auth, version="aes128gcm")
        self.waiting[headers.get("topic", str(len(self.waiting)))] = json.loads(text)
        self.ttls.append(int(headers["ttl"]))
        self.urgencies.append(headers.get("urgency", ""))
        return 201, {"location": f"{self.url}/m/{len(self.ttls)}"}, b""

    def _known(self, authorization: str) -> bool:
        scheme, _, rest = authorization.partition(" ")
        parts = dict(one.strip().split("=", 1) for one in rest.split(",") if "=" in one)
        if scheme != "vapid" or parts.get("k") != self.key:
            return False
        point = _decoded(parts["k"])
        key = ECKey.import_key(
            {"kty": "EC", "crv": "P-256", "x": base64url(point[1:33]), "y": base64url(point[33:])}
        )
        claims = jwt.decode(parts["t"], key, algorithms=["ES256"]).claims
        left = claims["exp"] - self._clock.now().timestamp()
        return claims["aud"] == self.url and 0 < left <= 86_400 and claims["sub"].startswith("mailto:")
