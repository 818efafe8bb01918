from datetime import timedelta

import pytest

from tocsin.bench import takeover
from tocsin.bench.engine import bench


@pytest.mark.heavy
async def test_what_a_killed_engine_held_is_fired_once_by_the_other() -> None:
    async with bench() as made:
        found = await takeover.measure(made, 100)
    assert (found.deadlines, found.lost, found.twice) == (100, 0, 0)
    assert found.seconds < 10


@pytest.mark.heavy
async def test_without_any_engine_everything_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """The measure can fail: engines that do nothing lose every deadline."""
    engine = takeover._engine

    async def idle(_: str) -> object:
        return await engine("dbname=nowhere host=/nonexistent connect_timeout=1")

    monkeypatch.setattr(takeover, "_engine", idle)
    monkeypatch.setattr(takeover, "START_SECONDS", 0.5)
    monkeypatch.setattr(takeover, "SETTLE_SECONDS", 0.5)
    async with bench() as made:
        await made.open("unused", 1, timedelta(), await made.now())
        assert (await takeover.measure(made, 10)).lost == 10
