"""The description of the API for clients: `python -m tocsin.api.openapi > openapi.json`.

Adds what FastAPI cannot know: the events of `core.incidents`, the one form of errors, the roles
of each operation, the cookie and the CSRF header.
"""

from __future__ import annotations

import sys
from typing import Any, Final, Literal

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from tocsin.api.schemas.base import ErrorBody, Schema
from tocsin.api.schemas.events import EVENT_DESCRIPTIONS, FIELD_DESCRIPTIONS
from tocsin.api.schemas.live import LiveHello, LiveIncident
from tocsin.core.incidents import IncidentEvent

DESCRIPTION: Final = (
    "Sign in with `POST /api/session`; send the answer's `csrf` as header `X-CSRF-Token` with every POST and DELETE. "
    "Instants are ISO 8601 with offset. Errors are `{code, message, details?}`. A GET never changes anything."
)

PREFIX: Final = "#/components/schemas/"


def install(app: FastAPI) -> None:
    """Let the application describe itself with our additions, once."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = document(app)
        return dict(app.openapi_schema)

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's documented way to extend it


def document(app: FastAPI) -> dict[str, Any]:
    """Build the whole document."""
    from tocsin.api.app import roles_of, routes  # noqa: PLC0415 the application imports this module

    raw = get_openapi(title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes)
    schemas = raw.setdefault("components", {}).setdefault("schemas", {})
    for model in (LiveHello, LiveIncident):
        _add_model(schemas, model, mode="serialization")
    _add_model(schemas, ErrorBody, mode="validation")
    _add_events(schemas)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    raw["components"]["securitySchemes"] = {
        "session": {"type": "apiKey", "in": "cookie", "name": "tocsin_session"},
        "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"},
    }
    roles = {route.operation_id: roles_of(route) for route in routes()}
    for operations in raw["paths"].values():
        for method, operation in operations.items():
            _describe(operation, method, roles.get(operation["operationId"]))
    return dict(_referred(raw))


def _describe(operation: dict[str, Any], method: str, roles: frozenset[str] | None) -> None:
    """Say what an operation needs and how it fails."""
    responses = operation["responses"]
    responses.pop("422", None)
    responses["default"] = {
        "description": "Refused or failed: see `code` and `message`.",
        "content": {"application/json": {"schema": {"$ref": PREFIX + "ErrorBody"}}},
    }
    if roles is None:
        return
    operation["x-roles"] = sorted(roles)
    operation["security"] = [{"session": []} if method == "get" else {"session": [], "csrf": []}]


def _add_model(
    schemas: dict[str, Any], model: type[Schema], *, mode: Literal["validation", "serialization"]
) -> None:
    schema = model.model_json_schema(ref_template=PREFIX + "{model}", mode=mode)
    for inner, value in schema.pop("$defs", {}).items():
        schemas.setdefault(inner, value)
    schemas[model.__name__] = schema


def _add_events(schemas: dict[str, Any]) -> None:
    """Add `IncidentEvent` and `Event…` for each kind of event; enumerations keep their own names."""
    (union,), components = msgspec.json.schema_components([IncidentEvent], ref_template=PREFIX + "{name}")
    structs = {name for name, value in components.items() if "event" in value.get("properties", {})}
    renamed = {PREFIX + name: f"{PREFIX}Event{name}" for name in structs}
    for name, value in components.items():
        for field, inner in value.get("properties", {}).items():
            inner.setdefault("description", FIELD_DESCRIPTIONS.get(field, field))
        if name in structs:
            value.setdefault("description", EVENT_DESCRIPTIONS.get(name, name))
            value["title"] = f"Event{name}"
            schemas[f"Event{name}"] = _renamed(value, renamed)
        else:
            schemas.setdefault(name, _renamed(value, renamed))
    schemas["IncidentEvent"] = {
        "title": "IncidentEvent",
        "description": "What happened.",
        **_renamed(union, renamed),
    }


def _renamed(value: Any, renamed: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(inner, renamed) for key, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner, renamed) for inner in value]
    return renamed.get(value, value) if isinstance(value, str) else value


def _referred(value: Any) -> Any:
    """Put references where a body says `x-tocsin-ref`."""
    if isinstance(value, dict):
        name = value.get("x-tocsin-ref")
        if name is not None:
            rest = {key: inner for key, inner in value.items() if key not in {"x-tocsin-ref", "type"}}
            return {**rest, "$ref": PREFIX + name}
        return {key: _referred(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_referred(inner) for inner in value]
    return value


def main() -> None:
    """Write the document to standard output; needs no database."""
    from tocsin.api.app import ROUTERS  # noqa: PLC0415 the application imports this module

    app = FastAPI(title="Tocsin", version="1")
    for router in ROUTERS:
        app.include_router(router)
    text = msgspec.json.format(msgspec.json.encode(document(app), order="sorted"), indent=2)
    sys.stdout.write(text.decode() + "\n")


if __name__ == "__main__":
    main()
