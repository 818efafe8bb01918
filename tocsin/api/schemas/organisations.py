"""Organisations, matters, working time, and who would get what."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints

from tocsin.api.schemas.base import Schema
from tocsin.core.detections import Kind
from tocsin.core.grids import Tier
from tocsin.core.incident_words import Grade
from tocsin.core.working_time import Unit
from tocsin.town.matters import DAYS_MAX, PLATFORM_CODE
from tocsin.town.organisations import AUTHORITIES_MAX, PLATFORMS_MAX, OrganisationKind
from tocsin.town.routing import Why

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
English = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
OrganisationCodeText = Annotated[
    str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^./\s\x00]{1,64}$")
]
Digits = Annotated[str, StringConstraints(max_length=8, pattern=r"^[0-9]{0,8}$")]
PlatformText = Annotated[str, StringConstraints(max_length=32, pattern=rf"^({PLATFORM_CODE.pattern})?$")]
Minute = Annotated[int, Field(ge=0, le=1440)]


class AuthorityView(Schema):
    """What an organisation may deal with by itself."""

    category: Digits
    """Code of a category or matter, or a beginning of one; empty for everything."""
    highest: Grade
    """The worst grade that it may deal with."""


class OrganisationBody(Schema):
    """What is kept of an organisation."""

    name: Text
    """Its name."""
    name_en: English = ""
    """Its name in English."""
    kind: OrganisationKind
    """`village`, `township`, `department`, `team` or `centre`."""
    tier: Tier
    """The tier at which it is asked."""
    grid: Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^./\s\x00]{1,64}$")]
    """It answers for this grid and what lies below."""
    parent: OrganisationCodeText | None = None
    """The organisation above it."""
    collects: bool = False
    """It reports what it finds."""
    handles: bool = False
    """Cases may be given to it; only then it has authorities."""
    platforms: Annotated[list[PlatformText], Field(default_factory=list, max_length=PLATFORMS_MAX)]
    """Codes of the platforms on which it works."""
    order: Annotated[int, Field(ge=1, le=1000)] = 1
    """Among those of its grid and tier, 1 is asked first."""
    active: bool = True
    """False for one that is no longer asked."""
    authorities: Annotated[list[AuthorityView], Field(default_factory=list, max_length=AUTHORITIES_MAX)]
    """What it may deal with by itself."""


class NewOrganisationBody(OrganisationBody):
    """A new organisation."""

    code: OrganisationCodeText
    """Its code, for good: cases name it."""


class OrganisationView(Schema):
    """One organisation."""

    code: str
    """Its code."""
    name: str
    """Its name."""
    name_en: str
    """Its name in English; may be empty."""
    kind: OrganisationKind
    """What kind it is."""
    tier: Tier
    """The tier at which it is asked."""
    grid: str
    """Code of the grid for which it answers, with what lies below."""
    grid_name: str
    """Name of that grid."""
    parent: str | None
    """Code of the organisation above it."""
    collects: bool
    """It reports what it finds."""
    handles: bool
    """Cases may be given to it."""
    platforms: list[str]
    """Codes of the platforms on which it works."""
    order: int
    """Among those of its grid and tier, 1 is asked first."""
    active: bool
    """False for one that is no longer asked."""
    authorities: list[AuthorityView]
    """What it may deal with by itself."""


class OrganisationList(Schema):
    """Organisations by code: those of the caller's scope and those above it."""

    items: list[OrganisationView]
    """By code."""
    more: bool
    """Whether there are more: ask again with `after` the last code."""


class NamedView(Schema):
    """A code with its names: a category of matters, or a platform."""

    code: str
    """Its code."""
    name: str
    """Its name."""
    name_en: str
    """Its name in English; may be empty."""


class LimitView(Schema):
    """An amount of time."""

    amount: Annotated[int, Field(ge=1, le=10_000)]
    """How many."""
    unit: Unit
    """`hour`, `day`, `working_hour` or `working_day`."""


class Limits(Schema):
    """In what time each stage must be over; a stage without an entry has no limit."""

    receive: LimitView | None = None
    """The desk takes a report up."""
    dispatch: LimitView | None = None
    """The desk gives it to an organisation."""
    accept: LimitView | None = None
    """The organisation takes it on."""
    handle: LimitView | None = None
    """The organisation deals with it."""
    check: LimitView | None = None
    """The desk finds it done, or sends it back."""
    close: LimitView | None = None
    """The desk strikes it off."""
    evaluate: LimitView | None = None
    """The desk calls back and evaluates."""


