"""The site's detectors on a box: read at the start, and again whenever their file or a model's changes.

A faulty file changes nothing: what is in force stays in force, and the faults are told with their lines.
What was good is kept beside the outbox, so that a power cut after a bad edit leaves no box unwatched.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog

from tocsin.core.detections import Detection
from tocsin.core.errors import Rejected
from tocsin.core.watched import Watched, keep
from tocsin.detectors.config import DetectorsConfig, load
from tocsin.edge import banks, metrics
from tocsin.edge.banks import Watch
from tocsin.edge.config import CollectorConfig
from tocsin.edge.detecting import Detecting
from tocsin.edge.vitals import Vitals

log = structlog.get_logger()

POLL_SECONDS: Final = 3.0
DEVICE: Final = "detectors"
"""Name under which the heartbeat carries the faults of the rules."""


class RulesFile:
    """One box's file of detectors with the models that it names. Blocking: call it off the event loop."""

    def __init__(self, config: CollectorConfig) -> None:
        self._config = config
        self._watched = Watched()
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
        path = self._config.detectors
        if path is None:
            return banks.watch(self._config, banks.read_rules(self._config))
        self._watched.look_at([path])
        text = banks.read_text(path)
        rules = load(text)
        self._watched.add(banks.model_files(self._config, rules))
        made = banks.watch(self._config, rules)
        if strict and made.faults:
            raise Rejected("detectors.models", "\n".join(made.faults))
        try:
            keep(self.good, text)
        except OSError as error:
            log.warning("detectors.not_saved", bank="rules", reason=str(error))
        return made

    def changed(self) -> bool:
        """Say whether the file, or that of a model, is another one than when it was read."""
        return self._watched.changed()


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
        announce: Callable[[], Awaitable[None]],
    ) -> None:
        """`first` is what `RulesFile.first` gave; `say` takes the ends of what no rule watches any more.

        `announce` sends a heartbeat: the centre must know soon which rules the box speaks for.
        """
        self._file = file
        self._detecting = detecting
        self._vitals = vitals
        self._device = config.device(DEVICE)
        self._say = say
        self._announce = announce
        self._one = asyncio.Lock()
        watch, fault = first
        self.rules: DetectorsConfig = watch.rules
        """The rules in force."""
        self._tell(fault or "\n".join(watch.faults))

    async def run(self) -> None:
        """Look at the files every few seconds, until cancelled."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            async with self._one:  # an order of the centre reads the same files
                changed = await asyncio.to_thread(self._file.changed)
            if changed:
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
            await self._announce()
            await self._say(ended)
            return True

    def _tell(self, fault: str) -> None:
        metrics.RULES_FAULTY.set(bool(fault))
        self._vitals.told(self._device, "detectors", fault or None)
        if fault:
            log.error("detectors.faulty", faults=fault.splitlines()[:50])
