"""What every `JobStore` promises, in memory and in PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from tests.support.database import Server
from tests.support.response import START, emptied, shared, travel
from tocsin.core.clock import ManualClock
from tocsin.core.errors import Rejected
from tocsin.core.ids import PersonId
from tocsin.store.jobs import LOST_SECONDS, PgJobStore
from tocsin.store.memory.jobs import MemoryJobStore
from tocsin.town.jobs import FILE_BYTES_MAX, KEPT_DAYS, JobFile, JobKind, JobState, JobStore, Outcome
from tocsin.town.tables import FAULTS_MAX, Fault

ADA, ANN = PersonId("ada"), PersonId("ann")


@dataclass
class Subject:
    store: JobStore
    travel: Callable[[datetime], Awaitable[None]]

    async def add(self, job: str, person: PersonId = ADA, scope: str = "1.10", holder: str = "here") -> None:
        await self.store.add(job, JobKind.GRID_IMPORT, person, scope, holder)

    async def state(self, job: str) -> tuple[JobState, str]:
        found = await self.store.job(job)
        assert found is not None
        return found.state, found.reason_code


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture(params=["memory", "postgres"])
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    if request.param == "memory":
        clock = ManualClock(START)

        async def jump(to: datetime) -> None:
            clock.jump(to)

        yield Subject(MemoryJobStore(clock), jump)
        return
    async with emptied(request.getfixturevalue("shared_database")) as database:
        await travel(database, START)

        async def to(instant: datetime) -> None:
            await travel(database, instant)

        yield Subject(PgJobStore(database.pool), to)


async def test_a_job_waits_runs_and_is_done_with_what_came_of_it(subject: Subject) -> None:
    await subject.add("a")
    made = await subject.store.job("a")
    assert made is not None
    assert (made.state, made.person, made.scope, made.kind, made.ended) == (
        JobState.WAITING,
        ADA,
        "1.10",
        JobKind.GRID_IMPORT,
        None,
    )
    assert await subject.store.begin("a")
    assert not await subject.store.begin("a"), "it runs already"
    faults = [Fault(9, "编码", "x", "later"), Fault(None, "", "x", "first")]
    file = JobFile("名.csv", "text/csv", b"\x00x")
    await subject.store.end("a", Outcome(faults=faults, report={"grids": {"n": 1}}, file=file))
    done = await subject.store.job("a")
    assert done is not None
    assert (done.state, done.faults, done.faulty, done.report) == (
        JobState.DONE,
        (faults[1], faults[0]),
        2,
        {"grids": {"n": 1}},
    )
    assert done.ended is not None
    assert await subject.store.file("a") == file


async def test_what_has_ended_stays_as_it_is(subject: Subject) -> None:
    await subject.add("a")
    await subject.store.fail("a", "grid.file", "words")
    await subject.store.end("a", Outcome())
    await subject.store.stop("a")
    assert not await subject.store.begin("a")
    assert await subject.state("a") == (JobState.FAILED, "grid.file")
    assert await subject.store.file("a") is None


async def test_the_first_faults_are_kept_and_all_are_counted(subject: Subject) -> None:
    await subject.add("a")
    await subject.store.end(
        "a", Outcome(faults=[Fault(n, "", "x", "x") for n in range(FAULTS_MAX + 1)], faulty=7000)
    )
    job = await subject.store.job("a")
    assert job is not None
    assert (len(job.faults), job.faulty) == (FAULTS_MAX, 7000)


async def test_a_job_that_shall_stop_does_not_begin_and_its_holder_hears_of_it(subject: Subject) -> None:
    await subject.add("a")
    await subject.add("b", holder="elsewhere")
    for job in "ab":
        await subject.store.stop(job)
    assert await subject.store.beat("here", {}) == ["a"]
    assert not await subject.store.begin("a")


async def test_a_beat_keeps_how_far_it_is_and_holders_that_are_silent_lose_their_jobs(
    subject: Subject,
) -> None:
    await subject.add("a")
    await subject.add("b", holder="elsewhere")
    await subject.store.begin("a")
    await subject.travel(START + timedelta(seconds=LOST_SECONDS - 1))
    assert await subject.store.beat("here", {"a": (2, 5)}) == []
    assert (await subject.state("b"))[0] is JobState.WAITING
    await subject.travel(START + timedelta(seconds=LOST_SECONDS + 1))
    assert await subject.store.beat("here", {}) == []
    job = await subject.store.job("a")
    assert job is not None
    assert (job.state, job.done, job.total) == (JobState.RUNNING, 2, 5)
    assert await subject.state("b") == (JobState.FAILED, "job.lost")


async def test_jobs_are_listed_newest_first_by_scope_and_person(subject: Subject) -> None:
    for number, (job, person, scope) in enumerate([("a", ADA, "1"), ("b", ANN, "1.10"), ("c", ADA, "1.20")]):
        await subject.travel(START + timedelta(seconds=number))
        await subject.add(job, person, scope)

    async def listed(scope: str, person: PersonId | None = None, most: int = 10) -> list[str]:
        return [job.id for job in await subject.store.jobs(scope, person, most)]

    assert await listed("") == ["c", "b", "a"]
    assert await listed("1.10") == ["b"]
    assert await listed("1", ADA) == ["c", "a"]
    assert await listed("", most=1) == ["c"]


async def test_jobs_that_ended_long_ago_are_forgotten(subject: Subject) -> None:
    await subject.add("a")
    await subject.add("b")
    await subject.store.fail("a", "x", "x")
    await subject.travel(START + timedelta(days=KEPT_DAYS, seconds=1))
    await subject.add("c")
    assert {job.id for job in await subject.store.jobs("", None, 10)} == {"b", "c"}


async def test_a_file_that_is_too_large_is_refused(subject: Subject) -> None:
    await subject.add("a")
    with pytest.raises(Rejected, match="larger than 64 MiB"):
        await subject.store.end("a", Outcome(file=JobFile("x", "x", bytes(FILE_BYTES_MAX + 1))))
