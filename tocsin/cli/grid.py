"""`tocsin grid import|check|export`: the tree of places in and out, and what is wrong with it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.markup import escape
from rich.table import Column, Table

from tocsin.cli.centre import Config, with_centre
from tocsin.cli.output import code_column, failure, out
from tocsin.core.errors import Rejected
from tocsin.core.ids import GridCode
from tocsin.core.working_time import LOCAL
from tocsin.town.grid_check import Check, CheckReport, Finding, FindingCode, Tolerance
from tocsin.town.grid_desk import Order, Result, check_grids, import_grids
from tocsin.town.grid_export import as_outlines, as_sheet
from tocsin.town.grid_ports import Written
from tocsin.town.jobs import Unwatched
from tocsin.town.tables import Fault
from tocsin.wiring import Centre

app = typer.Typer(no_args_is_help=True)

FILE_BYTES_MAX: Final = 256 * 1024 * 1024
SHOWN_MAX: Final = 20
"""Of one kind; more than that is read in the console, or after these are mended."""

TITLES: Final[Mapping[Check, str]] = {
    Check.BLIND: "无盲点 blind spots: watched, and in no grid",
    Check.MISSING: "无遗漏 missing: grids that are not whole",
    Check.GAP: "无死角 gaps: ground that nobody has",
    Check.OVERLAP: "无重叠 overlaps: ground that two have",
    Check.LIMIT: "limits: more children than a level should have (no fault)",
}
WORDS: Final[Mapping[FindingCode, str]] = {
    FindingCode.DEVICE_OUTSIDE: "device lies in no basic grid",
    FindingCode.PLACE_OUTSIDE: "key place lies in no basic grid",
    FindingCode.ELSEWHERE: "lies in another grid than it is given to",
    FindingCode.NO_OUTLINE: "lowest grid without an outline",
    FindingCode.NO_CHILDREN: "upper grid with nothing below it",
    FindingCode.NO_GRID: "official division without a grid",
    FindingCode.NO_INSTITUTION: "dedicated grid without an organisation",
    FindingCode.UNCOVERED: "ground that none of its children holds",
    FindingCode.OUTSIDE_PARENT: "reaches outside of its parent",
    FindingCode.TWICE: "both hold this ground",
    FindingCode.CROWDED: "more children than its level should have",
}

Sheet = Annotated[
    Path | None, typer.Argument(help="Grids: CSV (UTF-8 or GB18030) or XLSX with headings.", metavar="SHEET")
]
OutlinesFile = Annotated[
    Path | None,
    typer.Option("--outlines", help="Outlines: GeoJSON in WGS 84, by the property `code`.", metavar="FILE"),
]
Divisions = Annotated[
    Path | None,
    typer.Option(
        "--divisions", help="Official codes that must have a grid: CSV with code,name.", metavar="FILE.csv"
    ),
]
Within = Annotated[
    str, typer.Option("--under", help="Code of a grid: only it and what lies below.", metavar="CODE")
]
Area = Annotated[
    float, typer.Option(help="Smaller pieces are no fault, square metres.", min=0, max=1_000_000)
]
Width = Annotated[float, typer.Option(help="Thinner pieces are no fault, metres.", min=0, max=1_000)]


@app.callback()
def grid() -> None:
    """The tree of places."""


@app.command("import")
def import_(
    sheet: Sheet = None,
    outlines: OutlinesFile = None,
    *,
    close_missing: Annotated[
        bool,
        typer.Option("--close-missing", help="Give up grids below the file's topmost that are not in it."),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing; say what would be.")] = False,
    reason: Annotated[str, typer.Option(help="Why, for those who look at versions.")] = "import",
    since: Annotated[
        str, typer.Option(help="From which day new grids are in force: 2026-01-01.", metavar="DAY")
    ] = "",
    divisions: Divisions = None,
    area_m2: Area = 100.0,
    width_m: Width = 2.0,
    config: Config = None,
) -> None:
    """Bring the tree in, check it, and keep what it was before; a file with a fault changes nothing."""
    order = Order(
        sheet=_bytes(sheet),
        outlines=_bytes(outlines),
        close_missing=close_missing,
        dry_run=dry_run,
        reason=reason[:500],
        since=_day(since),
        divisions=_divisions(divisions),
        tolerance=Tolerance(area_m2=area_m2, width_m=width_m),
    )

    async def work(centre: Centre) -> Result:
        return await import_grids(centre.grids.store, order, centre.clock.now(), Unwatched())

    result = with_centre(config, work)
    if result.faulty:
        _show_faults(result.faults, result.faulty)
        failure(f"nothing was changed: {result.faulty} faults in the files")
        raise typer.Exit(1)
    if result.report is not None:
        _show(result.report)
    if result.written is not None:
        _show_written(result.written, result.read.numbered if result.read else 0, dry_run=dry_run)


@app.command("check")
def check(
    under: Within = "",
    divisions: Divisions = None,
    area_m2: Area = 100.0,
    width_m: Width = 2.0,
    config: Config = None,
) -> None:
    """Check the tree as it is; exit code 1 when something is wrong with it."""

    async def work(centre: Centre) -> Result:
        order = Order(
            scope=await _path(centre, under),
            divisions=_divisions(divisions),
            tolerance=Tolerance(area_m2=area_m2, width_m=width_m),
        )
        return await check_grids(centre.grids.store, order, Unwatched())

    report = with_centre(config, work).report
    if report is not None:
        _show(report)
        if report.faults:
            raise typer.Exit(1)


@app.command("export")
def export(
    sheet: Annotated[
        Path | None, typer.Option("--csv", help="Write the grids here.", metavar="FILE.csv")
    ] = None,
    outlines: Annotated[
        Path | None, typer.Option("--geojson", help="Write the outlines here.", metavar="FILE.geojson")
    ] = None,
    under: Within = "",
    at: Annotated[
        str, typer.Option(help="As it was at the end of this day: 2026-09-30.", metavar="DAY")
    ] = "",
    config: Config = None,
) -> None:
    """Write the tree down, such that an import of it changes nothing."""
    if sheet is None and outlines is None:
        raise Rejected("grid.export", "say where to: --csv FILE.csv, --geojson FILE.geojson, or both")
    instant = _day(at)
    if instant is not None:
        instant = instant.replace(hour=23, minute=59, second=59)

    async def work(centre: Centre) -> int:
        scope = await _path(centre, under)
        records = await centre.grids.store.records(scope, at=instant, outlines=outlines is not None)
        for path, make in ((sheet, as_sheet), (outlines, as_outlines)):
            if path is not None:
                _write(path, make(records))
        return len(records)

    out.print(f"{with_centre(config, work)} grids")


async def _path(centre: Centre, under: str) -> str:
    if not under:
        return ""
    one = await centre.grids.store.record(GridCode(under))
    if one is None:
        raise Rejected("grid.unknown", f"there is no grid {under}: name one of `tocsin grid export --csv`")
    return one.grid.path


def _bytes(path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise Rejected("grid.file", f"{path} is larger than {FILE_BYTES_MAX >> 20} MiB: send it in parts")
        return path.read_bytes()
    except OSError as error:
        raise Rejected("grid.file", f"cannot read {path}: {error.strerror}; name a file") from error


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise Rejected("grid.file", f"cannot write {path}: {error.strerror}; name another file") from error


def _day(text: str) -> datetime | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Rejected("grid.day", f"{text!r} is no day: write it as 2026-11-23") from None
    return datetime(day.year, day.month, day.day, tzinfo=LOCAL)


def _divisions(path: Path | None) -> dict[str, str] | None:
    data = _bytes(path)
    if data is None:
        return None
    rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig", "replace")))
    if not {"code", "name"} <= set(rows.fieldnames or ()):
        raise Rejected("grid.divisions", f"{path} has no columns code and name: write both headings")
    return {row["code"].strip(): row["name"].strip() for row in rows if row["code"]}


def _show_faults(faults: Sequence[Fault], faulty: int) -> None:
    table = Table("row", "column", "what is wrong, and what to write", title="faults in the files")
    for one in sorted(faults, key=lambda one: one.row or 0)[:SHOWN_MAX]:
        table.add_row("" if one.row is None else str(one.row), escape(one.column), escape(one.message))
    out.print(table)
    if faulty > SHOWN_MAX:
        out.print(f"… and {faulty - SHOWN_MAX} more", style="yellow")


def _show(report: CheckReport) -> None:
    out.print(
        f"{report.grids} grids ({report.basic} basic, {report.dedicated} dedicated), {report.outlines} with outline, "
        f"{report.points} devices and key places"
    )
    for one in Check:
        found = [finding for finding in report.findings if finding.check is one]
        if not found:
            if one is not Check.LIMIT:
                out.print(f"{TITLES[one]}: none", style="green")
            continue
        table = Table(
            code_column("grid"), "name", "what", code_column("other"), "m²", Column("where", overflow="fold"),
            title=f"{TITLES[one]}: {report.counts[one]}",
        )  # fmt: skip
        for finding in found[:SHOWN_MAX]:
            table.add_row(*_cells(finding))
        out.print(table)
        if report.counts[one] > SHOWN_MAX:
            out.print(f"… and {report.counts[one] - SHOWN_MAX} more", style="yellow")


def _cells(one: Finding) -> tuple[str, ...]:
    where = "" if one.latitude is None else f"{one.latitude:.6f}, {one.longitude:.6f}"
    area = f"{one.area_m2:,.0f}" if one.area_m2 is not None else ("" if one.count is None else str(one.count))
    return escape(one.grid), escape(one.name), WORDS[one.code], escape(one.other), area, where


def _show_written(written: Written, numbered: int, *, dry_run: bool) -> None:
    would = "would be: " if dry_run else ""
    out.print(
        f"{would}{written.new} new, {written.changed} changed ({written.moved} moved), {written.closed} given up, "
        f"{written.same} as they were; {numbered} got a code"
    )
    if written.stranded:
        out.print(
            f"accounts that see only a grid that is given up: {', '.join(written.stranded)}; give them another scope",
            style="yellow",
            markup=False,
        )
