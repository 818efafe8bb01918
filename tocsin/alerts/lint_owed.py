"""Checklists and reports of a policy that nothing ever reaches.  Pure."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.alerts.lint_model import Finding, Level
from tocsin.alerts.policy_model import GRADES, ResponsePolicy
from tocsin.core.detections import Kind
from tocsin.core.incidents import Grade


def owed(policy: ResponsePolicy) -> Iterator[Finding]:
    """Look at what incidents owe to those who oversee them."""
    yield from _plans(policy)
    for grade in GRADES:
        if grade in policy.reports_up.follow_up and grade not in policy.reports_up.initial:
            yield Finding(
                level=Level.ERROR,
                code="follow_up_unreached",
                where=f"reports_up.follow_up.{grade}",
                sentence=f"grade {grade} has follow-ups and no initial report for them to follow: write one, or remove it",
            )


def _plans(policy: ResponsePolicy) -> Iterator[Finding]:
    taken: set[tuple[Kind, Grade]] = set()
    for place, plan in enumerate(policy.plans):
        mine = {(kind, grade) for kind in plan.kinds for grade in plan.grades}
        if mine <= taken:
            yield Finding(
                level=Level.ERROR,
                code="plan_shadowed",
                where=f"plans[{place}]",
                sentence=f"plan {plan.id} is never shown: earlier plans are for all its kinds and grades; move it up, "
                "or remove it",
            )
        elif not plan.kinds & policy.opens:
            yield Finding(
                level=Level.WARNING,
                code="plan_unopened",
                where=f"plans[{place}].kinds",
                sentence=f"plan {plan.id} is for kinds of which no device opens an incident: only reports by hand meet "
                "it; add them to `opens` if that is not meant",
            )
        taken |= mine
