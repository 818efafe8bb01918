"""Matters and organisations in and out as sheets: imports as jobs, exports as files."""

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response, UploadFile

from tocsin.api import sheets
from tocsin.api.access import Access, Administrator, Caller, within
from tocsin.api.deps import ApiDeps, Deps
from tocsin.api.routes.jobs import view
from tocsin.api.routes.matters import demand_whole
from tocsin.api.routes.organisations import seen
from tocsin.api.schemas.jobs import JobView
from tocsin.core.errors import Rejected
from tocsin.core.ids import OrganisationCode
from tocsin.town.catalogue import CatalogueSheet
from tocsin.town.catalogue_table import (
    read_matters,
    read_organisations,
    write_matters,
    write_organisations,
)
from tocsin.town.jobs import JobKind, Outcome, Progress, first
from tocsin.town.ports import OrganisationRow, Role
from tocsin.town.tables import Fault, Table

router = APIRouter(prefix="/api", tags=["organisations"])

PAGE: Final = 2000
CSV: Final = "text/csv; charset=utf-8"
Reader = Annotated[Caller, Depends(Access(Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR))]
"""Those who may take the catalogue away."""


@router.post("/matters/import", operation_id="importMatters", summary="Bring matters in", status_code=202)
async def import_matters(form: sheets.Sheet, caller: Administrator, deps: Deps) -> JobView:
    """Add and change matters from a sheet (CSV or XLSX), as a job; a sheet with a fault changes nothing."""
    demand_whole(caller)
    data = await _sheet(form.csv)

    async def work(progress: Progress) -> Outcome:
        sheet, _, faults = await progress.aside(read_matters, data, await deps.catalogue.known())
        return await _keep(deps, sheet, faults, len(sheet.matters))

    return view(await deps.jobs.start(JobKind.MATTER_IMPORT, work, person=caller.person, scope=caller.scope))


@router.post(
    "/organisations/import",
    operation_id="importOrganisations",
    summary="Bring organisations in",
    status_code=202,
)
async def import_organisations(form: sheets.Sheet, caller: Administrator, deps: Deps) -> JobView:
    """Add and change organisations of the caller's scope from a sheet, as a job; one with a fault changes nothing."""
    data = await _sheet(form.csv)

    async def work(progress: Progress) -> Outcome:
        known = await deps.catalogue.known()
        sheet, table, faults = await progress.aside(read_organisations, data, known)
        faults += await _outside(deps, caller.scope, sheet, table)
        return await _keep(deps, sheet, faults, len(sheet.organisations))

    kind = JobKind.ORGANISATION_IMPORT
    return view(await deps.jobs.start(kind, work, person=caller.person, scope=caller.scope))


@router.get(
    "/matters/export.csv", operation_id="exportMatters", summary="Take matters away", response_class=Response
)
async def export_matters(caller: Reader, deps: Deps) -> Response:  # noqa: ARG001 the caller is the check
    """Write the catalogue down, such that an import of it changes nothing."""
    data = await asyncio.to_thread(write_matters, await deps.catalogue.matters())
    return _file(data, "matters.csv")


@router.get(
    "/organisations/export.csv",
    operation_id="exportOrganisations",
    summary="Take organisations away",
    response_class=Response,
)
async def export_organisations(caller: Reader, deps: Deps) -> Response:
    """Write the organisations of the caller's scope down, such that an import of them changes nothing."""
    rows = [row for row in await all_organisations(deps, caller.scope) if within(caller.scope, row.grid_path)]
    data = await asyncio.to_thread(write_organisations, [row.entry for row in rows])
    return _file(data, "organisations.csv")


async def _sheet(file: UploadFile | None) -> bytes:
    data = await sheets.read(file)
    if data is None:
        raise Rejected("sheet.missing", "send the sheet as `csv`: CSV or XLSX")
    return data


async def _keep(deps: ApiDeps, sheet: CatalogueSheet, faults: list[Fault], rows: int) -> Outcome:
    if faults:
        return Outcome(faults=first(faults), faulty=len(faults), report={"rows": rows, "saved": 0})
    await deps.catalogue.save(sheet)
    return Outcome(report={"rows": rows, "saved": rows})


async def _outside(deps: ApiDeps, scope: str, sheet: CatalogueSheet, table: Table) -> list[Fault]:
    """Find rows at grids outside the scope, and rows that would change an organisation outside it."""
    inside = {grid.code for grid in await deps.town.grids(scope)}
    kept = {row.entry.code: row.grid_path for row in await all_organisations(deps, "")} if scope else {}
    faults = []
    for row, one in zip(table.rows, sheet.organisations, strict=True):
        if one.grid not in inside:
            said = f"there is no grid {one.grid[:40]!r} in your area: write a code of the tree"
            faults.append(table.fault(row, "grid", "catalogue.grid", said))
        elif one.code in kept and not within(scope, kept[one.code]):
            said = f"{one.code} stands outside your area: choose another code"
            faults.append(table.fault(row, "code", "catalogue.code", said))
        elif one.parent in kept and not seen(scope, kept[one.parent]):
            said = f"parent {one.parent[:40]!r} is not known in your area: leave it out, or name another"
            faults.append(table.fault(row, "parent", "catalogue.parent", said))
    return faults


async def all_organisations(deps: ApiDeps, scope: str) -> list[OrganisationRow]:
    """Give those of a scope and above it, page by page."""
    rows: list[OrganisationRow] = []
    after: OrganisationCode | None = None
    while True:
        page = await deps.catalogue.organisations(scope, after=after, most=PAGE)
        rows += page
        if len(page) < PAGE:
            return rows
        after = page[-1].entry.code


def _file(data: bytes, name: str) -> Response:
    return Response(data, media_type=CSV, headers={"Content-Disposition": f'attachment; filename="{name}"'})
