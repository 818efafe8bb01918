"""Cameras that give one JPEG per HTTP request."""

from __future__ import annotations

import asyncio

import httpx
from typing_extensions import override

from tocsin.core.clock import Clock
from tocsin.core.errors import Rejected, Transient
from tocsin.core.ids import DeviceId
from tocsin.core.wire import PICTURE_BYTES_MAX
from tocsin.edge.cameras.masking import hand_over
from tocsin.edge.config import HttpCamera
from tocsin.edge.ports import Adapter, Intake


class HttpSnapshots(Adapter):
    """One camera, asked every `interval_seconds`."""

    def __init__(self, config: HttpCamera, device: DeviceId, clock: Clock) -> None:
        self._config = config
        self._device = device
        self._clock = clock

    @override
    async def run(self, intake: Intake) -> None:
        async with httpx.AsyncClient(
            auth=self._auth(), timeout=self._config.timeout_seconds, follow_redirects=False, trust_env=False
        ) as client:
            while True:
                began = self._clock.monotonic()
                jpeg = await self._fetch(client)
                await hand_over(intake, self._device, self._config, jpeg)
                spent = self._clock.monotonic() - began
                await asyncio.sleep(max(0.0, self._config.interval_seconds - spent))

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
                if answer.status_code in {401, 403}:
                    raise Rejected(
                        "camera.sign_in", "the camera refuses the sign-in: check username and password"
                    )
                if answer.status_code != httpx.codes.OK:
                    raise Transient(f"the camera answers HTTP {answer.status_code}")
                data = bytearray()
                async for piece in answer.aiter_bytes():
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
