"""Figures of a period, the incidents behind each, their definitions, and what is open."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from tocsin.api.schemas.base import Schema
from tocsin.core.detections import Kind
from tocsin.core.grids import Tier
from tocsin.core.incidents import Grade, Source, Stage, State
from tocsin.town.facts import End
from tocsin.town.figure_model import Better, Part, Reason, Unit
from tocsin.town.periods import PeriodKind


class FigureView(Schema):
    """One figure."""

    name: str
    """As in the definitions."""
    unit: Unit
    """`share` (0 to 1), `seconds` or `count`."""
    numerator: int
    """Cases in the numerator; of a time those that ended."""
    denominator: int
    """Cases counted."""
    value: float | None
    """Share, median or count; null of nothing, and for a median where most never ended."""
    low: float | None
    """Lower Wilson bound of a share, 95 %."""
    high: float | None
    """Upper Wilson bound of a share, 95 %."""
    p50: float | None
    """Median of a time, seconds: the nearest rank."""
    p90: float | None
    """Time within which nine of ten ended, seconds: the nearest rank."""
    p50_never: bool
    """More than half never ended: there is no median."""
    p90_never: bool
    """More than a tenth never ended."""
    few: bool
    """Fewer than 30 cases: look at the bounds."""
    excluded: dict[Reason, int]
    """Cases left out, by reason."""
    counted: dict[Reason, int]
    """Cases in the denominator, by reason."""
    details: dict[str, int]
    """What else tells counted cases apart: causes of misses, marks, levels."""


class PeriodView(Schema):
    """Of when a report is."""

    kind: PeriodKind
    """How long."""
    name: str
    """`2026-10-05`, `2026-W41`, `2026-10`, `2026-Q4`, `2026`."""
    since: datetime = Field(alias="from")
    """Its first instant; days begin at midnight in Asia/Shanghai."""
    until: datetime
    """The first instant after it."""
    running: bool
    """It is not over: its figures will change."""
    made: datetime
    """When the figures were counted."""


class ScopeView(Schema):
    """Of where a report is."""

    path: str
    """Path of the grid; empty for everything."""
    name: str
    """Its name."""


class GroupView(Schema):
    """One row of a table."""

    key: str
    """Code of the grid, matter, kind …; empty for incidents that have none."""
    name: str
    """Its name, where it has one."""
    incidents: int
    """Incidents in it; all groups of a table together are all incidents of the report."""
    figures: list[FigureView]
    """Those that have something to say of it."""


class TableView(Schema):
    """All groups of one dimension."""

    items: list[GroupView]
    """By key."""
    left_out: int
    """Further groups beyond 2,000, those with the fewest incidents."""


class ComparedView(Schema):
    """The same figures of another period."""

    name: str
    """Which."""
    since: datetime = Field(alias="from")
    """Its first instant."""
    until: datetime
    """The first instant that is not counted."""
    cut: bool
    """Only as much of it as has passed of the period that is still running."""
    figures: list[FigureView]
    """All figures."""


class CompareView(Schema):
    """With what figures are compared."""

    previous: ComparedView | None
    """The period before; null when it was not asked for."""
    year_before: ComparedView | None
    """The same period a year earlier; null where there is none (29 February, a 53rd week)."""


class ReportView(Schema):
    """Figures of one period of one place."""

    period: PeriodView
    """Of when."""
    scope: ScopeView
    """Of where."""
    drill: bool
    """Of drills, and of nothing else."""
    filters: dict[str, str]
    """What else was chosen."""
    incidents: int
    """Incidents opened in the period, without those left out."""
    left_out: dict[str, int]
    """`drill`, `test`: they count in nothing."""
    figures: list[FigureView]
    """In the order of the definitions."""
    by: dict[str, TableView]
    """Tables by what was asked for."""
    compare: CompareView
    """Other periods."""


class CaseView(Schema):
    """How one thing of an incident counts."""

    part: Part
    """`numerator` (and denominator), `denominator` alone, or `excluded`."""
    reason: Reason
    """Why."""
    seconds: float | None
    """For a time: how long; null when it never ended."""
    detail: str
    """The cause of a miss, a mark, a level."""


class RowView(Schema):
    """One incident behind a figure."""

    incident: str
    """Its id."""
    opened: datetime
    """When it was opened."""
    kind: Kind
    """What."""
    grade: Grade
    """How grave."""
    grid: str
    """Where, as the code was then."""
    grid_path: str
    """Path of the grid when it was opened."""
    grid_name: str
    """Its name now."""
    end: End | None
    """How it ended; null while it is open."""
    cases: list[CaseView]
    """What of it counts, and why."""


class RowsView(Schema):
    """A page of what stands behind a figure."""

    figure: FigureView
    """Over all rows of the selection, whatever page this is."""
    rows: list[RowView]
    """In order of opening."""
    next: str | None
    """Give it back as `after` for the next page; null after the last."""


class WordsView(Schema):
    """A figure explained in one language."""

    title: str
    """What it is called."""
    numerator: str
    """What is in the numerator; of a time what is measured."""
    denominator: str
    """What is in the denominator."""
    excluded: str
    """What is left out."""


class DefinitionView(Schema):
    """A figure explained."""

    name: str
    """Stable."""
    group: str
    """The part of a report that it stands in."""
    unit: Unit
    """What its value is."""
    better: Better
    """Which way its value is good."""
    tier: Tier | None
    """The tier that it speaks of."""
    zh: WordsView
    """Chinese."""
    en: WordsView
    """English."""


class NamedView(Schema):
    """A code in words."""

    code: str
    """Stable."""
    zh: str
    """Chinese."""
    en: str
    """English."""


class DefinitionList(Schema):
    """All figures, and the words of reports."""

    items: list[DefinitionView]
    """In the order of reports."""
    groups: list[NamedView]
    """Parts of a report."""
    tables: list[NamedView]
    """What tables may be by."""
    reasons: list[NamedView]
    """Why cases count, or do not."""


class OpenItemView(Schema):
    """One incident that waits on somebody."""

    incident: str
    """Its id."""
    state: State
    """Where it stands."""
    kind: Kind
    """What."""
    grade: Grade
    """How grave."""
    source: Source
    """From where it was heard of."""
    grid: str
    """Where."""
    grid_name: str
    """Where, in words."""
    grid_path: str
    """Path of the grid when it was opened."""
    opened: datetime
    """When it was opened."""
    confirmed: datetime | None
    """When it was confirmed."""
    matter: str
    """Code of the catalogue, or empty."""
    matter_name: str
    """Its name."""
    level: Tier | None
    """The level that deals with it as a case."""
    lead: str | None
    """The organisation that leads."""
    lead_name: str
    """Its name."""
    stage: Stage | None
    """What it waits for on the working-time track."""
    stage_due: datetime | None
    """Until when."""
    next_due: datetime | None
    """When the system comes back to it by itself."""
    overdue: bool
    """Its stage has overstepped its limit."""
    report_missing: bool
    """Confirmed as grade I to III, and nobody above was told."""


class OpenItemList(Schema):
    """What is open, by grid, oldest first."""

    open: int
    """All of the scope."""
    overdue: int
    """Of these overdue."""
    report_missing: int
    """Of these grave and not reported up."""
    items: list[OpenItemView]
    """This page."""
    next: str | None
    """Give it back as `after` for the next page; null after the last."""
