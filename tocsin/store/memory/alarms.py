"""The alarms' part of a transaction in memory: alarms, their journal, maintenance, false spots, links.

The twin of `store.alarms`; the same promises, but nobody holds a lock: one transaction runs at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from typing_extensions import override

from tocsin.alerts.alarm_model import Alarm, FalseSpot, JournalLine, Link, Window
from tocsin.alerts.alarm_ports import AlarmUnit
from tocsin.core.detections import Detection, Kind
from tocsin.core.grids import Grid
from tocsin.core.ids import AlarmId, CollectorId, DeviceId, GridCode, collector_of

AlarmKey = tuple[DeviceId, Kind, str]


@dataclass(slots=True)
class AlarmTables:
    """Everything of alarms that a transaction may change; values are immutable."""

    alarms: dict[AlarmKey, Alarm] = field(default_factory=dict)
    alarm_journal: list[JournalLine] = field(default_factory=list)
    windows: dict[str, Window] = field(default_factory=dict)
    spots: dict[str, FalseSpot] = field(default_factory=dict)
    links: dict[CollectorId, Link] = field(default_factory=dict)
    """What tests say of the boxes; `lost` is asked of the alarms."""
    flushes: list[datetime] = field(default_factory=list)
    """When ingest last wrote, as tests say."""
    detections: dict[AlarmId, Detection] = field(default_factory=dict)
    """The newest of each alarm, as tests say."""


class Places(Protocol):
    """Where grids lie."""

    def grid(self, code: GridCode) -> Grid:
        """Read one grid."""
        ...


class MemoryAlarmUnit(AlarmUnit):
    """The alarms' part of one transaction."""

    def __init__(self, tables: AlarmTables, places: Places, now: datetime) -> None:
        self._of_alarms = tables
        self._places = places
        self._at = now

    @override
    async def alarms(self, keys: Sequence[AlarmKey]) -> Mapping[AlarmKey, Alarm]:
        known = self._of_alarms.alarms
        return {key: known[key] for key in keys if key in known}

    @override
    async def alarm(self, alarm: AlarmId) -> Alarm | None:
        return next((one for one in self._of_alarms.alarms.values() if one.id == alarm), None)

    @override
    async def save_alarms(self, alarms: Sequence[Alarm]) -> None:
        for alarm in alarms:
            self._of_alarms.alarms[alarm.device, alarm.kind, alarm.detector] = alarm

    @override
    async def due_alarms(self, most: int) -> Sequence[Alarm]:
        due = [
            (alarm.due, alarm.id, alarm)
            for alarm in self._of_alarms.alarms.values()
            if alarm.due is not None and alarm.due <= self._at
        ]
        return [alarm for _, _, alarm in sorted(due, key=lambda one: one[:2])][:most]

    @override
    async def look_at(self, alarms: Sequence[AlarmId]) -> Sequence[Alarm]:
        wanted = set(alarms)
        found = [one for one in self._of_alarms.alarms.values() if one.id in wanted]
        return sorted(found, key=lambda one: one.id)

    @override
    async def hold_alarms(self, alarms: Sequence[AlarmId]) -> Sequence[Alarm]:
        return await self.look_at(alarms)

    @override
    async def kinds_of(self, device: DeviceId) -> Sequence[Kind]:
        known = self._of_alarms.alarms
        return sorted({kind for name, kind, _ in known if device in {name, collector_of(name)}})

    @override
    async def journal(self, lines: Sequence[JournalLine]) -> None:
        self._of_alarms.alarm_journal.extend(lines)

    @override
    async def windows(self) -> Sequence[Window]:
        found = [one for one in self._of_alarms.windows.values() if not one.over(self._at)]
        return sorted(found, key=lambda one: one.id)

    @override
    async def false_spots(self, devices: Sequence[DeviceId]) -> Sequence[FalseSpot]:
        return sorted(
            (
                one
                for one in self._of_alarms.spots.values()
                if one.device in devices and one.ended is None and one.until > self._at
            ),
            key=lambda one: one.id,
        )

    @override
    async def standing(
        self, kinds: Sequence[Kind], collectors: Sequence[CollectorId], grids: Sequence[GridCode]
    ) -> Sequence[Alarm]:
        found = [alarm for _, alarm in self._raised(kinds, collectors, grids)]
        return sorted(found, key=lambda one: one.id)

    @override
    async def wake_explained(
        self, kinds: Sequence[Kind], collectors: Sequence[CollectorId], grids: Sequence[GridCode]
    ) -> None:
        for key, alarm in list(self._raised(kinds, collectors, grids)):
            self._of_alarms.alarms[key] = replace(alarm, due=self._at)

    def _raised(
        self, kinds: Sequence[Kind], collectors: Collection[CollectorId], grids: Collection[GridCode]
    ) -> Iterator[tuple[AlarmKey, Alarm]]:
        for key, alarm in self._of_alarms.alarms.items():
            here = collector_of(alarm.device) in collectors or alarm.grid in grids
            if alarm.raised and alarm.kind in kinds and here:
                yield key, alarm

    @override
    async def wake_suppressed(self, roots: Sequence[AlarmId]) -> None:
        for key, alarm in self._of_alarms.alarms.items():
            if alarm.suppressed_by in roots:
                self._of_alarms.alarms[key] = replace(alarm, due=self._at)

    @override
    async def wake_covered(self, window: Window) -> None:
        for key, alarm in self._of_alarms.alarms.items():
            covered = alarm.raised and window.covers(alarm.device, self._places.grid(alarm.grid).path)
            if covered or alarm.maintenance == window.id:
                self._of_alarms.alarms[key] = replace(alarm, due=self._at)

    @override
    async def save_window(self, window: Window) -> None:
        path = self._places.grid(window.grid).path if window.grid is not None else ""
        known = self._of_alarms.windows.get(window.id)
        kept = replace(window, grid_path=path) if known is None else replace(known, ended=window.ended)
        self._of_alarms.windows[window.id] = kept

    @override
    async def window(self, window: str) -> Window | None:
        return self._of_alarms.windows.get(window)

    @override
    async def save_spot(self, spot: FalseSpot) -> None:
        known = self._of_alarms.spots.get(spot.id)
        self._of_alarms.spots[spot.id] = spot if known is None else replace(known, ended=spot.ended)

    @override
    async def spot(self, spot: str) -> FalseSpot | None:
        return self._of_alarms.spots.get(spot)

    @override
    async def newest_detection(self, alarm: Alarm) -> Detection | None:
        return self._of_alarms.detections.get(alarm.id)

    @override
    async def links(self, sessions: int) -> tuple[datetime | None, Sequence[Link]]:
        lost = {
            collector_of(alarm.device)
            for alarm in self._of_alarms.alarms.values()
            if alarm.kind is Kind.LINK_LOSS and alarm.raised != (alarm.pending is not None)
        }
        known = sorted(self._of_alarms.links.values(), key=lambda one: one.collector)
        return max(self._of_alarms.flushes, default=None), [
            replace(one, lost=one.collector in lost) for one in known
        ]
