from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from tests.support.api import SMOKE, World
from tocsin.core.errors import Conflict, InvariantBroken, NotFound, Rejected, Transient
from tocsin.town.ports import Role

URL = f"/api/incidents/{SMOKE}/confirm"


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (
            Rejected("incident.closed", "cannot confirm: it was closed at 14:03 by Ann"),
            422,
            "incident.closed",
        ),
        (NotFound("incident.unknown", "there is no such incident"), 404, "incident.unknown"),
        (Conflict("version 4 is not 5"), 409, "conflict"),
        (Transient("connection refused to 10.0.0.3"), 503, "transient"),
        (InvariantBroken("secret detail"), 500, "internal"),
        (ZeroDivisionError("secret detail"), 500, "internal"),
    ],
)
async def test_each_kind_of_error_has_its_status_and_a_sentence(
    failure: Exception, status: int, code: str
) -> None:
    world = World()
    world.alerts.failure = failure
    async with world.signed_in(Role.OPERATOR) as client:
        with capture_logs():
            answer = await client.post(URL, json={"act": "act-00000001"})
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code)
    assert len(body["message"]) > 20
    for secret in ("Traceback", "secret detail", "10.0.0.3"):
        assert secret not in answer.text


async def test_a_reason_reaches_the_person_as_it_is() -> None:
    world = World()
    world.alerts.failure = Rejected("incident.closed", "cannot confirm: it was closed at 14:03 by Ann")
    async with world.signed_in(Role.OPERATOR) as client:
        answer = await client.post(URL, json={"act": "act-00000001"})
    assert answer.json()["message"] == "cannot confirm: it was closed at 14:03 by Ann"


async def test_a_transient_fault_says_when_to_come_back() -> None:
    world = World()
    world.alerts.failure = Transient("gone")
    async with world.signed_in(Role.OPERATOR) as client:
        answer = await client.post(URL, json={"act": "act-00000001"})
    assert answer.headers["retry-after"] == "2"


async def test_a_faulty_field_is_named_and_not_echoed() -> None:
    world = World()
    async with world.client() as client:
        answer = await client.post("/api/session", json={"name": "ann", "password": "secret" * 60})
    body = answer.json()
    assert (answer.status_code, body["code"]) == (422, "request.invalid")
    assert body["details"][0]["field"] == "body.password"
    assert "secret" not in answer.text


async def test_all_faulty_fields_are_named_at_once() -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR) as client:
        answer = await client.post(
            "/api/reports", json={"act": "x", "kind": "dragon", "words": "it spits", "colour": "red"}
        )
    fields = {fault["field"] for fault in answer.json()["details"]}
    assert fields == {"body.act", "body.kind", "body.colour"}


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b"NaN", b'{"act": NaN}'])
async def test_bytes_that_are_no_body_are_refused_with_a_sentence(content: bytes) -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR) as client:
        answer = await client.post(URL, content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")


@pytest.mark.parametrize(
    ("method", "url", "status"), [("GET", "/api/nothing", 404), ("PUT", "/api/alarms", 405)]
)
async def test_unknown_addresses_and_methods_answer_in_the_same_form(
    method: str, url: str, status: int
) -> None:
    world = World()
    async with world.client() as client:
        answer = await client.request(method, url)
    assert answer.status_code == status
    assert set(answer.json()) == {"code", "message"}
