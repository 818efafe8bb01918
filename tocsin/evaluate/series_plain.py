"""Series of a place where nothing, or little, happened: how often do the rules speak?

Forms: a table with a header and a time column; the same with a number in front of each row; water
gauges without a header (device, local time, name, event, epoch, distance in cm, volts, percent), and the
short form of the same (epoch, distance, volts, percent). A column that names events (`Fire Alarm`,
`Stages`) says when an alarm is none of the false ones.
"""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tocsin.core.errors import Rejected
from tocsin.core.readings import Quality
from tocsin.detectors.base import SECOND_US
from tocsin.detectors.config import DetectorsConfig
from tocsin.evaluate import table
from tocsin.evaluate.series import FAULTS, Channel, Played, Point, play

_TIMES: Final = ("timestamp", "datetime", "date", "time", "ts")
_QUANTITIES: Final = (
    (re.compile(r"humidity ?ratio", re.IGNORECASE), "humidity-ratio", ""),
    (re.compile(r"temp", re.IGNORECASE), "temperature", "Cel"),
    (re.compile(r"humid", re.IGNORECASE), "humidity", "%RH"),
    (re.compile(r"light|lux", re.IGNORECASE), "light", "lx"),
    (re.compile(r"co2", re.IGNORECASE), "carbon-dioxide", "ppm"),
    (re.compile(r"rain", re.IGNORECASE), "rain", "mm"),
    (re.compile(r"flow|discharge", re.IGNORECASE), "flow", ""),
    (re.compile(r"^value$", re.IGNORECASE), "value", ""),
)
_EVENTS: Final = {"Fire Alarm": ("0", "0.0", ""), "Stages": ("not a flood stage", "")}
"""Columns of truth, and the cells that mean that nothing happens."""
_IGNORED: Final = frozenset({"", "no", "occupancy", "tested"})
_EARLIEST_US: Final = 1_420_070_400 * SECOND_US
"""Begin of 2015: older series are moved by whole weeks, because their clocks were right and ours doubt them."""
_WEEK_US: Final = 7 * 86_400 * SECOND_US
_CADENCE_US: Final = 360 * SECOND_US
"""What a gauge whose clock is lost is taken to have waited."""
_GAUGE: Final = 8
_GAUGE_SHORT: Final = 4
_EPOCH, _DISTANCE = 4, 5
_SAMPLE: Final = 50
_AFTER_US: Final = 600 * SECOND_US
"""An alarm so soon after an event still belongs to it."""


@dataclass(slots=True)
class Plain:
    """What one file holds."""

    name: str
    channels: list[Channel] = field(default_factory=list)
    events: list[tuple[int, int]] = field(default_factory=list)


def is_gauge(cells: Sequence[str]) -> bool:
    """Say whether a first line is one of a water gauge without header."""
    if len(cells) == _GAUGE:
        return table.instant(cells[_EPOCH]) is not None and _number(cells[_DISTANCE])
    return len(cells) == _GAUGE_SHORT and all(_number(cell) for cell in cells)


def is_header(cells: Sequence[str]) -> bool:
    """Say whether a first line names a time and at least one quantity that is known."""
    return any(_quantity(cell) is not None for cell in cells) and (
        any(cell.lower() in _TIMES for cell in cells) or cells[:1] == ("",)
    )


def run(path: Path, config: DetectorsConfig) -> dict[str, Any]:
    """Feed one file and give every number, ready for JSON."""
    read = table.read(path)
    first = tuple(cell.strip() for cell in read.rows[0])
    plain = _gauges(read) if is_gauge(first) else _table(read)
    return _document(plain, play(config, plain.channels))


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _quantity(name: str) -> tuple[str, str] | None:
    return next(((quantity, unit) for form, quantity, unit in _QUANTITIES if form.search(name)), None)


def _table(read: table.Table) -> Plain:
    names = [cell.strip() for cell in read.rows[0]]
    begin = 1
    if len(read.rows) > 1 and len(read.rows[1]) == len(names) + 1:
        names = ["", *names]
    when = next((place for place, name in enumerate(names) if name.lower() in _TIMES), 0)
    if len(read.rows) > 2 and table.instant(read.cell(1, when)) is None:
        begin = 2  # A row of units below the names.
    count = len(read.rows)
    instants = _moved([read.instant_us(row, when) for row in range(begin, count)])
    plain = Plain(read.path.name)
    for place, name in enumerate(names):
        if name in _EVENTS:
            plain.events = _spans(read, place, begin, instants, _EVENTS[name])
        known = _quantity(name)
        if place == when or known is None or name.lower() in _IGNORED or name in _EVENTS:
            continue
        points = [Point(row, at, read.number(row + begin, place)) for row, at in enumerate(instants)]
        plain.channels.append(Channel(f"sensor/{known[0]}", known[1], points))
    if not plain.channels:
        raise read.fault(0, "header", "no quantity is known: name one as temperature, humidity, rain, flow …")
    return plain


