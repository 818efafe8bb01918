"""The language in which the form of a policy is declared: each word of it reads values and describes itself.

One declaration (`alerts.policy_form`) gives both the reading, with every fault as a sentence, and the
published JSON Schema, so that the two cannot part.  A reader never raises: where a value is wrong it
notes the fault and gives a stand-in, so that one reading finds all faults.  The caller must not use
what it read when there are faults.
"""

from __future__ import annotations

import math
import re
import reprlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final, TypeAlias

from typing_extensions import override

from tocsin.alerts.policy_rules import Hours
from tocsin.core.ids import SEGMENT, GridCode
from tocsin.core.incidents import Grade
from tocsin.core.marked_yaml import line_of
from tocsin.core.working_time import Limit, Unit

Schema: TypeAlias = dict[str, Any]
"""A JSON Schema, or a part of one."""

_DURATION: Final = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*(s|m|h)")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}
_SECONDS_MAX: Final = 7 * 86_400
_HOURS: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_MINUTES_A_DAY: Final = 24 * 60
_BRIEF: Final = reprlib.Repr()
_BRIEF.maxlevel = 3
"""Nobody reads more of it, and what holds itself is long."""
_TERM: Final = re.compile(r"([1-9]\d{0,2})\s*(wd|wh|d|h)")
_TERM_UNITS: Final = {"wd": Unit.WORKING_DAY, "wh": Unit.WORKING_HOUR, "d": Unit.DAY, "h": Unit.HOUR}
_CODE: Final = re.compile(r"\d{1,32}")


@dataclass(frozen=True, slots=True)
class Text:
    """What is read: where its lines stand, and the faults so far, in order of finding."""

    lines: dict[str, int] = field(default_factory=dict)
    """Line of each path, from 1; empty for values that never were a text."""
    faults: list[str] = field(default_factory=list)
    twice: dict[str, int] = field(default_factory=dict)
    """Keys that were written before, with the line of the second."""

    def note(self, path: str, sentence: str) -> None:
        """Note a fault, with the line of the place or of what should hold it."""
        line = line_of(self.lines, path)
        self.faults.append(f"{path}: {sentence}" + (f" (line {line})" if line is not None else ""))


@dataclass(frozen=True, slots=True)
class At:
    """One value in the text, with its path for the sentences."""

    value: object
    path: str = ""
    text: Text = field(default_factory=Text)

    def note(self, sentence: str) -> None:
        """Note a fault of this value."""
        self.text.note(self.path, sentence)

    def under(self, key: str) -> At:
        """Go to a key of a mapping; its value is None when it is not there."""
        inner = self.value.get(key) if isinstance(self.value, dict) else None
        return At(inner, f"{self.path}.{key}" if self.path else key, self.text)

    def items(self) -> list[At]:
        """Go to every item of a list."""
        found = self.value if isinstance(self.value, list) else []
        return [At(item, f"{self.path}[{place}]", self.text) for place, item in enumerate(found)]


class Spec(ABC):
    """How one value is written."""

    @abstractmethod
    def read(self, at: At) -> Any:
        """Read the value, or note what is wrong with it and give a stand-in."""

    @abstractmethod
    def schema(self) -> Schema:
        """Describe what is read."""

    def partial(self) -> Spec:
        """Give how a part of it is written, for values that stand in a rule: plain values are whole or absent."""
        return self


class Name(Spec):
    """A name of one segment."""

    @override
    def read(self, at: At) -> str:
        if isinstance(at.value, str) and SEGMENT.fullmatch(at.value) is not None:
            return at.value
        at.note(f"must be 1 to 64 of A-Z a-z 0-9 . _ -, not {shown(at.value)}")
        return ""

    @override
    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^(?:{SEGMENT.pattern})$"}


@dataclass(frozen=True, slots=True)
class Duration(Spec):
    """Seconds, or a text like `45s`, `3m`, `2h`; at most seven days."""

    zero: bool = False
    """Whether 0 means something."""

    @override
    def read(self, at: At) -> timedelta:
        value, seconds = at.value, None
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            seconds = float(value)
        elif isinstance(value, str) and (found := _DURATION.fullmatch(value.strip())) is not None:
            seconds = float(found[1]) * _SECONDS[found[2]]
        if seconds is not None and 0 <= seconds <= _SECONDS_MAX and (self.zero or seconds > 0):
            return timedelta(seconds=seconds)
        least = "from 0" if self.zero else "above 0 and"
        at.note(f"must be a duration {least} up to 168h like 45s, 3m or 2h, not {shown(value)}")
        return timedelta(seconds=1)

    @override
    def schema(self) -> Schema:
        least = {"minimum": 0} if self.zero else {"exclusiveMinimum": 0}
        return {
            "anyOf": [
                {"type": "number", **least, "maximum": _SECONDS_MAX},
                {"type": "string", "pattern": rf"^\s*{_DURATION.pattern}\s*$"},
            ]
        }


