"""Pictures of a motion-JPEG stream (`multipart/x-mixed-replace`), whole, one by one. No I/O.

Cameras disagree about boundaries and lengths: a part with a length is cut by it, any other at the next
boundary. What grows beyond the bound of a picture is no such stream and is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tocsin.core.errors import Rejected
from tocsin.core.wire import PICTURE_BYTES_MAX

_HEAD_MAX: Final = 8 * 1024
_BOUNDARY: Final = re.compile(r"boundary=\"?([^\";,\s]{1,200})", re.IGNORECASE)
_LENGTH: Final = re.compile(rb"content-length:\s*(\d{1,9})", re.IGNORECASE)
_START: Final = b"\xff\xd8\xff"


def boundary_of(content_type: str) -> bytes:
    """Give the line that parts the pictures; raises `Rejected` (`camera.no_stream`) for any other content."""
    found = _BOUNDARY.search(content_type)
    if not content_type.lower().startswith("multipart/") or found is None:
        raise Rejected(
            "camera.no_stream",
            f"burst_url gives {content_type[:60] or 'nothing'!r}: give the address of a motion-JPEG stream",
        )
    # Some cameras write the two dashes into the header already.
    return b"--" + found[1].encode().removeprefix(b"--")


class Parts:
    """Cut what comes from the network into pictures."""

    def __init__(self, boundary: bytes) -> None:
        self._boundary = boundary
        self._data = bytearray()
        self._looked = 0
        """Up to here no boundary begins: what comes byte by byte is not searched from its beginning each time."""

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Take the next bytes; give the pictures that are whole now.

        Raises `Rejected` (`camera.no_stream`) for what is none.
        """
        self._data += piece
        while (picture := self._next()) is not None:
            if picture.startswith(_START):
                yield picture
        if len(self._data) > PICTURE_BYTES_MAX + _HEAD_MAX:
            raise Rejected(
                "camera.no_stream", "burst_url gives no pictures: give the address of a motion-JPEG stream"
            )

    def _next(self) -> bytes | None:
        begins = self._data.find(self._boundary)
        if begins < 0:
            return None
        head = self._data.find(b"\r\n\r\n", begins)
        if head < 0:
            return None
        length = _LENGTH.search(self._data, begins, head)
        body = head + 4
        if length is not None:
            end = body + int(length[1])
            if len(self._data) < end:
                return None
        else:
            end = self._data.find(self._boundary, max(body, self._looked))
            if end < 0:
                self._looked = max(body, len(self._data) - len(self._boundary))
                return None
        picture = bytes(self._data[body:end])
        del self._data[:end]
        self._looked = 0
        return picture if length is not None else picture.removesuffix(b"\r\n")
