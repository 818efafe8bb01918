"""Make the pages of `docs/` that repeat what the code says: the settings, field by field."""

from __future__ import annotations

import json
import types
from collections.abc import Iterator
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from tocsin.alerts import diagram as states
from tocsin.alerts.policy import policy_schema
from tocsin.detectors import config_schema
from tocsin.edge.config import CollectorConfig
from tocsin.settings import Settings
from tocsin.town import figure_page


def pages() -> dict[str, str]:
    """Give path → text of every generated page."""
    return {
        "docs/configuration.md": _configuration(),
        "docs/collector.md": _collector(),
        "docs/policy.schema.json": schema_text(),
        "docs/states.md": states.page(),
        "docs/reports.md": figure_page.page(),
        "docs/detectors.schema.json": config_schema.schema_text(),
    }


def schema_text() -> str:
    """Write the JSON Schema of policies, as editors read it."""
    return json.dumps(policy_schema(), ensure_ascii=False, indent=1) + "\n"


def _configuration() -> str:
    head = [
        "# Configuration of the centre",
        "",
        "Made from the code by `make docs`; do not edit. One YAML file (`tocsin run --config FILE.yaml`), and",
        "environment variables that win over it: `TOCSIN__STORE__POOL_MAX=20` sets `store.pool_max`.",
        "Unknown keys are refused; all faults are said at once.",
        "",
    ]
    return "\n".join([*head, *_model(Settings, "")]) + "\n"


def _collector() -> str:
    head = [
        "# Configuration of a collector",
        "",
        "Made from the code by `make docs`; do not edit. `tocsin collector add NAME --grid CODE` prints a file to begin",
        "with, `tocsin edge check FILE.yaml` says what is not well. Relative paths are relative to the file.",
        "",
    ]
    return "\n".join([*head, *_model(CollectorConfig, "")]) + "\n"


def _model(model: type[BaseModel], prefix: str) -> Iterator[str]:
    """Give a table of the plain fields, then a section for each inner model."""
    inner: list[tuple[str, type[BaseModel]]] = []
    rows = []
    for name, field in model.model_fields.items():
        models = [
            kind
            for kind in _kinds(field.annotation)
            if isinstance(kind, type) and issubclass(kind, BaseModel)
        ]
        inner += [
            (f"{prefix}{name}" + (f" ({kind.__name__})" if len(models) > 1 else ""), kind) for kind in models
        ]
        if not models or get_origin(field.annotation) in {list, tuple, dict}:
            rows.append(f"| `{name}` | {_type(field)} | {_default(field)} | {_sentence(field)} |")
        elif field.default is None:
            rows.append(f"| `{name}` | section | none | {_sentence(field)} |")
    if rows:
        yield from ("| key | type | default | meaning |", "| --- | --- | --- | --- |", *rows, "")
    for path, kind in inner:
        yield f"## {path}"
        yield ""
        yield (kind.__doc__ or "").strip().split("\n")[0]
        yield ""
        yield from _model(kind, f"{path}.")


def _kinds(annotation: Any) -> Iterator[Any]:
    arguments = get_args(annotation)
    if not arguments:
        yield annotation
    for argument in arguments:
        yield from _kinds(argument)


def _type(field: FieldInfo) -> str:
    bounds = []
    for item in field.metadata:
        for key, sign in (
            ("ge", "≥"),
            ("gt", ">"),
            ("le", "≤"),
            ("lt", "<"),
            ("min_length", "length ≥"),
            ("max_length", "length ≤"),
        ):
            value = getattr(item, key, None)
            if value is not None:
                bounds.append(f"{sign} {value}")
    return ", ".join([_name(field.annotation), *dict.fromkeys(bounds)]).replace("|", "or")


def _name(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation is type(None):
        return "none"
    if origin in {Union, types.UnionType}:
        return " or ".join(_name(one) for one in arguments)
    if origin is not None and str(origin) == "typing.Literal":
        return " or ".join(f"`{one}`" for one in arguments)
    if origin in {list, tuple}:
        return f"list of {_name(arguments[0])}"
    if origin is dict:
        return f"mapping of {_name(arguments[1])}"
    if origin is not None and arguments:
        return _name(arguments[0])
    return {
        "str": "text",
        "int": "whole number",
        "float": "number",
        "bool": "true or false",
        "SecretStr": "secret",
    }.get(getattr(annotation, "__name__", ""), getattr(annotation, "__name__", str(annotation)).lower())


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    value = (
        field.default
        if field.default is not PydanticUndefined
        else field.get_default(call_default_factory=True, validated_data={})
    )
    if isinstance(value, SecretStr) or value is None:
        return "none"
    shown = str(value.value) if hasattr(value, "value") else str(value)
    return f"`{shown}`" if shown else "empty"


def _sentence(field: FieldInfo) -> str:
    return (field.description or "").replace("|", "\\|").replace("\n", " ")
