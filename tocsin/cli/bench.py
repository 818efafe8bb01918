"""`tocsin bench …`: speed and memory, measured on this machine, never in a timed test."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Annotated, Final

import typer

from tocsin import logs
from tocsin.cli.output import out, print_json

app = typer.Typer(no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]

_WHAT: Final = {
    "ingest": "Readings stored per second through the broker, with detectors watching every stream.",
    "path": "Milliseconds from a sensor's publication to the first committed notice, beside a load.",
    "response": "Deadlines, commands, take-over, simulation and calls of the response engine, against their targets.",
    "pictures": "Milliseconds for one picture through all of a camera's detectors.",
    "detectors": "Microseconds per reading through threshold, rate and silence, and through all detectors.",
}


def _measure(name: str, *arguments: object, as_json: bool) -> None:
    logs.configure("error", role="bench")
    run: Callable[..., object] = import_module(f"tocsin.bench.{name}").run
    result = run(*arguments)
    if inspect.iscoroutine(result):
        result = asyncio.run(result)
    if not isinstance(result, Mapping):
        raise TypeError(f"bench {name} gave {type(result)}")
    if as_json:
        print_json(dict(result))
    else:
        for key, value in result.items():
            out.print(f"{key}: {value}", markup=False)


def _command(name: str, sentence: str) -> None:
    def command(as_json: Json = False) -> None:  # noqa: FBT002 a command-line flag
        _measure(name, as_json=as_json)

    command.__doc__ = sentence
    app.command(name)(command)


for _name, _sentence in _WHAT.items():
    _command(_name, _sentence)


@app.command("town")
def town(
    part: Annotated[
        str | None,
        typer.Option(help="Only this: lists, import, locate, coverage or report; all when left out."),
    ] = None,
    as_json: Json = False,  # noqa: FBT002 a command-line flag
) -> None:
    """Lists, imports, places, duty and reports of a whole city, against their targets."""
    _measure("town", part, as_json=as_json)
