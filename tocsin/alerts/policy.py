"""Response policies: from YAML to checked values, and the name of a version.

`parse_policy` refuses with every fault at once, each a sentence that says what to write.
`policy_id` names a text for ever: the same text has the same id, any other text another.
"""

from __future__ import annotations

import hashlib
import re
from itertools import pairwise
from typing import Final

import yaml
from typing_extensions import override

from tocsin.alerts.policy_cases import distinct_cases, touching
from tocsin.alerts.policy_form import POLICY
from tocsin.alerts.policy_model import GRADES, ResponsePolicy, scaled, worse
from tocsin.alerts.policy_reader import At, Schema, Text
from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected
from tocsin.core.grids import TIERS
from tocsin.core.ids import SEGMENT, PolicyId

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
DEPTH_MAX: Final = 12
"""Deeper than any policy; an alias of YAML may hold itself."""
MARKS_MAX: Final = 20_000
"""Most values whose lines are noted: aliases of YAML can make many values of a short text."""


VALUES_MAX: Final = 20_000
"""Most values of a text with its aliases written out: seven lines of aliases of aliases are a thousand million."""
WHOLE_MAX: Final = 10**15
"""Larger numbers are no value of any key, and cost more to show than to read."""


class _Loader(yaml.SafeLoader):
    """The safe loader, with the words of YAML 1.2: `on` and `off` are keys here, no truth values."""

    @override
    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        number: int = super().construct_yaml_int(node)
        if abs(number) > WHOLE_MAX:
            raise yaml.constructor.ConstructorError(None, None, "a number too large", node.start_mark)
        return number


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:bool"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?:true|false)$"), ["t", "f"])


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
    if len(text) > TEXT_CHARACTERS_MAX:
        raise Rejected(
            "policy.form", f"a policy of {len(text)} characters exceeds the {TEXT_CHARACTERS_MAX} allowed"
        )
    read = Text()
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if _values(node, {}) > VALUES_MAX:
            raise Rejected(
                "policy.form",
                f"the policy has more than {VALUES_MAX} values: write fewer, with fewer aliases",
            )
        tree = loader.construct_document(node) if node is not None else None
    except (yaml.YAMLError, ValueError, RecursionError, LookupError, AttributeError, TypeError) as error:
        raise Rejected("policy.form", f"the policy is not YAML: {_no_yaml(error)}") from error
    finally:
        loader.dispose()
    if node is None or not isinstance(tree, dict):
        raise Rejected("policy.form", "the policy must be a YAML mapping that begins with `name:`")
    _mark(node, "", read)
    return tree, read


def _values(node: yaml.Node | None, known: dict[int, int]) -> int:
    """Count the values under a node, what an alias repeats each time; what holds itself is counted once."""
    if isinstance(node, yaml.SequenceNode):
        inner: list[yaml.Node] = node.value
    elif isinstance(node, yaml.MappingNode):
        inner = [one for pair in node.value for one in pair]
    else:
        return 1
    if id(node) not in known:
        known[id(node)] = 1
        known[id(node)] = 1 + sum(_values(one, known) for one in inner)
    return known[id(node)]


def _no_yaml(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"{error.problem} (line {mark.line + 1}, column {mark.column + 1})"
    return " ".join(str(error).split())


def _mark(node: yaml.Node, path: str, read: Text, depth: int = 0) -> None:
    """Note the line of everything under a node, and which keys are written twice."""
    if len(read.lines) >= MARKS_MAX or depth > DEPTH_MAX:
        return
    if path:
        read.lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        for place, item in enumerate(node.value):
            _mark(item, f"{path}[{place}]", read, depth + 1)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            name = f"{path}.{key.value}" if path else str(key.value)
            if name in read.lines:
                read.twice[name] = key.start_mark.line + 1
            _mark(value, name, read, depth + 1)
            read.lines[name] = key.start_mark.line + 1


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


def _wrong(policy: ResponsePolicy) -> list[tuple[str, str]]:
    faults = [
        (f"windows.{above}", f"must be longer than windows.{below}")
        for below, above in pairwise(TIERS)
        if policy.windows[above] <= policy.windows[below]
    ]
    if policy.unanswered.system <= policy.unanswered.supervisor:
        faults.append(("unanswered.system", "must be longer than unanswered.supervisor"))
    return faults
