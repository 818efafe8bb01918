"""Photos that people send as proof: checked to be a JPEG of a bearable size, then kept under their hash."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Annotated, Final, cast

import cv2
import numpy as np
from fastapi import Depends, Request, UploadFile

from tocsin.api.errors import HttpRefusal
from tocsin.api.throttle import FailureWindow
from tocsin.core.errors import Rejected
from tocsin.core.ids import PersonId, PictureHash
from tocsin.ingest.ports import PictureStore

PHOTO_BYTES_MAX: Final = 4 * 1024 * 1024
"""A phone's 12 megapixels at usual quality; the page reduces larger ones before it sends them."""
FORM_BYTES_MAX: Final = PHOTO_BYTES_MAX + 65_536
"""The photo with the other fields around it."""
PIXELS_MAX: Final = 32_000_000
"""A few kilobytes can say 65,000 x 65,000, and whoever opens that needs gigabytes."""
PHOTOS_MAX: Final = 20
PHOTOS_SECONDS: Final = 3600.0
"""Photos of one person in an hour: several tries at several scenes, and no way to fill the disk."""
_BEGIN: Final = b"\xff\xd8\xff"
_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers that say how large the picture is."""
_BARE: Final = frozenset({0x00, 0x01, *range(0xD0, 0xD9), 0xFF})
"""Markers without a length."""


class PhotoDoor:
    """Bounds how many photos one person sends; one per process."""

    def __init__(self) -> None:
        self._sent = FailureWindow(most=PHOTOS_MAX, window_seconds=PHOTOS_SECONDS)

    def pass_through(self, person: PersonId, now: float) -> None:
        """Count a photo; raises `HttpRefusal` (429 `photo.throttled`) when there were too many."""
        wait = self._sent.wait_seconds(person, now)
        if wait > 0:
            raise HttpRefusal(
                429,
                "photo.throttled",
                f"you sent {PHOTOS_MAX} photos within an hour: send your position, or call the operator",
                headers={"Retry-After": str(int(wait) + 1)},
            )
        self._sent.fail(person, now)


def photo_door(request: Request) -> PhotoDoor:
    """Give the door of the running application."""
    return cast("PhotoDoor", request.app.state.photos)


Photos = Annotated[PhotoDoor, Depends(photo_door)]
"""Parameter type of handlers."""


async def keep_photo(photo: UploadFile, pictures: PictureStore) -> PictureHash:
    """Check a photo and keep its exact bytes; gives their SHA-256.

    Raises `Rejected` (`photo.size`, `photo.form`).
    """
    data = await photo.read(PHOTO_BYTES_MAX + 1)
    if not 0 < len(data) <= PHOTO_BYTES_MAX:
        raise Rejected("photo.size", "a photo has 1 byte to 4 MiB: take it with a lower resolution")
    if not await asyncio.to_thread(_is_jpeg, data):
        raise Rejected("photo.form", "this is no JPEG photo that can be shown: take it again")
    name = PictureHash(hashlib.sha256(data).hexdigest())
    await pictures.put(name, data)
    return name


def _is_jpeg(data: bytes) -> bool:
    """Say whether bytes decode to a picture; at an eighth of the size, which is enough to know and quick."""
    if not data.startswith(_BEGIN) or not 0 < _pixels(data) <= PIXELS_MAX:
        return False
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_REDUCED_GRAYSCALE_8) is not None


def _pixels(data: bytes) -> int:
    """Read how many pixels a JPEG says it has, without opening it; 0 when it does not say."""
    at = 2
    while 0 <= (at := data.find(b"\xff", at)) < len(data) - 9:
        marker = data[at + 1]
        if marker in _FRAMES:
            return int.from_bytes(data[at + 5 : at + 7], "big") * int.from_bytes(data[at + 7 : at + 9], "big")
        at += 1 if marker in _BARE else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return 0
