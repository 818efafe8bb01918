"""The site's detectors on a box: read at the start, and again whenever their file or a model's changes.

A faulty file changes nothing: what is in force stays in force, and the faults are told with their lines.
What was good is kept beside the outbox, so that a power cut after a bad edit leaves no box unwatched.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

import structlog

from tocsin.core.detections import Detection
from tocsin.core.errors import Rejected
from tocsin.detectors.config import DetectorsConfig, load
from tocsin.edge import banks, metrics
from tocsin.edge.banks import Watch
from tocsin.edge.config import CollectorConfig
from tocsin.edge.detecting import Detecting
from tocsin.edge.vitals import Vitals

log = structlog.get_logger()

POLL_SECONDS: Final = 3.0
"""A file must have stood still for one look, so that one half written is not read."""
DEVICE: Final = "detectors"
"""Name under which the heartbeat carries the faults of the rules."""
_MODEL_MAX: Final = 256 * 1024 * 1024

Fingerprint = tuple[tuple[int, int, int] | None, ...]


class RulesFile:
    """One box's file of detectors with the models that it names. Blocking: call it off the event loop."""

    def __init__(self, config: CollectorConfig) -> None:
        self._config = config
        self._watched: list[Path] = []
        self._seen: Fingerprint = ()
        self._settling: Fingerprint = ()
        self._digest = ""
        self.good = config.outbox.path.with_name("detectors-last-good.yaml")

    def first(self) -> tuple[Watch, str]:
        """Make what watches from the start; gives it with the faults of the file when an earlier good one had to do.

        Raises `Rejected` (`detectors.config`, `config.detectors`) when there is none.
        """
        try:
            return self.again(), ""
        except Rejected as error:
            try:
                rules = load(self.good.read_text(encoding="utf-8"))
            except (OSError, UnicodeDecodeError, Rejected):
                raise error from None
            return banks.watch(self._config, rules), error.reason

    def again(self, *, strict: bool = False) -> Watch:
        """Read the file; raises `Rejected` as `banks.read_rules`, and for a model that cannot be used when `strict`."""
        self._look()
        path = self._config.detectors
        if path is None:
            return banks.watch(self._config, banks.read_rules(self._config))
        text = banks.read_text(path)
        rules = load(text)
        self._watched = [path, *banks.model_files(self._config, rules)]
        self._look()
        made = banks.watch(self._config, rules)
        if strict and made.faults:
            raise Rejected("detectors.models", "\n".join(made.faults))
        self._keep(text)
        return made

    def changed(self) -> bool:
        """Say whether a file is another one than when it was read, and has stood still since the last look."""
        now = _fingerprint(self._watched)
        if now == self._seen:
            return False
        if now != self._settling:
            self._settling = now
            return False
        self._seen = now
        before, self._digest = self._digest, _digest(self._watched)
        return before != self._digest

    def _look(self) -> None:
        if not self._watched and self._config.detectors is not None:
            self._watched = [self._config.detectors]
        self._seen = self._settling = _fingerprint(self._watched)
        self._digest = _digest(self._watched)

    def _keep(self, text: str) -> None:
        new = self.good.with_suffix(".new")
        try:
            self.good.parent.mkdir(parents=True, exist_ok=True)
            with new.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.good)
        except OSError as error:
            log.warning("detectors.not_saved", bank="rules", reason=str(error))


class Reloading:
    """Keep the rules in force up to date with their file."""

    def __init__(
        self,
        config: CollectorConfig,
        file: RulesFile,
        first: tuple[Watch, str],
        *,
        detecting: Detecting,
        vitals: Vitals,
        say: Callable[[Sequence[Detection]], Awaitable[None]],
    ) -> None:
        """`first` is what `RulesFile.first` gave; `say` takes the ends of what no rule watches any more."""
        self._file = file
        self._detecting = detecting
        self._vitals = vitals
        self._device = config.device(DEVICE)
        self._say = say
        self._one = asyncio.Lock()
        watch, fault = first
        self.rules: DetectorsConfig = watch.rules
        """The rules in force."""
        self._tell(fault or "\n".join(watch.faults))

    async def run(self) -> None:
        """Look at the files every few seconds, until cancelled."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            if await asyncio.to_thread(self._file.changed):
                await self.reload()

    async def reload(self) -> bool:
        """Put the file in force; say whether that was done. What did not change goes on as it was."""
        async with self._one:
            try:
                made = await asyncio.to_thread(lambda: self._file.again(strict=True))
            except Rejected as error:
                metrics.RELOADS.labels("refused").inc()
                self._tell(error.reason)
                return False
            ended = await self._detecting.change(made.cameras, made.streams)
            self.rules = made.rules
            metrics.RELOADS.labels("done").inc()
            self._tell("")
            log.info("detectors.reloaded", digest=made.rules.digest()[:12], ended=len(ended))
            await self._say(ended)
            return True

    def _tell(self, fault: str) -> None:
        metrics.RULES_FAULTY.set(bool(fault))
        self._vitals.told(self._device, "detectors", fault or None)
        if fault:
            log.error("detectors.faulty", faults=fault.splitlines()[:50])


def _fingerprint(paths: Sequence[Path]) -> Fingerprint:
    found: list[tuple[int, int, int] | None] = []
    for path in paths:
        try:
            stat = path.stat()
        except OSError:
            found.append(None)
        else:
            found.append((stat.st_mtime_ns, stat.st_size, stat.st_ino))
    return tuple(found)


def _digest(paths: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        try:
            with path.open("rb") as file:
                digest.update(file.read(_MODEL_MAX))
        except OSError:
            digest.update(b"-")
        digest.update(b"\0")
    return digest.hexdigest()
