"""Files that are read again when they change, and the copy of the last good one. Blocking: off the event loop.

A change is told once the file has stood still for one look, so that one half written is not read; the
same bytes again are no change.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_BYTES_MAX: Final = 256 * 1024 * 1024
_PIECE: Final = 1024 * 1024
TEXT_BYTES_MAX: Final = 4 * 1024 * 1024
"""Far more than any file that people write; what is larger is another file under the wrong name."""

Fingerprint = tuple[int, int, int] | None


class Watched:
    """Some files, looked at every few seconds."""

    def __init__(self) -> None:
        self._seen: dict[Path, Fingerprint] = {}
        self._settling: dict[Path, Fingerprint] = {}
        self._digests: dict[Path, str] = {}

    def look_at(self, paths: Iterable[Path]) -> None:
        """Watch only these from now on, as they are now; call it before reading them."""
        self._seen, self._digests = {}, {}
        self.add(paths)

    def add(self, paths: Iterable[Path]) -> None:
        """Watch these as well, as they are now."""
        for path in paths:
            self._seen[path], self._digests[path] = _fingerprint(path), _digest(path)
        self._settling = dict(self._seen)

    def changed(self) -> bool:
        """Say whether one of them is another than when it was looked at, and has stood still since the last look."""
        now = {path: _fingerprint(path) for path in self._seen}
        if now == self._seen:
            return False
        if now != self._settling:
            self._settling = now
            return False
        self._seen = now
        before, self._digests = self._digests, {path: _digest(path) for path in now}
        return before != self._digests


def text_of(path: Path) -> str:
    """Read a text file; raises `OSError` for what is too large or no file, such as a pipe that never ends, and `UnicodeDecodeError`."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(f"{path} is no file")
    with path.open("rb") as file:
        data = file.read(TEXT_BYTES_MAX + 1)
    if len(data) > TEXT_BYTES_MAX:
        raise OSError(f"{path} is larger than {TEXT_BYTES_MAX >> 20} MiB")
    return data.decode("utf-8").replace("\r\n", "\n")


def keep(path: Path, text: str) -> None:
    """Replace a file at once, so that a power cut leaves the old one or the new one; raises `OSError`."""
    new = path.with_suffix(".new")
    path.parent.mkdir(parents=True, exist_ok=True)
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _fingerprint(path: Path) -> Fingerprint:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _digest(path: Path) -> str:
    digest, left = hashlib.sha256(), _BYTES_MAX
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return ""
        with path.open("rb") as file:
            # In pieces: a model may be larger than what a small box has left.
            while left > 0 and (piece := file.read(_PIECE)):
                digest.update(piece)
                left -= len(piece)
    except OSError:
        return ""
    return digest.hexdigest()