@dataclass(frozen=True, slots=True)
class Term(Spec):
    """A limit that is long: `3wd`, `8wh`, `2d`, `48h` (working days, working hours, days, hours)."""

    @override
    def read(self, at: At) -> Limit:
        found = _TERM.fullmatch(at.value.strip()) if isinstance(at.value, str) else None
        if found is not None:
            return Limit(int(found[1]), _TERM_UNITS[found[2]])
        at.note(f"must be a limit of 1 to 999 like 3wd (working days), 8wh, 2d or 48h, not {shown(at.value)}")
        return Limit(1, Unit.DAY)

    @override
    def schema(self) -> Schema:
        return {"type": "string", "pattern": rf"^\s*{_TERM.pattern}\s*$", "examples": ["3wd"]}


@dataclass(frozen=True, slots=True)
class Sentence(Spec):
    """Words for people, on one line."""

    most: int
    """Characters."""

    @override
    def read(self, at: At) -> str:
        words = " ".join(at.value.split()) if isinstance(at.value, str) else ""
        if words and len(words) <= self.most:
            return words
        at.note(f"must be a text of 1 to {self.most} characters, not {shown(at.value)}")
        return ""

    @override
    def schema(self) -> Schema:
        return {"type": "string", "minLength": 1, "maxLength": self.most}


