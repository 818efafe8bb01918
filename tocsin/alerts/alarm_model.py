"""Values around alarms: their states, what silences them, and the lines of their journal.

`alerts.alarm` holds the rules; the store keeps these values; the faces show them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique

from tocsin.core.detections import Kind
from tocsin.core.frames import Box
from tocsin.core.ids import (
    AlarmId,
    CollectorId,
    DetectionId,
    DeviceId,
    GridCode,
    IncidentId,
    PersonId,
    collector_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One condition of one device; `alerts.alarm` holds its rules."""

    id: AlarmId
    device: DeviceId
    kind: Kind
    detector: str
    grid: GridCode
    raised: bool
    acknowledged: bool
    severity: float
    raised_at: datetime
    cleared_at: datetime | None = None
    acknowledged_by: PersonId | None = None
    count: int = 1
    """How often it was raised since it was last normal and acknowledged."""
    incident: IncidentId | None = None
    """The last incident it was attached to."""
    armed: bool = True
    """False from the moment it opened or joined an incident until clear + rearm, or a higher grade."""
    reason: str = ""
    reason_code: str = ""
    figures: tuple[tuple[str, float], ...] = ()
    detection: DetectionId | None = None
    """The newest detection."""
    pending: datetime | None = None
    """Since when a raise, or while raised a clear, waits for its delay; corrected time."""
    raises: tuple[datetime, ...] = ()
    """Instants at which it was raised lately, oldest first; at most 10."""
    shelved_until: datetime | None = None
    shelved_by: PersonId | None = None
    shelved_reason: str = ""
    suppressed_by: AlarmId | None = None
    """The raised alarm that explains this one."""
    maintenance: str = ""
    """Id of the maintenance window that takes it out of service."""
    due: datetime | None = None
    """When it must be looked at again though nothing new came: a delay, a shelf or a window ends."""


@unique
class AlarmState(StrEnum):
    """The states of ISA-18.2."""

    NORMAL = "normal"
    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED_UNACKNOWLEDGED = "returned_unacknowledged"
    """The condition ended before anybody had seen it."""
    SHELVED = "shelved"
    """A person put it aside until an instant."""
    SUPPRESSED = "suppressed"
    """Another alarm, its root, explains it."""
    OUT_OF_SERVICE = "out_of_service"
    """A maintenance window covers it."""


@unique
class Turn(StrEnum):
    """What a line of the journal says; the text is in the store."""

    RAISED = "raised"
    """It asked for an operator's attention: one annunciation."""
    RETURNED = "returned"
    ACKNOWLEDGED = "acknowledged"
    SHELVED = "shelved"
    UNSHELVED = "unshelved"
    SUPPRESSED = "suppressed"
    UNSUPPRESSED = "unsuppressed"
    OUT_OF_SERVICE = "out_of_service"
    IN_SERVICE = "in_service"
    FILTERED = "filtered"
    """A detection was left out: it is false at this spot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLine:
    """One change of state of one alarm."""

    at: datetime
    """When it happened at the centre, where the load on operators is counted."""
    alarm: AlarmId
    device: DeviceId
    kind: Kind
    detector: str
    grid: GridCode
    what: Turn
    actor: str
    """A person's id, or `system`."""
    reason: str = ""


def line_of(alarm: Alarm, what: Turn, reason: str, at: datetime, actor: str) -> JournalLine:
    """Write a line about an alarm."""
    return JournalLine(
        at=at,
        alarm=alarm.id,
        device=alarm.device,
        kind=alarm.kind,
        detector=alarm.detector,
        grid=alarm.grid,
        what=what,
        actor=actor,
        reason=reason,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Maintenance: the alarms of a device, a collector, or a grid and all below it are out of service."""

    id: str
    grid: GridCode | None = None
    grid_path: str = ""
    device: DeviceId | None = None
    """A device, or a collector by its name."""
    since: datetime
    until: datetime
    reason: str
    person: PersonId
    made: datetime
    ended: datetime | None = None

    def covers(self, device: DeviceId, grid_path: str) -> bool:
        """Say whether a device at a place lies in it."""
        if self.device is not None:
            return self.device in {device, collector_of(device)}
        return grid_path == self.grid_path or grid_path.startswith(f"{self.grid_path}.")

    def holds(self, now: datetime) -> bool:
        """Say whether it holds now; its end is outside it."""
        return self.ended is None and self.since <= now < self.until

    def over(self, now: datetime) -> bool:
        """Say whether it will never hold again."""
        return self.ended is not None or self.until <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseSpot:
    """What an operator has called false at a spot of a picture, or at a device, until an instant."""

    id: str
    device: DeviceId
    kind: Kind
    box: Box | None
    """None for the whole picture, or a sensor."""
    until: datetime
    reason: str
    person: PersonId
    made: datetime
    ended: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What is known of one collector's link."""

    collector: CollectorId
    grid: GridCode
    state: str | None
    """`online`, `stopped` or `offline`, as its state topic says; None before its first word."""
    since: datetime | None
    """Since when it says so."""
    heard: datetime | None
    """When its newest heartbeat reached the centre."""
    interval_seconds: float
    """How often it promises one."""
    lost: bool
    """Whether its loss stands as an alarm and does not wait for its end, or waits to stand."""
