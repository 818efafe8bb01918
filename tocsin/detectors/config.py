"""Which detectors watch what: the YAML that an engineer writes, checked as a whole.

A rule of streams names a detector, the streams it matches and its parameters, all on one level. A
camera's list names picture detectors. Unknown keys are refused; `load` reports every fault at once.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
from collections.abc import Mapping
from importlib import resources
from typing import Annotated, Any, Final, Literal, Self

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected
from tocsin.core.ids import SEGMENT
from tocsin.detectors.base import Parameters
from tocsin.detectors.catalog import PICTURES, STREAMS

Place = Literal["box", "centre"]
_TEXT_MAX: Final = 256 * 1024


def _segment(text: str) -> str:
    if SEGMENT.fullmatch(text) is None:
        raise ValueError("use 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit")
    return text


Name = Annotated[str, AfterValidator(_segment)]
RelativePoint = tuple[Annotated[float, Field(ge=0, le=1)], Annotated[float, Field(ge=0, le=1)]]


def _flat_to_nested(entry: object, own: frozenset[str]) -> object:
    """Move every key that is not the rule's own into `parameters`."""
    if not isinstance(entry, Mapping):
        return entry
    given = dict(entry)
    inner = given.pop("parameters", {})
    nested = dict(inner) if isinstance(inner, Mapping) else {}
    nested.update({key: value for key, value in given.items() if key not in own})
    return {**{key: value for key, value in given.items() if key in own}, "parameters": nested}


class StreamRule(BaseModel):
    """One detector over all streams that match."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name = Field(description="Name of the rule, unique; detections carry it as `detector`.")
    detector: str = Field(description="Which detector: " + ", ".join(STREAMS) + ".")
    match: str = Field(
        "*",
        min_length=1,
        max_length=256,
        description="Pattern with * and ? on the stream's name without its collector, as `*/level`.",
    )
    unit: str | None = Field(None, description="Only streams of this SenML unit; any when not given.")
    at: Place = Field(
        "centre", description="Where it runs: `centre` by default, `box` for what must act without a link."
    )
    kind: Kind | None = Field(
        None, description="Kind of condition it raises; the detector's own when not given."
    )
    severity: float = Field(0.5, ge=0, le=1, description="How bad it is; policies map it to a grade.")
    parameters: dict[str, Any] = Field(
        default_factory=dict, description="The detector's parameters; may be written on the rule's own level."
    )

    @model_validator(mode="before")
    @classmethod
    def _one_level(cls, entry: object) -> object:
        return _flat_to_nested(entry, frozenset(cls.model_fields))

    @model_validator(mode="after")
    def _parameters_fit(self) -> Self:
        self.checked()
        return self

    def checked(self) -> Parameters:
        """Give the parameters as the detector wants them."""
        if self.detector not in STREAMS:
            raise ValueError(
                f"there is no stream detector {self.detector!r}: write one of {', '.join(STREAMS)}"
            )
        return _inner(STREAMS[self.detector].parameters, self.parameters)

    def digest(self) -> str:
        """Hash of the whole rule: a detector of another one begins anew."""
        return _digest(self)

    def matches(self, name: str, unit: str) -> bool:
        """Say whether it watches a stream, named without its collector."""
        return fnmatch.fnmatchcase(name, self.match) and (self.unit is None or self.unit == unit)


class DetectorsConfig(BaseModel):
    """All rules over streams."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    detectors: tuple[StreamRule, ...] = Field((), max_length=500, description="The rules.")
    streams_max: int = Field(
        100_000,
        ge=1,
        le=1_000_000,
        description="Streams watched in one bank; further ones are counted, not watched.",
    )

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        _unique([rule.name for rule in self.detectors])
        return self

    def digest(self) -> str:
        """Hash of the whole configuration: a snapshot of another one does not restore."""
        return _digest(self)


