"""The JSON Schema of `detectors.yaml`, for editors: every rule with the parameters of its own detector.

Made from the classes that read the file (`config`, `rules`, `catalog`), so that the two cannot part.
It offers one way of writing: parameters on the rule's own level.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from pydantic import BaseModel, ValidationError
from pydantic.json_schema import models_json_schema

from tocsin.detectors.catalog import PICTURES, STREAMS, PictureEntry, StreamEntry
from tocsin.detectors.config import CameraSection, DetectorsConfig
from tocsin.detectors.rules import PictureRule, Rule, StreamRule

Schema: TypeAlias = dict[str, Any]

_HEAD: Final = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Detectors of a site of Tocsin",
    "description": "What watches readings and pictures; one file for box and centre. A section that is left out is as shipped.",
}


def detectors_schema() -> Schema:
    """Describe the file."""
    entries: Sequence[StreamEntry | PictureEntry] = [*STREAMS.values(), *PICTURES.values()]
    models: list[type[BaseModel]] = [
        DetectorsConfig,
        CameraSection,
        StreamRule,
        PictureRule,
        *(entry.parameters for entry in entries),
    ]
    named, whole = models_json_schema([(model, "validation") for model in dict.fromkeys(models)])
    parts: dict[str, Schema] = whole["$defs"]
    names = {model: ref["$ref"].rpartition("/")[2] for (model, _), ref in named.items()}
    read = {model: parts.pop(name) for model, name in names.items()}
    for entry in entries:
        prefix, own = ("stream", StreamRule) if isinstance(entry, StreamEntry) else ("picture", PictureRule)
        parts[f"{prefix}.{entry.name}"] = _rule(read[own], read[entry.parameters], entry)
    parts[names[StreamRule]] = _chosen(StreamRule, "stream", ["name", "detector"])
    bare = [entry.name for entry in PICTURES.values() if _needs_nothing(entry)]
    parts[names[PictureRule]] = {"anyOf": [{"enum": bare}, _chosen(PictureRule, "picture", ["detector"])]}
    rules = {
        "type": "array",
        "items": {"$ref": f"#/$defs/{names[PictureRule]}"},
        "maxItems": 16,
        "description": read[CameraSection]["properties"]["detectors"]["description"],
    }
    section = read[CameraSection]
    section["properties"]["detectors"] = rules
    parts[names[CameraSection]] = {"anyOf": [rules, section]}
    described = {**read[DetectorsConfig], **_HEAD, "$defs": dict(sorted(parts.items()))}
    plain: Schema = _without_titles(described)
    return plain


def schema_text() -> str:
    """Write it as editors read it."""
    return json.dumps(detectors_schema(), ensure_ascii=False, indent=1) + "\n"


def _rule(own: Schema, parameters: Schema, entry: StreamEntry | PictureEntry) -> Schema:
    """Put a rule's own keys and its detector's parameters on one level."""
    keys = {key: dict(value) for key, value in own["properties"].items() if key != "parameters"}
    keys["detector"]["const"] = entry.name
    if entry.name == "button":
        keys["at"] = {"const": "box", "description": keys["at"]["description"]}
    if "zone" in keys:
        keys["zone"]["anyOf"] = [{"type": "string"}, *keys["zone"]["anyOf"]]
    return {
        "type": "object",
        "description": (entry.parameters.__doc__ or "").partition("\n")[0],
        "properties": {**keys, **parameters.get("properties", {})},
        "required": ["detector", *(["name"] if "match" in keys else []), *parameters.get("required", [])],
        "additionalProperties": False,
    }


def _chosen(rule: type[Rule], prefix: str, required: list[str]) -> Schema:
    """Choose the form of a rule by its detector; `if` and `then` give better faults than `oneOf`."""
    names = list(rule.catalog())
    return {
        "type": "object",
        "required": required,
        "properties": {"detector": {"enum": names, "description": "Which detector."}},
        "allOf": [
            {
                "if": {"properties": {"detector": {"const": name}}, "required": ["detector"]},
                "then": {"$ref": f"#/$defs/{prefix}.{name}"},
            }
            for name in names
        ],
    }


def _needs_nothing(entry: PictureEntry) -> bool:
    try:
        entry.parameters()
    except ValidationError:
        return False
    return True


def _without_titles(schema: Any, *, names: bool = False) -> Any:
    """Leave out what pydantic makes of the names of fields; `names` is for mappings whose keys are names."""
    if isinstance(schema, list):
        return [_without_titles(one) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    top = "$schema" in schema
    return {
        key: _without_titles(value, names=not names and key in {"properties", "$defs"})
        for key, value in schema.items()
        if names or top or key != "title"
    }
