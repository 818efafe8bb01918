"""Rules of `detectors.yaml`: one detector over streams, or one detector of a camera.

A rule's own keys and its detector's parameters stand on one level; both are checked together, so that
all faults of a rule come at once. Unknown keys are refused with the nearest known one.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails
from typing_extensions import override

from tocsin.core.detections import Kind
from tocsin.core.frames import Polygon
from tocsin.detectors.base import Parameters, version_of
from tocsin.detectors.cards import Name
from tocsin.detectors.catalog import PICTURES, STREAMS, PictureEntry, StreamEntry
from tocsin.detectors.form import Form, details, fault, faulty, unknown
from tocsin.detectors.polygons import crossing
from tocsin.detectors.together import NUMBER, TogetherParameters

Place = Literal["box", "centre"]
_NOT_ITS_PARAMETERS: Final = {"name", "at", "kind", "severity"}
RelativePoint = tuple[Annotated[float, Field(ge=0, le=1)], Annotated[float, Field(ge=0, le=1)]]


def _area(polygon: Polygon) -> Polygon:
    if sentence := crossing(polygon):
        raise ValueError(sentence)
    return polygon


RelativePolygon = Annotated[
    tuple[RelativePoint, ...], Field(min_length=3, max_length=64), AfterValidator(_area)
]


class Rule(Form):
    """One detector with its parameters, all on one level."""

    detector: str
    parameters: dict[str, Any] = Field(
        default_factory=dict, description="The detector's parameters; may be written on the rule's own level."
    )

    @model_validator(mode="wrap")
    @classmethod
    def _whole(cls, given: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Check the rule's own keys and the detector's parameters together, so that all faults come at once."""
        given = cls._one_level(given)
        faults: list[InitErrorDetails] = []
        made: Self | None = None
        try:
            made = handler(given)
        except ValidationError as error:
            faults += details(error, cls.model_fields)
        faults += cls._parameter_faults(given)
        if faults or made is None:
            raise faulty(cls.__name__, faults)
        return made

    @classmethod
    def _one_level(cls, given: Any) -> Any:
        """Move every key that is not the rule's own into `parameters`."""
        if not isinstance(given, Mapping):
            return given
        own = {key: value for key, value in given.items() if key in cls.model_fields and key != "parameters"}
        inner = given.get("parameters", {})
        nested = dict(inner) if isinstance(inner, Mapping) else {}
        nested.update({key: value for key, value in given.items() if key not in own and key != "parameters"})
        return {**own, "parameters": nested}

    @classmethod
    def _parameter_faults(cls, given: Any) -> list[InitErrorDetails]:
        name = given.get("detector") if isinstance(given, Mapping) else None
        if not isinstance(name, str):
            return []
        entry = cls.catalog().get(name)
        if entry is None:
            return [fault(f"{name!r} " + unknown(name, cls.catalog(), "detector"), "detector", given=name)]
        try:
            entry.parameters.model_validate(given["parameters"])
        except ValidationError as error:
            own = [key for key in cls.model_fields if key != "parameters"]
            return details(error, [*own, *entry.parameters.model_fields])
        return []

    @classmethod
    def catalog(cls) -> Mapping[str, StreamEntry | PictureEntry]:
        """Give the detectors that such a rule may name."""
        raise NotImplementedError

    def checked(self) -> Parameters:
        """Give the parameters as the detector wants them."""
        return self.catalog()[self.detector].parameters.model_validate(self.parameters)

    def digest(self) -> str:
        """Hash of the whole rule and of its detector's number: a detector of another one begins anew."""
        return digest_of(self, self.catalog()[self.detector].number)

    def version(self) -> str:
        """Name code and parameters, as detections carry it."""
        return self.catalog()[self.detector].version(self.checked())


class StreamRule(Rule):
    """One detector over all streams that match."""

    name: Name = Field(description="Name of the rule, unique; detections carry it as `detector`.")
    detector: str = Field(description="Which detector.")
    match: str = Field(
        "*",
        min_length=1,
        max_length=256,
        description="Pattern with * and ? on the stream's name without its collector, as `*/level`.",
    )
    unit: str | None = Field(
        None, max_length=64, description="Only streams of this SenML unit; any when not given."
    )
    at: Place = Field(
        "centre",
        description="Where it runs: `centre` by default, `box` for what must act without a link; a button always rings on the box.",
    )
    kind: Kind | None = Field(
        None, description="Kind of condition it raises; the detector's own when not given."
    )
    severity: float = Field(0.5, ge=0, le=1, description="How bad it is; policies map it to a grade.")
    alone: bool = Field(
        default=True,
        description="Whether it raises an alarm by itself; with `false` only rules of `together` hear it.",
    )

    @classmethod
    @override
    def catalog(cls) -> Mapping[str, StreamEntry]:
        return STREAMS

    @classmethod
    @override
    def _one_level(cls, given: Any) -> Any:
        given = super()._one_level(given)
        if isinstance(given, dict) and given.get("detector") == "button":
            # A press must not wait for a batch, and must not ring a second time at the centre.
            given.setdefault("at", "box")
        return given

    @model_validator(mode="after")
    def _a_button_rings_on_the_box(self) -> Self:
        if self.detector == "button" and self.at != "box":
            raise faulty("StreamRule", [fault("a button rings on the box: remove `at`", "at", given=self.at)])
        return self

    def matches(self, name: str, unit: str) -> bool:
        """Say whether it watches a stream, named without its collector."""
        return fnmatch.fnmatchcase(name, self.match) and (self.unit is None or self.unit == unit)


class PictureRule(Rule):
    """One detector of one camera; a bare name stands for one with its defaults."""

    detector: str = Field(description="Which detector.")
    name: Name = Field(
        "", validate_default=False, description="Unique per camera; the detector's name when not given."
    )
    kind: Kind | None = Field(
        None, description="Kind of condition it raises; the detector's own when not given."
    )
    severity: float | None = Field(
        None, ge=0, le=1, description="How bad it is; the detector's own when not given."
    )
    zone: RelativePolygon | None = Field(
        None,
        description="Where to look: the name of one of the camera's zones, or a relative polygon; the whole picture when not given.",
    )

    @classmethod
    @override
    def catalog(cls) -> Mapping[str, PictureEntry]:
        return PICTURES

    @classmethod
    @override
    def _one_level(cls, given: Any) -> Any:
        if isinstance(given, str):
            given = {"detector": given}
        given = super()._one_level(given)
        if isinstance(given, dict) and not given.get("name") and isinstance(given.get("detector"), str):
            given["name"] = given["detector"]
        return given


class TogetherRule(TogetherParameters):
    """Conditions of several sources that make one."""

    name: Name = Field(description="Name of the rule, unique; detections carry it as `detector`.")
    at: Place = Field(
        "centre",
        description="Where it runs: the centre hears every box and its own rules, a box only itself.",
    )
    kind: Kind = Field(description="Kind of condition it raises.")
    severity: float = Field(0.7, ge=0, le=1, description="How bad it is; policies map it to a grade.")

    def digest(self) -> str:
        """Hash of the whole rule: one that changed begins anew."""
        return digest_of(self, NUMBER)

    @override
    def version(self) -> str:
        return version_of(
            "together",
            NUMBER,
            TogetherParameters.model_validate(self.model_dump(exclude=_NOT_ITS_PARAMETERS)),
        )


def digest_of(config: BaseModel, *more: object) -> str:
    """Hash the values of a part of the configuration, and whatever else they stand for."""
    text = json.dumps([config.model_dump(mode="json"), *more], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
