"""What people ask of an incident as a case: file, dispatch, take on, return, check, evaluate.

The commands of the closed loop beside those of the alarm (`alerts.commands`).  Who may give which stands
in `alerts.transitions`; words that go with one are stored first, in an erasable row, by the shell.
"""

from __future__ import annotations

from datetime import datetime

from tocsin.alerts.command import AnyCommand
from tocsin.core.ids import OrganisationCode, PersonId
from tocsin.core.incident_words import Grade, Service, UpStage
from tocsin.core.working_time import Terms


class Receive(AnyCommand, frozen=True, kw_only=True, tag="receive"):
    """The desk takes a report up (受理)."""


class File(AnyCommand, frozen=True, kw_only=True, tag="file"):
    """It is a case of the catalogue (立案); one without running clocks leaves the urgent track."""

    matter: str
    terms: Terms
    """Of the catalogue, as they are now."""
    grade: Grade | None = None
    """None keeps the proposed one."""


class Dispatch(AnyCommand, frozen=True, kw_only=True, tag="dispatch"):
    """Give it to an organisation (派遣)."""

    lead: OrganisationCode | None = None
    """None: the one that the route names."""
    partners: tuple[OrganisationCode, ...] = ()


class TakeOn(AnyCommand, frozen=True, kw_only=True, tag="take_on"):
    """The lead organisation takes it on (签收)."""

    organisation: OrganisationCode


class BeginWork(AnyCommand, frozen=True, kw_only=True, tag="begin_work"):
    """Somebody of the organisation is at work on it."""

    organisation: OrganisationCode


class FinishWork(AnyCommand, frozen=True, kw_only=True, tag="finish_work"):
    """An organisation says that its part is done (处置反馈)."""

    organisation: OrganisationCode


class Return(AnyCommand, frozen=True, kw_only=True, tag="return"):
    """The lead gives it back (退回)."""

    organisation: OrganisationCode
    reason_code: str


class Join(AnyCommand, frozen=True, kw_only=True, tag="join"):
    """Another organisation is to help the lead (协办)."""

    organisation: OrganisationCode


class HandUp(AnyCommand, frozen=True, kw_only=True, tag="hand_up"):
    """Give it to the next level (上报)."""

    reason_code: str


class AskExtension(AnyCommand, frozen=True, kw_only=True, tag="ask_extension"):
    """The lead asks for more time."""

    organisation: OrganisationCode
    until: datetime
    reason_code: str


class AnswerExtension(AnyCommand, frozen=True, kw_only=True, tag="answer_extension"):
    """Grant what was asked for, or do not."""

    granted: bool
    reason_code: str = ""


class Urge(AnyCommand, frozen=True, kw_only=True, tag="urge"):
    """Remind whom it waits on (催办)."""


class Supervise(AnyCommand, frozen=True, kw_only=True, tag="supervise"):
    """A leader looks on (督办)."""

    reason_code: str


class Check(AnyCommand, frozen=True, kw_only=True, tag="check"):
    """Find it done, or send it back (核查)."""

    passed: bool
    reason_code: str = ""
    """Why it is sent back."""


class Reopen(AnyCommand, frozen=True, kw_only=True, tag="reopen"):
    """Go on with one that had ended."""

    reason_code: str
    terms: Terms
    """Of its matter, or those for a case without one."""


class Transfer(AnyCommand, frozen=True, kw_only=True, tag="transfer"):
    """Call another service in; it stays ours until somebody closes it."""

    service: Service
    reason_code: str


class CallBack(AnyCommand, frozen=True, kw_only=True, tag="call_back"):
    """Note what somebody said when asked how it was dealt with (回访)."""

    reached: bool
    satisfaction: int | None = None
    """1 (very unsatisfied) to 5 (very satisfied)."""


class Evaluate(AnyCommand, frozen=True, kw_only=True, tag="evaluate"):
    """End its life (评价)."""

    score: int | None = None
    """0 to 100."""


class ReportUp(AnyCommand, frozen=True, kw_only=True, tag="report_up"):
    """Note that the level above was told (初报, 续报, 终报)."""

    stage: UpStage
    note: str = ""


class ConfirmGrade(AnyCommand, frozen=True, kw_only=True, tag="confirm_grade"):
    """Answer for the grade as a named person."""

    grade: Grade


class TickStep(AnyCommand, frozen=True, kw_only=True, tag="tick_step"):
    """Tick an item of the plan's checklist, or take the tick back."""

    step: str
    done: bool = True
    person: PersonId | None = None
    """Who did it, where it was somebody else."""
