from __future__ import annotations

from dataclasses import replace

from tests.support.incidents import DEFAULT
from tocsin.alerts.policy_cases import distinct_cases, touching
from tocsin.alerts.policy_rules import Hours, Rule, When
from tocsin.core.detections import Kind
from tocsin.core.ids import GridCode
from tocsin.core.incidents import Grade, Readiness


def rule(name: str, when: When, **then: object) -> Rule:
    return Rule(name=name, when=when, then=then)


def test_without_rules_there_is_one_case() -> None:
    assert list(distinct_cases(DEFAULT)) == [()]


def test_every_combination_that_can_be_met_is_met_once_and_no_other() -> None:
    night = rule("night", When(hours=Hours(22 * 60, 6 * 60)))
    flood = rule("flood", When(kinds=frozenset({Kind.FLOOD}), readiness=Readiness.ALERT))
    worst = rule("worst flood", When(kinds=frozenset({Kind.FLOOD}), grades=frozenset({Grade.I})))
    policy = replace(DEFAULT, rules=(night, flood, worst))
    cases = distinct_cases(policy)
    assert set(cases) == {(), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)}
    for holding, case in cases.items():
        assert [place for place, one in enumerate(policy.rules) if one.when.holds(case)] == list(holding)


def test_rules_that_exclude_each_other_never_meet() -> None:
    peace, alert = (rule(one, When(readiness=one)) for one in Readiness)
    assert set(distinct_cases(replace(DEFAULT, rules=(peace, alert)))) == {(0,), (1,)}


def test_a_village_lies_below_the_town_whose_code_it_begins_with_unless_the_tree_says_otherwise() -> None:
    town = rule("town", When(grids=frozenset({GridCode("3301")})))
    village = rule("village", When(grids=frozenset({GridCode("330105")})))
    policy = replace(DEFAULT, rules=(town, village))
    assert set(distinct_cases(policy)) == {(), (0,), (0, 1)}
    assert set(distinct_cases(policy, ["3301", "9.330105"])) == {(0,), (1,)}


def test_only_rules_that_change_something_of_interest_are_kept() -> None:
    windows, siren = rule("a", When(), windows={}), rule("b", When(), siren=frozenset())
    assert touching(replace(DEFAULT, rules=(windows, siren)), ("siren",)).rules == (siren,)
