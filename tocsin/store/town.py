"""Places, people, duty, devices and sign-ins on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import errors
from psycopg.rows import dict_row
from typing_extensions import override

from tocsin.core.errors import Rejected
from tocsin.core.grids import Grid, Tier
from tocsin.core.ids import GridCode, PersonId
from tocsin.store.connect import Connection, Pool, connection
from tocsin.store.places import change
from tocsin.store.rows import Fields, as_rows, grid_of
from tocsin.store.sql import queries
from tocsin.town.appointments import Appointment, check_department, main_appointment
from tocsin.town.grid_ports import ALWAYS, draft_of
from tocsin.town.grids import check_tree
from tocsin.town.ports import (
    Account,
    ContactAddress,
    DevicePlace,
    DutyShift,
    Person,
    Role,
    Session,
    TownStore,
)


class PgTownStore(TownStore):
    """Keeps the town on the pool of this process; each call is one transaction."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def add_grids(self, grids: Sequence[Grid]) -> None:
        async with connection(self._pool) as database:
            wanted = sorted({grid.code for grid in grids} | {grid.parent for grid in grids if grid.parent})
            rows = await _ask(database, "paths", codes=wanted)
            check_tree(grids, {GridCode(row["code"]): row["path"] for row in rows})
            await change(database, [draft_of(grid) for grid in grids], since=ALWAYS)

    @override
    async def grids(self, scope: str) -> Sequence[Grid]:
        return [grid_of(row) for row in await self._read("grids", scope=scope)]

    @override
    async def grid(self, code: GridCode) -> Grid | None:
        rows = await self._read("grid", code=code)
        return grid_of(rows[0]) if rows else None

    @override
    async def add_people(self, people: Sequence[Person], contacts: Sequence[ContactAddress]) -> None:
        newest = {person.id: person for person in people}
        for one in newest.values():
            check_department(one)
        rows = [
            {"id": one.id, "name": one.name, "grid": one.grid, "language": one.language, "active": one.active}
            for one in newest.values()
        ]
        mains = as_rows([appointment_row(main_appointment(one)) for one in newest.values()])
        ways = [
            {"person": one.person, "channel": one.channel, "address": one.address, "rank": one.rank}
            for one in contacts
        ]
        async with connection(self._pool) as database:
            if rows:
                await _do(database, "save_people", rows=as_rows(rows))
                for query in ("name_organisations", "keep_appointments", "save_main"):
                    await _do(database, query, rows=mains)
            if ways:
                await _do(database, "clear_contacts", people=sorted({one.person for one in contacts}))
                await _do(database, "save_contacts", rows=as_rows(ways))

    @override
    async def people(self, scope: str) -> Sequence[Person]:
        return [person_of(row) for row in await self._read("people", scope=scope)]

    @override
    async def person(self, person: PersonId) -> Person | None:
        rows = await self._read("person", person=person)
        return person_of(rows[0]) if rows else None

    @override
    async def add_duty(self, shifts: Sequence[DutyShift]) -> None:
        rows = [
            {"person": one.person, "grid": one.grid, "since": one.since, "until": one.until, "nth": nth}
            for nth, one in enumerate(shifts)
        ]
        async with connection(self._pool) as database:
            await _do(database, "save_duty", rows=as_rows(rows))

    @override
    async def add_devices(self, devices: Sequence[DevicePlace]) -> None:
        newest = {device.device: device for device in devices}
        rows = [
            {
                "id": one.device,
                "collector": one.collector,
                "kind": one.kind,
                "name": one.name,
                "grid": one.grid,
                "latitude": one.latitude,
                "longitude": one.longitude,
                "certified": one.certified,
            }
            for one in newest.values()
        ]
        async with connection(self._pool) as database:
            await _do(database, "save_devices", rows=as_rows(rows))

    @override
    async def add_account(self, account: Account) -> None:
        async with connection(self._pool) as database:
            await _do(
                database,
                "save_account",
                name=account.name,
                person=account.person,
                role=account.role.value,
                scope=account.scope,
                password_hash=account.password_hash,
                organisation=account.organisation,
                active=account.active,
            )

    @override
    async def account(self, name: str) -> Account | None:
        rows = await self._read("account", name=name)
        return _account(rows[0]) if rows else None

    @override
    async def open_session(self, session: Session) -> None:
        async with connection(self._pool) as database:
            await _do(
                database,
                "open_session",
                token_hash=session.token_hash,
                csrf=session.csrf,
                account=session.account.name,
                created=session.created,
                expires=session.expires,
            )

    @override
    async def session(self, token_hash: bytes) -> Session | None:
        rows = await self._read("session", token_hash=token_hash)
        if not rows:
            return None
        row = rows[0]
        return Session(
            token_hash=token_hash,
            csrf=row["csrf"],
            account=_account(row),
            created=row["created"],
            expires=row["expires"],
        )

    @override
    async def close_session(self, token_hash: bytes) -> None:
        async with connection(self._pool) as database:
            await _do(database, "close_session", token_hash=token_hash)

    async def _read(self, query: str, **arguments: object) -> list[Fields]:
        async with connection(self._pool) as database:
            return await _ask(database, query, **arguments)


async def _ask(database: Connection, query: str, **arguments: object) -> list[Fields]:
    async with database.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(queries("town")[query], arguments)
        return await cursor.fetchall()


async def _do(database: Connection, query: str, **arguments: object) -> None:
    try:
        await database.execute(queries("town")[query], arguments)
    except errors.ForeignKeyViolation as error:
        raise Rejected(
            "town.reference",
            f"the {error.diag.table_name} names something that does not exist: {error.diag.message_detail}",
        ) from error


def appointment_row(one: Appointment) -> Fields:
    """Give the columns of an appointment."""
    return {
        "id": one.id,
        "person": one.person,
        "grid": one.grid,
        "organisation": one.organisation,
        "role": one.role.value,
        "tier": one.tier,
        "supervisor": one.supervisor,
        "call_order": one.order,
        "full_time": one.full_time,
        "since": one.since,
        "until": one.until,
    }


def person_of(row: Fields) -> Person:
    """Make a person of a row with the columns of `person`."""
    return Person(
        id=PersonId(row["id"]),
        name=row["name"],
        grid=GridCode(row["grid"]),
        tier=None if row["tier"] is None else Tier(row["tier"]),
        department=row["department"],
        supervisor=row["supervisor"],
        order=row["call_order"],
        language=row["language"],
        active=row["active"],
    )


def _account(row: Fields) -> Account:
    return Account(
        name=row["name"],
        person=PersonId(row["person"]),
        role=Role(row["role"]),
        scope=row["scope"],
        password_hash=row["password_hash"],
        organisation=row["organisation"],
        active=row["active"],
    )
