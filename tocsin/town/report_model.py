"""A report: which period of which place, its figures, its tables, and what they are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from msgspec import structs

from tocsin.core.errors import Rejected
from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode, IncidentId, OrganisationCode
from tocsin.town.facts import End, Facts
from tocsin.town.figure_catalogue import DEFINITIONS
from tocsin.town.figure_model import Case, Figure, Part
from tocsin.town.figure_ports import Selection
from tocsin.town.figures import DIMENSIONS, Table
from tocsin.town.periods import Period

TABLES: Final = ("grid", *DIMENSIONS)
TABLES_MOST: Final = 6
"""Tables of one report; a report of everything by everything is several reports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a report is asked for."""

    period: Period
    scope: str = ""
    """Path of the grid that it speaks of; empty for everything."""
    by: tuple[str, ...] = ("grid",)
    drill: bool = False
    kind: str | None = None
    grade: str | None = None
    source: str | None = None
    matter: str | None = None
    grid_class: str | None = None
    organisation: OrganisationCode | None = None
    compare: bool = True

    def selection(self, since: datetime, until: datetime) -> Selection:
        """Give which incidents of a span it counts."""
        return Selection(
            since=since,
            until=until,
            scope=self.scope,
            drill=self.drill,
            kind=self.kind,
            grade=self.grade,
            source=self.source,
            matter=self.matter,
            grid_class=self.grid_class,
            organisation=self.organisation,
        )


def check_tables(by: Sequence[str]) -> tuple[str, ...]:
    """Check by what tables are asked for; raises `Rejected` (`figures.by`)."""
    unknown = [one for one in by if one not in TABLES]
    chosen = tuple(dict.fromkeys(by))
    if unknown or len(chosen) > TABLES_MOST:
        raise Rejected(
            "figures.by",
            f"no table is by {', '.join(one[:40] for one in unknown) or len(chosen)}: "
            f"name at most {TABLES_MOST} of {', '.join(TABLES)}",
        )
    return chosen


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """The same figures of another period."""

    name: str
    since: datetime
    until: datetime
    cut: bool
    """Only as much of it as has passed of the period that is still running."""
    figures: tuple[Figure, ...]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One report."""

    kind: str
    name: str
    since: datetime
    until: datetime
    running: bool
    """The period is not over: its figures will change."""
    made: datetime
    scope: str
    scope_name: str
    """Empty for everything."""
    drill: bool
    filters: dict[str, str]
    """What else was chosen."""
    incidents: int
    left_out: dict[str, int]
    """Drills and tests of the period: they count in nothing."""
    figures: tuple[Figure, ...]
    tables: tuple[Table, ...] = ()
    names: dict[str, dict[str, str]] = {}
    """Dimension → key → name."""
    previous: Compared | None = None
    year_before: Compared | None = None


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One incident behind a figure, and how it counts."""

    incident: IncidentId
    opened: datetime
    kind: str
    grade: str
    grid: GridCode
    grid_path: str
    grid_name: str = ""
    end: End | None
    """None while it is open."""
    cases: tuple[Case, ...]


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """A page of what stands behind a figure."""

    figure: Figure
    """Over all rows of the selection, on whatever page."""
    rows: tuple[Row, ...]
    next: str | None
    """Where the next page begins; None after the last."""


def row_of(facts: Facts, path: str, cases: Sequence[Case]) -> Row:
    """Give the row of an incident."""
    return Row(
        incident=facts.incident,
        opened=facts.opened,
        kind=facts.kind,
        grade=facts.grade,
        grid=facts.grid,
        grid_path=path,
        end=facts.end,
        cases=tuple(cases),
    )


def chosen(cases: Sequence[Case], part: Part | None, reason: str | None) -> list[Case]:
    """Give the cases of a part or a reason."""
    return [
        case
        for case in cases
        if (part is None or case.part is part) and (reason is None or case.reason == reason)
    ]


def of_tier(report: Report, tier: Tier | None) -> Report:
    """Leave out the figures that speak of another tier; None leaves nothing out."""
    if tier is None:
        return report
    others = {one.name for one in DEFINITIONS if one.tier is not None and one.tier is not tier}

    def without(compared: Compared | None) -> Compared | None:
        if compared is None:
            return None
        kept = tuple(one for one in compared.figures if one.name not in others)
        return structs.replace(compared, figures=kept)

    return structs.replace(
        report,
        figures=tuple(one for one in report.figures if one.name not in others),
        tables=tuple(
            structs.replace(
                table,
                groups=tuple(
                    structs.replace(
                        group,
                        figures={name: one for name, one in group.figures.items() if name not in others},
                    )
                    for group in table.groups
                ),
            )
            for table in report.tables
        ),
        previous=without(report.previous),
        year_before=without(report.year_before),
    )
