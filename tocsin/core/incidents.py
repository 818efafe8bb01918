"""What happened in an incident's life: the events, as they are stored and chained.

Events are facts in the past tense. They hold ids and codes only; free text, names, numbers and
positions stand in rows that can be erased (`note`, `report`, `position`) and are referred to.
The rules that make them stand in `alerts.incident`.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum, unique
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
from tocsin.core.responders import Channel


class Word(StrEnum):
    """A word of the log; hashed as the text that it is, because words are looked up for every event."""

    __hash__ = str.__hash__


@unique
class Grade(Word):
    """Severity, worst first: 特别重大, 重大, 较大, 一般."""

    I = "I"  # noqa: E741 the grade's own name in the law
    II = "II"
    III = "III"
    IV = "IV"


@unique
class State(Word):
    """Where in its life an incident stands."""

    RECEIVED = "received"
    """Waits for confirmation."""
    VERIFIED = "verified"
    """Confirmed; clocks run; nobody has accepted yet."""
    ACCEPTED = "accepted"
    """Somebody is going."""
    HANDLING = "handling"
    """Somebody is at the scene."""
    HANDLED = "handled"
    """The scene says done; waits to be closed."""
    CLOSED = "closed"
    REJECTED = "rejected"
    MERGED = "merged"

    open: bool
    """Whether it still waits on somebody; a plain attribute, because it is read at every step."""

    def __init__(self, word: str) -> None:
        self.open = word not in {"closed", "rejected", "merged"}


@unique
class Verdict(Word):
    """What became of one tier's clock."""

    ARRIVED = "arrived"
    LATE = "late"
    MISSED = "missed"
    STOOD_DOWN = "stood_down"


@unique
class Basis(Word):
    """Who or what made a statement, and how much it is worth."""

    OPERATOR = "operator"
    AUTOMATIC = "automatic"
    """The policy confirms this kind, or two sources agree."""
    UNANSWERED = "unanswered"
    """Nobody answered in time; the system went on alone."""
    SCENE = "scene"
    """A responder at the place."""
    POSITION = "position"
    """The phone's position within the radius of the place."""
    TAG = "tag"
    """The QR code or NFC tag that hangs at the place."""
    PHOTO = "photo"
    """A photo taken on the spot that shows a code given a moment before."""
    CAMERA = "camera"
    """The camera that raised the alarm sees a person, and somebody says that they are there."""
    DECLARED = "declared"
    """The responder says so, without proof."""
    DEADLINE = "deadline"
    ENDED = "ended"
    """The incident was rejected, merged or closed."""


@unique
class Mode(Word):
    """How tiers are activated."""

    PARALLEL = "parallel"
    STAGED = "staged"
    STAGGERED = "staggered"


@unique
class Readiness(Word):
    """In what time an incident is opened: 平时 or 战时; policies may answer differently."""

    PEACE = "peace"
    ALERT = "alert"
    """A warning is in force: flood season, fire danger, a festival."""


@unique
class Lateness(Word):
    """How an incident that came late is treated (DESIGN section 6)."""

    LIVE = "live"
    LATE = "late"
    """Older than the bound or of unknown age, still raised: waits for an operator, is never confirmed by itself."""
    RETROSPECTIVE = "retrospective"
    """Already over when it was heard of: a record without clocks."""


@unique
class Outcome(Word):
    """What became of one notice."""

    SENT = "sent"
    """The provider took it."""
    DELIVERED = "delivered"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """The provider did not answer: it may have been sent."""
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    FAILED = "failed"
    """Refused or unknown after the last try."""


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", omit_defaults=True):
    pass


class Opened(_Event, frozen=True, kw_only=True, tag="opened"):
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


class AlarmAttached(_Event, frozen=True, kw_only=True, tag="alarm_attached"):
    alarm: AlarmId
    device: DeviceId
    kind: Kind
    reason_code: str
    figures: tuple[tuple[str, float], ...] = ()
    late: bool = False
    """It came after the bound; only one that did not makes a late incident a live one."""


class AlarmCleared(_Event, frozen=True, kw_only=True, tag="alarm_cleared"):
    """A condition ended; this never closes the incident."""

    alarm: AlarmId


class ReportAttached(_Event, frozen=True, kw_only=True, tag="report_attached"):
    report: ReportId


class ConfirmationOverdue(_Event, frozen=True, kw_only=True, tag="confirmation_overdue"):
    """Nobody answered: supervisors are called and the village is asked to look."""

    step: int
    """1 at the first limit, 2 and more for every later reminder."""


