"""Jobs in tests: run what a page asked for, until it has ended."""

from __future__ import annotations

import asyncio

from tocsin.store.memory.jobs import MemoryJobStore
from tocsin.town.job_runner import JobRunner
from tocsin.town.jobs import Job


class OwnStore(MemoryJobStore):
    """Says when a job has ended."""

    def __init__(self, clock) -> None:
        super().__init__(clock)
        self.ended = asyncio.Condition()

    async def end(self, job, outcome) -> None:
        async with self.ended:
            await super().end(job, outcome)
            self.ended.notify_all()

    async def fail(self, job, code, reason) -> None:
        async with self.ended:
            await super().fail(job, code, reason)
            self.ended.notify_all()

    async def wait(self, job: str) -> Job:
        """Wait until a job has ended."""
        async with self.ended, asyncio.timeout(30):
            await self.ended.wait_for(lambda: self._kept[job].job.state.ended)
            return self._kept[job].job


async def finish(store: OwnStore, runner: JobRunner, job: str) -> Job:
    """Run a runner until a job has ended."""
    stop = asyncio.Event()
    running = asyncio.ensure_future(runner.run(stop))
    try:
        return await store.wait(job)
    finally:
        stop.set()
        await running
