"""The description is complete: clients are generated from it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from tests.support.api import World
from tocsin.api import openapi
from tocsin.api.app import PUBLIC, routes
from tocsin.core.incidents import IncidentEvent


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi.document(World().app)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def undescribed(document: dict[str, Any]) -> list[str]:
    missing = []
    for name, operation in operations(document):
        if not operation.get("summary") or not operation.get("description") or not operation.get("tags"):
            missing.append(name)
        missing += [
            f"{name} {p['name']}" for p in operation.get("parameters", []) if not p.get("description")
        ]
    for name, schema in document["components"]["schemas"].items():
        if "enum" not in schema and schema.get("description", name) in {name, name.removeprefix("Event")}:
            missing.append(name)
        for field, inner in schema.get("properties", {}).items():
            if not inner.get("description") or inner["description"] == field:
                missing.append(f"{name}.{field}")
    return missing


def test_every_operation_parameter_and_field_is_described(document: dict[str, Any]) -> None:
    assert undescribed(document) == []


def test_a_field_without_description_is_found(document: dict[str, Any]) -> None:
    planted = json.loads(json.dumps(document))
    del planted["components"]["schemas"]["IncidentLine"]["properties"]["state"]["description"]
    assert undescribed(planted) == ["IncidentLine.state"]


def test_operation_ids_are_unique_names_of_functions(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in operations(document)]
    assert len(names) == len(set(names)) == len(list(routes()))
    assert all(name.isidentifier() and name[0].islower() for name in names)


def test_every_operation_tells_its_roles_its_needs_and_the_form_of_its_errors(
    document: dict[str, Any],
) -> None:
    for name, operation in operations(document):
        error = operation["responses"]["default"]["content"]["application/json"]["schema"]
        assert error == {"$ref": "#/components/schemas/ErrorBody"}, name
        if operation["operationId"] in PUBLIC:
            continue
        assert operation["x-roles"], name
        assert ("csrf" in operation["security"][0]) == (not name.startswith("get ")), name


def test_every_event_has_its_type_and_no_reference_leads_nowhere(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    tags = {
        schemas[one["$ref"].rsplit("/", 1)[1]]["properties"]["event"]["enum"][0]
        for one in schemas["IncidentEvent"]["anyOf"]
    }
    assert tags == {event.__struct_config__.tag for event in get_args(IncidentEvent)}
    assert schemas["LogLine"]["properties"]["event"]["$ref"] == "#/components/schemas/IncidentEvent"
    text = json.dumps(document)
    for reference in {part.split('"')[0] for part in text.split('"$ref": "')[1:]}:
        assert reference.removeprefix("#/components/schemas/") in schemas, reference
    assert "x-tocsin-ref" not in text


def test_the_command_writes_the_same_document(
    document: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    openapi.main()
    written = capsys.readouterr().out
    assert json.loads(written) == json.loads(json.dumps(document))
    openapi.main()
    assert capsys.readouterr().out == written


async def test_the_application_serves_it(document: dict[str, Any]) -> None:
    async with World().client() as client:
        assert (await client.get("/api/openapi.json")).json() == json.loads(json.dumps(document))
