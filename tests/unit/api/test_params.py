from __future__ import annotations

import pytest

from tests.support.api import World
from tocsin.town.ports import Role


@pytest.mark.parametrize(
    "url",
    [
        "/api/incidents?most=0",
        "/api/incidents?most=501",
        "/api/incidents?before=2026-11-22T14:00:00",
        "/api/incidents/" + "x" * 65,
        "/api/incidents/a%00b",
        "/api/incidents?kind=dragon",
        "/api/readings?stream=../../etc",
        "/api/readings?stream=" + "x" * 400,
        "/api/devices?most=2001",
        "/api/devices?collector=a/b",
        "/api/pictures/" + "A" * 64,
        "/api/pictures/" + "a" * 63,
        "/api/pictures?camera=",
        "/api/readings?stream=a/b/c&most=10001",
    ],
)
async def test_a_parameter_outside_its_bounds_is_refused_with_its_name(url: str) -> None:
    async with World().signed_in(Role.OPERATOR) as client:
        answer = await client.get(url)
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")
    assert answer.json()["details"][0]["field"].split(".")[0] in {"query", "path"}


@pytest.mark.parametrize(
    "url", ["/api/incidents?most=500&before=2026-11-22T14:00:00Z", "/api/readings?stream=a/b/c/d"]
)
async def test_a_parameter_at_its_bound_passes(url: str) -> None:
    async with World().signed_in(Role.OPERATOR) as client:
        assert (await client.get(url)).status_code == 200
