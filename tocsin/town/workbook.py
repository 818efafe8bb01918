"""A report as a spreadsheet: XLSX with a sheet per table and one of definitions, CSV with a line per figure.

Every file says of which period and place it is, what was chosen and what was left out. A text that a
spreadsheet would take for a formula is written as text: names of places and devices come from people.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, TypeAlias

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from tocsin.core.working_time import LOCAL
from tocsin.town.figure_catalogue import BY_NAME, DEFINITIONS, GROUPS
from tocsin.town.figure_model import Figure, Unit
from tocsin.town.figure_words import BETTER, LEFT_OUT, TABLES, UNITS, Language, pick, reasons
from tocsin.town.figures import Table
from tocsin.town.report_model import Report

Cell: TypeAlias = str | int | float | bool | None

_RISKY: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "|", "%")
_FORMATS: Final = {Unit.SHARE: "0.0%", Unit.SECONDS: "0.0", Unit.COUNT: "0"}
_SHEET_NAME_MAX: Final = 31
_HEADS: Final = {
    "zh": (
        *("表", "分组", "分组名称", "指标", "指标名称", "单位", "值", "分子", "分母"),
        *("下限 95%", "上限 95%", "P50 秒", "P90 秒", "样本少", "计入", "剔除", "上期", "去年同期"),
    ),
    "en": (
        *("table", "group", "group name", "figure", "title", "unit", "value", "numerator", "denominator"),
        *("low 95 %", "high 95 %", "p50 s", "p90 s", "few", "counted", "excluded", "previous", "year before"),
    ),
}
_TITLES: Final = {
    "zh": (
        *("统计周期", "起", "止", "状态", "范围", "筛选"),
        *("事件数", "未计入", "生成时间", "上期", "去年同期"),
    ),
    "en": (
        *("Period", "From", "Until", "State", "Place", "Chosen"),
        *("Incidents", "Left out", "Made", "Previous", "Year before"),
    ),
}


def csv_file(report: Report, language: Language = "zh") -> bytes:
    """Write every figure of every table as one line, with period and place on each; UTF-8 with a mark."""
    text = io.StringIO()
    writer = csv.writer(text)
    told = about(report, language)
    writer.writerow([*_HEADS[language], *[title for title, _ in told]])
    facts = [value for _, value in told]
    for line in _lines(report, language):
        writer.writerow([safe(cell) for cell in (*line, *facts)])
    return text.getvalue().encode("utf-8-sig")


def xlsx_file(report: Report, language: Language = "zh") -> bytes:
    """Write a workbook: what it is about, all figures, a sheet per table, definitions."""
    book = Workbook(write_only=True)
    sheet = _sheet(book, "说明" if language == "zh" else "About")
    for title, value in about(report, language):
        _append(sheet, [title, value])
    total = _sheet(book, "指标" if language == "zh" else "Figures")
    _append(total, _HEADS[language][3:], bold=True)
    for line, figure in _totals(report, language):
        _append(total, line[3:], figure=figure)
    for table in report.tables:
        _table(book, report, table, language)
    _definitions(book, language)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def about(report: Report, language: Language) -> list[tuple[str, str]]:
    """Say of what a report is: title and value, in order."""
    zh = language == "zh"
    titles = _TITLES[language]
    everywhere = "全部" if zh else "everything"
    state = ("进行中" if zh else "running") if report.running else ("已结束" if zh else "over")
    if report.drill:
        state += "；仅演练" if zh else "; drills only"
    left = [f"{pick(LEFT_OUT[what], language)} {count}" for what, count in sorted(report.left_out.items())]
    chosen = [
        f"{pick(TABLES[name], language) if name in TABLES else name} {value}"
        for name, value in report.filters.items()
    ]
    values = (
        report.name,
        local(report.since),
        local(report.until),
        state,
        f"{report.scope_name} {report.scope}".strip() or everywhere,
        "；".join(chosen) or everywhere,
        str(report.incidents),
        "；".join(left) or ("无" if zh else "nothing"),
        local(report.made),
        *(
            "" if one is None else f"{one.name} {local(one.since)} – {local(one.until)}"
            for one in (report.previous, report.year_before)
        ),
    )
    return list(zip(titles, values, strict=True))


def local(at: datetime) -> str:
    """Write an instant by the wall clock."""
    return f"{at.astimezone(LOCAL):%Y-%m-%d %H:%M}"


def safe(cell: Cell) -> Cell:
    """Put a mark before a text that a spreadsheet would take for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_RISKY) else cell


def _lines(report: Report, language: Language) -> Iterable[Sequence[Cell]]:
    for line, _ in _totals(report, language):
        yield line
    for table in report.tables:
        names = report.names.get(table.dimension, {})
        for group in table.groups:
            for definition in DEFINITIONS:
                figure = group.figures.get(definition.name)
                if figure is not None:
                    first = (pick(TABLES[table.dimension], language), group.key, names.get(group.key, ""))
                    yield (*first, *_cells(figure, language), None, None)


