"""Figures of a period with the incidents behind each, their definitions, exports, and what is open.

A department sees the figures of its own organisation wherever that leads; others those of their subtree.
"""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import StringConstraints

from tocsin.api import figure_views as views
from tocsin.api.access import EVERYWHERE, Access, Caller, own_organisation, within
from tocsin.api.deps import ApiDeps, Deps
from tocsin.api.params import MostQuery
from tocsin.api.schemas.figures import DefinitionList, OpenItemList, ReportView, RowsView
from tocsin.core.detections import Kind
from tocsin.core.errors import NotFound
from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode, IncidentId, OrganisationCode
from tocsin.core.incidents import Grade, Source
from tocsin.town.figure_catalogue import definition
from tocsin.town.figure_model import Part, Reason
from tocsin.town.figure_ports import OpenWanted
from tocsin.town.periods import PeriodKind, current, parse
from tocsin.town.ports import Role
from tocsin.town.report_model import Wanted, check_tables, of_tier
from tocsin.town.workbook import csv_file, xlsx_file

router = APIRouter(prefix="/api", tags=["figures"])

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CODE: Final = r"^[0-9A-Za-z_-]+$"

FigureReader = Annotated[
    Caller, Depends(Access(Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.DEPARTMENT))
]
"""Those who see figures: a department its own organisation's."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which incidents a question is about."""

    period: Annotated[PeriodKind, Query(description="How long a span.")] = PeriodKind.MONTH
    of: Annotated[
        str | None,
        Query(
            description="Which: 2026-10-05, 2026-W41, 2026-10, 2026-Q4, 2026; the one that runs when left out.",
            max_length=10,
        ),
    ] = None
    grid: Annotated[
        str | None, Query(description="Only this grid and what lies below.", max_length=64, pattern=CODE)
    ] = None
    kind: Annotated[Kind | None, Query(description="Only this kind of happening.")] = None
    grade: Annotated[Grade | None, Query(description="Only this grade.")] = None
    source: Annotated[Source | None, Query(description="Only what was heard of from there.")] = None
    matter: Annotated[
        str | None,
        Query(description="Only this matter, or the matters that begin so.", pattern=r"^[0-9]{2,8}$"),
    ] = None
    grid_class: Annotated[
        str | None, Query(alias="class", description="Only grids of this class.", max_length=64)
    ] = None
    organisation: Annotated[
        str | None, Query(description="Only what this organisation leads.", max_length=64, pattern=CODE)
    ] = None
    drill: Annotated[bool, Query(description="Drills, and nothing else.")] = False


Choice = Annotated[Chosen, Depends()]
ByQuery = Annotated[
    list[Annotated[str, StringConstraints(max_length=12)]],
    Query(
        description="Tables: `grid` (the children of the grid), `class`, `level`, `kind`, `grade`, `source`, "
        "`category`, `matter`, `organisation`, `detector`, `device`; repeatable, at most six.",
        max_length=11,
    ),
]
LanguageQuery = Annotated[Literal["zh", "en"], Query(description="Of the words in the file.")]
AfterQuery = Annotated[
    str | None, Query(description="`next` of the page before.", min_length=1, max_length=100)
]


@router.get("/figures", operation_id="getFigures", summary="Figures of a period", response_model=ReportView)
async def get_figures(
    caller: FigureReader,
    deps: Deps,
    chosen: Choice,
    *,
    by: ByQuery = ["grid"],  # noqa: B006 FastAPI copies it
    compare: Annotated[bool, Query(description="With the period before and a year before.")] = True,
    tier: Annotated[Tier | None, Query(description="Leave out figures that speak of other tiers.")] = None,
) -> Response:
    """Count incidents opened in a period; drills and tests count nowhere, every share has its Wilson bounds."""
    wanted = await _wanted(caller, deps, chosen, by=by, compare=compare)
    made = of_tier(await deps.reporting.report(wanted), tier)
    return _json(await asyncio.to_thread(views.report, made))


@router.get("/figures/definitions", operation_id="listFigureDefinitions", summary="What each figure means")
async def list_definitions(_caller: FigureReader) -> DefinitionList:
    """Explain every figure: what is in its numerator and denominator, and what is left out."""
    return views.definitions()


