"""Incidents as the console and the responder's page see them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import WithJsonSchema

from tocsin.api.schemas.base import Place, Schema
from tocsin.api.schemas.case import CaseView
from tocsin.api.schemas.field import DetectionView
from tocsin.core.detections import Kind
from tocsin.core.grids import Tier
from tocsin.core.incidents import Basis, Grade, Lateness, Mode, Source, Stage, State, Verdict
from tocsin.core.responders import Channel

EventBody = Annotated[
    dict[str, Any], WithJsonSchema({"type": "object", "x-tocsin-ref": "IncidentEvent"}, mode="serialization")
]
"""An event of `core.incidents`; its schema is put in by `api.openapi`."""


class ClockView(Schema):
    """One tier's clock: runs from `activated` to `due` unless somebody arrives."""

    tier: Tier
    """Whose clock."""
    activated: datetime
    """When the tier was called."""
    due: datetime
    """Deadline for being on the scene."""
    verdict: Verdict | None
    """Absent while it runs; the last verdict otherwise."""
    at: datetime | None
    """Instant of the fact behind the verdict."""


class ClockDetail(ClockView):
    """One tier's clock with why and how."""

    reason_code: str
    """Why the tier was called: `confirmed`, `below_missed`, `below_refused`, `help`, `operator`, `no_one_below`."""
    basis: Basis | None
    """Who or what gave the last verdict."""
    cause: str
    """For a miss: whose, and in which segment: `people:not_accepted`; empty otherwise."""


class IncidentLine(Schema):
    """One line of the queue."""

    id: str
    """The incident's id."""
    version: int
    """Number of events so far; rises by one with each."""
    state: State
    """Where in its life it stands."""
    kind: Kind
    """What kind of happening."""
    grade: Grade
    """Severity: proposed until confirmed."""
    grid: str
    """Code of the grid where it is."""
    grid_name: str
    """Name of that grid."""
    grid_path: str
    """Codes from the root to that grid, joined by `.`."""
    device: str | None
    """The device that saw it first, if one did."""
    opened: datetime
    """When it was recorded."""
    began: datetime
    """When the condition began."""
    confirmed: datetime | None
    """When it was confirmed: the clocks run from here."""
    ended: datetime | None
    """When it was closed, rejected or merged."""
    lateness: Lateness
    """`late`: reported long after it began; `retrospective`: over before it was heard of."""
    drill: bool
    """True for an exercise: counts in no figure."""
    alarms: int
    """How many alarms are attached."""
    reports: int
    """How many reports by hand are attached."""
    clocks: list[ClockView]
    """Clocks of the tiers called so far, village first."""
    picture: str | None
    """Hash of a picture for the list; see `getPicture`."""
    source: Source
    """Where it was heard of."""
    matter: str
    """Code of the catalogue; empty while nobody named one."""
    matter_name: str
    """Its name."""
    level: Tier | None
    """The level that deals with it, as a case."""
    lead: str | None
    """Code of the organisation that leads, as a case."""
    lead_name: str
    """Its name."""
    stage: Stage | None
    """What it waits for on the working-time track."""
    stage_due: datetime | None
    """When that stage must be over."""
    satisfaction: int | None
    """1 to 5, as said last when called back."""
    beyond: bool
    """Beyond the authority of the lowest tier that would handle it."""
    exercise: str
    """The exercise that a drill belongs to; empty for none."""


class IncidentList(Schema):
    """Lines of the queue, newest first."""

    items: list[IncidentLine]
    """The lines, newest first."""
    more: bool
    """True when the limit cut the list: ask again with `before` = `opened` and `before_id` = `id` of the last line."""
    now: datetime
    """The server's time at this answer."""


class ActorView(Schema):
    """The one who did something."""

    kind: str
    """`person`, `system` or `collector`."""
    id: str
    """Id of the person or collector; empty for the system."""


class LogLine(Schema):
    """One event of an incident's log."""

    version: int
    """1 for the first; gapless."""
    event: EventBody
    """What happened; `event` names the type."""
    actor: ActorView
    """Who did it."""
    occurred: datetime
    """When it is claimed to have happened."""
    recorded: datetime
    """When it was written down; the log is in this order."""


class NoticeView(Schema):
    """One message to one person over one channel."""

    id: str
    """The notice's id."""
    person: str | None
    """To whom; absent for a siren or loudspeaker of the place."""
    person_name: str
    """Their name."""
    tier: Tier | None
    """As which tier they were called."""
    channel: Channel
    """Over which channel."""
    template: str
    """What about: `call`, `stand_by`, `unanswered`, `look`, `recall`, `missed_below`, `siren`."""
    state: str
    """What became of it so far."""
    reason: str
    """Why, in the provider's or our words; may be empty."""
    created: datetime
    """When it was decided."""
    sent: datetime | None
    """When the provider took it."""
    expires: datetime
    """After this it is not sent any more."""
    attempts: int
    """How often it was tried."""
    provider: str = ""
    """Which of the channel's providers took it, or may have it; empty before."""
    delivered: datetime | None = None
    """When the provider said that it came."""
    told: str = ""
    """What became of it and why, in Chinese words for an operator."""


