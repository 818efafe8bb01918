import socket
from datetime import timedelta

import httpx
import pytest

from tests.support.providers import HttpProvider, ok, says, silence
from tocsin.alerts.channels.http import ANSWER_BYTES_MAX, Reply, excerpt, post
from tocsin.alerts.ports import RefusedBy, Unknown


async def _post(
    client: httpx.AsyncClient, url: str, limit_seconds: float = 5.0
) -> Reply | RefusedBy | Unknown:
    return await post(client, url, content=b"x", headers={}, limit_seconds=limit_seconds)


async def test_a_yes_gives_the_body(client: httpx.AsyncClient) -> None:
    async with HttpProvider(ok) as provider:
        assert await _post(client, provider.url) == Reply(200, b'{"ok":true,"id":"taken-1"}')


@pytest.mark.parametrize("status", [301, 302, 400, 401, 403, 404, 410])
async def test_a_no_that_stays_is_not_tried_again(client: httpx.AsyncClient, status: int) -> None:
    async with HttpProvider(says(status, b"gone", location="http://127.0.0.1:1/")) as provider:
        answer = await _post(client, provider.url)
    assert answer == RefusedBy(f"status {status}: gone", by_account=status in {301, 302, 401, 403})
    assert len(provider.received) == 1


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
async def test_a_no_that_passes_says_when_to_come_back(client: httpx.AsyncClient, status: int) -> None:
    async with HttpProvider(says(status)) as provider:
        answer = await _post(client, provider.url)
    assert isinstance(answer, RefusedBy)
    assert answer.retry_after is not None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("0", 15), ("1e9", 600), ("nan", 15), ("-3", 15), ("Wed, 21 Oct 2026", 15)],
)
async def test_the_providers_own_pause_is_kept_within_bounds(
    client: httpx.AsyncClient, header: str, seconds: int
) -> None:
    async with HttpProvider(says(429, retry_after=header)) as provider:
        assert await _post(client, provider.url) == RefusedBy(
            "status 429", timedelta(seconds=seconds), by_account=True
        )


@pytest.mark.parametrize("status", [502, 504])
async def test_a_gateways_lost_answer_is_unknown(client: httpx.AsyncClient, status: int) -> None:
    async with HttpProvider(says(status)) as provider:
        assert isinstance(await _post(client, provider.url), Unknown)


async def test_silence_is_unknown_after_the_limit(client: httpx.AsyncClient) -> None:
    async with HttpProvider(ok) as provider:
        await _post(client, provider.url)  # the connection stands: only the answer is awaited
        provider.behaviour = silence
        assert isinstance(await _post(client, provider.url, 0.1), Unknown)
        assert provider.reached.is_set()


async def test_an_answer_that_drips_for_ever_ends_at_the_limit(client: httpx.AsyncClient) -> None:
    async with HttpProvider(ok) as provider:
        await _post(client, provider.url)
        provider.drip = True
        assert isinstance(await _post(client, provider.url, 0.2), Unknown)
        assert provider.reached.is_set()


async def test_of_an_answer_without_end_no_more_than_the_bound_is_awaited(client: httpx.AsyncClient) -> None:
    async with HttpProvider(ok) as provider:
        provider.drip, provider.piece = True, b"a" * 8192
        assert await _post(client, provider.url) == Reply(200, b"a" * ANSWER_BYTES_MAX)


async def test_nobody_listening_may_be_tried_again(client: httpx.AsyncClient) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        answer = await _post(client, f"http://127.0.0.1:{port}")
    assert isinstance(answer, RefusedBy)
    assert answer.retry_after is not None


async def test_no_more_than_the_bound_of_an_answer_is_read(client: httpx.AsyncClient) -> None:
    async with HttpProvider(says(200, b"a" * 200_000)) as provider:
        answer = await _post(client, provider.url)
    assert isinstance(answer, Reply)
    assert len(answer.body) == ANSWER_BYTES_MAX


def test_an_excerpt_is_short_and_printable() -> None:
    assert excerpt(b"a\x00b\r\nc" + b"x" * 500) == "a b  c" + "x" * 154


@pytest.mark.parametrize("slash", ["/", "\\/"])
def test_no_reason_repeats_a_one_tap_link(slash: str) -> None:
    echoed = f'{{"text": "https:{slash}{slash}bell{slash}go{slash}SecretToken-_1", "error": "too long"}}'
    said = Reply(400, b"").said(echoed)
    assert "SecretToken" not in said
    assert "too long" in said
