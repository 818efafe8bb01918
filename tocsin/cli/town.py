"""`tocsin town load FILE.yaml` and `tocsin town tag GRID NAME`: places, people and devices of a town, and codes that hang there."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Annotated

import segno
import typer

from tocsin.alerts.proving import new_tag
from tocsin.api.routes.tags import as_svg
from tocsin.cli import catalogue
from tocsin.cli.centre import Config, with_centre
from tocsin.cli.output import out
from tocsin.core.errors import Rejected
from tocsin.core.ids import DeviceId, GridCode
from tocsin.town import sheet
from tocsin.wiring import Centre

app = typer.Typer(no_args_is_help=True)
app.add_typer(catalogue.app, name="catalogue", help="Matters, organisations and working time.")
FILE_BYTES_MAX = 64 * 1024 * 1024
NAME_CHARACTERS_MAX = 80


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


@app.command("tag")
def tag(
    grid: Annotated[str, typer.Argument(help="Code of the grid.", metavar="GRID")],
    name: Annotated[str, typer.Argument(help="What people call the spot.", metavar="NAME")],
    device: Annotated[
        str | None, typer.Option(help="The device at which it hangs: weir/camera-1. Else the grid's centre.")
    ] = None,
    svg: Annotated[
        Path | None, typer.Option(help="Write the code into this file, for printing.", metavar="FILE")
    ] = None,
    config: Config = None,
) -> None:
    """Make a code that proves an arrival at a place, and show it once; print it, or write its address to an NFC tag."""
    if not 1 <= len(name.strip()) <= NAME_CHARACTERS_MAX:
        raise Rejected("tag.name", f"the name of a spot has 1 to {NAME_CHARACTERS_MAX} characters")

    async def work(centre: Centre) -> str:
        base = centre.settings.api.public_url
        if not base:
            raise Rejected(
                "tag.address", "a code needs an address to lead to: set api.public_url first, with https"
            )
        made, secret, hashed = new_tag(
            GridCode(grid),
            name.strip(),
            device=None if device is None else DeviceId(device),
            made=centre.clock.now(),
            made_by="cli",
        )
        await centre.proofs.add_tag(made, hashed)
        return f"{base}/tag/{secret}"

    address = with_centre(config, work)
    if svg is not None:
        try:
            svg.write_text(as_svg(address), encoding="utf-8")
        except OSError as error:
            raise Rejected(
                "tag.file", f"cannot write {svg}: {error.strerror}; the code is {address}"
            ) from error
        out.print(
            f"written to {svg}: whoever has it can prove to be there, so print it and delete it", markup=False
        )
    else:
        drawn = io.StringIO()
        segno.make(address, error="q", micro=False).terminal(drawn, compact=True, border=2)
        out.print(drawn.getvalue(), markup=False, highlight=False)
    out.print(address, markup=False, highlight=False, soft_wrap=True)
