"""Runs jobs, one after the other, in the process that was asked: the loop waits, one thread works.

A job that was waiting or running when its process ended is marked failed with a sentence, by the
process itself when it is stopped, by any other when it stopped beating. What a job committed stays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, Final, Literal, ParamSpec, TypeVar

import structlog
from typing_extensions import override

from tocsin.core.errors import Conflict, Rejected, Transient
from tocsin.core.ids import PersonId, new_id
from tocsin.town.jobs import Job, JobFile, JobKind, Jobs, JobStopped, JobStore, Outcome, Progress, Work

log = structlog.get_logger()

P = ParamSpec("P")
T = TypeVar("T")

LINE_MAX: Final = 10
"""Jobs that wait in one process; their uploads stand in memory."""
BEAT_SECONDS: Final = 5.0

STOPPED: Final = ("job.stopped", "somebody stopped it: start it again when it is wanted")
INTERRUPTED: Final = ("job.interrupted", "the centre was stopped while it was not finished: start it again")


class _Hand(Progress):
    """The one job that runs."""

    def __init__(self, job: str, threads: ThreadPoolExecutor) -> None:
        self.job = job
        self.done = (0, 0)
        self.why: tuple[str, str] | None = None
        self._threads = threads

    @override
    def __call__(self, done: int, total: int) -> None:
        self.done = (done, total)
        if self.why is not None:
            raise JobStopped

    @override
    async def aside(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        self(*self.done)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(function, *args, **kwargs))


class JobRunner(Jobs):
    """Runs the jobs of this process while `run` is running."""

    def __init__(self, store: JobStore, holder: str) -> None:
        self._store = store
        self._holder = holder
        self._line: asyncio.Queue[tuple[str, Work]] = asyncio.Queue(LINE_MAX)
        self._hand: _Hand | None = None
        self._task: asyncio.Future[Outcome] | None = None
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="job")

    @override
    async def start(self, kind: JobKind, work: Work, *, person: PersonId, scope: str) -> Job:
        if self._line.full():
            raise Rejected("job.busy", f"{LINE_MAX} jobs are waiting already: try again when some have ended")
        made = await self._store.add(new_id(), kind, person, scope, self._holder)
        try:
            self._line.put_nowait((made.id, work))
        except asyncio.QueueFull:
            await self._store.fail(made.id, "job.busy", "the line was full: start it again later")
            raise Rejected("job.busy", f"{LINE_MAX} jobs are waiting already: try again later") from None
        return made

    @override
    async def jobs(self, scope: str, person: PersonId | None, most: int) -> Sequence[Job]:
        return [self._live(job) for job in await self._store.jobs(scope, person, most)]

    @override
    async def job(self, job: str) -> Job | None:
        found = await self._store.job(job)
        return None if found is None else self._live(found)

    @override
    async def cancel(self, job: str) -> None:
        await self._store.stop(job)
        self._stop(job, STOPPED)

    @override
    async def result(self, job: str) -> JobFile | None:
        return await self._store.file(job)

    async def run(self, stop: asyncio.Event) -> None:
        """Run what is asked for until `stop` is set; what is not finished then fails with a sentence."""
        stopping = asyncio.ensure_future(stop.wait())
        beating = asyncio.ensure_future(self._keep_beating(stop))
        try:
            while not stop.is_set():
                getting = asyncio.ensure_future(self._line.get())
                await asyncio.wait({getting, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if not getting.done():
                    getting.cancel()
                    break
                await self._one(*getting.result(), stopping)
            while not self._line.empty():
                job, _ = self._line.get_nowait()
                with suppress(Transient):
                    await self._store.fail(job, *INTERRUPTED)
        finally:
            stopping.cancel()
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def _one(self, job: str, work: Work, stopping: asyncio.Future[Literal[True]]) -> None:
        hand = self._hand = _Hand(job, self._threads)
        try:
            if not await self._settle(partial(self._store.begin, job), stopping):
                await self._settle(partial(self._store.fail, job, *STOPPED), stopping)
                return
            self._task = asyncio.ensure_future(work(hand))
            either: set[asyncio.Future[Any]] = {self._task, stopping}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not self._task.done():
                self._stop(job, INTERRUPTED)
            await self._finish(hand, self._task, stopping)
        finally:
            self._hand = self._task = None

    async def _finish(
        self, hand: _Hand, task: asyncio.Future[Outcome], stopping: asyncio.Future[Literal[True]]
    ) -> None:
        await asyncio.wait({task})
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        match error:
            case None:
                await self._settle(partial(self._store.end, hand.job, task.result()), stopping)
                return
            case JobStopped() | asyncio.CancelledError():
                why = hand.why or STOPPED
            case Rejected():
                why = (error.code, error.reason)
            case Transient() | Conflict():
                why = ("job.transient", f"{error}: start it again")
            case _:
                log.error("job.failed", job=hand.job, kind=type(error).__name__, exc_info=error)
                why = ("job.internal", "this is our fault and has been logged: tell the engineer the time")
        await self._settle(partial(self._store.fail, hand.job, *why), stopping)

    async def _settle(
        self, write: Callable[[], Awaitable[T]], stopping: asyncio.Future[Literal[True]]
    ) -> T | None:
        """Write until the database takes it; once only when the centre is stopping."""
        while True:
            try:
                return await write()
            except Transient as error:
                log.warning("job.unsettled", reason=str(error))
                if stopping.done():
                    return None
                await asyncio.wait({stopping}, timeout=BEAT_SECONDS)

    async def _keep_beating(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self.beat()
            except Transient as error:
                log.warning("job.unsettled", reason=str(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(BEAT_SECONDS):
                    await stop.wait()

    async def beat(self) -> None:
        """Say that this process lives; stop what others asked to stop."""
        hand = self._hand
        done = {} if hand is None else {hand.job: hand.done}
        for job in await self._store.beat(self._holder, done):
            self._stop(job, STOPPED)

    def _stop(self, job: str, why: tuple[str, str]) -> None:
        hand = self._hand
        if hand is not None and hand.job == job and hand.why is None:
            hand.why = why
            if self._task is not None:
                self._task.cancel()

    def _live(self, job: Job) -> Job:
        hand = self._hand
        if hand is None or hand.job != job.id or job.state.ended:
            return job
        return replace(job, done=hand.done[0], total=hand.done[1])
