"""What a report is asked for, and what is left of it for one tier."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.support.figures import FakeFigures
from tests.unit.town.test_figure_rules import facts
from tocsin.core.clock import ManualClock
from tocsin.core.errors import Rejected
from tocsin.core.grids import Tier
from tocsin.core.ids import OrganisationCode
from tocsin.town.figure_model import Case, Part, Reason
from tocsin.town.figures import DIMENSIONS
from tocsin.town.periods import PeriodKind, parse
from tocsin.town.report_model import TABLES, Wanted, check_tables, chosen, of_tier, row_of
from tocsin.town.reporting import Reporting

MONTH = parse(PeriodKind.MONTH, "2026-10")


def test_tables_are_named_once_and_at_most_six() -> None:
    assert check_tables(["kind", "grid", "kind"]) == ("kind", "grid")
    for wrong in (["street"], [*TABLES]):
        with pytest.raises(Rejected, match="at most 6 of grid, class") as refused:
            check_tables(wrong)
        assert refused.value.code == "figures.by"
    assert set(TABLES) == {"grid", *DIMENSIONS}


def test_a_selection_takes_over_everything_that_was_chosen() -> None:
    wanted = Wanted(
        period=MONTH,
        scope="1.10",
        drill=True,
        kind="smoke",
        grade="II",
        source="video",
        matter="01",
        grid_class="hill",
        organisation=OrganisationCode("office"),
    )
    made = wanted.selection(MONTH.since, MONTH.until)
    for name in ("scope", "drill", "kind", "grade", "source", "matter", "grid_class", "organisation"):
        assert getattr(made, name) == getattr(wanted, name)
    assert (made.since, made.until) == (MONTH.since, MONTH.until)


async def test_a_report_of_one_tier_leaves_out_the_figures_of_others() -> None:
    reporting = Reporting(FakeFigures({}), ManualClock(datetime(2026, 11, 9, tzinfo=UTC)))
    report = await reporting.report(Wanted(period=MONTH, by=("kind",)))
    assert of_tier(report, None) is report
    village = of_tier(report, Tier.VILLAGE)
    for figures in (village.figures, village.previous.figures, village.year_before.figures):  # type: ignore[union-attr]
        names = {one.name for one in figures}
        assert {"on_scene_village", "closed", "reached_60s"} <= names
        assert not {"on_scene_city", "arrival_township"} & names


def test_cases_are_chosen_by_part_and_reason() -> None:
    cases = [Case(Part.HIT, Reason.ON_TIME), Case(Part.OUT, Reason.RUNNING), Case(Part.OUT, Reason.NO_LIMIT)]
    assert chosen(cases, None, None) == cases
    assert chosen(cases, Part.OUT, None) == cases[1:]
    assert chosen(cases, Part.OUT, "no_limit") == cases[2:]
    row = row_of(facts(), "1.10.101", cases)
    assert (row.incident, row.grid_path, row.cases, row.end) == ("i-1", "1.10.101", tuple(cases), None)
