"""Who answers for which grid: appointments, the one truth of it.  Pure.

Many people per grid, many grids per person (1+X+X, 1+3+N), each in a role, full or part time, from one
instant to another. A person has a main appointment, which comes with them from a file of the town; all
others are made one by one. That somebody is called needs a shift as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum, unique
from typing import Final

from tocsin.core.errors import Rejected
from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode, OrganisationCode, PersonId
from tocsin.town.ports import Person

_CODE: Final = re.compile(r"[^./\s]{1,64}")
ALWAYS: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Beginning of an appointment of which nobody says when it began."""


@unique
class AppointmentRole(StrEnum):
    """As what somebody is appointed."""

    GRID_LEADER = "grid_leader"
    """网格长."""
    GRID_MEMBER = "grid_member"
    """网格员."""
    DISTRICT_LEADER = "district_leader"
    """片区长."""
    POLICE = "police"
    """民警、辅警."""
    PATROL = "patrol"
    """综治巡逻队员."""
    VOLUNTEER = "volunteer"
    """志愿者."""
    CADRE = "cadre"
    """村（社区）干部."""
    STAFF = "staff"
    """Anybody else: of a township's office, a department, a centre."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """Who does what for which grid, and for what lies below it."""

    id: str
    person: PersonId
    grid: GridCode
    role: AppointmentRole = AppointmentRole.STAFF
    organisation: OrganisationCode | None = None
    tier: Tier | None = None
    """For which tier they are called; None for those who are never called, unless they supervise."""
    supervisor: bool = False
    """Called when nobody confirms."""
    order: int = 1
    """Rank within the tier of the grid, 1 is called first."""
    full_time: bool = False
    since: datetime = ALWAYS
    until: datetime | None = None
    """The instant itself is no longer in it; None without an end."""

    def holds(self, now: datetime) -> bool:
        """Say whether it is in force at an instant."""
        return self.since <= now and (self.until is None or now < self.until)


def main_appointment(person: Person) -> Appointment:
    """Give the appointment that comes with a person."""
    return Appointment(
        id=main_id(person.id),
        person=person.id,
        grid=person.grid,
        organisation=OrganisationCode(person.department) if person.department else None,
        tier=person.tier,
        supervisor=person.supervisor,
        order=person.order,
    )


def main_id(person: PersonId) -> str:
    """Give the id of the appointment that comes with a person."""
    return f"main.{person}"


def check_department(person: Person) -> None:
    """Raise `Rejected` (`organisation.code`) unless somebody's department can be the code of an organisation."""
    if person.department and _CODE.fullmatch(person.department) is None:
        raise Rejected(
            "organisation.code",
            f"{person.id} is of {person.department[:80]!r}: write the code of an organisation, 1 to 64 characters "
            "without spaces, full stops and slashes",
        )


def with_main(person: Person, appointments: Iterable[Appointment], now: datetime) -> Person:
    """Give a person as their main appointment says, if it is among these and in force."""
    wanted = main_id(person.id)
    main = next((one for one in appointments if one.id == wanted and one.holds(now)), None)
    if main is None:
        return replace(person, tier=None, department="", supervisor=False, order=1)
    return replace(
        person,
        tier=main.tier,
        department=main.organisation or "",
        supervisor=main.supervisor,
        order=main.order,
    )
