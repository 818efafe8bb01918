"""`tocsin report`: the figures of a day, week, month, quarter or year, in the terminal or as a file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.console import Group as Lines
from rich.markup import escape
from rich.table import Table as Grid

from tocsin.api import figure_views
from tocsin.cli.centre import Config, with_centre
from tocsin.cli.output import err, out
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.ids import GridCode
from tocsin.town.figure_catalogue import BY_NAME, GROUPS
from tocsin.town.figure_model import FEW, Figure, Unit
from tocsin.town.figure_words import TABLES, Language, pick, reasons
from tocsin.town.figures import Table
from tocsin.town.periods import PeriodKind, current, parse, span
from tocsin.town.report_model import Compared, Report, Wanted, check_tables
from tocsin.town.workbook import about, csv_file, xlsx_file
from tocsin.wiring import Centre

COLUMNS: Final = (
    *("incidents", "reached_60s", "on_scene_village", "arrival_village", "on_scene_township"),
    *("contained_village", "handled", "closed", "case_on_time", "satisfied"),
)
"""Figures of a table in the terminal; files have all."""
GROUPS_SHOWN: Final = 50
PIPE_WIDTH: Final = 200
"""Columns where nobody says how wide the reader is: a pipe, a file."""
_HEADS: Final = {
    "zh": ("指标", "值", "分子/分母", "95% 区间", "P50 / P90", "剔除", "上期", "去年同期"),
    "en": ("figure", "value", "of", "95 %", "p50 / p90", "left out", "previous", "year before"),
}
_WHOLE: Final = frozenset({"指标", "值", "分子/分母", "value", "of"})
"""Columns that a narrow terminal does not break."""
_UNITS: Final = {"zh": ("秒", "分", "时", "天"), "en": (" s", " min", " h", " d")}


def language_of(environment: Mapping[str, str]) -> Language:
    """Give the language of a terminal; Chinese where it says so."""
    said = environment.get("LC_ALL") or environment.get("LC_MESSAGES") or environment.get("LANG") or ""
    return "zh" if said.lower().startswith("zh") else "en"


def report(
    period: Annotated[PeriodKind, typer.Option(help="How long a span.")] = PeriodKind.MONTH,
    of: Annotated[
        str | None,
        typer.Option(
            help="Which: 2026-10-05, 2026-W41, 2026-10, 2026-Q4 or 2026; the one that runs when left out."
        ),
    ] = None,
    grid: Annotated[str | None, typer.Option(help="Only this grid and what lies below: its code.")] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(help=f"Tables, repeatable: {', '.join(TABLES)}. By grid when left out."),
    ] = None,
    *,
    xlsx: Annotated[
        Path | None, typer.Option(help="Write a workbook, a sheet per table.", metavar="FILE")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Write a line per figure.", metavar="FILE")] = None,
    language: Annotated[
        str | None, typer.Option(help="zh or en; the terminal's when left out.", metavar="zh|en")
    ] = None,
    drill: Annotated[bool, typer.Option("--drill", help="Drills, and nothing else.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Read every log of the period anew, and say whose facts differ.")
    ] = False,
    config: Config = None,
) -> None:
    """Count the incidents opened in a period; drills and tests count nowhere."""
    told = _language(language)
    tables = check_tables(by or ["grid"])

    async def work(centre: Centre) -> Report | int:
        now = centre.clock.now()
        chosen = current(period, now) if of is None else parse(period, of)
        scope = await _path(centre, grid)
        wanted = Wanted(period=chosen, scope=scope, by=tables, drill=drill)
        if check:
            return await _check(centre, wanted)
        return await centre.reporting.report(wanted)

    made = with_centre(config, work)
    if isinstance(made, int):
        raise typer.Exit(1 if made else 0)
    for path, write in ((xlsx, xlsx_file), (csv, csv_file)):
        if path is not None:
            _write(path, write(made, told))
    if as_json:
        print(json.dumps(json.loads(figure_views.report(made)), ensure_ascii=False, indent=1))  # noqa: T201 the document itself
    elif xlsx is None and csv is None:
        wide = out if out.is_terminal else Console(width=PIPE_WIDTH, highlight=False)
        wide.print(shown(made, told))


def shown(made: Report, language: Language) -> Lines:
    """Lay a report out for a terminal."""
    heads = [escape(f"{title}: {value}") for title, value in about(made, language) if value]
    whole = Grid()
    for head in _HEADS[language]:
        whole.add_column(head, overflow="fold", no_wrap=head in _WHOLE)
    group = ""
    for figure in made.figures:
        definition = BY_NAME[figure.name]
        if definition.group != group:
            group = definition.group
            whole.add_section()
            whole.add_row(f"[bold]{pick(GROUPS[group], language)}[/bold]")
        whole.add_row(*_row(figure, made, language))
    few = f"* 样本少于 {FEW}，看区间" if language == "zh" else f"* fewer than {FEW} cases: look at the bounds"
    return Lines(*heads, whole, few, *(_table(made, table, language) for table in made.tables))


def _row(figure: Figure, made: Report, language: Language) -> list[str]:
    definition = BY_NAME[figure.name]
    words = definition.zh if language == "zh" else definition.en
    few = "*" if figure.few and figure.denominator else ""
    return [
        words.title,
        value_of(figure, language) + few,
        f"{figure.numerator}/{figure.denominator}",
        "" if figure.low is None or figure.high is None else f"{figure.low:.1%}–{figure.high:.1%}",
        f"{time_of(figure.p50, figure.p50_never, language)} / {time_of(figure.p90, figure.p90_never, language)}"
        if figure.unit is Unit.SECONDS and figure.denominator
        else "",
        reasons(figure.excluded, language),
        _compared(figure.name, made.previous, language),
        _compared(figure.name, made.year_before, language),
    ]


def _compared(name: str, other: Compared | None, language: Language) -> str:
    found = next((one for one in other.figures if one.name == name), None) if other is not None else None
    return "" if found is None else value_of(found, language)


def _table(made: Report, table: Table, language: Language) -> Lines:
    title = pick(TABLES[table.dimension], language)
    names = made.names.get(table.dimension, {})
    titles = [(BY_NAME[name].zh if language == "zh" else BY_NAME[name].en).title for name in COLUMNS]
    laid = Grid(title, *titles)
    by_size = sorted(table.groups, key=lambda group: -group.incidents)[:GROUPS_SHOWN]
    for group in by_size:
        values = [
            value_of(figure, language) if (figure := group.figures.get(name)) else "" for name in COLUMNS
        ]
        laid.add_row(escape(f"{names.get(group.key, '')} {group.key}".strip()) or "—", *values)
    more = len(table.groups) - len(by_size) + table.left_out
    left = f"另有 {more} 组，见文件" if language == "zh" else f"{more} more groups: see a file"
    return Lines(laid, *([left] if more else []))


def value_of(figure: Figure, language: Language) -> str:
    """Write a figure's value for people; a dash for one of nothing."""
    if figure.unit is Unit.SECONDS:
        return time_of(figure.value, figure.p50_never, language)
    if figure.value is None:
        return "—"
    return f"{figure.value:.1%}" if figure.unit is Unit.SHARE else f"{figure.value:.0f}"


