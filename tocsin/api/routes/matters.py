"""The catalogue of matters, and when the town works."""

from typing import Annotated, Final

from fastapi import APIRouter, Path

from tocsin.api.access import Administrator, Anyone, Caller
from tocsin.api.deps import ApiDeps, Deps
from tocsin.api.errors import HttpRefusal
from tocsin.api.schemas.organisations import (
    CatalogueView,
    Limits,
    LimitView,
    MatterBody,
    MatterView,
    NamedView,
    WorkingTimeBody,
    WorkingTimeView,
)
from tocsin.core.incident_words import Stage
from tocsin.core.working_time import Calendar, Limit, announced
from tocsin.town.catalogue import CatalogueSheet, check_sheet, demand_sound
from tocsin.town.matters import Category, Matter, Platform, WorkingTime

router = APIRouter(prefix="/api", tags=["organisations"])

YEARS_AHEAD: Final = 3
MatterPath = Annotated[
    str, Path(description="Code of the matter.", pattern=r"^[0-9]{4}([0-9]{2}){0,2}$", max_length=8)
]


@router.get("/matters", operation_id="listMatters", summary="The catalogue of matters")
async def list_matters(caller: Anyone, deps: Deps) -> CatalogueView:  # noqa: ARG001 the caller is the check
    """List categories, platforms and all matters; the catalogue is the same for the whole town."""
    return CatalogueView(
        categories=[_named(one) for one in await deps.catalogue.categories()],
        platforms=[_named(one) for one in await deps.catalogue.platforms()],
        items=[_view(one) for one in await deps.catalogue.matters()],
    )


@router.put("/matters/{code}", operation_id="saveMatter", summary="Add or change a matter")
async def save_matter(code: MatterPath, body: MatterBody, caller: Administrator, deps: Deps) -> MatterView:
    """Add or change a matter; running cases keep the limits with which they were filed."""
    demand_whole(caller)
    matter = Matter(
        code=code,
        name=body.name,
        name_en=body.name_en,
        platform=body.platform,
        kinds=tuple(body.kinds),
        grade=body.grade,
        urgent=body.urgent,
        limits=_limits(body.limits),
        active=body.active,
    )
    await _save(deps, CatalogueSheet(matters=(matter,)))
    return _view(matter)


@router.get("/working-time", operation_id="getWorkingTime", summary="When the town works")
async def get_working_time(caller: Anyone, deps: Deps) -> WorkingTimeView:  # noqa: ARG001 the caller is the check
    """Give the hours of a working day, the town's own days, and the last year whose holidays are known."""
    return _time(await deps.catalogue.working_time(), deps.clock.now().year)


@router.put("/working-time", operation_id="saveWorkingTime", summary="Change when the town works")
async def save_working_time(body: WorkingTimeBody, caller: Administrator, deps: Deps) -> WorkingTimeView:
    """Say when the town works from now on; limits that run already do not move."""
    demand_whole(caller)
    calendar = Calendar(
        hours=tuple((begin, end) for begin, end in body.hours),
        closed=tuple(sorted(set(body.closed))),
        worked=tuple(sorted(set(body.worked))),
    )
    time = WorkingTime(calendar=calendar, warn_at=body.warn_at)
    await _save(deps, CatalogueSheet(time=time))
    return _time(time, deps.clock.now().year)


def demand_whole(caller: Caller) -> None:
    """Let only those through whose scope is everything, or a whole tree: the catalogue is the whole town's.

    Raises `HttpRefusal` 403 (`scope.too_small`).
    """
    if "." in caller.scope:
        raise HttpRefusal(
            403,
            "scope.too_small",
            "the catalogue holds for the whole town: ask an administrator of all of it",
        )


async def _save(deps: ApiDeps, sheet: CatalogueSheet) -> None:
    demand_sound(check_sheet(sheet, await deps.catalogue.known()))
    await deps.catalogue.save(sheet)


def _limits(body: Limits) -> dict[Stage, Limit]:
    given = {stage: getattr(body, stage.value) for stage in Stage}
    return {stage: Limit(one.amount, one.unit) for stage, one in given.items() if one is not None}


def _named(one: Category | Platform) -> NamedView:
    return NamedView(code=one.code, name=one.name, name_en=one.name_en)


def _view(one: Matter) -> MatterView:
    return MatterView(
        code=one.code,
        name=one.name,
        name_en=one.name_en,
        category=one.category,
        platform=one.platform,
        kinds=list(one.kinds),
        grade=one.grade,
        urgent=one.urgent,
        limits=Limits.model_validate(
            {
                stage.value: LimitView(amount=limit.amount, unit=limit.unit)
                for stage, limit in one.limits.items()
            }
        ),
        active=one.active,
    )


def _time(time: WorkingTime, year: int) -> WorkingTimeView:
    years = [one for one in range(year - 1, year + YEARS_AHEAD) if announced(one)]
    return WorkingTimeView(
        hours=[list(span) for span in time.calendar.hours],
        closed=list(time.calendar.closed),
        worked=list(time.calendar.worked),
        warn_at=time.warn_at,
        announced=max(years, default=year - 1),
    )
