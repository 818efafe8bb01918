"""Video files and RTSP cameras: a child process decodes, this side takes its pictures.

The child may abort, hang or be killed at any time: then `run` raises `Transient` and is started
again with back-off by whoever runs it. A child that gives nothing for too long is killed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Final

import structlog
from typing_extensions import override

from tocsin.core.errors import Transient
from tocsin.core.ids import DeviceId
from tocsin.edge.cameras.decode import HEADER, MESSAGE_BYTES_MAX, POSITION, Order
from tocsin.edge.config import FileCamera, RtspCamera
from tocsin.edge.ports import Adapter, Intake

log = structlog.get_logger()

PATIENCE_SECONDS: Final = 60.0
"""Without a picture for this long, beyond the interval, a child is stuck."""
END_SECONDS: Final = 3.0


class VideoCamera(Adapter):
    """One video, decoded in a child of its own."""

    def __init__(self, config: FileCamera | RtspCamera, device: DeviceId) -> None:
        self._config = config
        self._device = device
        self.child: asyncio.subprocess.Process | None = None
        """The running child, for tests and for the memory figure."""

    def order(self) -> Order:
        """Say what the child has to do."""
        config = self._config
        masks = [[(x, y) for x, y in mask] for mask in config.masks]
        if isinstance(config, RtspCamera):
            return Order(
                url=config.url.get_secret_value(),
                interval_seconds=config.interval_seconds,
                key_frames_only=config.key_frames_only,
                speed=0.0,
                live=True,
                loop=False,
                masks=masks,
                width_max=config.width_max,
                quality=config.jpeg_quality,
                transport=config.transport,
                timeout_seconds=config.timeout_seconds,
            )
        speed = {"original": 1.0, "fast": 0.0}[config.pace] if isinstance(config.pace, str) else config.pace
        return Order(
            url=str(config.path),
            interval_seconds=config.interval_seconds,
            key_frames_only=config.key_frames_only,
            speed=speed,
            live=False,
            loop=config.loop,
            masks=masks,
            width_max=config.width_max,
            quality=config.jpeg_quality,
        )

    @override
    def burst_fault(self) -> str:
        return ""

    @override
    def ask_burst(self, seconds: float) -> bool:
        child = self.child
        if child is None or child.stdin is None or child.stdin.is_closing():
            return False
        # One short line: it fits the pipe's buffer, so nothing has to be awaited.
        child.stdin.write(f"burst {seconds:.3f}\n".encode())
        return True

    @override
    async def run(self, intake: Intake) -> None:
        environment = {
            **os.environ,
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "MALLOC_ARENA_MAX": "1",
        }
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tocsin.edge.cameras.decode",
            self.order().to_argument(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment,
            limit=1024 * 1024,
        )
        self.child = child
        try:
            await self._take(child, intake)
        finally:
            await _end(child)
            self.child = None

    async def _take(self, child: asyncio.subprocess.Process, intake: Intake) -> None:
        assert child.stdout is not None  # noqa: S101 it was asked for
        while True:
            try:
                async with asyncio.timeout(PATIENCE_SECONDS + self._config.interval_seconds):
                    kind, length = HEADER.unpack(await child.stdout.readexactly(HEADER.size))
                    if length > MESSAGE_BYTES_MAX:
                        raise Transient("the decoder sent nonsense")
                    payload = await child.stdout.readexactly(length)
            except asyncio.IncompleteReadError as error:
                raise Transient(f"the decoder {await _how_it_ended(child)}") from error
            except TimeoutError as error:
                raise Transient(f"the decoder gave no picture for {PATIENCE_SECONDS:.0f} s") from error
            if kind == b"P":
                await intake.picture(self._device, payload)
            elif kind == b"B":
                (since,) = POSITION.unpack_from(payload)
                await intake.burst(self._device, payload[POSITION.size :], round(since * 1e6))
            elif kind == b"O":
                await intake.burst_over(self._device)
            elif kind == b"E":
                log.info("video.ended", device=self._device)
                return
            else:
                raise Transient(f"the video cannot be read: {payload.decode(errors='replace')}")


async def _how_it_ended(child: asyncio.subprocess.Process) -> str:
    try:
        async with asyncio.timeout(END_SECONDS):
            code = await child.wait()
    except TimeoutError:
        return "closed its output"
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with code {code}"


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        try:
            child.kill()
        except ProcessLookupError:
            log.debug("video.child_gone")
    await asyncio.shield(child.wait())
