"""Rules by case: whatever they say, the result is what folding them in order over the base gives."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.incidents import DEFAULT, START
from tocsin.alerts.policy_cases import distinct_cases
from tocsin.alerts.policy_model import ResponsePolicy, scaled
from tocsin.alerts.policy_rules import Hours, Rule, Sample, When, changed
from tocsin.core.detections import Kind
from tocsin.core.grids import TIERS
from tocsin.core.ids import GridCode
from tocsin.core.incidents import Grade, Readiness

CODES = ("33", "3301", "3302", "330101")
PATHS = ("33", "33.3301", "33.3302", "33.3301.330101", "44")
MINUTES = st.integers(0, 1439)
DURATIONS = st.integers(1, 3600).map(lambda seconds: timedelta(seconds=seconds))

hours = st.tuples(MINUTES, MINUTES).filter(lambda pair: pair[0] != pair[1]).map(lambda pair: Hours(*pair))
whens = st.builds(
    When,
    kinds=st.frozensets(st.sampled_from([Kind.SMOKE, Kind.FLOOD, Kind.CALL]), max_size=2),
    grades=st.frozensets(st.sampled_from(Grade), max_size=2),
    grids=st.frozensets(st.sampled_from(CODES).map(GridCode), max_size=2),
    hours=st.none() | hours,
    readiness=st.none() | st.sampled_from(Readiness),
)
thens = st.fixed_dictionaries(
    {},
    optional={
        "windows": st.dictionaries(st.sampled_from(TIERS), DURATIONS, min_size=1),
        "stand_by_at": st.floats(0, 1),
        "soft": st.fixed_dictionaries({}, optional={"seen": DURATIONS, "accepted": DURATIONS}),
        "siren": st.frozensets(st.sampled_from(Grade)),
    },
)
rules = st.lists(st.tuples(st.just(When()) | whens, thens), max_size=5).map(
    lambda pairs: tuple(Rule(name=f"r{n}", when=when, then=then) for n, (when, then) in enumerate(pairs))
)
cases = st.builds(
    Sample,
    kind=st.sampled_from([Kind.SMOKE, Kind.FLOOD, Kind.CALL, Kind.OTHER]),
    grade=st.sampled_from(Grade),
    grid=st.sampled_from(CODES).map(GridCode),
    path=st.sampled_from(PATHS),
    readiness=st.sampled_from(Readiness),
    opened=MINUTES.map(lambda minutes: START + timedelta(minutes=minutes)),
)


def folded(policy: ResponsePolicy, case: Sample) -> ResponsePolicy:
    found = replace(policy, rules=())
    for rule in policy.rules:
        if rule.when.holds(case):
            found = changed(found, rule.then)
    return found


@given(rules, cases)
def test_the_rules_that_hold_are_laid_over_the_base_in_order(rules: tuple[Rule, ...], case: Sample) -> None:
    policy = replace(DEFAULT, rules=rules)
    assert policy.of(case) == folded(policy, case)
    assert policy.of(case) is policy.of(case)
    assert policy.of(case).of(case) is policy.of(case)


@given(rules, cases)
def test_where_no_rule_holds_it_is_the_base(rules: tuple[Rule, ...], case: Sample) -> None:
    silent = tuple(rule for rule in rules if not rule.when.holds(case))
    assert replace(DEFAULT, rules=silent).of(case) == DEFAULT


@settings(max_examples=50)
@given(rules, cases)
def test_every_case_is_one_of_the_distinct_ones(rules: tuple[Rule, ...], case: Sample) -> None:
    policy = replace(DEFAULT, rules=rules)
    holding = tuple(place for place, rule in enumerate(rules) if rule.when.holds(case))
    found = distinct_cases(policy, PATHS)
    assert holding in found
    assert policy.of(found[holding]) == policy.of(case)


@given(hours, cases)
def test_a_part_of_the_day_and_the_rest_of_it_are_the_day(part: Hours, case: Sample) -> None:
    rest = Hours(part.until, part.since)
    assert part.holds(case.opened) is not rest.holds(case.opened)


@given(rules, cases, st.sampled_from([1.0, 10.0, 60.0]))
def test_a_faster_policy_answers_a_case_with_faster_values(
    rules: tuple[Rule, ...], case: Sample, speed: float
) -> None:
    policy = replace(DEFAULT, rules=rules)
    assert scaled(policy, speed).of(case) == scaled(policy.of(case), speed)
