"""One request to a provider, its end named: what it said, a refusal, or not known.

Never raises for a provider's fault.  A connection that was never made is a refusal that may be tried
again; silence after sending is `Unknown`, because the message may have gone out.  Redirects are not
followed, no more than 16 KiB of an answer are read, and no reason repeats a secret or an address.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Literal
from urllib.parse import quote, urlsplit

import httpx

from tocsin.alerts.ports import Answer, RefusedBy, Sent, Unknown

ANSWER_BYTES_MAX = 16 * 1024
RETRY_SOON = timedelta(seconds=3)
RETRY_LATER = timedelta(seconds=15)
RETRY_MAX = timedelta(minutes=10)
MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
CONNECT_SHARE: Final = 0.5
"""Of the time limit: a provider that takes no connection is known before the limit, as one that was never told."""
SECRET_CHARACTERS_MIN: Final = 4
TOKEN_CHARACTERS_MIN: Final = 12
"""A shorter part of a path is a word."""
PROVIDER_ID_CHARACTERS_MAX: Final = 128
_LINK: Final = re.compile(r"(/(?:go|test)\\?/)[A-Za-z0-9_-]+")
"""A one-tap link, as providers repeat a message that they refuse: whoever reads its token acts as its person."""
JSON: Final = {"content-type": "application/json; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Reply:
    """A provider's answer whose body must be read: a 2xx may still refuse."""

    status: int
    body: bytes
    hidden: tuple[str, ...] = field(default=(), compare=False, repr=False)
    """What no reason may repeat."""

    def parsed(self) -> dict[str, Any] | None:
        """Read the body as a JSON object; None when it is none."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None

    def integer(self, *names: str) -> int | None:
        """Give the first of these fields of the body that is a whole number; None when none is."""
        found = self.parsed() or {}
        for name in names:
            value = found.get(name)
            if isinstance(value, int) and not isinstance(value, bool):
                return value
        return None

    def said(self, text: object) -> str:
        """Give what the provider said, short, printable, without what must stay hidden and without our links."""
        return excerpt(_LINK.sub(r"\1…", hide(str(text), self.hidden)))

    def unreadable(self, wanted: str) -> Unknown:
        """Say that the answer lacks what makes it one."""
        return Unknown(f"an answer without {wanted}: {self.said(self.body.decode(errors='replace'))}")


def new_client() -> httpx.AsyncClient:
    """Make the client that adapters share; the caller closes it."""
    return httpx.AsyncClient(
        follow_redirects=False,
        trust_env=False,
        headers={"user-agent": "tocsin", "accept-encoding": "identity"},  # what unpacks could not be bounded
        limits=httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=30),
    )


async def post(
    client: httpx.AsyncClient,
    url: str,
    *,
    content: bytes,
    headers: Mapping[str, str],
    limit_seconds: float,
    hidden: Iterable[str] = (),
    by_account: bool = True,
    refusals: bool = False,
) -> Reply | RefusedBy | Unknown:
    """Post once, all phases together within `limit_seconds`.

    `by_account` False: the address leads to a host of its own, whose faults say nothing of other addresses.
    `refusals` True: a lasting 4xx is given as a `Reply` too, for providers whose body says more than its status.
    """
    return await _ask(
        client,
        "POST",
        url,
        content=content,
        headers=headers,
        limit_seconds=limit_seconds,
        hidden=tuple(hidden),
        by_account=by_account,
        refusals=refusals,
    )


async def get(
    client: httpx.AsyncClient, url: str, *, limit_seconds: float, hidden: Iterable[str] = ()
) -> Reply | RefusedBy | Unknown:
    """The same with GET, for what changes nothing: a token, a probe."""
    return await _ask(
        client,
        "GET",
        url,
        content=b"",
        headers={},
        limit_seconds=limit_seconds,
        hidden=tuple(hidden),
        by_account=True,
    )


async def reach(client: httpx.AsyncClient, url: str, *, limit_seconds: float) -> Answer:
    """Probe a provider that offers nothing better: whatever it answers, if it answers, it is there."""
    match await get(client, url, limit_seconds=limit_seconds):
        case Reply():
            return Sent()
        case RefusedBy(retry_after=None):
            return Sent()
        case refused_or_unknown:
            return refused_or_unknown


async def _ask(
    client: httpx.AsyncClient,
    method: Literal["GET", "POST"],
    url: str,
    *,
    content: bytes,
    headers: Mapping[str, str],
    limit_seconds: float,
    hidden: tuple[str, ...],
    by_account: bool,
    refusals: bool = False,
) -> Reply | RefusedBy | Unknown:
    timeout = httpx.Timeout(limit_seconds, connect=limit_seconds * CONNECT_SHARE)
    try:
        async with (
            asyncio.timeout(limit_seconds),
            client.stream(method, url, content=content, headers=dict(headers), timeout=timeout) as response,
        ):
            body = await _bounded(response)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
        return RefusedBy("the provider could not be reached", RETRY_SOON, by_account)
    except (TimeoutError, httpx.TimeoutException):
        return Unknown(f"no answer within {limit_seconds:g} s")
    except (httpx.HTTPError, httpx.StreamError) as error:
        return Unknown(f"the connection broke: {type(error).__name__}")
    except httpx.InvalidURL:
        return RefusedBy("the address is no web address")
    reply = Reply(response.status_code, body, hidden)
    if refusals and 400 <= reply.status < 500 and reply.status not in {408, 425, 429}:
        return reply
    return _judge(response, reply, by_account=by_account)


async def _bounded(response: httpx.Response) -> bytes:
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > ANSWER_BYTES_MAX:
            break
    return bytes(body[:ANSWER_BYTES_MAX])


def _judge(response: httpx.Response, reply: Reply, *, by_account: bool) -> Reply | RefusedBy | Unknown:
    status = reply.status
    if 200 <= status < 300:
        return reply
    reason = f"status {status}"
    if status in {429, 503}:
        pause = _retry_after(response.headers.get("retry-after")) or RETRY_LATER
        return RefusedBy(reason, pause, by_account)
    if status in {502, 504}:
        return Unknown(f"{reason}: a gateway lost the answer")
    if status in {408, 425} or status >= 500:
        return RefusedBy(reason, RETRY_SOON, by_account)
    if reply.body:
        reason = f"{reason}: {reply.said(reply.body.decode(errors='replace'))}"
    return RefusedBy(reason, by_account=by_account and (status < 400 or status in {401, 403}))


def _retry_after(header: str | None) -> timedelta | None:
    """Read seconds; the form with a date would need a clock that agrees with the provider's."""
    try:
        seconds = float(header or "")
    except ValueError:
        return None
    if not math.isfinite(seconds) or seconds < 0:
        return None
    return min(timedelta(seconds=min(seconds, 86_400.0)), RETRY_MAX)


def hide(text: str, hidden: Iterable[str]) -> str:
    """Take secrets and addresses out of a text, also as they stand in a web address or in JSON."""
    for one in hidden:
        if len(one) >= SECRET_CHARACTERS_MIN:
            for form in {one, quote(one, safe=""), quote(one), json.dumps(one)[1:-1]}:
                text = text.replace(form, "…")
    return text


def parts(url: str) -> tuple[str, ...]:
    """Give what of a web address may be a secret: all of it, its query, and each long part of its path."""
    split = urlsplit(url)
    return (
        url,
        split.query,
        split.path,
        *(one for one in split.path.split("/") if len(one) >= TOKEN_CHARACTERS_MIN),
    )


def name_of(value: object) -> str:
    """Give a provider's id of a message as text, bounded; empty when it gave none."""
    return str(value)[:PROVIDER_ID_CHARACTERS_MAX] if isinstance(value, str | int) else ""


def excerpt(body: bytes | str) -> str:
    """Give the first 160 printable characters of an answer, for a log line."""
    text = body.decode(errors="replace") if isinstance(body, bytes) else body
    return "".join(c if c.isprintable() else " " for c in text[:160]).strip()
