"""Work on many rows at once that somebody asked for: what it is, how it goes on, what came of it.

`Jobs` is what pages drive; a job's work is a coroutine function that is given its `Progress`. Its
slow parts run in a thread (`Progress.aside`), so that the process keeps answering. `JobStore` keeps
jobs where every process sees them. `town.job_runner` runs them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from typing import Any, Final, ParamSpec, Protocol, TypeVar

from typing_extensions import override

from tocsin.core.ids import PersonId
from tocsin.town.tables import FAULTS_MAX, Fault

P = ParamSpec("P")
T = TypeVar("T")

FILE_BYTES_MAX: Final = 64 * 1024 * 1024
KEPT_DAYS: Final = 30
"""Jobs that ended longer ago are forgotten, with their files."""


@unique
class JobKind(StrEnum):
    """What a job does."""

    GRID_CHECK = "grid_check"
    GRID_IMPORT = "grid_import"
    PEOPLE_IMPORT = "people_import"
    MATTER_IMPORT = "matter_import"
    ORGANISATION_IMPORT = "organisation_import"
    FIGURES_EXPORT = "figures_export"


@unique
class JobState(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to it."""
        return self in {JobState.DONE, JobState.FAILED}


@dataclass(frozen=True, slots=True)
class JobFile:
    """What a job made for somebody to take away."""

    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of the work; faults do not make a job fail, they are what it found."""

    faults: Sequence[Fault] = ()
    faulty: int | None = None
    """How many faults there are where `faults` are the first of them."""
    report: Mapping[str, Any] | None = None
    """Plain values, for the page."""
    file: JobFile | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job as it stands."""

    id: str
    kind: JobKind
    person: PersonId
    scope: str
    """Scope of who asked."""
    state: JobState = JobState.WAITING
    done: int = 0
    total: int = 0
    """How much there is to do; 0 while nobody knows."""
    faults: tuple[Fault, ...] = ()
    """The first of them."""
    faulty: int = 0
    report: Mapping[str, Any] | None = None
    reason_code: str = ""
    reason: str = ""
    """Why it failed."""
    file_name: str = ""
    """What it made; empty for nothing."""
    made: datetime
    ended: datetime | None = None


class JobStopped(Exception):
    """Ends the work of a job that somebody stopped; let it pass."""


class Progress(Protocol):
    """What the work of a job is given."""

    def __call__(self, done: int, total: int) -> None:
        """Say how much is done of how much; from any thread. Raises `JobStopped` when it shall stop."""
        ...

    async def aside(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a slow function in a thread and wait for it. Raises `JobStopped` when it shall stop."""
        ...


class Unwatched(Progress):
    """For work that a command does in its own process: nothing else waits for it."""

    @override
    def __call__(self, done: int, total: int) -> None:
        pass

    @override
    async def aside(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return function(*args, **kwargs)


Work = Callable[[Progress], Awaitable[Outcome]]


class Jobs(Protocol):
    """Runs jobs, one at a time per process, and shows those of all processes."""

    async def start(self, kind: JobKind, work: Work, *, person: PersonId, scope: str) -> Job:
        """Put a job at the end of the line; raises `Rejected` (`job.busy`) when the line is long."""
        ...

    async def jobs(self, scope: str, person: PersonId | None, most: int) -> Sequence[Job]:
        """List jobs of a scope, newest first; only a person's own when one is named."""
        ...

    async def job(self, job: str) -> Job | None:
        """Find one."""
        ...

    async def cancel(self, job: str) -> None:
        """Ask it to stop; what it has committed stays, one that has ended is left alone."""
        ...

    async def result(self, job: str) -> JobFile | None:
        """Give the file that it made; None while there is none."""
        ...


class JobStore(Protocol):
    """Keeps jobs; times are those of the database."""

    async def add(self, job: str, kind: JobKind, person: PersonId, scope: str, holder: str) -> Job:
        """Keep a new job; forgets those that ended long ago."""
        ...

    async def begin(self, job: str) -> bool:
        """Say that it runs now; False when it was stopped before or has ended."""
        ...

    async def end(self, job: str, outcome: Outcome) -> None:
        """Keep what came of it; nothing happens to one that has ended."""
        ...

    async def fail(self, job: str, code: str, reason: str) -> None:
        """Say why it failed; nothing happens to one that has ended."""
        ...

    async def beat(self, holder: str, done: Mapping[str, tuple[int, int]]) -> Sequence[str]:
        """Say that a holder lives and how far its jobs are; gives those of its jobs that shall stop.

        Jobs of holders that are silent for a minute fail: their process has ended.
        """
        ...

    async def stop(self, job: str) -> None:
        """Note that a job shall stop."""
        ...

    async def jobs(self, scope: str, person: PersonId | None, most: int) -> Sequence[Job]:
        """List jobs as `Jobs.jobs`."""
        ...

    async def job(self, job: str) -> Job | None:
        """Find one."""
        ...

    async def file(self, job: str) -> JobFile | None:
        """Give the file that a job made."""
        ...


def first(faults: Sequence[Fault]) -> tuple[Fault, ...]:
    """Give as many faults as are kept, in order of rows; those of the whole sheet come first."""
    return tuple(sorted(faults, key=lambda one: -1 if one.row is None else one.row)[:FAULTS_MAX])
