"""Files that are read again when they change, and the copy of the last good one. Blocking: off the event loop.

A change is told once the file has stood still for one look, so that one half written is not read; the
same bytes again are no change.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_BYTES_MAX: Final = 256 * 1024 * 1024

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
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.sha256(file.read(_BYTES_MAX)).hexdigest()
    except OSError:
        return ""
