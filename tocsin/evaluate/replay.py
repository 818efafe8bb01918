"""What another configuration of the detectors would have changed: incidents gained, lost and moved.  Pure.

Both sides are replays of the same material, so what was not kept is missing from both and never looks lost.
The record comes in only as truth: what people said of the incidents that really happened.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, unique
from typing import Any, Final, Protocol

import msgspec

from tocsin.alerts.quality_ports import JudgedIncident, Truth
from tocsin.core.detections import Kind
from tocsin.core.ids import DeviceId, GridCode, IncidentId, StreamId

NEAR: Final = timedelta(minutes=10)
"""Two incidents of one place this near in time are one happening; the policies' `rearm` is as long."""
_LOOK: Final = timedelta(hours=2)
"""How far around an opening others are looked for: a beginning may lie long before its opening."""
_MOVED: Final = timedelta(seconds=1)
ROWS_MAX: Final = 1000
"""Incidents shown of each kind of change; all are counted."""

Alike = Callable[[Kind, Kind], bool]
"""Whether two kinds may be one happening."""


@dataclass(frozen=True, slots=True)
class Source:
    """One detector at one stream or camera that spoke."""

    stream: StreamId
    detector: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One incident that a configuration leads to."""

    kind: Kind
    grid: GridCode
    began: datetime
    opened: datetime
    """When the centre would have opened it."""
    devices: tuple[DeviceId, ...]
    sources: tuple[Source, ...]
    """The one that opened it first."""


class Placed(Protocol):
    """What two incidents are compared by."""

    @property
    def kind(self) -> Kind:
        """Kind."""
        ...

    @property
    def grid(self) -> GridCode:
        """Where."""
        ...

    @property
    def began(self) -> datetime:
        """When the condition began."""
        ...

    @property
    def opened(self) -> datetime:
        """When it was opened."""
        ...

    @property
    def devices(self) -> tuple[DeviceId, ...]:
        """Of its alarms."""
        ...


@unique
class Change(StrEnum):
    """What becomes of an incident under the new configuration."""

    GAINED = "gained"
    LOST = "lost"
    MOVED = "moved"
    SAME = "same"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One incident that changes."""

    change: Change
    kind: Kind
    grid: GridCode
    devices: tuple[DeviceId, ...]
    detectors: tuple[str, ...]
    streams: tuple[StreamId, ...]
    before: datetime | None
    """When it is opened under the current configuration; None for one gained."""
    after: datetime | None
    """… and under the new one; None for one lost."""
    seconds: float | None
    """How much later under the new one, for one that is in both."""
    judgement: Truth
    incident: IncidentId | None
    """The recorded one that it corresponds to; None where nothing like it happened."""


class Counts(msgspec.Struct, kw_only=True):
    """Incidents by what people said of them; without a counterpart in the record nobody judged them."""

    real: int = 0
    false: int = 0
    unjudged: int = 0

    def add(self, judgement: Truth) -> None:
        """Count one."""
        match judgement:
            case Truth.REAL:
                self.real += 1
            case Truth.FALSE:
                self.false += 1
            case Truth.UNJUDGED:
                self.unjudged += 1

    @property
    def total(self) -> int:
        """All of them."""
        return self.real + self.false + self.unjudged


class StreamFigures(msgspec.Struct, kw_only=True):
    """What changes at one stream or camera; an incident counts at each that had a part in it."""

    stream: StreamId
    gained: Counts = msgspec.field(default_factory=Counts)
    lost: Counts = msgspec.field(default_factory=Counts)
    moved: int = 0
    same: int = 0


