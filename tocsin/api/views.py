"""Turn values of the stages into bodies of answers; pure, one function per body."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from tocsin.alerts import alarm_load, words
from tocsin.alerts.alarm_desk import Marks
from tocsin.alerts.alarm_model import AlarmState, FalseSpot, Window
from tocsin.alerts.model import Call, Incident
from tocsin.alerts.ports import AlarmRow, DetectionRow, NoticeRow, Report
from tocsin.api.deps import UpcomingLike
from tocsin.api.schemas.alarms import AlarmLoadView, FalseSpotView, MaintenanceView
from tocsin.api.schemas.base import Place
from tocsin.api.schemas.field import (
    AlarmView,
    BoxView,
    CollectorView,
    DetectionView,
    DeviceView,
    EvidenceView,
    LatestView,
    PictureView,
    QuarantinedView,
    ReadingPoint,
    ValuePoint,
)
from tocsin.api.schemas.incidents import (
    ActorView,
    CallView,
    ClockDetail,
    IncidentStanding,
    LogLine,
    NoticeView,
    PersonName,
    ReportView,
    UpcomingView,
)
from tocsin.core.clock import from_us
from tocsin.core.grids import TIERS, Position, Tier
from tocsin.core.ids import DeviceId, PersonId
from tocsin.core.incidents import Recorded
from tocsin.core.readings import Reading
from tocsin.ingest.ports import (
    CollectorHealth,
    DeviceHealthRow,
    LatestReading,
    Picture,
    QuarantinedMessage,
)
from tocsin.town.ports import Person

TRACE_MAX = 4_000


def place(position: Position | None) -> Place | None:
    """Show a point on the ground."""
    if position is None:
        return None
    return Place(latitude=position.latitude, longitude=position.longitude, accuracy_m=position.accuracy_m)


def position(given: Place | None) -> Position | None:
    """Take a point on the ground from a request."""
    if given is None:
        return None
    return Position(given.latitude, given.longitude, given.accuracy_m)


def standing(incident: Incident, now: datetime) -> IncidentStanding:
    """Show where an incident stands."""
    clocks = [
        ClockDetail(
            tier=clock.tier,
            activated=clock.activated,
            due=clock.due,
            verdict=clock.verdict,
            at=clock.at,
            reason_code=clock.reason_code,
            basis=clock.basis,
            cause=clock.cause,
        )
        for tier in TIERS
        if (clock := incident.clocks.get(tier)) is not None
    ]
    return IncidentStanding(
        id=incident.id,
        version=incident.version,
        state=incident.state,
        grade=incident.grade,
        mode=incident.mode,
        confirmed=incident.confirmed,
        confirmed_by=incident.confirmed_by,
        ended=incident.ended,
        place=place(incident.place),
        radius_m=incident.radius_m,
        merged_into=incident.merged_into,
        help_asked=list(incident.help_asked),
        raised=list(incident.raised),
        clocks=clocks,
        now=now,
    )


def log_line(line: Recorded) -> LogLine:
    """Show one event of a log."""
    return LogLine(
        version=line.version,
        event=msgspec.to_builtins(line.event),
        actor=ActorView(kind=line.actor.kind, id=line.actor.id),
        occurred=line.occurred,
        recorded=line.recorded,
    )


def call(value: Call) -> CallView:
    """Show how far one person's call has come."""
    return CallView(
        person=value.person,
        tier=value.tier,
        called=value.called,
        step=value.step,
        channels=list(value.channels),
        failed=list(value.failed),
        sent=value.sent,
        seen=value.seen,
        accepted=value.accepted,
        refused=value.refused,
        arrived=value.arrived,
    )


def notice(row: NoticeRow) -> NoticeView:
    """Show one notice."""
    return NoticeView(
        id=row.id,
        person=row.person,
        person_name=row.person_name,
        tier=None if row.tier is None else Tier(row.tier),
        channel=row.channel,
        template=row.template,
        state=row.state,
        reason=row.reason,
        created=row.created,
        sent=row.sent,
        expires=row.expires,
        attempts=row.attempts,
        provider=row.provider,
        delivered=row.delivered,
        told=words.outcome(row.state, row.reason),
    )


