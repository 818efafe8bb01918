"""Evaluation of grid staff and points.

Codes for the console: `Indicator` (`sign_in`, `upkeep`, `report`, `patrol`, `handling`), `EntryKind`
(`award`, `redemption`, `correction`); refusals begin with `scores.`, `score.`, `weights.`, `contest.`,
`month.`, `points.`, `tag.`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from tocsin.api.schemas.base import Act, Identifier, Schema
from tocsin.town.evaluation import FULL_MAX, POINTS, Indicator
from tocsin.town.points import POINTS_MAX, EntryKind

Month = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}$", max_length=7)]
Quarter = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-Q[1-4]$", max_length=7)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
GridName = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^./\s]+$")]


class WeightView(Schema):
    """What one indicator is worth."""

    indicator: Indicator
    """Which one."""
    points: Annotated[int, Field(ge=0, le=POINTS)]
    """Points of a full month; all five together are 100."""
    full: Annotated[int, Field(ge=1, le=FULL_MAX)]
    """So many rows in a month earn all of them; fewer earn a part, more earn no more."""


class WeightList(Schema):
    """The formula: points × the smaller of rows and full ÷ full, added up over the indicators."""

    items: list[WeightView]
    """One for each indicator."""


class WeightsBody(Schema):
    """Other weights for a grid and what lies below; what is published stays as it is."""

    act: Act
    """Id of this act."""
    grid: GridName
    """Code of the grid."""
    items: Annotated[list[WeightView], Field(min_length=5, max_length=5)]
    """One for each indicator; the points must be 100 together."""


class PartView(Schema):
    """What one indicator brought."""

    indicator: Indicator
    """Which one."""
    count: int
    """How many rows it had."""
    points: float
    """What they earned, rounded down to a hundredth."""


class ScoreView(Schema):
    """One member's month."""

    person: str
    """Id of the member."""
    person_name: str
    """Their name."""
    grid: str
    """Their grid."""
    grid_name: str
    """Its name."""
    grid_class: str = Field(serialization_alias="class")
    """Class of the grid at the end of the month; empty for none."""
    total: float
    """Points, 0 to 100."""
    rank: int | None
    """Rank within the class; equal totals share it. Absent for one's own score that is not published yet."""
    among: int | None
    """How many of the class were scored."""
    parts: list[PartView]
    """What each indicator brought."""


class PublishedView(Schema):
    """When and by whom it was published."""

    at: datetime
    """When."""
    by: str
    """Id of who published it."""
    grid: str
    """For this grid and what lies below: ranks are within it."""


class ScoreList(Schema):
    """Scores of a month by class and rank; a responder's own alone."""

    month: str
    """`2026-10`."""
    published: PublishedView | None
    """Absent while they may still change."""
    formula: list[WeightView]
    """How they were made."""
    items: list[ScoreView]
    """The members."""


class ActView(Schema):
    """One row behind a score."""

    indicator: Indicator
    """What it counts for."""
    at: datetime
    """When."""
    subject: str
    """What it was done to: `incident:<id>`, `tag:<id>`, `grid:<code>`, `person:<id>`, `key_place:<id>`, or a day."""


class ScoreRows(Schema):
    """One member's month with all that makes it."""

    month: str
    """`2026-10`."""
    published: PublishedView | None
    """Absent while it may still change; rows of a published month are those that there are now."""
    formula: list[WeightView]
    """How it was made."""
    score: ScoreView
    """The score."""
    items: list[ActView]
    """The rows, oldest first; at most 2000."""


class PublishBody(Schema):
    """Publish a month's scores, once."""

    act: Act
    """Id of this act."""
    grid: GridName
    """For this grid and what lies below."""
    month: Month
    """`2026-10`; it must be over."""


class ContestBody(Schema):
    """Fix a quarter's contest, once."""

    act: Act
    """Id of this act."""
    grid: GridName
    """Among the grids below this one."""
    quarter: Quarter
    """`2026-Q4`; its three months must be published."""


