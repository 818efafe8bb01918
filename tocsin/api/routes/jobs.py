"""Work on many rows at once: how it goes on, what came of it."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Response

from tocsin.api.access import Access, Caller, within
from tocsin.api.deps import ApiDeps, Deps
from tocsin.api.params import NAME, MostQuery
from tocsin.api.schemas.jobs import JobFaultView, JobList, JobView
from tocsin.core.errors import NotFound
from tocsin.core.ids import PersonId
from tocsin.town.jobs import Job
from tocsin.town.ports import Role

router = APIRouter(prefix="/api/jobs", tags=["jobs"])

JobPath = Annotated[str, Path(description="The job's id.", min_length=1, max_length=64, pattern=NAME)]
Asker = Annotated[Caller, Depends(Access(Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR))]
"""Those who may ask for work on many rows; what they see of others' is their role's."""


@router.get("", operation_id="listJobs", summary="Work on many rows")
async def list_jobs(caller: Asker, deps: Deps, most: MostQuery = 50) -> JobList:
    """List the caller's jobs, newest first; an administrator sees those of the whole scope."""
    found = await deps.jobs.jobs(caller.scope, _only(caller), most)
    return JobList(items=[view(job, faults=False) for job in found])


@router.get("/{job}", operation_id="getJob", summary="One job")
async def get_job(job: JobPath, caller: Asker, deps: Deps) -> JobView:
    """Say where a job stands, what is wrong in what was sent, and what came of it."""
    return view(await _find(deps, caller, job))


@router.post("/{job}/cancel", operation_id="cancelJob", summary="Stop it", status_code=204)
async def cancel_job(job: JobPath, caller: Asker, deps: Deps) -> Response:
    """Ask a job to stop; what it has committed stays, one that has ended stays as it is."""
    await deps.jobs.cancel((await _find(deps, caller, job)).id)
    return Response(status_code=204)


@router.get("/{job}/result", operation_id="getJobResult", summary="The file it made", response_class=Response)
async def get_job_result(job: JobPath, caller: Asker, deps: Deps) -> Response:
    """Give the file that a job made."""
    found = await deps.jobs.result((await _find(deps, caller, job)).id)
    if found is None:
        raise NotFound("job.file", "this job has made no file: wait until it is done, or look at its report")
    name = f"attachment; filename*=UTF-8''{quote(found.name)}"
    return Response(found.data, media_type=found.media_type, headers={"Content-Disposition": name})


def view(job: Job, *, faults: bool = True) -> JobView:
    """Show a job; a list leaves its faults and its report out."""
    return JobView(
        id=job.id,
        kind=job.kind,
        person=job.person,
        state=job.state,
        done=job.done,
        total=job.total,
        faults=[
            JobFaultView(row=one.row, column=one.column, code=one.code, message=one.message)
            for one in (job.faults if faults else ())
        ],
        faulty=job.faulty,
        report=None if job.report is None or not faults else dict(job.report),
        reason_code=job.reason_code,
        reason=job.reason,
        file=job.file_name,
        made=job.made,
        ended=job.ended,
    )


async def _find(deps: ApiDeps, caller: Caller, name: str) -> Job:
    job = await deps.jobs.job(name)
    own = _only(caller)
    if job is None or not within(caller.scope, job.scope) or own not in {None, job.person}:
        raise NotFound("job.unknown", f"there is no job {name} that you may see: jobs are kept for 30 days")
    return job


def _only(caller: Caller) -> PersonId | None:
    """Faults may quote what was sent, telephone numbers among it: others' are for administrators."""
    return None if caller.role is Role.ADMINISTRATOR else caller.person