def report(value: Report, *, with_caller: bool) -> ReportView:
    """Show a report by hand, with the caller's number only to those who need it."""
    return ReportView(
        id=value.id,
        kind=value.kind,
        words=value.words,
        caller=value.caller if with_caller else None,
        place=place(value.place),
        reported_by=value.reported_by,
        at=value.at,
    )


def upcoming(value: UpcomingLike) -> UpcomingView:
    """Show what happens next."""
    return UpcomingView(
        at=value.at,
        what=value.what_code,
        tier=value.tier,
        persons=list(value.persons),
        channels=list(value.channels),
    )


def person_name(value: Person) -> PersonName:
    """Show a person to a reader of an incident."""
    return PersonName(id=value.id, name=value.name, tier=value.tier, department=value.department)


def detection(row: DetectionRow) -> DetectionView:
    """Show one detection with its evidence."""
    value = row.detection
    found = value.evidence
    evidence = EvidenceView(
        first=found.first,
        last=found.last,
        boxes=[
            BoxView(x=box.x, y=box.y, width=box.width, height=box.height, label=box.label, score=box.score)
            for box in found.boxes
        ],
        values=[ValuePoint(at=at, value=number) for at, number in found.values],
        pictures=list(found.pictures),
        limit=found.limit,
        unit=found.unit,
    )
    return DetectionView(
        id=value.id,
        alarm=row.alarm,
        device=value.device,
        stream=value.stream,
        detector=value.detector,
        detector_version=value.version,
        kind=value.kind,
        phase=value.phase,
        observed=value.observed,
        score=value.score,
        severity=value.severity,
        reason=value.reason,
        reason_code=value.reason_code,
        figures=dict(value.figures),
        evidence=evidence,
    )


def alarm(row: AlarmRow, marks: Marks) -> AlarmView:
    """Show one alarm."""
    value = row.alarm
    return AlarmView(
        id=value.id,
        device=value.device,
        kind=value.kind,
        detector=value.detector,
        grid=value.grid,
        grid_name=row.grid_name,
        grid_path=row.grid_path,
        raised=value.raised,
        acknowledged=value.acknowledged,
        acknowledged_by=value.acknowledged_by,
        severity=value.severity,
        raised_at=value.raised_at,
        cleared_at=value.cleared_at,
        count=value.count,
        incident=value.incident,
        reason=value.reason,
        reason_code=value.reason_code,
        figures=dict(value.figures),
        state=marks.state,
        pending=value.pending is not None,
        shelved_until=value.shelved_until,
        shelved_by=value.shelved_by,
        shelved_reason=value.shelved_reason or None,
        suppressed_by=value.suppressed_by,
        maintenance=value.maintenance or None,
        stale=marks.stale,
        chattering=marks.chattering,
    )


def maintenance(window: Window, name: str) -> MaintenanceView:
    """Show one maintenance window."""
    return MaintenanceView(
        id=window.id,
        grid=window.grid,
        grid_name=name,
        device=window.device,
        since=window.since,
        until=window.until,
        reason=window.reason,
        person=window.person,
        ended=window.ended,
    )


def false_spot(spot: FalseSpot, device_name: str, filtered: int) -> FalseSpotView:
    """Show one false spot."""
    box = spot.box
    return FalseSpotView(
        id=spot.id,
        device=spot.device,
        device_name=device_name,
        kind=spot.kind,
        box=None
        if box is None
        else BoxView(x=box.x, y=box.y, width=box.width, height=box.height, label=box.label, score=box.score),
        since=spot.made,
        until=spot.until,
        reason=spot.reason,
        person=spot.person,
        filtered=filtered,
        ended=spot.ended,
    )


