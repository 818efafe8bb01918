"""What `detectors.yaml` of a site says: models, rules over streams, cameras. One form for box and centre.

A camera has a list of picture detectors, zones by name and perhaps a model; `default` holds for those
not named. `load` reports every fault at once with its line, `read` gives them one by one.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, Field, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import InitErrorDetails
from typing_extensions import override

from tocsin.core.errors import Rejected
from tocsin.core.ids import DeviceId
from tocsin.core.marked_yaml import Marked, line_of, plain_signs, read_marked
from tocsin.core.units import check_unit
from tocsin.detectors.cards import ModelCard, Name, segment
from tocsin.detectors.form import Form, details, fault, faulty, unknown
from tocsin.detectors.rules import PictureRule, Place, RelativePolygon, StreamRule, TogetherRule, digest_of

__all__ = [
    "ALWAYS",
    "DEFAULT",
    "CameraDetectors",
    "CameraSection",
    "DetectorsConfig",
    "Fault",
    "PictureRule",
    "Place",
    "Read",
    "StreamRule",
    "TogetherRule",
    "defaults",
    "load",
    "read",
]

DEFAULT: Final = "default"
"""The camera whose section holds for all that have none."""
ALWAYS: Final = ("smoke", "fire", "water", "tamper", "frozen", "dark", "dead")
"""What watches a camera when nobody has written anything: every camera needs these."""
_TEXT_MAX: Final = 256 * 1024


def _always() -> tuple[PictureRule, ...]:
    return tuple(PictureRule.model_validate(name) for name in ALWAYS)


class CameraDetectors(Form):
    """What watches one camera."""

    detectors: tuple[PictureRule, ...] = Field(
        default_factory=_always,
        max_length=16,
        description="The detectors; smoke, fire and the health of the camera itself by default, because every camera needs them.",
    )
    model: Name | None = Field(
        default=None,
        description="Name of the model that finds people and vehicles for this camera; none when not given.",
    )

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        _refuse(self, _twice([rule.name for rule in self.detectors], "detectors"))
        return self

    def digest(self) -> str:
        """Hash of everything that watches the camera."""
        return digest_of(self, *(rule.digest() for rule in self.detectors))


class CameraSection(Form):
    """One camera in the file, or `default`; a bare list is its detectors."""

    detectors: tuple[PictureRule, ...] | None = Field(
        default=None,
        max_length=16,
        description="Its detectors: bare names, or mappings with a detector's parameters; those of `default` when not given, none for `[]`.",
    )
    model: Name | None = Field(
        default=None,
        description="Name of the model that finds people and vehicles for it; that of `default` when not given.",
    )
    zones: dict[Name, RelativePolygon] = Field(
        default_factory=dict, max_length=32, description="Areas by name, for the `zone` of detectors."
    )

    @model_validator(mode="wrap")
    @classmethod
    def _with_zones(cls, given: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Put polygons in the place of names of zones; a wrong polygon is told where it stands, and once."""
        if isinstance(given, list | tuple):
            given = {"detectors": given}
        if not isinstance(given, Mapping):
            return handler(given)
        placed, by_name, faults = _placed_zones(given)
        made: Self | None = None
        try:
            made = handler(placed)
        except ValidationError as error:
            faults += [
                one
                for one in details(error, cls.model_fields)
                if one.get("loc", ())[1:3] not in {(number, "zone") for number in by_name}
            ]
        if faults or made is None:
            raise faulty(cls.__name__, faults)
        return made

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        _refuse(self, _twice([rule.name for rule in self.detectors or ()], "detectors"))
        return self


def _placed_zones(given: Mapping[Any, Any]) -> tuple[dict[Any, Any], set[int], list[InitErrorDetails]]:
    rules, zones = given.get("detectors"), given.get("zones")
    named = zones if isinstance(zones, Mapping) else {}
    faults: list[InitErrorDetails] = []
    by_name: set[int] = set()
    if not isinstance(rules, list | tuple):
        return dict(given), by_name, faults
    placed = []
    for number, rule in enumerate(rules):
        zone = rule.get("zone") if isinstance(rule, Mapping) else None
        if not isinstance(zone, str):
            placed.append(rule)
        elif zone in named:
            placed.append({**rule, "zone": named[zone]})
            by_name.add(number)
        else:
            placed.append({key: value for key, value in rule.items() if key != "zone"})
            known = [str(name) for name in named]
            sentence = unknown(zone, known, "zone") if known else "is no zone here: write `zones` first"
            faults.append(fault(f"{zone!r} {sentence}", "detectors", number, "zone", given=zone))
    return {**given, "detectors": placed}, by_name, faults


