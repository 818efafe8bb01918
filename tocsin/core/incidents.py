"""What happened in an incident's life: the events, as they are stored and chained.

Events are facts in the past tense. They hold ids and codes only; free text, names, numbers and
positions stand in rows that can be erased (`note`, `report`, `position`) and are referred to.
The rules that make them stand in `alerts.incident`. Its words stand in `core.incident_words`, the
events of its life as a case in `core.work_events`; both are known to all from here.
"""

# ruff: noqa: PLC0414 the words and the other events are known to all from here
from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

import msgspec

from tocsin.core.detections import Kind
from tocsin.core.grids import Position, Tier
from tocsin.core.ids import (
    AlarmId,
    DeviceId,
    GridCode,
    IncidentId,
    NoticeId,
    PersonId,
    PolicyId,
    ReportId,
)
from tocsin.core.incident_words import Basis as Basis
from tocsin.core.incident_words import Event as Event
from tocsin.core.incident_words import Grade as Grade
from tocsin.core.incident_words import Lateness as Lateness
from tocsin.core.incident_words import Mode as Mode
from tocsin.core.incident_words import Outcome as Outcome
from tocsin.core.incident_words import Readiness as Readiness
from tocsin.core.incident_words import Service as Service
from tocsin.core.incident_words import Source as Source
from tocsin.core.incident_words import Stage as Stage
from tocsin.core.incident_words import State as State
from tocsin.core.incident_words import UpStage as UpStage
from tocsin.core.incident_words import Verdict as Verdict
from tocsin.core.incident_words import Word as Word
from tocsin.core.responders import Channel
from tocsin.core.work_events import CalledBack as CalledBack
from tocsin.core.work_events import Checked as Checked
from tocsin.core.work_events import Dispatched as Dispatched
from tocsin.core.work_events import Evaluated as Evaluated
from tocsin.core.work_events import ExtensionAnswered as ExtensionAnswered
from tocsin.core.work_events import ExtensionAsked as ExtensionAsked
from tocsin.core.work_events import Filed as Filed
from tocsin.core.work_events import GradeConfirmed as GradeConfirmed
from tocsin.core.work_events import HandedUp as HandedUp
from tocsin.core.work_events import PartnerJoined as PartnerJoined
from tocsin.core.work_events import Received as Received
from tocsin.core.work_events import Reopened as Reopened
from tocsin.core.work_events import ReportedUp as ReportedUp
from tocsin.core.work_events import Returned as Returned
from tocsin.core.work_events import Routed as Routed
from tocsin.core.work_events import SentBack as SentBack
from tocsin.core.work_events import StepTicked as StepTicked
from tocsin.core.work_events import Supervised as Supervised
from tocsin.core.work_events import TakenOn as TakenOn
from tocsin.core.work_events import TransferredOut as TransferredOut
from tocsin.core.work_events import Urged as Urged
from tocsin.core.work_events import WorkBegun as WorkBegun
from tocsin.core.work_events import WorkDone as WorkDone


class Opened(Event, frozen=True, kw_only=True, tag="opened"):
    """An alarm or a report began an incident."""

    kind: Kind
    grade: Grade
    """Proposed by the policy; a person confirms it."""
    grid: GridCode
    device: DeviceId | None = None
    place: Position | None = None
    """Where the device stands or the caller says; places of devices are no personal data."""
    radius_m: float = 500.0
    began: datetime
    """When the condition began, corrected time."""
    lateness: Lateness
    policy: PolicyId
    drill: bool = False
    path: str = ""
    """Path of the grid at that instant; rules of a policy name subtrees."""
    readiness: Readiness = Readiness.PEACE
    centre: Position | None = None
    """Centre of the grid, where nobody said the place itself; `radius_m` around it counts as the scene."""
    source: Source = Source.SENSOR
    reported: bool = False
    """It waits to be taken up: its life begins as `reported`, not as `received`."""
    matter: str = ""
    """Code of the catalogue (2 + 2 digits), if it is known."""
    exercise: str = ""
    """Id of the exercise that a drill belongs to."""
    participants: tuple[PersonId, ...] = ()
    """For a drill: the only people whom it may call."""


