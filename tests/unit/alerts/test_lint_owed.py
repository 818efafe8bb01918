from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.support.incidents import DEFAULT
from tocsin.alerts.lint import lint
from tocsin.alerts.lint_owed import owed
from tocsin.alerts.policy_model import Plan, ReportsUp, Step
from tocsin.core.detections import Kind
from tocsin.core.incidents import Grade

STEPS = (Step(id="look", zh="查看", en="look"),)


def plan(name: str, *kinds: Kind, grades: frozenset[Grade] = frozenset(Grade)) -> Plan:
    return Plan(id=name, zh=name, en=name, kinds=frozenset(kinds), grades=grades, steps=STEPS)


def codes(*plans: Plan) -> list[tuple[str, str]]:
    return [(one.code, one.where) for one in owed(replace(DEFAULT, plans=plans))]


def test_the_shipped_policy_is_clean() -> None:
    assert list(owed(DEFAULT)) == []


def test_a_plan_that_earlier_ones_cover_together_is_never_shown() -> None:
    worst = frozenset({Grade.I, Grade.II})
    assert codes(plan("a", Kind.FIRE, Kind.SMOKE), plan("b", Kind.FIRE)) == [("plan_shadowed", "plans[1]")]
    assert codes(plan("a", Kind.FIRE, grades=worst), plan("b", Kind.FIRE)) == []
    assert codes(
        plan("a", Kind.FIRE, grades=worst),
        plan("b", Kind.FIRE, grades=frozenset(Grade) - worst),
        plan("c", Kind.FIRE),
    ) == [("plan_shadowed", "plans[2]")]


def test_a_plan_for_kinds_that_open_nothing_is_told() -> None:
    assert codes(plan("a", Kind.MOTION)) == [("plan_unopened", "plans[0].kinds")]
    assert codes(plan("a", Kind.MOTION, Kind.FIRE)) == []


def test_follow_ups_of_a_grade_without_an_initial_report_never_come() -> None:
    hour = timedelta(hours=1)
    policy = replace(
        DEFAULT, reports_up=ReportsUp(initial={Grade.I: hour}, follow_up={Grade.I: hour, Grade.II: hour})
    )
    found = [(one.code, one.where) for one in lint(policy)]
    assert found == [("follow_up_unreached", "reports_up.follow_up.II")]
