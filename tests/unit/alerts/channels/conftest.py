from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import httpx
import pytest

from tocsin.alerts.channels.http import new_client
from tocsin.alerts.ports import Message
from tocsin.core.clock import ManualClock
from tocsin.core.ids import IncidentId, NoticeId


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 22, 12, 0, tzinfo=UTC))


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with new_client() as client:
        yield client


@pytest.fixture
def message() -> Callable[..., Message]:
    def make(address: str, **changes: object) -> Message:
        fields: dict[str, object] = {
            "notice": NoticeId("n-1"),
            "incident": IncidentId("i-1"),
            "address": address,
            "title": "烟雾 III",
            "text": "溪口村粮仓有烟，请于 12:03 前到场",
            "link": "https://tocsin.example/i/i-1",
            "template": "call",
            "seconds_left": 170.0,
        } | changes
        return Message(**fields)

    return make