class AlarmAttached(Event, frozen=True, kw_only=True, tag="alarm_attached"):
    alarm: AlarmId
    device: DeviceId
    kind: Kind
    reason_code: str
    figures: tuple[tuple[str, float], ...] = ()
    late: bool = False
    """It came after the bound; only one that did not makes a late incident a live one."""


class AlarmCleared(Event, frozen=True, kw_only=True, tag="alarm_cleared"):
    """A condition ended; this never closes the incident."""

    alarm: AlarmId


class ReportAttached(Event, frozen=True, kw_only=True, tag="report_attached"):
    report: ReportId


class ConfirmationOverdue(Event, frozen=True, kw_only=True, tag="confirmation_overdue"):
    """Nobody answered: supervisors are called and the village is asked to look."""

    step: int
    """1 at the first limit, 2 and more for every later reminder."""


class Confirmed(Event, frozen=True, kw_only=True, tag="confirmed"):
    """The clocks start at `at`."""

    at: datetime
    basis: Basis
    grade: Grade
    mode: Mode


class GradeChanged(Event, frozen=True, kw_only=True, tag="grade_changed"):
    grade: Grade
    was: Grade
    mode: Mode | None = None
    """How tiers are activated from now on; None while it is not confirmed."""


class Rejected(Event, frozen=True, kw_only=True, tag="rejected"):
    """It was nothing, or not for us."""

    basis: Basis
    reason_code: str
    """`false_alarm`, `test`, `duplicate`, `nothing_here`, `elsewhere`."""


class TierActivated(Event, frozen=True, kw_only=True, tag="tier_activated"):
    """A tier is called and its clock runs."""

    tier: Tier
    at: datetime
    due: datetime
    reason_code: str
    """`confirmed`, `below_missed`, `below_refused`, `help`, `operator`, `no_one_below`."""
    roster: tuple[PersonId, ...] = ()
    """Who was on duty at that instant, in order of call; frozen for this incident."""


class DueChanged(Event, frozen=True, kw_only=True, tag="due_changed"):
    """A running clock has another deadline, because the grade was changed."""

    tier: Tier
    due: datetime
    was: datetime


class StandBy(Event, frozen=True, kw_only=True, tag="stand_by"):
    """A tier is warned that it may be called (staggered mode)."""

    tier: Tier


class Called(Event, frozen=True, kw_only=True, tag="called"):
    """A person is called: the notices with these ids were put into the outbox."""

    tier: Tier | None
    """None for supervisors, who have no clock."""
    person: PersonId
    step: int
    """0 for the first call, rising with every repetition or further channel."""
    channels: tuple[Channel, ...]
    reason_code: str
    """`activated`, `not_seen`, `not_accepted`, `refused`, `channel_failed`, `unanswered`, `help`, `below_refused`, `nobody_there`, `not_closed`, `missed_below`, `refuted`."""
    at: datetime | None = None
    """Instant from which the soft timers count; None is the recorded one."""
    more: int = 0
    """Number of channels that are left to try."""


class NoticeSettled(Event, frozen=True, kw_only=True, tag="notice_settled"):
    """A notice came to an end, or was taken by the provider."""

    notice: NoticeId
    person: PersonId | None
    channel: Channel
    outcome: Outcome
    reason_code: str = ""


class Seen(Event, frozen=True, kw_only=True, tag="seen"):
    person: PersonId
    tier: Tier


class Accepted(Event, frozen=True, kw_only=True, tag="accepted"):
    """A responder says *going*; no hard clock stops."""

    person: PersonId
    tier: Tier


class Refused(Event, frozen=True, kw_only=True, tag="refused"):
    person: PersonId
    tier: Tier
    reason_code: str


class HelpAsked(Event, frozen=True, kw_only=True, tag="help_asked"):
    person: PersonId
    tier: Tier


class Arrived(Event, frozen=True, kw_only=True, tag="arrived"):
    """Somebody of this tier is at the scene; `at` is the claimed instant, within bounds."""

    tier: Tier
    person: PersonId | None
    at: datetime
    basis: Basis
    distance_m: float | None = None
    accuracy_m: float | None = None
    """As the phone says: the true point lies within with 68 %."""
    age_s: float | None = None
    """How old the position was when the act was made, seconds."""
    proof: str = ""
    """Id of the row that keeps what was shown; empty without any."""
    accepted: bool
    """Whether this proof stops the tier's clock under the policy."""
    reason_code: str = ""
    """Why it does not, besides the proof: `other_department`."""


