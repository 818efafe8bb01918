"""Shifts, rosters and where nobody is on duty."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, Field, StringConstraints

from tocsin.api.schemas.base import Act, Identifier, Schema
from tocsin.api.schemas.people import Name, PersonCode, PlaceCode
from tocsin.core.grids import Tier
from tocsin.core.working_time import DayKind
from tocsin.town.coverage import GapCode
from tocsin.town.roster import ChangeKind, Step
from tocsin.town.staffing import StaffingCode

Time = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""A time of day on the wall clock: `20:00`."""
GroupName = Annotated[str, StringConstraints(min_length=1, max_length=40, strip_whitespace=True)]


class ShiftView(Schema):
    """A span in which somebody is on duty for a grid and what lies below it."""

    person: str
    """Id of the person."""
    person_name: str
    """Their name."""
    grid: str
    """Code of the grid."""
    grid_name: str
    """Its name."""
    since: AwareDatetime
    """From when."""
    until: AwareDatetime | None
    """To when; absent while the end is open."""
    roster: str | None
    """Id of the roster that says so; absent for one that was entered by hand."""


class ShiftList(Schema):
    """Shifts, by beginning."""

    items: list[ShiftView]
    """The shifts; for the next page send the last one's beginning, person and grid."""


class ShiftBody(Schema):
    """A shift by hand."""

    person: PersonCode
    """Who."""
    grid: PlaceCode
    """For which grid, and what lies below it."""
    since: AwareDatetime
    """From when."""
    until: AwareDatetime | None = None
    """To when; leave it out while the end is open."""


class GroupBody(Schema):
    """People who serve together."""

    name: GroupName
    """What it is called in the order of slots."""
    people: Annotated[list[PersonCode], Field(min_length=1, max_length=200)]
    """Ids of the people."""


class SlotBody(Schema):
    """One duty of a day."""

    begins: Time
    """On the wall clock."""
    ends: Time
    """On the wall clock, on the next day when it is not later than it begins; the same time is a whole day."""
    order: Annotated[
        list[Annotated[str, StringConstraints(max_length=40)]], Field(min_length=1, max_length=100)
    ]
    """Names of groups in turn; an empty name is a turn of nobody."""
    step: Step = Step.DAY
    """When the next group takes it: every `day`, every `week` (on Monday), or each `turn`."""
    days: Annotated[list[DayKind], Field(default_factory=list, max_length=3)]
    """Only on `working` days, `weekend` days, public `holiday`s; on all without any."""
    weekdays: Annotated[list[Annotated[int, Field(ge=1, le=7)]], Field(default_factory=list, max_length=7)]
    """Only on these, Monday is 1; on all without any."""


class RosterBody(Schema):
    """A rotation to be made, or changed when it has the id of one that is there."""

    id: Identifier | None = None
    """Id of the one to change; a new one is made without."""
    grid: PlaceCode
    """For which grid, and what lies below it."""
    organisation: PlaceCode | None = None
    """Whose rotation it is."""
    name: Name
    """What people call it."""
    tier: Tier | None = None
    """For which tier all its people are to be appointed."""
    since: AwareDatetime | None = None
    """From when; from now on without."""
    until: AwareDatetime | None = None
    """To when."""
    first: date | None = None
    """The day, or the week, on which the first group of each order serves; that of `since` without."""
    groups: Annotated[list[GroupBody], Field(min_length=1, max_length=50)]
    """Who serves together."""
    slots: Annotated[list[SlotBody], Field(min_length=1, max_length=50)]
    """The duties of a day."""


class ChangeView(Schema):
    """What is otherwise than a rotation says."""

    id: str
    """Its id."""
    kind: ChangeKind
    """`swap`: two trade places; `absence`: somebody is away; `extra`: somebody is on duty besides."""
    person: str
    """Who."""
    other: str | None
    """With whom they trade places, or who stands in for them."""
    since: AwareDatetime
    """From when."""
    until: AwareDatetime
    """To when."""
    reason: str
    """Why."""


class RosterView(Schema):
    """A rotation."""

    id: str
    """Its id."""
    grid: str
    """Code of the grid."""
    grid_name: str
    """Its name."""
    organisation: str | None
    """Whose it is."""
    name: str
    """What people call it."""
    tier: Tier | None
    """For which tier its people are appointed; absent for any."""
    since: AwareDatetime
    """From when."""
    until: AwareDatetime | None
    """To when."""
    first: date
    """The day, or the week, on which the first group of each order serves."""
    groups: list[GroupBody]
    """Who serves together."""
    slots: list[SlotBody]
    """The duties of a day."""
    changes: list[ChangeView]
    """What is otherwise, and has not ended."""
    written: AwareDatetime | None
    """To when its shifts are written; absent for a moment after a change."""


class RosterList(Schema):
    """Rotations, by id."""

    items: list[RosterView]
    """The rotations; for the next page send the last one's id as `after`."""


class ChangeBody(Schema):
    """A change of a rotation; a later one wins over an earlier one."""

    act: Act
    """The same again is the same change."""
    kind: ChangeKind
    """`swap`, `absence` or `extra`."""
    person: PersonCode
    """Who."""
    other: PersonCode | None = None
    """With whom they trade places (`swap`), or who stands in for them (`absence`)."""
    since: AwareDatetime
    """From when."""
    until: AwareDatetime
    """To when."""
    reason: Annotated[str, StringConstraints(max_length=200, strip_whitespace=True)] = ""
    """Why."""


class GapView(Schema):
    """A span in which something is missing at a grid."""

    grid: str
    """Code of the grid."""
    name: str
    """Its name."""
    code: GapCode
    """`nobody`: nobody of any tier is on duty; `no_channel`: nobody who is can be reached; `tier_missing`: only
    people of a tier above are there."""
    since: AwareDatetime
    """From when."""
    until: AwareDatetime
    """To when, at most the end of the period."""


class StaffingView(Schema):
    """Something about who is appointed that a town should see to."""

    grid: str
    """Code of the grid."""
    name: str
    """Its name."""
    code: StaffingCode
    """`no_responsible`: nobody is appointed to the grid; `part_time_few`: fewer part-time than full-time people
    (1+X+X); `ends_soon`: an appointment ends within the next 30 days."""
    person: str | None
    """Whose appointment ends."""
    until: AwareDatetime | None
    """When it ends."""


class Coverage(Schema):
    """Where nobody is on duty, over a period."""

    since: AwareDatetime
    """Begin of the period."""
    until: AwareDatetime
    """Its end."""
    grids: int
    """Grids that were looked at."""
    faults: list[GapView]
    """The first of what is missing, by place and time."""
    faulty: int
    """How many spans there are in all."""
    warnings: list[StaffingView]
    """The first of what should be seen to."""
    warned: int
    """How many there are in all."""
