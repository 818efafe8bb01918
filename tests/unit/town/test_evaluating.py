from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tocsin.core.clock import ManualClock
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.grids import Grid, GridKind, Tier
from tocsin.core.ids import GridCode, PersonId
from tocsin.store.memory.evaluation import Known, MemoryEvaluation
from tocsin.town.evaluating import Evaluation, months_of
from tocsin.town.evaluation import Indicator, Member
from tocsin.town.evaluation_ports import Act
from tocsin.town.periods import PeriodKind, parse

NOW = datetime(2026, 11, 22, tzinfo=UTC)
LI, ANN, ADA = PersonId("li"), PersonId("ann"), PersonId("ada")
OCTOBER, NOVEMBER = parse(PeriodKind.MONTH, "2026-10"), parse(PeriodKind.MONTH, "2026-11")
QUARTER = parse(PeriodKind.QUARTER, "2026-Q3")
TOWN = Grid(
    code=GridCode("1"),
    name="town",
    parent=None,
    tier=Tier.TOWNSHIP,
    kind=GridKind.BASIC,
    path="1",
    centre=None,
)


def member(name: PersonId, grid: str, grid_class: str) -> Member:
    return Member(person=name, name=name.title(), grid=GridCode(grid), grid_name=grid, grid_class=grid_class)


@pytest.fixture
def store() -> MemoryEvaluation:
    known = Known(
        members=[member(LI, "10", "model"), member(ANN, "11", "moved")],
        paths={GridCode("1"): "1", GridCode("10"): "1.10", GridCode("11"): "1.11"},
    )
    return MemoryEvaluation(ManualClock(NOW), lambda: known)


def patrols(store: MemoryEvaluation, person: PersonId, count: int, at: datetime) -> None:
    for number in range(count):
        act = Act(indicator=Indicator.PATROL, at=at, subject=f"tag:{number}")
        store.add_act(f"{person}-{at:%m}-{number}", person, act)


async def test_a_month_is_scored_as_it_stands_until_it_is_published(store: MemoryEvaluation) -> None:
    evaluation = Evaluation(store, ManualClock(NOW))
    patrols(store, LI, 10, OCTOBER.since)
    board = await evaluation.board(TOWN, OCTOBER)
    assert board.publication is None
    assert [(one.member.person, one.total, one.place) for one in board.scores] == [
        (LI, 1250, 1),
        (ANN, 0, 1),
    ]
    await evaluation.publish(TOWN, OCTOBER, ADA)
    patrols(store, ANN, 20, OCTOBER.since)
    after = await evaluation.board(TOWN, OCTOBER)
    assert after.publication is not None
    assert [one.total for one in after.scores] == [1250, 0]


async def test_rows_at_the_border_of_two_months_count_in_one(store: MemoryEvaluation) -> None:
    evaluation = Evaluation(store, ManualClock(NOW))
    patrols(store, LI, 1, OCTOBER.until - timedelta(microseconds=1))
    patrols(store, ANN, 1, OCTOBER.until)
    totals = {one.member.person: one.total for one in (await evaluation.board(TOWN, OCTOBER)).scores}
    later = {one.member.person: one.total for one in (await evaluation.board(TOWN, NOVEMBER)).scores}
    assert (totals, later) == ({LI: 125, ANN: 0}, {LI: 0, ANN: 125})


async def test_a_page_and_a_class(store: MemoryEvaluation) -> None:
    evaluation = Evaluation(store, ManualClock(NOW))
    page = await evaluation.board(TOWN, OCTOBER, most=1, skip=1)
    assert [one.member.person for one in page.scores] == [ANN]
    moved = await evaluation.board(TOWN, OCTOBER, grid_class="moved")
    assert [one.member.person for one in moved.scores] == [ANN]


async def test_a_member_has_no_rank_until_the_month_is_published(store: MemoryEvaluation) -> None:
    evaluation = Evaluation(store, ManualClock(NOW))
    patrols(store, LI, 3, OCTOBER.since)
    own = await evaluation.own(LI, "1.10", OCTOBER)
    assert (own.score.total, own.score.place, len(own.acts)) == (375, 0, 3)
    await evaluation.publish(TOWN, OCTOBER, ADA)
    own = await evaluation.own(LI, "1.10", OCTOBER)
    assert (own.score.total, own.score.place) == (375, 1)
    with pytest.raises(NotFound):
        await evaluation.own(PersonId("nobody"), "1.10", OCTOBER)


async def test_a_month_is_published_once_and_when_it_is_over(store: MemoryEvaluation) -> None:
    evaluation = Evaluation(store, ManualClock(NOW))
    with pytest.raises(Rejected) as running:
        await evaluation.publish(TOWN, NOVEMBER, ADA)
    assert running.value.code == "month.running"
    made = await evaluation.publish(TOWN, OCTOBER, ADA)
    assert (made.root, made.month, made.published_by) == ("1", date(2026, 10, 1), ADA)
    with pytest.raises(Rejected) as twice:
        await evaluation.publish(TOWN, OCTOBER, ADA)
    assert twice.value.code == "scores.published"


async def test_a_contest_needs_its_three_months_and_is_fixed_once(store: MemoryEvaluation) -> None:
    evaluation = Evaluation(store, ManualClock(NOW))
    patrols(store, LI, 20, datetime(2026, 8, 3, tzinfo=UTC))
    await evaluation.publish(TOWN, parse(PeriodKind.MONTH, "2026-07"), ADA)
    with pytest.raises(Rejected, match="2026-08, 2026-09"):
        await evaluation.fix(TOWN, QUARTER, ADA)
    for month in ("2026-08", "2026-09"):
        await evaluation.publish(TOWN, parse(PeriodKind.MONTH, month), ADA)
    made = await evaluation.fix(TOWN, QUARTER, ADA)
    assert [(one.grid_class, one.grid, one.total, one.place) for one in made.standings] == [
        ("model", "10", 833, 1),
        ("moved", "11", 0, 1),
    ]
    with pytest.raises(Rejected) as twice:
        await evaluation.fix(TOWN, QUARTER, ADA)
    assert twice.value.code == "contest.fixed"


def test_a_quarter_has_three_months() -> None:
    assert months_of(QUARTER) == [date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1)]
