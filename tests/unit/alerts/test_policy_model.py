from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.incidents import DEFAULT, GRID, START
from tocsin.alerts.policy_model import scaled, worse
from tocsin.alerts.policy_rules import Hours, Rule, Sample, When
from tocsin.core.detections import Kind
from tocsin.core.grids import Tier
from tocsin.core.incidents import Grade, Readiness

CASE = Sample(kind=Kind.SMOKE, grade=Grade.III, grid=GRID, path=GRID, readiness=Readiness.PEACE, opened=START)


@pytest.mark.parametrize(
    ("kind", "severity", "grade"),
    [
        (Kind.FIRE, 0.95, Grade.I),
        (Kind.FIRE, 0.949, Grade.II),
        (Kind.FIRE, 0.0, Grade.III),
        (Kind.SMOKE, 0.4, Grade.III),
        (Kind.SMOKE, 0.399, Grade.IV),
        (Kind.DOOR, 1.0, Grade.IV),
    ],
)
def test_severity_from_which_a_grade_holds_is_inclusive(
    kind: Kind, severity: float, grade: Grade | None
) -> None:
    assert DEFAULT.grade(kind, severity) is grade


def test_without_any_step_the_grade_is_the_lowest() -> None:
    assert replace(DEFAULT, grades={}).grade(Kind.FIRE, 1.0) is Grade.IV
    assert replace(DEFAULT, grades={Kind.FIRE: ((Grade.I, 0.9),)}).grade(Kind.FIRE, 0.1) is Grade.IV


def test_speed_divides_durations_and_nothing_else() -> None:
    fast = scaled(DEFAULT, 60)
    assert fast.windows[Tier.VILLAGE] == timedelta(seconds=3)
    assert fast.soft.seen == timedelta(seconds=20) / 60
    assert fast.families[0].within == timedelta(seconds=15)
    assert (fast.families[0].distance_m, fast.stand_by_at, fast.name) == (300, 0.6, "default")
    assert (fast.late, fast.punctual) == (DEFAULT.late, DEFAULT.punctual)
    assert scaled(DEFAULT, 1) == DEFAULT


@pytest.mark.parametrize("factor", [0, -1, float("nan")])
def test_impossible_speeds_are_refused(factor: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        scaled(DEFAULT, factor)


def test_grades_compare_worst_first() -> None:
    assert worse(Grade.I, Grade.II)
    assert not worse(Grade.IV, Grade.IV)


def test_kind_without_a_family_correlates_with_itself() -> None:
    assert DEFAULT.family(Kind.FALL).kinds == {Kind.FALL}
    assert DEFAULT.family(Kind.SMOKE).kinds == {Kind.SMOKE, Kind.FIRE}


def test_without_rules_a_policy_holds_as_it_is_for_every_case() -> None:
    assert DEFAULT.of(CASE) is DEFAULT


def test_of_two_rules_that_hold_the_later_wins_value_by_value() -> None:
    minutes = [timedelta(minutes=number) for number in range(9)]
    one = Rule(
        name="one",
        when=When(),
        then={"windows": {Tier.VILLAGE: minutes[4], Tier.TOWNSHIP: minutes[8]}, "stand_by_at": 0.2},
    )
    two = Rule(name="two", when=When(), then={"windows": {Tier.VILLAGE: minutes[5]}})
    other = Rule(name="other", when=When(kinds=frozenset({Kind.GAS})), then={"stand_by_at": 0.9})
    found = replace(DEFAULT, rules=(one, two, other)).of(CASE)
    assert found.windows == {**DEFAULT.windows, Tier.VILLAGE: minutes[5], Tier.TOWNSHIP: minutes[8]}
    assert found.stand_by_at == 0.2
    assert found.rules == ()
    assert found.of(CASE) is found


def test_a_case_is_resolved_once() -> None:
    policy = replace(DEFAULT, rules=(Rule(name="a", when=When(), then={"stand_by_at": 0.1}),))
    assert policy.of(CASE) is policy.of(replace(CASE, grade=Grade.IV))


def test_speed_divides_the_durations_of_rules_too_and_leaves_proofs() -> None:
    then = {
        "windows": {Tier.VILLAGE: timedelta(minutes=5)},
        "proofs": {"photo": timedelta(minutes=1)},
        "stand_by_at": 0.4,
    }
    policy = replace(DEFAULT, rules=(Rule(name="a", when=When(hours=Hours(0, 600)), then=then),))
    fast = scaled(policy, 10)
    assert fast.rules[0].then == {**then, "windows": {Tier.VILLAGE: timedelta(seconds=30)}}
    assert fast.rules[0].when == policy.rules[0].when
    assert fast.proofs == policy.proofs
