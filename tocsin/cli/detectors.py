"""`tocsin detectors schema|check|show`: the file that says what watches, before it is in force."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin.cli.output import out, print_json
from tocsin.core.errors import Rejected
from tocsin.core.ids import DeviceId
from tocsin.core.marked_yaml import line_of
from tocsin.detectors.config import DetectorsConfig, Fault, Read, defaults, read
from tocsin.detectors.config_schema import schema_text
from tocsin.edge import config as edge
from tocsin.edge.config import CollectorConfig
from tocsin.edge.effective import Watcher, camera_watchers, misfits, stream_watchers, streams

app = typer.Typer(no_args_is_help=True)
File = Annotated[Path, typer.Argument(help="A site's detectors (YAML).", metavar="FILE.yaml")]
Site = Annotated[
    list[Path] | None,
    typer.Option(help="A collector's file; once for each box of the site.", metavar="BOX.yaml"),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.command()
def schema() -> None:
    """Print the JSON Schema of the file, for editors."""
    print(schema_text(), end="")  # noqa: T201 the document itself, for redirection


@app.command()
def check(file: File, site: Site = None, as_json: Json = False) -> None:  # noqa: FBT002 a command-line flag
    """Say every fault with its line, and what is hardly meant; with --site also what fits none of the boxes.

    Exit code 1 on faults; warnings alone are no faults.
    """
    found = _read(file)
    warnings = list(found.warnings)
    faults = list(found.faults)
    if found.config is not None:
        more = misfits(found.config, _boxes(site)) if site else ()
        warnings += (replace(one, line=line_of(found.lines, one.place)) for one in more)
        faults += (
            replace(one, line=line_of(found.lines, one.place)) for one in _model_faults(found.config, file)
        )
    if as_json:
        print_json({"faults": [asdict(one) for one in faults], "warnings": [asdict(one) for one in warnings]})
    else:
        for one in faults:
            out.print(f"error: {one}", style="red", markup=False)
        for one in warnings:
            out.print(f"warning: {one}", style="yellow", markup=False)
        if not faults:
            out.print(f"{file} is sound" if not warnings else f"{file}: no faults", markup=False)
    raise typer.Exit(1 if faults else 0)


@app.command()
def show(
    file: Annotated[
        Path | None,
        typer.Argument(help="A site's detectors; what is shipped without.", metavar="[FILE.yaml]"),
    ] = None,
    site: Site = None,
    as_json: Json = False,  # noqa: FBT002 a command-line flag
) -> None:
    """Print the rules in force with their versions; with --site what watches each camera and stream."""
    found = _read(file) if file is not None else Read(defaults())
    if found.config is None:
        raise Rejected("detectors.config", "\n".join(str(one) for one in found.faults))
    rows = _rows(found.config, _boxes(site))
    if as_json:
        print_json(
            {
                "watched": [
                    {"what": what, "model": model, "by": [asdict(one) for one in watchers]}
                    for what, model, watchers in rows
                ]
            }
        )
        return
    for what, model, watchers in rows:
        out.print(what if model is None else f"{what} (model {model})", markup=False)
        for one in watchers:
            place = "on the box" if one.at == "box" else "at the centre"
            out.print(f"  {one.rule:24} {one.version:28} raises {one.kind}, {place}", markup=False)
        if not watchers:
            out.print("  nothing watches it", markup=False)


def _rows(
    rules: DetectorsConfig, boxes: Sequence[CollectorConfig]
) -> list[tuple[str, str | None, list[Watcher]]]:
    rows: list[tuple[str, str | None, list[Watcher]]] = []
    for box in boxes:
        for camera in box.cameras:
            device = box.device(camera.name)
            rows.append((f"camera {device}", rules.camera(device).model, camera_watchers(rules, device)))
        rows += [
            (f"stream {box.collector}/{stream.name}", None, stream_watchers(rules, stream))
            for stream in streams(box)
        ]
    together = [
        (
            f"together: {len(rule.of)} sources",
            None,
            [Watcher(rule.name, "together", str(rule.kind), rule.version(), rule.at)],
        )
        for rule in rules.together
    ]
    if boxes:
        return rows + together
    for rule in rules.detectors:
        kind = str(rule.kind or rule.catalog()[rule.detector].kind)
        watcher = Watcher(rule.name, rule.detector, kind, rule.version(), rule.at)
        unit = f" in {rule.unit}" if rule.unit is not None else ""
        rows.append((f"streams {rule.match}{unit}", None, [watcher]))
    named = {"default": None, **rules.cameras}
    for name in named:
        device = DeviceId(f"-/{name}" if "/" not in name else name)
        rows.append((f"camera {name}", rules.camera(device).model, camera_watchers(rules, device)))
    return rows + together


def _model_faults(rules: DetectorsConfig, file: Path) -> list[Fault]:
    faults = []
    for number, card in enumerate(rules.models):
        path = file.parent / card.file
        try:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            faults.append(Fault(f"models[{number}].file", f"cannot read {path}: {error.strerror}"))
            continue
        if digest != card.sha256:
            faults.append(
                Fault(
                    f"models[{number}].sha256",
                    f"{path} is another file, its SHA-256 is {digest}: write that if it is meant",
                )
            )
    return faults


def _boxes(site: Sequence[Path] | None) -> list[CollectorConfig]:
    return [edge.load(path) for path in site or ()]


def _read(file: Path) -> Read:
    try:
        return read(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason: Any = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise Rejected("detectors.file", f"cannot read {file}: {reason}") from error
