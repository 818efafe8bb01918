"""Recorded series through the detectors of the product.

A channel is one stream with its readings in the order in which they arrived. `play` feeds all channels
of a place through one `StreamBank`, as a centre would, ticks between the readings, and gives what was
raised and cleared. What is true of a series stands in its form's module, not here.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tocsin.core.clock import from_us
from tocsin.core.detections import Detection, Kind, Phase
from tocsin.core.ids import StreamId
from tocsin.core.readings import Quality, Reading
from tocsin.detectors.bank import StreamBank
from tocsin.detectors.base import SECOND_US
from tocsin.detectors.config import DetectorsConfig

TICK_US: Final = 25 * SECOND_US
"""A bank that is not ticked for longer takes it for a pause in which nobody listened."""
TICKS_MAX: Final = 300
"""Ticks after one reading: two hours; what is silent for longer is left alone until it speaks."""
_GAP_US: Final = 2 * 86_400 * SECOND_US
"""A longer gap counts for so much: where nothing is read nothing can be false."""
FAULTS: Final = frozenset({Kind.SENSOR_FAULT, Kind.SILENCE})
"""Kinds that say something about the sensor, not about the place."""


@dataclass(frozen=True, slots=True)
class Point:
    """One row of a channel."""

    row: int
    at_us: int
    """When it was taken for, as the centre would have it."""
    value: float | None
    observed_us: int | None = None
    """What the device itself said, where that differs."""
    quality: int = 0


@dataclass(frozen=True, slots=True)
class Channel:
    """One stream."""

    name: str
    """`device/quantity`."""
    unit: str
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Spell:
    """One condition that a rule raised."""

    rule: str
    detector: str
    kind: Kind
    channel: str
    code: str
    reason: str
    row: int
    from_us: int
    to_us: int | None
    """None while it stands at the end."""
    to_row: int | None


@dataclass(slots=True)
class Played:
    """What one place gave."""

    spells: list[Spell] = field(default_factory=list)
    readings: int = 0
    dropped: int = 0
    """Readings out of order."""
    sensor_days: float = 0.0


def with_parameters(config: DetectorsConfig, changes: Mapping[str, Mapping[str, Any]]) -> DetectorsConfig:
    """Change parameters of every rule of some detectors."""
    rules = [
        rule.model_copy(update={"parameters": {**rule.parameters, **changes.get(rule.detector, {})}})
        for rule in config.detectors
    ]
    return config.model_copy(update={"detectors": tuple(rules)})


def play(config: DetectorsConfig, channels: Sequence[Channel], *, place: str = "place") -> Played:
    """Feed the channels in the order of arrival."""
    bank = StreamBank(config, at="centre")
    detectors = {rule.name: rule.detector for rule in config.detectors}
    played = Played(readings=sum(len(one.points) for one in channels))
    open_spells: dict[tuple[str, str], int] = {}
    now_us = 0
    for at_us, row, reading in _arrivals(channels, place):
        for tick_us in _ticks(now_us, at_us):
            _note(played, open_spells, detectors, bank.tick(from_us(tick_us)), row)
        now_us = max(now_us, at_us)
        _note(played, open_spells, detectors, bank.observe([reading]), row)
        _note(played, open_spells, detectors, bank.tick(from_us(now_us)), row)
    played.dropped = bank.out_of_order
    played.sensor_days = sum(_days(one.points) for one in channels)
    return played


def _arrivals(channels: Sequence[Channel], place: str) -> Iterator[tuple[int, int, Reading]]:
    """Merge the channels by time; inside one channel the order of its rows is kept."""
    yield from heapq.merge(*(_of(channel, place) for channel in channels), key=lambda one: one[0])


def _of(channel: Channel, place: str) -> Iterator[tuple[int, int, Reading]]:
    stream = StreamId(f"{place}/{channel.name}")
    newest_us = 0
    for point in channel.points:
        newest_us = max(newest_us, point.at_us)
        quality = point.quality | (Quality.NOT_A_NUMBER if point.value is None else 0)
        yield (
            newest_us,
            point.row,
            Reading(
                stream=stream,
                observed_us=point.at_us if point.observed_us is None else point.observed_us,
                value=point.value,
                unit=channel.unit,
                at_us=point.at_us,
                received_us=newest_us,
                quality=int(quality),
            ),
        )


def _ticks(now_us: int, at_us: int) -> range:
    if not now_us or at_us - now_us <= TICK_US:
        return range(0)
    return range(now_us + TICK_US, min(at_us, now_us + TICKS_MAX * TICK_US), TICK_US)


def _note(
    played: Played,
    open_spells: dict[tuple[str, str], int],
    detectors: Mapping[str, str],
    found: Sequence[Detection],
    row: int,
) -> None:
    for one in found:
        key = (one.detector, one.stream)
        if one.phase is Phase.RAISE:
            open_spells[key] = len(played.spells)
            played.spells.append(_spell(one, detectors.get(one.detector, ""), row))
        elif one.phase is Phase.CLEAR and key in open_spells:
            place = open_spells.pop(key)
            was = played.spells[place]
            played.spells[place] = Spell(
                was.rule, was.detector, was.kind, was.channel, was.code, was.reason, was.row, was.from_us,
                _us(one), row,
            )  # fmt: skip


def _spell(one: Detection, detector: str, row: int) -> Spell:
    channel = one.stream.partition("/")[2]
    return Spell(
        one.detector, detector, one.kind, channel, one.reason_code, one.reason, row, _us(one), None, None
    )


def _us(one: Detection) -> int:
    return round(one.observed.timestamp() * 1e6)


def _days(points: Sequence[Point]) -> float:
    instants = sorted(point.at_us for point in points)
    watched = sum(min(later - earlier, _GAP_US) for earlier, later in itertools.pairwise(instants))
    return watched / (86_400 * SECOND_US)
