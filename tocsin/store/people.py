"""People and what they are appointed to, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from psycopg import errors
from psycopg.rows import dict_row
from typing_extensions import override

from tocsin.core.errors import Rejected
from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode, OrganisationCode, PersonId
from tocsin.core.responders import Channel
from tocsin.store.connect import Connection, Pool, connection, translate
from tocsin.store.rows import Fields, as_rows
from tocsin.store.sql import queries
from tocsin.store.town import appointment_row
from tocsin.town.appointments import Appointment, AppointmentRole, with_main
from tocsin.town.people_ports import AppointmentRow, ContactReading, PeopleFilter, PeopleStore, StaffRow
from tocsin.town.ports import ContactAddress, Person


class PgPeopleStore(PeopleStore):
    """Keeps people on the pool of this process; each call is one transaction."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def staff(self, wanted: PeopleFilter) -> Sequence[StaffRow]:
        async with connection(self._pool) as database:
            return await _staff(database, wanted, None)

    @override
    async def staff_named(self, people: Sequence[PersonId]) -> Sequence[StaffRow]:
        wanted = sorted(set(people))
        async with connection(self._pool) as database:
            return await _staff(database, PeopleFilter(scope="", most=len(wanted)), wanted)

    @override
    async def save_person(
        self, person: Person, contacts: Sequence[ContactAddress] | None, made_by: PersonId
    ) -> None:
        async with connection(self._pool) as database:
            await _save_people(database, [person])
            if contacts is not None:
                await _save_contacts(database, [person.id], contacts)

    @override
    async def save_staff(
        self,
        people: Sequence[Person],
        contacts: Sequence[ContactAddress],
        appointments: Sequence[Appointment],
        made_by: PersonId,
    ) -> None:
        async with connection(self._pool) as database:
            await _save_people(database, people)
            await _save_contacts(database, sorted({one.person for one in contacts}), contacts)
            await _appoint(database, appointments, made_by)

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
        async with connection(self._pool) as database:
            rows = await _ask(
                database,
                "appointments",
                scope=scope,
                appointment=None,
                person=person,
                at=at,
                after=after,
                most=most,
            )
        return [_appointment_row(row) for row in rows]

    @override
    async def in_force(self, scope: str, since: datetime) -> Sequence[Appointment]:
        async with connection(self._pool) as database:
            rows = await _ask(database, "in_force", scope=scope, since=since)
        return [appointment_of(row) for row in rows]

    @override
    async def appointment(self, appointment: str) -> AppointmentRow | None:
        async with connection(self._pool) as database:
            rows = await _ask(
                database,
                "appointments",
                scope="",
                appointment=appointment,
                person=None,
                at=None,
                after="",
                most=1,
            )
        return _appointment_row(rows[0]) if rows else None

    @override
    async def appoint(self, appointments: Sequence[Appointment], made_by: PersonId) -> None:
        async with connection(self._pool) as database:
            await _appoint(database, appointments, made_by)

    @override
    async def end_appointment(self, appointment: str, at: datetime, made_by: PersonId) -> bool:
        async with connection(self._pool) as database:
            gone = await _do(database, "drop_appointment", appointment=appointment, at=at)
            ended = await _do(database, "end_appointment", appointment=appointment, at=at, made_by=made_by)
        return gone + ended > 0

    @override
    async def contacts(
        self, people: Sequence[PersonId], reader: PersonId, account: str, reason: str
    ) -> Sequence[ContactAddress]:
        wanted = sorted(set(people))
        async with connection(self._pool) as database:
            await _do(database, "note_reading", reader=reader, account=account, people=wanted, reason=reason)
            rows = await _ask(database, "contacts", people=wanted)
        return [
            ContactAddress(
                person=PersonId(row["person"]),
                channel=Channel(row["channel"]),
                address=row["address"],
                rank=row["rank"],
            )
            for row in rows
        ]

    @override
    async def contact_readings(self, person: PersonId, most: int) -> Sequence[ContactReading]:
        async with connection(self._pool) as database:
            rows = await _ask(database, "contact_readings", person=person, most=most)
        return [
            ContactReading(
                at=row["at"],
                reader=PersonId(row["reader"]),
                account=row["account"],
                people=tuple(PersonId(one) for one in row["people"]),
                reason=row["reason"],
            )
            for row in rows
        ]


