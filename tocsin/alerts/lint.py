"""What is wrong with a policy although every key of it is right: steps and rules that nothing ever reaches.  Pure.

`lint` looks at every case that the policy's rules can make, at what the centre can send, and at who is
on duty; each finding is a sentence for the one who wrote the policy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from tocsin.alerts.lint_model import NOTHING_KNOWN, Around, Finding, Level
from tocsin.alerts.lint_owed import owed
from tocsin.alerts.lint_reach import capacity, channels, silent_people, unattended, unreached
from tocsin.alerts.lint_steps import said, steps
from tocsin.alerts.policy_cases import distinct_cases
from tocsin.alerts.policy_model import ResponsePolicy
from tocsin.alerts.policy_rules import Sample

SAME_MOST: Final = 20
"""Findings of one code that are told one by one."""


def lint(policy: ResponsePolicy, around: Around = NOTHING_KNOWN) -> list[Finding]:
    """Give what is to put right, errors first; the same thing in several cases is told once."""
    cases = distinct_cases(policy, None if around.paths is None else set(around.paths.values()))
    found: dict[tuple[str, str], Finding] = {}
    for one in _all(policy, cases, around):
        found.setdefault((one.code, one.sentence), one)
    return sorted(_bounded(list(found.values())), key=lambda one: one.level is not Level.ERROR)


def _all(policy: ResponsePolicy, cases: dict[tuple[int, ...], Sample], around: Around) -> Iterator[Finding]:
    yield from _rules(policy, cases, around)
    yield from _automatic(policy)
    yield from owed(policy)
    for holding, case in sorted(cases.items()):
        resolved = policy.of(case)
        where = " with " + " and ".join(policy.rules[place].name for place in holding) if holding else ""
        yield from steps(resolved, where)
        yield from channels(resolved, around, where)
        yield from capacity(resolved, around, where)
        yield from silent_people(resolved, around, where)
        yield from unreached(resolved, around, where)
    yield from unattended(around)


def _rules(policy: ResponsePolicy, cases: dict[tuple[int, ...], Sample], around: Around) -> Iterator[Finding]:
    for place, rule in enumerate(policy.rules):
        where = f"rules[{place}]"
        mine = {holding: case for holding, case in cases.items() if place in holding}
        if not mine:
            unknown = sorted(rule.when.grids - set(around.paths)) if around.paths is not None else []
            because = f"; grid {', '.join(unknown)} is not known" if unknown else ""
            yield Finding(
                level=Level.ERROR,
                code="rule_unreachable",
                where=where,
                sentence=f"rule {rule.name} holds for no incident{because}: correct its `when`, or remove it",
            )
            continue
        without = replace(policy, rules=(*policy.rules[:place], *policy.rules[place + 1 :]))
        if all(policy.of(case) == without.of(case) for case in mine.values()):
            yield Finding(
                level=Level.ERROR,
                code="rule_shadowed",
                where=where,
                sentence=f"rule {rule.name} changes nothing: later rules say the same fields again, or it repeats "
                "what held before; move it down, or remove it",
            )
        if rule.when.kinds and not rule.when.kinds & policy.opens:
            yield Finding(
                level=Level.WARNING,
                code="rule_unopened",
                where=f"{where}.when.kinds",
                sentence=f"rule {rule.name} is for kinds of which no device opens an incident: only reports by hand "
                "meet it; add them to `opens` if that is not meant",
            )
        if len(mine) == len(cases):
            yield Finding(
                level=Level.WARNING,
                code="rule_always",
                where=f"{where}.when",
                sentence=f"rule {rule.name} holds for every incident: write its values into the policy itself",
            )


def _automatic(policy: ResponsePolicy) -> Iterator[Finding]:
    automatic = policy.automatic
    unopened = (automatic.alone | automatic.certified | automatic.agreeing) - policy.opens
    for kind in sorted(unopened):
        yield Finding(
            level=Level.WARNING,
            code="automatic_unopened",
            where="automatic",
            sentence=f"{kind} is confirmed by itself and opens no incident: add it to `opens`, or leave it out here",
        )
    for kind, delays in sorted(policy.alarms.delays.items()):
        if kind in policy.opens and delays.on >= policy.late_bound(kind):
            yield Finding(
                level=Level.ERROR,
                code="delay_too_long",
                where=f"alarms.delays.{kind}.on",
                sentence=f"{kind} waits {said(delays.on)} before it is an alarm, and from {said(policy.late_bound(kind))} "
                "on it counts as late and calls nobody by itself: write a shorter delay",
            )


def _bounded(listed: list[Finding]) -> Iterator[Finding]:
    """Cut long runs of one code short, and say so."""
    counts: dict[str, int] = {}
    for one in listed:
        counts[one.code] = counts.get(one.code, 0) + 1
        if counts[one.code] <= SAME_MOST:
            yield one
    for code, count in counts.items():
        if count > SAME_MOST:
            level = next(one.level for one in listed if one.code == code)
            yield Finding(
                level=level,
                code=code,
                where="…",
                sentence=f"and {count - SAME_MOST} more of the same kind",
            )
