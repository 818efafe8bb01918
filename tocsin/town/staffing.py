"""Whether enough people are appointed: somebody for every grid, part-time beside full-time, none about to end.  Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, unique
from typing import Final

from tocsin.core.ids import GridCode, PersonId
from tocsin.town.appointments import Appointment
from tocsin.town.coverage import Place

SOON: Final = timedelta(days=30)


@unique
class StaffingCode(StrEnum):
    """What a town should see to."""

    NO_RESPONSIBLE = "no_responsible"
    """Nobody is appointed to the grid itself."""
    PART_TIME_FEW = "part_time_few"
    """Fewer part-time than full-time people (1+X+X: at least one for each)."""
    ENDS_SOON = "ends_soon"
    """An appointment ends within the next 30 days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffingFault:
    """One thing to see to."""

    grid: GridCode
    code: StaffingCode
    person: PersonId | None = None
    until: datetime | None = None


def check_staffing(
    places: Iterable[Place], appointments: Iterable[Appointment], now: datetime
) -> list[StaffingFault]:
    """Look at the appointments that are in force, by path of the grids.

    Somebody whose next appointment to the same grid takes over at the end, or who has another there that
    lasts, ends nothing.
    """
    current: defaultdict[GridCode, list[Appointment]] = defaultdict(list)
    later: defaultdict[GridCode, list[Appointment]] = defaultdict(list)
    for one in appointments:
        if one.holds(now):
            current[one.grid].append(one)
        elif one.since > now:
            later[one.grid].append(one)
    found: list[StaffingFault] = []
    for place in sorted(places, key=lambda one: one.path):
        theirs = current.get(place.code, [])
        if not theirs:
            found.append(StaffingFault(grid=place.code, code=StaffingCode.NO_RESPONSIBLE))
        full = sum(one.full_time for one in theirs)
        if len(theirs) - full < full:
            found.append(StaffingFault(grid=place.code, code=StaffingCode.PART_TIME_FEW))
        nearby = [*theirs, *later.get(place.code, ())]
        found += [
            StaffingFault(grid=place.code, code=StaffingCode.ENDS_SOON, person=one.person, until=one.until)
            for one in sorted(theirs, key=lambda one: one.id)
            if _ends(one, nearby, now)
        ]
    return found


def _ends(one: Appointment, others: Iterable[Appointment], now: datetime) -> bool:
    if one.until is None or one.until > now + SOON:
        return False
    end = one.until
    return not any(other is not one and other.person == one.person and other.holds(end) for other in others)
