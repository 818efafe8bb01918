"""`tocsin town load FILE.yaml`: places, people and devices of a town from one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.centre import Config, with_centre
from tocsin.cli.output import out
from tocsin.core.errors import Rejected
from tocsin.town import sheet
from tocsin.wiring import Centre

app = typer.Typer(no_args_is_help=True)
FILE_BYTES_MAX = 64 * 1024 * 1024


@app.callback()
def town() -> None:
    """Places, people and devices."""


@app.command("load")
def load(
    file: Annotated[
        Path,
        typer.Argument(help="The town (YAML); deploy/examples/town.yaml shows one.", metavar="FILE.yaml"),
    ],
    config: Config = None,
) -> None:
    """Bring grids, people, duty and devices in; repeatable, nothing is taken away."""
    try:
        if file.stat().st_size > FILE_BYTES_MAX:
            raise Rejected("town.file", f"{file} is larger than 64 MiB: that is no town")
        read = sheet.read(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Rejected("town.file", f"cannot read {file}: {error}") from error

    async def work(centre: Centre) -> None:
        await centre.town.add_grids(read.grids)
        await centre.town.add_people(read.people, read.contacts)
        await centre.town.add_duty(read.duty)
        await centre.town.add_devices(read.devices)

    with_centre(config, work)
    silent = [
        p.name
        for p in read.people
        if (p.tier or p.supervisor) and not any(c.person == p.id for c in read.contacts)
    ]
    out.print(
        f"{len(read.grids)} grids, {len(read.people)} people, {len(read.duty)} shifts, {len(read.devices)} devices"
    )
    if silent:
        out.print(f"nobody can reach {', '.join(silent)}: give them contacts", style="yellow", markup=False)
