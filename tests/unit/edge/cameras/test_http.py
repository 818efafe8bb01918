from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.support.edge import Taken, picture, reading_with
from tocsin.core.clock import SystemClock
from tocsin.core.errors import Rejected, Transient
from tocsin.core.wire import PICTURE_BYTES_MAX
from tocsin.edge import config
from tocsin.edge.cameras.http import HttpSnapshots
from tocsin.edge.config import HttpCamera


@asynccontextmanager
async def web(answer: bytes, *, hang: bool = False) -> AsyncIterator[int]:
    served = 0
    idle = asyncio.Event()
    idle.set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal served
        served += 1
        idle.clear()
        try:
            await reader.readuntil(b"\r\n\r\n")
            if hang:
                await reader.read()
            writer.write(answer)
            writer.close()
            await writer.wait_closed()
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.close()
        finally:
            served -= 1
            if not served:
                idle.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.wait_for(idle.wait(), 5)


def ok(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body


def camera(port: int, more: str = "") -> HttpSnapshots:
    box = config.parse(
        f"collector: weir\ncameras: [{{type: http, name: yard, url: 'http://127.0.0.1:{port}/s.jpg', interval_seconds: 0.04{more}}}]"
    )
    (made,) = box.cameras
    assert isinstance(made, HttpCamera)
    return HttpSnapshots(made, box.device("yard"), SystemClock())


async def test_snapshots_keep_coming() -> None:
    async with web(ok(picture())) as port, reading_with(camera(port)) as taken:
        await taken.until(lambda: len(taken.pictures) == 3)
    assert taken.pictures[0] == ("weir/yard", picture())


@pytest.mark.parametrize(
    ("answer", "error", "word"),
    [
        (b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", Rejected, "username and password"),
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", Transient, "503"),
        (b"nonsense\r\n\r\n", Transient, "cannot be reached"),
        (ok(bytes(PICTURE_BYTES_MAX + 1)), Rejected, "not of a stream"),
    ],
)
async def test_every_wrong_answer_is_told_as_what_it_is(
    answer: bytes, error: type[Exception], word: str
) -> None:
    async with web(answer) as port:
        with pytest.raises(error, match=word):
            await camera(port).run(Taken())


async def test_a_camera_that_hangs_is_given_up() -> None:
    async with web(b"", hang=True) as port:
        with pytest.raises(Transient):
            await camera(port, ", timeout_seconds: 0.5").run(Taken())


async def test_a_picture_cut_off_is_counted_not_fatal() -> None:
    async with web(ok(picture()[:-20])) as port, reading_with(camera(port)) as taken:
        await asyncio.wait_for(taken.damage_seen.wait(), 5)
        taken.damage_seen.clear()
        await asyncio.wait_for(taken.damage_seen.wait(), 5)
    assert taken.damages[0] == ("weir/yard", "picture.truncated")