def _totals(report: Report, language: Language) -> Iterable[tuple[Sequence[Cell], Figure]]:
    before = {one.name: one.value for one in report.previous.figures} if report.previous else {}
    a_year = {one.name: one.value for one in report.year_before.figures} if report.year_before else {}
    whole = "合计" if language == "zh" else "total"
    for figure in report.figures:
        first = (whole, report.scope, report.scope_name)
        yield (*first, *_cells(figure, language), before.get(figure.name), a_year.get(figure.name)), figure


def _cells(figure: Figure, language: Language) -> tuple[Cell, ...]:
    definition = BY_NAME[figure.name]
    words = definition.zh if language == "zh" else definition.en
    return (
        figure.name,
        words.title,
        pick(UNITS[figure.unit], language),
        figure.value,
        figure.numerator,
        figure.denominator,
        figure.low,
        figure.high,
        _time(figure.p50, never=figure.p50_never, language=language),
        _time(figure.p90, never=figure.p90_never, language=language),
        figure.few,
        reasons(figure.counted, language),
        reasons(figure.excluded, language),
    )


def _time(seconds: float | None, *, never: bool, language: Language) -> Cell:
    """Give a percentile, or say that so many never ended."""
    return ("未完成" if language == "zh" else "never") if never else seconds


def _table(book: Workbook, report: Report, table: Table, language: Language) -> None:
    """Write a table: a row for each group; value, numerator and denominator of each figure that says something."""
    title = pick(TABLES[table.dimension], language)
    sheet = _sheet(book, title)
    told = [one for one in DEFINITIONS if any(one.name in group.figures for group in table.groups)]
    parts = ("值", "分子", "分母") if language == "zh" else ("value", "numerator", "denominator")
    heads = [title, "名称" if language == "zh" else "name", "事件数" if language == "zh" else "incidents"]
    for one in told:
        words = one.zh if language == "zh" else one.en
        heads += [f"{words.title} {part}" for part in parts]
    _append(sheet, heads, bold=True)
    names = report.names.get(table.dimension, {})
    for group in table.groups:
        row: list[Cell] = [group.key, names.get(group.key, ""), group.incidents]
        formats: list[str | None] = [None, None, None]
        for one in told:
            figure = group.figures.get(one.name)
            row += [None] * 3 if figure is None else [figure.value, figure.numerator, figure.denominator]
            formats += [_FORMATS[one.unit], None, None]
        _append(sheet, row, formats=formats)
    if table.left_out:
        _append(
            sheet,
            [
                f"另有 {table.left_out} 组未列出"
                if language == "zh"
                else f"{table.left_out} more groups are not listed"
            ],
        )


def _definitions(book: Workbook, language: Language) -> None:
    zh = language == "zh"
    sheet = _sheet(book, "口径" if zh else "Definitions")
    heads = (
        ("指标", "名称", "类别", "分子", "分母", "剔除", "方向")
        if zh
        else ("figure", "title", "group", "numerator", "denominator", "excluded", "direction")
    )
    _append(sheet, heads, bold=True)
    for one in DEFINITIONS:
        words = one.zh if zh else one.en
        _append(
            sheet,
            [
                one.name,
                words.title,
                pick(GROUPS[one.group], language),
                words.numerator,
                words.denominator,
                words.excluded,
                pick(BETTER[one.better], language),
            ],
        )


def _sheet(book: Workbook, title: str) -> WriteOnlyWorksheet:
    made = book.create_sheet(title[:_SHEET_NAME_MAX])
    if not isinstance(made, WriteOnlyWorksheet):
        raise TypeError("the workbook is not written row by row")
    made.freeze_panes = "A2"
    return made


def _append(
    sheet: WriteOnlyWorksheet,
    row: Iterable[Cell],
    *,
    bold: bool = False,
    figure: Figure | None = None,
    formats: Sequence[str | None] | None = None,
) -> None:
    cells = []
    for place, value in enumerate(row):
        known = None if formats is None else formats[place]
        if isinstance(value, str):
            value = ILLEGAL_CHARACTERS_RE.sub("", value)  # noqa: PLW2901 a name with a bell in it is still that name
        cell = WriteOnlyCell(sheet, value=value)
        if isinstance(value, str):
            cell.data_type = "s"  # never a formula, whatever it begins with
            cell.quotePrefix = value.startswith(_RISKY)
        elif known is not None:
            cell.number_format = known
        elif figure is not None and isinstance(value, float) and figure.unit is Unit.SHARE:
            cell.number_format = "0.0%"
        if bold:
            cell.font = Font(bold=True)
        cells.append(cell)
    sheet.append(cells)
