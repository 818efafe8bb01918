"""Providers on loopback that behave like the real ones: they refuse in a 200, throttle, fall silent.

`behaviour` may be changed between requests; what was received stands in `received`.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from tocsin.core.clock import Clock


class _Server(AbstractAsyncContextManager["_Server"]):
    """Accept connections on a free port of loopback; leaving ends them all."""

    def __init__(self) -> None:
        self.port = 0
        self.reached = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self.talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise NotImplementedError

    async def stay_silent(self) -> None:
        self.reached.set()
        await asyncio.Event().wait()


class HttpProvider(_Server):
    """Answer POSTs with what `behaviour(path, headers, body)` gives: (status, headers, body) or None for silence."""

    def __init__(
        self, behaviour: Callable[[str, dict[str, str], bytes], tuple[int, dict[str, str], bytes] | None]
    ) -> None:
        super().__init__()
        self.behaviour = behaviour
        self.received: list[tuple[str, dict[str, str], bytes]] = []
        self.drip = False
        """Send a piece of the answer's body a tick, for ever: no phase of a request ever times out."""
        self.piece = b" "

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, path, _ = head[0].split(" ")
            headers = {":method": method} | {
                name.lower(): value.strip()
                for name, _, value in (line.partition(":") for line in head[1:] if line)
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.received.append((path, headers, body))
            answer = self.behaviour(path, headers, body)
            if answer is None:
                await self.stay_silent()
                return
            status, extra, content = answer
            length = 10**12 if self.drip else len(content)
            lines = [
                f"HTTP/1.1 {status} X",
                f"content-length: {length}",
                *(f"{k}: {v}" for k, v in extra.items()),
            ]
            writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + (b"" if self.drip else content))
            while self.drip:
                writer.write(self.piece)
                await writer.drain()
                self.reached.set()
                await asyncio.sleep(0.01)
            await writer.drain()


def ok(_path: str, _headers: dict[str, str], _body: bytes) -> tuple[int, dict[str, str], bytes]:
    return 200, {"content-type": "application/json"}, b'{"ok":true,"id":"taken-1"}'


def says(
    status: int, body: bytes = b"", **headers: str
) -> Callable[[str, dict[str, str], bytes], tuple[int, dict[str, str], bytes]]:
    extra = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _path, _headers, _body: (status, extra, body)


def silence(_path: str, _headers: dict[str, str], _body: bytes) -> None:
    return None


MOODS: dict[str, tuple[int, dict[str, str], bytes]] = {
    "html": (200, {"content-type": "text/html"}, b"<html>captive portal</html>"),
    "empty": (200, {}, b""),
    "broken": (200, {"content-type": "application/json"}, b'{"errcode": 0, "code"'),
    "list": (200, {"content-type": "application/json"}, b"[0]"),
    "truth": (200, {"content-type": "application/json"}, b'{"errcode": false, "code": false, "Code": true}'),
    "oversized": (200, {}, b'{"errcode":' + b" " * 1_000_000 + b"0}"),
    "gateway": (502, {"content-type": "text/html"}, b"<html>502</html>"),
    "busy": (503, {"retry-after": "7"}, b""),
}


