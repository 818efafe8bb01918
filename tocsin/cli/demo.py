"""`tocsin demo`: a village being watched, on this machine, with one command."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from tocsin import logs
from tocsin.cli.output import out
from tocsin.cli.stopping import until_stopped
from tocsin.demo.model import DemoOptions


def demo(
    *,
    headless: Annotated[
        bool,
        typer.Option("--headless", help="Without addresses and sign-ins on the screen: for measurements."),
    ] = False,
    seconds: Annotated[
        float | None, typer.Option("--for", help="Stop after so many seconds, counted from ready.", min=1)
    ] = None,
    speed: Annotated[
        float,
        typer.Option(
            help="Divide the policy's durations and the simulated people's delays.", min=1, max=1000
        ),
    ] = 1.0,
    report: Annotated[
        Path | None, typer.Option(help="Write what came of it as JSON.", metavar="FILE")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin anew: forget everything of earlier runs.")
    ] = False,
    port: Annotated[int, typer.Option(help="Port of API and console.", min=1, max=65535)] = 8700,
    data: Annotated[Path, typer.Option(help="Folder of the demo's data.")] = Path("data/demo"),
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "warning",
) -> None:
    """Watch a village: PostgreSQL, broker, ingest, alerts, API and console here; collectors as processes of their own."""
    from tocsin.demo import run  # noqa: PLC0415 loads the whole centre

    logs.configure(log_level, role="demo")
    options = DemoOptions(
        data=data, port=port, speed=speed, seconds=seconds, report=report, fresh=fresh, headless=headless
    )

    def say(sentence: str) -> None:
        out.print(sentence, markup=False)

    asyncio.run(until_stopped(lambda stop: run.run(options, stop, say)))