def _camera_name(text: str) -> str:
    try:
        for part in text.split("/", 1):
            segment(part)
    except ValueError as error:
        raise ValueError(f"name a camera as on its box, or `collector/camera`: {error}") from error
    return text


class DetectorsConfig(Form):
    """Everything that watches a site."""

    models: tuple[ModelCard, ...] = Field(
        default=(), max_length=16, description="Models that cameras may name."
    )
    detectors: tuple[StreamRule, ...] = Field(
        default=(),
        max_length=500,
        description="Rules over streams; those that are shipped when a file leaves them out, none for `[]`.",
    )
    together: tuple[TogetherRule, ...] = Field(
        default=(),
        max_length=100,
        description="Conditions of several sources that make one, as a gauge and a camera that agree.",
    )
    cameras: dict[
        Annotated[str, AfterValidator(_camera_name)],
        CameraSection,
    ] = Field(
        default_factory=dict,
        max_length=1000,
        description="Cameras by name on their box, or `collector/camera`; `default` holds for those not named.",
    )
    streams_max: int = Field(
        default=100_000,
        ge=1,
        le=1_000_000,
        description="Streams watched in one bank; further ones are counted, not watched.",
    )

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        cards = [card.name for card in self.models]
        names = [rule.name for rule in self.detectors]
        faults = _twice(names, "detectors") + _twice(cards, "models")
        faults += _twice([rule.name for rule in self.together], "together")
        faults += [
            fault(
                f"{rule.name!r} is the name of a rule over streams too: choose another",
                "together",
                place,
                "name",
            )
            for place, rule in enumerate(self.together)
            if rule.name in names
        ]
        for name, section in self.cameras.items():
            if section.model is not None and section.model not in cards:
                sentence = (
                    unknown(section.model, cards, "model") if cards else "is no model: write `models` first"
                )
                faults.append(fault(f"{section.model!r} {sentence}", "cameras", name, "model"))
        _refuse(self, faults)
        return self

    def camera(self, device: DeviceId) -> CameraDetectors:
        """Give what watches a camera: its own section, what it leaves out from `default`."""
        own = self.cameras.get(device) or self.cameras.get(device.rpartition("/")[2]) or CameraSection()
        default = self.cameras.get(DEFAULT) or CameraSection()
        rules = next((one.detectors for one in (own, default) if one.detectors is not None), None)
        model = own.model or default.model
        return (
            CameraDetectors(model=model) if rules is None else CameraDetectors(detectors=rules, model=model)
        )

    def card(self, name: str) -> ModelCard:
        """Give the card of a model that a camera names."""
        return next(card for card in self.models if card.name == name)

    def running(self, at: Place) -> DetectorsConfig:
        """Give only the rules over streams that run in one place."""
        return self.model_copy(
            update={
                "models": (),
                "cameras": {},
                "detectors": tuple(rule for rule in self.detectors if rule.at == at),
                "together": tuple(rule for rule in self.together if rule.at == at),
            }
        )

    def digest(self) -> str:
        """Hash of the whole configuration and of the numbers of its detectors."""
        return digest_of(
            self,
            *(rule.digest() for rule in self.detectors),
            *(rule.digest() for rule in self.together),
        )


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at one place of a file, or, of a warning, what is hardly meant."""

    place: str
    sentence: str
    line: int | None = None

    @override
    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        return f"{where}{self.sentence}" + (f" (line {self.line})" if self.line is not None else "")


@dataclass(frozen=True, slots=True)
class Read:
    """A file as far as it could be read."""

    config: DetectorsConfig | None
    """None when there are faults."""
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict)
    """Line of each place, for who finds more that is wrong."""


def read(text: str) -> Read:
    """Read the YAML of a site; every fault at once, each with its line."""
    if not _says_anything(text):
        return Read(defaults())
    try:
        marked = read_marked(
            text,
            what="the file",
            code="detectors.config",
            begins="`detectors:` or `cameras:`",
            characters_max=_TEXT_MAX,
        )
    except Rejected as error:
        return Read(None, (Fault("", error.reason),))
    faults = [
        Fault(place, "is written twice, and only this one holds: keep one", line)
        for place, line in marked.twice.items()
    ]
    config: DetectorsConfig | None = None
    try:
        config = DetectorsConfig.model_validate(marked.tree)
        if "detectors" not in marked.tree:
            config = config.model_copy(update={"detectors": defaults().detectors})
    except ValidationError as error:
        faults += [_placed(one["loc"], one["msg"], marked) for one in error.errors(include_url=False)]
    if config is None or faults:
        return Read(None, tuple(sorted(faults, key=lambda one: one.line or 0)))
    return Read(config, (), tuple(_doubts(config, marked)), marked.lines)


def load(text: str) -> DetectorsConfig:
    """Read the YAML of a site; raises `Rejected` (`detectors.config`) with a sentence for every fault."""
    found = read(text)
    if found.config is None:
        raise Rejected("detectors.config", "\n".join(str(one) for one in found.faults))
    return found.config


def defaults() -> DetectorsConfig:
    """Give the rules that are shipped."""
    return load(resources.files("tocsin.detectors").joinpath("defaults.yaml").read_text("utf-8"))


def _says_anything(text: str) -> bool:
    return any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines())


def _placed(where: tuple[int | str, ...], sentence: str, marked: Marked) -> Fault:
    """Find the place of a fault in the text: bare lists and parameters stand on other levels there."""
    place = ""
    at: object = marked.tree
    for part in where:
        if part == "[key]" or (part == "detectors" and isinstance(at, list)):
            continue
        if isinstance(at, dict):
            inner = at.get("parameters")
            if part not in at and isinstance(inner, dict):
                place, at = f"{place}.parameters", inner
            place += f".{part}" if place else str(part)
            at = at.get(part)
        elif isinstance(part, int):
            place += f"[{part}]"
            items: dict[object, object] = dict(enumerate(at)) if isinstance(at, list) else {}
            at = items.get(part)
    return Fault(place, sentence, line_of(marked.lines, place))


def _doubts(config: DetectorsConfig, marked: Marked) -> Iterator[Fault]:
    for number, rule in enumerate(config.detectors):
        if not any(sign in rule.match for sign in "/*?["):
            place = f"detectors[{number}].match"
            sentence = f"{rule.match!r} matches no stream, for each is `device/quantity`: write `*/{rule.match}` or `{rule.match}/*`"
            yield Fault(place, sentence, line_of(marked.lines, place))
        elif plain_signs(rule.match) != rule.match:
            place = f"detectors[{number}].match"
            sentence = (
                f"{rule.match} has Chinese signs, which are part of the name: write {plain_signs(rule.match)}"
            )
            yield Fault(place, sentence, line_of(marked.lines, place))
        try:
            check_unit(rule.unit or "")
        except Rejected as error:
            place = f"detectors[{number}].unit"
            yield Fault(place, error.reason, line_of(marked.lines, place))
    yield from _deaf(config, marked)
    named = {section.model for section in config.cameras.values()}
    for number, card in enumerate(config.models):
        if card.name not in named:
            place = f"models[{number}]"
            yield Fault(place, f"no camera names the model {card.name}", line_of(marked.lines, place))


def _deaf(config: DetectorsConfig, marked: Marked) -> Iterator[Fault]:
    """Doubt what can hear or see nothing: parts of no rule, a search for people without a model."""
    names = {*ALWAYS, *(rule.name for rule in config.detectors)}
    names |= {rule.name for section in config.cameras.values() for rule in section.detectors or ()}
    for number, rule in enumerate(config.together):
        for place, part in enumerate(rule.of):
            if not fnmatch.filter(names, part.detector):
                where = f"together[{number}].of[{place}].detector"
                sentence = f"no rule here is named {part.detector}: name one by its `name`"
                yield Fault(where, sentence, line_of(marked.lines, where))
    default = config.cameras.get(DEFAULT, CameraSection())
    for name, section in config.cameras.items():
        for number, one in enumerate(section.detectors or ()):
            if one.detector == "presence" and not (
                section.model or default.model or one.parameters.get("moving")
            ):
                where = f"cameras.{name}.detectors[{number}]"
                where = where if where in marked.lines else f"cameras.{name}[{number}]"
                sentence = (
                    "presence sees nobody without a model: name the camera's `model`, or write `moving: true`"
                )
                yield Fault(where, sentence, line_of(marked.lines, where))


def _twice(names: list[str], where: str) -> list[InitErrorDetails]:
    return [
        fault(f"the name {name!r} is used twice: give each its own `name`", where, number, "name", given=name)
        for number, name in enumerate(names)
        if name in names[:number]
    ]


def _refuse(form: Form, faults: list[InitErrorDetails]) -> None:
    if faults:
        raise faulty(type(form).__name__, faults)
