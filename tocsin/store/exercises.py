"""Exercises on PostgreSQL; each call is one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from psycopg.rows import dict_row
from typing_extensions import override

from tocsin.alerts.exercising import Drill, DueExercises
from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected
from tocsin.core.ids import GridCode, IncidentId, PersonId
from tocsin.core.incident_words import Grade
from tocsin.store.connect import Connection, Pool, connection
from tocsin.store.rows import Fields
from tocsin.store.sql import queries
from tocsin.town.exercises import Exercise, Exercises, NewExercise


class PgExercises(Exercises, DueExercises):
    """Keeps exercises on the pool of this process."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @override
    async def make(self, exercise: NewExercise, scope: str) -> None:
        async with connection(self._pool) as database:
            strangers = await _ask(database, "strangers", people=list(exercise.participants), scope=scope)
            if strangers:
                named = ", ".join(row["id"] for row in strangers)
                raise Rejected(
                    "exercise.participants",
                    f"not people of your area who can take part: {named}; leave them out",
                )
            await database.execute(
                queries("exercises")["make"],
                {
                    "id": exercise.id,
                    "title": exercise.title,
                    "words": exercise.words,
                    "kind": exercise.kind.value,
                    "grade": exercise.grade.value,
                    "grid": exercise.grid,
                    "participants": list(exercise.participants),
                    "plan": exercise.plan,
                    "planned": exercise.planned,
                    "by": exercise.by,
                },
            )

    @override
    async def exercise(self, scope: str, exercise: str) -> Exercise | None:
        found = await self._list(scope, exercise, None, 1)
        return found[0] if found else None

    @override
    async def exercises(self, scope: str, *, before: datetime | None, most: int) -> Sequence[Exercise]:
        return await self._list(scope, None, before, most)

    @override
    async def begun(self, exercise: str, incident: IncidentId, by: str) -> None:
        async with connection(self._pool) as database:
            values = {"exercise": exercise, "incident": incident, "by": by}
            await database.execute(queries("exercises")["begun"], values)

    @override
    async def cancel(self, exercise: str) -> None:
        async with connection(self._pool) as database:
            await database.execute(queries("exercises")["cancel"], {"exercise": exercise})

    @override
    async def due(self, most: int) -> Sequence[Drill]:
        async with connection(self._pool) as database:
            rows = await _ask(database, "due", most=most)
        return [
            Drill(
                exercise=row["id"],
                kind=Kind(row["kind"]),
                grade=Grade(row["grade"]),
                grid=GridCode(row["grid"]),
                participants=tuple(PersonId(one) for one in row["participants"]),
            )
            for row in rows
        ]

    async def _list(
        self, scope: str, exercise: str | None, before: datetime | None, most: int
    ) -> list[Exercise]:
        async with connection(self._pool) as database:
            rows = await _ask(database, "exercises", scope=scope, exercise=exercise, before=before, most=most)
        return [_exercise(row) for row in rows]


async def _ask(database: Connection, query: str, **arguments: object) -> list[Fields]:
    async with database.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(queries("exercises")[query], arguments)
        return await cursor.fetchall()


def _exercise(row: Fields) -> Exercise:
    people = tuple((PersonId(one), name) for one, name in row["participants"])
    return Exercise(
        **{**row, "kind": Kind(row["kind"]), "grade": Grade(row["grade"]), "participants": people}
    )
