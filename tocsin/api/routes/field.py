"""Collectors, devices and their readings."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from tocsin.api import views
from tocsin.api.access import Staff
from tocsin.api.deps import Deps
from tocsin.api.params import CollectorQuery, DeviceQuery, StreamQuery
from tocsin.api.schemas.field import CollectorList, DeviceList, LatestList, ReadingSeries
from tocsin.core.errors import Rejected

router = APIRouter(prefix="/api", tags=["field"])

SPAN_MAX: Final = timedelta(days=31)
SPAN_DEFAULT: Final = timedelta(hours=1)


@router.get("/collectors", operation_id="listCollectors", summary="Boxes in the villages")
async def list_collectors(caller: Staff, deps: Deps) -> CollectorList:
    """List collectors in the caller's scope with their last sign of life."""
    rows = await deps.field.collectors_health(caller.scope)
    return CollectorList(items=[views.collector(row) for row in rows], now=deps.clock.now())


@router.get("/devices", operation_id="listDevices", summary="Cameras, sensors, buttons")
async def list_devices(
    *,
    caller: Staff,
    deps: Deps,
    collector: CollectorQuery = None,
    most: Annotated[int, Query(description="How many at most, 1 to 2,000.", ge=1, le=2_000)] = 500,
) -> DeviceList:
    """List devices in the caller's scope with their last sign of life."""
    rows = await deps.field.devices(caller.scope, collector=collector, most=most)
    return DeviceList(items=[views.device(row) for row in rows], now=deps.clock.now())


@router.get("/readings/latest", operation_id="listLatest", summary="Newest values")
async def list_latest(
    *,
    caller: Staff,
    deps: Deps,
    device: DeviceQuery = None,
    most: Annotated[int, Query(description="How many at most, 1 to 2,000.", ge=1, le=2_000)] = 500,
) -> LatestList:
    """Give the newest value of each stream in the caller's scope."""
    rows = await deps.field.latest(caller.scope, device=device, most=most)
    return LatestList(items=[views.latest(row) for row in rows], now=deps.clock.now())


@router.get("/readings", operation_id="getReadings", summary="Values of one stream")
async def get_readings(
    *,
    stream: StreamQuery,
    caller: Staff,
    deps: Deps,
    begin: Annotated[
        AwareDatetime | None,
        Query(description="Beginning of the span, with offset; an hour before `end` when absent."),
    ] = None,
    end: Annotated[
        AwareDatetime | None, Query(description="End of the span, with offset, outside it; now when absent.")
    ] = None,
    most: Annotated[int, Query(description="How many at most, 1 to 10,000.", ge=1, le=10_000)] = 2_000,
) -> ReadingSeries:
    """Give values of one stream in [begin, end), oldest first; at most 31 days at once."""
    until = end if end is not None else deps.clock.now()
    since = begin if begin is not None else until - SPAN_DEFAULT
    if since >= until:
        raise Rejected("readings.span", "`begin` must lie before `end`")
    if until - since > SPAN_MAX:
        raise Rejected("readings.span", "ask for at most 31 days at once")
    rows = await deps.field.readings(caller.scope, stream, since, until, most)
    return ReadingSeries(
        stream=stream,
        unit=rows[-1].unit if rows else "",
        begin=since,
        end=until,
        points=views.points(rows),
        more=len(rows) >= most,
    )
