"""What an exercise may be, and where one stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected
from tocsin.core.ids import GridCode, IncidentId, PersonId
from tocsin.core.incident_words import Grade
from tocsin.town.exercises import PARTICIPANTS_MAX, Exercise, ExerciseState, NewExercise, check

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
ANN = PersonId("ann")
NEW = NewExercise(
    id="e", title="夜间火情", kind=Kind.FIRE, grade=Grade.II, grid=GridCode("1"), participants=(ANN,), by=ANN
)
MADE = Exercise(
    id="e", title="夜间火情", words="", kind=Kind.FIRE, grade=Grade.II, grid=GridCode("1"), grid_name="x", path="1",
    participants=((ANN, "Ann"),), plan="", planned=None, made=NOW, made_by=ANN, started=None, started_by="",
    incident=None, ended=None, cancelled=None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"title": ""}, "exercise.title"),
        ({"title": "a\nb"}, "exercise.title"),
        ({"words": "x" * 2001}, "exercise.words"),
        ({"words": "\0"}, "exercise.words"),
        ({"plan": "x" * 101}, "exercise.words"),
        ({"plan": "a\nb"}, "exercise.words"),
        ({"participants": ()}, "exercise.participants"),
        ({"participants": (ANN, ANN)}, "exercise.participants"),
        (
            {"participants": tuple(PersonId(f"p{n}") for n in range(PARTICIPANTS_MAX + 1))},
            "exercise.participants",
        ),
        ({"planned": NOW}, "exercise.planned"),
        ({"planned": NOW + timedelta(days=367)}, "exercise.planned"),
    ],
)
def test_what_cannot_be_is_refused(wrong: dict[str, object], code: str) -> None:
    check(NEW, NOW)
    check(replace(NEW, planned=NOW + timedelta(days=1), plan="森林防火预案", words="两行\n话"), NOW)
    with pytest.raises(Rejected) as refused:
        check(replace(NEW, **wrong), NOW)  # type: ignore[arg-type]  # fields by name
    assert refused.value.code == code


def test_an_exercise_is_ready_planned_running_over_or_cancelled() -> None:
    assert MADE.state is ExerciseState.READY
    assert replace(MADE, planned=NOW).state is ExerciseState.PLANNED
    begun = replace(MADE, planned=NOW, started=NOW, incident=IncidentId("i"))
    assert begun.state is ExerciseState.RUNNING
    assert replace(begun, ended=NOW).state is ExerciseState.OVER
    assert replace(MADE, cancelled=NOW).state is ExerciseState.CANCELLED
