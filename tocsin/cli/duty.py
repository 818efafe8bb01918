"""`tocsin duty check`: where nobody is on duty, or nobody who is can be reached."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final

import typer
from rich.table import Table

from tocsin.cli.centre import Config, with_centre
from tocsin.cli.output import code_column, out, print_json
from tocsin.core.errors import NotFound
from tocsin.core.ids import GridCode
from tocsin.core.working_time import LOCAL
from tocsin.town.coverage import GapCode
from tocsin.town.duty_report import DutyReport, check_span, report
from tocsin.town.staffing import StaffingCode
from tocsin.wiring import Centre

app = typer.Typer(no_args_is_help=True)

SHOWN_MAX: Final = 200
DAYS_MAX: Final = 44
GAPS: Final = {
    GapCode.NOBODY: "无人值班 nobody is on duty",
    GapCode.NO_CHANNEL: "联系不上 nobody on duty can be reached",
    GapCode.TIER_MISSING: "本级无人 only people of a tier above",
}
WARNINGS: Final = {
    StaffingCode.NO_RESPONSIBLE: "无责任人 nobody is appointed to the grid",
    StaffingCode.PART_TIME_FEW: "兼职不足 fewer part-time than full-time people",
    StaffingCode.ENDS_SOON: "聘期将满 an appointment ends soon",
}


@app.callback()
def duty() -> None:
    """Who is on duty, and where nobody is."""


@app.command()
def check(
    *,
    grid: Annotated[
        str | None, typer.Option(help="Only this grid and what lies below.", metavar="CODE")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option("--from", help="From this day (local time); now without.", formats=["%Y-%m-%d"]),
    ] = None,
    days: Annotated[int, typer.Option(help="So many days.", min=1, max=DAYS_MAX)] = 7,
    any_tier: Annotated[
        bool,
        typer.Option(
            "--any-tier", help="Somebody of any tier is enough; else the grid's own shall be there."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    config: Config = None,
) -> None:
    """Look for spans without anybody on duty, or with nobody who can be reached. Exit code 1 when there are any."""

    async def work(centre: Centre) -> DutyReport:
        now = centre.clock.now()
        begin = now if since is None else since.replace(tzinfo=LOCAL)
        until = begin + timedelta(days=days)
        check_span(begin, until, now)
        return await report(
            centre.duty,
            centre.people,
            centre.set_up,
            scope=await _scope(centre, grid),
            since=begin,
            until=until,
            now=now,
            own_tier=not any_tier,
        )

    found = with_centre(config, work)
    if as_json:
        print_json(_document(found))
    else:
        _print(found)
    raise typer.Exit(1 if found.gaps else 0)


async def _scope(centre: Centre, grid: str | None) -> str:
    if grid is None:
        return ""
    place = await centre.town.grid(GridCode(grid))
    if place is None:
        raise NotFound(
            "grid.unknown", f"there is no grid {grid}: write the code of one, `tocsin grid export` lists them"
        )
    return place.path


def _print(found: DutyReport) -> None:
    if found.gaps:
        table = Table(code_column("grid"), "name", "", "from", "to")
        for gap in found.gaps[:SHOWN_MAX]:
            table.add_row(
                gap.grid, found.names[gap.grid], GAPS[gap.code], _local(gap.since), _local(gap.until),
                style="yellow" if gap.code is GapCode.TIER_MISSING else "red",
            )  # fmt: skip
        out.print(table)
        _more(len(found.gaps))
    if found.warnings:
        table = Table(code_column("grid"), "name", "", "whom", "until")
        for one in found.warnings[:SHOWN_MAX]:
            until = "" if one.until is None else _local(one.until)
            table.add_row(one.grid, found.names[one.grid], WARNINGS[one.code], one.person or "", until)
        out.print(table)
        _more(len(found.warnings))
    if any(gap.code is GapCode.NO_CHANNEL for gap in found.gaps):
        out.print(
            "联系不上: `tocsin channels list` shows which channels are set up; people need an address on one of them"
        )
    grids = len({gap.grid for gap in found.gaps})
    span = f"{_local(found.since)} – {_local(found.until)}"
    out.print(
        f"{span}: {grids} of {len(found.names)} grids have gaps"
        if grids
        else f"{span}: {len(found.names)} grids, none without somebody on duty",
        style="red" if grids else "green",
    )


def _more(count: int) -> None:
    if count > SHOWN_MAX:
        out.print(f"and {count - SHOWN_MAX} more: --grid shows a part, --json all of them")


def _local(at: datetime) -> str:
    return f"{at.astimezone(LOCAL):%Y-%m-%d %H:%M}"


def _document(found: DutyReport) -> dict[str, object]:
    return {
        "since": found.since,
        "until": found.until,
        "grids": len(found.names),
        "gaps": [
            {
                "grid": one.grid,
                "name": found.names[one.grid],
                "code": one.code,
                "since": one.since,
                "until": one.until,
            }
            for one in found.gaps
        ],
        "warnings": [
            {
                "grid": one.grid,
                "name": found.names[one.grid],
                "code": one.code,
                "person": one.person,
                "until": one.until,
            }
            for one in found.warnings
        ],
    }
