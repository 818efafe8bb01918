from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tocsin.core.errors import Rejected
from tocsin.core.ids import PersonId
from tocsin.town.points import (
    POINTS_MAX,
    Entry,
    EntryKind,
    balance,
    check_answer,
    check_award,
    check_correction,
    check_redemption,
)

LI, ANN, BO = PersonId("li"), PersonId("ann"), PersonId("bo")
AWARD = Entry(
    id="a",
    holder=LI,
    kind=EntryKind.AWARD,
    category="family",
    points=30,
    reason="x",
    source="",
    made=datetime(2026, 5, 1, tzinfo=UTC),
    made_by=ANN,
)
GRANTED = replace(AWARD, granted=True, answered_by=BO)
SPENT = replace(AWARD, id="r", kind=EntryKind.REDEMPTION, category=None, points=-20)
BACK = replace(AWARD, id="c", kind=EntryKind.CORRECTION, points=-30, corrects="a")


def refused(act: Callable[[], None]) -> str | None:
    try:
        act()
    except Rejected as error:
        return error.code
    return None


def test_only_what_was_granted_or_spent_is_part_of_the_balance() -> None:
    assert balance([AWARD]) == 0
    assert balance([GRANTED, replace(AWARD, granted=False)]) == 30
    assert balance([GRANTED, SPENT]) == 10
    assert balance([GRANTED, replace(BACK, granted=True)]) == 0
    assert (AWARD.waits, GRANTED.waits, SPENT.waits) == (True, False, False)


@pytest.mark.parametrize(
    ("points", "made_by", "code"),
    [
        (1, ANN, None),
        (POINTS_MAX, ANN, None),
        (0, ANN, "points.bounds"),
        (POINTS_MAX + 1, ANN, "points.bounds"),
        (1, LI, "points.own"),
    ],
)
def test_who_may_ask_for_how_much(points: int, made_by: PersonId, code: str | None) -> None:
    assert refused(lambda: check_award(LI, points, made_by)) == code


@pytest.mark.parametrize(
    ("entry", "person", "granted", "left", "code"),
    [
        (AWARD, BO, True, 0, None),
        (AWARD, ANN, True, 0, "points.approver"),
        (AWARD, LI, True, 0, "points.own"),
        (GRANTED, BO, True, 30, "points.answered"),
        (SPENT, BO, True, 30, "points.answered"),
        (BACK, BO, True, 30, None),
        (BACK, BO, True, 29, "points.overdrawn"),
        (BACK, BO, False, 29, None),
    ],
)
def test_who_may_answer_what(
    *,
    entry: Entry,
    person: PersonId,
    granted: bool,
    left: int,
    code: str | None,
) -> None:
    assert refused(lambda: check_answer(entry, person, granted=granted, left=left)) == code


@pytest.mark.parametrize(
    ("points", "left", "made_by", "code"),
    [
        (10, 10, ANN, None),
        (11, 10, ANN, "points.overdrawn"),
        (0, 10, ANN, "points.bounds"),
        (-5, 10, ANN, "points.bounds"),
        (1, 10, LI, "points.own"),
    ],
)
def test_what_may_be_spent(points: int, left: int, made_by: PersonId, code: str | None) -> None:
    assert refused(lambda: check_redemption(LI, points, left, made_by)) == code


@pytest.mark.parametrize(
    ("corrected", "others", "made_by", "code"),
    [
        (GRANTED, [], ANN, None),
        (SPENT, [], ANN, None),
        (AWARD, [], ANN, "points.corrects"),
        (replace(AWARD, granted=False), [], ANN, "points.corrects"),
        (replace(BACK, granted=True), [], ANN, "points.corrects"),
        (GRANTED, [BACK], ANN, "points.corrected"),
        (GRANTED, [replace(BACK, granted=True)], ANN, "points.corrected"),
        (GRANTED, [replace(BACK, granted=False)], ANN, None),
        (GRANTED, [], LI, "points.own"),
    ],
)
def test_what_may_be_put_right(
    corrected: Entry, others: list[Entry], made_by: PersonId, code: str | None
) -> None:
    assert refused(lambda: check_correction(corrected, [corrected, *others], made_by)) == code
