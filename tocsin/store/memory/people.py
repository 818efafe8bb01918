"""People and appointments in memory, over the memory twin of the town."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from typing_extensions import override

from tocsin.core.clock import Clock
from tocsin.core.errors import Rejected
from tocsin.core.ids import PersonId
from tocsin.core.responders import Channel
from tocsin.store.memory.town import MemoryTownStore
from tocsin.town.appointments import Appointment, with_main
from tocsin.town.grids import within
from tocsin.town.people_ports import AppointmentRow, ContactReading, PeopleFilter, PeopleStore, StaffRow
from tocsin.town.ports import ContactAddress, Person


class MemoryPeopleStore(PeopleStore):
    """Keeps people where the town has them."""

    def __init__(self, town: MemoryTownStore, clock: Clock) -> None:
        self._town = town
        self._clock = clock
        self.readings: list[ContactReading] = []

    @override
    async def staff(self, wanted: PeopleFilter) -> Sequence[StaffRow]:
        rows = [self._row(one) for one in self._town.members.values()]
        found = [
            row
            for row in rows
            if self._in_scope(row, wanted.scope)
            and (wanted.active is None or row.person.active == wanted.active)
            and (wanted.search.lower() in row.person.name.lower() or row.person.id.startswith(wanted.search))
            and (wanted.after is None or (row.person.name, row.person.id) > wanted.after)
        ]
        return sorted(found, key=lambda row: (row.person.name, row.person.id))[: wanted.most]

    @override
    async def staff_named(self, people: Sequence[PersonId]) -> Sequence[StaffRow]:
        rows = [self._row(self._town.members[one]) for one in set(people) if one in self._town.members]
        return sorted(rows, key=lambda row: (row.person.name, row.person.id))

    @override
    async def save_person(
        self, person: Person, contacts: Sequence[ContactAddress] | None, made_by: PersonId
    ) -> None:
        self._keep([person])
        if contacts is not None:
            self._town.contacts[person.id] = tuple(sorted(contacts, key=lambda one: one.rank))

    @override
    async def save_staff(
        self,
        people: Sequence[Person],
        contacts: Sequence[ContactAddress],
        appointments: Sequence[Appointment],
        made_by: PersonId,
    ) -> None:
        known = self._town.members.keys() | {one.id for one in people}
        for one in appointments:
            self._check(one, known)
        self._keep(people)
        for name in {one.person for one in contacts}:
            own = [one for one in contacts if one.person == name]
            self._town.contacts[name] = tuple(sorted(own, key=lambda one: one.rank))
        self._town.appointments |= {one.id: one for one in appointments}

    @override
    async def appointments(
        self,
        scope: str,
        *,
        at: datetime | None,
        person: PersonId | None = None,
        most: int = 1000,
        after: str = "",
    ) -> Sequence[AppointmentRow]:
        rows = [self._appointment_row(one) for _, one in sorted(self._town.appointments.items())]
        return [
            row
            for row in rows
            if within(row.grid_path, scope)
            and (person is None or row.appointment.person == person)
            and (at is None or row.appointment.holds(at))
            and row.appointment.id > after
        ][:most]

    @override
    async def in_force(self, scope: str, since: datetime) -> Sequence[Appointment]:
        return [
            one
            for one in self._town.appointments.values()
            if within(self._town.places[one.grid].path, scope) and (one.until is None or one.until > since)
        ]

    @override
    async def appointment(self, appointment: str) -> AppointmentRow | None:
        found = self._town.appointments.get(appointment)
        return None if found is None else self._appointment_row(found)

    @override
    async def appoint(self, appointments: Sequence[Appointment], made_by: PersonId) -> None:
        for one in appointments:
            self._check(one, self._town.members.keys())
        self._town.appointments |= {one.id: one for one in appointments}

    @override
    async def end_appointment(self, appointment: str, at: datetime, made_by: PersonId) -> bool:
        found = self._town.appointments.get(appointment)
        if found is None or (found.until is not None and found.until <= at and found.since < at):
            return False
        if found.since >= at:
            del self._town.appointments[appointment]
        else:
            self._town.appointments[appointment] = replace(found, until=at)
        return True

    @override
    async def contacts(
        self, people: Sequence[PersonId], reader: PersonId, account: str, reason: str
    ) -> Sequence[ContactAddress]:
        wanted = tuple(sorted(set(people)))
        self.readings.append(
            ContactReading(at=self._clock.now(), reader=reader, account=account, people=wanted, reason=reason)
        )
        return [one for name in wanted for one in self._town.contacts.get(name, ())]

    @override
    async def contact_readings(self, person: PersonId, most: int) -> Sequence[ContactReading]:
        return [one for one in reversed(self.readings) if person in one.people][:most]

    def _keep(self, people: Sequence[Person]) -> None:
        for one in people:
            _need(one.grid in self._town.places, f"grid {one.grid}")
        self._town.members |= {one.id: one for one in people}

    def _check(self, one: Appointment, known: Collection[PersonId]) -> None:
        _need(one.person in known, f"person {one.person}")
        _need(one.grid in self._town.places, f"grid {one.grid}")

    def _row(self, one: Person) -> StaffRow:
        now = self._clock.now()
        theirs = sorted(
            (
                held
                for held in self._town.appointments.values()
                if held.person == one.id and (held.until is None or held.until > now)
            ),
            key=lambda held: held.id,
        )
        channels: dict[Channel, None] = dict.fromkeys(
            contact.channel for contact in self._town.contacts.get(one.id, ())
        )
        return StaffRow(
            person=with_main(one, theirs, now),
            grid_path=self._town.places[one.grid].path,
            appointments=tuple(self._appointment_row(held) for held in theirs),
            channels=tuple(channels),
        )

    def _in_scope(self, row: StaffRow, scope: str) -> bool:
        paths = [row.grid_path, *(held.grid_path for held in row.appointments)]
        return any(within(path, scope) for path in paths)

    def _appointment_row(self, one: Appointment) -> AppointmentRow:
        place = self._town.places[one.grid]
        return AppointmentRow(
            appointment=one,
            person_name=self._town.members[one.person].name,
            grid_name=place.name,
            grid_path=place.path,
            organisation_name=one.organisation or "",
        )


def _need(known: bool, what: str) -> None:  # noqa: FBT001 a condition, not an option
    if not known:
        raise Rejected("town.reference", f"there is no {what}: add it first")
