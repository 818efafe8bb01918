"""Sweeps: what is asked of all grids under a place, and who has answered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from tocsin.api.schemas.base import Act, Identifier, Schema
from tocsin.town.sweeps import (
    FOUND_MAX,
    TITLE_CHARACTERS_MAX,
    WORDS_CHARACTERS_MAX,
    RollState,
    SweepAnswer,
    SweepKind,
    SweepState,
)

Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=WORDS_CHARACTERS_MAX)]


class SweepBody(Schema):
    """A sweep to be ordered."""

    act: Act
    """Id of this act: the same id is one sweep."""
    grid: Identifier
    """Code of the place: all grids below it are asked."""
    kind: SweepKind
    """`hazard`, `people`, `supplies`, `environment`, `notice` or `other`."""
    title: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=TITLE_CHARACTERS_MAX)
    ]
    """What to look for, in a line; it stands in the message."""
    words: Words = ""
    """More of it; the beginning stands in the message."""
    level: Annotated[int, Field(ge=1, le=20)] | None = None
    """Ask the grids of this level of the tree; absent: those that have none below them."""
    minutes: Annotated[int, Field(ge=5, le=20_160)] = 60
    """In what time they shall answer; later answers are marked."""
    remind_minutes: Annotated[int, Field(ge=1, le=20_160)] | None = None
    """After what time those who have not answered are told again; absent: after half of it."""
    remind: bool = True
    """False tells nobody again."""
    drill: bool = False
    """An exercise: said in every message, counted in nothing."""


class SweepCountsView(Schema):
    """How far the roll-call has come, in grids."""

    total: int
    """Asked."""
    looking: int
    """Whoever answers for them is being looked for."""
    nobody: int
    """Nobody is on duty for them."""
    answered: int
    """Have answered, late ones included."""
    late: int
    """Have answered after the limit."""
    clear: int
    """Nothing found."""
    found: int
    """Something found."""
    unable: int
    """Could not be done."""
    items: int
    """What was found, added up."""


class SweepView(Schema):
    """One sweep, counted over what the caller may see."""

    id: str
    """Its id."""
    grid: str
    """Code of the place."""
    grid_name: str
    """Name of the place."""
    kind: SweepKind
    """What this one looks for."""
    title: str
    """In a line."""
    words: str
    """More of it; may be empty."""
    drill: bool
    """An exercise."""
    state: SweepState
    """`running`, `overdue`, `complete` or `ended`."""
    started: datetime
    """When it began."""
    started_by: str
    """Who ordered it."""
    started_by_name: str
    """Their name; empty for somebody unknown."""
    until: datetime
    """Later answers are marked late."""
    ended: datetime | None
    """When somebody ended it."""
    counts: SweepCountsView
    """How far it has come."""


class SweepList(Schema):
    """Sweeps, newest first."""

    items: list[SweepView]
    """Newest first."""
    more: bool
    """Whether there are more: ask again with `before` the last beginning."""
    now: datetime
    """The server's time."""


class SweepPart(Schema):
    """One grid right below the place, with all under it."""

    grid: str
    """Its code."""
    name: str
    """Its name."""
    counts: SweepCountsView
    """How far it has come."""


class RollView(Schema):
    """One grid of the roll-call."""

    grid: str
    """Its code."""
    name: str
    """Its name."""
    path: str
    """Its path: `after` of the next page."""
    state: RollState
    """`asked`, `answered`, `late`, `nobody` or `looking`."""
    person: str | None
    """Who answers for it."""
    person_name: str
    """Their name; may be empty."""
    told: str
    """`sent`, `failed`, `unknown`, `expired`, `cancelled`, `waiting`, or empty when nobody was told."""
    reminded: bool
    """Whether they were told a second time."""
    answered: datetime | None
    """When it was answered first."""
    answered_by: str | None
    """Who did."""
    answer: SweepAnswer | None
    """`clear`, `found` or `unable`."""
    found: int | None
    """How many."""
    words: str
    """What they say; may be empty."""


class SweepDetail(Schema):
    """One sweep with its roll-call."""

    sweep: SweepView
    """The sweep."""
    parts: list[SweepPart]
    """By grid right below the place, or below the caller's scope; empty for a responder."""
    roll: list[RollView]
    """By path; a responder's are those that are theirs to answer."""
    more: bool
    """Whether the roll-call goes on: ask again with `after` the last path."""
    now: datetime
    """The server's time."""


class SweepAnswerBody(Schema):
    """What a grid says; again for the same grid corrects it."""

    act: Act
    """Id of this act."""
    grid: Identifier
    """For which grid."""
    answer: SweepAnswer
    """`clear`, `found` or `unable`."""
    found: Annotated[int, Field(ge=1, le=FOUND_MAX)] | None = None
    """With `found`: how many."""
    words: Words = ""
    """What there is to say."""