class ReportView(Schema):
    """A report by hand."""

    id: str
    """The report's id."""
    kind: Kind
    """What the caller reported."""
    words: str
    """The caller's words as written down."""
    caller: str | None
    """The caller's number; absent for those who need not know it."""
    place: Place | None
    """Where the caller says it is."""
    reported_by: str
    """Id of the person who wrote it down."""
    at: datetime
    """When it was reported."""


class UpcomingView(Schema):
    """What happens next if nobody does anything."""

    at: datetime
    """When."""
    what: str
    """Stable code of what: the key of the deadline."""
    tier: Tier | None
    """Which tier it concerns; absent when it concerns none."""
    persons: list[str]
    """Ids of people who will be told; names stand in `people`."""
    channels: list[Channel]
    """Channels that will be used."""


class CallView(Schema):
    """How far one person's call has come."""

    person: str
    """Who was called."""
    tier: Tier | None
    """As which tier; absent for supervisors."""
    called: datetime
    """When their present call began."""
    step: int
    """How often the call was repeated or moved to another channel."""
    channels: list[Channel]
    """Channels tried so far."""
    failed: list[Channel]
    """Channels on which it failed for good."""
    sent: datetime | None
    """When a provider first took a notice of this call."""
    seen: datetime | None
    """When they opened it."""
    accepted: datetime | None
    """When they said *going*."""
    refused: datetime | None
    """When they said no."""
    arrived: datetime | None
    """When they were at the scene, as claimed."""


class PersonName(Schema):
    """A person as far as a reader of an incident needs to know them."""

    id: str
    """Id of the person."""
    name: str
    """Their name."""
    tier: Tier | None
    """The tier they answer for."""
    department: str
    """Department; may be empty."""


class IncidentStanding(Schema):
    """Where an incident stands: the answer to every command."""

    id: str
    """The incident's id."""
    version: int
    """Number of events."""
    state: State
    """Where in its life it stands."""
    grade: Grade
    """Severity."""
    mode: Mode | None
    """How tiers are activated; absent before confirmation."""
    confirmed: datetime | None
    """When it was confirmed."""
    confirmed_by: Basis | None
    """On what basis it was confirmed."""
    ended: datetime | None
    """When it ended, if it did."""
    place: Place | None
    """Where it is, as far as a device or a caller says."""
    radius_m: float
    """Within this distance of the place a phone counts as at the scene, metres."""
    merged_into: str | None
    """The incident it was merged into, if it was."""
    help_asked: list[Tier]
    """Tiers whose people asked for help."""
    raised: list[str]
    """Attached alarms whose condition still stands."""
    clocks: list[ClockDetail]
    """Clocks of the tiers called so far, village first."""
    now: datetime
    """The server's time at this answer."""


class IncidentDetail(CaseView):
    """Everything about one incident that the caller may see."""

    incident: IncidentLine
    """Its line in the queue."""
    standing: IncidentStanding
    """Where it stands, as folded from the log."""
    log: list[LogLine]
    """All events in order."""
    calls: list[CallView]
    """Who was called and how far they have come, in order of the first call."""
    notices: list[NoticeView]
    """Messages in order of creation; a responder sees the own ones."""
    reports: list[ReportView]
    """Reports by hand."""
    notes: dict[str, str]
    """Words that people added, by the note's id as in the log; erased ones are absent."""
    evidence: list[DetectionView]
    """The newest detections behind it, at most 50."""
    preview: list[UpcomingView]
    """What happens next if nobody does anything, soonest first."""
    people: dict[str, PersonName]
    """Names of all people mentioned, by id."""
    now: datetime
    """The server's time at this answer."""


class Counts(Schema):
    """Figures for the page's header, within the caller's scope."""

    open: int
    """Incidents that wait on somebody."""
    reported: int
    """Of these, how many somebody in the field reported and nobody has taken up."""
    unconfirmed: int
    """Of these, how many were taken up and wait to be confirmed or filed."""
    overdue: int
    """Cases whose stage should be over."""
    clocks_running: int
    """Clocks without a verdict in open incidents."""
    clocks_overdue: int
    """Clocks in open incidents whose last verdict is missed."""
    calls_held: int
    """Alarms of collectors that could not be read and wait in quarantine: each may be a call for help."""
    next_due: datetime | None
    """The earliest deadline of a running clock."""
    now: datetime
    """The server's time at this answer."""