@router.get("/figures/export.{form}", operation_id="exportFigures", summary="A report as a file")
async def export_figures(
    caller: FigureReader,
    deps: Deps,
    chosen: Choice,
    form: Annotated[Literal["xlsx", "csv"], Path(description="Of the file.")],
    *,
    by: ByQuery = ["grid"],  # noqa: B006 FastAPI copies it
    language: LanguageQuery = "zh",
) -> Response:
    """Give a report as XLSX, a sheet per table and one of definitions, or as CSV, a line per figure."""
    wanted = await _wanted(caller, deps, chosen, by=by, compare=True)
    made = await deps.reporting.report(wanted)
    write = xlsx_file if form == "xlsx" else csv_file
    content = await asyncio.to_thread(write, made, language)
    return Response(
        content,
        media_type=XLSX if form == "xlsx" else "text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="tocsin-{made.name}.{form}"',
            "Cache-Control": "no-store",
        },
    )


@router.get(
    "/figures/{name}/rows",
    operation_id="listFigureRows",
    summary="Incidents behind a figure",
    response_model=RowsView,
)
async def list_rows(
    caller: FigureReader,
    deps: Deps,
    chosen: Choice,
    name: Annotated[str, Path(description="The figure.", max_length=40, pattern=r"^[a-z0-9_]+$")],
    *,
    part: Annotated[Part | None, Query(description="Only what counts so.")] = None,
    reason: Annotated[Reason | None, Query(description="Only what counts for this reason.")] = None,
    after: AfterQuery = None,
    most: MostQuery = 100,
) -> Response:
    """List the incidents that a figure counts or leaves out, each with why; together they are the figure."""
    found = definition(name)
    wanted = await _wanted(caller, deps, chosen, by=(), compare=False)
    made = await deps.reporting.rows(found, wanted, part=part, reason=reason, after=after, most=most)
    return _json(await asyncio.to_thread(views.rows, made))


@router.get("/open-items", operation_id="listOpenItems", summary="What is open, grid by grid")
async def list_open_items(
    caller: FigureReader,
    deps: Deps,
    *,
    grid: Annotated[
        str | None, Query(description="Only this grid and what lies below.", max_length=64, pattern=CODE)
    ] = None,
    overdue: Annotated[bool, Query(description="Only those whose stage is overdue.")] = False,
    report_missing: Annotated[
        bool, Query(description="Only grave ones of which nobody above was told.")
    ] = False,
    after: Annotated[
        IncidentId | None, Query(description="`next` of the page before.", min_length=1, max_length=64)
    ] = None,
    most: MostQuery = 200,
) -> OpenItemList:
    """List what waits on somebody, by grid, oldest first: for the weekly round of a village and the daily look."""
    scope, organisation = await _place(caller, deps, grid, None)
    now = deps.clock.now()
    wanted = OpenWanted(
        scope=scope,
        now=now,
        organisation=organisation,
        overdue=overdue,
        report_missing=report_missing,
        after=after,
        most=most + 1,
    )
    items = await deps.reporting.store.open_items(wanted)
    counts = await deps.reporting.store.open_counts(wanted)
    page = items[:most]
    return OpenItemList(
        open=counts.open,
        overdue=counts.overdue,
        report_missing=counts.report_missing,
        items=[
            views.open_item(one, overdue=one.stage_due is not None and one.stage_due < now) for one in page
        ],
        next=page[-1].incident if len(items) > most else None,
    )


async def _wanted(
    caller: Caller, deps: ApiDeps, chosen: Chosen, *, by: "list[str] | tuple[str, ...]", compare: bool
) -> Wanted:
    scope, organisation = await _place(caller, deps, chosen.grid, chosen.organisation)
    now = deps.clock.now()
    return Wanted(
        period=current(chosen.period, now) if chosen.of is None else parse(chosen.period, chosen.of),
        scope=scope,
        by=check_tables(by),
        drill=chosen.drill,
        kind=chosen.kind,
        grade=chosen.grade,
        source=chosen.source,
        matter=chosen.matter,
        grid_class=chosen.grid_class,
        organisation=organisation,
        compare=compare,
    )


async def _place(
    caller: Caller, deps: ApiDeps, grid: str | None, organisation: str | None
) -> tuple[str, OrganisationCode | None]:
    """Give the subtree and the organisation that a question is narrowed to.

    Raises `NotFound` (`grid.unknown`) for a grid that the caller does not see.
    """
    own = caller.role is Role.DEPARTMENT
    scope = EVERYWHERE if own else caller.scope
    chosen = (
        own_organisation(caller) if own else None if organisation is None else OrganisationCode(organisation)
    )
    if grid is None:
        return scope, chosen
    found = await deps.town.grid(GridCode(grid))
    if found is None or not within(scope, found.path):
        raise NotFound("grid.unknown", f"there is no grid {grid} that you may see")
    return found.path, chosen


def _json(content: bytes) -> Response:
    return Response(content, media_type="application/json")
