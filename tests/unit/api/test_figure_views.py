"""What is sent is what the schemas say, byte for byte encoded once."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from tests.support.figures import FakeFigures
from tests.support.wild_logs import wild
from tocsin.api import figure_views as views
from tocsin.api.schemas.figures import ReportView, RowsView
from tocsin.core.clock import ManualClock
from tocsin.core.ids import GridCode, IncidentId, OrganisationCode
from tocsin.town.figure_catalogue import DEFINITIONS, definition
from tocsin.town.figure_ports import OpenItem
from tocsin.town.figure_words import REASONS, TABLES
from tocsin.town.periods import PeriodKind, parse
from tocsin.town.report_model import TABLES as ALL
from tocsin.town.report_model import Wanted
from tocsin.town.reporting import Reporting

OCTOBER = parse(PeriodKind.MONTH, "2026-10")
LOGS = {IncidentId(f"i-{n}"): wild(Random(n), f"i-{n}", OCTOBER.since, acts=12) for n in range(20)}
REPORTING = Reporting(FakeFigures(LOGS), ManualClock(OCTOBER.until + timedelta(days=3)))


async def test_a_report_is_sent_as_its_schema_describes_it() -> None:
    made = await REPORTING.report(Wanted(period=OCTOBER, by=ALL[:6]))
    shown = ReportView.model_validate_json(views.report(made))
    assert (shown.period.since, shown.period.until) == (OCTOBER.since, OCTOBER.until)
    assert [one.name for one in shown.figures] == [one.name for one in made.figures]
    for one, figure in zip(shown.figures, made.figures, strict=True):
        assert (one.numerator, one.denominator, one.value, one.low) == (
            figure.numerator,
            figure.denominator,
            figure.value,
            figure.low,
        )
        assert {str(k): v for k, v in one.excluded.items()} == figure.excluded
    assert set(shown.by) == set(ALL[:6])
    grid = shown.by["grid"].items[0]
    assert (grid.key, grid.name) == ("1", "grid 1")
    assert shown.compare.previous is not None
    assert shown.compare.previous.name == "2026-09"


async def test_rows_are_sent_as_their_schema_describes_them() -> None:
    for name in ("on_scene_village", "case_time", "on_time_handle"):
        made = await REPORTING.rows(definition(name), Wanted(period=OCTOBER), most=500)
        shown = RowsView.model_validate_json(views.rows(made))
        assert [row.incident for row in shown.rows] == [row.incident for row in made.rows]
        assert [[case.reason for case in row.cases] for row in shown.rows] == [
            [case.reason for case in row.cases] for row in made.rows
        ]


def test_definitions_explain_every_figure_table_and_reason() -> None:
    shown = views.definitions()
    assert [one.name for one in shown.items] == [one.name for one in DEFINITIONS]
    assert {one.code for one in shown.reasons} == set(REASONS)
    assert {one.code for one in shown.tables} == set(TABLES)
    assert {one.group for one in shown.items} == {one.code for one in shown.groups}


def test_an_open_item_is_shown_with_what_it_waits_for() -> None:
    now = OCTOBER.since
    item = OpenItem(
        incident=IncidentId("i-1"),
        state="dispatched",
        kind="other",
        grade="IV",
        source="citizen",
        grid=GridCode("101"),
        grid_name="东村",
        grid_path="1.10.101",
        opened=now,
        confirmed=None,
        matter="0101",
        matter_name="暴露垃圾",
        level="township",
        lead=OrganisationCode("office"),
        lead_name="综合执法队",
        stage="accept",
        stage_due=now,
        next_due=None,
        report_missing=False,
    )
    shown = views.open_item(item, overdue=True)
    assert (shown.stage, shown.stage_due, shown.lead_name, shown.overdue) == (
        *("accept", now, "综合执法队", True),
    )
