"""The base of everything that `detectors.yaml` holds: refuses what it does not know, and says what to write.

Faults of all keys come at once, each as one sentence without its place; pydantic keeps the place, so
that a reader of a text can add the line. A key that is nearly right is named with the right one.
"""

from __future__ import annotations

import difflib
import re
import reprlib
from collections.abc import Collection, Iterable
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from tocsin.core.marked_yaml import plain_signs

_SAID: Final = "said"
_BRIEF: Final = reprlib.Repr()
_BRIEF.maxlevel = 2
_BRIEF.maxother = 60
_SHOWN_MAX: Final = 60
_PYDANTIC: Final = {"Input should be": "must be", "Value should have": "must have"}


class Form(BaseModel):
    """A part of the file: unknown keys are refused, values do not change later."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="wrap")
    @classmethod
    def _explained(cls, given: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(given)
        except ValidationError as error:
            raise faulty(cls.__name__, details(error, cls.model_fields)) from error


def faulty(title: str, faults: list[InitErrorDetails]) -> ValidationError:
    """Make one error of many faults."""
    return ValidationError.from_exception_data(title, faults)


def fault(sentence: str, *place: int | str, given: object = None) -> InitErrorDetails:
    """Make one fault of a sentence; `place` goes down from the value that is being checked."""
    return InitErrorDetails(
        type=PydanticCustomError(_SAID, "{sentence}", {"sentence": sentence}), loc=place, input=given
    )


def details(error: ValidationError, known: Iterable[str]) -> list[InitErrorDetails]:
    """Say every fault of one value in a sentence; `known` are the keys it may have."""
    names = tuple(known)
    faults = []
    told = error.errors(include_url=False)
    for one in told:
        place = one["loc"]
        if one["type"] == "too_short" and _follows(one, told):
            continue
        if one["type"] == _SAID:
            sentence = one["msg"]
        elif one["type"] == "extra_forbidden" and len(place) == 1:
            sentence = unknown(str(place[0]), names)
        elif one["type"] == "missing":
            sentence = "is missing: write it"
        elif one["type"] in {"enum", "literal_error"}:
            choices = re.findall("'([^']*)'", one["ctx"]["expected"])
            sentence = f"{shown(one['input'])} {unknown(str(one['input']), choices, 'choice')}"
        elif one["type"] in {"too_short", "too_long"}:
            most, bound = ("least", "min") if one["type"] == "too_short" else ("most", "max")
            number, count = one["ctx"][f"{bound}_length"], one["ctx"]["actual_length"]
            sentence = f"must have at {most} {number} of them, not {'more' if count is None else count}"
        else:
            sentence = _plain(one["msg"], one["input"])
        faults.append(fault(sentence, *place, given=one["input"]))
    return faults


def _follows(one: ErrorDetails, told: Iterable[ErrorDetails]) -> bool:
    """Say whether a list is only too short because its faulty items do not count."""
    place = one["loc"]
    return any(len(other["loc"]) > len(place) and other["loc"][: len(place)] == place for other in told)


def unknown(word: str, known: Collection[str], what: str = "key") -> str:
    """Say that a word is not known, with the nearest that is."""
    near = difflib.get_close_matches(word, known, 1, 0.6)
    if plain_signs(word) != word:
        return f"is no {what} here: write it as `{plain_signs(word)}`, with plain signs and a space after a colon"
    if near:
        return f"is no {what} here: write `{near[0]}` if that is meant, or remove it"
    return f"is no {what} here: write one of {', '.join(sorted(known))}, or remove it"


def _plain(message: str, given: object) -> str:
    message = message.removeprefix("Value error, ")
    if "dictionary or instance" in message:
        return f"must be a mapping with keys, or a list where one is allowed, not {shown(given)}"
    if "pattern '^[0-9a-f]{64}$'" in message:
        return f"must be 64 digits of 0-9 a-f, as `sha256sum FILE` prints them, not {shown(given)}"
    for theirs, ours in _PYDANTIC.items():
        if message.startswith(theirs):
            return f"{ours}{message.removeprefix(theirs)}, not {shown(given)}"
    return message


def shown(value: object) -> str:
    """Show a value in a sentence, cut to a bearable length."""
    return "nothing" if value is None else _BRIEF.repr(value)[:_SHOWN_MAX]
