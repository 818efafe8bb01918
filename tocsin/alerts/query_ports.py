"""What the faces ask of incidents, alarms and the live feed: rows, filters, and the port that answers.

Every list is bounded and scoped; `tocsin.alerts.ports` makes these known to all.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tocsin.alerts.alarm_model import Alarm, AlarmState
from tocsin.core.detections import Detection, Kind
from tocsin.core.grids import Position, Tier
from tocsin.core.ids import (
    AlarmId,
    DeviceId,
    GridCode,
    IncidentId,
    NoticeId,
    OrganisationCode,
    PersonId,
    PictureHash,
    ReportId,
)
from tocsin.core.incidents import Grade, Recorded, Source, Stage, State
from tocsin.core.responders import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report by hand: personal data, erasable."""

    id: ReportId
    kind: Kind
    grid: GridCode
    words: str
    caller: str
    """Caller's number as given."""
    place: Position | None
    reported_by: PersonId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRow:
    """One line of the queue."""

    id: IncidentId
    state: State
    kind: Kind
    grade: Grade
    grid: GridCode
    grid_name: str
    grid_path: str
    device: DeviceId | None
    opened: datetime
    began: datetime
    confirmed: datetime | None
    ended: datetime | None
    lateness: str
    drill: bool
    alarms: int
    reports: int
    clocks: tuple[ClockRow, ...]
    version: int
    picture: PictureHash | None = None
    source: Source = Source.SENSOR
    matter: str = ""
    """Code of the catalogue; empty while nobody named one."""
    matter_name: str = ""
    level: Tier | None = None
    """The level that deals with it, as a case."""
    lead: OrganisationCode | None = None
    lead_name: str = ""
    stage: Stage | None = None
    stage_due: datetime | None = None
    satisfaction: int | None = None
    beyond: bool = False
    exercise: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRow:
    """One tier's clock in a list."""

    tier: str
    activated: datetime
    due: datetime
    verdict: str | None
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRow:
    """One alarm in a list, with names."""

    alarm: Alarm
    grid_path: str
    grid_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveEvent:
    """One line of the live feed."""

    cursor: str
    """`<xid8>-<id>`: give it back as Last-Event-ID."""
    recorded: Recorded
    grid_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow:
    """One notice in an incident's page."""

    id: NoticeId
    person: PersonId | None
    person_name: str
    tier: str | None
    channel: Channel
    template: str
    state: str
    reason: str
    created: datetime
    sent: datetime | None
    expires: datetime
    attempts: int
    provider: str = ""
    delivered: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionRow:
    """One stored detection, for evidence."""

    detection: Detection
    alarm: AlarmId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFilter:
    """What a list shows; None means all."""

    scope: str
    """Grid path prefix; the caller's own."""
    open: bool | None = None
    kind: Kind | None = None
    grade: Grade | None = None
    person: PersonId | None = None
    """Only incidents to which this person was called, of which a notice told them, or that they reported."""
    before: datetime | None = None
    before_id: IncidentId | None = None
    """The last one shown: with `before`, of those opened at that very instant the ones that follow it are shown."""
    states: tuple[State, ...] = ()
    """Any of these; empty for all."""
    matter: str = ""
    """Code of the catalogue, or a beginning of one."""
    organisation: OrganisationCode | None = None
    """Only those that it leads."""
    routed: OrganisationCode | None = None
    """Only those that were ever routed to it, given to it or joined by it."""
    source: Source | None = None
    level: Tier | None = None
    drill: bool | None = None
    overdue: bool | None = None
    """True: only open ones whose stage should be over; False: only the others."""
    since: datetime | None = None
    """Opened then or later."""
    until: datetime | None = None
    """Opened before."""
    reported_by: PersonId | None = None
    stage: Stage | None = None
    most: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What stands open in a subtree now."""

    open: int
    reported: int
    """Of these, how many wait to be taken up."""
    unconfirmed: int
    """Of these, how many were taken up and wait to be confirmed or filed."""
    overdue: int
    """Cases whose stage should be over."""
    clocks_running: int
    clocks_overdue: int
    """Clocks whose last verdict is *missed*."""
    next_due: datetime | None
    """The earliest deadline of a running clock."""


class AlertQueries(Protocol):
    """Lists for the faces, every one bounded and scoped."""

    async def incidents(self, wanted: IncidentFilter) -> Sequence[IncidentRow]:
        """List incidents, newest first."""
        ...

    async def incident(self, scope: str, incident: IncidentId) -> IncidentRow | None:
        """Find one incident's row within a subtree."""
        ...

    async def counts(self, scope: str) -> Counted:
        """Count what stands open in a subtree."""
        ...

    async def routed(self, organisation: OrganisationCode, *, most: int) -> Sequence[IncidentId]:
        """Name the newest incidents that were ever routed to an organisation, given to it or joined by it."""
        ...

    async def log(self, incident: IncidentId) -> Sequence[Recorded]:
        """Read an incident's events in order."""
        ...

    async def notices(self, incident: IncidentId) -> Sequence[NoticeRow]:
        """List an incident's notices in order of creation."""
        ...

    async def words(self, incident: IncidentId) -> tuple[Sequence[Report], Mapping[str, str]]:
        """Read reports by hand and notes (id → text) of an incident."""
        ...

    async def evidence(self, incident: IncidentId) -> Sequence[DetectionRow]:
        """List the newest 50 detections behind an incident."""
        ...

    async def alarms(
        self, scope: str, *, raised: bool | None, most: int, state: AlarmState | None = None
    ) -> Sequence[AlarmRow]:
        """List alarms, newest first; `state` as `alerts.alarm.state_of` gives it now."""
        ...

    async def alarm(self, scope: str, alarm: AlarmId) -> AlarmRow | None:
        """Find one alarm within a subtree."""
        ...

    def live(self, scope: str, after: str | None) -> AsyncIterator[LiveEvent | None]:
        """Yield incident events that became visible after a cursor, and None about every 10 s as a sign of life.

        With `after` None it begins now. The first thing it yields is None, as soon as its place in the feed is
        taken: who reads lists after that misses nothing. Loses nothing: reads only below the oldest running transaction.
        """
        ...

    async def verify_chain(self, incident: IncidentId) -> bool:
        """Re-compute an incident's hash chain over the stored bytes."""
        ...
