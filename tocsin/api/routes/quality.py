"""How good detectors are by what people said, the incidents behind each number, and drills."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Response
from pydantic import AwareDatetime

from tocsin.alerts import quality
from tocsin.alerts.quality_ports import BehindFilter, Drill, Truth
from tocsin.api import quality_views as views
from tocsin.api.access import FieldKeeper, Staff
from tocsin.api.deps import Deps
from tocsin.api.params import NAME, DeviceQuery, MostQuery
from tocsin.api.schemas.quality import DrillBody, DrillList, DrillView, JudgedList, QualityView
from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected
from tocsin.core.ids import DeviceId

router = APIRouter(prefix="/api/quality", tags=["quality"])

DAYS_DEFAULT: Final = 30
DAYS_MAX: Final = 92
"""A quarter: every incident of it is judged by its log for each question."""
ROWS_MAX: Final = 2_000
DRILL_HOURS_MAX: Final = 24
DRILL_AHEAD_MAX: Final = timedelta(days=30)
DRILL_BACK_MAX: Final = timedelta(days=1)
"""Nobody makes last week's false alarms a drill."""

SinceQuery = Annotated[
    AwareDatetime | None, Query(description="Beginning, with offset; 30 days before the end when left out.")
]
UntilQuery = Annotated[AwareDatetime | None, Query(description="End, with offset; now when left out.")]
DrillPath = Annotated[
    str,
    Path(description="The drill's id.", min_length=8, max_length=64, pattern=r"^[A-Za-z0-9._:-]+$"),
]


@router.get("", operation_id="getQuality", summary="How good detectors are")
async def get_quality(
    caller: Staff, deps: Deps, since: SinceQuery = None, until: UntilQuery = None
) -> QualityView:
    """Count verdicts, misses and false alarms of incidents opened in a period, in the caller's scope.

    Drills and tests count nowhere; every share has its Wilson bounds.
    """
    now = deps.clock.now()
    begin, end = _period(since, until, now)
    asked = (caller.scope, begin, end, ROWS_MAX + 1)
    detectors = await deps.quality.detectors(*asked)
    hours = await deps.quality.hours(*asked)
    days = await deps.quality.days(*asked)
    recall = await deps.quality.recall(*asked)
    return QualityView(
        since=begin,
        until=end,
        total=views.verdicts(quality.total(detectors)),
        sums=[views.summed(one) for one in quality.by_detector(detectors, recall)[:ROWS_MAX]],
        detectors=[views.detector(row) for row in detectors[:ROWS_MAX]],
        hours=[views.hour(row) for row in hours[:ROWS_MAX]],
        fleets=[views.fleet(one) for one in quality.by_fleet(days)],
        days=[views.day(row) for row in days[:ROWS_MAX]],
        recall=[views.recall(row) for row in recall[:ROWS_MAX]],
        truncated=any(len(rows) > ROWS_MAX for rows in (detectors, hours, days, recall)),
        now=now,
    )


@router.get("/incidents", operation_id="listJudged", summary="Incidents behind a number")
async def list_judged(
    caller: Staff,
    deps: Deps,
    *,
    since: SinceQuery = None,
    until: UntilQuery = None,
    detector: Annotated[
        str | None, Query(description="Only with an alarm of this detector.", max_length=64, pattern=NAME)
    ] = None,
    device: DeviceQuery = None,
    kind: Annotated[Kind | None, Query(description="Only with an alarm of this kind.")] = None,
    judgement: Annotated[Truth | None, Query(description="Only those of which this was said.")] = None,
    hour: Annotated[
        int | None, Query(description="Only begun in this hour, Beijing time.", ge=0, le=23)
    ] = None,
    missed: Annotated[
        bool, Query(description="Only real ones that people reported and no machine saw.")
    ] = False,
    most: MostQuery = 200,
) -> JudgedList:
    """List the incidents that a number counts, newest first."""
    now = deps.clock.now()
    begin, end = _period(since, until, now)
    rows = await deps.quality.behind(
        BehindFilter(
            scope=caller.scope,
            since=begin,
            until=end,
            most=most,
            detector=detector,
            device=device,
            kind=kind,
            judgement=judgement,
            hour=hour,
            missed=missed,
        )
    )
    return JudgedList(items=[views.judged(row) for row in rows], now=now)


@router.get("/drills", operation_id="listDrills", summary="Drills for detectors")
async def list_drills(
    caller: Staff, deps: Deps, since: SinceQuery = None, until: UntilQuery = None, most: MostQuery = 200
) -> DrillList:
    """List drills that touch a period, newest first, and what became of them."""
    now = deps.clock.now()
    last = until or now + DRILL_AHEAD_MAX + timedelta(hours=DRILL_HOURS_MAX)
    begin, end = _period(since or now - timedelta(days=DAYS_DEFAULT), last, now)
    rows = await deps.quality.drills(caller.scope, begin, end, most)
    return DrillList(items=[views.drill(row) for row in rows], now=now)


@router.post("/drills", operation_id="addDrill", summary="Arrange a drill")
async def add_drill(body: DrillBody, caller: FieldKeeper, deps: Deps) -> DrillView:
    """Say that something is arranged in front of a device, which it must see; the same act is the same drill.

    Alarms of that device and kind in that time count in no precision. They ring all the same: tell the desk.
    """
    now = deps.clock.now()
    if not timedelta() < body.until - body.since <= timedelta(hours=DRILL_HOURS_MAX):
        raise Rejected(
            "drill.span",
            f"a drill ends after its beginning, within {DRILL_HOURS_MAX} hours: write another end",
        )
    if not -DRILL_BACK_MAX <= body.since - now <= DRILL_AHEAD_MAX:
        raise Rejected(
            "drill.span",
            f"a drill begins at most {DRILL_BACK_MAX.days} day ago and {DRILL_AHEAD_MAX.days} days ahead: write another day",
        )
    drill = Drill(
        id=body.act,
        device=DeviceId(body.device),
        kind=body.kind,
        since=body.since,
        until=body.until,
        reason=body.reason,
        person=caller.person,
        made=now,
    )
    await deps.quality.add_drill(drill, caller.scope)
    return views.drill(drill)


@router.post(
    "/drills/{drill}/withdraw", operation_id="withdrawDrill", summary="It was not held", status_code=204
)
async def withdraw_drill(drill: DrillPath, caller: FieldKeeper, deps: Deps) -> Response:
    """Take a drill back: it then counts nowhere; again changes nothing."""
    await deps.quality.withdraw_drill(drill, caller.scope, deps.clock.now())
    return Response(status_code=204)


def _period(since: datetime | None, until: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    try:
        # Near the first and the last year an instant has no other offset, nor a day before it.
        end = (until or now).astimezone(UTC)
        begin = since.astimezone(UTC) if since is not None else end - timedelta(days=DAYS_DEFAULT)
    except OverflowError as error:
        raise Rejected(
            "quality.period", "`since` and `until` lie too far away: write other instants"
        ) from error
    if not timedelta() < end - begin <= timedelta(days=DAYS_MAX):
        raise Rejected(
            "quality.period",
            f"`since` must lie before `until`, at most {DAYS_MAX} days: write other instants",
        )
    return begin, end