class StandingMonthView(Schema):
    """One month of a grid."""

    month: date
    """Its first day."""
    members: int
    """How many members were scored."""
    total: float
    """Sum of their points."""


class StandingView(Schema):
    """How a grid came out."""

    grid: str
    """Code of the grid."""
    grid_name: str
    """Its name."""
    grid_class: str = Field(serialization_alias="class")
    """Its class: grids are compared within it."""
    total: float
    """Mean of its members' monthly points."""
    rank: int
    """All with rank 1 have won."""
    months: list[StandingMonthView]
    """What it was made of."""


class ContestView(Schema):
    """A quarter's contest as it was fixed."""

    id: str
    """Id of the contest."""
    grid: str
    """Among the grids below this one."""
    quarter: str
    """`2026-Q4`."""
    fixed: datetime
    """When."""
    fixed_by: str
    """Id of who fixed it."""
    items: list[StandingView]
    """The first twenty of each class, best first."""


class ContestList(Schema):
    """Contests, newest first."""

    items: list[ContestView]
    """The contests."""


class PatrolBody(Schema):
    """Check in at a place by its code; where somebody was in between is not asked."""

    act: Act
    """Id of this act."""
    tag: Annotated[str, StringConstraints(min_length=16, max_length=300, pattern=r"^[!-~]+$")]
    """What the code at the place says: its address, or what stands behind the last `/` of it."""


class PatrolView(Schema):
    """Where somebody checked in; the same place again on the same day is no second row."""

    name: str
    """Name of the place."""
    grid: str
    """Its grid."""


class CategoryView(Schema):
    """For what points are given."""

    code: str
    """Stable."""
    zh: str
    """In Chinese."""
    en: str
    """In English."""


class EntryView(Schema):
    """One line of the ledger."""

    id: str
    """Id of the entry."""
    holder: str
    """Whose points they are."""
    kind: EntryKind
    """What it is."""
    category: str | None
    """For what; absent for a redemption."""
    points: int
    """Below 0 where they were spent or taken back."""
    reason: str
    """Why."""
    source: str
    """What it is for: an incident, a report, or words."""
    corrects: str | None
    """The entry that this one puts right."""
    made: datetime
    """When it was entered."""
    made_by: str
    """By whom."""
    granted: bool | None
    """Absent while nobody has answered; a redemption needs no answer."""
    answered: datetime | None
    """When it was answered."""
    answered_by: str | None
    """By whom."""


class EntryList(Schema):
    """Entries, newest first."""

    items: list[EntryView]
    """The entries."""
    categories: list[CategoryView]
    """All categories, in order."""


class PointsBody(Schema):
    """Ask for points for somebody, or put an entry right; somebody else must grant it."""

    act: Act
    """Id of this act."""
    holder: Identifier
    """Whose points."""
    category: Annotated[str, StringConstraints(max_length=32, pattern=r"^[a-z_]+$")] | None = None
    """For what; left out when an entry is put right."""
    points: Annotated[int, Field(ge=1, le=POINTS_MAX)] | None = None
    """How many; left out when an entry is put right: all of it is taken back."""
    reason: Words
    """Why."""
    source: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    """What it is for: an incident, a report, or words."""
    corrects: Annotated[str, StringConstraints(max_length=64, pattern=r"^[A-Za-z0-9._-]+$")] | None = None
    """The entry to take back."""


class ApprovalBody(Schema):
    """Grant an entry that waits, or refuse it."""

    act: Act
    """Id of this act."""
    granted: bool = True
    """False refuses."""


class RedemptionBody(Schema):
    """Hand something out for somebody's points."""

    act: Act
    """Id of this act."""
    holder: Identifier
    """Whose points."""
    points: Annotated[int, Field(ge=1, le=POINTS_MAX)]
    """How many it costs."""
    reason: Words
    """What was handed out."""
    source: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    """Where."""


class BalanceView(Schema):
    """What somebody may spend."""

    holder: str
    """Whose."""
    points: int
    """How many."""
