"""Exercises in memory, for tests of the HTTP face; the real ones are tested on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from typing_extensions import override

from tocsin.api.access import within
from tocsin.core.clock import ManualClock
from tocsin.core.errors import Rejected
from tocsin.core.grids import Grid
from tocsin.core.ids import IncidentId
from tocsin.town.exercises import Exercise, Exercises, NewExercise
from tocsin.town.ports import Person


class FakeExercises(Exercises):
    """Keeps exercises in a dictionary."""

    def __init__(
        self, clock: ManualClock, grids: Sequence[Grid], people: Callable[[], Sequence[Person]]
    ) -> None:
        self._clock, self._grids, self._people = clock, grids, people
        self.known: dict[str, Exercise] = {}

    @override
    async def make(self, exercise: NewExercise, scope: str) -> None:
        grid = next(one for one in self._grids if one.code == exercise.grid)
        names = {one.id: one.name for one in self._people()}
        strangers = set(exercise.participants) - names.keys()
        if strangers:
            raise Rejected("exercise.participants", f"not people: {sorted(strangers)}")
        self.known.setdefault(
            exercise.id,
            Exercise(
                id=exercise.id, title=exercise.title, words=exercise.words, kind=exercise.kind, grade=exercise.grade,
                grid=grid.code, grid_name=grid.name, path=grid.path, plan=exercise.plan, planned=exercise.planned,
                participants=tuple((one, names[one]) for one in exercise.participants), made=self._clock.now(),
                made_by=exercise.by, started=None, started_by="", incident=None, ended=None, cancelled=None,
            ),
        )  # fmt: skip

    @override
    async def exercise(self, scope: str, exercise: str) -> Exercise | None:
        found = self.known.get(exercise)
        return found if found is not None and within(scope, found.path) else None

    @override
    async def exercises(self, scope: str, *, before: datetime | None, most: int) -> Sequence[Exercise]:
        return [one for one in self.known.values() if within(scope, one.path)][:most]

    @override
    async def begun(self, exercise: str, incident: IncidentId, by: str) -> None:
        made = self.known[exercise]
        if made.started is None:
            self.known[exercise] = replace(made, started=self._clock.now(), started_by=by, incident=incident)

    @override
    async def cancel(self, exercise: str) -> None:
        made = self.known[exercise]
        if made.started is None:
            self.known[exercise] = replace(made, cancelled=self._clock.now())
