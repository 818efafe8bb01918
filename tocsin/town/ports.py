"""What the faces need to know and change about places and people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from typing import Protocol

from tocsin.core.grids import Grid, Tier
from tocsin.core.ids import GridCode, OrganisationCode, PersonId
from tocsin.core.responders import Channel
from tocsin.core.working_time import Terms
from tocsin.town.catalogue import CatalogueSheet, Known
from tocsin.town.matters import Category, Matter, Platform, WorkingTime
from tocsin.town.organisations import OrganisationEntry, Serving


@unique
class Role(StrEnum):
    """What an account may do; scope (a grid subtree) says where."""

    OPERATOR = "operator"
    RESPONDER = "responder"
    DEPARTMENT = "department"
    """Of an organisation that handles: sees and answers what was routed to it."""
    SUPERVISOR = "supervisor"
    """A leader: sees all of the scope and its figures, supervises, answers for grades."""
    ENGINEER = "engineer"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One member of staff, with what they are appointed to first.

    Tier, department, supervision and order are those of their main appointment while it is in force;
    `town.appointments` says what else they are appointed to.
    """

    id: PersonId
    name: str
    grid: GridCode
    """Where they belong: whose administrator may change them."""
    tier: Tier | None
    """None for people who are not called (operators, engineers)."""
    department: str = ""
    """Code of the organisation; empty without one."""
    supervisor: bool = False
    order: int = 1
    language: str = "zh"
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactAddress:
    """One way to reach a person: erasable."""

    person: PersonId
    channel: Channel
    address: str
    rank: int
    """1 is tried first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyShift:
    """A span in which a person is on duty for a grid; `until` None is open-ended."""

    person: PersonId
    grid: GridCode
    since: datetime
    until: datetime | None
    roster: str | None = None
    """The roster that wrote it; None for one that was entered by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One sign-in."""

    name: str
    person: PersonId
    role: Role
    scope: str
    """Path prefix of the grid subtree it may see."""
    password_hash: str
    """Argon2id."""
    active: bool = True
    organisation: OrganisationCode | None = None
    """For a department's account: whose work it sees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One signed-in browser; the token itself is never stored."""

    token_hash: bytes
    """SHA-256 of the cookie's token."""
    csrf: str
    account: Account
    created: datetime
    expires: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicePlace:
    """Where a device stands and how a person calls it."""

    device: str
    collector: str
    kind: str
    name: str
    grid: GridCode
    latitude: float | None = None
    longitude: float | None = None
    certified: bool = False


class TownStore(Protocol):
    """Reads and writes of places, people and accounts."""

    async def add_grids(self, grids: Sequence[Grid]) -> None:
        """Insert or update grids, parents first; raises `Rejected` (`grid.parent`)."""
        ...

    async def grids(self, scope: str) -> Sequence[Grid]:
        """List a subtree in order of path."""
        ...

    async def grid(self, code: GridCode) -> Grid | None:
        """Find one grid."""
        ...

    async def add_people(self, people: Sequence[Person], contacts: Sequence[ContactAddress]) -> None:
        """Insert or update people and their main appointments; the contacts given replace theirs.

        A main appointment that changes begins anew, what it was is kept as one that has ended. Raises `Rejected`
        (`town.reference`, `organisation.code`).
        """
        ...

    async def people(self, scope: str) -> Sequence[Person]:
        """List people whose grid lies in a subtree, by name."""
        ...

    async def person(self, person: PersonId) -> Person | None:
        """Find one person."""
        ...

    async def add_duty(self, shifts: Sequence[DutyShift]) -> None:
        """Add shifts; the same shift again changes nothing."""
        ...

    async def add_devices(self, devices: Sequence[DevicePlace]) -> None:
        """Insert or update where devices stand."""
        ...

    async def add_account(self, account: Account) -> None:
        """Insert or update an account by name."""
        ...

    async def account(self, name: str) -> Account | None:
        """Find an account by its sign-in name."""
        ...

    async def open_session(self, session: Session) -> None:
        """Keep a session."""
        ...

    async def session(self, token_hash: bytes) -> Session | None:
        """Find a session that has not expired, with its account as it is now; None for inactive accounts."""
        ...

    async def close_session(self, token_hash: bytes) -> None:
        """End a session; unknown ones are no error."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationRow:
    """One organisation in a list, with where it stands."""

    entry: OrganisationEntry
    grid_name: str
    grid_path: str


class Catalogue(Protocol):
    """Reads and writes of matters, organisations and working time."""

    async def matter(self, code: str) -> Matter | None:
        """Find one matter, active or not."""
        ...

    async def terms(self, code: str) -> Terms:
        """Give by what a case of a matter is timed; the empty code has no limits, only the calendar.

        Raises `NotFound` (`matter.unknown`).
        """
        ...

    async def matters(self) -> Sequence[Matter]:
        """List all matters by code."""
        ...

    async def categories(self) -> Sequence[Category]:
        """List the large classes by code."""
        ...

    async def platforms(self) -> Sequence[Platform]:
        """List the platforms by code."""
        ...

    async def working_time(self) -> WorkingTime:
        """Give the town's working time; what the country does, while nobody said otherwise."""
        ...

    async def known(self) -> Known:
        """Give the codes that are stored, to check new ones against."""
        ...

    async def save(self, sheet: CatalogueSheet) -> None:
        """Insert or update everything in a sheet in one transaction; nothing is taken away.

        The sheet has been checked. Raises `Rejected` (`organisation.grid`) for a grid that does not exist.
        """
        ...

    async def organisation(self, code: OrganisationCode) -> OrganisationRow | None:
        """Find one organisation, active or not."""
        ...

    async def organisations(
        self, scope: str, *, after: OrganisationCode | None, most: int, platform: str = ""
    ) -> Sequence[OrganisationRow]:
        """List those of a subtree, and those above it, which answer for it too, by code after one."""
        ...

    async def serving(self, grid: GridCode) -> Sequence[Serving]:
        """List those that answer for a grid along its reporting line, nearest first."""
        ...

    async def organisation_names(self, codes: Sequence[OrganisationCode]) -> Mapping[OrganisationCode, str]:
        """Name organisations; unknown ones are absent."""
        ...
