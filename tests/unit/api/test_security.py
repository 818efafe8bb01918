from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.support.api import SMOKE, World
from tocsin.api.config import ApiConfig
from tocsin.api.metrics import REQUESTS
from tocsin.api.security import SHEETS
from tocsin.town.ports import Role

URL = f"/api/incidents/{SMOKE}/confirm"
BODY = {"act": "act-00000001"}


async def test_every_answer_has_the_security_headers() -> None:
    world = World()
    async with world.client() as client:
        for url in ("/healthz", "/api/session", "/api/nothing"):
            headers = (await client.get(url)).headers
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
            assert "strict-transport-security" not in headers


async def test_tls_is_demanded_where_the_public_address_has_it() -> None:
    world = World(config=ApiConfig(public_url="https://bell.example.org", cookie_secure=True))
    async with world.client() as client:
        assert "strict-transport-security" in (await client.get("/healthz")).headers


def test_a_tls_address_without_a_secure_cookie_is_a_fault_of_the_settings() -> None:
    with pytest.raises(ValueError, match="cookie_secure: true"):
        ApiConfig(public_url="https://bell.example.org")


async def test_answers_of_the_api_are_not_kept() -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR) as client:
        assert (await client.get("/api/incidents")).headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("public", "headers", "status"),
    [
        ("", {}, 200),
        ("", {"Origin": "http://bell"}, 200),
        ("", {"Origin": "http://evil"}, 403),
        ("", {"Origin": "null"}, 403),
        ("", {"Sec-Fetch-Site": "cross-site"}, 403),
        ("", {"Sec-Fetch-Site": "same-site"}, 403),
        ("", {"Sec-Fetch-Site": "same-origin"}, 200),
        ("http://tower", {"Origin": "http://tower"}, 200),
        ("http://tower", {"Origin": "http://bell"}, 403),
    ],
)
async def test_only_our_own_page_may_post(public: str, headers: dict[str, str], status: int) -> None:
    world = World(config=ApiConfig(public_url=public))
    async with world.signed_in(Role.OPERATOR) as client:
        answer = await client.post(URL, json=BODY, headers=headers)
    assert answer.status_code == status
    assert len(world.alerts.asked) == (status == 200)


async def test_sign_in_from_another_site_is_refused() -> None:
    world = World()
    async with world.client() as client:
        answer = await client.post(
            "/api/session", json={"name": "ann", "password": "x"}, headers={"Origin": "http://evil"}
        )
    assert (answer.status_code, answer.json()["code"]) == (403, "origin.foreign")


async def test_a_body_at_the_limit_passes_and_one_byte_more_does_not() -> None:
    world = World(config=ApiConfig(body_bytes_max=1024))
    async with world.signed_in(Role.OPERATOR) as client:
        body = b'{"act": "act-00000001"' + b" " * (1024 - 23) + b"}"
        headers = {"Content-Type": "application/json"}
        assert (await client.post(URL, content=body, headers=headers)).status_code == 200
        answer = await client.post(URL, content=body + b" ", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "body.too_large")


async def test_a_body_that_does_not_tell_its_length_is_bounded_too() -> None:
    world = World(config=ApiConfig(body_bytes_max=1024))

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 600

    async with world.signed_in(Role.OPERATOR) as client:
        answer = await client.post(URL, content=endless())
    assert answer.status_code == 413


@pytest.mark.parametrize("length", ["-1", "many", "9" * 40])
async def test_a_senseless_length_is_refused(length: str) -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR) as client:
        answer = await client.post(URL, content=b"{}", headers={"Content-Length": length})
    assert answer.status_code == 413


async def test_answers_are_counted_by_operation_not_by_address() -> None:
    world = World()
    before = REQUESTS.labels("getIncident", "200")._value.get()
    unknown = REQUESTS.labels("other", "404")._value.get()
    async with world.signed_in(Role.OPERATOR) as client:
        await client.get(f"/api/incidents/{SMOKE}")
        await client.get("/api/made-up-by-a-scanner")
    assert REQUESTS.labels("getIncident", "200")._value.get() == before + 1
    assert REQUESTS.labels("other", "404")._value.get() == unknown + 1


async def test_a_photo_may_be_larger_than_other_bodies_and_few_come_in_at_one_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    form = {"token": world.token(), "act": "photo-0001", "challenge": "code-wang"}
    photo = {"photo": ("x.jpg", b"x" * 200_000)}
    async with world.client() as client:
        sent = await client.post("/api/go/arrive-photo", data=form, files=photo)
        assert sent.json()["code"] == "photo.form", "it was let in and looked at"
        assert (await client.post("/api/go/act", content=b"x" * 200_000)).status_code == 413
    monkeypatch.setattr("tocsin.api.security.PHOTOS_AT_ONCE", 0)
    async with World().client() as client:
        busy = await client.post("/api/go/arrive-photo", data=form, files=photo)
    assert (busy.status_code, busy.json()["code"]) == (503, "photo.busy")


async def test_a_photo_that_comes_too_slowly_gives_its_place_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.api.security.PHOTO_SECONDS", 0.01)

    async def never() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.Event().wait()

    async with World().client() as client:
        for _ in range(2):
            slow = await client.post("/api/go/arrive-photo", content=never())
            assert (slow.status_code, slow.json()["code"]) == (408, "photo.slow")


async def test_a_sheet_may_be_larger_than_other_bodies_and_few_come_in_at_one_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sheet = {"csv": ("grids.csv", b"x" * 200_000)}
    async with World().signed_in(Role.ADMINISTRATOR) as client:
        sent = await client.post("/api/grids/check", files=sheet)
        assert (sent.status_code, sent.json()["kind"]) == (202, "grid_check")
    monkeypatch.setattr("tocsin.api.app.SHEETS", replace(SHEETS, at_once=0))
    async with World().signed_in(Role.ADMINISTRATOR) as client:
        busy = await client.post("/api/grids/check", files=sheet)
    assert (busy.status_code, busy.json()["code"]) == (503, "sheet.busy")


async def test_a_stranger_holds_no_place_of_a_sheet() -> None:
    async def never() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.Event().wait()

    async with World().client() as client, asyncio.timeout(5):
        for path in ("/api/grids/import", "/api/people/import"):
            answer = await client.post(path, content=never())
            assert (answer.status_code, answer.json()["code"]) == (401, "session.missing")
