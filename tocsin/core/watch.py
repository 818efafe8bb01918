"""Signs of life and findings: what every process says of itself, and what the watcher makes of it.

Plain values that cross folders (workers write beats, the store keeps them, the watcher and the API
read them), the port of the store for both, and no rule: those stand in `tocsin.watch.checks`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, unique
from typing import Final, Protocol

Alive = Callable[[], None]
"""Called by a worker at the end of each round that did what it should; costs nothing and never raises."""


def unwatched() -> None:
    """Be the `Alive` of a worker that nobody listens to."""


@dataclass(frozen=True, slots=True)
class Disk:
    """How full one place is."""

    free_bytes: int
    used_share: float
    """0 empty, 1 full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """One worker's sign of life, as its process writes it."""

    name: str
    """`escalator@host`, `ingest-0`: who the sign is of; the same after a restart."""
    role: str
    host: str
    clock: datetime
    """What the process's own clock said."""
    disks: Mapping[str, Disk] = field(default_factory=dict)
    """Places that the process writes to, by what is kept there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenBeat:
    """A worker's newest sign of life, as it is read."""

    name: str
    role: str
    host: str
    at: datetime
    """The database's instant at which it was written."""
    clock: datetime
    disks: Mapping[str, Disk] = field(default_factory=dict)

    @property
    def skew_s(self) -> float:
        """Seconds by which the worker's clock runs ahead of the database's."""
        return (self.clock - self.at).total_seconds()


@unique
class Level(StrEnum):
    """How a finding is treated."""

    PAGE = "page"
    """Somebody is called now."""
    TICKET = "ticket"
    """Somebody sees to it by day."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong now."""

    code: str
    subject: str
    """What it is about: a role, a host, a township, a provider. With the code it is the finding's identity."""
    level: Level
    chinese: str
    english: str

    @property
    def key(self) -> tuple[str, str]:
        """Give its identity."""
        return self.code, self.subject


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """A finding as it is kept."""

    code: str
    subject: str
    since: datetime
    seen: datetime
    until: datetime | None
    sentence: str
    paged: datetime | None = None


WATCHER: Final = "watcher"
"""The watcher's own role among the signs of life."""


class BeatStore(Protocol):
    """Where signs of life are kept."""

    async def beat(self, beats: Sequence[Beat]) -> None:
        """Write signs of life, one row a name, at the store's own instant; raises `Transient`."""
        ...

    async def leave(self, names: Sequence[str], host: str) -> None:
        """Take the signs of a host's workers away because they stop on purpose."""
        ...

    async def beats(self) -> tuple[Sequence[SeenBeat], datetime]:
        """Read all signs of life by name, and the store's now."""
        ...


class FindingStore(Protocol):
    """Where findings are kept."""

    async def keep(self, findings: Sequence[FindingRow]) -> None:
        """Write findings as they stand; a row with the same code, subject and `since` is replaced."""
        ...

    async def findings(self, since: datetime | None) -> Sequence[FindingRow]:
        """Read what stands, and what ended after an instant (None: nothing of it), newest first."""
        ...


class WatchStore(BeatStore, FindingStore, Protocol):
    """Both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What waits longer than it should: how many, and the longest."""

    count: int
    oldest: datetime
    example: str
    """Id of the one that waits longest."""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Township:
    """How many collectors of a township can be heard."""

    code: str
    name: str
    collectors: int
    gone: tuple[str, ...]
    """Those from which nothing was heard for too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """The outbox of one collector, by its last word."""

    collector: str
    outbox_bytes: int
    disk_free_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderDown:
    """A provider that does not work."""

    channel: str
    provider: str
    since: datetime
    reason: str
    alone: bool
    """True when no other provider of the channel works."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncovered:
    """A grid for which nobody is on duty, or nobody who can be reached, for a while now or soon."""

    grid: str
    name: str
    silent: bool
    """Somebody is there, whom no channel reaches."""
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What one look into the database shows."""

    now: datetime
    """The database's."""
    clock: datetime
    """The watcher's own, at the middle of the question for `now`."""
    writable: bool = True
    beats: tuple[SeenBeat, ...] = ()
    overdue: Waiting | None = None
    """Deadlines that came more than the limit ago and did not fire."""
    unsent: Waiting | None = None
    """Urgent notices that may be sent and were not."""
    townships: tuple[Township, ...] = ()
    boxes: tuple[Box, ...] = ()
    quarantined: int = 0
    """Messages held, all lanes."""
    calls_held: int = 0
    """Of these, in the alarm lane."""
    providers: tuple[ProviderDown, ...] = ()
    uncovered: tuple[Uncovered, ...] = ()
    """Some of the grids with a gap in their duty within the coming day, the earliest first."""
    uncovered_grids: int = 0
    """How many there are."""
