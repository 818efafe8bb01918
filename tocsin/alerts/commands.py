"""What people and machines ask of an incident; `alerts.incident.decide` answers with events.

Every command of a person carries `act`, an id made where the act was made (phone, page): the
same id gets the first answer again.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

import msgspec

from tocsin.core.detections import Kind
from tocsin.core.grids import Position, Tier
from tocsin.core.ids import AlarmId, DeviceId, GridCode, IncidentId, NoticeId, PersonId, PolicyId, ReportId
from tocsin.core.incidents import Basis, Grade, Lateness, Outcome, Readiness
from tocsin.core.responders import Channel


class _Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="command"):
    pass


class Open(_Command, frozen=True, kw_only=True, tag="open"):
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
    certified: bool = False
    """The source is trusted alone (certified smoke alarm): the policy may confirm automatically."""
    reason_code: str = ""
    figures: tuple[tuple[str, float], ...] = ()


class AttachAlarm(_Command, frozen=True, kw_only=True, tag="attach_alarm"):
    """Another alarm of the same happening; two agreeing sources may confirm it."""

    alarm: AlarmId
    device: DeviceId
    kind: Kind
    severity: float
    late: bool = False
    """A late alarm never confirms."""
    reason_code: str = ""
    figures: tuple[tuple[str, float], ...] = ()


class ClearAlarm(_Command, frozen=True, kw_only=True, tag="clear_alarm"):
    alarm: AlarmId


class AttachReport(_Command, frozen=True, kw_only=True, tag="attach_report"):
    report: ReportId


class Confirm(_Command, frozen=True, kw_only=True, tag="confirm"):
    """An operator says that it is real; the clocks start now."""

    grade: Grade | None = None
    """None keeps the proposed one."""


class Reject(_Command, frozen=True, kw_only=True, tag="reject"):
    """An operator says that it is nothing."""

    reason_code: str


class ChangeGrade(_Command, frozen=True, kw_only=True, tag="change_grade"):
    grade: Grade


class Activate(_Command, frozen=True, kw_only=True, tag="activate"):
    """An operator calls a tier now."""

    tier: Tier


class See(_Command, frozen=True, kw_only=True, tag="see"):
    """The call was opened on the phone."""

    person: PersonId


class Accept(_Command, frozen=True, kw_only=True, tag="accept"):
    """*Going.*"""

    person: PersonId


class Refuse(_Command, frozen=True, kw_only=True, tag="refuse"):
    person: PersonId
    reason_code: str


class Arrive(_Command, frozen=True, kw_only=True, tag="arrive"):
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


class RefuteArrival(_Command, frozen=True, kw_only=True, tag="refute_arrival"):
    """An operator says that the proof behind a tier's arrival does not hold."""

    tier: Tier
    reason_code: str


class CameraSees(_Command, frozen=True, kw_only=True, tag="camera_sees"):
    """A camera of the incident begins, or ceases, to see a person; proves an arrival that somebody declares."""

    device: DeviceId
    at: datetime
    gone: bool = False
    proof: str = ""
    """Id of the detection."""


class SayReal(_Command, frozen=True, kw_only=True, tag="say_real"):
    """From the scene: it is real; confirms."""

    person: PersonId


class SayNothingHere(_Command, frozen=True, kw_only=True, tag="say_nothing_here"):
    """From the scene: nothing here; rejects when proved, or when it matters little."""

    person: PersonId
    at: datetime | None = None
    basis: Basis = Basis.DECLARED
    """Proof that comes with the word, as in `Arrive`."""
    position: Position | None = None
    age_s: float | None = None
    mock: bool = False
    proof: str = ""


class AskHelp(_Command, frozen=True, kw_only=True, tag="ask_help"):
    person: PersonId


class ReportDone(_Command, frozen=True, kw_only=True, tag="report_done"):
    person: PersonId


class Close(_Command, frozen=True, kw_only=True, tag="close"):
    reason_code: str


class Merge(_Command, frozen=True, kw_only=True, tag="merge"):
    into: IncidentId


class AddNote(_Command, frozen=True, kw_only=True, tag="add_note"):
    """The words are stored first, in an erasable row; this refers to them."""

    note: str


class DeadlineReached(_Command, frozen=True, kw_only=True, tag="deadline_reached"):
    """The shell came back at the instant that `deadlines` named; a stale key decides to nothing."""

    key: str


class SettleNotice(_Command, frozen=True, kw_only=True, tag="settle_notice"):
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
)
