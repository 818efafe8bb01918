"""One POST to a provider, its end named: what it said, a refusal, or not known.

Never raises for a provider's fault.  A connection that was never made is a refusal that may be tried
again; silence after sending is `Unknown`, because the message may have gone out.  Redirects are not
followed, and no more than 16 KiB of an answer are read.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import httpx

from tocsin.alerts.ports import RefusedBy, Unknown

ANSWER_BYTES_MAX = 16 * 1024
RETRY_SOON = timedelta(seconds=3)
RETRY_LATER = timedelta(seconds=15)
RETRY_MAX = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Reply:
    """A provider's 2xx answer; the body may still refuse."""

    status: int
    body: bytes


def new_client() -> httpx.AsyncClient:
    """Make the client that adapters share; the caller closes it."""
    return httpx.AsyncClient(
        follow_redirects=False,
        trust_env=False,
        limits=httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=30),
    )


async def post(
    client: httpx.AsyncClient, url: str, *, content: bytes, headers: Mapping[str, str], limit_seconds: float
) -> Reply | RefusedBy | Unknown:
    """Post once, all phases together within `limit_seconds`."""
    try:
        async with (
            asyncio.timeout(limit_seconds),
            client.stream(
                "POST", url, content=content, headers=dict(headers), timeout=limit_seconds
            ) as response,
        ):
            body = await _bounded(response)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
        return RefusedBy("the provider could not be reached", RETRY_SOON)
    except (TimeoutError, httpx.TimeoutException):
        return Unknown(f"no answer within {limit_seconds:g} s")
    except (httpx.HTTPError, httpx.StreamError) as error:
        return Unknown(f"the connection broke: {type(error).__name__}")
    except httpx.InvalidURL:
        return RefusedBy("the address is no web address")
    return _judge(response, body)


async def _bounded(response: httpx.Response) -> bytes:
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > ANSWER_BYTES_MAX:
            break
    return bytes(body[:ANSWER_BYTES_MAX])


def _judge(response: httpx.Response, body: bytes) -> Reply | RefusedBy | Unknown:
    status = response.status_code
    if 200 <= status < 300:
        return Reply(status, body)
    reason = f"status {status}"
    if status in {429, 503}:
        return RefusedBy(reason, _retry_after(response.headers.get("retry-after")) or RETRY_LATER)
    if status in {502, 504}:
        return Unknown(f"{reason}: a gateway lost the answer")
    if status in {408, 425} or status >= 500:
        return RefusedBy(reason, RETRY_SOON)
    return RefusedBy(f"{reason}: {excerpt(body)}" if body else reason)


def _retry_after(header: str | None) -> timedelta | None:
    """Read seconds; the form with a date would need a clock that agrees with the provider's."""
    try:
        seconds = float(header or "")
    except ValueError:
        return None
    if not math.isfinite(seconds) or seconds < 0:
        return None
    return min(timedelta(seconds=min(seconds, 86_400.0)), RETRY_MAX)


def excerpt(body: bytes | str) -> str:
    """Give the first 160 printable characters of an answer, for a log line."""
    text = body.decode(errors="replace") if isinstance(body, bytes) else body
    return "".join(c if c.isprintable() else " " for c in text[:160]).strip()