def time_of(seconds: float | None, never: bool, language: Language) -> str:  # noqa: FBT001 two fields of one figure
    """Write a time in the unit that people would use."""
    if seconds is None:
        return ("未完成" if language == "zh" else "never") if never else "—"
    second, minute, hour, day = _UNITS[language]
    if seconds < 120:
        return f"{seconds:.0f}{second}"
    if seconds < 7200:
        return f"{seconds / 60:.1f}{minute}"
    return f"{seconds / 3600:.1f}{hour}" if seconds < 172_800 else f"{seconds / 86_400:.1f}{day}"


def _language(said: str | None) -> Language:
    if said in {None, ""}:
        return language_of(os.environ)
    if said == "zh":
        return "zh"
    if said == "en":
        return "en"
    raise Rejected("report.language", f"there is no language {said!r}: write zh or en")


async def _path(centre: Centre, code: str | None) -> str:
    if code is None:
        return ""
    found = await centre.town.grid(GridCode(code))
    if found is None:
        raise NotFound("grid.unknown", f"grid {code} is not known: give the code of one that is")
    return found.path


async def _check(centre: Centre, wanted: Wanted) -> int:
    """Compare kept facts with the logs; give how many differ."""
    whole = span(wanted.period)
    count, differing = await centre.reporting.store.differing(wanted.selection(whole.since, whole.until))
    for incident in differing:
        err.print(f"facts kept of incident {incident} are not what its log says", style="red", markup=False)
    days = (whole.until - whole.since) // timedelta(days=1)
    out.print(f"{count} logs of {days} days read anew, {len(differing)} kept facts differ")
    return len(differing)


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise Rejected(
            "report.file", f"cannot write {path}: {error.strerror}; choose another file"
        ) from error
    err.print(f"written to {path}", markup=False)
