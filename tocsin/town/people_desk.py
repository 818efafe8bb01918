"""Import and export of people as one piece of work: read, check against what is there, write, with progress.

A file with any fault changes nothing; what it does not name stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from tocsin.core.ids import OrganisationCode, PersonId
from tocsin.town.jobs import Outcome, Progress
from tocsin.town.people_ports import PeopleFilter, PeopleStore, StaffRow
from tocsin.town.people_sheet import Known, changed, names, read_people, read_rows
from tocsin.town.ports import TownStore

_STEPS = 100
PAGE = 1000
EXPORT_MAX = 200_000


class OrganisationNames(Protocol):
    """The part of the catalogue that is asked."""

    async def organisation_names(self, codes: Sequence[OrganisationCode]) -> Mapping[OrganisationCode, str]:
        """Name organisations; unknown ones are absent."""
        ...


async def import_people(
    town: TownStore,
    people: PeopleStore,
    organisations: OrganisationNames,
    data: bytes,
    *,
    scope: str,
    made_by: PersonId,
    progress: Progress,
) -> Outcome:
    """Bring people in; raises `Rejected` where the file cannot be read at all."""
    progress(0, _STEPS)
    table = await progress.aside(read_rows, data)
    progress(20, _STEPS)
    wanted, codes = names(table)
    staff = {row.person.id: row for row in await people.staff_named(sorted(wanted))}
    held = {
        code
        for row in staff.values()
        for one in row.appointments
        if (code := one.appointment.organisation) is not None
    }
    known = Known(
        scope=scope,
        grids={grid.code: grid for grid in await town.grids(scope)},
        people=staff,
        organisations={*await organisations.organisation_names(sorted(codes)), *held},
    )
    progress(40, _STEPS)
    read = await progress.aside(read_people, table, known)
    report = {"people": len(read.people), "appointments": len(read.appointments), "changed": 0}
    if not read.faulty:
        progress(60, _STEPS)
        fresh = await progress.aside(changed, read, known)
        report["changed"] = len(fresh)
        await people.save_staff(list(read.people.values()), read.contacts, fresh, made_by)
    progress(_STEPS, _STEPS)
    return Outcome(faults=read.faults, faulty=read.faulty, report=report)


async def all_staff(people: PeopleStore, scope: str) -> list[StaffRow]:
    """Give everybody of a subtree by name, page by page, 200,000 at most."""
    rows: list[StaffRow] = []
    after: tuple[str, PersonId] | None = None
    while len(rows) < EXPORT_MAX:
        page = await people.staff(PeopleFilter(scope=scope, most=PAGE, after=after))
        rows += page
        if len(page) < PAGE:
            break
        after = (page[-1].person.name, page[-1].person.id)
    return rows
