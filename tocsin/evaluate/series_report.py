"""All series below some paths, each by the form it has: one document, one list of what could not be read.

Knows a file by its first line and its neighbours, so that a folder is enough: NAB (labels above it),
SKAB (columns of truth), NIST (times of the real alarms beside it), plain series. Other files are left
out and named. A file of a known form that cannot be read is a fault with row and column; the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from tocsin.core.errors import Rejected
from tocsin.detectors.config import DetectorsConfig
from tocsin.evaluate import series_nab, series_nist, series_plain, series_skab, table

_ENDINGS: Final = frozenset({".csv", ".txt", ".tsv"})
FILES_MAX: Final = 2000


@dataclass(slots=True)
class Found:
    """Files by form."""

    nab: dict[Path, list[Path]] = field(default_factory=dict)
    """By the folder with the labels."""
    skab: list[Path] = field(default_factory=list)
    nist: list[Path] = field(default_factory=list)
    plain: list[Path] = field(default_factory=list)
    unknown: list[Path] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured, and what could not be."""

    document: dict[str, Any]
    faults: tuple[str, ...]


def find(paths: Sequence[Path]) -> Found:
    """Sort files by form; raises `Rejected` for a path that is not there or a named file of no known form."""
    found = Found()
    for path in paths:
        if not path.exists():
            raise Rejected("series.path", f"{path} is not there: name a file or a folder with series")
        files = [path] if path.is_file() else sorted(one for one in path.rglob("*") if _may_be(one))
        if not files:
            raise Rejected(
                "series.path", f"{path} holds no series (.csv, .txt, .tsv): name a folder that does"
            )
        if len(files) > FILES_MAX:
            raise Rejected("series.path", f"{path} has more than {FILES_MAX} files: name a smaller folder")
        for file in files:
            _sort(file.absolute(), found)
        if path.is_file() and path.absolute() in found.unknown:
            raise Rejected(
                "series.form",
                f"{path.name}, row 1: this is none of the known forms; write a header with a time column "
                f"(timestamp, date) and quantities (temperature, rain, flow …)",
            )
    return found


def _may_be(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in _ENDINGS


def _sort(file: Path, found: Found) -> None:
    header = table.header_of(file)
    root = series_nab.root_of(file)
    if file.name == series_nist.ACTIVATIONS:
        return
    if root is not None and header[:2] == series_nab.HEADER:
        found.nab.setdefault(root, []).append(file)
    elif series_skab.is_header(header):
        found.skab.append(file)
    elif series_nist.is_header(header):
        found.nist.append(file)
    elif series_plain.is_gauge(header) or series_plain.is_header(header):
        found.plain.append(file)
    else:
        found.unknown.append(file)


def run(found: Found, config: DetectorsConfig, *, done: Callable[[str], None] = lambda _: None) -> Report:
    """Measure everything; `done` is told the name of each file that was read."""
    faults: list[str] = []

    def each(files: Sequence[Path], one: Callable[[Path], Any]) -> list[Any]:
        results = []
        for file in files:
            try:
                results.append(one(file))
                done(file.name)
            except Rejected as refusal:
                faults.append(refusal.reason)
        return results

    document: dict[str, Any] = {}
    for root, files in found.nab.items():
        results = each(files, partial(series_nab.run, root=root, config=config))
        _nab(document, faults, root, results)
    if found.skab:
        document["skab"] = series_skab.document(each(found.skab, lambda file: series_skab.run(file, config)))
    if found.nist:
        document["nist"] = series_nist.document(each(found.nist, lambda file: series_nist.run(file, config)))
    if found.plain:
        document["plain"] = each(found.plain, lambda file: series_plain.run(file, config))
        document["plain_total"] = {
            key: sum(one[key] for one in document["plain"])
            for key in ("sensor_days", "false_alarms", "faults")
        }
    document["unknown"] = [file.name for file in found.unknown]
    document["faults"] = faults
    return Report(document, tuple(faults))


def _nab(
    document: dict[str, Any], faults: list[str], root: Path, files: Sequence[series_nab.NabFile]
) -> None:
    try:
        document.setdefault("nab", []).append(
            {"folder": root.name, **series_nab.document(files, series_nab.profiles(root))}
        )
    except Rejected as refusal:
        faults.append(refusal.reason)
