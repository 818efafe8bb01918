"""People, what they are appointed to, and their numbers.

A caller sees people who belong to their scope or are appointed in it; an administrator changes those who
belong to it, and appoints to grids of it. Numbers are shown to administrators alone, who say why.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import AwareDatetime

from tocsin.api.access import Access, Caller, within
from tocsin.api.deps import ApiDeps, Deps
from tocsin.api.params import NAME
from tocsin.api.routes.organisations import seen
from tocsin.api.schemas.people import (
    AppointmentBody,
    AppointmentList,
    AppointmentView,
    ContactList,
    ContactView,
    NewPersonBody,
    PersonBody,
    PersonList,
    PersonView,
    ReadingBody,
    ReadingList,
    ReadingView,
)
from tocsin.api.upkeep import upkept
from tocsin.core.errors import Conflict, NotFound, Rejected
from tocsin.core.grids import Grid
from tocsin.core.ids import GridCode, OrganisationCode, PersonId, new_id
from tocsin.core.responders import Channel
from tocsin.town.appointments import Appointment
from tocsin.town.people_ports import AppointmentRow, PeopleFilter, StaffRow
from tocsin.town.ports import ContactAddress, Person, Role

router = APIRouter(prefix="/api", tags=["people"])

PersonPath = Annotated[
    PersonId, Path(description="The person's id.", min_length=1, max_length=64, pattern=NAME)
]
AppointmentPath = Annotated[
    str, Path(description="The appointment's id.", min_length=1, max_length=80, pattern=NAME)
]
Reader = Annotated[Caller, Depends(Access(Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR))]
"""Those who see who answers where."""
Administrator = Annotated[Caller, Depends(Access(Role.ADMINISTRATOR))]
"""Those who appoint."""
PageQuery = Annotated[int, Query(description="How many at most.", ge=1, le=1000)]
READINGS_MOST = 100


@router.get("/people", operation_id="listPeople", summary="Staff")
async def list_people(
    caller: Reader,
    deps: Deps,
    *,
    search: Annotated[
        str, Query(description="Part of a name, or the beginning of an id.", max_length=64)
    ] = "",
    active: Annotated[bool | None, Query(description="Only those who are there, or who have left.")] = None,
    most: PageQuery = 1000,
    after_name: Annotated[
        str | None, Query(description="With `after`: the last name shown.", max_length=100)
    ] = None,
    after: Annotated[
        PersonId | None, Query(description="The last id shown.", max_length=64, pattern=NAME)
    ] = None,
) -> PersonList:
    """List people who belong to the caller's scope or are appointed in it, by name, without telephone numbers."""
    page = None if after_name is None or after is None else (after_name, after)
    wanted = PeopleFilter(scope=caller.scope, search=search, active=active, most=most, after=page)
    return PersonList(items=[_person(row, caller) for row in await deps.people.staff(wanted)])


@router.get("/people/{person}", operation_id="getPerson", summary="One person")
async def get_person(person: PersonPath, caller: Reader, deps: Deps) -> PersonView:
    """Show a person with what they are appointed to."""
    return _person(await visible_person(deps, caller, person), caller)


@router.post("/people", operation_id="createPerson", summary="Add somebody", status_code=201)
async def create_person(body: NewPersonBody, caller: Administrator, deps: Deps) -> PersonView:
    """Add a person to a grid of the caller's scope; what they answer for is an appointment of its own."""
    name = PersonId(body.id or new_id())
    if await deps.people.staff_named([name]):
        raise Conflict(f"there is a person {name} already: choose another id")
    return await _save(deps, caller, name, body)


@router.put("/people/{person}", operation_id="changePerson", summary="Change somebody")
async def change_person(
    person: PersonPath, body: PersonBody, caller: Administrator, deps: Deps
) -> PersonView:
    """Change who a person of the caller's scope is; they stay within it. Their appointments stay as they are."""
    await own_person(deps, caller, person)
    return await _save(deps, caller, person, body)


