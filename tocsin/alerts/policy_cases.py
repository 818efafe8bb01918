"""The distinct cases of a policy: every combination of its rules that an incident can meet.  Pure.

Conditions are finite: kinds, grades, two times of readiness, minutes of the day, and the codes that
rules name.  Of what no rule tells apart only one is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice, product
from typing import Final, TypeVar

from tocsin.alerts.policy_model import GRADES, ResponsePolicy
from tocsin.alerts.policy_rules import LOCAL, Rule, Sample
from tocsin.core.detections import Kind
from tocsin.core.ids import GridCode
from tocsin.core.incidents import Readiness

LOOKED_AT_MAX: Final = 20_000
"""More combinations than this are not looked at: such a policy has dozens of rules that all differ in hours and places."""
T = TypeVar("T")
_DAY: Final = datetime(2026, 1, 1, tzinfo=LOCAL)


def distinct_cases(
    policy: ResponsePolicy, paths: Collection[str] | None = None
) -> dict[tuple[int, ...], Sample]:
    """Give one case for each set of rules that can hold together, by the places of these rules.

    Places are those of `paths`; without them the codes that rules name, each below those it begins with.
    """
    found: dict[tuple[int, ...], Sample] = {}
    for case in islice(_cases(policy.rules, policy.opens, paths), LOOKED_AT_MAX):
        holding = tuple(place for place, rule in enumerate(policy.rules) if rule.when.holds(case))
        found.setdefault(holding, case)
    return found


def touching(policy: ResponsePolicy, fields: Collection[str]) -> ResponsePolicy:
    """Give the policy with only those rules that change one of some fields."""
    return replace(policy, rules=tuple(rule for rule in policy.rules if set(rule.then) & set(fields)))


def _cases(
    rules: tuple[Rule, ...], opens: Collection[Kind], paths: Collection[str] | None
) -> Iterator[Sample]:
    named = [rule.when for rule in rules]
    instants = [_DAY + timedelta(minutes=minute) for minute in _minutes(rules)]
    # Of kinds that no rule tells apart one that opens incidents is shown: the last one is kept.
    kinds = sorted(Kind, key=lambda kind: kind in opens)
    for kind, grade, readiness, opened, path in product(
        _apart(kinds, lambda one: tuple(one in when.kinds for when in named)),
        _apart(reversed(GRADES), lambda one: tuple(one in when.grades for when in named)),
        _apart(Readiness, lambda one: tuple(one is when.readiness for when in named)),
        _apart(instants, lambda one: tuple(when.hours is None or when.hours.holds(one) for when in named)),
        _apart(
            _places(rules, paths),
            lambda one: tuple(not when.grids.isdisjoint(one.split(".")) for when in named),
        ),
    ):
        yield Sample(
            kind=kind,
            grade=grade,
            grid=GridCode(path.rpartition(".")[2]),
            path=path,
            readiness=readiness,
            opened=opened,
        )


def _apart(values: Iterable[T], answer: Callable[[T], tuple[bool, ...]]) -> list[T]:
    """Give one value for each way in which rules ask about it, the last one."""
    return list({answer(value): value for value in values}.values())


def _minutes(rules: tuple[Rule, ...]) -> list[int]:
    limits = {0}
    for rule in rules:
        if rule.when.hours is not None:
            limits |= {rule.when.hours.since, rule.when.hours.until % (24 * 60)}
    return sorted(limits)


def _places(rules: tuple[Rule, ...], paths: Collection[str] | None) -> list[str]:
    if paths is not None:
        return sorted(paths)
    codes = {code for rule in rules for code in rule.when.grids}
    return [*(".".join(sorted(one for one in codes if code.startswith(one))) for code in sorted(codes)), ""]
