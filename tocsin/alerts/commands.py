"""What people and machines ask of an incident; `alerts.incident.decide` answers with events.

Every command of a person carries `act`, an id made where the act was made (phone, page): the
same id gets the first answer again.  Those to it as a case stand in `alerts.work_commands`.
"""

# ruff: noqa: PLC0414 the commands to a case are known to all from here
from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from tocsin.alerts.command import AnyCommand
from tocsin.alerts.work_commands import AnswerExtension as AnswerExtension
from tocsin.alerts.work_commands import AskExtension as AskExtension
from tocsin.alerts.work_commands import BeginWork as BeginWork
from tocsin.alerts.work_commands import CallBack as CallBack
from tocsin.alerts.work_commands import Check as Check
from tocsin.alerts.work_commands import ConfirmGrade as ConfirmGrade
from tocsin.alerts.work_commands import Dispatch as Dispatch
from tocsin.alerts.work_commands import Evaluate as Evaluate
from tocsin.alerts.work_commands import File as File
from tocsin.alerts.work_commands import FinishWork as FinishWork
from tocsin.alerts.work_commands import HandUp as HandUp
from tocsin.alerts.work_commands import Join as Join
from tocsin.alerts.work_commands import Receive as Receive
from tocsin.alerts.work_commands import Reopen as Reopen
from tocsin.alerts.work_commands import ReportUp as ReportUp
from tocsin.alerts.work_commands import Return as Return
from tocsin.alerts.work_commands import Supervise as Supervise
from tocsin.alerts.work_commands import TakeOn as TakeOn
from tocsin.alerts.work_commands import TickStep as TickStep
from tocsin.alerts.work_commands import Transfer as Transfer
from tocsin.alerts.work_commands import Urge as Urge
from tocsin.core.detections import Kind
from tocsin.core.grids import Position, Tier
from tocsin.core.ids import AlarmId, DeviceId, GridCode, IncidentId, NoticeId, PersonId, PolicyId, ReportId
from tocsin.core.incidents import Basis, Grade, Lateness, Outcome, Readiness, Source
from tocsin.core.responders import Channel


class Open(AnyCommand, frozen=True, kw_only=True, tag="open"):
    """Begin an incident; only on one without events."""

    kind: Kind
    severity: float
    """0 to 1; the policy makes the proposed grade of it."""
    grade: Grade | None = None
    """Proposed by the reporter; wins over the policy's proposal."""
    grid: GridCode
    device: DeviceId | None = None
    place: Position | None = None
    radius_m: float = 500.0
    began: datetime
    lateness: Lateness
    policy: PolicyId
    drill: bool = False
    path: str = ""
    """Path of the grid."""
    readiness: Readiness = Readiness.PEACE
    centre: Position | None = None
    """Centre of the grid, given when nobody said the place itself."""
    alarm: AlarmId | None = None
    report: ReportId | None = None
    source: Source = Source.SENSOR
    reported: bool = False
    """Nobody at the desk has heard of it yet: it waits to be taken up."""
    matter: str = ""
    """Code of the catalogue, where the reporter named one."""
    exercise: str = ""
    participants: tuple[PersonId, ...] = ()
    """For a drill: whom alone it may call."""
    certified: bool = False
    """The source is trusted alone (certified smoke alarm): the policy may confirm automatically."""
    reason_code: str = ""
    figures: tuple[tuple[str, float], ...] = ()


class AttachAlarm(AnyCommand, frozen=True, kw_only=True, tag="attach_alarm"):
    """Another alarm of the same happening; two agreeing sources may confirm it."""

    alarm: AlarmId
    device: DeviceId
    kind: Kind
    severity: float
    late: bool = False
    """A late alarm never confirms."""
    reason_code: str = ""
    figures: tuple[tuple[str, float], ...] = ()


class ClearAlarm(AnyCommand, frozen=True, kw_only=True, tag="clear_alarm"):
    alarm: AlarmId


class AttachReport(AnyCommand, frozen=True, kw_only=True, tag="attach_report"):
    report: ReportId


class Confirm(AnyCommand, frozen=True, kw_only=True, tag="confirm"):
    """An operator says that it is real; the clocks start now."""

    grade: Grade | None = None
    """None keeps the proposed one."""


class Reject(AnyCommand, frozen=True, kw_only=True, tag="reject"):
    """An operator says that it is nothing."""

    reason_code: str