def _moved(instants: list[int]) -> list[int]:
    first = min(instants, default=_EARLIEST_US)
    weeks = max(0, -((first - _EARLIEST_US) // _WEEK_US))
    return [at + weeks * _WEEK_US for at in instants]


def _spans(
    read: table.Table, place: int, begin: int, instants: Sequence[int], quiet: Sequence[str]
) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    standing = False
    for row, at in enumerate(instants):
        happens = read.cell(row + begin, place).lower() not in quiet
        if happens and standing:
            spans[-1] = (spans[-1][0], at)
        elif happens:
            spans.append((at, at))
        standing = happens
    return spans


def _gauges(read: table.Table) -> Plain:
    plain = Plain(read.path.name)
    if len(read.rows[0]) == _GAUGE_SHORT:
        points = [(row, None, read.instant_us(row, 0), read.number(row, 1)) for row in range(len(read.rows))]
        plain.channels.append(_gauge("gauge", points, 0))
        return plain
    rows: dict[str, list[tuple[int, int | None, int, float | None]]] = {}
    for row in range(len(read.rows)):
        name = re.sub(r"[^A-Za-z0-9_.-]", "-", f"{read.cell(row, 0)[-6:]}-{read.cell(row, 2)}")
        rows.setdefault(name, []).append(
            (row, read.instant_us(row, 1), read.instant_us(row, _EPOCH), read.number(row, _DISTANCE))
        )
    zone = _zone([one for points in rows.values() for one in points])
    plain.channels = [_gauge(name, points, zone) for name, points in sorted(rows.items())]
    return plain


def _zone(points: Sequence[tuple[int, int | None, int, float | None]]) -> int:
    """Find how far the local time of the receipts lies from the gauges' own."""
    apart = [said - local for _, local, said, _ in points if local is not None and said >= _EARLIEST_US]
    return round(statistics.median(apart)) if apart else 0


def _gauge(name: str, points: Sequence[tuple[int, int | None, int, float | None]], zone: int) -> Channel:
    """Make one gauge's stream; a lost clock gives the time of receipt, as at the centre."""
    made: list[Point] = []
    newest = 0
    for row, local, said, distance in points:
        at, quality = said, 0
        if said < _EARLIEST_US:
            at = local + zone if local is not None else (newest or _EARLIEST_US) + _CADENCE_US
            quality = int(Quality.TIME_OUT_OF_RANGE)
        # The distance down to the water, in metres: up is a rise.
        made.append(Point(row, at, None if distance is None else -distance / 100, said, quality))
        newest = max(newest, at)
    return Channel(f"{name}/level", "m", made)


def _document(plain: Plain, played: Played) -> dict[str, Any]:
    alarms = [one for one in played.spells if one.kind not in FAULTS]
    false = [
        one
        for one in alarms
        if not any(begin <= one.from_us <= end + _AFTER_US for begin, end in plain.events)
    ]
    faults = [one for one in played.spells if one.kind in FAULTS]
    days = played.sensor_days
    if days <= 0:
        raise Rejected("series.file", f"{plain.name} covers no time: name a file with at least two rows")
    return {
        "file": plain.name,
        "sensors": len(plain.channels),
        "readings": played.readings,
        "out_of_order": played.dropped,
        "sensor_days": days,
        "events": len(plain.events),
        "alarms": len(alarms),
        "false_alarms": len(false),
        "false_alarms_per_sensor_day": len(false) / days,
        "faults": len(faults),
        "faults_per_sensor_day": len(faults) / days,
        "by_rule": dict(Counter(one.rule for one in played.spells)),
        "by_code": dict(Counter(one.code for one in played.spells)),
        "spells": [
            {"rule": one.rule, "sensor": one.channel, "row": one.row, "code": one.code, "reason": one.reason}
            for one in played.spells[:_SAMPLE]
        ],
    }
