"""Places, people, duty and sign-ins in memory: the twin of `store.town` for tests of the command side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from msgspec.structs import replace as replace_struct
from typing_extensions import override

from tocsin.core.clock import Clock
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.grids import Grid
from tocsin.core.ids import GridCode, PersonId, new_id
from tocsin.core.responders import Channel, Directory
from tocsin.store.memory.catalogue import MemoryCatalogue
from tocsin.town.appointments import Appointment, check_department, main_appointment, with_main
from tocsin.town.duty import OnDuty, directory
from tocsin.town.grids import check_tree, within
from tocsin.town.ports import (
    Account,
    ContactAddress,
    DevicePlace,
    DutyShift,
    Person,
    Session,
    TownStore,
)

ShiftKey: TypeAlias = tuple[PersonId, GridCode, datetime, str | None]


def shift_key(shift: DutyShift) -> ShiftKey:
    """Give what tells a shift from others."""
    return shift.person, shift.grid, shift.since, shift.roster


class MemoryTownStore(TownStore):
    """Keeps everything in dictionaries, which the memory twins of people, duty and alerts share."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.places: dict[GridCode, Grid] = {}
        self.members: dict[PersonId, Person] = {}
        self.appointments: dict[str, Appointment] = {}
        self.shifts: dict[ShiftKey, DutyShift] = {}
        self._accounts: dict[str, Account] = {}
        self._sessions: dict[bytes, Session] = {}
        self.contacts: dict[PersonId, tuple[ContactAddress, ...]] = {}
        self.devices: dict[str, DevicePlace] = {}
        self.catalogue = MemoryCatalogue(lambda: self.places)

    @override
    async def add_grids(self, grids: Sequence[Grid]) -> None:
        check_tree(grids, {code: grid.path for code, grid in self.places.items()})
        self.places |= {grid.code: grid for grid in grids}

    @override
    async def grids(self, scope: str) -> Sequence[Grid]:
        found = [grid for grid in self.places.values() if within(grid.path, scope)]
        return sorted(found, key=lambda grid: grid.path)

    @override
    async def grid(self, code: GridCode) -> Grid | None:
        return self.places.get(code)

    @override
    async def add_people(self, people: Sequence[Person], contacts: Sequence[ContactAddress]) -> None:
        known = self.members.keys() | {person.id for person in people}
        for person in people:
            check_department(person)
            self._need_grid(person.grid)
        for contact in contacts:
            _need(contact.person in known, f"person {contact.person}")
        self.members |= {person.id: person for person in people}
        for person in people:
            self._keep_main(main_appointment(person))
        for name in {contact.person for contact in contacts}:
            own = [contact for contact in contacts if contact.person == name]
            self.contacts[name] = tuple(sorted(own, key=lambda contact: contact.rank))

    @override
    async def people(self, scope: str) -> Sequence[Person]:
        found = [one for one in self.members.values() if within(self.places[one.grid].path, scope)]
        return [self._with_main(one) for one in sorted(found, key=lambda one: (one.name, one.id))]

    @override
    async def person(self, person: PersonId) -> Person | None:
        found = self.members.get(person)
        return None if found is None else self._with_main(found)

    @override
    async def add_duty(self, shifts: Sequence[DutyShift]) -> None:
        for shift in shifts:
            _need(shift.person in self.members, f"person {shift.person}")
            self._need_grid(shift.grid)
        self.shifts |= {shift_key(shift): shift for shift in shifts}

    @override
    async def add_devices(self, devices: Sequence[DevicePlace]) -> None:
        for device in devices:
            self._need_grid(device.grid)
        self.devices |= {device.device: device for device in devices}

    @override
    async def add_account(self, account: Account) -> None:
        _need(account.person in self.members, f"person {account.person}")
        self._accounts[account.name] = account

    @override
    async def account(self, name: str) -> Account | None:
        return self._accounts.get(name)

    @override
    async def open_session(self, session: Session) -> None:
        _need(session.account.name in self._accounts, f"account {session.account.name}")
        self._sessions[session.token_hash] = session

    @override
    async def session(self, token_hash: bytes) -> Session | None:
        session = self._sessions.get(token_hash)
        if session is None or session.expires <= self._clock.now():
            return None
        account = self._accounts[session.account.name]
        return replace(session, account=account) if account.active else None

    @override
    async def close_session(self, token_hash: bytes) -> None:
        self._sessions.pop(token_hash, None)

    def directory_of(self, code: GridCode, now: datetime) -> Directory:
        """List who is called for a grid at an instant; raises `NotFound` (`grid.unknown`)."""
        grid = self.places.get(code)
        if grid is None:
            raise NotFound("grid.unknown", f"there is no grid {code}: add it first")
        line = {GridCode(part) for part in grid.path.split(".")}
        on = {
            shift.person
            for shift in self.shifts.values()
            if shift.grid in line and shift.since <= now and (shift.until is None or now < shift.until)
        }
        staff = [
            self._on_duty(one)
            for one in self.appointments.values()
            if one.person in on
            and self.members[one.person].active
            and one.grid in line
            and one.holds(now)
            and (one.tier is not None or one.supervisor)
        ]
        organisations, matters = self.catalogue.for_directory(code)
        return replace_struct(directory(code, grid.kind, staff), organisations=organisations, matters=matters)

    def _on_duty(self, one: Appointment) -> OnDuty:
        home = self.places[one.grid]
        channels: dict[Channel, None] = dict.fromkeys(
            contact.channel for contact in self.contacts.get(one.person, ())
        )
        return OnDuty(
            person=one.person,
            tier=one.tier or home.tier,
            home=one.grid,
            depth=home.path.count(".") + 1,
            order=one.order,
            supervisor=one.supervisor,
            department=one.organisation or "",
            channels=tuple(channels),
        )

    def _keep_main(self, new: Appointment) -> None:
        """Let a main appointment that changes begin anew, and keep what it was."""
        now = self._clock.now()
        old = self.appointments.get(new.id)
        if old is None:
            self.appointments[new.id] = new
            return
        ended = old.until is not None and old.until <= now
        fresh = replace(new, since=old.since, until=old.until, role=old.role, full_time=old.full_time)
        if not ended and fresh == old:
            return
        if old.since < now:
            kept = replace(old, id=new_id(), until=old.until if ended else now)
            self.appointments[kept.id] = kept
        self.appointments[new.id] = replace(fresh, since=max(old.since, now), until=None)

    def _with_main(self, one: Person) -> Person:
        return with_main(one, self.appointments.values(), self._clock.now())

    def _need_grid(self, code: GridCode) -> None:
        _need(code in self.places, f"grid {code}")


def _need(known: bool, what: str) -> None:  # noqa: FBT001 a condition, not an option
    if not known:
        raise Rejected("town.reference", f"there is no {what}: add it first")
