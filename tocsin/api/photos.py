"""Photos that people send as proof: checked to be a JPEG of a bearable size, then kept under their hash."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Final

import cv2
import numpy as np
from fastapi import UploadFile

from tocsin.core.errors import Rejected
from tocsin.core.ids import PictureHash
from tocsin.ingest.ports import PictureStore

PHOTO_BYTES_MAX: Final = 4 * 1024 * 1024
"""A phone's 12 megapixels at usual quality; the page reduces larger ones before it sends them."""
FORM_BYTES_MAX: Final = PHOTO_BYTES_MAX + 65_536
"""The photo with the other fields around it."""
_BEGIN: Final = b"\xff\xd8\xff"


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
    if not data.startswith(_BEGIN):
        return False
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_REDUCED_GRAYSCALE_8) is not None