class Sighted(Event, frozen=True, kw_only=True, tag="sighted"):
    """A camera of the incident begins, or ceases, to see a person; proves the word of somebody near in time."""

    device: DeviceId
    at: datetime
    gone: bool = False
    proof: str = ""
    """Id of the detection."""


class NothingFound(Event, frozen=True, kw_only=True, tag="nothing_found"):
    """Somebody says that nothing is there, without a proof that would end the incident: an operator decides."""

    person: PersonId
    tier: Tier


class ArrivalRefuted(Event, frozen=True, kw_only=True, tag="arrival_refuted"):
    """A named person says that a proof does not hold: what it stopped counts no more."""

    tier: Tier
    reason_code: str
    """`wrong_place`, `wrong_person`, `old_picture`, `mistake`."""


class Reminded(Event, frozen=True, kw_only=True, tag="reminded"):
    """Something waits on somebody for too long: supervisors are told."""

    what: str
    """`handled`: the scene says done, and nobody has closed it; `grade`, `report_up`, `evaluate`, …: what is owed."""
    step: int
    """1 for the first reminder."""
    at: datetime | None = None
    """Instant from which the reminder is worth sending; None where a call was made of it."""


class VerdictGiven(Event, frozen=True, kw_only=True, tag="verdict_given"):
    """A tier's clock has its answer, or a later, better one: the last one counts."""

    tier: Tier
    verdict: Verdict
    at: datetime
    """Instant of the fact: of arrival, of the deadline, of the end."""
    basis: Basis
    revises: Verdict | None = None
    cause: str = ""
    """For a miss: `people`, `system` or `provider`, and the segment: `people:not_accepted`."""


class Handled(Event, frozen=True, kw_only=True, tag="handled"):
    """The scene says done."""

    person: PersonId | None


class Closed(Event, frozen=True, kw_only=True, tag="closed"):
    reason_code: str
    """`handled`, `no_action`, `transferred`, `retrospective`."""


class Merged(Event, frozen=True, kw_only=True, tag="merged"):
    into: IncidentId


class NoteAdded(Event, frozen=True, kw_only=True, tag="note_added"):
    """Somebody wrote words down; they stand in an erasable row."""

    note: str


IncidentEvent: TypeAlias = (
    Opened
    | AlarmAttached
    | AlarmCleared
    | ReportAttached
    | ConfirmationOverdue
    | Confirmed
    | GradeChanged
    | Rejected
    | TierActivated
    | DueChanged
    | StandBy
    | Called
    | NoticeSettled
    | Seen
    | Accepted
    | Refused
    | HelpAsked
    | Arrived
    | VerdictGiven
    | Sighted
    | NothingFound
    | ArrivalRefuted
    | Reminded
    | Handled
    | Closed
    | Merged
    | NoteAdded
    | Received
    | Filed
    | Routed
    | Dispatched
    | TakenOn
    | WorkBegun
    | WorkDone
    | Returned
    | PartnerJoined
    | HandedUp
    | ExtensionAsked
    | ExtensionAnswered
    | Urged
    | Supervised
    | Checked
    | SentBack
    | Reopened
    | TransferredOut
    | CalledBack
    | Evaluated
    | ReportedUp
    | GradeConfirmed
    | StepTicked
)


class Actor(msgspec.Struct, frozen=True):
    """Who did it: `person:<id>`, `system`, `collector:<id>`."""

    kind: str
    id: str = ""


SYSTEM = Actor("system")


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """One event as it stands in the log."""

    incident: IncidentId
    version: int
    """1 for the first; gapless."""
    event: IncidentEvent
    actor: Actor
    occurred: datetime
    """When it is claimed to have happened; verdicts use this."""
    recorded: datetime
    """When the database wrote it; order uses this."""


event_encoder = msgspec.json.Encoder(order="deterministic")
