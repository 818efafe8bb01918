from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
import structlog

from tests.support.jobs import OwnStore
from tests.support.places import NOW
from tocsin.core.clock import ManualClock
from tocsin.core.errors import Rejected, Transient
from tocsin.core.ids import PersonId
from tocsin.town.job_runner import LINE_MAX, JobRunner
from tocsin.town.jobs import Job, JobFile, JobKind, JobState, Outcome, Progress, Work
from tocsin.town.tables import Fault

ADA = PersonId("ada")


@dataclass
class Hall:
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))

    def __post_init__(self) -> None:
        self.store = OwnStore(self.clock)
        self.runner = JobRunner(self.store, "here")

    async def start(self, work: Work) -> str:
        return (await self.runner.start(JobKind.GRID_CHECK, work, person=ADA, scope="1")).id

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Event]:
        stop = asyncio.Event()
        task = asyncio.ensure_future(self.runner.run(stop))
        try:
            yield stop
        finally:
            stop.set()
            async with asyncio.timeout(10):
                await task

    async def result(self, work: Work) -> Job:
        job = await self.start(work)
        async with self.running():
            return await self.store.wait(job)


async def nothing(progress: Progress) -> Outcome:
    return Outcome()


async def test_work_is_done_in_a_thread_and_its_outcome_is_kept() -> None:
    hall = Hall()
    threads = []

    async def work(progress: Progress) -> Outcome:
        progress(3, 4)
        threads.append(await progress.aside(lambda add: threading.current_thread().name + add, "!"))
        file = JobFile("a.csv", "text/csv", b"x")
        return Outcome(faults=[Fault(2, "编码", "grid.code", "words")], faulty=9, report={"a": 1}, file=file)

    job = await hall.result(work)
    assert (job.state, job.done, job.total, job.faulty, job.report, job.file_name) == (
        JobState.DONE,
        0,
        0,
        9,
        {"a": 1},
        "a.csv",
    )
    assert [one.row for one in job.faults] == [2]
    assert await hall.runner.result(job.id) == JobFile("a.csv", "text/csv", b"x")
    assert threads[0].startswith("job")


async def test_one_at_a_time_in_the_order_of_asking() -> None:
    hall, said = Hall(), []

    def named(name: str) -> Work:
        async def work(progress: Progress) -> Outcome:
            said.append(f"{name} begins")
            await progress.aside(threading.Event().wait, 0.001)
            said.append(f"{name} ends")
            return Outcome()

        return work

    await hall.start(named("a"))
    last = await hall.start(named("b"))
    async with hall.running():
        await hall.store.wait(last)
    assert said == ["a begins", "a ends", "b begins", "b ends"]


async def test_how_far_it_is_can_be_seen_while_it_runs() -> None:
    hall, begun, go = Hall(), asyncio.Event(), asyncio.Event()

    async def work(progress: Progress) -> Outcome:
        progress(1, 3)
        begun.set()
        await go.wait()
        return Outcome()

    job = await hall.start(work)
    async with hall.running():
        await begun.wait()
        seen = await hall.runner.job(job)
        (listed,) = await hall.runner.jobs("", None, 10)
        assert seen == listed
        assert seen is not None
        assert (seen.state, seen.done, seen.total) == (JobState.RUNNING, 1, 3)
        await hall.runner.beat()
        kept = await hall.store.job(job)
        assert kept is not None
        assert (kept.done, kept.total) == (1, 3)
        go.set()
        assert (await hall.store.wait(job)).done == 3


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (Rejected("grid.file", "send another"), "grid.file", "send another"),
        (Transient("the database is away"), "job.transient", "start it again"),
    ],
)
async def test_work_that_is_refused_says_why(error: Exception, code: str, words: str) -> None:
    async def work(progress: Progress) -> Outcome:
        raise error

    job = await Hall().result(work)
    assert (job.state, job.reason_code, words in job.reason) == (JobState.FAILED, code, True)


async def test_a_defect_fails_its_job_and_the_next_one_runs() -> None:
    hall = Hall()

    async def broken(progress: Progress) -> Outcome:
        raise ZeroDivisionError

    first = await hall.start(broken)
    second = await hall.start(nothing)
    with structlog.testing.capture_logs() as logs:
        async with hall.running():
            assert (await hall.store.wait(first)).reason_code == "job.internal"
            assert (await hall.store.wait(second)).state is JobState.DONE
    assert [line["event"] for line in logs] == ["job.failed"]


async def test_a_job_is_stopped_while_it_works_and_before_it_begins() -> None:
    hall, begun = Hall(), asyncio.Event()
    released = threading.Event()

    async def long(progress: Progress) -> Outcome:
        begun.set()

        def count() -> None:
            while not released.wait(0.001):
                progress(1, 2)

        await progress.aside(count)
        return Outcome()

    first, second = await hall.start(long), await hall.start(nothing)
    async with hall.running():
        await begun.wait()
        await hall.runner.cancel(second)
        await hall.runner.cancel(first)
        for job in (first, second):
            assert (await hall.store.wait(job)).reason_code == "job.stopped"
    released.set()


async def test_another_process_may_stop_it() -> None:
    hall, begun = Hall(), asyncio.Event()

    async def long(progress: Progress) -> Outcome:
        begun.set()
        await asyncio.Event().wait()
        return Outcome()

    job = await hall.start(long)
    async with hall.running():
        await begun.wait()
        await JobRunner(hall.store, "elsewhere").cancel(job)
        await hall.runner.beat()
        assert (await hall.store.wait(job)).reason_code == "job.stopped"


async def test_what_is_not_finished_when_the_centre_stops_says_so() -> None:
    hall, begun = Hall(), asyncio.Event()

    async def long(progress: Progress) -> Outcome:
        begun.set()
        await asyncio.Event().wait()
        return Outcome()

    first, second = await hall.start(long), await hall.start(nothing)
    async with hall.running() as stop:
        await begun.wait()
        stop.set()
    for job in (first, second):
        found = await hall.store.job(job)
        assert found is not None
        assert (found.state, found.reason_code) == (JobState.FAILED, "job.interrupted")


async def test_a_job_of_a_process_that_is_gone_is_failed_by_another() -> None:
    hall = Hall()
    job = await hall.start(nothing)
    hall.clock.advance(timedelta(seconds=59))
    await JobRunner(hall.store, "elsewhere").beat()
    assert (await hall.store.job(job)).state is JobState.WAITING  # type: ignore[union-attr]
    hall.clock.advance(timedelta(seconds=2))
    await JobRunner(hall.store, "elsewhere").beat()
    assert (await hall.store.job(job)).reason_code == "job.lost"  # type: ignore[union-attr]


async def test_the_line_is_bounded() -> None:
    hall = Hall()
    for _ in range(LINE_MAX):
        await hall.start(nothing)
    with pytest.raises(Rejected, match="jobs are waiting"):
        await hall.start(nothing)


async def test_an_outcome_is_written_again_until_the_database_takes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hall = Hall()
    end, refused = hall.store.end, []

    async def away(job: str, outcome: Outcome) -> None:
        if not refused:
            refused.append(job)
            raise Transient("away")
        await end(job, outcome)

    monkeypatch.setattr(hall.store, "end", away)
    monkeypatch.setattr("tocsin.town.job_runner.BEAT_SECONDS", 0.01)
    with structlog.testing.capture_logs() as logs:
        assert (await hall.result(nothing)).state is JobState.DONE
    assert [line["event"] for line in logs] == ["job.unsettled"]
