"""The tree of places in memory: the twin of `store.places`; scopes of accounts are not its business."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from typing_extensions import override

from tocsin.core.clock import Clock
from tocsin.core.errors import Rejected
from tocsin.core.grids import Grid
from tocsin.core.ids import GridCode, PersonId
from tocsin.town.grid_plan import plan
from tocsin.town.grid_ports import (
    ALWAYS,
    GRIDS_MAX,
    Around,
    GridDraft,
    GridLevel,
    GridRecord,
    GridVersion,
    KeyPlace,
    PlacesStore,
    Watched,
    Written,
)
from tocsin.town.grids import within


class MemoryPlacesStore(PlacesStore):
    """Keeps the tree in dictionaries; `devices` and `counts` are what a test says there is."""

    def __init__(self, clock: Clock, grids: Iterable[Grid] = ()) -> None:
        self._clock = clock
        self._version = 1
        self._grids = {
            one.code: GridRecord(grid=one, level=one.path.count(".") + 1, since=ALWAYS) for one in grids
        }
        self._before: list[GridVersion] = []
        self._levels: dict[GridCode, tuple[GridLevel, ...]] = {}
        self._places: dict[str, KeyPlace] = {}
        self.devices: list[Watched] = []
        self.people: dict[GridCode, int] = {}
        self.organisations: set[GridCode] = set()

    @override
    async def version(self) -> int:
        return self._version

    @override
    async def records(
        self,
        scope: str,
        *,
        at: datetime | None = None,
        under: GridCode | None = None,
        outlines: bool = False,
        most: int = GRIDS_MAX,
    ) -> Sequence[GridRecord]:
        if at is None:
            known = [one for one in self._grids.values() if one.until is None]
        else:
            ever = [*self._grids.values(), *(one.record for one in self._before)]
            known = [one for one in ever if one.since <= at and (one.until is None or one.until > at)]
        found = [
            one
            for one in known
            if within(one.grid.path, scope) and (under is None or under in one.grid.path.split("."))
        ]
        found.sort(key=lambda one: one.grid.path)
        return [one if outlines else replace(one, outline=None) for one in found[:most]]

    @override
    async def record(self, code: GridCode) -> GridRecord | None:
        return self._grids.get(code)

    @override
    async def versions(self, code: GridCode, most: int = 100) -> Sequence[GridVersion]:
        found = [one for one in self._before if one.record.code == code]
        found.sort(key=lambda one: one.record.since, reverse=True)
        return [replace(one, record=replace(one.record, outline=None)) for one in found[:most]]

    @override
    async def write(
        self,
        drafts: Sequence[GridDraft],
        *,
        close: Sequence[GridCode] = (),
        person: PersonId | None = None,
        reason: str = "",
        since: datetime | None = None,
    ) -> Written:
        now = self._clock.now()
        made = plan(self._grids, drafts, close, now, since=since)
        if made.faults:
            raise Rejected(made.faults[0].code, "; ".join(one.message for one in made.faults[:20]))
        for one in made.rows:
            self._keep(one, now, person or "", reason)
        if made.rows:
            self._version += 1
        return Written(len(made.new), len(made.changed), made.below, len(made.closed), made.same)

    def _keep(self, one: GridRecord, now: datetime, person: str, reason: str) -> None:
        before = self._grids.get(one.code)
        if before is not None and one.until is not None:
            one = replace(one, until=max(one.until, before.since + timedelta(microseconds=1)))
        elif before is not None:
            ended = before.until or now
            if before.since < ended:
                old = replace(before, until=ended, has_outline=before.outline is not None)
                self._before.append(GridVersion(record=old, person=person, reason=reason))
            one = replace(one, since=max(before.since, now))
        self._grids[one.code] = one

    @override
    async def all(self, *, outlines: bool = True) -> Mapping[GridCode, GridRecord]:
        return {code: one if outlines else replace(one, outline=None) for code, one in self._grids.items()}

    @override
    async def levels(self, root: GridCode) -> Sequence[GridLevel]:
        return self._levels.get(root, ())

    @override
    async def set_levels(self, root: GridCode, levels: Sequence[GridLevel]) -> None:
        one = self._grids.get(root)
        if one is None or one.grid.parent is not None:
            raise Rejected("grid.root", f"{root} is no root of a tree: name the grid that has no parent")
        self._levels[root] = tuple(sorted(levels, key=lambda level: level.level))

    @override
    async def around(self, code: GridCode) -> Around:
        path = self._grids[code].grid.path
        below = {one.code for one in self._grids.values() if within(one.grid.path, path)}
        return Around(
            people=sum(count for grid, count in self.people.items() if grid in below),
            devices=sum(one.grid in below for one in self.devices),
            places=sum(one.grid in below and one.until is None for one in self._places.values()),
        )

    @override
    async def watched(self, scope: str) -> Sequence[Watched]:
        places = [
            Watched(one.id, one.kind, one.name, one.grid, one.position.latitude, one.position.longitude)
            for one in self._places.values()
            if one.until is None
        ]
        found = [one for one in (*self.devices, *places) if within(self._grids[one.grid].grid.path, scope)]
        return sorted(found, key=lambda one: one.id)

    @override
    async def institutions(self) -> Collection[GridCode]:
        return set(self.organisations)

    @override
    async def add_places(self, places: Sequence[KeyPlace], person: PersonId | None) -> None:
        for one in places:
            if one.grid not in self._grids:
                raise Rejected(
                    "town.reference",
                    f"the key place {one.id} names the grid {one.grid}, which does not exist",
                )
        for one in places:
            before = self._places.get(one.id)
            self._places[one.id] = one if before is None else replace(one, since=before.since)

    @override
    async def places(self, scope: str, grid: GridCode | None, most: int) -> Sequence[KeyPlace]:
        found = [
            one
            for one in self._places.values()
            if one.until is None
            and within(path := self._grids[one.grid].grid.path, scope)
            and (grid is None or grid in path.split("."))
        ]
        return sorted(found, key=lambda one: (one.name, one.id))[:most]

    @override
    async def end_place(self, place: str, scope: str, person: PersonId | None) -> bool:
        one = self._places.get(place)
        if one is None or one.until is not None or not within(self._grids[one.grid].grid.path, scope):
            return False
        ended = max(self._clock.now(), one.since + timedelta(microseconds=1))
        self._places[place] = replace(one, until=ended)
        return True
