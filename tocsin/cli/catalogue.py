"""`tocsin town catalogue load|check|sample`: matters, organisations and working time out of one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.centre import Config, with_centre
from tocsin.cli.output import out
from tocsin.core.errors import Rejected
from tocsin.core.ids import GridCode
from tocsin.town import catalogue
from tocsin.town.catalogue import CatalogueSheet
from tocsin.wiring import Centre

app = typer.Typer(no_args_is_help=True)

File = Annotated[
    Path | None,
    typer.Argument(help="A catalogue (YAML); docs/organisations.md shows one.", metavar="[FILE.yaml]"),
]
Sample = Annotated[bool, typer.Option("--sample", help="Take the one that is shipped.")]
GridOption = Annotated[
    str,
    typer.Option("--grid", help="Where organisations stand that name no grid; else the one root there is."),
]
NOWHERE = GridCode("-")


@app.callback()
def main() -> None:
    """Matters, organisations and working time."""


@app.command("load")
def load(file: File = None, *, sample: Sample = False, grid: GridOption = "", config: Config = None) -> None:
    """Bring a catalogue in; repeatable, nothing is taken away."""
    text = _text(file, sample=sample)

    async def work(centre: Centre) -> CatalogueSheet:
        place = GridCode(grid) if grid else await _root(centre)
        sheet = catalogue.read(text, grid=place, known=await centre.catalogue.known())
        await centre.catalogue.save(sheet)
        return sheet

    out.print(_counted(with_centre(config, work)))


@app.command("check")
def check(file: File = None, *, sample: Sample = False, grid: GridOption = "") -> None:
    """Say what is wrong in a catalogue, by line, and store nothing; a file that relies on what is stored is incomplete.

    Whether the grids exist, only `load` can say.
    """
    sheet = catalogue.read(_text(file, sample=sample), grid=GridCode(grid) if grid else NOWHERE)
    out.print(f"{_counted(sheet)}: nothing is wrong")


@app.command("sample")
def sample() -> None:
    """Print the catalogue that is shipped, as a beginning for your own."""
    print(catalogue.sample_text(), end="")  # noqa: T201 the file itself, for redirection


async def _root(centre: Centre) -> GridCode | None:
    roots = [one.code for one in await centre.town.grids("") if one.parent is None]
    return roots[0] if len(roots) == 1 else None


def _counted(sheet: CatalogueSheet) -> str:
    said = (
        f"{len(sheet.categories)} categories, {len(sheet.matters)} matters, {len(sheet.platforms)} platforms, "
        f"{len(sheet.organisations)} organisations"
    )
    return said if sheet.time is None else f"{said}, working time"


def _text(file: Path | None, *, sample: bool) -> str:
    if sample == (file is not None):
        raise Rejected("catalogue.file", "name a file, or say --sample: one of them")
    if file is None:
        return catalogue.sample_text()
    try:
        if file.stat().st_size > 4 * catalogue.CHARACTERS_MAX:
            raise Rejected("catalogue.file", f"{file} is larger than {4 * catalogue.CHARACTERS_MAX} bytes")
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise Rejected("catalogue.file", f"cannot read {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Rejected("catalogue.file", f"{file} is no UTF-8 text: save it as UTF-8") from error
