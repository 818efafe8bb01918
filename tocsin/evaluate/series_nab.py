"""Series of the Numenta Anomaly Benchmark: a folder with `labels/combined_windows.json`.

Every file of two columns below the folder is one stream of no unit through the rules as they are; an
alarm of the detector `anomaly` is a detection of the benchmark, at the row that raised it. What other
detectors say is counted and not scored.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tocsin.core.errors import Rejected
from tocsin.detectors.config import DetectorsConfig
from tocsin.evaluate import nab, table
from tocsin.evaluate.series import Channel, Point, play

HEADER: Final = ("timestamp", "value")
DETECTOR: Final = "anomaly"
_LABELS: Final = Path("labels", "combined_windows.json")
_PROFILES: Final = Path("config", "profiles.json")


@dataclass(frozen=True, slots=True)
class NabFile:
    """One series, its windows and what was said."""

    name: str
    rows: int
    windows: tuple[nab.Window, ...]
    alarms: tuple[int, ...]
    others: Mapping[str, int]
    """Alarms of other rules, by rule."""


def root_of(file: Path) -> Path | None:
    """Find the folder with the labels of a file, at most three levels up."""
    return next((up for up in list(file.parents)[:3] if (up / _LABELS).is_file()), None)


def profiles(root: Path) -> tuple[nab.Profile, ...]:
    """Read the folder's own profiles, or give the published ones."""
    path = root / _PROFILES
    if not path.is_file():
        return nab.PROFILES
    given = _json(path)
    try:
        return tuple(
            nab.Profile(
                name,
                float(one["CostMatrix"]["tpWeight"]),
                float(one["CostMatrix"]["fnWeight"]),
                float(one["CostMatrix"]["fpWeight"]),
            )
            for name, one in given.items()
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Rejected(
            "series.file",
            f"{path.name}: each profile needs CostMatrix with tpWeight, fnWeight, fpWeight ({error!r})",
        ) from error


def run(path: Path, *, root: Path, config: DetectorsConfig) -> NabFile:
    """Feed one file; raises `Rejected` where it and the labels do not fit."""
    labels = _json(root / _LABELS)
    name = path.relative_to(root).as_posix()
    if name not in labels:
        raise Rejected("series.file", f"{_LABELS.name} has no entry {name!r}: write one, [] for no anomaly")
    read = table.read(path)
    points = [
        Point(row - 1, read.instant_us(row, 0), read.number(row, 1)) for row in range(1, len(read.rows))
    ]
    places: dict[int, int] = {}
    for point in points:
        places.setdefault(point.at_us, point.row)
    windows = tuple(_window(pair, places, name) for pair in labels[name])
    played = play(config, [Channel("series/value", "", points)])
    return NabFile(
        name,
        len(points),
        windows,
        tuple(one.row for one in played.spells if one.detector == DETECTOR),
        Counter(one.rule for one in played.spells if one.detector != DETECTOR),
    )


def _window(pair: object, places: Mapping[int, int], name: str) -> nab.Window:
    if isinstance(pair, list) and len(pair) == 2:
        begin, end = (places.get(table.instant(str(one)) or -1) for one in pair)
        if begin is not None and end is not None:
            return begin, end
    raise Rejected(
        "series.file", f"{_LABELS.name}, {name}: {pair!r} is no pair of instants that are rows of the file"
    )


def _json(path: Path) -> Mapping[str, Any]:
    try:
        data = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Rejected("series.file", f"{path.name} is no JSON: {error}") from error
    if not isinstance(data, dict):
        raise Rejected("series.file", f"{path.name} is no JSON object: write one")
    return data


def document(files: Sequence[NabFile], known: Sequence[nab.Profile]) -> dict[str, Any]:
    """Give every number, ready for JSON."""
    scores = {
        profile.name: [nab.score_file(one.rows, one.windows, one.alarms, profile) for one in files]
        for profile in known
    }
    first = scores[known[0].name]
    return {
        "score": {name: nab.normalised(of) for name, of in scores.items()},
        "windows": sum(len(one.windows) for one in files),
        "hits": sum(earned is not None for score in first for earned in score.hits),
        "false_alarms": sum(score.false_alarms for score in first),
        "files": [
            {
                "file": one.name,
                "rows": one.rows,
                "windows": [list(window) for window in one.windows],
                "alarms": list(one.alarms),
                "earned": list(first[place].hits),
                "false_alarms": first[place].false_alarms,
                "raw": {name: of[place].raw for name, of in scores.items()},
                "others": dict(one.others),
            }
            for place, one in enumerate(files)
        ],
    }
