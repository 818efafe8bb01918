from __future__ import annotations

from structlog.testing import capture_logs

from tests.support.api import World
from tocsin.api.app import HOOK_REFUSALS_MAX
from tocsin.core.errors import Rejected, Transient

ADDRESS = "/api/hooks/sms/a-secret-of-some-length"


async def test_a_provider_gets_the_answer_that_it_waits_for() -> None:
    world = World()
    async with world.client() as client:
        answer = await client.post(ADDRESS, content=b"[]", headers={"content-type": "text/plain"})
    assert (answer.status_code, answer.json()) == (200, {"code": 0, "msg": "成功"})
    assert world.hooks.took == [b"[]"]


async def test_a_wrong_secret_and_an_unknown_name_are_answered_alike() -> None:
    world = World()
    async with world.client() as client:
        with capture_logs() as lines:
            wrong = await client.post("/api/hooks/sms/another-secret-of-some-length", content=b"[]")
            unknown = await client.post("/api/hooks/nobody/a-secret-of-some-length", content=b"[]")
    assert wrong.status_code == unknown.status_code == 404
    assert wrong.json() == unknown.json()
    assert world.hooks.took == []
    assert "another-secret" not in str(lines), "an address nearly right is not written down"
    assert [line["event"] for line in lines].count("hook.refused") == 2


async def test_a_provider_repeats_what_could_not_be_kept_and_not_what_is_wrong() -> None:
    world = World()
    async with world.client() as client:
        world.hooks.failure = Transient("the database is away")
        assert (await client.post(ADDRESS, content=b"[]")).status_code == 503
        world.hooks.failure = Rejected("hook.form", "the body is no JSON")
        assert (await client.post(ADDRESS, content=b"x")).status_code == 422


async def test_a_hook_is_asked_by_post_only() -> None:
    async with World().client() as client:
        assert (await client.get(ADDRESS)).status_code in {404, 405}


async def test_whoever_guesses_secrets_does_not_fill_the_log() -> None:
    world = World()
    async with world.client() as client:
        with capture_logs() as lines:
            for number in range(HOOK_REFUSALS_MAX + 5):
                await client.post(f"/api/hooks/sms/guess-{number}", content=b"[]")
    assert [line["event"] for line in lines].count("hook.refused") == HOOK_REFUSALS_MAX