class Confirmed(_Event, frozen=True, kw_only=True, tag="confirmed"):
    """The clocks start at `at`."""

    at: datetime
    basis: Basis
    grade: Grade
    mode: Mode


class GradeChanged(_Event, frozen=True, kw_only=True, tag="grade_changed"):
    grade: Grade
    was: Grade
    mode: Mode | None = None
    """How tiers are activated from now on; None while it is not confirmed."""


class Rejected(_Event, frozen=True, kw_only=True, tag="rejected"):
    """It was nothing, or not for us."""

    basis: Basis
    reason_code: str
    """`false_alarm`, `test`, `duplicate`, `nothing_here`, `elsewhere`."""


class TierActivated(_Event, frozen=True, kw_only=True, tag="tier_activated"):
    """A tier is called and its clock runs."""

    tier: Tier
    at: datetime
    due: datetime
    reason_code: str
    """`confirmed`, `below_missed`, `below_refused`, `help`, `operator`, `no_one_below`."""
    roster: tuple[PersonId, ...] = ()
    """Who was on duty at that instant, in order of call; frozen for this incident."""


class DueChanged(_Event, frozen=True, kw_only=True, tag="due_changed"):
    """A running clock has another deadline, because the grade was changed."""

    tier: Tier
    due: datetime
    was: datetime


class StandBy(_Event, frozen=True, kw_only=True, tag="stand_by"):
    """A tier is warned that it may be called (staggered mode)."""

    tier: Tier


class Called(_Event, frozen=True, kw_only=True, tag="called"):
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


class NoticeSettled(_Event, frozen=True, kw_only=True, tag="notice_settled"):
    """A notice came to an end, or was taken by the provider."""

    notice: NoticeId
    person: PersonId | None
    channel: Channel
    outcome: Outcome
    reason_code: str = ""


class Seen(_Event, frozen=True, kw_only=True, tag="seen"):
    person: PersonId
    tier: Tier


class Accepted(_Event, frozen=True, kw_only=True, tag="accepted"):
    """A responder says *going*; no hard clock stops."""

    person: PersonId
    tier: Tier


class Refused(_Event, frozen=True, kw_only=True, tag="refused"):
    person: PersonId
    tier: Tier
    reason_code: str


class HelpAsked(_Event, frozen=True, kw_only=True, tag="help_asked"):
    person: PersonId
    tier: Tier


class Arrived(_Event, frozen=True, kw_only=True, tag="arrived"):
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


class Sighted(_Event, frozen=True, kw_only=True, tag="sighted"):
    """A camera of the incident begins, or ceases, to see a person; proves the word of somebody near in time."""

    device: DeviceId
    at: datetime
    gone: bool = False
    proof: str = ""
    """Id of the detection."""


class NothingFound(_Event, frozen=True, kw_only=True, tag="nothing_found"):
    """Somebody says that nothing is there, without a proof that would end the incident: an operator decides."""

    person: PersonId
    tier: Tier


class ArrivalRefuted(_Event, frozen=True, kw_only=True, tag="arrival_refuted"):
    """A named person says that a proof does not hold: what it stopped counts no more."""

    tier: Tier
    reason_code: str
    """`wrong_place`, `wrong_person`, `old_picture`, `mistake`."""


class Reminded(_Event, frozen=True, kw_only=True, tag="reminded"):
    """Something waits on somebody for too long: supervisors are told."""

    what: str
    """`handled`: the scene says done, and nobody has closed it."""
    step: int
    """1 for the first reminder."""


class VerdictGiven(_Event, frozen=True, kw_only=True, tag="verdict_given"):
    """A tier's clock has its answer, or a later, better one: the last one counts."""

    tier: Tier
    verdict: Verdict
    at: datetime
    """Instant of the fact: of arrival, of the deadline, of the end."""
    basis: Basis
    revises: Verdict | None = None
    cause: str = ""
    """For a miss: `people`, `system` or `provider`, and the segment: `people:not_accepted`."""


class Handled(_Event, frozen=True, kw_only=True, tag="handled"):
    """The scene says done."""

    person: PersonId | None


class Closed(_Event, frozen=True, kw_only=True, tag="closed"):
    reason_code: str
    """`handled`, `no_action`, `transferred`, `retrospective`."""


class Merged(_Event, frozen=True, kw_only=True, tag="merged"):
    into: IncidentId


class NoteAdded(_Event, frozen=True, kw_only=True, tag="note_added"):
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
