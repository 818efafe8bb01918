import json

import httpx
import pytest

from tocsin.bench import calls
from tocsin.bench.calls import Provider
from tocsin.bench.engine import bench


async def said(provider: Provider, member: str) -> int:
    request = httpx.Request("POST", "https://wecom/cgi-bin/message/send", json={"touser": member})
    return int(json.loads(await (await provider.answer(request)).aread())["errcode"])


async def test_the_provider_drops_the_thirty_first_of_a_member_without_a_word() -> None:
    provider = Provider()
    assert [await said(provider, "ann") for _ in range(31)] == [0] * 31
    assert (provider.reached["ann"], provider.over) == (30, 1)


async def test_the_provider_refuses_what_exceeds_the_application(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "PER_MINUTE", 2)
    provider = Provider()
    assert [await said(provider, name) for name in ("ann", "bob", "cat")] == [0, 0, 45009]
    assert provider.over == 1


@pytest.mark.heavy
async def test_everybody_is_reached_once() -> None:
    async with bench() as made:
        found = await calls.measure(made, 40)
    assert (found.lost, found.twice, found.over) == (0, 0, 0)
