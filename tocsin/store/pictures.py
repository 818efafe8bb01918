"""Bytes of pictures by their hash: a directory, two levels deep, content-addressed.

A picture is written beside its place, synchronised and renamed, so that a name never shows half a
picture.  `check_chunk` refuses what cannot be a piece of one.  Moving complete pictures from
their pieces in the database into a store is `maintenance`'s work.
"""

from __future__ import annotations

import asyncio
import errno
import os
import re
from contextlib import suppress
from hashlib import sha256 as digest
from pathlib import Path
from typing import Final

from typing_extensions import override

from tocsin.core.errors import Rejected, Transient
from tocsin.core.ids import CollectorId, PictureHash, collector_of, new_id
from tocsin.core.wire import PICTURE_BYTES_MAX, MediaChunk
from tocsin.ingest.ports import PictureStore

HASH: Final = re.compile(r"[0-9a-f]{64}")


def check_chunk(collector: CollectorId, chunk: MediaChunk) -> None:
    """Refuse a piece that fits no picture.

    Raises `Rejected` (`picture.hash`, `picture.size`, `picture.camera`).
    """
    if HASH.fullmatch(chunk.sha256) is None:
        raise Rejected("picture.hash", "a picture is named by its SHA-256: 64 digits 0-9 a-f")
    if not (0 < chunk.total <= PICTURE_BYTES_MAX and chunk.offset >= 0 and len(chunk.data) > 0):
        raise Rejected(
            "picture.size",
            f"a picture has 1 to {PICTURE_BYTES_MAX} bytes and its pieces are not empty; this says {chunk.total}",
        )
    if chunk.offset + len(chunk.data) > chunk.total:
        raise Rejected(
            "picture.size",
            f"a piece ends at byte {chunk.offset + len(chunk.data)} of a picture of {chunk.total}",
        )
    if collector_of(chunk.camera) != collector:
        raise Rejected("picture.camera", f"camera {chunk.camera[:80]!r} is not one of collector {collector}")


class DirectoryPictures(PictureStore):
    """Keeps pictures as files `ab/cd/abcd….jpg` below one directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def path(self, sha256: PictureHash) -> Path:
        """Name the file of a picture; raises `Rejected` (`picture.hash`) for anything that is no hash."""
        if HASH.fullmatch(sha256) is None:
            raise Rejected("picture.hash", "a picture is named by its SHA-256: 64 digits 0-9 a-f")
        return self._directory / sha256[:2] / sha256[2:4] / f"{sha256}.jpg"

    @override
    async def put(self, sha256: PictureHash, data: bytes) -> None:
        path = self.path(sha256)
        await asyncio.to_thread(_write, path, sha256, data)

    @override
    async def get(self, sha256: PictureHash) -> bytes | None:
        return await asyncio.to_thread(_read, self.path(sha256))


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Transient(f"cannot read picture {path.name}: {error.strerror}") from error


def _write(path: Path, sha256: PictureHash, data: bytes) -> None:
    if digest(data).hexdigest() != sha256:
        raise Rejected(
            "picture.hash", f"{len(data)} bytes do not fit the hash {sha256}: send the picture again"
        )
    if path.exists():
        return
    part = path.with_name(f"{path.name}.{new_id()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
        # The names themselves must survive a power cut: file, then each level that may be new.
        for parent in (path.parent, path.parent.parent, path.parent.parent.parent):
            _sync_directory(parent)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        what = "the disk is full" if error.errno == errno.ENOSPC else str(error.strerror)
        raise Transient(f"cannot keep picture {sha256}: {what} ({path.parent})") from error


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
