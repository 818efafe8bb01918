"""Exercises (演练): a drill that somebody prepares and starts, which calls only those who are marked for it.  Pure, with its port.

An exercise runs everything that a real incident runs, in an incident of its own with `drill`; it counts in no
figure. It is started by hand, or by itself at the planned instant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, unique
from typing import Final, Protocol

from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected
from tocsin.core.ids import GridCode, IncidentId, PersonId
from tocsin.core.incident_words import Grade

PARTICIPANTS_MAX: Final = 200
TITLE_CHARACTERS_MAX: Final = 80
WORDS_CHARACTERS_MAX: Final = 2000
PLAN_CHARACTERS_MAX: Final = 100
AHEAD_MAX: Final = timedelta(days=366)


@unique
class ExerciseState(StrEnum):
    """Where an exercise stands."""

    READY = "ready"
    """Waits to be started by hand."""
    PLANNED = "planned"
    """Starts by itself."""
    RUNNING = "running"
    OVER = "over"
    """Its incident has ended."""
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewExercise:
    """An exercise that somebody prepares."""

    id: str
    title: str
    words: str = ""
    """What is played: for the leader's eyes, not in any message."""
    kind: Kind
    grade: Grade
    grid: GridCode
    participants: tuple[PersonId, ...]
    plan: str = ""
    """Name of the plan (预案) that is exercised; the checklist comes from the policy."""
    planned: datetime | None = None
    by: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """One exercise."""

    id: str
    title: str
    words: str
    kind: Kind
    grade: Grade
    grid: GridCode
    grid_name: str
    path: str
    participants: tuple[tuple[PersonId, str], ...]
    """With their names."""
    plan: str
    planned: datetime | None
    made: datetime
    made_by: PersonId
    started: datetime | None
    started_by: str
    """`system` for one that started by itself."""
    incident: IncidentId | None
    ended: datetime | None
    """When its incident ended."""
    cancelled: datetime | None

    @property
    def state(self) -> ExerciseState:
        """Where it stands."""
        if self.cancelled is not None:
            return ExerciseState.CANCELLED
        if self.started is not None:
            return ExerciseState.RUNNING if self.ended is None else ExerciseState.OVER
        return ExerciseState.READY if self.planned is None else ExerciseState.PLANNED


class Exercises(Protocol):
    """Keeps exercises; times are those of the database."""

    async def make(self, exercise: NewExercise, scope: str) -> None:
        """Keep a new exercise; the same id again changes nothing.

        Raises `Rejected` (`exercise.participants`) for people who do not exist or belong neither to the scope nor above.
        """
        ...

    async def exercise(self, scope: str, exercise: str) -> Exercise | None:
        """Find one whose place lies in a scope."""
        ...

    async def exercises(self, scope: str, *, before: datetime | None, most: int) -> Sequence[Exercise]:
        """List those of a scope, newest first."""
        ...

    async def begun(self, exercise: str, incident: IncidentId, by: str) -> None:
        """Note which incident it is; the first one stays."""
        ...

    async def cancel(self, exercise: str) -> None:
        """Give one up that has not begun; again changes nothing, one that has begun is left alone."""
        ...


def check(exercise: NewExercise, now: datetime) -> None:
    """Raise `Rejected` (`exercise.title`, `exercise.words`, `exercise.participants`, `exercise.planned`)."""
    if not 1 <= len(exercise.title.strip()) <= TITLE_CHARACTERS_MAX or not exercise.title.isprintable():
        raise Rejected("exercise.title", f"a title is one line of 1 to {TITLE_CHARACTERS_MAX} characters")
    if (
        len(exercise.words) > WORDS_CHARACTERS_MAX
        or "\0" in exercise.words
        or len(exercise.plan) > PLAN_CHARACTERS_MAX
        or not (exercise.plan.isprintable() or not exercise.plan)
    ):
        raise Rejected(
            "exercise.words",
            f"at most {WORDS_CHARACTERS_MAX} characters of words, and a plan's name in a line of {PLAN_CHARACTERS_MAX}",
        )
    if not 1 <= len(set(exercise.participants)) == len(exercise.participants) <= PARTICIPANTS_MAX:
        raise Rejected(
            "exercise.participants", f"name 1 to {PARTICIPANTS_MAX} people, each once: nobody else is called"
        )
    if exercise.planned is not None and not now < exercise.planned <= now + AHEAD_MAX:
        raise Rejected("exercise.planned", f"a planned start lies ahead, within {AHEAD_MAX.days} days")