class MatterBody(Schema):
    """What is kept of a matter."""

    name: Text
    """Its name."""
    name_en: English = ""
    """Its name in English."""
    platform: PlatformText = ""
    """Code of the platform that deals with it; empty for none."""
    kinds: Annotated[list[Kind], Field(default_factory=list, max_length=len(Kind))]
    """Kinds of happening that stand for it; each stands for one active matter at most."""
    grade: Grade = Grade.IV
    """Proposed where nothing else is known."""
    urgent: bool = False
    """An emergency: answered by the minute, not filed."""
    limits: Limits = Field(default_factory=Limits)
    """By stage, in what time it must be over; a finer matter takes what is missing from the coarser one."""
    active: bool = True
    """False for one that may no longer be chosen."""


class MatterView(Schema):
    """One matter of the catalogue."""

    code: str
    """2 digits of its category and 2 of its own, made finer by 2 or 4 more."""
    name: str
    """Its name."""
    name_en: str
    """Its name in English; may be empty."""
    category: str
    """Code of its category."""
    platform: str
    """Code of the platform that deals with it; may be empty."""
    kinds: list[Kind]
    """Kinds of happening that stand for it."""
    grade: Grade
    """Proposed where nothing else is known."""
    urgent: bool
    """An emergency: answered by the minute, not filed."""
    limits: Limits
    """By stage, as written; a finer matter takes what is missing from the coarser one."""
    active: bool
    """False for one that may no longer be chosen."""


class CatalogueView(Schema):
    """The whole catalogue."""

    categories: list[NamedView]
    """Large classes, by code."""
    platforms: list[NamedView]
    """Platforms, by code."""
    items: list[MatterView]
    """Matters, by code."""


class WorkingTimeBody(Schema):
    """When a town works."""

    hours: Annotated[
        list[Annotated[list[Minute], Field(min_length=2, max_length=2)]], Field(min_length=1, max_length=8)
    ]
    """Spans of a working day in minutes since midnight, in order: [[510, 720], [840, 1050]]."""
    closed: Annotated[list[date], Field(default_factory=list, max_length=DAYS_MAX)]
    """Days not worked here, though the country works."""
    worked: Annotated[list[date], Field(default_factory=list, max_length=DAYS_MAX)]
    """Days worked here, though the country does not."""
    warn_at: Annotated[float, Field(ge=0.1, le=1, allow_inf_nan=False)] = 0.8
    """At this part of a limit whoever it waits on is urged."""


class WorkingTimeView(WorkingTimeBody):
    """When a town works, and until when the country's holidays are known."""

    announced: int
    """The last year whose holidays are known; later ones count Monday to Friday."""


class RouteAsked(Schema):
    """One organisation that was looked at."""

    organisation: str
    """Its code."""
    name: str
    """Its name."""
    tier: Tier
    """The tier at which it is asked."""
    grid: str
    """For which grid it answers."""
    authority: AuthorityView | None
    """The most particular authority that it has for the matter."""
    why: Why
    """`leads`, `named`, `beyond`, `not_first` or `no_authority`."""
    before: str | None
    """Who of its tier comes before it, for `not_first`."""


class RouteTier(Schema):
    """Who answers at one tier."""

    tier: Tier
    """The tier."""
    organisation: str
    """Code of the organisation."""
    name: str
    """Its name."""


class RouteView(Schema):
    """Who would get a matter of a grade at a place, and why."""

    grid: str
    """The grid."""
    grid_name: str
    """Its name."""
    matter: str
    """Code of the matter."""
    matter_name: str
    """Its name."""
    grade: Grade
    """The grade."""
    tiers: list[RouteTier]
    """Of each tier that has one, who is told; nearest first."""
    lead: str | None
    """The nearest that may deal with it by itself; absent when nobody may."""
    beyond: bool
    """Beyond the authority of the nearest: the next tier is called at once."""
    next: str | None
    """When beyond: who that is."""
    asked: list[RouteAsked]
    """All that were looked at, nearest tier first."""
