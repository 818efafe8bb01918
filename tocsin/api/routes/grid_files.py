"""The tree of places in and out: imports and checks as jobs, exports as files."""

import asyncio
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Path, Response

from tocsin.api import sheets
from tocsin.api.access import Access, Caller
from tocsin.api.deps import ApiDeps, Deps
from tocsin.api.routes.grids import Administrator, AtQuery, UnderQuery
from tocsin.api.routes.jobs import view
from tocsin.api.schemas.grids import GridCheckForm, GridImportForm
from tocsin.api.schemas.jobs import JobView
from tocsin.town.grid_desk import Order, check_grids, import_grids
from tocsin.town.grid_export import as_outlines, as_sheet
from tocsin.town.jobs import JobKind, Outcome, Progress, Work
from tocsin.town.ports import Role

router = APIRouter(prefix="/api/grids", tags=["town"])

Kind = Annotated[Literal["csv", "geojson"], Path(description="`csv`: the sheet; `geojson`: the outlines.")]
Reader = Annotated[Caller, Depends(Access(Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR))]
"""Those who may take the tree away."""


@router.post("/import", operation_id="importGrids", summary="Bring the tree in", status_code=202)
async def import_tree(
    form: Annotated[GridImportForm, Form(media_type=sheets.MULTIPART)], caller: Administrator, deps: Deps
) -> JobView:
    """Bring grids (`csv`: CSV or XLSX) and outlines (`geojson`, WGS 84) in, as a job; a file with a fault changes nothing.

    `close_missing` gives up what lies below the file's topmost grids and is not in it.
    """
    order = Order(
        sheet=await sheets.read(form.csv),
        outlines=await sheets.read(form.geojson),
        close_missing=form.close_missing,
        scope=caller.scope,
        person=caller.person,
        reason=form.reason,
    )
    work = _importing(deps, order, deps.clock.now())
    return view(await deps.jobs.start(JobKind.GRID_IMPORT, work, person=caller.person, scope=caller.scope))


@router.post("/check", operation_id="checkGrids", summary="Check the tree", status_code=202)
async def check_tree(
    form: Annotated[GridCheckForm, Form(media_type=sheets.MULTIPART)], caller: Administrator, deps: Deps
) -> JobView:
    """Check the tree as it is, or as it would be after an import of files; as a job that changes nothing."""
    order = Order(
        sheet=await sheets.read(form.csv),
        outlines=await sheets.read(form.geojson),
        close_missing=form.close_missing,
        dry_run=True,
        scope=caller.scope,
        person=caller.person,
    )
    some = order.sheet is not None or order.outlines is not None
    work = _importing(deps, order, deps.clock.now()) if some else _checking(deps, order)
    return view(await deps.jobs.start(JobKind.GRID_CHECK, work, person=caller.person, scope=caller.scope))


@router.get(
    "/export.{kind}", operation_id="exportGrids", summary="Take the tree away", response_class=Response
)
async def export_tree(
    kind: Kind, caller: Reader, deps: Deps, at: AtQuery = None, under: UnderQuery = None
) -> Response:
    """Write the grids of the caller's scope down, such that an import of them changes nothing."""
    outlines = kind == "geojson"
    records = await deps.places.store.records(caller.scope, at=at, under=under, outlines=outlines)
    data = await asyncio.to_thread(as_outlines if outlines else as_sheet, records)
    media = "application/geo+json" if outlines else "text/csv; charset=utf-8"
    return Response(
        data, media_type=media, headers={"Content-Disposition": f'attachment; filename="grids.{kind}"'}
    )


def _importing(deps: ApiDeps, order: Order, now: datetime) -> Work:
    async def work(progress: Progress) -> Outcome:
        return (await import_grids(deps.places.store, order, now, progress)).outcome()

    return work


def _checking(deps: ApiDeps, order: Order) -> Work:
    async def work(progress: Progress) -> Outcome:
        return (await check_grids(deps.places.store, order, progress)).outcome()

    return work
