"""A folder of JPEG files in order of name, one every interval; new files are taken as they appear."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import structlog
from typing_extensions import override

from tocsin.core.errors import Transient
from tocsin.core.ids import DeviceId
from tocsin.core.wire import PICTURE_BYTES_MAX
from tocsin.edge.cameras.masking import hand_over
from tocsin.edge.config import FolderCamera
from tocsin.edge.ports import Adapter, Intake

log = structlog.get_logger()

ENDINGS: Final = frozenset({".jpg", ".jpeg"})


class PictureFolder(Adapter):
    """One folder."""

    def __init__(self, config: FolderCamera, device: DeviceId) -> None:
        self._config = config
        self._device = device

    @override
    async def run(self, intake: Intake) -> None:
        last = ""
        while True:
            path = await asyncio.to_thread(self._after, last)
            if path is None and last and self._config.loop:
                last = ""
                continue
            if path is not None:
                last = path.name
                jpeg = await asyncio.to_thread(self._read, path)
                await hand_over(intake, self._device, self._config, jpeg)
            await asyncio.sleep(self._config.interval_seconds)

    def _after(self, last: str) -> Path | None:
        """Find the first file whose name comes after `last`."""
        try:
            names = [p for p in self._config.path.iterdir() if p.suffix.lower() in ENDINGS and p.name > last]
        except OSError as error:
            raise Transient(f"the folder {self._config.path} cannot be read: {error.strerror}") from error
        return min(names, key=lambda p: p.name, default=None)

    def _read(self, path: Path) -> bytes:
        try:
            with path.open("rb") as file:
                return file.read(PICTURE_BYTES_MAX + 1)
        except OSError as error:
            log.warning("folder.unreadable", file=path.name, reason=str(error.strerror))
            return b""