@router.post("/people/{person}/contacts", operation_id="readContacts", summary="Read numbers")
async def read_contacts(
    person: PersonPath, body: ReadingBody, caller: Administrator, deps: Deps
) -> ContactList:
    """Show the numbers of a person who belongs to the caller's scope; who reads them and why is kept."""
    await own_person(deps, caller, person)
    found = await deps.people.contacts([person], caller.person, caller.account.name, body.reason)
    return ContactList(items=[ContactView(channel=one.channel, address=one.address) for one in found])


@router.get("/people/{person}/readings", operation_id="listReadings", summary="Who read numbers")
async def list_readings(person: PersonPath, caller: Administrator, deps: Deps) -> ReadingList:
    """List who read the numbers of a person who belongs to the caller's scope, newest first."""
    await own_person(deps, caller, person)
    return ReadingList(
        items=[
            ReadingView(
                at=one.at, reader=one.reader, account=one.account, people=len(one.people), reason=one.reason
            )
            for one in await deps.people.contact_readings(person, READINGS_MOST)
        ]
    )


@router.get("/appointments", operation_id="listAppointments", summary="Who answers where")
async def list_appointments(
    caller: Reader,
    deps: Deps,
    *,
    at: Annotated[
        AwareDatetime | None, Query(description="Those in force at this instant, with offset.")
    ] = None,
    person: Annotated[PersonId | None, Query(description="Only theirs.", max_length=64, pattern=NAME)] = None,
    grid: Annotated[
        GridCode | None,
        Query(description="Only to this grid and what lies below.", max_length=64, pattern=r"^[^./\s]+$"),
    ] = None,
    most: PageQuery = 1000,
    after: Annotated[str, Query(description="The last id shown.", max_length=80)] = "",
) -> AppointmentList:
    """List appointments to grids of the caller's scope by id, those that have ended too."""
    scope = caller.scope if grid is None else (await own_grid(deps, caller, grid)).path
    rows = await deps.people.appointments(scope, at=at, person=person, most=most, after=after)
    return AppointmentList(items=[_appointment(row) for row in rows])


@router.post("/appointments", operation_id="appoint", summary="Appoint somebody", status_code=201)
async def appoint(body: AppointmentBody, caller: Administrator, deps: Deps) -> AppointmentView:
    """Appoint somebody whom the caller sees to a grid of the caller's scope, or change such an appointment."""
    await own_grid(deps, caller, GridCode(body.grid))
    row = await visible_person(deps, caller, PersonId(body.person))
    before = None if body.id is None else await deps.people.appointment(body.id)
    if before is not None and not (
        within(caller.scope, before.grid_path) and before.appointment.person == row.person.id
    ):
        raise Conflict(f"the id {body.id} is taken by another appointment: leave it out, or choose another")
    held = None if before is None else before.appointment.organisation
    await check_organisation(deps, caller, body.organisation, held)
    since = body.since or (deps.clock.now() if before is None else before.appointment.since)
    if body.until is not None and body.until <= since:
        raise Rejected("appointment.until", "`until` comes after `since`")
    made = Appointment(
        id=body.id or new_id(),
        person=row.person.id,
        grid=GridCode(body.grid),
        role=body.role,
        organisation=None if body.organisation is None else OrganisationCode(body.organisation),
        tier=body.tier,
        supervisor=body.supervisor,
        order=body.order,
        full_time=body.full_time,
        since=since,
        until=body.until,
    )
    await deps.people.appoint([made], caller.person)
    await upkept(deps, caller, f"person:{made.person}")
    found = await deps.people.appointment(made.id)
    if found is None:
        raise NotFound("appointment.unknown", f"appointment {made.id} was taken away at this moment")
    return _appointment(found)


@router.delete(
    "/appointments/{appointment}",
    operation_id="endAppointment",
    summary="End an appointment",
    status_code=204,
)
async def end_appointment(appointment: AppointmentPath, caller: Administrator, deps: Deps) -> Response:
    """End an appointment to a grid of the caller's scope now; one that has not begun goes. What was stays known."""
    found = await deps.people.appointment(appointment)
    if (
        found is None
        or not within(caller.scope, found.grid_path)
        or not await deps.people.end_appointment(appointment, deps.clock.now(), caller.person)
    ):
        raise NotFound(
            "appointment.unknown", f"there is no appointment {appointment} in force that you may end"
        )
    return Response(status_code=204)