class PictureRule(BaseModel):
    """One detector of one camera; a bare name stands for one with its defaults."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    detector: str = Field(description="Which detector: " + ", ".join(PICTURES) + ".")
    name: Name = Field(
        "", validate_default=False, description="Unique per camera; the detector's name when not given."
    )
    kind: Kind | None = Field(
        None, description="Kind of condition it raises; the detector's own when not given."
    )
    severity: float | None = Field(
        None, ge=0, le=1, description="How bad it is; the detector's own when not given."
    )
    zone: tuple[RelativePoint, ...] | None = Field(
        None,
        min_length=3,
        max_length=64,
        description="Relative polygon to look at; the whole picture when not given.",
    )
    parameters: dict[str, Any] = Field(
        default_factory=dict, description="The detector's parameters; may be written on the rule's own level."
    )

    @model_validator(mode="before")
    @classmethod
    def _one_level(cls, entry: object) -> object:
        if isinstance(entry, str):
            entry = {"detector": entry}
        flat = _flat_to_nested(entry, frozenset(cls.model_fields))
        if isinstance(flat, dict) and not flat.get("name") and isinstance(flat.get("detector"), str):
            flat["name"] = flat["detector"]
        return flat

    @model_validator(mode="after")
    def _parameters_fit(self) -> Self:
        self.checked()
        return self

    def checked(self) -> Parameters:
        """Give the parameters as the detector wants them."""
        if self.detector not in PICTURES:
            raise ValueError(
                f"there is no picture detector {self.detector!r}: write one of {', '.join(PICTURES)}"
            )
        return _inner(PICTURES[self.detector].parameters, self.parameters)

    def digest(self) -> str:
        """Hash of the whole rule: a detector of another one begins anew."""
        return _digest(self)


class CameraDetectors(BaseModel):
    """What watches one camera."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    detectors: tuple[PictureRule, ...] = Field(
        default_factory=lambda: tuple(
            PictureRule.model_validate(name) for name in ("smoke", "fire", "tamper", "frozen")
        ),
        max_length=16,
        description="The detectors; smoke, fire, tamper and frozen by default, because every camera needs them.",
    )

    model: Name | None = Field(
        default=None,
        description="Name of the model that finds people and vehicles for this camera; none when not given.",
    )

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        _unique([rule.name for rule in self.detectors])
        return self

    def digest(self) -> str:
        """Hash of the whole configuration: a snapshot of another one does not restore."""
        return _digest(self)


def load(text: str) -> DetectorsConfig:
    """Read rules from YAML; raises `Rejected` (`detectors.config`) with one sentence per fault."""
    if len(text) > _TEXT_MAX:
        raise Rejected(
            "detectors.config", f"the file is longer than {_TEXT_MAX} characters: split or shorten it"
        )
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise Rejected("detectors.config", f"this is not YAML: {error}") from error
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise Rejected("detectors.config", "write a mapping with the key `detectors` and a list of rules")
    try:
        return DetectorsConfig.model_validate(data)
    except ValidationError as error:
        raise Rejected("detectors.config", "\n".join(sentences(error, data))) from error


def defaults() -> DetectorsConfig:
    """Give the rules that are shipped."""
    return load(resources.files("tocsin.detectors").joinpath("defaults.yaml").read_text("utf-8"))


def sentences(error: ValidationError, data: Mapping[str, Any]) -> list[str]:
    """Say each fault in one sentence that names the rule."""
    said = []
    for fault in error.errors():
        where = [str(part) for part in fault["loc"]]
        if len(where) >= 2 and where[0] == "detectors" and where[1].isdigit():
            entries = data.get("detectors")
            entry = entries[int(where[1])] if isinstance(entries, list) else None
            name = entry.get("name") if isinstance(entry, dict) else None
            where = [f"rule {name or int(where[1]) + 1}", *where[2:]]
        message = fault["msg"].removeprefix("Value error, ")
        said.append(f"{'.'.join(where) or 'file'}: {message}")
    return said


def _inner(kind: type[Parameters], given: Mapping[str, Any]) -> Parameters:
    try:
        return kind.model_validate(dict(given))
    except ValidationError as error:
        faults = []
        for fault in error.errors():
            where = ".".join(str(part) for part in fault["loc"])
            message = fault["msg"].removeprefix("Value error, ")
            if fault["type"] == "extra_forbidden":
                message = f"is not known; write one of {', '.join(kind.model_fields)}"
            faults.append(f"{where}: {message}" if where else message)
        raise ValueError("; ".join(faults)) from error


def _unique(names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"the name {twice[0]!r} is used twice: give each rule its own `name`")


def _digest(config: BaseModel) -> str:
    text = json.dumps(config.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
