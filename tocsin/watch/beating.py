"""Signs of life of one process: workers sign in memory, one task writes all of them once a second.

One small statement a process, however many workers it has.  A worker that did not sign since the
last writing is not written, so that its row grows old; a loop that hangs writes nothing at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from pathlib import Path
from typing import Final

import psutil
import structlog

from tocsin.core.clock import Clock
from tocsin.core.errors import Transient
from tocsin.core.watch import Alive, Beat, BeatStore, Disk

log = structlog.get_logger()

BEAT_SECONDS: Final = 1.0
DISKS_SECONDS: Final = 30.0
TIME_LIMIT_SECONDS: Final = 5.0


class Signs:
    """What the workers of this process have said since it was last written."""

    def __init__(self, host: str) -> None:
        self.host = host
        self._roles: dict[str, str] = {}
        self._signed: set[str] = set()

    def of(self, role: str, name: str = "") -> Alive:
        """Give a worker what it signs with; `name` where the worker's place is one of its own (`ingest-0`)."""
        named = name or f"{role}@{self.host}"
        self._roles[named] = role

        def alive() -> None:
            self._signed.add(named)

        return alive

    @property
    def names(self) -> tuple[str, ...]:
        """Give the names of all workers that were given a sign."""
        return tuple(sorted(self._roles))

    def take(self) -> list[tuple[str, str]]:
        """Give (name, role) of those that have signed since the last taking."""
        signed, self._signed = sorted(self._signed), set()
        return [(name, self._roles[name]) for name in signed]


async def keep_beating(
    signs: Signs,
    store: BeatStore,
    clock: Clock,
    stop: asyncio.Event,
    *,
    places: Mapping[str, Path] | None = None,
    every_seconds: float = BEAT_SECONDS,
) -> None:
    """Write signs once a second until `stop`, then take ours away: who stops on purpose is not missed.

    A database that is away is no business of ours: the workers themselves say so in the log.
    """
    disks: dict[str, Disk] = {}
    read_at = float("-inf")
    written = True
    while not stop.is_set():
        if clock.monotonic() - read_at >= DISKS_SECONDS:
            read_at = clock.monotonic()
            disks = await asyncio.to_thread(read_disks, places or {})
        beats = [
            Beat(name=name, role=role, host=signs.host, clock=clock.now(), disks=disks)
            for name, role in signs.take()
        ]
        if beats:
            written = await _write(store.beat(beats), quiet=not written)
        await _pause(stop, every_seconds)
    await _write(store.leave(signs.names, signs.host))


async def _write(writing: Awaitable[None], *, quiet: bool = False) -> bool:
    """Write if the database is there, and say whether it was; a sign that came later would tell of another instant."""
    try:
        async with asyncio.timeout(TIME_LIMIT_SECONDS):
            await writing
    except (Transient, TimeoutError) as error:
        if not quiet:
            log.info("beat.not_written", reason=str(error) or "no answer in time")
        return False
    return True


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return


def read_disks(places: Mapping[str, Path]) -> dict[str, Disk]:
    """Say how full the disk of each place is.  Blocking.

    A place that is not there is left out, and so is a second one on the same disk.
    """
    found: dict[str, Disk] = {}
    known: set[int] = set()
    for name, path in places.items():
        try:
            device = path.stat().st_dev
            usage = psutil.disk_usage(str(path))
        except OSError:
            continue
        if device in known:
            continue
        known.add(device)
        # What only root may use is not there for us.
        whole = usage.used + usage.free
        found[name] = Disk(usage.free, usage.used / whole if whole else 1.0)
    return found
