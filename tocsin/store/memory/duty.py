"""Shifts, rosters and gaps in memory, over the memory twin of the town."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from typing_extensions import override

from tocsin.core.clock import Clock, to_us
from tocsin.core.errors import Rejected
from tocsin.core.ids import GridCode, PersonId
from tocsin.core.responders import Channel
from tocsin.core.working_time import Calendar
from tocsin.store.memory.town import MemoryTownStore, shift_key
from tocsin.town.coverage import Cover, Gap, Place
from tocsin.town.grids import within
from tocsin.town.people_ports import DutyStore, RosterRow, ShiftRow
from tocsin.town.ports import DutyShift
from tocsin.town.roster import Roster, RosterChange, expand, rewrite

DUE_BEFORE = timedelta(days=1)


@dataclass(slots=True)
class _Kept:
    roster: Roster
    made_by: PersonId
    changed: datetime
    written: datetime | None = None


class MemoryDutyStore(DutyStore):
    """Keeps shifts where the town has them."""

    def __init__(self, town: MemoryTownStore, clock: Clock) -> None:
        self._town = town
        self._clock = clock
        self._rosters: dict[str, _Kept] = {}
        self._changes: dict[str, RosterChange] = {}
        self.gaps: Sequence[Gap] = ()

    @override
    async def shifts(
        self,
        scope: str,
        since: datetime,
        until: datetime,
        *,
        most: int,
        after: tuple[datetime, PersonId, GridCode] | None = None,
    ) -> Sequence[ShiftRow]:
        found = [
            one
            for one in self._town.shifts.values()
            if within(self._town.places[one.grid].path, scope)
            and one.since < until
            and (one.until is None or one.until > since)
            and (after is None or (one.since, one.person, one.grid) > after)
        ]
        found.sort(key=lambda one: (one.since, one.person, one.grid, one.roster or ""))
        return [
            ShiftRow(
                shift=one,
                person_name=self._town.members[one.person].name,
                grid_name=self._town.places[one.grid].name,
                grid_path=self._town.places[one.grid].path,
            )
            for one in found[:most]
        ]

    @override
    async def end_shift(self, shift: DutyShift, at: datetime) -> bool:
        key = shift.person, shift.grid, shift.since, None
        found = self._town.shifts.get(key)
        if found is None or (found.since < at and found.until is not None and found.until <= at):
            return False
        if found.since >= at:
            del self._town.shifts[key]
        else:
            self._town.shifts[key] = replace(found, until=at)
        return True

    @override
    async def save_roster(self, roster: Roster, made_by: PersonId) -> None:
        _need(roster.grid in self._town.places, f"grid {roster.grid}")
        self._rosters[roster.id] = _Kept(roster, made_by, self._clock.now())

    @override
    async def end_roster(self, roster: str, made_by: PersonId) -> bool:
        kept, now = self._rosters.get(roster), self._clock.now()
        if kept is None or (kept.roster.until is not None and kept.roster.until <= now):
            return False
        since = min(kept.roster.since, now - timedelta(microseconds=1))
        self._rosters[roster] = _Kept(replace(kept.roster, since=since, until=now), made_by, now)
        return True

    @override
    async def rosters(self, scope: str, most: int, after: str = "") -> Sequence[RosterRow]:
        now = self._clock.now()
        return [
            self._row(kept)
            for name, kept in sorted(self._rosters.items())
            if within(self._town.places[kept.roster.grid].path, scope)
            and (kept.roster.until is None or kept.roster.until > now)
            and name > after
        ][:most]

    @override
    async def roster(self, roster: str) -> RosterRow | None:
        kept = self._rosters.get(roster)
        return None if kept is None else self._row(kept)

    @override
    async def change_roster(self, change: RosterChange, made_by: PersonId) -> None:
        _need(change.roster in self._rosters, f"roster {change.roster}")
        for person in (change.person, change.other):
            _need(person is None or person in self._town.members, f"person {person}")
        self._changes.setdefault(change.id, change)
        self._rosters[change.roster].written = None

    @override
    async def write_rosters(self, horizon: timedelta, most: int, only: str | None = None) -> int:
        now = self._clock.now()
        due = [
            kept
            for name, kept in sorted(self._rosters.items())
            if (name == only if only is not None else _is_due(kept, now + horizon - DUE_BEFORE))
        ][:most]
        for kept in due:
            changes = [one for one in self._changes.values() if one.roster == kept.roster.id]
            mine = [one for one in self._town.shifts.values() if one.roster == kept.roster.id]
            wanted = expand(kept.roster, changes, now, now + horizon, Calendar())
            made = rewrite(mine, wanted, now)
            for one in made.gone:
                del self._town.shifts[shift_key(one)]
            self._town.shifts |= {shift_key(one): one for one in made.put}
            kept.written = now + horizon
        return len(due)

    @override
    async def covers(
        self, scope: str, since: datetime, until: datetime, channels: Collection[Channel]
    ) -> tuple[Sequence[Place], Sequence[Cover]]:
        places = [
            Place(code=one.code, name=one.name, path=one.path, tier=one.tier)
            for one in self._town.places.values()
            if within(one.path, scope)
        ]
        covers = []
        for shift in self._town.shifts.values():
            for held in self._town.appointments.values():
                if held.person != shift.person or held.tier is None or held.supervisor:
                    continue
                if not self._town.members[held.person].active:
                    continue
                own, on = self._town.places[held.grid].path, self._town.places[shift.grid].path
                if not (within(own, on) or within(on, own)):
                    continue
                begin = max(since, shift.since, held.since)
                end = min(until, shift.until or until, held.until or until)
                reachable = any(way.channel in channels for way in self._town.contacts.get(held.person, ()))
                if begin < end:
                    covers.append(
                        Cover(
                            path=max(own, on, key=len),
                            tier=held.tier,
                            reachable=reachable,
                            spans=((to_us(begin), to_us(end)),),
                        )
                    )
        return places, covers

    @override
    async def keep_gaps(self, gaps: Sequence[Gap], grids: int, until: datetime) -> None:
        self.gaps = tuple(gaps)

    def _row(self, kept: _Kept) -> RosterRow:
        place, now = self._town.places[kept.roster.grid], self._clock.now()
        return RosterRow(
            roster=kept.roster,
            grid_name=place.name,
            grid_path=place.path,
            changes=tuple(
                one for one in self._changes.values() if one.roster == kept.roster.id and one.until > now
            ),
            written=kept.written,
            made_by=kept.made_by,
            changed=kept.changed,
        )


def _is_due(kept: _Kept, due: datetime) -> bool:
    if kept.written is None:
        return True
    until = kept.roster.until
    return kept.written < due and (until is None or until > kept.written)


def _need(known: bool, what: str) -> None:  # noqa: FBT001 a condition, not an option
    if not known:
        raise Rejected("town.reference", f"there is no {what}: add it first")
