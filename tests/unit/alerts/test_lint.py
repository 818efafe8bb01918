from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.incidents import DEFAULT
from tocsin.alerts.lint import SAME_MOST, lint
from tocsin.alerts.lint_model import Around, Level
from tocsin.alerts.policies import default_text
from tocsin.alerts.policy import ResponsePolicy, parse_policy
from tocsin.alerts.policy_model import Delays
from tocsin.core.detections import Kind
from tocsin.core.ids import GridCode


def ruled(*rules: str) -> ResponsePolicy:
    lines = "".join(f"  - {rule}\n" for rule in rules)
    return parse_policy(f"{default_text()}\nrules:\n{lines}")


def codes(policy: ResponsePolicy, around: Around | None = None) -> list[str]:
    return [one.code for one in (lint(policy) if around is None else lint(policy, around))]


def test_shipped_policy_is_sound() -> None:
    assert lint(DEFAULT) == []


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        (["{name: a, when: {grades: [I]}, then: {siren: [I]}}", "{name: b, when: {grades: [I]}, then: {siren: [II]}}"], "rule_shadowed"),
        (["{name: a, when: {grades: [I]}, then: {stand_by_at: 0.6}}"], "rule_shadowed"),
        (["{name: a, when: {kinds: [tamper]}, then: {siren: []}}"], "rule_unopened"),
        (["{name: a, when: {}, then: {siren: []}}"], "rule_always"),
        (["{name: a, when: {grades: [I]}, then: {soft: {accepted: 20m}}}"], "accepted_after_window"),
        (["{name: a, when: {readiness: alert}, then: {stops: {village: []}}}"], "nothing_stops"),
    ],
)  # fmt: skip
def test_what_a_rule_does_wrong_is_found(rules: list[str], code: str) -> None:
    assert code in codes(ruled(*rules))


def test_a_rule_that_changes_something_is_sound() -> None:
    night = "{name: night, when: {hours: 22:00-06:00}, then: {windows: {village: 5m}}}"
    flood = "{name: flood, when: {kinds: [flood], readiness: alert}, then: {modes: {IV: parallel}}}"
    assert lint(ruled(night, flood)) == []


def test_a_finding_names_the_case_in_which_it_holds() -> None:
    (found, *_) = lint(ruled("{name: night, when: {hours: 22:00-06:00}, then: {soft: {accepted: 2h}}}"))
    assert found.where == "soft.accepted with night"


def test_a_rule_for_a_grid_that_is_not_known_holds_for_nothing() -> None:
    policy = ruled('{name: away, when: {grids: ["999"]}, then: {siren: []}}')
    assert codes(policy) == []
    (found,) = lint(policy, Around(paths={GridCode("3301"): "3301"}))
    assert (found.code, found.level) == ("rule_unreachable", Level.ERROR)
    assert "grid 999 is not known" in found.sentence


def test_what_confirms_by_itself_must_open_something() -> None:
    policy = replace(DEFAULT, opens=DEFAULT.opens - {Kind.GAS}, plans=())
    assert codes(policy) == ["automatic_unopened"]


def test_a_delay_that_makes_a_detection_late_is_found() -> None:
    slow = replace(DEFAULT.alarms, delays={Kind.SMOKE: Delays(on=DEFAULT.late.bound)})
    assert codes(replace(DEFAULT, alarms=slow)) == ["delay_too_long"]
    quick = replace(DEFAULT.alarms, delays={Kind.SMOKE: Delays(on=DEFAULT.late.bound - timedelta(seconds=1))})
    assert codes(replace(DEFAULT, alarms=quick)) == []


def test_errors_come_first_and_long_runs_are_cut_short() -> None:
    rules = [
        f"{{name: r{n}, when: {{kinds: [tamper], hours: 0{n % 8}:{n:02}-23:{n:02}}}, then: {{siren: []}}}}"
        for n in range(SAME_MOST + 5)
    ]
    found = lint(ruled(*rules))
    assert [one.level for one in found] == sorted(
        (one.level for one in found), key=lambda level: level != Level.ERROR
    )
    unopened = [one for one in found if one.code == "rule_unopened"]
    assert len(unopened) == SAME_MOST + 1
    assert unopened[-1].sentence == "and 5 more of the same kind"
