"""Files open again with the same numbers, say what they are of, and never become formulas."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from msgspec import structs
from openpyxl import load_workbook

from tests.support.figures import FakeFigures
from tests.support.wild_logs import wild
from tocsin.core.clock import ManualClock
from tocsin.core.ids import IncidentId
from tocsin.town.figure_catalogue import DEFINITIONS
from tocsin.town.figure_words import Language
from tocsin.town.periods import PeriodKind, parse
from tocsin.town.report_model import Report, Wanted
from tocsin.town.reporting import Reporting
from tocsin.town.workbook import csv_file, local, safe, xlsx_file

OCTOBER = parse(PeriodKind.MONTH, "2026-10")
LOGS = {IncidentId(f"i-{n}"): wild(Random(n), f"i-{n}", OCTOBER.since, acts=12) for n in range(25)}
EVIL = '=HYPERLINK("http://x","y")'


@pytest.fixture
async def report() -> Report:
    reporting = Reporting(FakeFigures(LOGS), ManualClock(OCTOBER.until + timedelta(days=9)))
    made = await reporting.report(Wanted(period=OCTOBER, scope="1", by=("grid", "kind"), grade=None))
    return structs.replace(made, left_out={"drill": 2, "test": 1})


def sheets(content: bytes) -> dict[str, list[tuple[Any, ...]]]:
    book = load_workbook(io.BytesIO(content))
    return {name: list(book[name].iter_rows(values_only=True)) for name in book.sheetnames}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_workbook_opens_again_with_the_same_numbers(report: Report, language: Language) -> None:
    found = sheets(xlsx_file(report, language))
    names = (
        ("说明", "指标", "网格", "事件类型", "口径")
        if language == "zh"
        else (*("About", "Figures", "Grid", "Kind", "Definitions"),)
    )
    assert tuple(found) == names
    _, *rows = found[names[1]]
    by_name = {row[0]: row for row in rows}
    for figure in report.figures:
        row = by_name[figure.name]
        assert row[3] == pytest.approx(figure.value) if figure.value is not None else row[3] is None
        assert row[4:6] == (figure.numerator, figure.denominator)
        assert row[6] == (pytest.approx(figure.low) if figure.low is not None else None)
    heads, *groups = found[names[3]]
    assert {row[0]: row[2] for row in groups} == {
        group.key: group.incidents for group in report.tables[1].groups
    }
    place = [str(head) for head in heads].index("结案率 分子" if language == "zh" else "Closed numerator")
    assert {row[0]: row[place] for row in groups} == {
        group.key: group.figures["closed"].numerator if "closed" in group.figures else None
        for group in report.tables[1].groups
    }
    assert [row[0] for row in found[names[4]][1:]] == [one.name for one in DEFINITIONS]


def test_a_workbook_says_of_what_it_is_and_what_was_left_out(report: Report) -> None:
    told = {row[0]: row[1] for row in sheets(xlsx_file(report))["说明"]}
    assert told["统计周期"] == "2026-10"
    assert (told["起"], told["止"]) == ("2026-10-01 00:00", "2026-11-01 00:00")
    assert told["范围"] == "grid 1 1"
    assert told["未计入"] == "演练 2；测试 1"
    assert told["状态"] == "已结束"
    assert told["上期"].startswith("2026-09 ")


def test_the_wall_clock_is_the_towns() -> None:
    assert local(OCTOBER.since) == "2026-10-01 00:00"


def test_lines_hold_every_figure_of_every_table_with_period_and_place(report: Report) -> None:
    content = csv_file(report)
    assert content.startswith(b"\xef\xbb\xbf"), "spreadsheets take it for another encoding else"
    heads, *lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    rows = [dict(zip(heads, line, strict=True)) for line in lines]
    total = [row for row in rows if row["表"] == "合计"]
    assert [row["指标"] for row in total] == [figure.name for figure in report.figures]
    for row, figure in zip(total, report.figures, strict=True):
        assert (int(row["分子"]), int(row["分母"])) == (figure.numerator, figure.denominator)
    count = sum(len(group.figures) for table in report.tables for group in table.groups)
    assert len(rows) == count + len(report.figures)
    assert {row["统计周期"] for row in rows} == {"2026-10"}
    assert {row["范围"] for row in rows} == {"grid 1 1"}


def evil(report: Report) -> Report:
    """Give the same report of places with names that somebody chose with care."""
    names = {key: f"{EVIL}\x07{key}" for key in report.names["grid"]}
    return structs.replace(report, scope_name=EVIL, names=report.names | {"grid": names})


def test_a_name_never_becomes_a_formula_in_a_workbook(report: Report) -> None:
    book = load_workbook(io.BytesIO(xlsx_file(evil(report))))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert [cell for cell in cells if cell.data_type == "f"] == []
    (name,) = [
        cell for cell in cells if cell.value and str(cell.value).startswith("=") and "x" in str(cell.value)
    ][:1]
    assert name.quotePrefix
    assert "\x07" not in str(name.value)


def test_a_name_never_becomes_a_formula_in_lines(report: Report) -> None:
    rows = list(csv.reader(io.StringIO(csv_file(evil(report)).decode("utf-8-sig"))))
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@", "\t"))]
    assert any(cell.startswith("'=HYPERLINK") for row in rows for cell in row)


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx", "＝1"])
def test_what_a_spreadsheet_would_count_is_marked(text: str) -> None:
    assert safe(text) == f"'{text}"


def test_numbers_and_plain_words_stay_as_they_are() -> None:
    for plain in ("东门", "", 0, -1.5, None, True):
        assert safe(plain) == plain


def test_a_report_that_runs_says_so(report: Report) -> None:
    told = {
        row[0]: row[1] for row in sheets(xlsx_file(structs.replace(report, running=True, drill=True)))["说明"]
    }
    assert told["状态"] == "进行中；仅演练"


def test_groups_that_were_left_out_are_said(report: Report) -> None:
    grid = structs.replace(report.tables[0], left_out=7)
    found = sheets(xlsx_file(structs.replace(report, tables=(grid,))))
    assert found["网格"][-1][0] == "另有 7 组未列出"