class ChangeGrade(AnyCommand, frozen=True, kw_only=True, tag="change_grade"):
    grade: Grade


class Activate(AnyCommand, frozen=True, kw_only=True, tag="activate"):
    """An operator calls a tier now."""

    tier: Tier


class See(AnyCommand, frozen=True, kw_only=True, tag="see"):
    """The call was opened on the phone."""

    person: PersonId


class Accept(AnyCommand, frozen=True, kw_only=True, tag="accept"):
    """*Going.*"""

    person: PersonId


class Refuse(AnyCommand, frozen=True, kw_only=True, tag="refuse"):
    person: PersonId
    reason_code: str


class Arrive(AnyCommand, frozen=True, kw_only=True, tag="arrive"):
    """At the scene: by a responder (`person`) or by an operator for a tier (`tier`)."""

    person: PersonId | None = None
    tier: Tier | None = None
    """Needed when `person` is None; otherwise the person's own tier holds."""
    at: datetime | None = None
    """Claimed instant when it is not now: a phone that had no network."""
    basis: Basis
    position: Position | None = None
    age_s: float | None = None
    """How old the position was when the act was made, seconds; None when the phone does not say."""
    mock: bool = False
    """The phone itself says that an app feeds it its position."""
    proof: str = ""
    """Id of the row that keeps what was shown; of a tag or photo the shell has checked that it holds."""


class RefuteArrival(AnyCommand, frozen=True, kw_only=True, tag="refute_arrival"):
    """An operator says that the proof behind a tier's arrival does not hold."""

    tier: Tier
    reason_code: str


class CameraSees(AnyCommand, frozen=True, kw_only=True, tag="camera_sees"):
    """A camera of the incident begins, or ceases, to see a person; proves an arrival that somebody declares."""

    device: DeviceId
    at: datetime
    gone: bool = False
    proof: str = ""
    """Id of the detection."""


class SayReal(AnyCommand, frozen=True, kw_only=True, tag="say_real"):
    """From the scene: it is real; confirms."""

    person: PersonId


class SayNothingHere(AnyCommand, frozen=True, kw_only=True, tag="say_nothing_here"):
    """From the scene: nothing here; rejects when proved, or when it matters little."""

    person: PersonId
    at: datetime | None = None
    basis: Basis = Basis.DECLARED
    """Proof that comes with the word, as in `Arrive`."""
    position: Position | None = None
    age_s: float | None = None
    mock: bool = False
    proof: str = ""


class AskHelp(AnyCommand, frozen=True, kw_only=True, tag="ask_help"):
    person: PersonId


class ReportDone(AnyCommand, frozen=True, kw_only=True, tag="report_done"):
    person: PersonId


class Close(AnyCommand, frozen=True, kw_only=True, tag="close"):
    reason_code: str


class Merge(AnyCommand, frozen=True, kw_only=True, tag="merge"):
    into: IncidentId


class AddNote(AnyCommand, frozen=True, kw_only=True, tag="add_note"):
    """The words are stored first, in an erasable row; this refers to them."""

    note: str


class DeadlineReached(AnyCommand, frozen=True, kw_only=True, tag="deadline_reached"):
    """The shell came back at the instant that `deadlines` named; a stale key decides to nothing."""

    key: str


class SettleNotice(AnyCommand, frozen=True, kw_only=True, tag="settle_notice"):
    """A notice came to an end; may call the next channel or person."""

    notice: NoticeId
    person: PersonId | None
    channel: Channel
    outcome: Outcome
    reason_code: str = ""


Command: TypeAlias = (
    Open
    | AttachAlarm
    | ClearAlarm
    | AttachReport
    | Confirm
    | Reject
    | ChangeGrade
    | Activate
    | See
    | Accept
    | Refuse
    | Arrive
    | RefuteArrival
    | CameraSees
    | SayReal
    | SayNothingHere
    | AskHelp
    | ReportDone
    | Close
    | Merge
    | AddNote
    | DeadlineReached
    | SettleNotice
    | Receive
    | File
    | Dispatch
    | TakeOn
    | BeginWork
    | FinishWork
    | Return
    | Join
    | HandUp
    | AskExtension
    | AnswerExtension
    | Urge
    | Supervise
    | Check
    | Reopen
    | Transfer
    | CallBack
    | Evaluate
    | ReportUp
    | ConfirmGrade
    | TickStep
)
