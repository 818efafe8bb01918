"""Shelves, maintenance, false spots, the journal of alarms and the load that they are."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, Field, StringConstraints

from tocsin.alerts.alarm_load import Judgement
from tocsin.alerts.alarm_model import Turn
from tocsin.api.schemas.base import Identifier, Schema
from tocsin.api.schemas.field import BoxView
from tocsin.core.detections import Kind

Reason = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
Device = Annotated[
    str,
    StringConstraints(
        min_length=1,
        max_length=130,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*){0,1}$",
    ),
]


class ShelveBody(Schema):
    """Put an alarm aside; again moves the end."""

    reason: Reason
    """Why; the next shift reads it."""
    minutes: Annotated[int, Field(ge=1, le=44_640)]
    """For how long; the policy has its own limit below this."""


class JournalLineView(Schema):
    """One change of state of an alarm."""

    at: datetime
    """When it happened at the centre."""
    what: Turn
    """What happened; `raised` asked for attention."""
    actor: str
    """A person's id, or `system`."""
    reason: str
    """Why, or empty."""


class JournalList(Schema):
    """The journal of one alarm, newest first."""

    items: list[JournalLineView]
    """The lines, newest first."""
    now: datetime
    """The server's time at this answer."""


class MaintenanceBody(Schema):
    """Take a place out of service for a while; one-button calls are heard all the same."""

    grid: Identifier | None = None
    """A grid with all below it; or `device`."""
    device: Device | None = None
    """A device, or a whole collector by its name; or `grid`."""
    since: AwareDatetime
    """Beginning, with offset."""
    until: AwareDatetime
    """End, with offset; at most 31 days later."""
    reason: Reason
    """Why; the next shift reads it."""


class MaintenanceView(Schema):
    """A maintenance window."""

    id: str
    """Its id."""
    grid: str | None
    """Code of the grid that is out of service with all below it; null for a device."""
    grid_name: str
    """What people call that grid or device; empty when nobody named it."""
    device: str | None
    """The device or collector; null for a grid."""
    since: datetime
    """Beginning."""
    until: datetime
    """End."""
    reason: str
    """Why."""
    person: str
    """Who made it."""
    ended: datetime | None
    """When somebody ended it before its time."""


class MaintenanceList(Schema):
    """Maintenance windows, newest first."""

    items: list[MaintenanceView]
    """The windows, newest first; also those that are over."""
    now: datetime
    """The server's time at this answer."""


class FalseSpotBody(Schema):
    """Teach that an alarm's newest detection is false at its spot."""

    alarm: Identifier
    """The alarm; device, kind and spot come from its newest detection."""
    whole: bool = False
    """True for the whole picture instead of the spot."""
    days: Annotated[int, Field(ge=1, le=90)] = 30
    """For how long."""
    reason: Reason
    """Why: what is seen there."""


class FalseSpotView(Schema):
    """What was called false at a spot."""

    id: str
    """Its id."""
    device: str
    """The device."""
    device_name: str
    """What people call it; empty when nobody named it."""
    kind: Kind
    """The kind that is false there."""
    box: BoxView | None
    """Where, relative to the picture; null for the whole picture or a sensor."""
    since: datetime
    """When it was taught."""
    until: datetime
    """When it is forgotten."""
    reason: str
    """Why."""
    person: str
    """Who taught it."""
    filtered: int
    """How many detections it has left out."""
    ended: datetime | None
    """When somebody ended it before its time."""


class FalseSpotList(Schema):
    """False spots, newest first."""

    items: list[FalseSpotView]
    """The spots, newest first; also those that are over."""
    now: datetime
    """The server's time at this answer."""


class HourView(Schema):
    """One hour of the span."""

    at: datetime
    """Its beginning."""
    alarms: int
    """How many alarms asked for attention in it."""


class FloodView(Schema):
    """A stretch in which alarms came faster than anybody can read."""

    from_: Annotated[datetime, Field(alias="from")]
    """Its beginning."""
    to: datetime
    """Its end."""
    alarms: int
    """How many came in it."""


class FrequentView(Schema):
    """One of the ten alarms that asked most."""

    alarm: str
    """The alarm's id."""
    device: str
    """Its device."""
    device_name: str
    """What people call it; empty when nobody named it."""
    kind: Kind
    """Its kind."""
    alarms: int
    """How often it asked."""


class AlarmLoadView(Schema):
    """What alarms asked of one operator position, against EEMUA 191."""

    from_: Annotated[datetime, Field(alias="from")]
    """Beginning of the span."""
    to: datetime
    """End of the span: now."""
    annunciated: int
    """How often alarms asked for attention."""
    per_hour: float
    """The same for an hour, on average."""
    hours: list[HourView]
    """Hour by hour, oldest first."""
    floods: list[FloodView]
    """Stretches with more than ten in ten minutes, oldest first."""
    flood_share: float
    """Part of the span that lies in floods."""
    stale: int
    """Alarms that have been raised for too long to tell anybody anything."""
    chattering: int
    """Alarms that come and go so often that they are held."""
    shelved: int
    """Alarms that somebody put aside."""
    top: list[FrequentView]
    """The ten that asked most, most first."""
    top_share: float
    """Part of all that came from these ten."""
    judgement: Judgement
    """What it means for who sits there."""
    limits: dict[str, float]
    """The figures it is held to, by name."""
    now: datetime
    """The server's time at this answer."""
