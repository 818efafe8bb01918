"""Reduce pictures for lists: at 160 px nobody's face can be told, off the event loop."""

from __future__ import annotations

import asyncio
from typing import Final

import cv2
import numpy as np

from tocsin.core.errors import Rejected

WIDTH_PX: Final = 160
HEIGHT_PX_MAX: Final = 320
QUALITY: Final = 70
PARALLEL: Final = 2
"""Pictures decoded at one time: a 4K picture takes 25 MB while it is open."""


class PictureReducer:
    """Reduce pictures in threads, never more than `PARALLEL` at once."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(PARALLEL)

    async def reduce(self, data: bytes) -> bytes:
        """Give a JPEG of at most 160 x 320 px, without blocking the loop; raises as `reduced` does."""
        async with self._free:
            return await asyncio.to_thread(reduced, data)


def reduced(data: bytes) -> bytes:
    """Give a JPEG of at most 160 x 320 px; blocks.

    Raises `Rejected` (`picture.unreadable`) for bytes that are no picture.
    """
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None:
        raise Rejected("picture.unreadable", "the stored bytes are no picture: look at the camera")
    height, width = image.shape[:2]
    scale = min(WIDTH_PX / width, HEIGHT_PX_MAX / height)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    done, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise Rejected("picture.unreadable", "the stored bytes cannot be shown: look at the camera")
    return encoded.tobytes()
