"""`tocsin eval`: how good the detectors are on clips whose truth is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from tocsin import logs
from tocsin.cli.output import out


def evaluate(  # noqa: PLR0917 typer passes options by position
    clips: Annotated[Path, typer.Argument(help="List of clips and their events, YAML.")],
    every: Annotated[float, typer.Option(help="Seconds between pictures.")] = 1.0,
    burst: Annotated[  # noqa: FBT002 a command-line flag
        bool, typer.Option("--burst", help="Give a suspicion three seconds at the clip's own rate.")
    ] = False,
    model: Annotated[Path | None, typer.Option(help="Card of a model that finds people, YAML.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the result here.")] = None,
    html_file: Annotated[
        Path | None, typer.Option("--html", help="Write a page with every miss and false alarm here.")
    ] = None,
) -> None:
    """Run the detectors over clips whose events are known: hits, delays, false alarms, time, memory."""
    from tocsin.evaluate import clips as form  # noqa: PLC0415 loads OpenCV
    from tocsin.evaluate import page, run  # noqa: PLC0415 the same

    logs.configure("error", role="eval")
    entries = form.read(clips)
    result, seen = run.evaluate(
        entries,
        clips.parent,
        every_s=every,
        burst=burst,
        stills=html_file is not None,
        card=model,
        done=lambda clip: out.print(_line(clip), markup=True, highlight=False),
    )
    out.print(_table(result))
    wrong = sum(len(clip.false_alarms) for clip in result.clips)
    out.print(f"{wrong} false alarms in {result.hours * 60:.1f} minutes of material")
    if json_file is not None:
        json_file.write_text(json.dumps(run.document(result), ensure_ascii=False, indent=1), "utf-8")
    if html_file is not None:
        html_file.write_text(page.page(result, seen), "utf-8")


def _line(clip: object) -> str:
    from tocsin.evaluate.run import ClipResult  # noqa: PLC0415 as above

    assert isinstance(clip, ClipResult)  # noqa: S101 what `evaluate` gives
    said = [
        f"[green]{event.kind} after {event.delay_s:.1f} s[/green]"
        if event.delay_s is not None
        else f"[red]{event.kind} {event.from_s:g}–{event.to_s:g} s missed[/red]"
        for event in clip.events
    ]
    said += [f"[red]false: {one.kind} at {one.at_s:.1f} s[/red]" for one in clip.false_alarms]
    if clip.failed is not None:
        said.append(f"[red]{escape(clip.failed)}[/red]")
    return f"{escape(clip.file)}  {clip.pictures} pictures, {clip.ms_per_picture:.1f} ms  {', '.join(said) or 'silent'}"


def _table(result: object) -> Table:
    from tocsin.evaluate.run import Result  # noqa: PLC0415 as above

    assert isinstance(result, Result)  # noqa: S101 what `evaluate` gives
    table = Table("kind", "found", "95 % bounds", "median delay")
    for kind, one in result.kinds.items():
        delay = "–" if one.median_delay_s is None else f"{one.median_delay_s:.1f} s"
        table.add_row(kind, f"{one.hits} / {one.events}", f"{one.low:.0%}–{one.high:.0%}", delay)
    return table