def load(
    reckoned: alarm_load.Load,
    since: datetime,
    now: datetime,
    marks: Sequence[Marks],
    names: Mapping[DeviceId, str],
) -> AlarmLoadView:
    """Show the load of a position, with what stands there now."""
    return AlarmLoadView.model_validate(
        {
            "from": since,
            "to": now,
            "annunciated": reckoned.annunciated,
            "per_hour": reckoned.per_hour,
            "hours": [{"at": at, "alarms": alarms} for at, alarms in reckoned.hours],
            "floods": [{"from": one.since, "to": one.until, "alarms": one.alarms} for one in reckoned.floods],
            "flood_share": reckoned.flood_share,
            "stale": sum(one.stale for one in marks),
            "chattering": sum(one.chattering for one in marks),
            "shelved": sum(one.state is AlarmState.SHELVED for one in marks),
            "top": [
                {
                    "alarm": one.alarm,
                    "device": one.device,
                    "device_name": names.get(one.device, ""),
                    "kind": one.kind,
                    "alarms": one.alarms,
                }
                for one in reckoned.top
            ],
            "top_share": reckoned.top_share,
            "judgement": reckoned.judgement,
            "limits": alarm_load.LIMITS,
            "now": now,
        }
    )


def collector(row: CollectorHealth) -> CollectorView:
    """Show one collector."""
    return CollectorView(
        id=row.id,
        name=row.name,
        grid=row.grid,
        link=row.link,
        last_heartbeat=row.last_heartbeat,
        outbox_depth=row.outbox_depth,
        outbox_oldest=row.outbox_oldest,
        clock=row.clock,
        clock_offset_seconds=row.clock_offset_seconds,
        disk_free_bytes=row.disk_free_bytes,
        lost=row.lost,
        software=row.software,
        revision=row.revision,
        quarantined=row.quarantined,
    )


def device(row: DeviceHealthRow) -> DeviceView:
    """Show one device."""
    return DeviceView(
        id=row.id,
        collector=row.collector,
        kind=row.kind,
        name=row.name,
        grid=row.grid,
        last_seen=row.last_seen,
        changed=row.changed,
        fault=row.fault,
        latitude=row.latitude,
        longitude=row.longitude,
    )


def latest(row: LatestReading) -> LatestView:
    """Show the newest value of a stream."""
    return LatestView(
        stream=row.stream,
        unit=row.unit,
        value=row.value,
        text=row.text,
        observed=row.observed,
        at=row.at,
        quality=row.quality,
    )


def points(readings: Sequence[Reading]) -> list[ReadingPoint]:
    """Show a series."""
    return [
        ReadingPoint(at=from_us(one.at_us), value=one.value, text=one.text, quality=one.quality)
        for one in readings
    ]


def picture(row: Picture) -> PictureView:
    """Show a picture's row."""
    return PictureView(
        sha256=row.sha256,
        camera=row.camera,
        observed=row.observed,
        received=row.received,
        bytes_total=row.bytes_total,
        complete=row.complete,
        detection=row.detection,
    )


def quarantined(row: QuarantinedMessage) -> QuarantinedView:
    """Show a quarantined message without its payload."""
    return QuarantinedView(
        id=row.id,
        topic=row.topic,
        collector=row.collector,
        lane=row.lane,
        received=row.received,
        code=row.code,
        reason=row.reason,
        trace=row.trace[:TRACE_MAX],
        payload_bytes=len(row.payload),
        state=row.state,
    )


def mentioned(
    log: Iterable[Recorded],
    notices: Iterable[NoticeRow],
    reports: Iterable[Report],
    preview: Iterable[UpcomingLike],
) -> set[PersonId]:
    """Gather everybody whose name the reader of an incident needs."""
    found: set[PersonId] = set()
    for line in log:
        person_id = getattr(line.event, "person", None)
        if person_id is not None:
            found.add(person_id)
        if line.actor.kind == "person" and line.actor.id:
            found.add(PersonId(line.actor.id))
    found.update(row.person for row in notices if row.person is not None)
    found.update(one.reported_by for one in reports)
    for step in preview:
        found.update(step.persons)
    return found
