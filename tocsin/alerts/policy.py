"""Response policies: from YAML to checked values, and the name of a version.

`parse_policy` refuses with every fault at once, each a sentence that says what to write.
`policy_id` names a text for ever: the same text has the same id, any other text another.
"""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import Final

from tocsin.alerts.policy_cases import distinct_cases, touching
from tocsin.alerts.policy_form import POLICY
from tocsin.alerts.policy_model import GRADES, ResponsePolicy, scaled, worse
from tocsin.alerts.policy_reader import At, Schema, Text
from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected
from tocsin.core.grids import TIERS
from tocsin.core.ids import SEGMENT, PolicyId
from tocsin.core.marked_yaml import read_marked

__all__ = [
    "GRADES",
    "ResponsePolicy",
    "parse_policy",
    "policy_id",
    "policy_schema",
    "scaled",
    "worse",
    "written_twice",
]

TEXT_CHARACTERS_MAX: Final = 64 * 1024


def policy_id(text: str) -> PolicyId:
    """Name the version that a text is: its name, `@`, and 12 digits of the text's SHA-256.

    Line ends and spaces at them do not count. Raises `Rejected` (`policy.form`) without a usable name.
    """
    name = _loaded(text)[0].get("name")
    if not isinstance(name, str) or SEGMENT.fullmatch(name) is None:
        raise Rejected(
            "policy.form", "`name` must be 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit"
        )
    canonical = "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"
    return PolicyId(f"{name}@{hashlib.sha256(canonical.encode()).hexdigest()[:12]}")


def parse_policy(text: str) -> ResponsePolicy:
    """Read a policy from YAML.

    Raises `Rejected` (`policy.form` for text that is no YAML mapping, `policy.faults` with one sentence
    per fault, joined by line ends).
    """
    tree, read = _loaded(text)
    policy: ResponsePolicy = POLICY.read(At(tree, "", read))
    if not read.faults:
        _contradictions(policy, read)
    if read.faults:
        raise Rejected("policy.faults", "\n".join(read.faults))
    return policy


def written_twice(text: str) -> list[str]:
    """Say which keys of a policy are written twice: the last one holds, and the first is lost in silence."""
    return [
        f"{path}: written again in line {line}, and only that one holds; keep one"
        for path, line in _loaded(text)[1].twice.items()
    ]


def policy_schema() -> Schema:
    """Give the JSON Schema of a policy, made from what reads it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Response policy of Tocsin",
        "description": "Every rule of response as data. Durations: seconds, or a number with s, m or h.",
        **POLICY.schema(),
    }


def _loaded(text: str) -> tuple[dict[object, object], Text]:
    read = read_marked(
        text, what="the policy", code="policy.form", begins="`name:`", characters_max=TEXT_CHARACTERS_MAX
    )
    return read.tree, Text(lines=read.lines, twice=read.twice)


def _contradictions(policy: ResponsePolicy, text: Text) -> None:
    """Note what no key says wrongly alone, in the base values and in every case that rules make."""
    for path, sentence in _wrong(policy):
        text.note(path, sentence)
    if text.faults:
        return
    ruled = touching(policy, ("windows", "unanswered"))
    for holding, case in distinct_cases(ruled).items():
        names = [ruled.rules[place].name for place in holding]
        for path, sentence in _wrong(ruled.of(case)):
            last = next(place for place, rule in enumerate(policy.rules) if rule.name == names[-1])
            text.note(f"rules[{last}].then.{path}", f"{sentence} (with {' and '.join(names)})")
    seen: set[Kind] = set()
    for place, family in enumerate(policy.families):
        for kind in sorted(family.kinds & seen):
            text.note(f"families[{place}].kinds", f"{kind} stands in an earlier family; name each kind once")
        seen |= family.kinds
    named: set[str] = set()
    for place, rule in enumerate(policy.rules):
        if rule.name in named:
            text.note(f"rules[{place}].name", f"{rule.name} is an earlier rule; give each a name of its own")
        named.add(rule.name)
    _repeated(policy, text)


def _repeated(policy: ResponsePolicy, text: Text) -> None:
    """Note names of plans, or of the steps of one, that stand for two."""
    plans: set[str] = set()
    for place, plan in enumerate(policy.plans):
        if plan.id in plans:
            text.note(f"plans[{place}].id", f"{plan.id} is an earlier plan; give each a name of its own")
        plans.add(plan.id)
        if not plan.steps:
            text.note(f"plans[{place}].steps", "must name at least one step")
        steps: set[str] = set()
        for number, step in enumerate(plan.steps):
            if step.id in steps:
                text.note(
                    f"plans[{place}].steps[{number}].id",
                    f"{step.id} is an earlier step; give each a name of its own",
                )
            steps.add(step.id)


def _wrong(policy: ResponsePolicy) -> list[tuple[str, str]]:
    faults = [
        (f"windows.{above}", f"must be longer than windows.{below}")
        for below, above in pairwise(TIERS)
        if policy.windows[above] <= policy.windows[below]
    ]
    if policy.unanswered.system <= policy.unanswered.supervisor:
        faults.append(("unanswered.system", "must be longer than unanswered.supervisor"))
    return faults
