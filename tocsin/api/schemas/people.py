"""People, what they are appointed to, and their numbers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from tocsin.api.schemas.base import Identifier, Schema
from tocsin.core.grids import Tier
from tocsin.core.responders import Channel
from tocsin.town.appointments import AppointmentRole

PersonCode = Annotated[
    str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
]
"""Id of a person."""
PlaceCode = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^./\s]+$")]
"""Code of a grid or of an organisation."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
Reason = Annotated[str, StringConstraints(min_length=3, max_length=500, strip_whitespace=True)]
"""Why, in words; it is kept."""


class AppointmentView(Schema):
    """Who does what for which grid, and for what lies below it."""

    id: str
    """Its id."""
    person: str
    """Id of the person."""
    person_name: str
    """Their name."""
    grid: str
    """Code of the grid."""
    grid_name: str
    """Its name."""
    grid_path: str
    """Codes from the root to it, joined by `.`."""
    role: AppointmentRole
    """As what: `grid_leader` 网格长, `grid_member` 网格员, `district_leader` 片区长, `police` 民警辅警, `patrol`
    综治巡逻队员, `volunteer` 志愿者, `cadre` 村（社区）干部, `staff` 其他."""
    organisation: str | None
    """Code of the organisation that they act for."""
    organisation_name: str
    """Its name; empty without one."""
    tier: Tier | None
    """For which tier they are called; absent for those who are never called, unless they supervise."""
    supervisor: bool
    """Called when nobody confirms."""
    order: int
    """Rank within the tier of the grid, 1 is called first."""
    full_time: bool
    """Full or part time."""
    since: AwareDatetime
    """From when."""
    until: AwareDatetime | None
    """To when; absent without an end."""


class AppointmentList(Schema):
    """Appointments, by id."""

    items: list[AppointmentView]
    """The appointments; for the next page send the last one's id as `after`."""


class AppointmentBody(Schema):
    """An appointment to be made, or changed when it has the id of one that is there."""

    id: Identifier | None = None
    """An id of your own, so that the same again is the same appointment; one is made without."""
    person: PersonCode
    """Who."""
    grid: PlaceCode
    """For which grid, and what lies below it."""
    role: AppointmentRole
    """As what."""
    organisation: PlaceCode | None = None
    """Code of the organisation that they act for."""
    tier: Tier | None = None
    """For which tier they are called; leave it out for those who are never called."""
    supervisor: bool = False
    """Called when nobody confirms."""
    order: Annotated[int, Field(ge=1, le=1000)] = 1
    """Rank within the tier of the grid, 1 is called first."""
    full_time: bool = False
    """Full or part time."""
    since: AwareDatetime | None = None
    """From when; from now on without."""
    until: AwareDatetime | None = None
    """To when; many towns appoint for three years."""


class PersonView(Schema):
    """One member of staff; no telephone numbers."""

    id: str
    """Id of the person."""
    name: str
    """Their name."""
    grid: str
    """Code of the grid they belong to: its administrators may change them."""
    grid_path: str
    """Codes from the root to it, joined by `.`."""
    tier: Tier | None
    """The tier of their main appointment; absent for people who are not called by it."""
    department: str
    """Code of the organisation of their main appointment; may be empty."""
    supervisor: bool
    """True for those who are called when nobody confirms."""
    order: int
    """Rank within the tier: 1 is called first."""
    language: str
    """In which language they are written to: `zh` or `en`."""
    active: bool
    """False for those who have left."""
    channels: list[Channel]
    """By what they can be reached, best first."""
    appointments: list[AppointmentView]
    """What they are appointed to, now or later."""


class PersonList(Schema):
    """People, by name."""

    items: list[PersonView]
    """The people, by name; for the next page send the last one's name and id as `after_name` and `after`."""


class ContactBody(Schema):
    """One way to reach a person."""

    channel: Channel
    """Over what."""
    address: Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
    """Number or address; the first of the list is tried first."""


class PersonBody(Schema):
    """Who somebody is."""

    name: Name
    """Their name."""
    grid: PlaceCode
    """Code of the grid they belong to."""
    language: Literal["zh", "en"] = "zh"
    """In which language they are written to."""
    active: bool = True
    """False for those who have left: nobody calls them, what they did stays."""
    contacts: Annotated[list[ContactBody], Field(max_length=10)] | None = None
    """Replaces all their addresses; leave it out to keep them."""


class NewPersonBody(PersonBody):
    """Somebody who is added."""

    id: PersonCode | None = None
    """An id of your own; one is made without."""


class ReadingBody(Schema):
    """Why somebody's numbers are read."""

    reason: Reason
    """Why; it is kept with your name."""


class ContactView(Schema):
    """One way to reach a person, with its address."""

    channel: Channel
    """Over what."""
    address: str
    """Number or address."""


class ContactList(Schema):
    """How a person is reached."""

    items: list[ContactView]
    """Best first."""


class ReadingView(Schema):
    """Somebody read numbers."""

    at: AwareDatetime
    """When."""
    reader: str
    """Id of the person who did."""
    account: str
    """By which sign-in."""
    people: int
    """Whose numbers, as a count: an export reads those of many."""
    reason: str
    """Why."""


class ReadingList(Schema):
    """Who read the numbers of a person."""

    items: list[ReadingView]
    """Newest first."""
