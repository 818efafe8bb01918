"""What the faces need to know and change about places and people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from typing import Protocol

from tocsin.core.grids import Grid, Tier
from tocsin.core.ids import GridCode, OrganisationCode, PersonId
from tocsin.core.responders import Channel


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
    """One member of staff."""

    id: PersonId
    name: str
    grid: GridCode
    """Where they belong; they answer for this grid and what lies below."""
    tier: Tier | None
    """None for people who are not called (operators, engineers)."""
    department: str = ""
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
        """Insert or update people; the contacts given replace theirs."""
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
