"""Read checked values out of a YAML mapping and collect every fault as a sentence.

A reader never raises: where a value is wrong it notes the fault and gives a stand-in, so that one
reading finds all faults. The caller must not use what it read when there are faults.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Final, TypeVar

from tocsin.core.detections import Kind
from tocsin.core.ids import SEGMENT
from tocsin.core.incidents import Grade

Choice = TypeVar("Choice", bound=StrEnum)
Value = TypeVar("Value")

_DURATION: Final = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*(s|m|h)")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}
_SECONDS_MAX: Final = 7 * 86_400


class Reader:
    """One mapping of the text, with its path for the sentences."""

    def __init__(self, tree: object, path: str = "", faults: list[str] | None = None) -> None:
        self.faults: list[str] = [] if faults is None else faults
        self._path = path
        self._tree: dict[object, object] = {}
        self._used: set[object] = set()
        self._children: list[Reader] = []
        if isinstance(tree, dict):
            self._tree = tree
        elif tree is not None:
            self.faults.append(f"{path}: must be a mapping, not {_shown(tree)}")

    def finish(self) -> list[str]:
        """Note keys that nobody read, here and below, and give all faults in order of finding."""
        for key in self._tree:
            if key not in self._used:
                known = ", ".join(sorted(str(used) for used in self._used))
                self.faults.append(f"{self._at(str(key))}: unknown; write one of {known}, or remove it")
        for child in self._children:
            child.finish()
        return self.faults

    def has(self, key: str) -> bool:
        """Say whether the text has a key."""
        return key in self._tree

    def section(self, key: str) -> Reader:
        """Enter a mapping."""
        return self._child(self._take(key), self._at(key))

    def items(self, key: str) -> list[Reader]:
        """Enter every mapping of a list."""
        value = self._take(key)
        if not isinstance(value, list):
            self.note(key, f"must be a list of mappings, not {_shown(value)}")
            return []
        return [self._child(item, f"{self._at(key)}[{place}]") for place, item in enumerate(value)]

    def name(self, key: str) -> str:
        """Read a name of one segment."""
        value = self._take(key)
        if isinstance(value, str) and SEGMENT.fullmatch(value) is not None:
            return value
        self.note(key, f"must be 1 to 64 of A-Z a-z 0-9 . _ -, not {_shown(value)}")
        return ""

    def duration(self, key: str, *, zero: bool = False) -> timedelta:
        """Read seconds, or a text like `45s`, `3m`, `2h`; above 0 (or 0 where that means something), at most seven days."""
        value = self._take(key)
        seconds: float | None = None
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            seconds = float(value)
        elif isinstance(value, str) and (found := _DURATION.fullmatch(value.strip())) is not None:
            seconds = float(found[1]) * _SECONDS[found[2]]
        if seconds is not None and 0 <= seconds <= _SECONDS_MAX and (zero or seconds > 0):
            return timedelta(seconds=seconds)
        least = "from 0" if zero else "above 0 and"
        self.note(key, f"must be a duration {least} up to 168h like 45s, 3m or 2h, not {_shown(value)}")
        return timedelta(seconds=1)

    def number(self, key: str, least: float, most: float, *, whole: bool = False) -> float:
        """Read a number within bounds, both included."""
        value = self._take(key)
        if (
            isinstance(value, (int, float))
            and not isinstance(value, bool)
            and math.isfinite(value)
            and least <= value <= most
            and (not whole or value == int(value))
        ):
            return float(value)
        kind = "whole number" if whole else "number"
        self.note(key, f"must be a {kind} from {least:g} to {most:g}, not {_shown(value)}")
        return float(least)

    def one(self, key: str, choices: type[Choice]) -> Choice:
        """Read one word of an enumeration."""
        value = self._take(key)
        first, *rest = tuple(choices)
        for choice in (first, *rest):
            if value == choice.value:
                return choice
        self.note(key, f"must be one of {_words(tuple(choices))}, not {_shown(value)}")
        return first

    def several(
        self, key: str, choices: type[Choice], *, least: int = 0, allowed: Sequence[Choice] | None = None
    ) -> tuple[Choice, ...]:
        """Read a list of different words of an enumeration, in order."""
        value = self._take(key)
        known = {choice.value: choice for choice in (allowed or tuple(choices))}
        if not isinstance(value, list):
            self.note(key, f"must be a list of {_words(tuple(known.values()))}, not {_shown(value)}")
            return ()
        for word in value:
            if not isinstance(word, str) or word not in known:
                self.note(key, f"{_shown(word)} is not one of {_words(tuple(known.values()))}")
        chosen = tuple(dict.fromkeys(known[w] for w in value if isinstance(w, str) and w in known))
        if len(chosen) < least:
            self.note(key, f"must name at least {least}")
        return chosen

    def by_key(
        self, key: str, keys: type[Choice], read: Callable[[Reader, str], Value]
    ) -> dict[Choice, Value]:
        """Read a mapping that must have every word of an enumeration as key."""
        child = self.section(key)
        return {word: read(child, word.value) for word in keys}

    def grades(self, key: str) -> dict[Kind, tuple[tuple[Grade, float], ...]]:
        """Read severities per grade per kind; kinds and grades may be left out."""
        child = self.section(key)
        table: dict[Kind, tuple[tuple[Grade, float], ...]] = {}
        for kind in Kind:
            if child.has(kind.value):
                steps = child.section(kind.value)
                table[kind] = tuple(
                    (grade, steps.number(grade.value, 0.0, 1.0)) for grade in Grade if steps.has(grade.value)
                )
                limits = [limit for _, limit in table[kind]]
                if not limits or limits != sorted(limits, reverse=True):
                    child.note(kind.value, "must fall from I to IV, like {II: 0.9, III: 0.4, IV: 0.0}")
        return table

    def _child(self, tree: object, path: str) -> Reader:
        child = Reader(tree, path, self.faults)
        self._children.append(child)
        return child

    def _take(self, key: str) -> object:
        self._used.add(key)
        return self._tree.get(key)

    def _at(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key

    def note(self, key: str, sentence: str) -> None:
        """Note a fault of a key."""
        self.faults.append(f"{self._at(key)}: {sentence}")


def _shown(value: object) -> str:
    return "nothing" if value is None else repr(value)[:60]


def _words(choices: Sequence[StrEnum]) -> str:
    return ", ".join(choice.value for choice in choices)
