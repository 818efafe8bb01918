"""The live feed: server-sent events that lose nothing, for as long as the session lasts.

A stream ends on sign-out, on expiry and when the account is closed; the browser comes back by
itself with its last cursor. `LiveStreams` counts and ends the streams of this process; a sign-out
in another process is noticed at the next check.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

import msgspec
import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from tocsin.alerts.concerned import organisations, people
from tocsin.alerts.ports import LiveEvent
from tocsin.api.errors import HttpRefusal
from tocsin.api.metrics import LIVE_EVENTS, LIVE_STREAMS
from tocsin.core.clock import Clock
from tocsin.core.errors import Transient
from tocsin.core.ids import IncidentId, OrganisationCode, PersonId

log = structlog.get_logger()

CHECK_SECONDS: Final = 10.0
"""How often a stream shows that it lives and asks whether its session still does."""

_encoder: Final = msgspec.json.Encoder()


HELLO_SECONDS: Final = 1.0
"""How long hello waits for a feed that does not say when it has taken its place."""


class LiveStreams:
    """The open streams of this process by session."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: defaultdict[bytes, set[asyncio.Event]] = defaultdict(set)

    def admit(self, session: bytes) -> asyncio.Event:
        """Count a stream in; the event is set when it has to end. Give it back with `release`.

        Raises `HttpRefusal` 429 (`live.too_many`) when the session holds as many as it may.
        """
        if self.count(session) >= self._most:
            raise HttpRefusal(
                429,
                "live.too_many",
                f"this sign-in already holds {self._most} live streams: close other tabs, or share one stream",
                headers={"Retry-After": "10"},
            )
        ended = asyncio.Event()
        self._open[session].add(ended)
        LIVE_STREAMS.inc()
        return ended

    def release(self, session: bytes, ended: asyncio.Event) -> None:
        """Count a stream out."""
        LIVE_STREAMS.dec()
        self._open[session].discard(ended)
        if not self._open[session]:
            del self._open[session]

    def end(self, session: bytes) -> None:
        """End a session's streams."""
        for ended in self._open.get(session, ()):
            ended.set()

    def end_all(self) -> None:
        """End every stream: the process stops."""
        for session in list(self._open):
            self.end(session)

    def count(self, session: bytes) -> int:
        """Give how many streams a session holds."""
        return len(self._open.get(session, ()))


class OwnIncidents:
    """Let a responder see events of the incidents they were called to, told of or reported, from then on."""

    def __init__(self, person: PersonId, known: set[IncidentId]) -> None:
        self._person = person
        self._known = known

    def __call__(self, line: LiveEvent) -> bool:
        """Say whether this event may be shown, and remember a call."""
        if self._person in people(line.recorded.event, line.recorded.actor):
            self._known.add(line.recorded.incident)
        return line.recorded.incident in self._known


class RoutedIncidents:
    """Let a department see events of the incidents that are routed or given to its organisation, from then on."""

    def __init__(self, organisation: OrganisationCode, known: set[IncidentId]) -> None:
        self._organisation = organisation
        self._known = known

    def __call__(self, line: LiveEvent) -> bool:
        """Say whether this event may be shown, and remember what makes the organisation answer."""
        if self._organisation in organisations(line.recorded.event):
            self._known.add(line.recorded.incident)
        return line.recorded.incident in self._known


class AllIncidents:
    """Show every event of a scope, by which the query has narrowed the feed."""

    def __call__(self, _line: LiveEvent) -> bool:
        """Say yes."""
        return True


class EventStream(Response):
    """Answer with server-sent events until the reader leaves, `ended` is set, or the session is over."""

    media_type = "text/event-stream"

    def __init__(
        self,
        feed: AsyncIterator[LiveEvent | None],
        *,
        shown: Callable[[LiveEvent], bool],
        alive: Callable[[], Awaitable[bool]],
        ended: asyncio.Event,
        released: Callable[[], None],
        clock: Clock,
    ) -> None:
        super().__init__()
        self._feed = feed
        self._shown = shown
        self._alive = alive
        self._ended = ended
        self._released = released
        self._clock = clock

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            pump = asyncio.create_task(self._pump(send))
            ends = [asyncio.create_task(self._ended.wait()), asyncio.create_task(_gone(receive))]
            try:
                await asyncio.wait([pump, *ends], return_when=asyncio.FIRST_COMPLETED)
            finally:
                await _stop(pump, *ends)
            with suppress(OSError):
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._released()

    async def _pump(self, send: Send) -> None:
        """Send hello once the feed has taken its place, then lines, until the session is over."""
        first = asyncio.create_task(self._next())
        try:
            await asyncio.wait({first}, timeout=HELLO_SECONDS)
            await _write(send, hello(self._clock.now()))
            await self._lines_from(await first, send)
        except Transient as reason:
            log.warning("live.interrupted", reason=str(reason)[:200])
        finally:
            await _stop(first)
            if isinstance(self._feed, AsyncGenerator):
                await self._feed.aclose()

    async def _lines_from(self, line: LiveEvent | _End | None, send: Send) -> None:
        checked = self._clock.monotonic()
        while not isinstance(line, _End):
            if line is not None and self._shown(line):
                await _write(send, incident_message(line))
                LIVE_EVENTS.inc()
            if line is None or self._clock.monotonic() - checked >= CHECK_SECONDS:
                await _write(send, b": alive\n\n")
                checked = self._clock.monotonic()
                if not await self._alive():
                    return
            line = await self._next()

    async def _next(self) -> LiveEvent | _End | None:
        return await anext(self._feed, _End())


class _End:
    """The feed has nothing more to say."""


_HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
]


def hello(now: datetime) -> bytes:
    """Write the first message: the server's time, and how soon to come back after a break."""
    return b"retry: 2000\nevent: hello\ndata: " + _encoder.encode({"now": now}) + b"\n\n"


def incident_message(line: LiveEvent) -> bytes:
    """Write one event with its cursor."""
    recorded = line.recorded
    data = _encoder.encode(
        {
            "incident": recorded.incident,
            "version": recorded.version,
            "event": recorded.event,
            "actor": recorded.actor,
            "occurred": recorded.occurred,
            "recorded": recorded.recorded,
            "grid_path": line.grid_path,
        }
    )
    return b"id: " + line.cursor.encode() + b"\nevent: incident\ndata: " + data + b"\n\n"


async def _write(send: Send, data: bytes) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": True})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _stop(*tasks: asyncio.Task[object]) -> None:
    """End tasks and pass on what one of them died of, cancellation excepted."""
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception) and not isinstance(outcome, OSError):
            raise outcome
