from __future__ import annotations

import asyncio
import gzip
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
        # 200 KB that would unpack to 200 MB before their size could be looked at.
        (
            ok(gzip.compress(bytes(200 << 20), 1)).replace(
                b"200 OK\r\n", b"200 OK\r\nContent-Encoding: gzip\r\n"
            ),
            Rejected,
            "compression off",
        ),
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


@asynccontextmanager
async def living(*, stream_rate: float = 40.0, same: bool = False) -> AsyncIterator[int]:
    """A camera whose snapshot is another one each time, and that streams; both on one port."""
    count = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                if b"GET /stream" in request:
                    writer.write(
                        b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n"
                    )
                    while True:
                        count += 1
                        jpeg = picture(count, width=64, height=48)
                        writer.write(b"--b\r\nContent-Length: %d\r\n\r\n" % len(jpeg) + jpeg + b"\r\n")
                        await writer.drain()
                        await asyncio.sleep(1 / stream_rate)
                count += 0 if same else 1
                jpeg = picture(count, width=64, height=48)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(jpeg) + jpeg)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("stream", [True, False])
async def test_a_burst_is_taken_from_the_stream_or_as_fast_as_it_answers(*, stream: bool) -> None:
    async with living() as port:
        more = f", burst_url: 'http://127.0.0.1:{port}/stream'" if stream else ""
        made = camera(port, more)
        assert not made.ask_burst(1.0), "it does not run yet"
        async with reading_with(made) as taken:
            await taken.until(lambda: bool(taken.pictures))
            assert made.burst_fault() == ""
            assert made.ask_burst(0.4)
            assert not made.ask_burst(0.4), "one at a time"
            await taken.until(lambda: bool(taken.overs))
            before = len(taken.pictures)
            await taken.until(lambda: len(taken.pictures) > before)
    assert taken.overs == [("weir/yard", "")]
    since = [since_us for _, _, since_us in taken.bursts]
    assert since[0] == 0
    assert since == sorted(since)
    assert 200_000 < since[-1] <= 400_000
    assert len({jpeg for _, jpeg, _ in taken.bursts}) == len(since) >= 5


async def test_a_picture_shown_again_and_again_is_no_burst() -> None:
    async with living(same=True) as port, reading_with(camera(port)) as taken:
        made = camera(port)
        task = asyncio.create_task(made.run(taken))
        await taken.until(lambda: bool(taken.pictures))
        while not made.ask_burst(0.2):
            await asyncio.sleep(0.01)
        await taken.until(lambda: bool(taken.overs))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert len(taken.bursts) == 1


@pytest.mark.parametrize(("path", "word"), [("snap", "motion-JPEG"), ("", "cannot be reached")])
async def test_a_burst_that_fails_says_why_and_the_pictures_go_on(path: str, word: str) -> None:
    async with living() as port:
        where = f"http://127.0.0.1:{port}/{path}" if path else "http://127.0.0.1:1/"
        made = camera(port, f", burst_url: '{where}'")
        async with reading_with(made) as taken:
            await taken.until(lambda: bool(taken.pictures))
            assert made.ask_burst(0.4)
            await taken.until(lambda: bool(taken.overs))
            before = len(taken.pictures)
            await taken.until(lambda: len(taken.pictures) > before)
    assert word in taken.overs[0][1]
