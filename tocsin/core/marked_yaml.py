"""YAML whose every value knows its line; files that people write are read with it.

The words are those of YAML 1.2: `on` and `off` are keys and texts, no truth values. Aliases, depth and
numbers are bounded, so that a short text cannot cost much. Paths are written `rules[0].then.reach`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import yaml
from typing_extensions import override

from tocsin.core.errors import Rejected

DEPTH_MAX: Final = 12
"""Deeper than any file of ours; an alias of YAML may hold itself."""
MARKS_MAX: Final = 20_000
"""Most values whose lines are noted: aliases of YAML can make many values of a short text."""
VALUES_MAX: Final = 20_000
"""Most values of a text with its aliases written out: seven lines of aliases of aliases are a thousand million."""
_CHINESE: Final = str.maketrans("：，“”‘’（）［］｛｝＊？＃　", ":,\"\"''()[]{}*?# ")
"""Signs that a Chinese input method gives in the place of those of YAML and of patterns."""
WHOLE_MAX: Final = 10**15
"""Larger numbers are no value of any key, and cost more to show than to read."""


class _Loader(yaml.SafeLoader):
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


@dataclass(frozen=True, slots=True)
class Marked:
    """A mapping as it was written."""

    tree: dict[object, object]
    lines: dict[str, int] = field(default_factory=dict)
    """Line of each path, from 1."""
    twice: dict[str, int] = field(default_factory=dict)
    """Keys that were written before, with the line of the second, which is the one that holds."""


def read_marked(text: str, *, what: str, code: str, begins: str, characters_max: int) -> Marked:
    """Read a mapping; `what` names the file in sentences, `begins` shows how one begins.

    Raises `Rejected` with `code` for what is no YAML, no mapping, or too much.
    """
    if len(text) > characters_max:
        raise Rejected(code, f"{what} of {len(text)} characters exceeds the {characters_max} allowed")
    try:
        node, tree = _composed(text, what, code)
    except (yaml.YAMLError, ValueError, RecursionError, LookupError, AttributeError, TypeError) as error:
        raise Rejected(code, f"{what} is not YAML: {_no_yaml(error, text)}") from error
    if node is None or not isinstance(tree, dict):
        raise Rejected(code, f"{what} must be a YAML mapping that begins with {begins}")
    read = Marked(tree)
    _mark(node, "", read)
    return read


def _composed(text: str, what: str, code: str) -> tuple[yaml.Node | None, object]:
    loader = _Loader(text)  # raises for characters that no text has
    try:
        node = loader.get_single_node()
        if _values(node, {}) > VALUES_MAX:
            raise Rejected(code, f"{what} has more than {VALUES_MAX} values: write fewer, with fewer aliases")
        return node, loader.construct_document(node) if node is not None else None
    finally:
        loader.dispose()


def plain_signs(text: str) -> str:
    """Give a text with `:` for `：` and the like, as it was probably meant."""
    return text.translate(_CHINESE)


def line_of(lines: Mapping[str, int], path: str) -> int | None:
    """Give the line of a path, or of the nearest thing above it that stands in the text."""
    while path:
        if path in lines:
            return lines[path]
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return None


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


def _no_yaml(error: Exception, text: str) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        said = f"{error.problem} (line {mark.line + 1}, column {mark.column + 1})"
        return said + _likely(text.splitlines()[: mark.line + 1])
    return " ".join(str(error).split())


def _likely(lines: list[str]) -> str:
    """Say what commonly is behind it: a tab there, or the nearest Chinese sign at or above it outside comments."""
    if lines and "\t" in lines[-1]:
        return ": indent with spaces, a tab is none"
    for number in range(len(lines), max(len(lines) - 10, 0), -1):
        written = lines[number - 1].split("#", 1)[0]
        for sign in written:
            if plain_signs(sign) != sign and not sign.isspace():
                return f": write `{plain_signs(sign)}` for the Chinese `{sign}` in line {number}"
    return ""


def _mark(node: yaml.Node, path: str, read: Marked, depth: int = 0) -> None:
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
