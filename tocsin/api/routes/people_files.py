"""People in and out as sheets: an import as a job, an export as a file."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Response
from typing_extensions import override

from tocsin.api import sheets
from tocsin.api.access import Caller
from tocsin.api.deps import ApiDeps, Deps
from tocsin.api.errors import HttpRefusal
from tocsin.api.routes.catalogue_files import all_organisations
from tocsin.api.routes.jobs import view
from tocsin.api.routes.people import Administrator, Reader
from tocsin.api.schemas.jobs import JobView
from tocsin.core.errors import Rejected
from tocsin.core.ids import OrganisationCode
from tocsin.town.jobs import JobKind, Outcome, Progress
from tocsin.town.people_desk import OrganisationNames, all_staff, import_people
from tocsin.town.people_sheet import as_sheet
from tocsin.town.ports import ContactAddress, Role

router = APIRouter(prefix="/api/people", tags=["people"])

REASON_LEAST = 3


@router.post("/import", operation_id="importPeople", summary="Bring people in", status_code=202)
async def import_sheet(form: sheets.PeopleSheet, caller: Administrator, deps: Deps) -> JobView:
    """Bring people and their appointments in (`sheet`: CSV or XLSX), as a job; a file with a fault changes nothing."""
    data = await sheets.read(form.sheet)
    if data is None:
        raise Rejected("people.sheet", "send the sheet as the file `sheet`")

    async def work(progress: Progress) -> Outcome:
        return await import_people(
            deps.town,
            deps.people,
            _InReach(deps, caller.scope),
            data,
            scope=caller.scope,
            made_by=caller.person,
            progress=progress,
        )

    return view(await deps.jobs.start(JobKind.PEOPLE_IMPORT, work, person=caller.person, scope=caller.scope))


@router.get("/export.csv", operation_id="exportPeople", summary="Take people away", response_class=Response)
async def export_sheet(
    caller: Reader,
    deps: Deps,
    *,
    numbers: Annotated[
        bool, Query(description="With telephone numbers: for administrators, who say why.")
    ] = False,
    reason: Annotated[str, Query(description="Why the numbers are needed; it is kept.", max_length=500)] = "",
) -> Response:
    """Write the people of the caller's scope and their appointments in it down, such that an import changes nothing."""
    rows = await all_staff(deps.people, caller.scope)
    contacts = await _contacts(deps, caller, reason.strip()) if numbers else []
    data = as_sheet(rows, contacts, caller.scope)
    return Response(
        data,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="people.csv"'},
    )


class _InReach(OrganisationNames):
    """Knows the organisations of a scope and those above it: nobody is appointed for a neighbour's."""

    def __init__(self, deps: ApiDeps, scope: str) -> None:
        self._deps = deps
        self._scope = scope

    @override
    async def organisation_names(self, codes: Sequence[OrganisationCode]) -> Mapping[OrganisationCode, str]:
        wanted = set(codes)
        found = await all_organisations(self._deps, self._scope) if wanted else []
        return {row.entry.code: row.entry.name for row in found if row.entry.code in wanted}


async def _contacts(deps: ApiDeps, caller: Caller, reason: str) -> list[ContactAddress]:
    """Read the numbers of those who belong to the caller's scope.

    Raises `HttpRefusal` (`role.forbidden`) and `Rejected` (`people.reason`).
    """
    if caller.role is not Role.ADMINISTRATOR:
        raise HttpRefusal(403, "role.forbidden", "numbers are for administrators: leave `numbers` out")
    if len(reason) < REASON_LEAST:
        raise Rejected(
            "people.reason", "say in `reason` why the numbers are needed: it is kept with your name"
        )
    people = [one.id for one in await deps.town.people(caller.scope)]
    return list(await deps.people.contacts(people, caller.person, caller.account.name, reason))
