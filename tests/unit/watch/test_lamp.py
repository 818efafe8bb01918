from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import pytest
from structlog.testing import capture_logs

from tests.support.site import until
from tocsin.core.clock import ManualClock
from tocsin.watch.config import LampConfig
from tocsin.watch.lamp import Lamp

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


@asynccontextmanager
async def shining(statuses: list[int], every: float = 600.0) -> AsyncIterator[tuple[Lamp, list[dict]]]:
    told: list[dict] = []

    def answer(request: httpx.Request) -> httpx.Response:
        told.append(json.loads(request.content))
        return httpx.Response(statuses.pop(0) if statuses else 204)

    config = LampConfig.model_validate({"webhook": "http://127.0.0.1:9/lamp", "every_seconds": max(every, 1)})
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        lamp = Lamp(config, client, ManualClock(NOW))
        task = asyncio.create_task(lamp.run())
        try:
            yield lamp, told
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.mark.timeout(10)
async def test_the_lamp_follows_the_worst_that_stands() -> None:
    async with shining([]) as (lamp, told):
        await until(lambda: len(told) == 1)
        for pages, tickets in ((0, 1), (1, 1), (1, 1), (0, 0)):
            count = len(told)
            lamp.show(pages=pages, tickets=tickets)
            if (pages, tickets) != (1, 1) or told[-1]["lamp"] != "red":
                await until(lambda count=count: len(told) > count)  # type: ignore[misc]
    assert [one["lamp"] for one in told] == ["green", "yellow", "red", "green"]
    assert told[2]["findings"] == 2


@pytest.mark.timeout(10)
async def test_the_colour_is_said_again_so_that_silence_means_something() -> None:
    async with shining([], every=1.0) as (_, told):
        while len(told) < 2:
            await asyncio.sleep(0.05)
    assert {one["lamp"] for one in told} == {"green"}


@pytest.mark.timeout(10)
async def test_a_lamp_that_cannot_be_told_is_a_warning_and_no_end() -> None:
    with capture_logs() as lines:
        async with shining([500]) as (lamp, told):
            await until(lambda: bool(lines))
            lamp.show(pages=1, tickets=0)
            await until(lambda: len(told) == 2)
    assert [line["event"] for line in lines] == ["watch.lamp_dark"]
    assert told[-1]["lamp"] == "red"


def test_a_lamp_without_a_place_is_refused() -> None:
    with pytest.raises(ValueError, match="webhook or mqtt"):
        LampConfig()


@pytest.mark.timeout(10)
async def test_the_lamps_address_may_be_a_secret_and_stands_in_no_log() -> None:
    with capture_logs() as lines:
        async with shining([404]):
            await until(lambda: bool(lines))
    assert lines[0]["reason"] == "status 404"
