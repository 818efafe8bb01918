"""`tocsin docs write|check`: pages of the documentation that are made from the code."""

from __future__ import annotations

from pathlib import Path

import typer

from tocsin.cli.output import out
from tocsin.docs import pages

app = typer.Typer(no_args_is_help=True)
ROOT = Path(__file__).resolve().parents[2]


@app.command()
def write() -> None:
    """Write the generated pages."""
    for path, text in pages().items():
        (ROOT / path).write_text(text, encoding="utf-8")
        out.print(f"written {path}")


@app.command()
def check() -> None:
    """Say which generated pages are out of step with the code; exit code 1 when any is."""
    stale = [
        path
        for path, text in pages().items()
        if not (ROOT / path).exists() or (ROOT / path).read_text("utf-8") != text
    ]
    out.print("\n".join(f"{path} is out of step: run make docs" for path in stale) or "all pages are in step")
    raise typer.Exit(1 if stale else 0)
