"""The state of one incident as folded from its events, and the values around it.

`alerts.incident.evolve` makes it; everybody may read it; nobody else builds one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from tocsin.core.detections import Kind
from tocsin.core.grids import Position, Tier
from tocsin.core.ids import (
    AlarmId,
    DeviceId,
    GridCode,
    IncidentId,
    NoticeId,
    OrganisationCode,
    PersonId,
    PolicyId,
    ReportId,
)
from tocsin.core.incidents import (
    Actor,
    Basis,
    Grade,
    Lateness,
    Mode,
    Readiness,
    Service,
    Source,
    Stage,
    State,
    UpStage,
    Verdict,
)
from tocsin.core.responders import Channel
from tocsin.core.working_time import Terms


class TierClock(msgspec.Struct, frozen=True):
    """One tier's clock in one incident."""

    tier: Tier
    activated: datetime
    due: datetime
    verdict: Verdict | None = None
    """None while it runs; the last verdict otherwise."""
    at: datetime | None = None
    """Instant of the fact behind the verdict."""
    basis: Basis | None = None
    cause: str = ""
    reason_code: str = ""
    """Why it was activated."""
    roster: tuple[PersonId, ...] = ()
    """Who was on duty when it was activated, in order of call."""


class Call(msgspec.Struct, frozen=True):
    """How far one person's call has come; the latest of each is kept."""

    person: PersonId
    tier: Tier | None
    called: datetime
    step: int
    channels: tuple[Channel, ...]
    """All channels that were tried so far."""
    seen: datetime | None = None
    accepted: datetime | None = None
    refused: datetime | None = None
    arrived: datetime | None = None
    failed: tuple[Channel, ...] = ()
    """Channels whose notice failed for good."""
    sent: datetime | None = None
    """When a provider first took a notice of this call."""
    more: int = 0
    """Channels left to try."""
    reason_code: str = ""
    """Why they were called last."""
    shown: tuple[Basis, ...] = ()
    """Accepted proofs that they are there; a word that only confirmed the incident is none."""


