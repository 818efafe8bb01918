"""What a sweep may be, and where one stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tocsin.core.errors import Rejected
from tocsin.core.ids import GridCode, PersonId
from tocsin.town.sweeps import (
    Answer,
    NewSweep,
    Sweep,
    SweepAnswer,
    SweepCounts,
    SweepKind,
    SweepState,
    check,
    check_answer,
    state_of,
)

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
ORDER = NewSweep(
    id="s", grid=GridCode("1"), kind=SweepKind.HAZARD, title="查违规电线", lasts=timedelta(hours=1),
    remind_after=timedelta(minutes=30), by=PersonId("ann"),
)  # fmt: skip
NOTHING = SweepCounts(
    total=2, looking=0, nobody=0, answered=0, late=0, clear=0, found=0, unable=0, items=0
)  # fmt: skip


def sweep(**more: object) -> Sweep:
    made = Sweep(
        id="s", grid=GridCode("1"), grid_name="x", path="1", kind=SweepKind.HAZARD, title="t", words="", drill=False,
        started=NOW, started_by=PersonId("ann"), started_by_name="Ann", until=NOW + timedelta(hours=1), ended=None,
        counts=NOTHING,
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"title": " "}, "sweep.title"),
        ({"title": "a\nb"}, "sweep.title"),
        ({"title": "x" * 81}, "sweep.title"),
        ({"words": "x" * 501}, "sweep.words"),
        ({"lasts": timedelta(minutes=4)}, "sweep.span"),
        ({"lasts": timedelta(days=15)}, "sweep.span"),
        ({"remind_after": timedelta(hours=1)}, "sweep.remind"),
        ({"remind_after": timedelta()}, "sweep.remind"),
        ({"level": 0}, "sweep.level"),
    ],
)
def test_what_cannot_be_is_refused(wrong: dict[str, object], code: str) -> None:
    check(ORDER)
    check(replace(ORDER, remind_after=None, level=3, words="x" * 500))
    with pytest.raises(Rejected) as refused:
        check(replace(ORDER, **wrong))  # type: ignore[arg-type]  # fields by name
    assert refused.value.code == code


@pytest.mark.parametrize(
    "wrong",
    [
        Answer(answer=SweepAnswer.FOUND),
        Answer(answer=SweepAnswer.FOUND, found=0),
        Answer(answer=SweepAnswer.CLEAR, found=1),
        Answer(answer=SweepAnswer.CLEAR, words="x" * 501),
        Answer(answer=SweepAnswer.CLEAR, words="\0"),
    ],
)
def test_an_answer_that_says_nothing_is_refused(wrong: Answer) -> None:
    check_answer(Answer(answer=SweepAnswer.FOUND, found=3, words="三处"))
    check_answer(Answer(answer=SweepAnswer.UNABLE))
    with pytest.raises(Rejected):
        check_answer(wrong)


def test_a_sweep_runs_until_all_answered_its_time_is_over_or_somebody_ends_it() -> None:
    assert state_of(sweep(), NOW) is SweepState.RUNNING
    assert state_of(sweep(), NOW + timedelta(hours=1)) is SweepState.OVERDUE
    done = replace(NOTHING, answered=2)
    assert state_of(sweep(counts=done), NOW + timedelta(hours=2)) is SweepState.COMPLETE
    assert state_of(sweep(counts=done, ended=NOW), NOW) is SweepState.ENDED
