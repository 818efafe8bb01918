"""Recordings of a test rig with columns `anomaly` and `changepoint` (SKAB).

All channels of a file go through the rules together; a second is called anomalous while `anomaly` or
a limit stands on any channel. The recordings last twenty minutes, and what learns from days would stay
silent: as in the benchmark the first 400 rows are given for learning, and what has slots of an hour
works with slots of five seconds. Every other parameter stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tocsin.detectors.config import DetectorsConfig
from tocsin.evaluate import nab, table
from tocsin.evaluate.series import Channel, Point, play, with_parameters

LEARNING_ROWS: Final = 400
_SLOT_SECONDS: Final = 5
_SLOTS: Final = LEARNING_ROWS // _SLOT_SECONDS
_RIG: Final[dict[str, dict[str, Any]]] = {
    "anomaly": {"slot_seconds": _SLOT_SECONDS, "learn_slots": _SLOTS, "calm_slots": 6},
    "shift": {"slot_seconds": _SLOT_SECONDS, "learn_slots": _SLOTS},
}
_JUDGED: Final = frozenset({"anomaly", "threshold", "rate"})
"""A shift stands until the new level is the usual one, on a rig without days for good: it is no label of seconds."""
_CHANGE_ROWS: Final = 60
"""The benchmark gives a detector a minute to notice a change."""


@dataclass(frozen=True, slots=True)
class SkabFile:
    """Seconds of one recording by truth and by what was said."""

    name: str
    rows: int
    hit: int
    missed: int
    false: int
    quiet: int
    changes: tuple[int, ...]
    alarms: tuple[int, ...]


def is_header(cells: Sequence[str]) -> bool:
    """Say whether a file's header is of this form."""
    return "anomaly" in cells and "changepoint" in cells


def run(path: Path, config: DetectorsConfig) -> SkabFile:
    """Feed one recording."""
    read = table.read(path)
    truth, change = read.column("anomaly"), read.column("changepoint")
    when = read.column("datetime")
    count = len(read.rows) - 1
    names = [cell.strip() for cell in read.rows[0]]
    instants = [read.instant_us(row, when) for row in range(1, count + 1)]
    channels = [
        Channel(
            f"rig/{name.replace(' ', '-')}",
            "",
            [Point(row, instants[row], read.number(row + 1, place)) for row in range(count)],
        )
        for place, name in enumerate(names)
        if place not in {when, truth, change}
    ]
    played = play(with_parameters(config, _RIG), channels)
    spells = [one for one in played.spells if one.detector in _JUDGED]
    said = [False] * count
    for one in spells:
        for row in range(one.row, count if one.to_row is None else one.to_row):
            said[row] = True
    truths = [bool(read.number(row + 1, truth)) for row in range(count)]
    pairs = list(zip(truths, said, strict=True))[LEARNING_ROWS:]
    return SkabFile(
        path.parent.name + "/" + path.name,
        count,
        pairs.count((True, True)),
        pairs.count((True, False)),
        pairs.count((False, True)),
        pairs.count((False, False)),
        tuple(row for row in range(count) if read.number(row + 1, change)),
        tuple(sorted(one.row for one in spells)),
    )


def figures(hit: int, missed: int, false: int, quiet: int) -> dict[str, float | None]:
    """Give F1, the share of quiet seconds with an alarm (FAR) and of anomalous ones without (MAR), in %."""
    return {
        "f1": _share(2 * hit, 2 * hit + missed + false),
        "far": _share(100 * false, false + quiet),
        "mar": _share(100 * missed, hit + missed),
    }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def document(files: Sequence[SkabFile]) -> dict[str, Any]:
    """Give every number, ready for JSON; the total counts seconds, not files."""
    changes = [
        nab.score_file(
            one.rows,
            [(row, min(row + _CHANGE_ROWS, one.rows) - 1) for row in _apart(one.changes)],
            one.alarms,
            nab.PROFILES[0],
        )
        for one in files
    ]
    total = (
        sum(one.hit for one in files),
        sum(one.missed for one in files),
        sum(one.false for one in files),
        sum(one.quiet for one in files),
    )
    return {
        **figures(*total),
        "changepoint_score": nab.normalised(changes),
        "learning_rows": LEARNING_ROWS,
        "files": [
            {
                "file": one.name,
                **figures(one.hit, one.missed, one.false, one.quiet),
                "alarms": list(one.alarms),
            }
            for one in files
        ],
    }


def _apart(changes: Sequence[int]) -> list[int]:
    """Leave out changes inside the minute of the one before."""
    kept: list[int] = []
    for row in changes:
        if not kept or row >= kept[-1] + _CHANGE_ROWS:
            kept.append(row)
    return kept
