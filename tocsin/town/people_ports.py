"""What the faces need to know and change about appointments, duty, rosters and coverage.

An appointment says who answers for which grid, in what role and from when to when; it is the one truth
of that. A shift says when somebody is on duty. Whoever is called has both, for the same place.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from tocsin.core.ids import GridCode, PersonId
from tocsin.core.responders import Channel
from tocsin.town.appointments import Appointment
from tocsin.town.coverage import Cover, Gap, Place
from tocsin.town.ports import ContactAddress, DutyShift, Person
from tocsin.town.roster import Roster, RosterChange


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentRow:
    """An appointment in a list, with names."""

    appointment: Appointment
    person_name: str
    grid_name: str
    grid_path: str
    organisation_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRow:
    """A person in a list, with what they are appointed to."""

    person: Person
    grid_path: str
    appointments: tuple[AppointmentRow, ...] = ()
    """Those in force or to come, by id."""
    channels: tuple[Channel, ...] = ()
    """By what they can be reached, best first; no addresses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftRow:
    """A shift in a list, with names."""

    shift: DutyShift
    person_name: str
    grid_name: str
    grid_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterRow:
    """A roster in a list, with names and how far its shifts are written."""

    roster: Roster
    grid_name: str
    grid_path: str
    changes: tuple[RosterChange, ...]
    """Those that have not ended."""
    written: datetime | None
    made_by: str
    changed: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactReading:
    """Somebody read numbers."""

    at: datetime
    reader: PersonId
    account: str
    people: tuple[PersonId, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleFilter:
    """Which people of a list are wanted."""

    scope: str
    """A subtree: where they belong, or are appointed to."""
    search: str = ""
    """A part of the name or id."""
    active: bool | None = None
    most: int = 1000
    after: tuple[str, PersonId] | None = None
    """Name and id of the last one of the page before."""


class PeopleStore(Protocol):
    """Reads and writes of people and appointments."""

    async def staff(self, wanted: PeopleFilter) -> Sequence[StaffRow]:
        """List people of a subtree with their appointments, by name."""
        ...

    async def staff_named(self, people: Sequence[PersonId]) -> Sequence[StaffRow]:
        """Find people by their ids, wherever they are; unknown ones are left out."""
        ...

    async def save_person(
        self, person: Person, contacts: Sequence[ContactAddress] | None, made_by: PersonId
    ) -> None:
        """Insert or update who somebody is, without touching appointments; contacts that are given replace theirs."""
        ...

    async def save_staff(
        self,
        people: Sequence[Person],
        contacts: Sequence[ContactAddress],
        appointments: Sequence[Appointment],
        made_by: PersonId,
    ) -> None:
        """Insert or update many people with their appointments in one transaction; contacts replace theirs."""
        ...

    async def appointments(
        self,
        scope: str,
        *,
        at: datetime | None,
        person: PersonId | None = None,
        most: int = 1000,
        after: str = "",
    ) -> Sequence[AppointmentRow]:
        """List appointments to grids of a subtree by id: those in force at an instant, or all without one."""
        ...

    async def in_force(self, scope: str, since: datetime) -> Sequence[Appointment]:
        """Give all appointments to grids of a subtree that end after an instant, in no order."""
        ...

    async def appointment(self, appointment: str) -> AppointmentRow | None:
        """Find one appointment."""
        ...

    async def appoint(self, appointments: Sequence[Appointment], made_by: PersonId) -> None:
        """Insert or update appointments by id; raises `Rejected` (`town.reference`)."""
        ...

    async def end_appointment(self, appointment: str, at: datetime, made_by: PersonId) -> bool:
        """End an appointment; one that has not begun goes. False when there is none that is in force or to come."""
        ...

    async def contacts(
        self, people: Sequence[PersonId], reader: PersonId, account: str, reason: str
    ) -> Sequence[ContactAddress]:
        """Give addresses, and note who read them and why, or give none."""
        ...

    async def contact_readings(self, person: PersonId, most: int) -> Sequence[ContactReading]:
        """List who read the addresses of a person, newest first."""
        ...


class DutyStore(Protocol):
    """Reads and writes of shifts, rosters and gaps."""

    async def shifts(
        self,
        scope: str,
        since: datetime,
        until: datetime,
        *,
        most: int,
        after: tuple[datetime, PersonId, GridCode] | None = None,
    ) -> Sequence[ShiftRow]:
        """List shifts for grids of a subtree that touch a span, by beginning."""
        ...

    async def end_shift(self, shift: DutyShift, at: datetime) -> bool:
        """End a shift that was entered by hand, or take it away before it begins; False when there is none."""
        ...

    async def save_roster(self, roster: Roster, made_by: PersonId) -> None:
        """Insert or update a roster; its shifts are to be written anew."""
        ...

    async def end_roster(self, roster: str, made_by: PersonId) -> bool:
        """Let a roster end now; False when there is none that has not ended. Its shifts are to be written anew."""
        ...

    async def rosters(self, scope: str, most: int, after: str = "") -> Sequence[RosterRow]:
        """List rosters for grids of a subtree that have not ended, by id."""
        ...

    async def roster(self, roster: str) -> RosterRow | None:
        """Find one roster, ended ones too."""
        ...

    async def change_roster(self, change: RosterChange, made_by: PersonId) -> None:
        """Note a change; the same id again changes nothing. The roster's shifts are to be written anew."""
        ...

    async def write_rosters(self, horizon: timedelta, most: int, only: str | None = None) -> int:
        """Write the shifts of rosters so far ahead: those that are to be written anew, or end a day before that.

        All future shifts of a roster are replaced in one transaction; shifts by hand and past ones stay.
        Gives how many rosters were written; two may call it at a time.
        """
        ...

    async def covers(
        self, scope: str, since: datetime, until: datetime, channels: Collection[Channel]
    ) -> tuple[Sequence[Place], Sequence[Cover]]:
        """Give the grids of a subtree, and when somebody is on duty for them or for one above.

        Somebody can be reached who has an address on one of these channels.
        """
        ...

    async def keep_gaps(self, gaps: Sequence[Gap], grids: int, until: datetime) -> None:
        """Replace what is known of gaps in the coming hours."""
        ...
