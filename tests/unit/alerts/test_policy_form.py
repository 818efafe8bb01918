from __future__ import annotations

from dataclasses import fields

from tests.support.incidents import DEFAULT
from tocsin.alerts.policy_form import POLICY
from tocsin.alerts.policy_model import ResponsePolicy
from tocsin.alerts.policy_reader import ListOf, Section, Spec, Table


def documented(spec: Spec) -> bool:
    match spec:
        case Section():
            return all(key.doc.strip() and documented(key.spec) for key in spec.keys)
        case Table():
            return documented(spec.value)
        case ListOf():
            return documented(spec.item)
        case _:
            return True


def test_every_field_of_a_policy_is_filled_by_one_key() -> None:
    filled = [key.field or key.name for key in POLICY.keys]
    assert sorted(filled) == sorted(one.name for one in fields(ResponsePolicy) if one.init)


def test_every_key_says_what_it_means() -> None:
    assert documented(POLICY)


def test_rules_change_nothing_that_decides_whether_there_is_an_incident() -> None:
    rules = next(key.spec for key in POLICY.keys if key.name == "rules")
    assert isinstance(rules, ListOf)
    assert isinstance(rules.item, Section)
    then = next(key.spec for key in rules.item.keys if key.name == "then")
    assert isinstance(then, Section)
    ruled = {key.field or key.name for key in then.keys}
    assert not ruled & {"opens", "grades", "families", "correlation", "late", "rearm", "alarms", "rules"}
    assert all(hasattr(DEFAULT, name) for name in ruled)