@dataclass(frozen=True, slots=True)
class Number(Spec):
    """A number within bounds, both included."""

    least: float
    most: float
    whole: bool = False

    @override
    def read(self, at: At) -> float:
        value = at.value
        if (
            isinstance(value, (int, float))
            and not isinstance(value, bool)
            and math.isfinite(value)
            and self.least <= value <= self.most
            and (not self.whole or value == int(value))
        ):
            return int(value) if self.whole else float(value)
        kind = "whole number" if self.whole else "number"
        at.note(f"must be a {kind} from {self.least:g} to {self.most:g}, not {shown(value)}")
        return int(self.least) if self.whole else self.least

    @override
    def schema(self) -> Schema:
        kind = "integer" if self.whole else "number"
        return {"type": kind, "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True, slots=True)
class Word(Spec):
    """One word of an enumeration."""

    choices: Iterable[StrEnum]

    @override
    def read(self, at: At) -> StrEnum:
        choices = tuple(self.choices)
        for choice in choices:
            if at.value == choice.value:
                return choice
        at.note(f"must be one of {_words(choices)}, not {shown(at.value)}")
        return choices[0]

    @override
    def schema(self) -> Schema:
        return {"enum": [choice.value for choice in self.choices]}


@dataclass(frozen=True, slots=True)
class Words(Spec):
    """A list of different words of an enumeration."""

    choices: Iterable[StrEnum]
    make: Callable[[Iterable[Any]], Any] = tuple
    least: int = 0

    @override
    def read(self, at: At) -> Any:
        choices, value = tuple(self.choices), at.value
        known = {choice.value: choice for choice in choices}
        if not isinstance(value, list):
            at.note(f"must be a list of {_words(choices)}, not {shown(value)}")
            return self.make(())
        for word in value:
            if not isinstance(word, str) or word not in known:
                at.note(f"{shown(word)} is not one of {_words(choices)}")
        chosen = dict.fromkeys(known[word] for word in value if isinstance(word, str) and word in known)
        if len(chosen) < self.least:
            at.note(f"must name at least {self.least}")
        return self.make(chosen)

    @override
    def schema(self) -> Schema:
        items = {"enum": [choice.value for choice in self.choices]}
        return {"type": "array", "items": items, **({"minItems": self.least} if self.least else {})}


class Codes(Spec):
    """A list of codes of grids."""

    @override
    def read(self, at: At) -> frozenset[GridCode]:
        if not isinstance(at.value, list) or not at.value:
            at.note(f'must be a list of grid codes like ["330110"], not {shown(at.value)}')
            return frozenset()
        for code in at.value:
            if not isinstance(code, str) or _CODE.fullmatch(code) is None:
                at.note(f"{shown(code)} is no grid code: write its digits in quotes")
        return frozenset(GridCode(code) for code in at.value if isinstance(code, str))

    @override
    def schema(self) -> Schema:
        items = {"type": "string", "pattern": f"^{_CODE.pattern}$"}
        return {"type": "array", "items": items, "minItems": 1}


class PartOfDay(Spec):
    """Hours of the day, like `22:00-06:00`."""

    @override
    def read(self, at: At) -> Hours:
        found = _HOURS.fullmatch(at.value.strip()) if isinstance(at.value, str) else None
        if found is not None:
            since, until = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
            if until <= _MINUTES_A_DAY and since != until:
                return Hours(since, until)
        at.note(
            f"must be two different times of day like 22:00-06:00, 24:00 only as the end, not {shown(at.value)}; "
            "for the whole day leave `hours` out"
        )
        return Hours(0, 1)

    @override
    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^{_HOURS.pattern}$", "examples": ["22:00-06:00"]}


class Severities(Spec):
    """Severity from which a grade holds, by grade; they fall from I to IV."""

    @override
    def read(self, at: At) -> tuple[tuple[Grade, float], ...]:
        table = Table(Grade, Number(0.0, 1.0)).read(at)
        limits = [limit for _, limit in table.items()]
        if isinstance(at.value, dict) and (not limits or limits != sorted(limits, reverse=True)):
            at.note("must fall from I to IV, like {II: 0.9, III: 0.4, IV: 0.0}")
        return tuple(table.items())

    @override
    def schema(self) -> Schema:
        return {**Table(Grade, Number(0.0, 1.0)).schema(), "minProperties": 1}


@dataclass(frozen=True, slots=True)
class Table(Spec):
    """A mapping whose keys are words of an enumeration."""

    keys: Iterable[StrEnum]
    value: Spec
    whole: bool = False
    """Whether every word must be a key."""
    least: int = 0

    @override
    def read(self, at: At) -> dict[Any, Any]:
        if not _is_mapping(at):
            return {}
        known = tuple(self.keys)
        tree = at.value if isinstance(at.value, dict) else {}
        read = {
            word: self.value.read(at.under(word.value)) for word in known if self.whole or word.value in tree
        }
        _unknown(at, [word.value for word in known])
        if len(read) < self.least:
            at.note(f"must name at least one of {_words(known)}")
        return read

    @override
    def schema(self) -> Schema:
        names = [word.value for word in self.keys]
        if self.whole:
            properties = {name: self.value.schema() for name in names}
            return {
                "type": "object",
                "additionalProperties": False,
                "properties": properties,
                "required": names,
            }
        described: Schema = {"type": "object", "additionalProperties": self.value.schema()}
        described["propertyNames"] = {"enum": names}
        return described | ({"minProperties": self.least} if self.least else {})

    @override
    def partial(self) -> Spec:
        return Table(self.keys, self.value.partial(), least=1)


@dataclass(frozen=True, slots=True)
class ListOf(Spec):
    """A list of mappings of one form."""

    item: Spec
    most: int

    @override
    def read(self, at: At) -> tuple[Any, ...]:
        if not isinstance(at.value, list):
            at.note(f"must be a list of mappings, not {shown(at.value)}")
            return ()
        if len(at.value) > self.most:
            at.note(f"must have at most {self.most} entries, not {len(at.value)}")
        return tuple(self.item.read(one) for one in at.items()[: self.most])

    @override
    def schema(self) -> Schema:
        return {"type": "array", "items": self.item.schema(), "maxItems": self.most}


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a section."""

    name: str
    spec: Spec
    doc: str
    """What it means, for the schema; a sentence."""
    field: str = ""
    """Name of the field that it fills; the key's own when empty."""
    optional: bool = False
    """Whether the value's own default holds when it is left out."""


@dataclass(frozen=True, slots=True)
class Section(Spec):
    """A mapping with named keys."""

    keys: Sequence[Key]
    make: Callable[..., Any]
    """Called with the fields that were read, by name."""
    least: int = 0

    @override
    def read(self, at: At) -> Any:
        # Without a mapping every key that must be there is told as missing: it shows what to write.
        tree = at.value if _is_mapping(at) and isinstance(at.value, dict) else {}
        values = {
            key.field or key.name: key.spec.read(at.under(key.name))
            for key in self.keys
            if not key.optional or key.name in tree
        }
        _unknown(at, [key.name for key in self.keys])
        if len(values) < self.least:
            at.note(f"must name at least one of {', '.join(key.name for key in self.keys)}")
        return self.make(**values)

    @override
    def schema(self) -> Schema:
        described: Schema = {"type": "object", "additionalProperties": False}
        described["properties"] = {
            key.name: {"description": key.doc, **key.spec.schema()} for key in self.keys
        }
        required = [key.name for key in self.keys if not key.optional]
        if required:
            described["required"] = required
        return described | ({"minProperties": self.least} if self.least else {})

    @override
    def partial(self) -> Spec:
        keys = [Key(key.name, key.spec.partial(), key.doc, key.field, optional=True) for key in self.keys]
        return Section(keys, dict, least=1)


def shown(value: object) -> str:
    """Show a value in a sentence, cut to a bearable length."""
    if isinstance(value, dict | list):
        return _BRIEF.repr(value)[:60]
    return "nothing" if value is None else repr(value)[:60]


def _is_mapping(at: At) -> bool:
    if at.value is not None and not isinstance(at.value, dict):
        at.note(f"must be a mapping, not {shown(at.value)}")
        return False
    return True


def _unknown(at: At, known: Sequence[str]) -> None:
    for key in at.value if isinstance(at.value, dict) else ():
        if key not in known:
            at.under(str(key)).note(f"unknown; write one of {', '.join(sorted(known))}, or remove it")


def _words(choices: Sequence[StrEnum]) -> str:
    return ", ".join(choice.value for choice in choices)
