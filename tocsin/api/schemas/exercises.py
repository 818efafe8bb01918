"""Exercises: prepared, started, and what became of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, Field, StringConstraints

from tocsin.api.schemas.base import Act, Identifier, Schema
from tocsin.api.schemas.case import PlanView
from tocsin.api.schemas.incidents import IncidentLine
from tocsin.core.detections import Kind
from tocsin.core.incident_words import Grade
from tocsin.town.exercises import (
    PARTICIPANTS_MAX,
    PLAN_CHARACTERS_MAX,
    TITLE_CHARACTERS_MAX,
    WORDS_CHARACTERS_MAX,
    ExerciseState,
)


class ExerciseBody(Schema):
    """An exercise to be prepared."""

    act: Act
    """Id of this act: the same id is one exercise."""
    title: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=TITLE_CHARACTERS_MAX)
    ]
    """In a line."""
    words: Annotated[str, StringConstraints(strip_whitespace=True, max_length=WORDS_CHARACTERS_MAX)] = ""
    """What is played; stands in no message."""
    kind: Kind
    """The kind of happening."""
    grade: Grade
    """How severe it is played."""
    grid: Identifier
    """Where."""
    participants: Annotated[list[Identifier], Field(min_length=1, max_length=PARTICIPANTS_MAX)]
    """Ids of the people whom alone it may call."""
    plan: Annotated[str, StringConstraints(strip_whitespace=True, max_length=PLAN_CHARACTERS_MAX)] = ""
    """Name of the plan that is exercised; the checklist comes from the policy."""
    planned: AwareDatetime | None = None
    """When it starts by itself; absent: it is started by hand."""


class ParticipantView(Schema):
    """Somebody who takes part, and how they answered."""

    person: str
    """Their id."""
    name: str
    """Their name."""
    called: datetime | None
    """When they were called; absent while they were not."""
    seen: datetime | None
    """When they opened the call."""
    accepted: datetime | None
    """When they said *going*."""
    refused: datetime | None
    """When they refused."""
    arrived: datetime | None
    """When they were there."""


class ExerciseView(Schema):
    """One exercise."""

    id: str
    """Its id."""
    title: str
    """In a line."""
    words: str
    """What is played; may be empty."""
    kind: Kind
    """The kind of happening."""
    grade: Grade
    """How severe."""
    grid: str
    """Code of the place."""
    grid_name: str
    """Its name."""
    participants: int
    """How many people are marked for it."""
    plan: str
    """Name of the plan that is exercised; may be empty."""
    state: ExerciseState
    """`ready`, `planned`, `running`, `over` or `cancelled`."""
    planned: datetime | None
    """When it starts by itself."""
    made: datetime
    """When it was prepared."""
    made_by: str
    """Who prepared it."""
    started: datetime | None
    """When it was started."""
    started_by: str
    """Who did; `system` for one that started by itself."""
    incident: str | None
    """Its incident; everything about it stands there."""
    ended: datetime | None
    """When its incident ended."""


class ExerciseList(Schema):
    """Exercises, newest first."""

    items: list[ExerciseView]
    """Newest first."""
    more: bool
    """Whether there are more: ask again with `before` the instant at which the last was made."""
    now: datetime
    """The server's time."""


class ExerciseDetail(Schema):
    """One exercise and what became of it."""

    exercise: ExerciseView
    """The exercise."""
    incidents: list[IncidentLine]
    """Its incident with the clocks of its tiers; empty before it was started."""
    people: list[ParticipantView]
    """Those who take part, in the order in which they were named."""
    plan: PlanView | None
    """The checklist of the policy for this kind and grade, with what is done."""
    now: datetime
    """The server's time."""
