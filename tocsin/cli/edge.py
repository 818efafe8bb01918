"""`tocsin edge run|check`: the box in the village."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from tocsin import logs, telemetry
from tocsin.cli.output import out
from tocsin.cli.stopping import until_stopped

app = typer.Typer(no_args_is_help=True)
File = Annotated[
    Path,
    typer.Argument(help="The collector's YAML, as `tocsin collector add` prints it.", metavar="FILE.yaml"),
]


@app.command()
def run(
    file: File,
    metrics_port: Annotated[
        int | None,
        typer.Option(help="Serve /metrics, /healthz and /readyz on this port of loopback.", min=0, max=65535),
    ] = None,
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "info",
) -> None:
    """Collect until stopped with Ctrl-C or SIGTERM; what the centre has not confirmed stays in the outbox."""
    from tocsin.edge import config  # noqa: PLC0415 the box loads nothing of the centre
    from tocsin.edge import run as collector  # noqa: PLC0415 the same

    logs.configure(log_level, role="edge")
    settings = config.load(file)
    asyncio.run(
        until_stopped(
            lambda stop: collector.run(settings, stop=stop, metrics_port=metrics_port, serve=telemetry.serve)
        )
    )


@app.command()
def check(file: File) -> None:
    """Try each camera and sensor, the broker, the clock and the disk, and say what to do about what is not well."""
    from tocsin.edge import check as checks  # noqa: PLC0415 the box loads nothing of the centre
    from tocsin.edge import config  # noqa: PLC0415 the same

    logs.configure("error", role="edge")
    findings = asyncio.run(checks.check(config.load(file)))
    for finding in findings:
        mark = "[green]✓[/]" if finding.ok else "[red]✗[/]"
        out.print(f"{mark} {finding.subject}:", end=" ")
        out.print(finding.message, markup=False)
        if not finding.ok and finding.cure:
            out.print("   →", finding.cure, markup=False)
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)