async def own_grid(deps: ApiDeps, caller: Caller, code: GridCode) -> Grid:
    """Find a grid of the caller's scope; raises `NotFound` (`grid.unknown`) for any other."""
    found = await deps.town.grid(code)
    if found is None or not within(caller.scope, found.path):
        raise NotFound("grid.unknown", f"there is no grid {code} that you may see")
    return found


async def check_organisation(deps: ApiDeps, caller: Caller, code: str | None, held: str | None) -> None:
    """Raise `NotFound` (`organisation.unknown`) for one that is not of the caller's scope or above it.

    What is `held` already was decided by somebody else, and stays.
    """
    if code is None or code == held:
        return
    found = await deps.catalogue.organisation(OrganisationCode(code))
    if found is None or not seen(caller.scope, found.grid_path):
        raise NotFound(
            "organisation.unknown", f"there is no organisation {code} of your area: choose one of the list"
        )


async def visible_person(deps: ApiDeps, caller: Caller, person: PersonId) -> StaffRow:
    """Find somebody who belongs to the caller's scope or is appointed in it; `NotFound` (`person.unknown`)."""
    rows = await deps.people.staff_named([person])
    if not rows:
        raise _nobody(person)
    check_visible(caller, rows[0])
    return rows[0]


def check_visible(caller: Caller, row: StaffRow) -> None:
    """Raise `NotFound` (`person.unknown`) for somebody whom the caller does not see."""
    paths = (row.grid_path, *(one.grid_path for one in row.appointments))
    if not any(within(caller.scope, path) for path in paths):
        raise _nobody(row.person.id)


def _nobody(person: PersonId) -> NotFound:
    return NotFound("person.unknown", f"there is no person {person} that you may see")


async def own_person(deps: ApiDeps, caller: Caller, person: PersonId) -> StaffRow:
    """Find somebody who belongs to the caller's scope.

    Raises `NotFound` for whom the caller does not see, `Rejected` (`person.elsewhere`) for whom they only see.
    """
    row = await visible_person(deps, caller, person)
    if not within(caller.scope, row.grid_path):
        raise Rejected(
            "person.elsewhere",
            f"{person} belongs to another place: ask the administrator of {row.person.grid}",
        )
    return row


async def _save(deps: ApiDeps, caller: Caller, name: PersonId, body: PersonBody) -> PersonView:
    place = await own_grid(deps, caller, GridCode(body.grid))
    if any(one.channel is Channel.MQTT for one in body.contacts or ()):
        raise Rejected(
            "people.channel", "a siren is ordered by its place, nobody's address: leave `mqtt` out"
        )
    person = Person(
        id=name, name=body.name, grid=place.code, tier=None, language=body.language, active=body.active
    )
    contacts = (
        None
        if body.contacts is None
        else [
            ContactAddress(person=name, channel=one.channel, address=one.address, rank=rank)
            for rank, one in enumerate(body.contacts, 1)
        ]
    )
    await deps.people.save_person(person, contacts, caller.person)
    await upkept(deps, caller, f"person:{name}")
    return _person((await deps.people.staff_named([name]))[0], caller)


def _person(row: StaffRow, caller: Caller) -> PersonView:
    """Show a person, and what they are appointed to in the caller's scope."""
    one = row.person
    return PersonView(
        id=one.id,
        name=one.name,
        grid=one.grid,
        grid_path=row.grid_path,
        tier=one.tier,
        department=one.department,
        supervisor=one.supervisor,
        order=one.order,
        language=one.language,
        active=one.active,
        channels=list(row.channels),
        appointments=[
            _appointment(held) for held in row.appointments if within(caller.scope, held.grid_path)
        ],
    )


def _appointment(row: AppointmentRow) -> AppointmentView:
    one = row.appointment
    return AppointmentView(
        id=one.id,
        person=one.person,
        person_name=row.person_name,
        grid=one.grid,
        grid_name=row.grid_name,
        grid_path=row.grid_path,
        role=one.role,
        organisation=one.organisation,
        organisation_name=row.organisation_name,
        tier=one.tier,
        supervisor=one.supervisor,
        order=one.order,
        full_time=one.full_time,
        since=one.since,
        until=one.until,
    )
