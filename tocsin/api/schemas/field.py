"""Alarms, detections, collectors, devices, readings, pictures, quarantine."""

from __future__ import annotations

from datetime import datetime

from tocsin.alerts.alarm_model import AlarmState
from tocsin.api.schemas.base import Schema
from tocsin.core.detections import Kind, Phase
from tocsin.core.wire import LinkState


class BoxView(Schema):
    """A rectangle in a picture, relative: 0 to 1 from the left and the top."""

    x: float
    """Left edge, 0 to 1."""
    y: float
    """Top edge, 0 to 1."""
    width: float
    """Width, 0 to 1."""
    height: float
    """Height, 0 to 1."""
    label: str
    """What was seen in it."""
    score: float
    """How sure, 0 to 1."""


class ValuePoint(Schema):
    """One point of the series that convinced a detector."""

    at: datetime
    """Instant of the value."""
    value: float
    """The value, in the evidence's unit."""


class EvidenceView(Schema):
    """What convinced a detector."""

    first: datetime
    """Beginning of the evidence."""
    last: datetime
    """End of the evidence."""
    boxes: list[BoxView]
    """Places in the newest picture."""
    values: list[ValuePoint]
    """At most 64 points, oldest first."""
    pictures: list[str]
    """Hashes of at most 8 pictures, oldest first."""
    limit: float | None
    """The limit that was crossed."""
    unit: str
    """IANA SenML unit of values and limit; may be empty."""


class DetectionView(Schema):
    """What a detector says it saw."""

    id: str
    """The detection's id."""
    alarm: str | None
    """The alarm it belongs to."""
    device: str
    """The device."""
    stream: str
    """The stream or camera it was computed from."""
    detector: str
    """Name of the detector in the configuration."""
    detector_version: str
    """Version of the detector's code and parameters."""
    kind: Kind
    """What was seen."""
    phase: Phase
    """Whether it began, changed or ended."""
    observed: datetime
    """When the detector was convinced."""
    score: float
    """How sure, 0 to 1."""
    severity: float
    """How bad, 0 to 1."""
    reason: str
    """One English sentence with figures."""
    reason_code: str
    """Stable name of the sentence, for other languages."""
    figures: dict[str, float]
    """The figures in the sentence, by name."""
    evidence: EvidenceView
    """What convinced it."""


class AlarmView(Schema):
    """One condition of one device."""

    id: str
    """The alarm's id."""
    device: str
    """The device."""
    kind: Kind
    """What kind of condition."""
    detector: str
    """Name of the detector that raised it."""
    grid: str
    """Code of the device's grid."""
    grid_name: str
    """Name of that grid."""
    grid_path: str
    """Codes from the root to that grid."""
    raised: bool
    """True while the condition stands."""
    acknowledged: bool
    """True once somebody has seen it."""
    acknowledged_by: str | None
    """Id of the person who saw it."""
    severity: float
    """How bad, 0 to 1."""
    raised_at: datetime
    """When it was last raised."""
    cleared_at: datetime | None
    """When it cleared."""
    count: int
    """How often it was raised since it was last normal and acknowledged."""
    incident: str | None
    """The last incident it was attached to."""
    reason: str
    """One English sentence with figures."""
    reason_code: str
    """Stable name of the sentence."""
    figures: dict[str, float]
    """The figures in the sentence, by name."""
    state: AlarmState
    """Its state of ISA-18.2."""
    pending: bool
    """True while a beginning or an end waits for its delay."""
    shelved_until: datetime | None
    """Until when somebody put it aside; null when nobody did."""
    shelved_by: str | None
    """Id of that person."""
    shelved_reason: str | None
    """Their reason."""
    suppressed_by: str | None
    """Id of the alarm that explains it; null without one."""
    maintenance: str | None
    """Id of the maintenance window that takes it out of service; null without one."""
    stale: bool
    """True when it has been raised for too long to tell anybody anything."""
    chattering: bool
    """True while it comes and goes so often that it is held."""


class AlarmList(Schema):
    """Alarms, newest first."""

    items: list[AlarmView]
    """The alarms, newest first."""
    now: datetime
    """The server's time at this answer."""


