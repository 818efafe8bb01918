"""`tocsin eval-series`: how good the detectors of sensors are on recorded series."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Column, Table

from tocsin import logs
from tocsin.cli.output import failure, out
from tocsin.core.errors import Rejected
from tocsin.detectors.config import DetectorsConfig, defaults, load
from tocsin.evaluate import series_report


def evaluate_series(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders with series of a known form.")],
    json_file: Annotated[Path | None, typer.Option("--json", help="Write every number here.")] = None,
    config: Annotated[
        Path | None, typer.Option("--config", help="Rules (YAML) instead of the shipped ones.")
    ] = None,
) -> None:
    """Run recorded sensor series through the rules: NAB, SKAB, NIST fires, and false alarms on quiet series."""
    logs.configure("error", role="eval")
    rules = defaults() if config is None else _rules(config)
    report = series_report.run(series_report.find(paths), rules)
    _print(report.document)
    if json_file is not None:
        json_file.write_text(json.dumps(report.document, ensure_ascii=False, indent=1) + "\n", "utf-8")
    for sentence in report.faults:
        failure(sentence)
    if report.faults:
        raise typer.Exit(2)


def _rules(path: Path) -> DetectorsConfig:
    try:
        return load(path.read_text("utf-8"))
    except OSError as error:
        raise Rejected("detectors.file", f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Rejected("detectors.file", f"{path} is no UTF-8 text: save it as UTF-8") from error


def _print(document: Mapping[str, Any]) -> None:
    for one in document.get("nab", []):
        _nab(one)
    if "skab" in document:
        _skab(document["skab"])
    if "nist" in document:
        _nist(document["nist"])
    if "plain" in document:
        _plain(document["plain"])
        total = document["plain_total"]
        out.print(
            f"quiet series: {total['false_alarms']} false alarms and {total['faults']} faults in "
            f"{total['sensor_days']:.0f} sensor-days",
            markup=False,
        )
    if document["unknown"]:
        out.print(f"left out, of no known form: {', '.join(document['unknown'])}", markup=False)


def _nab(one: Mapping[str, Any]) -> None:
    table = _table("series (NAB)", "windows", "hit", "false alarms", "earned")
    for file in one["files"]:
        earned = ["-" if gain is None else f"{gain:.2f}" for gain in file["earned"]]
        hits = sum(gain is not None for gain in file["earned"])
        table.add_row(
            file["file"].rpartition("/")[2],
            str(len(earned)),
            str(hits),
            str(file["false_alarms"]),
            " ".join(earned),
        )
    out.print(table)
    for name, score in one["score"].items():
        out.print(f"NAB, profile {name}: {_figure(score, '.1f')}", markup=False)


def _skab(one: Mapping[str, Any]) -> None:
    table = _table("recording (SKAB)", "F1", "false alarm rate %", "missed %")
    for file in one["files"]:
        table.add_row(
            file["file"], _figure(file["f1"], ".2f"), _figure(file["far"], ".1f"), _figure(file["mar"], ".1f")
        )
    out.print(table)
    out.print(
        f"SKAB: F1 {_figure(one['f1'], '.2f')}, FAR {_figure(one['far'], '.1f')} %, MAR {_figure(one['mar'], '.1f')} %, "
        f"change points (NAB standard) {_figure(one['changepoint_score'], '.1f')}",
        markup=False,
    )


def _nist(one: Mapping[str, Any]) -> None:
    table = Table("NIST", "real s", "ours", "later", "by", "room", "later", "by")
    for fire in one["fires"]:
        table.add_row(
            fire["fire"].rpartition("_")[2],
            f"{fire['real_s']:g}",
            _figure(fire["alarm_s"], "g"),
            _figure(fire["later_s"], "+g"),
            str(fire["rule"] or "-"),
            _figure(fire["room_alarm_s"], "g"),
            _figure(fire["room_later_s"], "+g"),
            str(fire["room_rule"] or "-"),
        )
    out.print(table)
    out.print(
        f"NIST: {one['within_60_s']} of {len(one['fires'])} not later than 60 s after the earliest real alarm, "
        f"{one['earlier']} earlier",
        markup=False,
    )


def _plain(files: list[Mapping[str, Any]]) -> None:
    table = _table("quiet series", "sensors", "days", "alarms", "false", "a day", "faults")
    for one in files:
        table.add_row(
            one["file"],
            str(one["sensors"]),
            f"{one['sensor_days']:.0f}",
            str(one["alarms"]),
            str(one["false_alarms"]),
            f"{one['false_alarms_per_sensor_day']:.4f}",
            str(one["faults"]),
        )
    out.print(table)
    for one in files:
        rules = ", ".join(f"{rule} {count}" for rule, count in one["by_rule"].items())
        out.print(f"{one['file']}: {rules or 'nothing was said'}", markup=False)


def _table(name: str, *figures: str) -> Table:
    """Make a table whose figures stay whole on a narrow screen; the name is folded instead."""
    return Table(Column(name, overflow="fold"), *(Column(figure, no_wrap=True) for figure in figures))


def _figure(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