class Sighting(msgspec.Struct, frozen=True):
    """A span in which a camera of the incident saw a person."""

    device: DeviceId
    since: datetime
    until: datetime | None = None
    """None while the person is in sight."""
    proof: str = ""


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """How far an incident has come as a case: from filing on."""

    terms: Terms
    stage: Stage | None = None
    """What it waits for on the working-time track; None on the urgent track and after the end."""
    since: datetime
    """When the stage began."""
    due: datetime | None = None
    """When the stage must be over."""
    warn: datetime | None = None
    """When whoever it waits on is urged by itself."""
    urged_at: datetime | None = None
    """When this stage was urged last."""
    overdue: int = 0
    """How often this stage was supervised because its limit had passed."""
    level: Tier | None = None
    """The level that deals with it now; None before the first dispatch."""
    lead: OrganisationCode | None = None
    partners: tuple[OrganisationCode, ...] = ()
    done: tuple[OrganisationCode, ...] = ()
    """Organisations that have said that their part is done."""
    extension: datetime | None = None
    """The end that was asked for and not answered yet."""
    asked: datetime | None = None
    """When it was asked for."""
    extensions: int = 0
    """How often more time was granted."""
    urged: int = 0
    """How often this stage was urged."""
    supervised: int = 0
    """How often this stage was supervised."""
    returns: int = 0
    reworks: int = 0


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """One real happening at a place.

    A struct and no dataclass: every event copies it, and a struct is copied sixty times as fast.
    """

    id: IncidentId
    version: int
    """Number of events folded; 0 before the first."""
    state: State
    kind: Kind
    grade: Grade
    grid: GridCode
    device: DeviceId | None
    place: Position | None
    radius_m: float
    opened: datetime
    """Recorded instant of `Opened`."""
    began: datetime
    lateness: Lateness
    policy: PolicyId
    drill: bool
    mode: Mode | None = None
    """Set at confirmation."""
    confirmed: datetime | None = None
    confirmed_by: Basis | None = None
    unanswered: int = 0
    """How many times confirmation was overdue."""
    alarms: tuple[AlarmId, ...] = ()
    devices: tuple[DeviceId, ...] = ()
    """Distinct devices of the attached alarms."""
    raised: tuple[AlarmId, ...] = ()
    """Attached alarms that have not cleared."""
    reports: tuple[ReportId, ...] = ()
    clocks: dict[Tier, TierClock] = {}
    calls: dict[PersonId, Call] = {}
    stood_by: tuple[Tier, ...] = ()
    help_asked: tuple[Tier, ...] = ()
    merged_into: IncidentId | None = None
    ended: datetime | None = None
    """When it was closed, rejected or merged."""
    ended_by: Actor | None = None
    confirmed_actor: Actor | None = None
    asked: datetime | None = None
    """From when nobody's answer counts: opened, or when live data made a late incident a live one."""
    witnesses: tuple[DeviceId, ...] = ()
    """Distinct devices whose alarm came in time; only these agree with each other."""
    arrivals: dict[Tier, datetime] = {}
    """Earliest accepted arrival of each tier, claimed instant."""
    rung: int = 0
    """How often everybody was called again because all tiers missed."""
    path: str = ""
    """Path of the grid when it was opened."""
    readiness: Readiness = Readiness.PEACE
    handled: datetime | None = None
    """When the scene last said done."""
    reminded: int = 0
    """How often somebody was told that it is done and not closed."""
    centre: Position | None = None
    """Centre of the grid, when nobody said the place itself."""
    sightings: tuple[Sighting, ...] = ()
    """Spans in which its cameras saw a person since it was confirmed."""
    denied: tuple[PersonId, ...] = ()
    """Who said without proof that nothing is there."""
    source: Source = Source.SENSOR
    matter: str = ""
    """Code of the catalogue; empty while nobody named one."""
    exercise: str = ""
    participants: tuple[PersonId, ...] = ()
    """For a drill: whom alone it may call."""
    route: tuple[tuple[Tier, OrganisationCode], ...] = ()
    """Who answers for it, nearest tier first; frozen at confirmation or filing."""
    beyond: bool = False
    """Beyond the authority of the lowest tier that would handle it."""
    grade_by: Actor | None = None
    """The named person who answers for the grade; None while only a rule has proposed it."""
    work: Work | None = None
    """Its life as a case; None until it is filed."""
    ticked: tuple[str, ...] = ()
    """Items of the plan's checklist that are done."""
    reported_up: tuple[tuple[UpStage, datetime], ...] = ()
    """Reports to the level above, in order."""
    transferred: tuple[Service, ...] = ()
    called_back: int = 0
    """How often somebody tried to call back."""
    satisfaction: int | None = None
    """1 to 5, as said last when called back."""
    answered: bool = False
    """Whether somebody was reached when called back, whatever they said."""
    reopened: int = 0
    told: tuple[tuple[str, int], ...] = ()
    """How often was reminded of what, besides `handled`: `grade`, `received`, `evaluate`, …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message to one person, or device, over one channel: a row of the outbox.

    The text is made by the relay from `template` at the moment of sending.
    """

    id: NoticeId
    """Derived from incident, person, channel, template and step: a repeat is no second notice."""
    incident: IncidentId
    person: PersonId | None
    """None for a device of the place (siren)."""
    tier: Tier | None
    channel: Channel
    template: str
    """`call`, `stand_by`, `unanswered`, `look`, `recall`, `missed_below`, `nobody_there`, `help`, `siren`, `not_closed`, `merged`, `grade_unconfirmed`, `report_due`, `not_evaluated`, `task`, `urge`, `supervise`, `waits`."""
    step: int
    priority: int
    """0 is the most urgent; 9 the least."""
    not_before: datetime
    expires: datetime
    """After this it is never sent: "be there in 3 minutes" delivered after 40 helps nobody."""
    drill: bool = False
