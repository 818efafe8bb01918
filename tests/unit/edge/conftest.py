from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest
from amqtt.broker import Broker

from tests.support.edge import Centre, free_port


@pytest.fixture
async def broker_port() -> AsyncIterator[int]:
    port = free_port()
    logging.getLogger("amqtt").setLevel(logging.CRITICAL)
    logging.getLogger("transitions").setLevel(logging.CRITICAL)
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
    await broker.start()
    yield port
    await broker.shutdown()


@pytest.fixture
async def centre(broker_port: int) -> AsyncIterator[Centre]:
    centre = Centre(broker_port)
    ready = asyncio.Event()
    task = asyncio.create_task(centre.run(ready))
    await asyncio.wait_for(ready.wait(), 10)
    yield centre
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
