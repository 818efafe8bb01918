"""`tocsin eval-stills`: smoke and fire on still pictures whose truth is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from tocsin import logs
from tocsin.cli.output import out


def evaluate_stills(
    folders: Annotated[
        list[Path], typer.Argument(help="Folders of pictures, with labels in YOLO form or without.")
    ],
    every: Annotated[
        float | None,
        typer.Option(
            help="Each folder is one camera, its pictures so many seconds apart.", min=0.1, max=86_400
        ),
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the result here.")] = None,
    html_file: Annotated[
        Path | None, typer.Option("--html", help="Write a page with every picture here.")
    ] = None,
) -> None:
    """Show still pictures to the detectors: what is found, what is false, with bounds."""
    from tocsin.evaluate import stills  # noqa: PLC0415 loads OpenCV

    logs.configure("error", role="eval")
    seen = stills.evaluate(folders, every_s=every)
    said = stills.count(seen)
    out.print(f"{len(seen)} pictures")
    out.print(f"found: {stills.in_words(said.found)} of those with smoke or fire")
    out.print(f"false: {stills.in_words(said.alarmed)} of those without, {said.false_boxes} boxes too many")
    out.print(f"a burst is asked for after {stills.in_words(said.asked)}")
    if json_file is not None:
        json_file.write_text(json.dumps(stills.document(seen), ensure_ascii=False, indent=1), "utf-8")
    if html_file is not None:
        html_file.write_text(stills.page(seen), "utf-8")