class Unreplayed(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded incident that the current configuration does not give again: nothing is said about it."""

    incident: IncidentId
    kind: Kind
    grid: GridCode
    opened: datetime
    judgement: Truth
    why: str
    """`report`, `picture`, `reading` or `other`."""


class Material(msgspec.Struct, kw_only=True):
    """What was replayed, and what was not there."""

    readings: int = 0
    flushes: int = 0
    """With readings, or empty and still in the log."""
    filled: int = 0
    """Instants at which time passed, made up between two flushes whose log was thinned."""
    pictures: int = 0
    pictures_missing: int = 0
    """Announced, and not kept here or damaged."""
    cameras: int = 0
    streams: int = 0
    detections_before: int = 0
    detections_after: int = 0
    from_kept: datetime | None = None
    """Where the readings begin, when that is after the beginning that was asked for."""


class Comparison(msgspec.Struct, kw_only=True):
    """One configuration against another over the same material."""

    since: datetime
    until: datetime
    warm_up_hours: float
    scope: str
    before: str
    """Digest of the current configuration."""
    after: str
    """Digest of the new one."""
    incidents_before: int
    incidents_after: int
    gained: Counts
    """A real one gained is one that only people had reported, or that came another way."""
    lost: Counts
    """A real one lost is a miss; a false one lost is a nuisance less."""
    moved: int
    same: int
    rows: list[Row]
    """Those that change, in order of time; at most `ROWS_MAX` of each change."""
    streams: list[StreamFigures]
    """Those where anything changes first."""
    recorded: int
    """Incidents of the record in that period."""
    reproduced: int
    """Of these given again by the current configuration: how far the comparison reaches."""
    unreplayed: list[Unreplayed]
    material: Material


def pairs(lefts: Sequence[Placed], rights: Sequence[Placed], alike: Alike) -> dict[int, int]:
    """Say which of one list is which of another: by device, else by place, the nearest in time first."""
    order = sorted(range(len(rights)), key=lambda index: rights[index].opened)
    instants = [rights[index].opened for index in order]
    found: list[tuple[bool, float, int, int]] = []
    for left, one in enumerate(lefts):
        first = bisect_left(instants, one.opened - _LOOK)
        last = bisect_right(instants, one.opened + _LOOK)
        for right in order[first:last]:
            other = rights[right]
            apart = _apart(one, other)
            shared = bool(set(one.devices) & set(other.devices))
            if apart <= NEAR and alike(one.kind, other.kind) and (shared or one.grid == other.grid):
                found.append((not shared, apart.total_seconds(), left, right))
    taken: dict[int, int] = {}
    used: set[int] = set()
    for _, _, left, right in sorted(found):
        if left not in taken and right not in used:
            taken[left] = right
            used.add(right)
    return taken


def _apart(one: Placed, other: Placed) -> timedelta:
    return min(abs(one.opened - other.opened), abs(one.began - other.began))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a comparison is of."""

    since: datetime
    until: datetime
    warm_up_hours: float
    scope: str
    before: str
    after: str


def compare(
    asked: Asked,
    before: Sequence[Happening],
    after: Sequence[Happening],
    record: Sequence[JudgedIncident],
    material: Material,
    *,
    alike: Alike,
    seen: Iterable[DeviceId],
    cameras: Iterable[DeviceId],
) -> Comparison:
    """Compare two replays; `seen` are the devices of which there was material, `cameras` all that are cameras."""
    known = pairs(before, record, alike)
    both = pairs(before, after, alike)
    gained = [index for index in range(len(after)) if index not in set(both.values())]
    rest = [index for index in range(len(record)) if index not in set(known.values())]
    new = {
        gained[left]: rest[right]
        for left, right in pairs([after[i] for i in gained], [record[i] for i in rest], alike).items()
    }
    rows = [
        _row(one, after[both[index]] if index in both else None, _of(record, known.get(index)))
        for index, one in enumerate(before)
    ]
    rows += [_row(None, after[index], _of(record, new.get(index))) for index in gained]
    counts = {change: Counts() for change in Change}
    for row in rows:
        counts[row.change].add(row.judgement)
    present, filming = set(seen), set(cameras)
    return Comparison(
        since=asked.since,
        until=asked.until,
        warm_up_hours=asked.warm_up_hours,
        scope=asked.scope,
        before=asked.before,
        after=asked.after,
        incidents_before=len(before),
        incidents_after=len(after),
        gained=counts[Change.GAINED],
        lost=counts[Change.LOST],
        moved=counts[Change.MOVED].total,
        same=counts[Change.SAME].total,
        rows=_shown(rows),
        streams=_by_stream(rows),
        recorded=len(record),
        reproduced=len(known),
        unreplayed=[_unreplayed(record[index], present, filming) for index in rest][:ROWS_MAX],
        material=material,
    )


def _of(record: Sequence[JudgedIncident], index: int | None) -> JudgedIncident | None:
    return None if index is None else record[index]


def _row(before: Happening | None, after: Happening | None, truth: JudgedIncident | None) -> Row:
    one = before or after
    if one is None:
        raise ValueError("a row needs an incident on one side at least")
    change, seconds = Change.GAINED, None
    if before is not None:
        change = Change.LOST
        if after is not None:
            shift = after.opened - before.opened
            change, seconds = (Change.MOVED if abs(shift) >= _MOVED else Change.SAME), shift.total_seconds()
    sources = dict.fromkeys(source for side in (before, after) if side is not None for source in side.sources)
    return Row(
        change=change,
        kind=one.kind,
        grid=one.grid,
        devices=one.devices,
        detectors=tuple(dict.fromkeys(source.detector for source in sources)),
        streams=tuple(dict.fromkeys(source.stream for source in sources)),
        before=None if before is None else before.opened,
        after=None if after is None else after.opened,
        seconds=seconds,
        judgement=Truth.UNJUDGED if truth is None else truth.judgement,
        incident=None if truth is None else truth.id,
    )


def _shown(rows: Sequence[Row]) -> list[Row]:
    ordered = sorted(
        (row for row in rows if row.change is not Change.SAME),
        key=lambda row: (row.before or row.after, row.kind, row.devices),
    )
    number: Counter[Change] = Counter()
    kept = []
    for row in ordered:
        number[row.change] += 1
        if number[row.change] <= ROWS_MAX:
            kept.append(row)
    return kept


def _by_stream(rows: Sequence[Row]) -> list[StreamFigures]:
    found: dict[StreamId, StreamFigures] = {}
    for row in rows:
        for stream in row.streams:
            figures = found.setdefault(stream, StreamFigures(stream=stream))
            match row.change:
                case Change.GAINED:
                    figures.gained.add(row.judgement)
                case Change.LOST:
                    figures.lost.add(row.judgement)
                case Change.MOVED:
                    figures.moved += 1
                case Change.SAME:
                    figures.same += 1
    return sorted(
        found.values(),
        key=lambda one: (-(one.gained.total + one.lost.total), -one.moved, one.stream),
    )[:ROWS_MAX]


def _unreplayed(one: JudgedIncident, seen: set[DeviceId], cameras: set[DeviceId]) -> Unreplayed:
    why = "other"
    if not one.devices:
        why = "report"
    elif cameras & set(one.devices):
        why = "picture"
    elif not seen & set(one.devices):
        why = "reading"
    return Unreplayed(
        incident=one.id,
        kind=one.kind,
        grid=one.grid,
        opened=one.opened,
        judgement=one.judgement,
        why=why,
    )


def as_json(comparison: Comparison) -> dict[str, Any]:
    """Give a comparison as plain values."""
    plain: dict[str, Any] = msgspec.to_builtins(comparison)
    return plain