class Api(HttpProvider):
    """A provider that behaves like the real one unless its `mood` is another.

    Moods: `well`, `silent` (takes all and says nothing), `html`, `empty`, `broken`, `list`, `truth` (answers that are none),
    `redirect`, `oversized`, `gateway`, `busy` (503), `hang_up`, `tells_all` (refuses and repeats all it was sent).
    """

    REFUSES = (200, "{}")
    """Status and body of a refusal; the `{}` in it is where its words stand."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.mood = "well"

    def take(
        self, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes] | None:
        """Behave like the real one."""
        raise NotImplementedError

    def _answer(
        self, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes] | None:
        if self.mood == "well":
            return self.take(path, headers, body)
        if self.mood == "silent":
            return None
        if self.mood == "hang_up":
            raise ConnectionResetError
        if self.mood == "redirect":
            return 302, {"location": f"{self.url}/elsewhere"}, b""
        if self.mood == "tells_all":
            status, form = self.REFUSES
            words = json.dumps(f"{path} {headers} {body.decode(errors='replace')}")[1:-1]
            return status, {}, form.replace("{}", words, 1).encode()
        return MOODS[self.mood]


class BlackHole:
    """A port that takes no connection at all: the queue of its socket is full, so packets to it are lost."""

    def __enter__(self) -> Self:
        self._listening = socket.socket()
        self._listening.bind(("127.0.0.1", 0))
        self._listening.listen(0)
        self.port = self._listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._waiting = [socket.socket() for _ in range(4)]
        for one in self._waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", self.port))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in (*self._waiting, self._listening):
            one.close()


class Limiter:
    """A provider's own count of what one key took; `most` within any `seconds`."""

    def __init__(self, clock: Clock, *rates: tuple[int, float]) -> None:
        self._clock, self._rates = clock, rates
        self._taken: dict[str, list[float]] = {}

    def full(self, key: str) -> float | None:
        """Give the span in seconds whose bound is reached; None when one more fits."""
        now = self._clock.monotonic()
        return next(
            (
                span
                for most, span in self._rates
                if sum(now - at < span for at in self._taken.get(key, ())) >= most
            ),
            None,
        )

    def count(self, key: str) -> None:
        self._taken.setdefault(key, []).append(self._clock.monotonic())


class WecomProvider(Api):
    """The group bot service: always 200, errcode in the body, 20 messages a minute for one key."""

    KEY = "0f2b1a3c-aaaa-bbbb-cccc-0123456789ab"

    def __init__(self, clock: Clock, per_minute: int = 20) -> None:
        super().__init__()
        self._clock = clock
        self._per_minute = per_minute
        self._taken: list[float] = []
        self.texts: list[str] = []

    REFUSES = (200, '{"errcode": 40058, "errmsg": "{}"}')

    def take(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        key = parse_qs(urlsplit(path).query).get("key", [""])[0]
        if key != self.KEY:
            return self._say(93000, "invalid webhook url")
        now = self._clock.monotonic()
        self._taken = [at for at in self._taken if now - at < 60]
        if len(self._taken) >= self._per_minute:
            return self._say(45009, "api freq out of limit")
        content = json.loads(body)["text"]["content"]
        if len(content.encode()) > 2048:
            return self._say(40058, "text.content exceed max length 2048")
        self._taken.append(now)
        self.texts.append(content)
        return self._say(0, "ok")

    @staticmethod
    def _say(code: int, words: str) -> tuple[int, dict[str, str], bytes]:
        return 200, {}, json.dumps({"errcode": code, "errmsg": words}).encode()


class SmtpProvider(_Server):
    """A mail server without TLS; `refuse` maps a verb to the answer it gets instead of yes."""

    def __init__(self) -> None:
        super().__init__()
        self.refuse: dict[str, str] = {}
        self.silent_at: str | None = None
        """Verb after which nothing is said any more; `banner` for nothing at all, `.` for the end of a mail."""
        self.mails: list[bytes] = []
        self.recipients: list[str] = []

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.silent_at == "banner":
            await self.stay_silent()
        writer.write(b"220 fake ESMTP\r\n")
        while line := await reader.readline():
            text = line.decode().strip()
            verb = text.split(" ")[0].upper()
            if verb == self.silent_at:
                await self.stay_silent()
            if verb in self.refuse:
                writer.write(self.refuse[verb].encode() + b"\r\n")
            elif verb == "EHLO":
                writer.write(b"250-fake\r\n250-AUTH PLAIN\r\n250 8BITMIME\r\n")
            elif verb == "DATA":
                writer.write(b"354 go on\r\n")
                await self._take_mail(reader, writer)
            elif verb == "AUTH":
                writer.write(b"235 welcome\r\n")
            elif verb == "QUIT":
                writer.write(b"221 bye\r\n")
                return
            else:
                if verb == "RCPT":
                    self.recipients.append(text)
                writer.write(b"250 fine\r\n")
            await writer.drain()

    async def _take_mail(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await writer.drain()
        self.mails.append(await reader.readuntil(b"\r\n.\r\n"))
        if self.silent_at == ".":
            await self.stay_silent()
        writer.write(self.refuse.get(".", "250 queued as 7").encode() + b"\r\n")
