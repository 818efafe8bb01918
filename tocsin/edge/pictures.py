"""JPEG in and out: whole or not, decoded, masked, small enough to go with an alarm. Pure but for CPU.

OpenCV decodes a JPEG that was cut off to nothing and one damaged in the middle to rubbish, so the
end marker is looked for as well; the hash is over the exact bytes that leave the box.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from tocsin.core.errors import Rejected
from tocsin.core.frames import Image
from tocsin.core.ids import PictureHash
from tocsin.core.wire import PICTURE_BYTES_MAX, THUMBNAIL_BYTES_MAX

cv2.setNumThreads(1)

PIXELS_MAX: Final = 32_000_000
THUMBNAIL_WIDTH: Final = 320
_START: Final = b"\xff\xd8\xff"
_END: Final = b"\xff\xd9"
_END_WITHIN: Final = 4096
"""Some cameras append bytes after the end marker."""

Masks = Sequence[Sequence[tuple[float, float]]]


def sha256(jpeg: bytes) -> PictureHash:
    """Hash the exact bytes of a picture."""
    return PictureHash(hashlib.sha256(jpeg).hexdigest())


def decode(jpeg: bytes) -> Image:
    """Decode a whole picture.

    Raises `Rejected`: `picture.too_large`, `picture.form`, `picture.truncated`, `picture.undecodable`.
    """
    if len(jpeg) > PICTURE_BYTES_MAX:
        raise Rejected("picture.too_large", f"a picture of {len(jpeg)} bytes exceeds {PICTURE_BYTES_MAX}")
    if not jpeg.startswith(_START):
        raise Rejected("picture.form", "the picture is no JPEG: set the camera to JPEG snapshots")
    if _END not in jpeg[-_END_WITHIN:]:
        raise Rejected("picture.truncated", "the picture is cut off: the camera or the link broke it")
    _check_size(jpeg)
    try:
        image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise Rejected("picture.undecodable", f"the picture cannot be decoded: {str(error)[:80]}") from error
    if image is None:
        raise Rejected("picture.undecodable", "the picture cannot be decoded: its data is damaged")
    return np.asarray(image, np.uint8)


def _check_size(jpeg: bytes) -> None:
    """Read the frame header, so that a small file of a huge picture is refused before it is unpacked."""
    at = 2
    while at + 9 < len(jpeg):
        if jpeg[at] != 0xFF:
            break
        marker = jpeg[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height = int.from_bytes(jpeg[at + 5 : at + 7])
            width = int.from_bytes(jpeg[at + 7 : at + 9])
            if 0 < width * height <= PIXELS_MAX:
                return
            raise Rejected("picture.too_large", f"a picture of {width} x {height} points cannot be used")
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4])
    raise Rejected("picture.undecodable", "the picture has no frame header: its data is damaged")


def encode(image: Image, quality: int) -> bytes:
    """Encode; raises `Rejected` (`picture.unencodable`)."""
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise Rejected("picture.unencodable", "the picture cannot be encoded")
    return data.tobytes()


def burn(image: Image, masks: Masks) -> Image:
    """Paint relative polygons black, in place; give the same array back."""
    height, width = image.shape[:2]
    for mask in masks:
        points = np.round(np.array(mask, np.float64) * (width, height)).astype(np.int32)
        cv2.fillPoly(image, [points.reshape(-1, 1, 2)], (0, 0, 0))
    return image


def shrink(image: Image, width_max: int) -> Image:
    """Scale down to a width; smaller pictures stay as they are."""
    height, width = image.shape[:2]
    if width <= width_max:
        return image
    size = (width_max, max(1, round(height * width_max / width)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def masked(jpeg: bytes, masks: Masks, *, width_max: int, quality: int) -> bytes:
    """Make the bytes that may leave an adapter: the camera's own where nothing has to be hidden.

    Raises what `decode` raises.
    """
    image = decode(jpeg)
    if not masks and image.shape[1] <= width_max:
        return jpeg
    return encode(burn(shrink(image, width_max), masks), quality)


def thumbnail(image: Image) -> bytes | None:
    """Make the picture that goes with an alarm, at most `THUMBNAIL_BYTES_MAX`; None when it cannot be."""
    width = THUMBNAIL_WIDTH
    while width >= 40:
        small = shrink(image, width)
        for quality in (75, 60, 45, 30):
            data = encode(small, quality)
            if len(data) <= THUMBNAIL_BYTES_MAX:
                return data
        width //= 2
    return None
