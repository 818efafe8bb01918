from __future__ import annotations

from datetime import date

import pytest

from tocsin.core.errors import Rejected
from tocsin.core.ids import GridCode, PersonId
from tocsin.town.evaluation import (
    DEFAULT_WEIGHTS,
    GridMonth,
    Indicator,
    Member,
    Score,
    Weight,
    Weights,
    check_weights,
    contest,
    part,
    ranked,
    scored,
)

MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)


def member(name: str, grid: str = "1", grid_class: str = "model") -> Member:
    return Member(
        person=PersonId(name), name=name, grid=GridCode(grid), grid_name=f"grid {grid}", grid_class=grid_class
    )


def score(name: str, patrols: int, grid_class: str = "model") -> Score:
    return scored(member(name, grid_class=grid_class), {Indicator.PATROL: patrols}, DEFAULT_WEIGHTS)


def test_the_weights_to_begin_with_are_right() -> None:
    check_weights(DEFAULT_WEIGHTS)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({Indicator.PATROL: Weight(26, 20)}, "weights.sum"),
        ({Indicator.PATROL: Weight(24, 20)}, "weights.sum"),
        ({Indicator.PATROL: Weight(25, 0)}, "weights.bounds"),
        ({Indicator.PATROL: Weight(25, 10_001)}, "weights.bounds"),
        ({Indicator.PATROL: Weight(-25, 20), Indicator.REPORT: Weight(75, 10)}, "weights.bounds"),
    ],
)
def test_wrong_weights_are_refused(change: Weights, code: str) -> None:
    with pytest.raises(Rejected) as caught:
        check_weights({**DEFAULT_WEIGHTS, **change})
    assert caught.value.code == code


def test_every_indicator_needs_a_weight() -> None:
    weights = {one: weight for one, weight in DEFAULT_WEIGHTS.items() if one is not Indicator.UPKEEP}
    with pytest.raises(Rejected, match="upkeep"):
        check_weights(weights)


@pytest.mark.parametrize(
    ("count", "hundredths"), [(-1, 0), (0, 0), (1, 333), (2, 666), (3, 1000), (4, 1000), (10**9, 1000)]
)
def test_a_part_is_in_proportion_up_to_the_full_count_and_rounded_down(count: int, hundredths: int) -> None:
    assert part(count, Weight(10, 3)) == hundredths


def test_a_score_is_the_sum_of_its_parts() -> None:
    one = scored(member("li"), {Indicator.REPORT: 4, Indicator.SIGN_IN: 22}, DEFAULT_WEIGHTS)
    assert one.parts == {
        Indicator.SIGN_IN: 1000,
        Indicator.UPKEEP: 0,
        Indicator.REPORT: 1000,
        Indicator.PATROL: 0,
        Indicator.HANDLING: 0,
    }
    assert one.total == 2000
    assert one.counts[Indicator.PATROL] == 0


def test_a_month_of_everything_is_a_hundred_points() -> None:
    full = {one: weight.full for one, weight in DEFAULT_WEIGHTS.items()}
    assert scored(member("li"), full, DEFAULT_WEIGHTS).total == 10_000


def test_equal_totals_share_a_rank_and_the_next_counts_them_all() -> None:
    found = ranked([score("d", 1), score("c", 5), score("a", 5), score("b", 20)])
    assert [(one.member.person, one.place, one.among) for one in found] == [
        ("b", 1, 4), ("a", 2, 4), ("c", 2, 4), ("d", 4, 4),
    ]  # fmt: skip


def test_members_are_ranked_within_their_class_only() -> None:
    found = ranked([score("a", 1, "moved"), score("b", 9, "model"), score("c", 3, "moved")])
    assert [(one.member.grid_class, one.member.person, one.place, one.among) for one in found] == [
        ("model", "b", 1, 1), ("moved", "c", 1, 2), ("moved", "a", 2, 2),
    ]  # fmt: skip


def test_nobody_is_ranked_in_an_empty_list() -> None:
    assert ranked([]) == []


def test_grids_are_compared_by_the_mean_of_all_their_members_months() -> None:
    one, two = member("a", "1"), member("b", "2")
    third = member("c", "2")
    standings = contest(
        {MAY: [(one, 5000), (two, 9000), (third, 2000)], JUNE: [(one, 5001), (two, 3000)]},
        {GridCode("1"): "east"},
    )
    assert [(one.grid, one.grid_name, one.total, one.place) for one in standings] == [
        ("1", "east", 5000, 1),
        ("2", "2", 4666, 2),
    ]
    assert standings[1].months == {
        MAY: GridMonth(members=2, total=11_000),
        JUNE: GridMonth(members=1, total=3000),
    }


def test_each_class_has_its_winner_and_several_when_they_are_equal() -> None:
    people = [member("a", "1", "x"), member("b", "2", "x"), member("c", "3", "y")]
    standings = contest({MAY: [(people[0], 10), (people[1], 10), (people[2], 1)]}, {})
    assert [(one.grid_class, one.grid, one.place) for one in standings] == [
        ("x", "1", 1), ("x", "2", 1), ("y", "3", 1),
    ]  # fmt: skip


def test_a_quarter_without_scores_has_no_winner() -> None:
    assert contest({MAY: []}, {}) == []
