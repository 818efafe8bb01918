"""The detectors at the centre: read at the start, and again whenever their file changes.

A faulty file changes nothing: what is in force stays in force and the faults are told with their lines.
What was good is kept beside the data, so that a restart after a bad edit leaves no village unwatched.
"""

from __future__ import annotations

import asyncio
import zlib
from pathlib import Path
from typing import Final

import msgspec
import structlog
from pydantic import ValidationError

from tocsin.core.errors import Rejected
from tocsin.core.watched import Watched, keep, text_of
from tocsin.detectors.bank import StreamBank
from tocsin.detectors.config import DetectorsConfig, defaults, load
from tocsin.ingest import metrics
from tocsin.ingest.rules import Rules, RulesBook

log = structlog.get_logger()

POLL_SECONDS: Final = 3.0
_DATA_MAX: Final = 16 * 1024 * 1024


class _Data(msgspec.Struct, array_like=True):
    config: bytes
    digests: dict[str, str]
    """Of each rule as the code of that time had it."""


def rules_of(config: DetectorsConfig) -> Rules:
    """Make what ingest runs: the rules over streams that run at the centre."""
    here = config.running("centre")
    digests = {rule.name: rule.digest() for rule in here.detectors}
    digests |= {rule.name: rule.digest() for rule in here.together}
    data = msgspec.msgpack.encode(_Data(here.model_dump_json().encode(), digests))
    return Rules(here.digest(), zlib.compress(data), lambda _partition: StreamBank(here, at="centre"))


def rules_again(data: bytes) -> Rules:
    """Make the rules of a saved state again; raises `Rejected` (`detectors.state`) for what is none.

    Without those whose detector answers otherwise in this version: they must not see a replay in silence.
    """
    try:
        unpacker = zlib.decompressobj()
        whole = unpacker.decompress(data, _DATA_MAX)
        saved = msgspec.msgpack.decode(whole if unpacker.eof else b"", type=_Data)
        config = DetectorsConfig.model_validate_json(saved.config)
    except (zlib.error, msgspec.MsgspecError, ValidationError, UnicodeDecodeError) as error:
        raise Rejected(
            "detectors.state", "the saved state does not say which rules made it; start without it"
        ) from error
    return rules_of(
        config.model_copy(
            update={
                "detectors": tuple(
                    rule for rule in config.detectors if saved.digests.get(rule.name) == rule.digest()
                ),
                "together": tuple(
                    rule for rule in config.together if saved.digests.get(rule.name) == rule.digest()
                ),
            }
        )
    )


class CentreRules:
    """The centre's file of detectors, and the book from which its partitions run."""

    def __init__(self, path: Path | None, good: Path) -> None:
        """Read it; `good` is where the last good one is kept.

        Raises `Rejected` (`detectors.config`, `settings.file`) when the file is faulty and no good one is there.
        """
        self._path = path
        self._good = good
        self._watched = Watched()
        self.config = self._first()
        """The configuration in force, the cameras of the boxes with it."""
        self.book = RulesBook(rules_of(self.config), rules_again)

    async def run(self) -> None:
        """Look at the file every few seconds, until cancelled."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            if await asyncio.to_thread(self._watched.changed):
                await self.reload()

    async def reload(self) -> bool:
        """Put the file in force; say whether that was done. Partitions change over before their next flush."""
        try:
            config = await asyncio.to_thread(self._read)
        except Rejected as error:
            _refused(error)
            return False
        self.config, self.book.current = config, rules_of(config)
        metrics.RULES_FAULTY.set(0)
        metrics.RULES_CHANGES.labels("done").inc()
        log.info("detectors.reloaded", digest=self.book.current.digest[:12])
        return True

    def _first(self) -> DetectorsConfig:
        try:
            return self._read()
        except Rejected as error:
            try:
                config = load(self._good.read_text(encoding="utf-8"))
            except (OSError, UnicodeDecodeError, Rejected):
                raise error from None
            _refused(error)
            return config

    def _read(self) -> DetectorsConfig:
        path = self._path
        if path is None:
            return defaults()
        self._watched.look_at([path])
        try:
            text = text_of(path)
        except (OSError, UnicodeDecodeError) as error:
            raise Rejected("settings.file", f"detectors: cannot read {path}: {error}") from error
        config = load(text)
        try:
            keep(self._good, text)
        except OSError as error:
            log.warning("detectors.not_kept", path=str(self._good), reason=str(error))
        return config


def _refused(error: Rejected) -> None:
    metrics.RULES_FAULTY.set(1)
    metrics.RULES_CHANGES.labels("refused").inc()
    log.error("detectors.refused", faults=error.reason.splitlines()[:50])
