"""Full-scale house fires with real smoke alarms (NIST): a folder with `Activation_Times.csv`.

Thermocouples, smoke meters and gas analysers of one fire go through the rules as the sensors of one
collector; time 0 is the ignition. The first alarm of fire, smoke, gas or heat is compared with the
earliest real alarm of the same fire; once with all sensors, and once without the thermocouples that stand in the fire itself,
which no house has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected
from tocsin.detectors.base import SECOND_US
from tocsin.detectors.config import DetectorsConfig
from tocsin.evaluate import table
from tocsin.evaluate.series import Channel, Point, Spell, play

ACTIVATIONS: Final = "Activation_Times.csv"
_BEGIN_US: Final = 1_767_225_600 * SECOND_US
"""Begin of 2026: the files count seconds from the ignition."""
_ALARMS: Final = frozenset({Kind.FIRE, Kind.SMOKE, Kind.GAS, Kind.TEMPERATURE})
_NAME: Final = re.compile(r"SDC\d+")
_IN_THE_FIRE: Final = re.compile(r"TCFIR")


@dataclass(frozen=True, slots=True)
class Fire:
    """One fire: seconds after the ignition."""

    name: str
    real_s: float
    first: Spell | None
    first_room: Spell | None
    """Without the thermocouples in the fire."""
    rules: Mapping[str, float]
    """First alarm of each rule, all sensors."""


def is_header(cells: Sequence[str]) -> bool:
    """Say whether a file's header is of this form."""
    return cells[:1] == ("TIME",) and any(cell.startswith("SM") for cell in cells)


def quantity(column: str) -> tuple[str, str] | None:
    """Give quantity and unit of a column; None for what is no sensor of ours (the real alarms' own insides)."""
    if column.startswith("TC") and column != "TCRef":
        return "temperature", "Cel"
    if column.startswith("SM"):
        return "smoke", ""
    gas = {"1": ("carbon-monoxide", "%"), "3": ("carbon-dioxide", "%"), "5": ("oxygen", "%")}
    return gas.get(column[-1]) if column.startswith("GAS") else None


def earliest(path: Path) -> dict[str, float]:
    """Read the earliest real alarm of every fire, in seconds."""
    read = table.read(path)
    if len(read.rows) < 2:
        raise read.fault(0, 0, "there is no row of times: write one below the names")
    first: dict[str, float] = {}
    for place, cell in enumerate(read.rows[0]):
        fire = _NAME.match(cell.strip())
        if fire is None:
            continue
        at = read.number(1, place)
        if at is not None and at >= 0:
            first[fire.group()] = min(at, first.get(fire.group(), at))
    return first


def run(path: Path, config: DetectorsConfig) -> Fire:
    """Feed one fire; raises `Rejected` when nobody says when its real alarms sounded."""
    named = _NAME.search(path.stem)
    times = earliest(path.parent / ACTIVATIONS)
    if named is None or named.group() not in times:
        raise Rejected("series.file", f"{ACTIVATIONS} has no column for {path.name}: write SDC02-Ion1A or so")
    channels = _channels(table.read(path))
    every = _first(config, channels)
    room = _first(config, [one for one in channels if not _IN_THE_FIRE.match(one.name)])
    rules: dict[str, float] = {}
    for spell in every:
        rules.setdefault(spell.rule, _seconds(spell))
    return Fire(
        path.stem, times[named.group()], every[0] if every else None, room[0] if room else None, rules
    )


def _channels(read: table.Table) -> list[Channel]:
    instants = [_BEGIN_US + _offset(read, row) for row in range(1, len(read.rows))]
    made = []
    for place, cell in enumerate(read.rows[0]):
        name = cell.strip()
        known = quantity(name) if place else None
        if known is not None:
            points = [Point(row, at, read.number(row + 1, place)) for row, at in enumerate(instants)]
            made.append(Channel(f"{name}/{known[0]}", known[1], points))
    return made


def _offset(read: table.Table, row: int) -> int:
    seconds = read.number(row, 0)
    if seconds is None:
        raise read.fault(row, "TIME", "there is no time: write seconds from the ignition")
    return round(seconds * SECOND_US)


def _first(config: DetectorsConfig, channels: Sequence[Channel]) -> list[Spell]:
    spells = [one for one in play(config, channels).spells if one.kind in _ALARMS]
    return sorted(spells, key=lambda one: one.from_us)


def _seconds(spell: Spell) -> float:
    return (spell.from_us - _BEGIN_US) / SECOND_US


def document(fires: Sequence[Fire]) -> dict[str, Any]:
    """Give every number, ready for JSON; `later_s` is negative where we were earlier."""
    rows = [
        {
            "fire": one.name,
            "real_s": one.real_s,
            **_compared("", one.first, one.real_s),
            **_compared("room_", one.first_room, one.real_s),
            "rules": dict(one.rules),
        }
        for one in fires
    ]
    return {
        "fires": rows,
        "within_60_s": sum(row["later_s"] is not None and row["later_s"] <= 60 for row in rows),
        "earlier": sum(row["later_s"] is not None and row["later_s"] < 0 for row in rows),
    }


def _compared(prefix: str, spell: Spell | None, real_s: float) -> dict[str, Any]:
    if spell is None:
        return {f"{prefix}alarm_s": None, f"{prefix}later_s": None, f"{prefix}rule": None}
    at = _seconds(spell)
    return {
        f"{prefix}alarm_s": at,
        f"{prefix}later_s": at - real_s,
        f"{prefix}rule": spell.rule,
        f"{prefix}sensor": spell.channel,
    }
