"""Cameras that give one JPEG per HTTP request; a burst asks as fast as they answer, or takes their stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import httpx
from typing_extensions import override

from tocsin.core.clock import Clock
from tocsin.core.errors import Rejected, Transient
from tocsin.core.ids import DeviceId
from tocsin.core.wire import PICTURE_BYTES_MAX
from tocsin.edge import pictures
from tocsin.edge.cameras.decode import BURST_WIDTH_MAX
from tocsin.edge.cameras.masking import hand_over
from tocsin.edge.cameras.mjpeg import Parts, boundary_of
from tocsin.edge.config import HttpCamera
from tocsin.edge.ports import Adapter, Intake


class HttpSnapshots(Adapter):
    """One camera, asked every `interval_seconds`."""

    def __init__(self, config: HttpCamera, device: DeviceId, clock: Clock) -> None:
        self._config = config
        self._device = device
        self._clock = clock
        self._client: httpx.AsyncClient | None = None
        self._intake: Intake | None = None
        self._burst: asyncio.Task[None] | None = None

    @override
    async def run(self, intake: Intake) -> None:
        async with httpx.AsyncClient(
            auth=self._auth(),
            timeout=self._config.timeout_seconds,
            follow_redirects=False,
            trust_env=False,
            # A picture is compressed already, and unpacking would be bounded by nothing: see `_expect_ok`.
            headers={"Accept-Encoding": "identity"},
        ) as client:
            self._client, self._intake = client, intake
            try:
                await self._ask_for_ever(client, intake)
            finally:
                self._client = None
                if self._burst is not None:
                    self._burst.cancel()
                    await asyncio.gather(self._burst, return_exceptions=True)

    async def _ask_for_ever(self, client: httpx.AsyncClient, intake: Intake) -> None:
        while True:
            began = self._clock.monotonic()
            jpeg = await self._fetch(client)
            await hand_over(intake, self._device, self._config, jpeg)
            spent = self._clock.monotonic() - began
            await asyncio.sleep(max(0.0, self._config.interval_seconds - spent))

    @override
    def burst_fault(self) -> str:
        return ""

    @override
    def ask_burst(self, seconds: float) -> bool:
        if self._client is None or (self._burst is not None and not self._burst.done()):
            return False
        self._burst = asyncio.create_task(self._take_burst(self._client, self._intake, seconds))
        return True

    async def _take_burst(self, client: httpx.AsyncClient, intake: Intake | None, seconds: float) -> None:
        assert intake is not None  # noqa: S101 it runs
        complaint = ""
        source = self._stream(client) if self._config.burst_url is not None else self._shots(client)
        try:
            async with asyncio.timeout(seconds + self._config.timeout_seconds), aclosing(source):
                await self._give(source, intake, seconds)
        except (Rejected, Transient) as error:
            complaint = error.reason if isinstance(error, Rejected) else str(error)
        except TimeoutError:
            complaint = "the camera fell silent during a burst"
        await intake.burst_over(self._device, complaint)

    async def _give(self, source: AsyncIterator[bytes], intake: Intake, seconds: float) -> None:
        began: float | None = None
        before = b""
        async for jpeg in source:
            now = self._clock.monotonic()
            began = now if began is None else began
            if now - began > seconds:
                return
            if jpeg == before:
                # A picture that the camera keeps and shows again is no new one: it would hide a flicker.
                continue
            before = jpeg
            masked = await asyncio.to_thread(
                pictures.masked,
                jpeg,
                self._config.masks,
                width_max=min(self._config.width_max, BURST_WIDTH_MAX),
                quality=self._config.jpeg_quality,
            )
            await intake.burst(self._device, masked, round((now - began) * 1e6))

    async def _shots(self, client: httpx.AsyncClient) -> AsyncGenerator[bytes, None]:
        while True:
            yield await self._fetch(client)

    async def _stream(self, client: httpx.AsyncClient) -> AsyncGenerator[bytes, None]:
        url = self._config.burst_url
        assert url is not None  # noqa: S101 the caller asked
        try:
            async with client.stream("GET", url.get_secret_value()) as answer:
                _expect_ok(answer)
                parts = Parts(boundary_of(answer.headers.get("content-type", "")))
                async for piece in answer.aiter_raw():
                    for jpeg in parts.feed(piece):
                        yield jpeg
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Transient(f"the camera's stream cannot be reached: {type(error).__name__}") from error

    def _auth(self) -> httpx.Auth | None:
        config = self._config
        if config.username is None:
            return None
        password = config.password.get_secret_value() if config.password is not None else ""
        kind = httpx.DigestAuth if config.digest else httpx.BasicAuth
        return kind(config.username, password)

    async def _fetch(self, client: httpx.AsyncClient) -> bytes:
        """Fetch one picture within the time-out as a whole and the bound of size."""
        try:
            async with (
                asyncio.timeout(self._config.timeout_seconds),
                client.stream("GET", self._config.url.get_secret_value()) as answer,
            ):
                _expect_ok(answer)
                data = bytearray()
                async for piece in answer.aiter_raw():
                    data += piece
                    if len(data) > PICTURE_BYTES_MAX:
                        raise Rejected(
                            "picture.too_large",
                            f"the camera sends more than {PICTURE_BYTES_MAX} bytes: give the address of a snapshot, not of a stream",
                        )
                return bytes(data)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Transient(f"the camera cannot be reached: {type(error).__name__}") from error
        except TimeoutError as error:
            raise Transient(
                f"the camera gives no picture within {self._config.timeout_seconds:g} s"
            ) from error


def _expect_ok(answer: httpx.Response) -> None:
    if answer.status_code in {401, 403}:
        raise Rejected("camera.sign_in", "the camera refuses the sign-in: check username and password")
    if answer.status_code != httpx.codes.OK:
        raise Transient(f"the camera answers HTTP {answer.status_code}")
    packed = answer.headers.get("content-encoding", "identity")
    if packed.strip().lower() not in {"", "identity"}:
        raise Rejected(
            "camera.packed", f"the camera packs its pictures ({packed[:40]!r}): switch compression off in it"
        )
