"""Work on many rows at once in memory: the twin of `store.jobs`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from typing_extensions import override

from tocsin.core.clock import Clock
from tocsin.core.errors import Rejected
from tocsin.core.ids import PersonId
from tocsin.store.jobs import LOST_SECONDS
from tocsin.town.grids import within
from tocsin.town.jobs import (
    FILE_BYTES_MAX,
    KEPT_DAYS,
    Job,
    JobFile,
    JobKind,
    JobState,
    JobStore,
    Outcome,
    first,
)


@dataclass
class _Kept:
    job: Job
    holder: str
    beat: datetime
    stopping: bool = False
    file: JobFile | None = None


class MemoryJobStore(JobStore):
    """Keeps jobs in a dictionary."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, _Kept] = {}

    @override
    async def add(self, job: str, kind: JobKind, person: PersonId, scope: str, holder: str) -> Job:
        now = self._clock.now()
        over = now - timedelta(days=KEPT_DAYS)
        for one in [one.job for one in self._kept.values()]:
            if one.ended is not None and one.ended < over:
                del self._kept[one.id]
        made = Job(id=job, kind=kind, person=person, scope=scope, made=now)
        self._kept[job] = _Kept(made, holder, now)
        return made

    @override
    async def begin(self, job: str) -> bool:
        one = self._kept[job]
        if one.stopping or one.job.state is not JobState.WAITING:
            return False
        one.job, one.beat = replace(one.job, state=JobState.RUNNING), self._clock.now()
        return True

    @override
    async def end(self, job: str, outcome: Outcome) -> None:
        made = outcome.file
        if made is not None and len(made.data) > FILE_BYTES_MAX:
            raise Rejected(
                "job.file", f"the file is larger than {FILE_BYTES_MAX >> 20} MiB: ask for a smaller part"
            )
        one = self._unfinished(job)
        if one is not None:
            one.file = made
            one.job = replace(
                one.job,
                state=JobState.DONE,
                ended=self._clock.now(),
                done=max(one.job.done, one.job.total),
                faults=first(outcome.faults),
                faulty=len(outcome.faults) if outcome.faulty is None else outcome.faulty,
                report=outcome.report,
                file_name="" if made is None else made.name,
            )

    @override
    async def fail(self, job: str, code: str, reason: str) -> None:
        one = self._unfinished(job)
        if one is not None:
            one.job = replace(
                one.job,
                state=JobState.FAILED,
                ended=self._clock.now(),
                reason_code=code,
                reason=reason[:2000],
            )

    @override
    async def beat(self, holder: str, done: Mapping[str, tuple[int, int]]) -> Sequence[str]:
        now = self._clock.now()
        for one in self._kept.values():
            silent = one.holder != holder and one.beat < now - timedelta(seconds=LOST_SECONDS)
            if silent and not one.job.state.ended:
                reason = "the process that did it has ended before it was finished: start it again"
                await self.fail(one.job.id, "job.lost", reason)
        mine = [one for one in self._kept.values() if one.holder == holder and not one.job.state.ended]
        for one in mine:
            part, whole = done.get(one.job.id, (one.job.done, one.job.total))
            one.job, one.beat = replace(one.job, done=part, total=whole), now
        return [one.job.id for one in mine if one.stopping]

    @override
    async def stop(self, job: str) -> None:
        one = self._unfinished(job)
        if one is not None:
            one.stopping = True

    @override
    async def jobs(self, scope: str, person: PersonId | None, most: int) -> Sequence[Job]:
        found = [
            one.job
            for one in self._kept.values()
            if within(one.job.scope, scope) and person in {None, one.job.person}
        ]
        return sorted(found, key=lambda job: (-job.made.timestamp(), job.id))[:most]

    @override
    async def job(self, job: str) -> Job | None:
        one = self._kept.get(job)
        return None if one is None else one.job

    @override
    async def file(self, job: str) -> JobFile | None:
        one = self._kept.get(job)
        return None if one is None else one.file

    def _unfinished(self, job: str) -> _Kept | None:
        one = self._kept.get(job)
        return None if one is None or one.job.state.ended else one
