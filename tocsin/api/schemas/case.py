"""What people ask of an incident as a case, and how it stands as one.

Reason codes are closed lists, the same as in `core.work_events`; words that go with one are `note`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from tocsin.alerts.waiting import What
from tocsin.api.schemas.base import Act, Schema
from tocsin.core.grids import Tier
from tocsin.core.incidents import Grade, Service, Stage, UpStage

Words = Annotated[str, StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True)]
MatterCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}([0-9]{2}){0,2}$")]
"""Code of a matter of the catalogue: 4, 6 or 8 digits."""
OrganisationName = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^./\s]+$")]
"""Code of an organisation."""
StepName = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")]


class CaseBody(Schema):
    """A move that needs nothing else."""

    act: Act
    """Id of this act, made by the page; the same id is answered once."""
    seen: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """Version of the incident that the page shows: refused when another person has acted since."""


class NotedBody(CaseBody):
    """A move with words for the log, which stand in an erasable row."""

    note: Words | None = None
    """In one's own words, at most 2,000 characters."""


class OwnBody(NotedBody):
    """A move of an organisation: a department's account speaks for its own."""

    organisation: OrganisationName | None = None
    """Operators: which organisation told them, with a `note` of how. Departments leave it out."""


class FileBody(NotedBody):
    """It is a case of the catalogue (立案)."""

    matter: MatterCode
    """Which one."""
    grade: Grade | None = None
    """Severity as judged; absent keeps the proposed one."""


class DispatchBody(NotedBody):
    """Give it to an organisation (派遣)."""

    lead: OrganisationName | None = None
    """Who leads; absent takes the one that the route names."""
    partners: list[OrganisationName] = Field(default_factory=list, max_length=12)
    """Who helps."""


class ReturnBody(OwnBody):
    """The organisation gives it back (退回)."""

    reason: Literal["not_ours", "wrong_place", "lacks_information", "duplicate", "other"]
    """Why."""


class JoinBody(NotedBody):
    """Another organisation is to help (协办)."""

    organisation: OrganisationName
    """Which one."""


class HandUpBody(NotedBody):
    """Give it to the next level (上报)."""

    reason: Literal["beyond_authority", "beyond_means", "cross_boundary", "grade"]
    """Why."""


class AskExtensionBody(OwnBody):
    """The organisation asks for more time."""

    until: AwareDatetime
    """Until when, with offset."""
    reason: Literal["weather", "materials", "third_party", "complex", "other"]
    """Why."""


class AnswerExtensionBody(NotedBody):
    """Grant what was asked for, or do not."""

    granted: bool
    """Whether it is granted."""
    reason: Literal["not_needed", "too_long", "too_important", "other"] | None = None
    """Why not; needed when it is not granted."""


class SuperviseBody(NotedBody):
    """A leader looks on (督办)."""

    reason: Literal["important", "complaint", "repeated"]
    """Why."""


class CheckBody(NotedBody):
    """Find it done, or send it back (核查)."""

    passed: bool
    """Whether it is done as it should be."""
    reason: Literal["not_done", "partly_done", "wrong_thing", "no_proof", "unsatisfied"] | None = None
    """Why it is sent back; needed when it is."""


class ReopenBody(NotedBody):
    """Go on with one that had ended."""

    reason: Literal["recurred", "unsatisfied", "wrongly_rejected", "wrongly_merged", "mistake"]
    """Why."""


class TransferBody(NotedBody):
    """Call another service in; it stays ours until somebody closes it."""

    service: Service
    """Which one."""
    reason: Literal["their_task", "reinforcement", "asked_by_caller"]
    """Why."""


class CallBackBody(NotedBody):
    """Somebody was asked how it was dealt with (回访)."""

    reached: bool
    """Whether they answered."""
    satisfaction: Annotated[int, Field(ge=1, le=5)] | None = None
    """1 (very unsatisfied) to 5 (very satisfied), if they said."""


class EvaluateBody(NotedBody):
    """End its life (评价)."""

    score: Annotated[int, Field(ge=0, le=100)] | None = None
    """What the operator thinks of how it was dealt with, 0 to 100."""


class ReportUpBody(CaseBody):
    """The level above was told (初报, 续报, 终报)."""

    stage: UpStage
    """First, further or last."""
    words: Words
    """What was told, at most 2,000 characters."""


