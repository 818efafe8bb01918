"""What happens to an incident as a case: filed, dispatched, handled, checked, closed, evaluated.

The events of the closed loop beside those of the alarm (`core.incidents`).  Every limit is frozen in the
event that begins its stage, with the instant `warn` at which whoever it waits on is urged before: a calendar
that is changed later moves nothing that runs.
"""

from __future__ import annotations

from datetime import datetime

from tocsin.core.grids import Tier
from tocsin.core.ids import OrganisationCode, PersonId
from tocsin.core.incident_words import Event, Grade, Service, Stage, State, UpStage
from tocsin.core.working_time import Terms


class Received(Event, frozen=True, kw_only=True, tag="received"):
    """The desk has taken a report up (受理)."""


class Filed(Event, frozen=True, kw_only=True, tag="filed"):
    """It is a case of the catalogue (立案); without running clocks it goes the working-time track from here."""

    matter: str
    terms: Terms
    """Limits and calendar by which its stages are timed; frozen."""
    due: datetime | None = None
    """When it must be dispatched; None on the urgent track, or without a limit."""
    warn: datetime | None = None


class Routed(Event, frozen=True, kw_only=True, tag="routed"):
    """Who answers for it, frozen at confirmation or filing."""

    matter: str
    organisations: tuple[tuple[Tier, OrganisationCode], ...]
    """Of each tier that has one, nearest first."""
    beyond: bool = False
    """Beyond the authority of the lowest tier that would handle it: the next one up is called at once."""


class Dispatched(Event, frozen=True, kw_only=True, tag="dispatched"):
    """Given to an organisation (派遣); again after a return or a reopening."""

    lead: OrganisationCode
    partners: tuple[OrganisationCode, ...] = ()
    level: Tier
    """The level at which it is now dealt with."""
    due: datetime | None = None
    """When it must be taken on."""
    warn: datetime | None = None


class TakenOn(Event, frozen=True, kw_only=True, tag="taken_on"):
    """The lead organisation takes it on (签收)."""

    organisation: OrganisationCode
    due: datetime | None = None
    """When it must be handled."""
    warn: datetime | None = None


class WorkBegun(Event, frozen=True, kw_only=True, tag="work_begun"):
    """Somebody of the organisation is at work on it."""

    organisation: OrganisationCode


class WorkDone(Event, frozen=True, kw_only=True, tag="work_done"):
    """An organisation says that its part is done (处置反馈); the lead's word makes it *handled*."""

    organisation: OrganisationCode
    lead: bool
    due: datetime | None = None
    """When it must be checked; of the lead's word only."""
    warn: datetime | None = None


class Returned(Event, frozen=True, kw_only=True, tag="returned"):
    """The organisation gives it back with a reason (退回): it waits to be dispatched again."""

    organisation: OrganisationCode
    reason_code: str
    """`not_ours`, `wrong_place`, `lacks_information`, `duplicate`, `other`."""
    due: datetime | None = None
    warn: datetime | None = None


class PartnerJoined(Event, frozen=True, kw_only=True, tag="partner_joined"):
    """Another organisation helps the lead (协办)."""

    organisation: OrganisationCode


class HandedUp(Event, frozen=True, kw_only=True, tag="handed_up"):
    """Given to the next level with a reason (上报, 提级)."""

    level: Tier
    """The level that has it now."""
    was: Tier
    reason_code: str
    """`beyond_authority`, `beyond_means`, `cross_boundary`, `grade`."""
    due: datetime | None = None
    """When that level must have dispatched it; None on the urgent track."""
    warn: datetime | None = None


class ExtensionAsked(Event, frozen=True, kw_only=True, tag="extension_asked"):
    """The organisation asks for more time."""

    organisation: OrganisationCode
    until: datetime
    reason_code: str
    """`weather`, `materials`, `third_party`, `complex`, `other`."""


class ExtensionAnswered(Event, frozen=True, kw_only=True, tag="extension_answered"):
    """A named person grants more time, or does not."""

    granted: bool
    due: datetime
    """The limit that holds from now on."""
    warn: datetime | None = None
    reason_code: str = ""
    """When not granted: `not_needed`, `too_long`, `too_important`, `other`."""


class Urged(Event, frozen=True, kw_only=True, tag="urged"):
    """Whom it waits on is reminded (催办)."""

    stage: Stage
    step: int
    """1 for the first of this stage."""


class Supervised(Event, frozen=True, kw_only=True, tag="supervised"):
    """The limit has passed, or a leader wants to know (督办): the level above looks on."""

    stage: Stage
    step: int
    """1 for the first of this stage; those because of the limit are counted apart."""
    reason_code: str
    """`overdue` (by time alone), `important`, `complaint`, `repeated`."""


class Checked(Event, frozen=True, kw_only=True, tag="checked"):
    """A named person has found it done (核查)."""

    due: datetime | None = None
    """When it must be closed."""
    warn: datetime | None = None


class SentBack(Event, frozen=True, kw_only=True, tag="sent_back"):
    """It was not done as it should be (返工): the organisation goes on with it."""

    reason_code: str
    """`not_done`, `partly_done`, `wrong_thing`, `no_proof`, `unsatisfied`."""
    due: datetime | None = None
    """When it must be handled."""
    warn: datetime | None = None


class Reopened(Event, frozen=True, kw_only=True, tag="reopened"):
    """It had ended, wrongly or too early: it goes on."""

    was: State
    reason_code: str
    """`recurred`, `unsatisfied`, `wrongly_rejected`, `wrongly_merged`, `mistake`."""
    terms: Terms
    due: datetime | None = None
    warn: datetime | None = None


class TransferredOut(Event, frozen=True, kw_only=True, tag="transferred_out"):
    """Another service was called in (110, 119, 120, …); it stays ours until somebody closes it."""

    service: Service
    reason_code: str = ""
    """`their_task`, `reinforcement`, `asked_by_caller`."""


class CalledBack(Event, frozen=True, kw_only=True, tag="called_back"):
    """Somebody was asked how it was dealt with (回访)."""

    reached: bool
    satisfaction: int | None = None
    """1 (very unsatisfied) to 5 (very satisfied); None when not reached or not said."""
    step: int


class Evaluated(Event, frozen=True, kw_only=True, tag="evaluated"):
    """Its life is over (评价)."""

    satisfaction: int | None = None
    score: int | None = None
    """What a named person thinks of how it was dealt with, 0 to 100."""


class ReportedUp(Event, frozen=True, kw_only=True, tag="reported_up"):
    """A report to the level above was made; its words stand in an erasable row."""

    stage: UpStage
    note: str = ""
    """Id of the row that holds the words."""
    step: int = 1
    """Number among the follow-ups."""


class GradeConfirmed(Event, frozen=True, kw_only=True, tag="grade_confirmed"):
    """A named person answers for the grade that a rule proposed."""

    grade: Grade


class StepTicked(Event, frozen=True, kw_only=True, tag="step_ticked"):
    """An item of the plan's checklist was done, or was not after all."""

    step: str
    done: bool = True
    person: PersonId | None = None
    """Who did it, where it was somebody else than who ticked it."""