class CollectorView(Schema):
    """One box in a village with its last sign of life."""

    id: str
    """The collector's id."""
    name: str
    """What people call it."""
    grid: str
    """Code of its grid."""
    link: LinkState | None
    """What its state topic says; absent before the first word."""
    last_heartbeat: datetime | None
    """Its last heartbeat."""
    outbox_depth: int
    """Messages that wait in its outbox."""
    outbox_oldest: datetime | None
    """The oldest of them."""
    clock: str
    """`synced`, `drifting` or `unset`."""
    clock_offset_seconds: float | None
    """How far its clock is off, seconds; positive is ahead."""
    disk_free_bytes: int
    """Free space on its disk."""
    lost: int
    """Messages it had to drop, ever."""
    software: str
    """Version of its software."""
    revision: str
    """Revision of its configuration."""
    quarantined: int
    """Messages of it that are held in quarantine."""


class CollectorList(Schema):
    """Collectors, by id."""

    items: list[CollectorView]
    """The collectors, by id."""
    now: datetime
    """The server's time at this answer: the age of a sign of life is measured from it."""


class DeviceView(Schema):
    """One camera, sensor or button with its last sign of life."""

    id: str
    """The device's id: `weir/gauge-1`."""
    collector: str
    """Its collector."""
    kind: str
    """`camera`, `sensor`, `button`."""
    name: str
    """What people call it."""
    grid: str
    """Code of its grid."""
    last_seen: datetime | None
    """When it last gave something new."""
    changed: bool | None
    """For a camera: whether its last picture differs from the one before."""
    fault: str | None
    """What is wrong with it, if anything."""
    latitude: float | None
    """Degrees north."""
    longitude: float | None
    """Degrees east."""


class DeviceList(Schema):
    """Devices, by id."""

    items: list[DeviceView]
    """The devices, by id."""
    now: datetime
    """The server's time at this answer."""


class LatestView(Schema):
    """The newest value of one stream."""

    stream: str
    """The stream: `weir/gauge-1/level`."""
    unit: str
    """IANA SenML unit."""
    value: float | None
    """The value; absent when it is text or no number."""
    text: str | None
    """The text, when it is text."""
    observed: datetime
    """When the device says it measured it."""
    at: datetime
    """The instant by which it is ordered."""
    quality: int
    """0 is good; bits: 1 clock unset, 2 drifting, 4 time out of range, 8 historical, 16 no number, 32 out of order."""


class LatestList(Schema):
    """Newest values, by stream."""

    items: list[LatestView]
    """The values, by stream."""
    now: datetime
    """The server's time at this answer."""


class ReadingPoint(Schema):
    """One value of a series."""

    at: datetime
    """The instant by which it is ordered."""
    value: float | None
    """The value; absent when it is text or no number."""
    text: str | None
    """The text, when it is text."""
    quality: int
    """0 is good; bits as in `LatestView`."""


class ReadingSeries(Schema):
    """Values of one stream in a span, oldest first."""

    stream: str
    """The stream."""
    unit: str
    """IANA SenML unit of the newest value; empty when there are none."""
    begin: datetime
    """Beginning of the span, inside it."""
    end: datetime
    """End of the span, outside it."""
    points: list[ReadingPoint]
    """The values, oldest first."""
    more: bool
    """True when the limit cut the series: ask again from the last point on."""


class PictureView(Schema):
    """One stored picture."""

    sha256: str
    """Hash of its exact bytes; its address under `/api/pictures/`."""
    camera: str
    """The camera."""
    observed: datetime
    """When it was taken."""
    received: datetime
    """When it came here."""
    bytes_total: int
    """Its size in bytes."""
    complete: bool
    """False while parts are still under way."""
    detection: str | None
    """The detection it is evidence of."""


class PictureList(Schema):
    """Pictures of a camera, newest first."""

    items: list[PictureView]
    """The pictures, newest first."""


class QuarantinedView(Schema):
    """One message that failed alone."""

    id: int
    """Its number in quarantine."""
    topic: str
    """The topic it came on."""
    collector: str
    """The collector named in the topic."""
    lane: str
    """The lane named in the topic."""
    received: datetime
    """When it came."""
    code: str
    """Stable name of the fault."""
    reason: str
    """What is wrong with it, in a sentence."""
    trace: str
    """Where it failed, for engineers; at most 4,000 characters."""
    payload_bytes: int
    """Size of the message."""
    state: str
    """`held`, `retried` or `dropped`."""


class QuarantineList(Schema):
    """Quarantined messages, oldest first."""

    items: list[QuarantinedView]
    """The messages, oldest first."""