class ConfirmGradeBody(NotedBody):
    """Answer for the grade as a named person."""

    grade: Grade
    """The grade."""


class TickBody(CaseBody):
    """An item of the plan's checklist was done, or was not after all."""

    step: StepName
    """Id of the item."""
    done: bool = True
    """Whether it is done."""


class LeadView(Schema):
    """An organisation, by code and name."""

    code: str
    """Its code."""
    name: str
    """Its name; empty when it is not known any more."""


class WorkView(Schema):
    """An incident as a case: from filing on."""

    matter: str
    """Code of the catalogue."""
    matter_name: str
    """Its name; empty when it is not known any more."""
    level: Tier | None
    """The level that deals with it now; absent before the first dispatch."""
    lead: LeadView | None
    """Who leads."""
    partners: list[LeadView]
    """Who helps."""
    done: list[str]
    """Codes of organisations that have said that their part is done."""
    stage: Stage | None
    """What it waits for on the working-time track; absent on the urgent one and after the end."""
    since: datetime
    """When the stage began."""
    due: datetime | None
    """When it must be over; absent without a limit."""
    left_minutes: int | None
    """Working time until then, whole minutes, 0 once it has passed; absent without a limit."""
    extension: datetime | None
    """The end that was asked for and not answered yet."""
    extensions: int
    """How often more time was granted."""
    urged: int
    """How often this stage was urged."""
    supervised: int
    """How often this stage was supervised."""
    returns: int
    """How often it was given back."""
    reworks: int
    """How often it was sent back after a check."""


class RouteView(Schema):
    """Who answers for it at one tier, frozen at confirmation or filing."""

    tier: Tier
    """The tier."""
    organisation: str
    """Code of the organisation."""
    name: str
    """Its name."""


class PlanStepView(Schema):
    """One item of the plan's checklist."""

    id: str
    """Id of the item."""
    text: str
    """What is to be done, in Chinese."""
    text_en: str
    """The same in English."""
    tier: Tier | None
    """Whose it is; absent for the desk's."""
    done: bool
    """Whether it was ticked."""


class PlanView(Schema):
    """The plan (预案) for this kind of happening, as a checklist."""

    title: str
    """Its title in Chinese."""
    title_en: str
    """The same in English."""
    steps: list[PlanStepView]
    """The items in order."""


class ReportedUpView(Schema):
    """A report to the level above that was made."""

    stage: UpStage
    """First, further or last."""
    at: datetime
    """When."""


class ReportDueView(Schema):
    """A report to the level above that must be made."""

    stage: UpStage
    """First, further or last."""
    due: datetime
    """Until when."""


class WaitingView(Schema):
    """Somebody whom the incident waits on."""

    who: str
    """`desk`, `leader`, `organisation:<code>` or `tier:<tier>`."""
    what: What
    """What is waited for."""
    since: datetime
    """Since when."""
    due: datetime | None
    """Until when; absent without a limit."""


class CaseView(Schema):
    """How an incident stands as a case, and what the reader may do with it now."""

    work: WorkView | None
    """Its life as a case; absent until it is filed."""
    route: list[RouteView]
    """Who answers for it, nearest tier first."""
    beyond: bool
    """Beyond the authority of the lowest tier that would handle it."""
    grade_by: str | None
    """Id of the person who answers for the grade; absent while only a rule has proposed it."""
    plan: PlanView | None
    """The plan that is bound to it."""
    reported_up: list[ReportedUpView]
    """Reports to the level above, in order."""
    reports_due: list[ReportDueView]
    """Reports to the level above that are due, soonest first."""
    waits_on: list[WaitingView]
    """Whom it waits on; never empty while it is open."""
    moves: list[str]
    """What the reader may do now, by the tag of the command: `file`, `dispatch`, `check`."""
    transferred: list[Service]
    """Services that were called in."""
    called_back: int
    """How often somebody tried to call back."""
    satisfaction: int | None
    """1 to 5, as said last when called back."""
    reopened: int
    """How often it was reopened."""
    exercise: str
    """The exercise that a drill belongs to; empty for none."""
    participants: list[str]
    """For a drill: ids of those whom alone it may call."""
