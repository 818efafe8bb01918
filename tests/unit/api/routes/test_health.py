from __future__ import annotations

from tests.support.api import World
from tocsin.api.config import ApiConfig


async def test_alive_asks_nothing() -> None:
    world = World()
    world.faults = ["the database does not answer"]
    async with world.client() as client:
        answer = await client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_ready_tells_each_fault() -> None:
    world = World()
    async with world.client() as client:
        assert (await client.get("/readyz")).status_code == 200
        world.faults = ["the database does not answer"]
        answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (
        503,
        {"ready": False, "faults": ["the database does not answer"]},
    )


async def test_figures_are_given_in_prometheus_form() -> None:
    async with World().client() as client:
        await client.get("/healthz")
        answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'tocsin_api_requests_total{operation="getHealth",status="200"}' in answer.text


async def test_figures_can_be_switched_off() -> None:
    async with World(config=ApiConfig(expose_metrics=False)).client() as client:
        assert (await client.get("/metrics")).json()["code"] == "metrics.off"
