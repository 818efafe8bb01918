"""Every route of the running application has roles, bounds and a description; a new one cannot slip in without."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.api import World
from tocsin.api.app import PUBLIC, roles_of, routes

METHODS = {"get", "post", "put", "patch", "delete"}
BOUNDED_STRINGS = {"maxLength", "pattern", "enum", "const", "format"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = World().app.openapi()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in METHODS:
                yield f"{method} {path}", operation


def unbounded(schema: dict[str, Any], document: dict[str, Any], where: str) -> list[str]:
    """Strings, numbers and lists in an input that may be as large as they like."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return unbounded(document["components"]["schemas"][name], document, where)
    found = []
    for inner in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
        found += unbounded(inner, document, where)
    for field, inner in schema.get("properties", {}).items():
        found += unbounded(inner, document, f"{where}.{field}")
    match schema.get("type"):
        case "string" if not BOUNDED_STRINGS & set(schema):
            found.append(where)
        case "number" | "integer" if not {"maximum", "exclusiveMaximum"} & set(schema):
            found.append(where)
        case "array":
            found += [] if "maxItems" in schema else [where]
            found += unbounded(schema["items"], document, f"{where}[]")
        case "object" if schema.get("additionalProperties") is not False:
            found.append(f"{where} takes unknown fields")
    return found


def inputs(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            yield f"{name} {parameter['name']}", parameter["schema"]
        if "requestBody" in operation:
            for body in operation["requestBody"]["content"].values():
                yield f"{name} body", body["schema"]


def test_the_application_has_the_routes_of_the_routers_and_no_others(document: dict[str, Any]) -> None:
    served = {operation["operationId"] for _, operation in operations(document)}
    assert served == {route.operation_id for route in routes()}


def test_every_route_names_its_roles() -> None:
    nameless = [route.path for route in routes() if not roles_of(route) and route.operation_id not in PUBLIC]
    assert not nameless, "take a caller of tocsin.api.access (Operator, Responder, …) as a parameter"


def test_what_is_public_is_a_decision() -> None:
    assert set(PUBLIC) == {
        "signIn", "getHealth", "getReadiness", "getMetrics",
        "takeHook", "answerChannelTest",  # a secret or a token is in the address or the body
        "openLink", "actByLink", "linkPhotoChallenge", "arriveByPhotoLink",  # the link's token is in the body
        "getCapFeed", "getCapAlert",  # a session of the desk, or another system's token in the header
    }  # fmt: skip


def test_every_input_is_bounded(document: dict[str, Any]) -> None:
    loose = [one for name, schema in inputs(document) for one in unbounded(schema, document, name)]
    assert not loose, "give it max_length, a pattern, le or max_items"


@pytest.mark.parametrize(
    "planted",
    [
        {"type": "string"},
        {"type": "integer", "minimum": 0},
        {"type": "array", "items": {"type": "string", "maxLength": 8}},
        {"type": "array", "maxItems": 8, "items": {"type": "string"}},
        {"anyOf": [{"type": "string"}, {"type": "null"}]},
        {"type": "object", "properties": {}},
    ],
)
def test_an_input_without_bound_is_found(planted: dict[str, Any]) -> None:
    assert unbounded(planted, {}, "planted")


def test_every_list_of_an_answer_is_named_items_or_described(document: dict[str, Any]) -> None:
    missing = [
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, inner in schema.get("properties", {}).items()
        if inner.get("type") == "array" and not inner.get("description")
    ]
    assert not missing


def test_get_routes_have_no_body_and_answer_only_with_safe_methods(document: dict[str, Any]) -> None:
    assert not [name for name, one in operations(document) if name.startswith("get") and "requestBody" in one]


REPEATABLE = {"testChannels", "subscribePush", "unsubscribePush", "setReadiness", "simulatePolicy",
              "shelveAlarm", "addMaintenance", "addFalseSpot", "checkDetectors", "chooseProfile", "saveOrganisation", "saveMatter", "importMatters", "importOrganisations",
              "saveWorkingTime", "changePerson", "addShift", "importPeople", "importGrids", "changeGrid", "setGridLevels"}  # fmt: skip
"""Operations that change nothing the second time, whatever their body."""


ANEW = {
    "checkGrids",
    "createPerson",
    "appoint",
    "saveRoster",
    "readContacts",
    "addOrganisation",
    "photoChallenge",
    "addTag",
    "addPhone",
    "startReplay",
}
"""Operations that make another one the second time, which does no harm and can be taken away."""


def test_every_act_of_a_person_carries_its_id(document: dict[str, Any]) -> None:
    without = []
    for name, operation in operations(document):
        if "requestBody" not in operation or operation["operationId"] in {*PUBLIC, *REPEATABLE, *ANEW}:
            continue
        (content,) = operation["requestBody"]["content"].values()
        body = document["components"]["schemas"][content["schema"]["$ref"].rsplit("/", 1)[1]]
        if "act" not in body.get("required", ()):
            without.append(name)
    assert not without, "a repeated request must be answerable once: add `act: Act` to its body"


def test_the_description_holds_no_address_of_a_machine(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    assert "localhost" not in text
    assert "127.0.0.1" not in text
