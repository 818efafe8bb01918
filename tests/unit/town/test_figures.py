"""From cases to figures: shares with bounds, times that are one of the rows, tables that add up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.town.test_figure_rules import clock, facts
from tocsin.core.incidents import Verdict
from tocsin.core.rates import Rate
from tocsin.town import figures as module
from tocsin.town.facts import Facts
from tocsin.town.figure_catalogue import definition
from tocsin.town.figure_model import FEW, Figure
from tocsin.town.figures import Counted, Tally, child_of, keys_of, quantile

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def tally(*known: Facts, by: tuple[str, ...] = (), path: str = "1.10.101") -> Tally:
    made = Tally(NOW, keys_of(by, "1"))
    for one in known:
        made.add(Counted(one, path))
    return made


def figure(name: str, *known: Facts) -> Figure:
    return next(one for one in tally(*known).totals() if one.name == name)


def arrived(seconds: float | None) -> Facts:
    """An incident whose village came so late, or never."""
    if seconds is None:
        return facts(clocks=(clock(Verdict.MISSED, cause="people:not_seen"),))
    one = clock()
    at = one.confirmed + timedelta(seconds=seconds)
    return facts(clocks=(clock(Verdict.ARRIVED if seconds <= 180 else Verdict.LATE, at=at),))


def test_a_share_has_wilsons_bounds_and_says_when_it_rests_on_few() -> None:
    shown = figure("on_scene_village", *[arrived(100)] * 9, arrived(200))
    rate = Rate(9, 10)
    assert (shown.numerator, shown.denominator, shown.value) == (9, 10, 0.9)
    assert (shown.low, shown.high) == (rate.low, rate.high)
    assert (round(shown.low or 0, 4), round(shown.high or 0, 4)) == (0.5958, 0.9821), "published values"
    assert shown.few
    assert not figure("on_scene_village", *[arrived(100)] * FEW).few


def test_a_share_of_nothing_is_none() -> None:
    shown = figure("on_scene_village", facts())
    assert (shown.value, shown.low, shown.high, shown.denominator) == (None, None, None, 0)


def test_what_was_started_is_what_is_counted_and_what_is_left_out() -> None:
    verdicts = [Verdict.ARRIVED, Verdict.ARRIVED, Verdict.LATE, Verdict.MISSED, Verdict.STOOD_DOWN, None]
    shown = figure("on_scene_village", *[facts(clocks=(clock(verdict),)) for verdict in verdicts])
    assert shown.counted == {"arrived": 2, "late": 1, "missed": 1}
    assert shown.excluded == {"stood_down": 1, "running": 1}
    assert sum(shown.counted.values()) + sum(shown.excluded.values()) == len(verdicts)


def test_causes_of_misses_are_told_apart() -> None:
    shown = figure("missed_by_people", arrived(None), arrived(None))
    assert shown.details == {"village:not_seen": 2}


def test_a_percentile_is_the_time_of_one_of_the_incidents() -> None:
    shown = figure("arrival_village", *[arrived(seconds) for seconds in (50, 10, 40, 30, 20)])
    assert (shown.p50, shown.p90, shown.value) == (30, 50, 30)
    assert (shown.numerator, shown.denominator) == (5, 5)


def test_who_never_came_is_longer_than_anybody() -> None:
    shown = figure("arrival_village", *[arrived(100)] * 8, arrived(None), arrived(None))
    assert (shown.p50, shown.p90, shown.p50_never, shown.p90_never) == (100, None, False, True)
    assert (shown.numerator, shown.denominator) == (8, 10)
    most = figure("arrival_village", arrived(100), arrived(None), arrived(None))
    assert (most.value, most.p50_never) == (None, True)


def test_a_time_of_what_only_runs_is_nothing() -> None:
    shown = figure("arrival_village", facts(clocks=(clock(),)))
    assert (shown.value, shown.p90, shown.p50_never, shown.excluded) == (None, None, False, {"running": 1})


@given(st.lists(st.floats(0, 1e6), min_size=1).map(sorted), st.floats(0.01, 1))
def test_a_nearest_rank_has_at_least_its_share_at_or_below_it(times: list[float], share: float) -> None:
    found = quantile(times, share)
    assert found in times
    assert sum(one <= found for one in times) >= share * len(times) - 1e-9
    assert sum(one < found for one in times) < share * len(times) + 1e-9


def test_a_quantile_of_nothing_is_none() -> None:
    assert quantile([], 0.5) is None


@pytest.mark.parametrize(
    ("path", "scope", "child"),
    [
        ("1.10.101", "1", "10"),
        ("1.10", "1", "10"),
        ("1", "1", "1"),
        ("1.10.101", "", "1"),
        ("1.10.101", "1.10.101", "101"),
        ("1.10.101", "1.10", "101"),
    ],
)
def test_an_incident_lies_in_one_child_of_a_place_or_in_the_place_itself(
    path: str, scope: str, child: str
) -> None:
    assert child_of(path, scope) == child


def test_a_table_has_a_row_for_each_group_by_key() -> None:
    made = tally(arrived(10), arrived(200), facts(source="citizen"), by=("source", "grid"))
    table = made.table("source")
    assert [(group.key, group.incidents) for group in table.groups] == [("citizen", 1), ("video", 2)]
    video = table.groups[1].figures
    assert (video["on_scene_village"].numerator, video["on_scene_village"].denominator) == (1, 2)
    assert "on_scene_village" not in table.groups[0].figures, "nothing is said of what cannot have it"
    assert [group.key for group in made.table("grid").groups] == ["10"]


def test_the_largest_groups_stay_and_the_others_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GROUPS_MOST", 2)
    known = [facts(matter=code) for code in ("0101", "0202", "0303", "0303", "0101", "0404")]
    table = tally(*known, by=("matter",)).table("matter")
    assert [group.key for group in table.groups] == ["0101", "0303"]
    assert table.left_out == 2


def test_categories_are_the_first_two_digits_and_what_has_none_stands_under_none() -> None:
    table = tally(facts(matter="0101"), facts(matter="0102"), facts(), by=("category",)).table("category")
    assert [(group.key, group.incidents) for group in table.groups] == [("", 1), ("01", 2)]


def test_drills_and_tests_are_left_out_and_said() -> None:
    made = Tally(NOW)
    assert made.add(Counted(facts(), "1"))
    assert not made.add(Counted(facts(drill=True), "1"))
    assert not made.add(Counted(facts(test=True), "1"))
    assert made.incidents == 1
    assert made.left_out == {"drill": 1, "test": 1}


def test_of_drills_only_drills_are_counted() -> None:
    made = Tally(NOW)
    assert not made.add(Counted(facts(), "1"), drill=True)
    assert made.add(Counted(facts(drill=True), "1"), drill=True)
    assert not made.add(Counted(facts(drill=True, test=True), "1"), drill=True)
    assert made.incidents == 1


def test_only_the_figures_that_are_wanted_are_counted() -> None:
    made = Tally(NOW, definitions=[definition("closed")])
    made.add(Counted(facts(), "1"))
    assert [one.name for one in made.totals()] == ["closed"]


def test_no_incident_gives_every_figure_of_nothing() -> None:
    shown = Tally(NOW).totals()
    assert shown[0].value == 0
    assert all(one.value is None for one in shown[1:])
