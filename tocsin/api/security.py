"""Around every request: a bound on the body, where unsafe requests may come from, headers of every answer, figures.

Plain ASGI, so that live streams pass through unbuffered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tocsin.api.errors import answer
from tocsin.api.metrics import REQUESTS, SECONDS
from tocsin.core.clock import Clock

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})

PHOTOS: Final = "/arrive-photo"
PHOTOS_AT_ONCE: Final = 16
"""Large bodies in memory at one time: 64 MiB together."""
PHOTO_SECONDS: Final = 120.0
"""A photo of 4 MiB over 300 kbit/s; who is slower holds a place that others need."""

# Ant Design writes style elements at run time; scripts come from files only.
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; font-src 'self' data:; "
        "worker-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class SecurityHeaders:
    """Put the security headers on every answer; an API answer without a cache rule is not kept."""

    def __init__(self, app: ASGIApp, *, tls: bool) -> None:
        self._app = app
        self._headers = dict(HEADERS)
        if tls:
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on with headers added."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_api = str(scope["path"]).startswith("/api/")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                if is_api and "cache-control" not in headers:
                    headers["Cache-Control"] = "no-store"
            await send(message)

        await self._app(scope, receive, send_with_headers)


class SameOrigin:
    """Refuse unsafe requests that a browser sends from another site; other programs send no Origin."""

    def __init__(self, app: ASGIApp, *, public_url: str) -> None:
        self._app = app
        self._public = public_url.rstrip("/").lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer 403 `origin.foreign`."""
        if scope["type"] == "http" and scope["method"] not in SAFE and self._foreign(Headers(scope=scope)):
            refusal = answer(
                403,
                "origin.foreign",
                "this request comes from another site: open the console at its own address",
            )
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _foreign(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is None:
            return headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}
        if self._public and origin.lower() == self._public:
            return False
        return bool(self._public) or urlsplit(origin).netloc.lower() != headers.get("host", "").lower()


@dataclass(frozen=True, slots=True)
class Large:
    """Addresses whose bodies are larger than others': each stands in memory until it is answered."""

    ends: tuple[str, ...]
    most: int
    at_once: int
    seconds: float
    """How long one may take to arrive: who is slower holds a place that others need."""
    what: str
    """The beginning of its codes: `photo`."""
    busy: str
    slow: str
    signed_in: bool = False
    """Only for whoever is: a stranger shall not hold a place, nor have it read what they send."""


def photos(most: int) -> Large:
    """Give the bounds of photos: 64 MiB together, each over 300 kbit/s."""
    busy = "many photos are coming in: try again in a few seconds"
    slow = "the photo took too long: take it smaller, or where the network is better"
    return Large((PHOTOS,), most, PHOTOS_AT_ONCE, PHOTO_SECONDS, "photo", busy, slow)


SHEETS: Final = Large(
    ends=("/import", "/grids/check"),
    most=96 * 1024 * 1024,
    at_once=2,
    seconds=300.0,
    what="sheet",
    busy="other sheets are coming in: try again in a minute",
    slow="the sheet took too long: send it from where the network is better, or by the command line",
    signed_in=True,
)
"""Sheets of a whole city, with outlines."""


class BodyLimit:
    """Refuse bodies over a bound, announced or not, before anything parses them."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        most: int,
        large: Sequence[Large],
        signed_in: Callable[[Scope], Awaitable[bool]],
    ) -> None:
        """`large` names addresses with bounds of their own, `signed_in` says whether somebody is."""
        self._app = app
        self._signed_in = signed_in
        self._most = most
        self._large = tuple(large)
        self._inside = [0] * len(self._large)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer 413 `body.too_large`."""
        if scope["type"] != "http" or scope["method"] in SAFE:
            await self._app(scope, receive, send)
            return
        path = str(scope["path"])
        for at, large in enumerate(self._large):
            if path.endswith(large.ends):
                await self._bound(scope, receive, send, at, large)
                return
        await self._pass(scope, receive, send, self._most, None)

    async def _bound(self, scope: Scope, receive: Receive, send: Send, at: int, large: Large) -> None:
        """Let a few large bodies in at one time."""
        if large.signed_in and not await self._signed_in(scope):
            refusal = answer(401, "session.missing", "sign in first: there is no session, or it has ended")
            await refusal(scope, receive, send)
            return
        if self._inside[at] >= large.at_once:
            refusal = answer(503, f"{large.what}.busy", large.busy, headers={"Retry-After": "3"})
            await refusal(scope, receive, send)
            return
        self._inside[at] += 1
        try:
            await self._pass(scope, receive, send, large.most, large)
        finally:
            self._inside[at] -= 1

    async def _pass(self, scope: Scope, receive: Receive, send: Send, most: int, large: Large | None) -> None:
        announced = Headers(scope=scope).get("content-length", "0")
        too_large = not announced.isdecimal() or int(announced[:20]) > most
        try:
            async with asyncio.timeout(None if large is None else large.seconds):
                body = b"" if too_large else await _read(receive, most)
        except TimeoutError:
            assert large is not None  # noqa: S101 only these have a limit of time
            refusal = answer(408, f"{large.what}.slow", large.slow)
            await refusal(scope, receive, send)
            return
        if body is None or too_large:
            refusal = answer(413, "body.too_large", f"send at most {most} bytes")
            await refusal(scope, receive, send)
            return
        given = False

        async def replay() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, send)


async def _read(receive: Receive, most: int) -> bytes | None:
    """Read a whole body; None when it is longer than `most`."""
    parts = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(parts)
        parts += message.get("body", b"")
        if len(parts) > most:
            return None
        if not message.get("more_body", False):
            return bytes(parts)


class Measured:
    """Count answers and their seconds by operation id; live streams are counted only."""

    def __init__(self, app: ASGIApp, *, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on and measure up to the first byte."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = self._clock.monotonic()

        async def measured(message: Message) -> None:
            if message["type"] == "http.response.start":
                operation = str(getattr(scope.get("route"), "operation_id", None) or "other")
                REQUESTS.labels(operation, str(message["status"])).inc()
                if operation != "live":
                    SECONDS.labels(operation).observe(max(0.0, self._clock.monotonic() - began))
            await send(message)

        await self._app(scope, receive, measured)