async def _staff(
    database: Connection, wanted: PeopleFilter, people: Sequence[PersonId] | None
) -> list[StaffRow]:
    name, after = (None, None) if wanted.after is None else wanted.after
    rows = await _ask(
        database,
        "staff",
        scope=wanted.scope,
        people=people,
        active=wanted.active,
        search=wanted.search,
        name=name,
        after=after,
        most=wanted.most,
    )
    found = await _ask(database, "appointments_of", people=[row["id"] for row in rows])
    appointed = {
        name: tuple(theirs)
        for name, theirs in groupby(
            (_appointment_row(row) for row in found), key=attrgetter("appointment.person")
        )
    }
    now = (await _ask(database, "now"))[0]["now"]
    made = []
    for row in rows:
        theirs = appointed.get(PersonId(row["id"]), ())
        member = Person(
            id=PersonId(row["id"]),
            name=row["name"],
            grid=GridCode(row["grid"]),
            tier=None,
            language=row["language"],
            active=row["active"],
        )
        made.append(
            StaffRow(
                person=with_main(member, [one.appointment for one in theirs], now),
                grid_path=row["grid_path"],
                appointments=theirs,
                channels=tuple(Channel(channel) for channel in row["channels"]),
            )
        )
    return made


async def _save_people(database: Connection, people: Sequence[Person]) -> None:
    newest = {one.id: one for one in people}
    rows = [
        {"id": one.id, "name": one.name, "grid": one.grid, "language": one.language, "active": one.active}
        for one in newest.values()
    ]
    await _do(database, "save_people", file="town", rows=as_rows(rows))


async def _save_contacts(
    database: Connection, people: Sequence[PersonId], contacts: Sequence[ContactAddress]
) -> None:
    ways = [
        {"person": one.person, "channel": one.channel, "address": one.address, "rank": one.rank}
        for one in contacts
    ]
    await _do(database, "forget_contacts", people=list(people))
    if ways:
        await _do(database, "save_contacts", file="town", rows=as_rows(ways))


async def _appoint(database: Connection, appointments: Sequence[Appointment], made_by: PersonId) -> None:
    newest = {one.id: one for one in appointments}
    if newest:
        rows = as_rows([appointment_row(one) for one in newest.values()])
        await _do(database, "save_appointments", rows=rows, made_by=made_by)


def appointment_of(row: Fields) -> Appointment:
    """Make an appointment of a row with its columns."""
    return Appointment(
        id=row["id"],
        person=PersonId(row["person"]),
        grid=GridCode(row["grid"]),
        organisation=None if row["organisation"] is None else OrganisationCode(row["organisation"]),
        role=AppointmentRole(row["role"]),
        tier=None if row["tier"] is None else Tier(row["tier"]),
        supervisor=row["supervisor"],
        order=row["call_order"],
        full_time=row["full_time"],
        since=row["since"],
        until=row["until"],
    )


def _appointment_row(row: Fields) -> AppointmentRow:
    return AppointmentRow(
        appointment=appointment_of(row),
        person_name=row["person_name"],
        grid_name=row["grid_name"],
        grid_path=row["grid_path"],
        organisation_name=row["organisation_name"],
    )


async def _ask(database: Connection, query: str, **arguments: object) -> list[Fields]:
    with translate():
        async with database.cursor(row_factory=dict_row, binary=True) as cursor:
            await cursor.execute(queries("people")[query], arguments)
            return await cursor.fetchall()


async def _do(database: Connection, query: str, *, file: str = "people", **arguments: object) -> int:
    try:
        return (await database.execute(queries(file)[query], arguments)).rowcount
    except errors.ForeignKeyViolation as error:
        raise Rejected(
            "town.reference",
            f"the {error.diag.table_name} names something that does not exist: {error.diag.message_detail}",
        ) from error
